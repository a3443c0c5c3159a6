import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSettings, type SettingName } from '../../lib/config.ts';
import { FUNCTION_NAMES } from '../../scripts/bundle.ts';
import { exampleIntegration as integration } from '../support/example-integration.ts';
import { IN_VPC, logicalIdIn, type PackagedForTest, packagedService, textOf } from './packaged-service.ts';

let service: PackagedForTest;
let inVpc: PackagedForTest;

beforeAll(async () => {
  service = await packagedService({ checked: false, integration });
  inVpc = await packagedService({ checked: false, integration, param: [...IN_VPC, 'syncRetentionDays=400'] });
});
afterAll(() => {
  service?.remove();
  inVpc?.remove();
});

/** The only actions that are allowed on every resource, each with its reason. Our own code is denied them all. */
const ON_EVERY_RESOURCE: Readonly<Record<string, string>> = {
  'ec2:DescribeNetworkInterfaces': 'EC2 knows no resource for it',
  'ec2:DescribeSubnets': 'EC2 knows no resource for it',
  'ec2:CreateNetworkInterface': 'the interface does not exist yet',
  'ec2:DeleteNetworkInterface':
    'EC2 gives the id of an interface after the policy is written, and Lambda checks the right on all',
  'ec2:AssignPrivateIpAddresses': 'as for deleting',
  'ec2:UnassignPrivateIpAddresses': 'as for deleting',
};

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Principal?: unknown;
  readonly Condition?: unknown;
}

const functions = () =>
  FUNCTION_NAMES.map((name) => {
    const id = `${name.charAt(0).toUpperCase()}${name.slice(1)}LambdaFunction`;
    return { name, ...service.one('AWS::Lambda::Function', id) };
  });
const statementsOf = (role: string): Statement[] =>
  service
    .one('AWS::IAM::Role', role)
    .Policies.flatMap(({ PolicyDocument }: { PolicyDocument: { Statement: Statement[] } }) => PolicyDocument.Statement);
const actionsOf = (role: string) => statementsOf(role).flatMap(({ Action }) => Action);
const roles = () => service.all('AWS::IAM::Role').map(({ id }) => id);

