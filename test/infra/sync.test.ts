import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventBridge, type Integration, type SyncJob, s3, sqs } from '../../lib/operations/index.ts';
import { templateProblems } from '../../scripts/package.ts';
import { exampleIntegration } from '../support/example-integration.ts';
import { logicalIdIn, type PackagedForTest, packagedService } from './packaged-service.ts';

const { jobRights, lagAlarms, retention } = createRequire(import.meta.url)('../../infra/sync.cjs');
const [[, account] = []] = exampleIntegration.sync;
const job = (more: Partial<SyncJob>): SyncJob => {
  if (!account) throw new Error('the example has no sync job');
  const { sweep: _, ...plain } = account;
  return { ...plain, ...more };
};
const withJobs = (jobs: Readonly<Record<string, SyncJob>>): Integration => ({
  ...exampleIntegration,
  sync: new Map(Object.entries(jobs)),
  capacity: { siebelConnections: 40, queue: 8, api: 5, sync: 5, backfill: 6, tools: 1 },
});

let service: PackagedForTest;

beforeAll(async () => {
  const integration = withJobs({
    accounts: job({ to: s3('accounts'), sweep: { every: 'rate(1 day)', timezone: 'UTC', maxMissing: 0.1 } }),
    'accounts-eu': job({ to: sqs('changes-eu'), every: 'rate(2 hours)' }),
    orders: job({ to: sqs('orders.fifo'), every: 'cron(0 2 * * ? *)' }),
    contacts: job({ to: eventBridge({ bus: 'crm', source: 'com.example' }), every: 'rate(1 day)' }),
    notes: job({ to: eventBridge({ source: 'com.example' }), lagAlarmMinutes: 15, window: 2 }),
  });
  service = await packagedService({ checked: false, integration });
});
afterAll(() => service?.remove());

const mapping = () =>
  service
    .all('AWS::Lambda::EventSourceMapping')
    .find(({ properties }) => logicalIdIn(properties.EventSourceArn) === 'BackfillQueue')?.properties;
const policiesOf = (role: string) => service.one('AWS::IAM::Role', role).Policies;
const ofThisAccount = (resource: string) => ({
  'Fn::Sub': `arn:\${AWS::Partition}:${resource.replace('@', `\${AWS::Region}:\${AWS::AccountId}`)}`,
});

it('CloudFormation accepts jobs with targets and sweeps of every kind', () => {
  expect(templateProblems(service.templateFile)).toEqual([]);
});

it('the schedule function has as many containers as the share allows for the widest window (R49)', () => {
  expect(service.one('AWS::Lambda::Function', 'ScheduleLambdaFunction').ReservedConcurrentExecutions).toBe(2);
});

describe('the backfill queue', () => {
  it('gives one window at a time, as many at once as the plan has containers, and takes it back alone (R49)', () => {
    const { FunctionName, ...given } = mapping();

    expect(logicalIdIn(FunctionName)).toBe('BackfillLambdaFunction');
    expect(given).toMatchObject({
      BatchSize: 1,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 6 },
    });
    expect(given).not.toHaveProperty('MaximumBatchingWindowInSeconds');
    expect(given).not.toHaveProperty('FilterCriteria');
  });

  it('hides a window at least six times as long as the function may work', () => {
    const { Timeout } = service.one('AWS::Lambda::Function', 'BackfillLambdaFunction');
    const { VisibilityTimeout } = service.one('AWS::SQS::Queue', 'BackfillQueue');

    expect(Timeout).toBe(300);
    expect(VisibilityTimeout).toBeGreaterThanOrEqual(6 * Timeout);
  });

  it('gives a window up only after the highest number of receives, and keeps it until somebody looks', () => {
    const { RedrivePolicy, MessageRetentionPeriod } = service.one('AWS::SQS::Queue', 'BackfillQueue');

    expect(RedrivePolicy.maxReceiveCount).toBe(1_000);
    expect(logicalIdIn(RedrivePolicy.deadLetterTargetArn)).toBe('BackfillDeadLetterQueue');
    expect(MessageRetentionPeriod).toBe(14 * 86_400);
    expect(service.one('AWS::SQS::Queue', 'BackfillDeadLetterQueue').MessageRetentionPeriod).toBe(14 * 86_400);
  });

  it('rings at half of the retention, for a window in its dead letters, and when none is finished while some wait', () => {
    const alarm = (id: string) => service.one('AWS::CloudWatch::Alarm', id);
    const { MessageRetentionPeriod } = service.one('AWS::SQS::Queue', 'BackfillQueue');

    expect(alarm('BackfillAgeAlarm').Threshold).toBeLessThanOrEqual(MessageRetentionPeriod / 2);
    expect(logicalIdIn(alarm('BackfillDeadLetterAlarm').Dimensions[0].Value)).toBe('BackfillDeadLetterQueue');
    const [told, ...measured] = alarm('BackfillStuckAlarm').Metrics;
    const metrics = measured.map(
      ({ MetricStat }: { MetricStat: { Metric: { MetricName: string } } }) => MetricStat.Metric,
    );
    expect(told).toMatchObject({ ReturnData: true, Expression: expect.stringContaining('finished') });
    expect(metrics.map(({ MetricName }: { MetricName: string }) => MetricName)).toEqual([
      'ApproximateNumberOfMessagesVisible',
      'ApproximateNumberOfMessagesNotVisible',
      'NumberOfMessagesDeleted',
    ]);
    for (const { Dimensions } of metrics) expect(logicalIdIn(Dimensions[0].Value)).toBe('BackfillQueue');
  });
});

