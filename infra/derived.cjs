// What serverless.yml takes from siebel.config.ts. It comes by way of the bundles' build, so that template and code are
// always of one make.
const { queue, api, sync, schedules } = derived();

/** Events of the api function: one per route of the config file, each behind the authorizer. */
const routes = api.routes.map(({ method, path }) => ({ httpApi: { method, path, authorizer: { name: 'callers' } } }));

/** One schedule per sync job. The next tick is the retry, so EventBridge tries only briefly to deliver one. */
const scheduleResources = Object.fromEntries(
  schedules.map(({ job, expression, timezone, input }) => [
    logicalId('Schedule', job),
    {
      Type: 'AWS::Scheduler::Schedule',
      Properties: {
        Description: `Ticks the sync job "${job}" of siebel.config.ts.`,
        // A stage may start with DISABLED, until its secret has a value.
        // biome-ignore lint/suspicious/noTemplateCurlyInString: osls fills it in.
        State: "${param:schedules, 'ENABLED'}",
        ScheduleExpression: expression,
        ScheduleExpressionTimezone: timezone,
        FlexibleTimeWindow: { Mode: 'OFF' },
        Target: {
          Arn: { 'Fn::GetAtt': ['ScheduleLambdaFunction', 'Arn'] },
          RoleArn: { 'Fn::GetAtt': ['SchedulerRole', 'Arn'] },
          Input: JSON.stringify(input),
          RetryPolicy: { MaximumEventAgeInSeconds: 300, MaximumRetryAttempts: 3 },
          DeadLetterConfig: { Arn: { 'Fn::GetAtt': ['SchedulerDeadLetterQueue', 'Arn'] } },
        },
      },
    },
  ]),
);

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

module.exports = { queue, api, sync, routes, schedules: { Resources: scheduleResources } };