describe('permissions', () => {
  it('come with one role per function, and no shared one', () => {
    const used = functions().map(({ Role }) => logicalIdIn(Role));

    expect(used).toEqual(['QueueRole', 'ScheduleRole', 'BackfillRole', 'ApiRole', 'AuthorizerRole']);
    expect(roles().sort()).toEqual([...used, 'SchedulerRole'].sort());
  });

  it('are never for every resource or every action', () => {
    for (const role of roles()) {
      for (const { Effect, Action, Resource } of statementsOf(role)) {
        expect(Effect).toBe('Allow');
        expect([Resource].flat().map(textOf)).not.toContain('*');
        for (const action of [Action].flat()) expect(action).toMatch(/^[a-z0-9-]+:[A-Za-z]+$/);
      }
      expect(service.one('AWS::IAM::Role', role).ManagedPolicyArns ?? []).toEqual([]);
    }
    expect(service.all('AWS::IAM::ManagedPolicy')).toEqual([]);
  });

  it('are in a VPC also those that Lambda needs for its network interfaces, for every function and not for our code', () => {
    const [policy, ...otherPolicies] = inVpc.all('AWS::IAM::ManagedPolicy');
    const [allow, deny, ...otherStatements] = policy?.properties.PolicyDocument.Statement ?? [];

    expect(allow).toMatchObject({ Effect: 'Allow', Resource: '*' });
    expect([...allow.Action].sort()).toEqual(Object.keys(ON_EVERY_RESOURCE).sort());
    expect(deny).toMatchObject({ Effect: 'Deny', Action: allow.Action, Resource: '*' });
    const [, prefix] = /:function:(.+)\*/.exec(textOf(deny.Condition.ArnLike['lambda:SourceFunctionArn'])) ?? [];
    for (const { FunctionName, Role } of functions()) {
      expect(FunctionName.startsWith(prefix)).toBe(true);
      const { ManagedPolicyArns } = inVpc.one('AWS::IAM::Role', logicalIdIn(Role) ?? '');
      expect(ManagedPolicyArns).toEqual([{ Ref: policy?.id }]);
    }
    expect(inVpc.one('AWS::IAM::Role', 'SchedulerRole')).not.toHaveProperty('ManagedPolicyArns');
    expect([...otherPolicies, ...otherStatements]).toEqual([]);
  });

  it.each([
    ['QueueRole', ['dynamodb', 'logs', 'secretsmanager', 'sqs']],
    ['ScheduleRole', ['dynamodb', 'events', 'logs', 's3', 'secretsmanager', 'sqs']],
    ['BackfillRole', ['dynamodb', 'events', 'logs', 's3', 'secretsmanager', 'sqs']],
    ['ApiRole', ['logs', 'secretsmanager']],
    ['AuthorizerRole', ['logs']],
    ['SchedulerRole', ['lambda', 'sqs']],
  ])('of %s reach %j', (role, services) => {
    expect([...new Set(actionsOf(role).map((action) => action.split(':')[0]))].sort()).toEqual(services);
  });

  it.each([
    ['QueueRole', 'keeps the ledger', ['dynamodb:GetItem', 'dynamodb:PutItem']],
    ['ScheduleRole', 'keeps checkpoints', ['dynamodb:GetItem', 'dynamodb:UpdateItem']],
    [
      'BackfillRole',
      'keeps checkpoints, and notes what is done of a plan',
      ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
    ],
  ])('on the state table are for %s what it needs that %s', (role, _does, expected) => {
    expect(
      actionsOf(role)
        .filter((action) => action.startsWith('dynamodb:'))
        .sort(),
    ).toEqual(expected);
  });

  it('on the secret are to read the current version of this one', () => {
    const { Name } = service.one('AWS::SecretsManager::Secret', 'ClientSecret');
    const reading = roles()
      .flatMap(statementsOf)
      .filter(({ Action }) => textOf(Action).includes('secretsmanager'));

    expect(reading).toHaveLength(4);
    for (const { Action, Resource, Condition } of reading) {
      expect(Action).toBe('secretsmanager:GetSecretValue');
      expect(textOf(Resource)).toContain(`:secret:${Name}-??????`);
      expect(Condition).toEqual({ StringEqualsIfExists: { 'secretsmanager:VersionStage': 'AWSCURRENT' } });
    }
  });

  it('on logs are to write to the log of the function itself', () => {
    for (const { name, Role, FunctionName } of functions()) {
      const writing = statementsOf(logicalIdIn(Role) ?? '').filter(({ Action }) => textOf(Action).includes('logs:'));

      expect(writing).toHaveLength(1);
      expect(textOf(writing[0]?.Resource)).toContain(`:log-group:/aws/lambda/${FunctionName}:*`);
      expect(FunctionName.endsWith(`-${name}`)).toBe(true);
    }
  });

  it('to invoke a function are given to API Gateway for this API, and to the scheduler for this account', () => {
    for (const { properties } of service.all('AWS::Lambda::Permission')) {
      expect(properties.Principal).toBe('apigateway.amazonaws.com');
      expect(textOf(properties.SourceArn)).toContain('"Ref":"HttpApi"');
    }
    const [trust] = service.one('AWS::IAM::Role', 'SchedulerRole').AssumeRolePolicyDocument.Statement;
    expect(trust.Condition.StringEquals).toHaveProperty('aws:SourceAccount');
    expect(trust.Condition.StringEquals).toHaveProperty('aws:SourceArn');
  });
});

describe('what the scheduler may do', () => {
  it('is to tick the schedule function, and to put messages on the queue and its own dead letters', () => {
    const statements = statementsOf('SchedulerRole').map(({ Action, Resource }) => ({
      action: Action,
      on: [Resource].flat().map(logicalIdIn),
    }));

    expect(statements).toEqual([
      { action: 'lambda:InvokeFunction', on: ['ScheduleLambdaFunction'] },
      { action: 'sqs:SendMessage', on: ['Queue', 'SchedulerDeadLetterQueue'] },
    ]);
  });
});