describe('rights on targets', () => {
  it.each(['ScheduleRole', 'BackfillRole'])(
    'are for %s those that its code uses, on the targets of jobs alone',
    (role) => {
      const [own, targets, ...others] = policiesOf(role);

      expect(others).toEqual([]);
      expect(own.PolicyDocument.Statement.length).toBeGreaterThan(3);
      const onTargets = targets.PolicyDocument.Statement.filter(({ Sid }: { Sid: string }) => !Sid.endsWith('Sets'));
      expect(onTargets).toEqual([
        {
          Sid: 'SendToQueuesOfJobs',
          Effect: 'Allow',
          Action: 'sqs:SendMessage',
          Resource: [ofThisAccount('sqs:@:changes-eu'), ofThisAccount('sqs:@:orders.fifo')],
        },
        {
          Sid: 'PutEventsOfJobs',
          Effect: 'Allow',
          Action: ['events:PutEvents', 'events:DescribeEventBus'],
          Resource: [ofThisAccount('events:@:event-bus/crm'), ofThisAccount('events:@:event-bus/default')],
        },
      ]);
    },
  );

  it('are none without such a target', () => {
    const ofThisAccount = () => expect.unreachable('there is nothing to name');
    expect(jobRights({ queues: [], buses: [], sweeps: false }, ofThisAccount)).toEqual({});
  });

  it('on sets have only functions of which a job has a sweep', () => {
    const without = jobRights({ queues: ['q'], buses: [], sweeps: false }, String);

    expect(JSON.stringify(without)).not.toContain('s3:');
  });

  it('on the state table are for items of sync jobs alone, not for calls or what is parked', () => {
    for (const role of ['ScheduleRole', 'BackfillRole']) {
      const [table, ...others] = policiesOf(role)[0].PolicyDocument.Statement.filter(
        ({ Action }: { Action: unknown }) => JSON.stringify(Action).includes('dynamodb:'),
      );

      expect(table.Condition).toEqual({ 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['sync#*'] } });
      expect(others).toEqual([]);
    }
  });

  it('on the bucket let both put, and the function that sweeps read the sets and nothing else', () => {
    const actions = (role: string) =>
      policiesOf(role)
        .flatMap(
          ({ PolicyDocument }: { PolicyDocument: { Statement: Record<string, unknown>[] } }) =>
            PolicyDocument.Statement,
        )
        .filter(({ Action }: { Action?: unknown }) => JSON.stringify(Action).includes('s3:'))
        .map(({ Action, Resource, Condition }: Record<string, unknown>) => ({ Action, Resource, Condition }));
    const put = {
      Action: ['s3:PutObject', 's3:AbortMultipartUpload'],
      Resource: { 'Fn::Sub': `\${SyncBucket.Arn}/*` },
      Condition: undefined,
    };

    expect(actions('BackfillRole')).toEqual([put]);
    expect(actions('ScheduleRole')).toEqual([
      put,
      { Action: 's3:GetObject', Resource: { 'Fn::Sub': `\${SyncBucket.Arn}/sets/*` }, Condition: undefined },
      {
        Action: 's3:ListBucket',
        Resource: { 'Fn::GetAtt': ['SyncBucket', 'Arn'] },
        // A set that is gone is told from one that is forbidden by this right, and the request for an object has no prefix.
        Condition: { StringLikeIfExists: { 's3:prefix': 'sets/*' } },
      },
    ]);
  });
});

