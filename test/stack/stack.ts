import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type AttributeValue, DynamoDBClient, GetItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { expect, vi } from 'vitest';
import { clientSettings } from '../../local-stack/aws/account.ts';
import type { InvocationResult } from '../../local-stack/lambda/host.ts';
import { failedMessages, sqsEvent } from '../../local-stack/lambda/sqs-event.ts';
import type { RequestEntry } from '../../local-stack/siebel/request-log.ts';
import {
  type FunctionName,
  type LocalStack,
  type LocalStackOptions,
  startLocalStack,
} from '../../local-stack/stack.ts';

/** A running stack with everything that its functions wrote, and what a test does to it from outside. */
export interface TestStack extends LocalStack {
  /** Lines of all functions so far, oldest first. */
  readonly lines: readonly { readonly function: string; readonly line: string }[];
  /** Log lines of a function with this code, parsed. */
  logged(code: string): Record<string, unknown>[];
  /** Puts up to ten messages on the queue with one request. */
  send(...bodies: readonly string[]): Promise<void>;
  /** Messages that wait on the queue, and messages that are hidden or under way. */
  queued(): Promise<{ readonly waiting: number; readonly hidden: number }>;
  /** Messages on the dead-letter queue. */
  deadLettered(): Promise<number>;
  /** Waits until the queue holds nothing any more. */
  drained(): Promise<void>;
  /** Refused calls in the state table, oldest first. */
  parked(): Promise<ParkedItem[]>;
  /** An item of the state table by its key. */
  stateItem(pk: string): Promise<Record<string, AttributeValue> | undefined>;
  /**
   * Takes what waits on the queue and calls the queue function once with it, in the place of the mapping, which has to be
   * stopped: what the function handled is deleted.
   */
  handOver(): Promise<HandedOver>;
  /** Ends all sandboxes of a function: its next call is a cold start. */
  restart(name: FunctionName): Promise<void>;
  /** Takes all faults away, empties the queue and restarts a function: nothing is left of what a test did before. */
  reset(name: FunctionName): Promise<void>;
  /** Requests to Siebel whose path contains the text, oldest first. */
  calls(path: string, since?: number): readonly RequestEntry[];
  /** Number of the last request to Siebel so far, for `calls`. */
  callsSoFar(): number;
}

/** What is kept of a refused call. */
export interface ParkedItem {
  readonly pk: string;
  readonly code: string;
  readonly key: string | undefined;
  readonly body: string | undefined;
  readonly receiveCount: number;
  readonly siebelCodes: readonly string[];
  readonly issues: readonly { readonly pointer: string; readonly code: string }[];
}

/** One batch that a test carried to the function. */
export interface HandedOver extends InvocationResult {
  readonly messages: readonly Message[];
  /** Messages that stay on the queue. */
  readonly failed: readonly Message[];
  /** Makes those visible again at once. */
  reveal(): Promise<void>;
}

/** How long anything that is waited for may take; only a broken stack takes so long. */
export const PATIENCE = { timeout: 15_000, interval: 20 } as const;

/** The body of a message that creates or changes an account. */
export function accountMessage(name: string, more: Readonly<Record<string, unknown>> = {}): string {
  const input = { Name: name, Location: 'Bremen', ...more };
  return JSON.stringify({ operation: 'account.upsert', key: keyFor(name), input });
}

/** The body of a message that creates or changes a contact. */
export function contactMessage(uid: string, more: Readonly<Record<string, unknown>> = {}): string {
  const input = { 'Person UId': uid, 'First Name': 'Ada', 'Last Name': 'Brandt', ...more };
  return JSON.stringify({ operation: 'contact.upsert', key: keyFor(uid), input });
}

function keyFor(name: string): string {
  return `test/${name.replaceAll(/[^A-Za-z0-9]+/g, '-')}`;
}

/**
 * Starts a stack over the built zips in a folder of its own.
 *
 * @param options As for the stack; 200 accounts unless told otherwise.
 */