describe('the network', () => {
  it('of the functions is no VPC of the account, unless the stage names one', () => {
    for (const { VpcConfig } of functions()) expect(VpcConfig).toBeUndefined();
    const configs = inVpc.all('AWS::Lambda::Function').map(({ properties }) => properties.VpcConfig);
    expect(configs).toEqual(
      FUNCTION_NAMES.map(() => ({
        SubnetIds: ['subnet-0a1b2c3d', 'subnet-0b2c3d4e'],
        SecurityGroupIds: ['sg-0c3d4e5f'],
      })),
    );
  });

  it('adds one policy in a VPC, and no other resource', () => {
    const { NetworkInterfacePolicy, ...others } = inVpc.template.Resources;

    expect(NetworkInterfacePolicy).toBeDefined();
    expect(Object.keys(others).sort()).toEqual(Object.keys(service.template.Resources).sort());
  });
});

describe('settings', () => {
  it('of each function are known, and hold no secret', () => {
    for (const { Environment } of functions()) {
      for (const [name, value] of Object.entries(Environment.Variables)) {
        if (name === 'POWERTOOLS_LOG_LEVEL') continue;
        const text = typeof value === 'string' ? value : 'https://example.com/name';

        expect(() =>
          readSettings([name as SettingName], text === '' ? { [name]: '' } : { [name]: text }),
        ).not.toThrow();
      }
      expect(JSON.stringify(Environment.Variables)).not.toMatch(
        /password|client_?secret"\s*:|BEGIN [A-Z ]*PRIVATE KEY/i,
      );
    }
  });

  it('reach only the functions that use them', () => {
    const [queue = [], schedule = [], backfill = [], api = [], authorizer = []] = functions().map(({ Environment }) =>
      Object.keys(Environment.Variables),
    );

    expect(authorizer.filter((name) => /SIEBEL|TOKEN_URL|SECRET|TABLE|QUEUE|BUCKET/.test(name))).toEqual([]);
    expect(api.filter((name) => /API_TOKEN|TABLE|QUEUE|BUCKET/.test(name))).toEqual([]);
    expect(queue.filter((name) => /API_TOKEN|BUCKET|SYNC/.test(name))).toEqual([]);
    expect(schedule.filter((name) => /API_TOKEN|QUEUE_/.test(name))).toEqual([]);
    expect(backfill.filter((name) => /API_TOKEN|^QUEUE_URL/.test(name))).toEqual([]);
  });

  it('never weaken TLS', () => {
    for (const { Environment } of functions()) {
      expect(Object.keys(Environment.Variables).filter((name) => /^NODE_|SSLKEYLOGFILE/.test(name))).toEqual([]);
    }
  });
});

describe('data', () => {
  it('in queues is encrypted and travels over TLS alone', () => {
    const queues = service.all('AWS::SQS::Queue');
    const policies = service.all('AWS::SQS::QueuePolicy').map(({ properties }) => properties);

    expect(queues).toHaveLength(6);
    for (const { id, properties } of queues) {
      expect(properties.SqsManagedSseEnabled).toBe(true);
      const own = policies.filter(({ Queues }) => Queues.some((queue: unknown) => logicalIdIn(queue) === id));
      expect(own.flatMap(({ PolicyDocument }) => PolicyDocument.Statement).some(deniesPlainHttp)).toBe(true);
    }
  });

  it('in the bucket is encrypted, closed to the public, and kept: a record that never changes has one line only', () => {
    const bucket = service.one('AWS::S3::Bucket', 'SyncBucket');
    const { Statement: statements } = service.one('AWS::S3::BucketPolicy', 'SyncBucketPolicy').PolicyDocument;

    expect(bucket.BucketEncryption.ServerSideEncryptionConfiguration).toHaveLength(1);
    expect(Object.values(bucket.PublicAccessBlockConfiguration)).toEqual([true, true, true, true]);
    const [versions, sets, ...others] = bucket.LifecycleConfiguration.Rules;
    expect(versions).not.toHaveProperty('ExpirationInDays');
    expect(versions).not.toHaveProperty('Prefix');
    expect(versions.NoncurrentVersionExpiration.NoncurrentDays).toBeGreaterThan(0);
    expect(versions.AbortIncompleteMultipartUpload.DaysAfterInitiation).toBeGreaterThan(0);
    // A sweep compares with the one before, which comes every month at least.
    expect(sets).toMatchObject({ Prefix: 'sets/', Status: 'Enabled', ExpirationInDays: 90 });
    expect(others).toEqual([]);
    const [, setsThere, ...retention] = inVpc.one('AWS::S3::Bucket', 'SyncBucket').LifecycleConfiguration.Rules;
    expect(setsThere).toEqual(sets);
    expect(
      retention.map(({ Prefix, ExpirationInDays }: Record<string, unknown>) => [Prefix, ExpirationInDays]),
    ).toEqual([
      ['accounts/', 400],
      ['contacts/', 400],
      ['quarantine/', 400],
    ]);
    expect(statements.some(deniesPlainHttp)).toBe(true);
  });

  it('in the state table is encrypted, can be brought back, expires, and is listed by a sparse index', () => {
    const table = service.one('AWS::DynamoDB::Table', 'StateTable');

    expect(table).toMatchObject({
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      SSESpecification: { SSEEnabled: true },
    });
    expect(table.GlobalSecondaryIndexes).toHaveLength(1);
    expect(table.GlobalSecondaryIndexes[0]).toMatchObject({
      IndexName: 'parked',
      KeySchema: [
        { AttributeName: 'parkedBucket', KeyType: 'HASH' },
        { AttributeName: 'rejectedAtMs', KeyType: 'RANGE' },
      ],
    });
  });

  it('on the queues stays when they turn into FIFO queues, or back, which makes new ones', () => {
    for (const id of ['Queue', 'DeadLetterQueue']) {
      expect(service.template.Resources[id]).toMatchObject({ UpdateReplacePolicy: 'Retain' });
    }
  });

  it('outlives the stack where it cannot be fetched again', () => {
    for (const id of ['StateTable', 'SyncBucket']) {
      expect(service.template.Resources[id]).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
    }
  });

  it('of the secret is in no template', () => {
    const secret = service.one('AWS::SecretsManager::Secret', 'ClientSecret');

    expect(secret).not.toHaveProperty('SecretString');
  });
});

