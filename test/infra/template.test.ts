import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Integration } from '../../lib/operations/index.ts';
import { widestWindow } from '../../lib/operations/sync-job.ts';
import { queueBackoff } from '../../lib/queue/backoff.ts';
import { FUNCTION_NAMES } from '../../scripts/bundle.ts';
import { placeholders, templateProblems } from '../../scripts/package.ts';
import integration from '../../siebel.config.ts';
import { IN_VPC, logicalIdIn, type PackagedForTest, packagedService } from './packaged-service.ts';

let service: PackagedForTest;
/** With a FIFO queue and no event of a producer. */
let inOrder: PackagedForTest;
const withQueue = (queue: Partial<Integration['queue']>) => ({
  ...integration,
  queue: { ...integration.queue, ...queue },
});

beforeAll(async () => {
  service = await packagedService();
  inOrder = await packagedService({ integration: withQueue({ fifo: true, mappings: [] }) });
});
afterAll(() => {
  service?.remove();
  inOrder?.remove();
});

const functionNamed = (name: string) => {
  const id = `${name.charAt(0).toUpperCase()}${name.slice(1)}LambdaFunction`;
  return service.one('AWS::Lambda::Function', id);
};
const mappingOf = (of: PackagedForTest, queue: string) => {
  const [only, ...others] = of
    .all('AWS::Lambda::EventSourceMapping')
    .filter(({ properties }) => logicalIdIn(properties.EventSourceArn) === queue);
  expect(others).toEqual([]);
  return only?.properties;
};
const mapping = () => mappingOf(service, 'Queue');

describe('template', () => {
  it('is one that CloudFormation accepts', () => {
    expect(templateProblems(service.templateFile)).toEqual([]);
  });

  it('is one that CloudFormation accepts in a VPC, too', async () => {
    const inVpc = await packagedService({ checked: false, param: IN_VPC });
    expect(templateProblems(inVpc.templateFile)).toEqual([]);
    inVpc.remove();
  });

  it('names the settings that still are placeholders, so that nobody deploys them unknowingly', () => {
    expect(placeholders(service.template)).toEqual([
      'API_TOKEN_AUDIENCE',
      'API_TOKEN_KEYS_URL',
      'SIEBEL_BASE_URL',
      'TOKEN_SCOPE',
      'TOKEN_URL',
    ]);
  });
});

describe('packaging', () => {
  it.each([
    [
      'functionResponseType: ReportBatchItemFailures',
      'functionResponseTipe: ReportBatchItemFailures',
      'functionResponseTipe',
    ],
    ['runtime: nodejs24.x', 'runtime: nodejs99.x', 'runtime'],
    ['dist/queue.zip', 'dist/queues.zip', 'queues.zip'],
  ])('is refused when %j reads %j', async (right, wrong, named) => {
    const packaging = packagedService({ edit: (yaml) => yaml.replace(right, wrong) });

    await expect(packaging).rejects.toThrow(named);
  });
});

describe('functions', () => {
  it('are those that are built, on Node 24', () => {
    const functions = service.all('AWS::Lambda::Function').map(({ properties }) => properties);

    expect(functions.map(({ FunctionName }) => FunctionName.split('-').at(-1)).sort()).toEqual(
      [...FUNCTION_NAMES].sort(),
    );
    for (const { Runtime, Architectures, Handler } of functions) {
      expect({ Runtime, Architectures, Handler }).toEqual({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Handler: 'index.handler',
      });
    }
  });

  it('end by themselves before the gateway gives up', () => {
    expect(functionNamed('api').Timeout).toBeLessThan(30);
  });

  it('keep their logs for a limited time', () => {
    const groups = service.all('AWS::Logs::LogGroup').map(({ properties }) => properties);

    expect(groups.map(({ LogGroupName }) => LogGroupName)).toEqual(
      expect.arrayContaining(FUNCTION_NAMES.map((name) => `/aws/lambda/siebel-integration-dev-${name}`)),
    );
    for (const { RetentionInDays } of groups) expect(RetentionInDays).toBeGreaterThan(0);
  });
});

