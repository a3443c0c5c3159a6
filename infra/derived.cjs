// What serverless.yml takes from siebel.config.ts. It comes by way of the bundles' build, so that template and code are
// always of one make.
const { outcomeResources } = require('./outcome-events.cjs');
const { jobRights, lagAlarms, retention, syncSchedules } = require('./sync.cjs');
const { queue, api, sync, backfill, schedules, timed, outcomeEvents } = derived();

/** Of every queue's name, as in infra/queues.yml. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: osls fills it in.
const PREFIX = '${self:service}-${sls:stage}';

/** Events of the api function: one per route of the config file, each behind the authorizer. */
const routes = api.routes.map(({ method, path }) => ({ httpApi: { method, path, authorizer: { name: 'callers' } } }));

/** One schedule per timed operation: a message on the queue, which EventBridge tries to deliver for a day. */
const timedSchedules = timed.map(({ name, expression, timezone, message, messageGroupId }) =>
  schedule(`Timed ${name}`, {
    Description: `Puts the timed operation "${name}" of siebel.config.ts on the queue.`,
    ScheduleExpression: expression,
    ScheduleExpressionTimezone: timezone,
    Target: target('Queue', {
      Input: JSON.stringify(message),
      ...(messageGroupId && { SqsParameters: { MessageGroupId: messageGroupId } }),
      RetryPolicy: { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 },
    }),
  }),
);

/** What a FIFO queue has in addition, in high throughput mode: its limits count for each message group. */
const FIFO = {
  FifoQueue: true,
  ContentBasedDeduplication: true,
  DeduplicationScope: 'messageGroup',
  FifoThroughputLimit: 'perMessageGroupId',
};

/** Laid over infra/queues.yml. A queue cannot change its kind: with its name, CloudFormation makes a new one. */
const queues = {
  ...(queue.fifo && {
    Queue: { Properties: { ...FIFO, QueueName: `${PREFIX}.fifo` } },
    DeadLetterQueue: {
      Properties: {
        ...FIFO,
        QueueName: `${PREFIX}-dead-letters.fifo`,
        RedriveAllowPolicy: { sourceQueueArns: [ofThisAccount('sqs', `${PREFIX}.fifo`)] },
      },
    },
  }),
  ...policyFor(queue.envelopes),
};

/**
 * Services that put producers' events on the queue are let in, for this account and region. The first statement stays as it is.
 *
 * Each condition has the keys that its service is documented to send; a key that is not sent would let nobody in.
 */
function policyFor(envelopes) {
  const services = {
    eventbridge: {
      Sid: 'RulesOfThisAccount',
      Principal: { Service: 'events.amazonaws.com' },
      Condition: {
        StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
        ArnLike: { 'aws:SourceArn': ofThisAccount('events', 'rule/*') },
      },
    },
    sns: {
      Sid: 'TopicsOfThisAccount',
      Principal: { Service: 'sns.amazonaws.com' },
      Condition: { ArnLike: { 'aws:SourceArn': ofThisAccount('sns', '*') } },
    },
  };
  const named = envelopes.filter((envelope) => services[envelope]);
  const statements = named.map((envelope) => ({
    Effect: 'Allow',
    Action: 'sqs:SendMessage',
    Resource: { 'Fn::GetAtt': ['Queue', 'Arn'] },
    ...services[envelope],
  }));
  if (statements.length === 0) return {};
  return { QueuePolicy: { Properties: { PolicyDocument: { Statement: [{}, ...statements] } } } };
}

function ofThisAccount(service, resource) {
  return { 'Fn::Sub': `arn:\${AWS::Partition}:${service}:\${AWS::Region}:\${AWS::AccountId}:${resource}` };
}

function schedule(words, properties) {
  const [prefix, ...name] = words.split(' ');
  return [
    logicalId(prefix, name.join(' ')),
    {
      Type: 'AWS::Scheduler::Schedule',
      Properties: {
        ...properties,
        // A stage may start with DISABLED, until its secret has a value.
        // biome-ignore lint/suspicious/noTemplateCurlyInString: osls fills it in.
        State: "${param:schedules, 'ENABLED'}",
        FlexibleTimeWindow: { Mode: 'OFF' },
      },
    },
  ];
}

function target(resource, properties) {
  return {
    Arn: { 'Fn::GetAtt': [resource, 'Arn'] },
    RoleArn: { 'Fn::GetAtt': ['SchedulerRole', 'Arn'] },
    ...properties,
    DeadLetterConfig: { Arn: { 'Fn::GetAtt': ['SchedulerDeadLetterQueue', 'Arn'] } },
  };
}

function derived() {
  try {
    return require('../dist/integration.json');
  } catch (cause) {
    throw new Error('dist/integration.json is missing: run `npm run package`, which builds it first', { cause });
  }
}

/** `accounts-eu` becomes `ScheduleAccountsDashEu`: CloudFormation allows letters and digits only, and names must differ. */
function logicalId(prefix, name) {
  const words = name.replace(/[^A-Za-z0-9]/g, (character) =>
    character === '-' ? 'Dash' : `X${character.codePointAt(0).toString(16)}`,
  );
  return prefix + words.charAt(0).toUpperCase() + words.slice(1);
}

async function resources({ resolveVariable }) {
  const schedulesAreOn = (await resolveVariable("param:schedules, 'ENABLED'")) === 'ENABLED';
  const stage = await resolveVariable('sls:stage');
  const safetyLagSeconds = await resolveVariable("param:syncSafetyLagSeconds, ''");
  const days = Number(await resolveVariable("param:syncRetentionDays, ''")) || undefined;
  return {
    Resources: {
      ...queues,
      ...jobRights(sync, ofThisAccount),
      SyncBucket: {
        Properties: { LifecycleConfiguration: { Rules: [{}, {}, ...retention({ prefixes: sync.prefixes, days })] } },
      },
      ...Object.fromEntries([
        ...syncSchedules(schedules, { schedule, target }),
        ...timedSchedules,
        ...lagAlarms(sync.lagAlarms, { logicalId, stage, schedulesAreOn, safetyLagSeconds }),
      ]),
      ...(outcomeEvents && outcomeResources(outcomeEvents)),
    },
  };
}

module.exports = { queue, api, sync, backfill, routes, resources };
