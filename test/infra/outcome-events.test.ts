import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { derive } from '../../lib/operations/index.ts';
import { templateProblems } from '../../scripts/package.ts';
import integration from '../../siebel.config.ts';
import { logicalIdIn, type PackagedForTest, packagedService, textOf } from './packaged-service.ts';

const without = { ...integration, outcomeEvents: undefined };
const announcing = { ...integration, outcomeEvents: { bus: 'orders' } };
let silent: PackagedForTest;
let service: PackagedForTest;

beforeAll(async () => {
  silent = await packagedService({ checked: false, integration: without });
  service = await packagedService({ integration: announcing });
});
afterAll(() => {
  silent?.remove();
  service?.remove();
});

const pipe = () => service.one('AWS::Pipes::Pipe', 'OutcomePipe');

describe('outcome events', () => {
  it('leave no trace in the template of who does not want them', () => {
    expect(Object.keys(silent.template.Resources).filter((id) => id.startsWith('Outcome'))).toEqual([]);
    expect(silent.one('AWS::DynamoDB::Table', 'StateTable')).not.toHaveProperty('StreamSpecification');
    const others = Object.keys(service.template.Resources).filter((id) => !id.startsWith('Outcome'));
    expect(others).toEqual(Object.keys(silent.template.Resources));
  });

  it('come by a template that CloudFormation accepts', () => {
    expect(templateProblems(service.templateFile)).toEqual([]);
  });

  it('go from the stream of the state table to the bus, in the words of the local stack', () => {
    const { StreamSpecification } = service.one('AWS::DynamoDB::Table', 'StateTable');
    const { Source, Target, SourceParameters, TargetParameters } = pipe();
    const { filters, inputTemplate, detailType } = derive(announcing).outcomeEvents ?? {};

    expect(StreamSpecification).toEqual({ StreamViewType: 'NEW_AND_OLD_IMAGES' });
    expect(Source).toEqual({ 'Fn::GetAtt': ['StateTable', 'StreamArn'] });
    expect(textOf(Target)).toMatch(/:event-bus\/orders"\}$/);
    const patterns = SourceParameters.FilterCriteria.Filters.map(({ Pattern }: { Pattern: string }) =>
      JSON.parse(Pattern),
    );
    expect(patterns).toEqual(filters);
    expect(TargetParameters.InputTemplate).toBe(inputTemplate);
    expect(TargetParameters.EventBridgeEventBusParameters.DetailType).toBe(detailType);
  });

  it('are made of key, operation, state, code and record alone', () => {
    const { InputTemplate } = pipe().TargetParameters;

    expect(InputTemplate.match(/(?<=<)[^>]+/g)).toEqual(
      ['key', 'operation', 'state', 'code', 'recordId'].map((name) => `$.dynamodb.NewImage.${name}.S`),
    );
  });

  it('are given up while the stream still has them, so that the queue for those has something, and its alarm rings', () => {
    const { StartingPosition, BatchSize, MaximumRetryAttempts, MaximumRecordAgeInSeconds, DeadLetterConfig } =
      pipe().SourceParameters.DynamoDBStreamParameters;
    const streamKeepsSeconds = 24 * 3_600;

    expect(StartingPosition).toBe('TRIM_HORIZON');
    expect(BatchSize).toBeLessThanOrEqual(10);
    expect(MaximumRecordAgeInSeconds).toBeGreaterThanOrEqual(6 * 3_600);
    expect(MaximumRecordAgeInSeconds).toBeLessThanOrEqual(streamKeepsSeconds / 2);
    expect(MaximumRetryAttempts).toBe(10_000);
    expect(logicalIdIn(DeadLetterConfig.Arn)).toBe('OutcomePipeDeadLetterQueue');
    expect(service.one('AWS::SQS::Queue', 'OutcomePipeDeadLetterQueue').SqsManagedSseEnabled).toBe(true);
    const { AlarmActions, AlarmDescription, Dimensions } = service.one('AWS::CloudWatch::Alarm', 'OutcomePipeAlarm');
    expect(AlarmActions.map(logicalIdIn)).toEqual(['AlarmTopic']);
    expect(logicalIdIn(Dimensions[0].Value)).toBe('OutcomePipeDeadLetterQueue');
    const [, heading] = /docs\/runbook\.md, "(.+)"$/.exec(AlarmDescription) ?? [];
    expect(readFileSync(join(import.meta.dirname, '../../docs/runbook.md'), 'utf8')).toContain(`# ${heading}\n`);
  });

  it('are announced with a role that reads the stream and writes to the bus, and does nothing else', () => {
    const { AssumeRolePolicyDocument, Policies } = service.one('AWS::IAM::Role', 'OutcomePipeRole');
    const [{ PolicyDocument }] = Policies;
    const actions = PolicyDocument.Statement.flatMap(({ Action }: { Action: string | string[] }) => Action);

    expect(AssumeRolePolicyDocument.Statement[0]).toMatchObject({
      Principal: { Service: 'pipes.amazonaws.com' },
      Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
    });
    expect(actions.sort()).toEqual([
      'dynamodb:DescribeStream',
      'dynamodb:GetRecords',
      'dynamodb:GetShardIterator',
      'dynamodb:ListStreams',
      'events:PutEvents',
      'sqs:SendMessage',
    ]);
    for (const { Resource } of PolicyDocument.Statement) expect(textOf(Resource)).not.toBe('*');
  });

  it('travel over TLS alone', () => {
    const [policy] = service
      .all('AWS::SQS::QueuePolicy')
      .map(({ properties }) => properties)
      .filter(({ Queues }) => Queues.some((queue: unknown) => logicalIdIn(queue) === 'OutcomePipeDeadLetterQueue'));

    expect(policy?.PolicyDocument.Statement).toMatchObject([
      { Effect: 'Deny', Principal: '*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
    ]);
  });
});
