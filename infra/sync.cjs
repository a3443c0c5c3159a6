// What sync jobs of siebel.config.ts add to the template: schedules, rights on their targets, alarms on their lag.

/** The lag is judged in one period up to a day, which is the longest of such an alarm, and beyond that hour by hour. */
const DAY_MINUTES = 1_440;
/** The longest that such an alarm looks back. */
const LONGEST_MINUTES = 7 * DAY_MINUTES;
const SAFETY_LAG_SECONDS = 60;

/** One schedule per sync job and per sweep. The next tick is the retry, so EventBridge tries only briefly to deliver one. */
function syncSchedules(schedules, { schedule, target }) {
  return schedules.map(({ name, job, sweep, expression, timezone, input }) =>
    schedule(`Schedule ${name}`, {
      Description: `${sweep ? 'Begins a sweep of' : 'Ticks'} the sync job "${job}" of siebel.config.ts.`,
      ScheduleExpression: expression,
      ScheduleExpressionTimezone: timezone,
      Target: target('ScheduleLambdaFunction', {
        Input: JSON.stringify(input),
        RetryPolicy: { MaximumEventAgeInSeconds: 300, MaximumRetryAttempts: 3 },
      }),
    }),
  );
}

/** Laid over infra/roles.yml, as a second policy of the two functions that hand records over; one of them sweeps as well. */
function jobRights({ queues, buses, sweeps }, ofThisAccount) {
  const targets = [
    ...(queues.length > 0
      ? [{ Sid: 'SendToQueuesOfJobs', Effect: 'Allow', Action: 'sqs:SendMessage', Resource: queues.map(queueArn) }]
      : []),
    ...(buses.length > 0
      ? [
          {
            Sid: 'PutEventsOfJobs',
            Effect: 'Allow',
            // Events for a bus that does not exist are taken and dropped, so the function looks for it first.
            Action: ['events:PutEvents', 'events:DescribeEventBus'],
            Resource: buses.map((bus) => ofThisAccount('events', `event-bus/${bus}`)),
          },
        ]
      : []),
  ];
  return {
    ...roleWith('ScheduleRole', sweeps ? [...targets, ...RIGHTS_ON_SETS] : targets),
    ...roleWith('BackfillRole', targets),
  };

  function queueArn(name) {
    return ofThisAccount('sqs', name);
  }
}

const RIGHTS_ON_SETS = [
  {
    Sid: 'ReadSets',
    Effect: 'Allow',
    Action: 's3:GetObject',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation fills it in.
    Resource: { 'Fn::Sub': '${SyncBucket.Arn}/sets/*' },
  },
  {
    Sid: 'ListSets',
    Effect: 'Allow',
    Action: 's3:ListBucket',
    Resource: { 'Fn::GetAtt': ['SyncBucket', 'Arn'] },
    // S3 says that an object is not there only to those who may list, and a request for an object has no prefix.
    Condition: { StringLikeIfExists: { 's3:prefix': 'sets/*' } },
  },
];

function roleWith(role, statements) {
  if (statements.length === 0) return {};
  const PolicyDocument = { Version: '2012-10-17', Statement: statements };
  return { [role]: { Properties: { Policies: [{}, { PolicyName: 'jobs', PolicyDocument }] } } };
}

/**
 * Rules of the bucket in a stage that lets objects of jobs expire: by folder, as a rule for the whole bucket would take from
 * sweeps what they compare with.
 */
function retention({ prefixes, days }) {
  if (days === undefined) return [];
  return [...prefixes, 'quarantine'].map((folder) => ({
    Id: `Retention of ${folder}`,
    Status: 'Enabled',
    Prefix: `${folder}/`,
    ExpirationInDays: days,
  }));
}

/**
 * One alarm per job that has one: in so many minutes no run has brought the job as near to now as that. A job of which no
 * run tells anything lags as well, unless the stage has its schedules off.
 *
 * @param safetyLagSeconds Of the stage; empty for the default. No run of a job without one of its own is nearer to now.
 */
function lagAlarms(jobs, { logicalId, stage, schedulesAreOn, safetyLagSeconds }) {
  const longer = Math.max(0, Math.ceil(Number(safetyLagSeconds || SAFETY_LAG_SECONDS) / 60) - SAFETY_LAG_SECONDS / 60);
  return jobs.map(({ job, minutes: planned, ownSafetyLag }) => {
    const minutes = Math.min(ownSafetyLag ? planned : planned + longer, LONGEST_MINUTES);
    const isLong = minutes > DAY_MINUTES;
    const properties = {
      AlarmDescription:
        `For ${minutes} minutes no run of the sync job "${job}" has brought what it hands over nearer to now than that. The log has the outcome of each run. ` +
        'docs/runbook.md, "A sync job lags"',
      Namespace: 'SiebelIntegration',
      MetricName: 'sync.lag',
      Dimensions: [
        { Name: 'service', Value: 'schedule' },
        { Name: 'stage', Value: stage },
        { Name: 'job', Value: job },
      ],
      Statistic: 'Minimum',
      Period: isLong ? 3_600 : minutes * 60,
      EvaluationPeriods: isLong ? Math.ceil(minutes / 60) : 1,
      Threshold: minutes * 60_000,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: schedulesAreOn ? 'breaching' : 'notBreaching',
      AlarmActions: [{ Ref: 'AlarmTopic' }],
      OKActions: [{ Ref: 'AlarmTopic' }],
    };
    return [`${logicalId('', job)}LagAlarm`, { Type: 'AWS::CloudWatch::Alarm', Properties: properties }];
  });
}

module.exports = { jobRights, lagAlarms, retention, syncSchedules };
