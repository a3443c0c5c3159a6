import { type AttributeValue, DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { GetQueueAttributesCommand, SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { clientSettings } from '../../local-stack/aws/account.ts';
import type { Ready } from '../../local-stack/ready.ts';
import type { Parked, Produced, Sent } from './produced.ts';

export interface QueueCounts {
  readonly waiting: number;
  readonly hidden: number;
}

/** What the producer and the auditor see of AWS: the queues, and the list of what is parked. */
export interface ChaosQueue {
  /** Sends up to ten messages with one request. */
  send(messages: readonly Produced[]): Promise<Sent[]>;
  counts(): Promise<QueueCounts>;
  deadLetters(): Promise<number>;
  parked(): Promise<Parked[]>;
  close(): void;
}

/** Beside the faults: it talks to the queue and the table directly. */
export function chaosQueue({ sqsEndpoint, queueUrl, deadLetterUrl, dynamodbEndpoint, stateTable }: Ready): ChaosQueue {
  const sqs = new SQSClient({ ...clientSettings(sqsEndpoint), useQueueUrlAsEndpoint: false });
  const dynamodb = new DynamoDBClient(clientSettings(dynamodbEndpoint));

  async function countsOf(QueueUrl: string): Promise<QueueCounts> {
    const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
    return {
      waiting:
        Number(Attributes['ApproximateNumberOfMessages'] ?? 0) +
        Number(Attributes['ApproximateNumberOfMessagesDelayed'] ?? 0),
      hidden: Number(Attributes['ApproximateNumberOfMessagesNotVisible'] ?? 0),
    };
  }

  return {
    async send(messages) {
      const Entries = messages.map(({ number, body, group }) => ({
        Id: String(number),
        MessageBody: body,
        // The same body is sent again on purpose: each has an id of its own.
        ...(group !== undefined && { MessageGroupId: group, MessageDeduplicationId: String(number) }),
      }));
      const { Successful = [] } = await sqs.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
      const ids = new Map(Successful.map(({ Id, MessageId }) => [Id, MessageId]));
      return messages.map((message) => {
        const messageId = ids.get(String(message.number));
        if (messageId === undefined) throw new Error(`message ${message.number} could not be sent`);
        return { ...message, messageId };
      });
    },
    counts: () => countsOf(queueUrl),
    deadLetters: async () => {
      const { waiting, hidden } = await countsOf(deadLetterUrl);
      return waiting + hidden;
    },
    async parked() {
      const all: Parked[] = [];
      let ExclusiveStartKey: Record<string, AttributeValue> | undefined;
      do {
        const page = await dynamodb.send(
          new QueryCommand({
            TableName: stateTable,
            IndexName: 'parked',
            KeyConditionExpression: 'parkedBucket = :parked',
            ExpressionAttributeValues: { ':parked': { S: 'parked' } },
            ...(ExclusiveStartKey && { ExclusiveStartKey }),
          }),
        );
        all.push(...(page.Items ?? []).map(parkedOf));
        ExclusiveStartKey = page.LastEvaluatedKey;
      } while (ExclusiveStartKey);
      return all;
    },
    close() {
      sqs.destroy();
      dynamodb.destroy();
    },
  };
}

function parkedOf(item: Record<string, AttributeValue>): Parked {
  return {
    messageId: item['messageId']?.S ?? '',
    operation: item['operation']?.S,
    key: item['key']?.S,
    code: item['code']?.S ?? '',
  };
}