describe('the alarm on the lag of a job', () => {
  const alarm = (id: string) => service.one('AWS::CloudWatch::Alarm', id);
  const DAY = 86_400;

  it('looks at the least lag of as long a time as it allows', () => {
    expect(alarm('AccountsLagAlarm')).toMatchObject({
      Namespace: 'SiebelIntegration',
      MetricName: 'sync.lag',
      Dimensions: [
        { Name: 'service', Value: 'schedule' },
        { Name: 'stage', Value: 'dev' },
        { Name: 'job', Value: 'accounts' },
      ],
      Statistic: 'Minimum',
      Period: 45 * 60,
      EvaluationPeriods: 1,
      Threshold: 45 * 60_000,
    });
    expect(alarm('NotesLagAlarm')).toMatchObject({ Period: 15 * 60, Threshold: 15 * 60_000 });
    expect(alarm('AccountsDasheuLagAlarm')).toMatchObject({ Period: 390 * 60, Threshold: 390 * 60_000 });
  });

  it('looks hour by hour where one period would be longer than CloudWatch has', () => {
    const alarms = service.all('AWS::CloudWatch::Alarm').filter(({ id }) => id.endsWith('LagAlarm'));

    expect(alarm('ContactsLagAlarm')).toMatchObject({ Period: 3_600, EvaluationPeriods: 73 });
    for (const { properties } of alarms) {
      expect(properties.Period % 60).toBe(0);
      expect(properties.Period).toBeLessThanOrEqual(DAY);
      const looksBack = properties.Period * properties.EvaluationPeriods;
      expect(looksBack * 1_000).toBeGreaterThanOrEqual(properties.Threshold);
      expect(looksBack).toBeLessThanOrEqual(properties.Period >= 3_600 ? 7 * DAY : DAY);
    }
  });

  it('gives a stage with a longer safety lag so much more time, but for jobs with one of their own', () => {
    const minutesIn = (safetyLagSeconds: string) =>
      lagAlarms(
        [
          { job: 'a', minutes: 45, ownSafetyLag: false },
          { job: 'b', minutes: 45, ownSafetyLag: true },
          { job: 'c', minutes: 10_050, ownSafetyLag: false },
        ],
        { logicalId: (_: string, name: string) => name, stage: 'dev', schedulesAreOn: true, safetyLagSeconds },
      ).map(([, { Properties }]: [string, { Properties: { Threshold: number } }]) => Properties.Threshold / 60_000);

    expect(minutesIn('')).toEqual([45, 45, 10_050]);
    expect(minutesIn('30')).toEqual([45, 45, 10_050]);
    expect(minutesIn('3600')).toEqual([104, 45, 10_080]);
  });

  it('is none for a job of a cron expression that names no minutes', () => {
    expect(service.template.Resources).not.toHaveProperty('OrdersLagAlarm');
  });

  // With the schedules of the stage off: test/infra/template.test.ts.
  it('takes silence for a lag', () => {
    expect(alarm('AccountsLagAlarm').TreatMissingData).toBe('breaching');
  });
});

describe('alarms on what a person must decide', () => {
  it.each([
    ['SyncDriftAlarm', 'sync.drift', 'schedule'],
    ['BackfillDriftAlarm', 'sync.drift', 'backfill'],
    ['SweepGuardAlarm', 'sweep.guard', 'schedule'],
    ['SyncQuarantineAlarm', 'sync.quarantined', 'schedule'],
    ['BackfillQuarantineAlarm', 'sync.quarantined', 'backfill'],
  ])('%s rings for the first one', (id, metric, name) => {
    expect(service.one('AWS::CloudWatch::Alarm', id)).toMatchObject({
      Namespace: 'SiebelIntegration',
      MetricName: metric,
      Dimensions: [{ Name: 'service', Value: name }, { Name: 'stage' }],
      Statistic: 'Sum',
      Threshold: 0,
      EvaluationPeriods: 1,
      ComparisonOperator: 'GreaterThanThreshold',
    });
  });
});

describe('what a stage that names days lets expire', () => {
  const folders = (prefixes: readonly string[]) =>
    retention({ prefixes, days: 400 }).map(({ Prefix }: { Prefix: string }) => Prefix);

  it('is what jobs have written and what went to quarantine, never sets', () => {
    expect(retention({ prefixes: ['accounts'], days: 400 })).toEqual([
      { Id: 'Retention of accounts', Status: 'Enabled', Prefix: 'accounts/', ExpirationInDays: 400 },
      { Id: 'Retention of quarantine', Status: 'Enabled', Prefix: 'quarantine/', ExpirationInDays: 400 },
    ]);
    expect(folders(['crm/eu', 'crm/us'])).toEqual(['crm/eu/', 'crm/us/', 'quarantine/']);
  });

  it('is nothing in a stage that names none', () => {
    expect(retention({ prefixes: ['accounts'], days: undefined })).toEqual([]);
  });
});