describe('queue', () => {
  it('hides a message at least six times as long as the function may work', () => {
    expect(service.one('AWS::SQS::Queue', 'Queue').VisibilityTimeout).toBeGreaterThanOrEqual(
      6 * functionNamed('queue').Timeout,
    );
  });

  it('takes back the messages that the function names, and no others', () => {
    expect(mapping().FunctionResponseTypes).toEqual(['ReportBatchItemFailures']);
  });

  it('has no event filter, which deletes what does not match', () => {
    expect(mapping()).not.toHaveProperty('FilterCriteria');
  });

  it('is what the mapping reads, and the function what it calls', () => {
    expect(logicalIdIn(mapping().EventSourceArn)).toBe('Queue');
    expect(logicalIdIn(mapping().FunctionName)).toBe('QueueLambdaFunction');
  });

  it('gives its messages to the dead-letter queue only after the highest number of receives (R19)', () => {
    const { RedrivePolicy } = service.one('AWS::SQS::Queue', 'Queue');

    expect(RedrivePolicy.maxReceiveCount).toBe(1000);
    expect(logicalIdIn(RedrivePolicy.deadLetterTargetArn)).toBe('DeadLetterQueue');
  });

  it('outlasts an outage of 60 hours with the receives and the retention that it has (R19)', () => {
    const { RedrivePolicy, MessageRetentionPeriod } = service.one('AWS::SQS::Queue', 'Queue');
    // 30, 60, 120, 240 and then 300 seconds, each up to a tenth less; two receives are spent on early returns.
    const pauses = [30, 60, 120, 240, ...new Array(RedrivePolicy.maxReceiveCount - 7).fill(300)];
    const seconds = pauses.reduce((sum, pause) => sum + 0.9 * pause, 0);

    expect(seconds).toBeGreaterThanOrEqual(60 * 3600);
    expect(MessageRetentionPeriod).toBeGreaterThanOrEqual(60 * 3600);
  });

  it('keeps dead letters longer than messages', () => {
    const { MessageRetentionPeriod } = service.one('AWS::SQS::Queue', 'Queue');

    expect(service.one('AWS::SQS::Queue', 'DeadLetterQueue').MessageRetentionPeriod).toBeGreaterThan(
      MessageRetentionPeriod,
    );
  });

  it('rings before half of the retention is over', () => {
    const { Threshold, ...alarm } = service.one('AWS::CloudWatch::Alarm', 'QueueRetentionAlarm');

    expect(alarm).toMatchObject({ MetricName: 'msg.age', Statistic: 'Maximum', EvaluationPeriods: 1 });
    expect(Threshold).toBeLessThanOrEqual(service.one('AWS::SQS::Queue', 'Queue').MessageRetentionPeriod / 2);
  });

  it('rings for a message that keeps going back, which SQS leaves out of its own metric of age (F123)', () => {
    const { Namespace, MetricName, Statistic, Threshold, Period } = service.one(
      'AWS::CloudWatch::Alarm',
      'MessageAgeAlarm',
    );

    expect([Namespace, MetricName, Statistic]).toEqual(['SiebelIntegration', 'msg.age', 'Maximum']);
    expect(Threshold).toBeLessThanOrEqual(3600);
    expect(Period).toBeGreaterThanOrEqual(longestPause(1));
  });

  it('ends the receives of a message before its retention, whatever Siebel asks for: nothing expires unseen (F123)', () => {
    const { RedrivePolicy, MessageRetentionPeriod } = service.one('AWS::SQS::Queue', 'Queue');
    const receives = Array.from({ length: RedrivePolicy.maxReceiveCount }, (_, index) => index + 1);
    const seconds = receives.reduce((sum, receive) => sum + longestPause(receive) + functionNamed('queue').Timeout, 0);

    expect(seconds).toBeLessThan(MessageRetentionPeriod);
  });

  it('lets only itself redrive into its dead-letter queue', () => {
    const { RedriveAllowPolicy } = service.one('AWS::SQS::Queue', 'DeadLetterQueue');
    const { QueueName } = service.one('AWS::SQS::Queue', 'Queue');

    expect(RedriveAllowPolicy.redrivePermission).toBe('byQueue');
    expect(RedriveAllowPolicy.sourceQueueArns).toEqual([
      { 'Fn::Sub': `arn:\${AWS::Partition}:sqs:\${AWS::Region}:\${AWS::AccountId}:${QueueName}` },
    ]);
  });
});

