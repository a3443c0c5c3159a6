import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { clientSettings } from './account.ts';

/** What the template of the service would create, under the given names. */
export interface Resources extends QueueResources {
  readonly stateTable: string;
  readonly bucket: string;
  /** Queues that sync jobs send to. Default: none. */
  readonly targetQueues?: readonly string[];
}

export interface QueueResources {
  readonly queueName: string;
  readonly deadLetterName: string;
  /** Time that a received message stays hidden: at least six times the time-out of the function that gets it. */
  readonly visibilityTimeoutSeconds: number;
  /** Receives after which a message goes to the dead-letter queue. Default 1,000. */
  readonly maxReceiveCount?: number;
}

export interface Provisioned {
  readonly queueUrl: string;
  readonly queueArn: string;
  readonly deadLetterUrl: string;
  readonly deadLetterArn: string;
}

/** High throughput mode: the limits of a FIFO queue count for each message group. */
const FIFO = {
  FifoQueue: 'true',
  ContentBasedDeduplication: 'true',
  DeduplicationScope: 'messageGroup',
  FifoThroughputLimit: 'perMessageGroupId',
} as const;

/**
 * Creates queues, bucket and state table in the stand-ins, as the template does on AWS.
 *
 * A name that ends in `.fifo` makes a FIFO queue; its dead-letter queue must be one too.
 */
export async function provision(
  { sqsEndpoint, s3Endpoint, dynamodbEndpoint }: { sqsEndpoint: string; s3Endpoint: string; dynamodbEndpoint: string },
  resources: Resources,
): Promise<Provisioned> {
  const [queues] = await Promise.all([
    provisionQueues(sqsEndpoint, resources),
    provisionTargets(sqsEndpoint, resources.targetQueues ?? []),
    createBucket(s3Endpoint, resources.bucket),
    createStateTable(dynamodbEndpoint, resources.stateTable),
  ]);
  return queues;
}

/** Creates queues that belong to somebody else on AWS. */
async function provisionTargets(endpoint: string, names: readonly string[]): Promise<void> {
  const client = new SQSClient({ ...clientSettings(endpoint), useQueueUrlAsEndpoint: false });
  try {
    for (const QueueName of names) {
      const Attributes = QueueName.endsWith('.fifo') ? { FifoQueue: 'true' } : {};
      await client.send(new CreateQueueCommand({ QueueName, Attributes }));
    }
  } finally {
    client.destroy();
  }
}

/** Creates the queue and its dead-letter queue alone. */
export async function provisionQueues(endpoint: string, resources: QueueResources): Promise<Provisioned> {
  const { queueName, deadLetterName, visibilityTimeoutSeconds, maxReceiveCount = 1_000 } = resources;
  const client = new SQSClient({ ...clientSettings(endpoint), useQueueUrlAsEndpoint: false });
  try {
    const deadLetter = await createQueue(client, deadLetterName, { MessageRetentionPeriod: String(14 * 86_400) });
    const queue = await createQueue(client, queueName, {
      VisibilityTimeout: String(visibilityTimeoutSeconds),
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn: deadLetter.arn, maxReceiveCount }),
    });
    return { queueUrl: queue.url, queueArn: queue.arn, deadLetterUrl: deadLetter.url, deadLetterArn: deadLetter.arn };
  } finally {
    client.destroy();
  }

  async function createQueue(sqs: SQSClient, name: string, attributes: Record<string, string>) {
    const all = { ...attributes, ...(name.endsWith('.fifo') && FIFO) };
    const created = await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: all }));
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: created.QueueUrl, AttributeNames: ['QueueArn'] }),
    );
    const arn = Attributes?.['QueueArn'];
    if (!created.QueueUrl || !arn) throw new Error(`SQS did not say where the queue ${name} is`);
    // The stand-in's own answer names the host sqs.<region>.localhost, which many machines do not resolve.
    return { url: new URL(new URL(created.QueueUrl).pathname, endpoint).href, arn };
  }
}

async function createBucket(endpoint: string, name: string): Promise<void> {
  const client = new S3Client({ ...clientSettings(endpoint), forcePathStyle: true });
  try {
    await client.send(new CreateBucketCommand({ Bucket: name }));
  } finally {
    client.destroy();
  }
}

/** One string key, and a sparse index over the parked calls in the order of their rejection. */
async function createStateTable(endpoint: string, name: string): Promise<void> {
  const client = new DynamoDBClient(clientSettings(endpoint));
  try {
    await client.send(
      new CreateTableCommand({
        TableName: name,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [
          { AttributeName: 'pk', AttributeType: 'S' },
          { AttributeName: 'parkedBucket', AttributeType: 'S' },
          { AttributeName: 'rejectedAtMs', AttributeType: 'N' },
        ],
        KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
        GlobalSecondaryIndexes: [
          {
            IndexName: 'parked',
            KeySchema: [
              { AttributeName: 'parkedBucket', KeyType: 'HASH' },
              { AttributeName: 'rejectedAtMs', KeyType: 'RANGE' },
            ],
            Projection: { ProjectionType: 'ALL' },
          },
        ],
      }),
    );
  } finally {
    client.destroy();
  }
}
