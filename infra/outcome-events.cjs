// Announces calls that were done or parked, when siebel.config.ts asks for it: a stream of the state table, a pipe from it to
// the event bus, and a queue for what the pipe could not put there.

// biome-ignore lint/suspicious/noTemplateCurlyInString: osls fills it in.
const PREFIX = '${self:service}-${sls:stage}';
// biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation fills it in.
const ARN = 'arn:${AWS::Partition}';
// biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation fills it in.
const HERE = '${AWS::Region}:${AWS::AccountId}';

/** Resources, of which the stream is laid over infra/state-table.yml. */
function outcomeResources({ bus, detailType, filters, inputTemplate }) {
  const busArn = sub(`events:${HERE}:event-bus/${bus}`);
  const stream = { 'Fn::GetAtt': ['StateTable', 'StreamArn'] };
  const deadLetters = { 'Fn::GetAtt': ['OutcomePipeDeadLetterQueue', 'Arn'] };
  return {
    StateTable: { Properties: { StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' } } },

    OutcomePipe: {
      Type: 'AWS::Pipes::Pipe',
      Properties: {
        Name: `${PREFIX}-outcomes`,
        Description: 'Announces calls to Siebel that were done or parked.',
        RoleArn: { 'Fn::GetAtt': ['OutcomePipeRole', 'Arn'] },
        Source: stream,
        SourceParameters: {
          FilterCriteria: { Filters: filters.map((pattern) => ({ Pattern: JSON.stringify(pattern) })) },
          DynamoDBStreamParameters: {
            // From the first record of the stream, which is as old as the pipe.
            StartingPosition: 'TRIM_HORIZON',
            // As many as one request to an event bus takes.
            BatchSize: 10,
            // Half of what the stream keeps: what is given up goes to the dead-letter queue and rings, while it can still be read.
            // Without an age and with endless tries it would be lost with the stream, and nothing would ring.
            MaximumRecordAgeInSeconds: 43_200,
            // The most that there is, so that the age decides.
            MaximumRetryAttempts: 10_000,
            OnPartialBatchItemFailure: 'AUTOMATIC_BISECT',
            DeadLetterConfig: { Arn: deadLetters },
          },
        },
        Target: busArn,
        TargetParameters: {
          EventBridgeEventBusParameters: { Source: `${PREFIX}`, DetailType: detailType },
          InputTemplate: inputTemplate,
        },
      },
    },

    OutcomePipeRole: {
      Type: 'AWS::IAM::Role',
      Properties: {
        AssumeRolePolicyDocument: {
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Principal: { Service: 'pipes.amazonaws.com' },
              Action: 'sts:AssumeRole',
              Condition: {
                StringEquals: {
                  'aws:SourceAccount': { Ref: 'AWS::AccountId' },
                  'aws:SourceArn': sub(`pipes:${HERE}:pipe/${PREFIX}-outcomes`),
                },
              },
            },
          ],
        },
        Policies: [
          {
            PolicyName: 'announce',
            PolicyDocument: {
              Version: '2012-10-17',
              Statement: [
                {
                  Sid: 'ReadStream',
                  Effect: 'Allow',
                  Action: [
                    'dynamodb:DescribeStream',
                    'dynamodb:GetRecords',
                    'dynamodb:GetShardIterator',
                    'dynamodb:ListStreams',
                  ],
                  Resource: stream,
                },
                { Sid: 'Announce', Effect: 'Allow', Action: 'events:PutEvents', Resource: busArn },
                { Sid: 'KeepWhatFailed', Effect: 'Allow', Action: 'sqs:SendMessage', Resource: deadLetters },
              ],
            },
          },
        ],
      },
    },

    OutcomePipeDeadLetterQueue: {
      Type: 'AWS::SQS::Queue',
      Properties: { MessageRetentionPeriod: 1_209_600, SqsManagedSseEnabled: true },
    },

    OutcomePipeDeadLetterQueuePolicy: {
      Type: 'AWS::SQS::QueuePolicy',
      Properties: {
        Queues: [{ Ref: 'OutcomePipeDeadLetterQueue' }],
        PolicyDocument: {
          Version: '2012-10-17',
          Statement: [
            {
              Sid: 'OnlyOverTls',
              Effect: 'Deny',
              Principal: '*',
              Action: 'sqs:*',
              Resource: deadLetters,
              Condition: { Bool: { 'aws:SecureTransport': 'false' } },
            },
          ],
        },
      },
    },

    OutcomePipeAlarm: {
      Type: 'AWS::CloudWatch::Alarm',
      Properties: {
        AlarmDescription:
          'For half a day the pipe could not announce outcomes, and has given them up: where they lie in the stream is in its dead-letter queue. The calls themselves are settled. ' +
          'docs/runbook.md, "Outcome events are late"',
        Namespace: 'AWS/SQS',
        MetricName: 'ApproximateNumberOfMessagesVisible',
        Dimensions: [{ Name: 'QueueName', Value: { 'Fn::GetAtt': ['OutcomePipeDeadLetterQueue', 'QueueName'] } }],
        Statistic: 'Maximum',
        Period: 300,
        EvaluationPeriods: 1,
        Threshold: 0,
        ComparisonOperator: 'GreaterThanThreshold',
        TreatMissingData: 'notBreaching',
        AlarmActions: [{ Ref: 'AlarmTopic' }],
      },
    },
  };
}

function sub(resource) {
  return { 'Fn::Sub': `${ARN}:${resource}` };
}

module.exports = { outcomeResources };