/** What a server may at most obtain by `Retry-After` for a message that comes for the nth time. */
function longestPause(receiveCount: number): number {
  return queueBackoff({ baseSeconds: 30, random: () => 0.999 }).afterFailure({
    receiveCount,
    retryAfterMs: 86_400_000,
  });
}

describe('alarms on our own metrics', () => {
  it('tell one stage of an account from another', () => {
    const alarms = service
      .all('AWS::CloudWatch::Alarm')
      .filter(({ properties }) => properties.Namespace === 'SiebelIntegration');

    expect(alarms.length).toBeGreaterThan(5);
    for (const { id, properties } of alarms) {
      const dimensions = properties.Dimensions.map(({ Name }: { Name: string }) => Name);
      expect(dimensions, id).toEqual(['service', 'stage', ...(id.endsWith('LagAlarm') ? ['job'] : [])]);
      expect(properties.Dimensions[1].Value, id).toBe(functionNamed('queue').Environment.Variables.STAGE);
    }
  });
});

describe('capacity', () => {
  it('fits into nine tenths of the connections of Siebel (R49)', () => {
    const { siebelConnections, tools } = integration.capacity;
    const used =
      mapping().ScalingConfig.MaximumConcurrency * integration.queue.inFlight +
      functionNamed('api').ReservedConcurrentExecutions +
      functionNamed('schedule').ReservedConcurrentExecutions * widestWindow(integration.sync) +
      mappingOf(service, 'BackfillQueue').ScalingConfig.MaximumConcurrency +
      tools;

    expect(used).toBeGreaterThan(0);
    expect(used).toBeLessThanOrEqual(Math.floor((9 * siebelConnections) / 10));
  });

  it('is that of siebel.config.ts', () => {
    expect(mapping().ScalingConfig.MaximumConcurrency).toBe(integration.capacity.queue / integration.queue.inFlight);
    expect(functionNamed('api').ReservedConcurrentExecutions).toBe(integration.capacity.api);
    expect(functionNamed('schedule').ReservedConcurrentExecutions).toBe(
      Math.floor(integration.capacity.sync / widestWindow(integration.sync)),
    );
    expect(mappingOf(service, 'BackfillQueue').ScalingConfig.MaximumConcurrency).toBe(integration.capacity.backfill);
  });
});

describe('schedules', () => {
  const schedules = () => service.all('AWS::Scheduler::Schedule').map(({ properties }) => properties);
  const ofJobs = () => schedules().filter(({ Target }) => logicalIdIn(Target.Arn) === 'ScheduleLambdaFunction');

  it('are those of siebel.config.ts', () => {
    const declared = [
      ...[...integration.sync].flatMap(([job, { every, timezone, sweep }]) => [
        { input: { job }, every, timezone },
        ...(sweep ? [{ input: { job, sweep: true }, every: sweep.every, timezone: sweep.timezone }] : []),
      ]),
      ...[...integration.timed].map(([name, { run, every, timezone, input }]) => ({
        input: { operation: run, key: `timed/${name}/<aws.scheduler.scheduled-time>`, input },
        every,
        timezone,
      })),
    ];

    expect(
      schedules().map(({ Target, ScheduleExpression, ScheduleExpressionTimezone }) => ({
        input: JSON.parse(Target.Input),
        every: ScheduleExpression,
        timezone: ScheduleExpressionTimezone,
      })),
    ).toEqual(declared);
  });

  it('tick from the first deployment on, unless the stage says DISABLED', async () => {
    const off = await packagedService({ checked: false, param: ['schedules=DISABLED'] });
    off.remove();

    const states = off.all('AWS::Scheduler::Schedule').map(({ properties }) => properties.State);
    expect(schedules().map(({ State }) => State)).toEqual(states.map(() => 'ENABLED'));
    expect(new Set(states)).toEqual(new Set(['DISABLED']));
    // Nobody is called because of a job that is meant to be silent.
    const silence = off.all('AWS::CloudWatch::Alarm').map(({ properties }) => properties.TreatMissingData);
    expect(new Set(silence)).toEqual(new Set(['notBreaching']));
  });

  it('leave a failed run to the next tick, and a lost tick in a queue with an alarm', () => {
    const config = service.one('AWS::Lambda::EventInvokeConfig', 'ScheduleLambdaEvConf');

    expect(config.MaximumRetryAttempts).toBe(0);
    expect(logicalIdIn(config.DestinationConfig.OnFailure.Destination)).toBe('ScheduleFailureQueue');
    const sweeps = [...integration.sync.values()].filter(({ sweep }) => sweep).length;
    expect(ofJobs()).toHaveLength(integration.sync.size + sweeps);
    for (const { Target } of ofJobs()) expect(Target.RetryPolicy.MaximumEventAgeInSeconds).toBeLessThanOrEqual(300);
    for (const { Target, FlexibleTimeWindow } of schedules()) {
      expect(FlexibleTimeWindow).toEqual({ Mode: 'OFF' });
      expect(logicalIdIn(Target.RoleArn)).toBe('SchedulerRole');
      expect(logicalIdIn(Target.DeadLetterConfig.Arn)).toBe('SchedulerDeadLetterQueue');
    }
    const watched = service
      .all('AWS::CloudWatch::Alarm')
      .flatMap(({ properties }) =>
        (properties.Dimensions ?? []).map(({ Value }: { Value: unknown }) => logicalIdIn(Value)),
      );
    expect(watched).toEqual(
      expect.arrayContaining(['ScheduleFailureQueue', 'SchedulerDeadLetterQueue', 'DeadLetterQueue']),
    );
  });
});

