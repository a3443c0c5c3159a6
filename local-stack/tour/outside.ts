import { DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { GetQueueAttributesCommand, SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Ready } from '../ready.ts';

/** What the tour does from outside, with nothing but the addresses of the `ready` line. */
export interface Outside {
  send(bodies: readonly string[]): Promise<void>;
  /** Messages waiting and under way, as SQS counts them. */
  queued(): Promise<number>;
  /** Codes of the calls that were parked since. */
  parkedCodes(sinceMs: number): Promise<string[]>;
  tick(job: string): Promise<Record<string, unknown>>;
  get(path: string): Promise<{ status: number; body: unknown }>;
  control(path: string): Promise<unknown>;
  close(): void;
}

/** Opens clients on a running stack. */
export function outside(ready: Ready): Outside {
  const aws = {
    region: ready.region,
    credentials: { accessKeyId: ready.accessKeyId, secretAccessKey: ready.secretAccessKey },
  };
  const sqs = new SQSClient({ ...aws, endpoint: ready.sqsEndpoint, useQueueUrlAsEndpoint: false });
  const dynamodb = new DynamoDBClient({ ...aws, endpoint: ready.dynamodbEndpoint });
  return {
    async send(bodies) {
      for (let start = 0; start < bodies.length; start += 10) {
        const Entries = bodies.slice(start, start + 10).map((MessageBody, index) => ({
          Id: `m${index}`,
          MessageBody,
          // No two messages of the tour are about one record.
          ...(ready.queueUrl.endsWith('.fifo') && { MessageGroupId: `tour/${start + index}` }),
        }));
        const { Failed } = await sqs.send(new SendMessageBatchCommand({ QueueUrl: ready.queueUrl, Entries }));
        if (Failed?.length) throw new Error(`the queue refused ${Failed.length} messages`);
      }
    },
    async queued() {
      const { Attributes } = await sqs.send(
        new GetQueueAttributesCommand({ QueueUrl: ready.queueUrl, AttributeNames: ['All'] }),
      );
      return (
        Number(Attributes?.['ApproximateNumberOfMessages'] ?? 0) +
        Number(Attributes?.['ApproximateNumberOfMessagesNotVisible'] ?? 0)
      );
    },
    async parkedCodes(sinceMs) {
      const { Items } = await dynamodb.send(
        new QueryCommand({
          TableName: ready.stateTable,
          IndexName: 'parked',
          KeyConditionExpression: 'parkedBucket = :parked AND rejectedAtMs >= :since',
          ExpressionAttributeValues: { ':parked': { S: 'parked' }, ':since': { N: String(sinceMs) } },
        }),
      );
      return (Items ?? []).map((item) => item['code']?.S ?? '?');
    },
    async tick(job) {
      const response = await fetch(`${ready.schedulerUrl}/${job}`, { method: 'POST' });
      const body = (await response.json()) as Record<string, unknown>;
      if (!response.ok) {
        const { errorType = '', errorMessage = JSON.stringify(body) } = body;
        throw new Error(`the run of ${job} failed: ${errorType} ${errorMessage}`);
      }
      return body;
    },
    async get(path) {
      const response = await fetch(`${ready.apiUrl}${path}`, {
        headers: { authorization: `Bearer ${ready.apiToken}` },
      });
      return { status: response.status, body: await response.json() };
    },
    control: async (path) => (await fetch(`${ready.controlUrl}${path}`)).json(),
    close() {
      sqs.destroy();
      dynamodb.destroy();
    },
  };
}