describe('alarms', () => {
  it('all reach the topic, and say what has happened and where the runbook goes on', () => {
    const alarms = service.all('AWS::CloudWatch::Alarm').map(({ properties }) => properties);
    const runbook = readFileSync(join(import.meta.dirname, '../../docs/runbook.md'), 'utf8');
    const headings = new Set(runbook.match(/(?<=^#+ ).+$/gm));

    expect(alarms.length).toBeGreaterThanOrEqual(8);
    for (const { AlarmActions, AlarmDescription, TreatMissingData } of alarms) {
      expect(AlarmActions.map(logicalIdIn)).toEqual(['AlarmTopic']);
      const [, words = '', heading] = /^(.+) docs\/runbook\.md, "(.+)"$/.exec(AlarmDescription) ?? [];
      expect(words.length, AlarmDescription).toBeGreaterThan(30);
      expect(headings).toContain(heading);
      // A job of which nothing is heard lags.
      expect(TreatMissingData, AlarmDescription).toBe(heading === 'A sync job lags' ? 'breaching' : 'notBreaching');
    }
  });
});

describe('alarms on calls that a person must settle', () => {
  it.each([
    ['ParkedAlarm', 'msg.parked'],
    ['UnknownOutcomeAlarm', 'msg.unknown'],
  ])('%s rings for the first one', (id, metric) => {
    expect(service.one('AWS::CloudWatch::Alarm', id)).toMatchObject({
      Namespace: 'SiebelIntegration',
      MetricName: metric,
      Statistic: 'Sum',
      Threshold: 0,
      EvaluationPeriods: 1,
      ComparisonOperator: 'GreaterThanThreshold',
    });
  });
});

describe('alarms on what a person must mend', () => {
  it.each(['queue', 'schedule', 'backfill', 'api'])(
    'ring for our settings and for defects that the %s function meets',
    (name) => {
      const watched = service
        .all('AWS::CloudWatch::Alarm')
        .map(({ properties }) => properties)
        .filter(({ MetricName, Dimensions }) => MetricName?.startsWith('failure.') && Dimensions[0].Value === name);

      expect(watched.map(({ MetricName }) => MetricName).sort()).toEqual(['failure.bug', 'failure.configuration']);
      for (const { Threshold, EvaluationPeriods } of watched) expect([Threshold, EvaluationPeriods]).toEqual([0, 1]);
    },
  );
});

function deniesPlainHttp({ Effect, Principal, Condition }: Statement): boolean {
  return (
    Effect === 'Deny' &&
    Principal === '*' &&
    JSON.stringify(Condition) === JSON.stringify({ Bool: { 'aws:SecureTransport': 'false' } })
  );
}