describe('timed operations', () => {
  const targets = (of: PackagedForTest) =>
    of
      .all('AWS::Scheduler::Schedule')
      .map(({ properties }) => properties.Target)
      .filter(({ Arn }) => logicalIdIn(Arn) === 'Queue');

  it('are tried for a day, as no later tick makes good for one', () => {
    expect(targets(service)).toHaveLength(integration.timed.size);
    for (const { RetryPolicy } of targets(service)) {
      expect(RetryPolicy).toEqual({ MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 });
    }
  });

  it('have a message group of their own on a FIFO queue, and none on another', () => {
    expect(targets(service).filter(({ SqsParameters }) => SqsParameters)).toEqual([]);
    expect(targets(inOrder).map(({ SqsParameters }) => SqsParameters)).toEqual(
      [...integration.timed.keys()].map((name) => ({ MessageGroupId: `timed/${name}` })),
    );
  });
});

describe('a FIFO queue', () => {
  const FIFO = {
    FifoQueue: true,
    ContentBasedDeduplication: true,
    DeduplicationScope: 'messageGroup',
    FifoThroughputLimit: 'perMessageGroupId',
  };

  it('is one that CloudFormation accepts', () => {
    expect(templateProblems(inOrder.templateFile)).toEqual([]);
  });

  it.each(['Queue', 'DeadLetterQueue'])('has limits and deduplication for each message group: %s (R14)', (id) => {
    const { QueueName, ...properties } = inOrder.one('AWS::SQS::Queue', id);

    expect(properties).toMatchObject(FIFO);
    expect(QueueName).toBe(`${service.one('AWS::SQS::Queue', id).QueueName}.fifo`);
    for (const name of Object.keys(FIFO)) expect(service.one('AWS::SQS::Queue', id)).not.toHaveProperty(name);
  });

  it('is the only one that may redrive into its dead-letter queue', () => {
    const { RedriveAllowPolicy } = inOrder.one('AWS::SQS::Queue', 'DeadLetterQueue');
    const { QueueName } = inOrder.one('AWS::SQS::Queue', 'Queue');

    expect(RedriveAllowPolicy).toEqual({
      redrivePermission: 'byQueue',
      sourceQueueArns: [{ 'Fn::Sub': `arn:\${AWS::Partition}:sqs:\${AWS::Region}:\${AWS::AccountId}:${QueueName}` }],
    });
  });

  it('has no batching window, which its mapping does not take, and differs in nothing else', () => {
    const { MaximumBatchingWindowInSeconds, ...others } = mapping();

    expect(MaximumBatchingWindowInSeconds).toBe(0);
    expect(mappingOf(inOrder, 'Queue')).toEqual(others);
    expect(others.BatchSize).toBeLessThanOrEqual(10);
    const { VisibilityTimeout, MessageRetentionPeriod, RedrivePolicy } = service.one('AWS::SQS::Queue', 'Queue');
    expect(inOrder.one('AWS::SQS::Queue', 'Queue')).toMatchObject({
      VisibilityTimeout,
      MessageRetentionPeriod,
      RedrivePolicy,
    });
  });
});