export async function testStack(
  options: Partial<Omit<LocalStackOptions, 'distFolder' | 'workFolder'>> = {},
): Promise<TestStack> {
  const workFolder = await mkdtemp(join(tmpdir(), 'siebel-stack-'));
  const lines: { function: string; line: string }[] = [];
  const stack = await startLocalStack({
    records: 200,
    ...options,
    distFolder: fileURLToPath(new URL('../../dist', import.meta.url)),
    workFolder,
    onLog: (name, line) => lines.push({ function: name, line }),
  });
  const { ready, siebel, identity, secrets, functions } = stack;
  const { queueUrl: QueueUrl, stateTable: TableName } = ready;
  const sqs = new SQSClient({ ...clientSettings(ready.sqsEndpoint), useQueueUrlAsEndpoint: false });
  const dynamodb = new DynamoDBClient(clientSettings(ready.dynamodbEndpoint));

  const counts = async (url: string) => {
    const { Attributes = {} } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }),
    );
    return {
      waiting: Number(Attributes.ApproximateNumberOfMessages ?? 0),
      hidden: Number(Attributes.ApproximateNumberOfMessagesNotVisible ?? 0),
    };
  };
  const restart = async (name: FunctionName) => {
    const target = functions[name];
    for (let alive = target.stats().sandboxes; target.killSandbox(); alive = target.stats().sandboxes) {
      await vi.waitFor(() => expect(target.stats().sandboxes).toBeLessThan(alive), PATIENCE);
    }
  };

  return {
    ...stack,
    lines,
    logged: (code) =>
      lines
        .filter(({ line }) => line.startsWith('{'))
        .map(({ line }) => JSON.parse(line) as Record<string, unknown>)
        .filter((entry) => entry['message'] === code),
    async send(...bodies) {
      const Entries = bodies.map((MessageBody, index) => ({ Id: `m${index}`, MessageBody }));
      const { Failed = [] } = await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
      expect(Failed).toEqual([]);
    },
    queued: () => counts(QueueUrl),
    deadLettered: async () => (await counts(ready.deadLetterUrl)).waiting,
    drained: () => vi.waitFor(async () => expect(await counts(QueueUrl)).toEqual({ waiting: 0, hidden: 0 }), PATIENCE),
    async parked() {
      const { Items = [] } = await dynamodb.send(
        new QueryCommand({
          TableName,
          IndexName: 'parked',
          KeyConditionExpression: 'parkedBucket = :parked',
          ExpressionAttributeValues: { ':parked': { S: 'parked' } },
        }),
      );
      return Items.map(parkedItem);
    },
    async stateItem(pk) {
      const { Item } = await dynamodb.send(
        new GetItemCommand({ TableName, Key: { pk: { S: pk } }, ConsistentRead: true }),
      );
      return Item;
    },
    async handOver() {
      const { Messages: messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl,
          MaxNumberOfMessages: 10,
          MessageSystemAttributeNames: ['All'],
          MessageAttributeNames: ['All'],
        }),
      );
      const ids = new Set(messages.map(({ MessageId = '' }) => MessageId));
      const result = await functions.queue.invoke(sqsEvent(messages, 'arn:aws:sqs:eu-west-1:000000000000:queue'));
      const failedIds = result.functionError ? ids : failedMessages(result.payload, ids);
      const failed = messages.filter(({ MessageId = '' }) => failedIds.has(MessageId));
      for (const { ReceiptHandle } of messages.filter((message) => !failed.includes(message))) {
        await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      }
      const reveal = async () => {
        for (const { ReceiptHandle } of failed) {
          await sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }));
        }
      };
      return { ...result, messages, failed, reveal };
    },
    restart,
    async reset(name) {
      siebel.clearFaults();
      identity.faults.clear();
      secrets.recover();
      await sqs.send(new PurgeQueueCommand({ QueueUrl }));
      await restart(name);
    },
    calls: (path, since = 0) => siebel.requests().filter((entry) => entry.number > since && entry.path.includes(path)),
    callsSoFar: () => siebel.stats().requests,
    async close() {
      sqs.destroy();
      dynamodb.destroy();
      await stack.close();
      await rm(workFolder, { recursive: true, force: true });
    },
  };
}

function parkedItem(item: Record<string, AttributeValue>): ParkedItem {
  return {
    pk: item['pk']?.S ?? '',
    code: item['code']?.S ?? '',
    key: item['key']?.S,
    body: item['body']?.S,
    receiveCount: Number(item['receiveCount']?.N),
    siebelCodes: (item['siebelCodes']?.L ?? []).map(({ S = '' }) => S),
    issues: JSON.parse(item['issues']?.S ?? '[]'),
  };
}