describe("producers' events", () => {
  const allowed = (of: PackagedForTest) =>
    of
      .one('AWS::SQS::QueuePolicy', 'QueuePolicy')
      .PolicyDocument.Statement.filter(({ Effect }: { Effect: string }) => Effect === 'Allow');

  const ofThisAccount = (service: string, resource: string) => ({
    'Fn::Sub': `arn:\${AWS::Partition}:${service}:\${AWS::Region}:\${AWS::AccountId}:${resource}`,
  });

  it.each([
    [
      'eventbridge',
      'events.amazonaws.com',
      {
        StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
        ArnLike: { 'aws:SourceArn': ofThisAccount('events', 'rule/*') },
      },
    ],
    // Amazon SNS Developer Guide, "Subscribing an Amazon SQS queue to an Amazon SNS topic": a topic is told by aws:SourceArn.
    ['sns', 'sns.amazonaws.com', { ArnLike: { 'aws:SourceArn': ofThisAccount('sns', '*') } }],
  ] as const)(
    'in an envelope of %s are let in from this account and region alone',
    async (envelope, Service, Condition) => {
      const mappings = integration.queue.mappings.map((each) => ({ ...each, envelope }));
      const of = await packagedService({ integration: withQueue({ mappings }) });
      of.remove();

      expect(allowed(of)).toEqual([
        {
          Sid: expect.any(String),
          Effect: 'Allow',
          Principal: { Service },
          Action: 'sqs:SendMessage',
          Resource: { 'Fn::GetAtt': ['Queue', 'Arn'] },
          Condition,
        },
      ]);
      expect(of.one('AWS::SQS::QueuePolicy', 'QueuePolicy').PolicyDocument.Statement).toHaveLength(2);
    },
  );

  it('open the queue to no service when there are none', () => {
    expect(allowed(inOrder)).toEqual([]);
  });
});

describe('HTTP API', () => {
  it('has the routes of siebel.config.ts, each behind the authorizer', () => {
    const routes = service.all('AWS::ApiGatewayV2::Route').map(({ properties }) => properties);

    expect(routes.map(({ RouteKey }) => RouteKey).sort()).toEqual(
      integration.routes.map(({ routeKey }) => routeKey).sort(),
    );
    for (const { AuthorizationType, AuthorizerId } of routes) {
      expect(AuthorizationType).toBe('CUSTOM');
      expect(logicalIdIn(AuthorizerId)).toBe('HttpApiAuthorizerCallers');
    }
  });

  it('keeps an answer of the authorizer for one token on one route', () => {
    expect(service.one('AWS::ApiGatewayV2::Authorizer', 'HttpApiAuthorizerCallers')).toMatchObject({
      AuthorizerType: 'REQUEST',
      AuthorizerPayloadFormatVersion: '2.0',
      EnableSimpleResponses: true,
      AuthorizerResultTtlInSeconds: 60,
      IdentitySource: ['$request.header.Authorization', '$context.routeKey'],
    });
  });

  it('is throttled, writes no token into its log, and opens to no web page of its own accord', () => {
    const { DefaultRouteSettings, AccessLogSettings } = service.one('AWS::ApiGatewayV2::Stage', 'HttpApiStage');

    expect(DefaultRouteSettings.ThrottlingRateLimit).toBeGreaterThan(0);
    expect(DefaultRouteSettings.ThrottlingBurstLimit).toBeGreaterThan(0);
    expect(AccessLogSettings.Format).not.toMatch(/authorization|header|querystring/i);
    expect(service.one('AWS::ApiGatewayV2::Api', 'HttpApi')).not.toHaveProperty('CorsConfiguration');
    expect(service.all('AWS::Lambda::Url')).toEqual([]);
  });
});
