import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import {
  DeleteMessageCommand,
  type MessageAttributeValue,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { Surroundings } from '../../cli/command.ts';
import { runSiebel } from '../../cli/program.ts';
import { openRuntime, type Runtime } from '../../cli/runtime.ts';
import type { Clock } from '../../lib/clock.ts';
import { systemClock } from '../../lib/clock.ts';
import type { CallItem, Rejection } from '../../lib/ledger/call-item.ts';
import { canonicalHash } from '../../lib/ledger/payload-hash.ts';
import type { Integration } from '../../lib/operations/index.ts';
import { callItems } from '../../lib/state/call-items.ts';
import type { Item } from '../../lib/state/requests.ts';
import { clientSettings, LOCAL_ACCOUNT } from '../../local-stack/aws/account.ts';
import { startDynamoDb } from '../../local-stack/aws/dynamodb.ts';
import { provision } from '../../local-stack/aws/provision.ts';
import { startSqsAndS3 } from '../../local-stack/aws/sqs-s3.ts';
import { exampleIntegration } from '../support/example-integration.ts';

/** What a command printed, and how it ended. */
export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** How a command is run. */
export interface Conditions {
  /** Answers of a person at a terminal; without them nobody is there. */
  readonly answers?: readonly string[];
  readonly stdin?: string;
  readonly clock?: Clock;
  readonly signal?: AbortSignal;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Puts something between the commands and their parts. */
  readonly wrap?: (runtime: Runtime) => Runtime;
  /** Called with each line of progress. */
  readonly onProgress?: (line: string) => void;
}

/** A message that lies in a queue. */
export interface Lying {
  readonly body: string;
  readonly attributes: Readonly<Record<string, MessageAttributeValue>>;
  readonly group: string | undefined;
  readonly deduplication: string | undefined;
}

export const FIRST_SEEN = Date.parse('2026-03-01T08:00:00Z');
export const REJECTED = Date.parse('2026-03-01T09:00:00Z');
const INPUT = { Name: 'Harbour Supplies', Location: 'Bremen' };

/** A refused call of `account.upsert`, as the ledger stores it. */
export interface Refused {
  readonly key: string;
  readonly operation?: string;
  readonly code?: string;
  readonly input?: object;
  readonly body?: string;
  readonly rejection?: Partial<Rejection>;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly item?: Partial<CallItem>;
}

/** Runs the program in this process, on a state table and queues that run somewhere. */
export function commandLine({
  addresses: { dynamodbEndpoint, sqsEndpoint },
  settings,
  folder,
  integration,
}: {
  addresses: { readonly dynamodbEndpoint: string; readonly sqsEndpoint: string };
  settings: Readonly<Record<string, string>>;
  folder: string;
  /** Default: siebel.config.ts. */
  integration?: Integration;
}): (argv: readonly string[], conditions?: Conditions) => Promise<Ended> {
  return async (argv, conditions = {}) => {
    const { answers = [], stdin = '', clock = systemClock, onProgress } = conditions;
    const out: string[] = [];
    const err: string[] = [];
    const left = [...answers];
    const surroundings: Surroundings = {
      terminal: {
        write: (line) => void out.push(line),
        note: (line) => void err.push(line),
        progress: (line) => onProgress?.(line),
        columns: 80,
        asks: answers.length > 0,
        ask: async (question) => {
          err.push(question);
          return left.shift();
        },
        readInput: async () => Buffer.from(stdin),
      },
      clock,
      env: conditions.env ?? settings,
      root: folder,
      folder,
      interruption: { signal: conditions.signal ?? new AbortController().signal, hold: () => undefined },
      operator: 'ines',
      async open(given, ownClock) {
        const access = (endpoint: string) => (given.isLocal ? {} : clientSettings(endpoint));
        const at = {
          ...given,
          dynamodb: { ...given.dynamodb, ...access(dynamodbEndpoint) },
          sqs: { ...given.sqs, ...access(sqsEndpoint) },
        };
        const runtime = { ...(await openRuntime(at, ownClock)), ...(integration === undefined ? {} : { integration }) };
        return conditions.wrap?.(runtime) ?? runtime;
      },
    };
    const code = await runSiebel(argv, surroundings);
    return { code, out: out.join('\n'), err: err.join('\n') };
  };
}

export type Stand = Awaited<ReturnType<typeof startStand>>;

/** A state table and two queues of their own, and the command line on them. */
export async function startStand({ fifo = false }: { fifo?: boolean } = {}) {
  const [dynamodb, aws, folder] = await Promise.all([
    startDynamoDb(),
    startSqsAndS3(),
    mkdtemp(join(tmpdir(), 'siebel-cli-')),
  ]);
  const suffix = fifo ? '.fifo' : '';
  const names = { queueName: `calls${suffix}`, deadLetterName: `dead${suffix}`, stateTable: 'state', bucket: 'sync' };
  const { queueUrl, deadLetterUrl } = await provision(
    { sqsEndpoint: aws.endpoint, s3Endpoint: aws.endpoint, dynamodbEndpoint: dynamodb.endpoint },
    { ...names, visibilityTimeoutSeconds: 600 },
  );
  const sqs = new SQSClient({ ...clientSettings(aws.endpoint), useQueueUrlAsEndpoint: false });
  const client = new DynamoDBClient(clientSettings(dynamodb.endpoint));
  const store = callItems({ tableName: 'state', client, clock: systemClock });
  const settings = { STAGE: 'local', STATE_TABLE: 'state', QUEUE_URL: queueUrl, DEAD_LETTER_QUEUE_URL: deadLetterUrl };
  const addresses = { dynamodbEndpoint: dynamodb.endpoint, sqsEndpoint: aws.endpoint };
  const program = commandLine({ addresses, settings, folder, integration: exampleIntegration });
  let messages = 0;
  const taken: string[] = [];

  return {
    queueUrl,
    deadLetterUrl,
    folder,
    store,
    client,
    addresses,
    /** Environment for a process of its own. */
    env: {
      ...settings,
      AWS_ENDPOINT_URL_DYNAMODB: dynamodb.endpoint,
      AWS_ENDPOINT_URL_SQS: aws.endpoint,
      AWS_REGION: LOCAL_ACCOUNT.region,
      AWS_ACCESS_KEY_ID: LOCAL_ACCOUNT.accessKeyId,
      AWS_SECRET_ACCESS_KEY: LOCAL_ACCOUNT.secretAccessKey,
    },

    async close() {
      client.destroy();
      sqs.destroy();
      await Promise.all([dynamodb.close(), aws.close(), rm(folder, { recursive: true, force: true })]);
    },

    run: program,

    /** The document that a command prints with `--json`. */
    async json(argv: readonly string[], conditions: Conditions = {}) {
      const { out, code } = await program([...argv, '--json'], conditions);
      return { code, ...JSON.parse(out) };
    },

    /** Parks a call under its key, as the ledger does. */
    async refuse({ key, operation = 'account.upsert', input = INPUT, code = 'SIEBEL_VALIDATION', ...given }: Refused) {
      const body = given.body ?? JSON.stringify({ operation, key, input });
      await store.put(
        {
          operation,
          key,
          state: 'REJECTED',
          payloadHash: canonicalHash(input),
          attempt: 1,
          leaseUntilMs: 0,
          sentUntilMs: 0,
          firstStartedAtMs: FIRST_SEEN,
          unknown: false,
          existsSaid: false,
          deaths: 0,
          bugs: 0,
          code,
          ...given.item,
        },
        undefined,
        rejection(code, body, given),
      );
    },

    /** Parks a message under its own id. */
    async refuseMessage(body: string, { code = 'BAD_JSON', ...given }: Omit<Refused, 'key'> & { key?: string } = {}) {
      const refused = rejection(code, body, given);
      await store.park({ operation: given.operation, key: given.key }, refused);
      return refused.message.messageId;
    },

    async itemAt(pk: string): Promise<Item | undefined> {
      const command = new GetItemCommand({ TableName: 'state', Key: { pk: { S: pk } }, ConsistentRead: true });
      return (await client.send(command)).Item;
    },

    /** Puts a message into the dead-letter queue; gives its id. */
    async bury(MessageBody: string, attributes: Record<string, MessageAttributeValue> = {}): Promise<string> {
      const group = fifo ? { MessageGroupId: 'orders/4711', MessageDeduplicationId: String(Math.random()) } : {};
      const command = new SendMessageCommand({
        QueueUrl: deadLetterUrl,
        MessageBody,
        MessageAttributes: attributes,
        ...group,
      });
      return (await sqs.send(command)).MessageId ?? '';
    },

    async putItem(item: Item): Promise<void> {
      await client.send(new PutItemCommand({ TableName: 'state', Item: item }));
    },

    /** Deletes what was taken out of the queue. */
    async removeTaken(): Promise<void> {
      for (const ReceiptHandle of taken.splice(0)) {
        await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));
      }
    },

    /** Takes what is visible in a queue; it stays hidden afterwards. */
    async take(url: string = queueUrl): Promise<Lying[]> {
      const all: Lying[] = [];
      for (;;) {
        const command = new ReceiveMessageCommand({
          QueueUrl: url,
          MaxNumberOfMessages: 10,
          MessageAttributeNames: ['All'],
          MessageSystemAttributeNames: ['All'],
          WaitTimeSeconds: 0,
        });
        const { Messages = [] } = await sqs.send(command);
        if (Messages.length === 0) return all;
        for (const { Body = '', MessageAttributes = {}, Attributes = {}, ReceiptHandle = '' } of Messages) {
          taken.push(ReceiptHandle);
          all.push({
            body: Body,
            attributes: MessageAttributes,
            group: Attributes['MessageGroupId'],
            deduplication: Attributes['MessageDeduplicationId'],
          });
        }
      }
    },

    /** Writes a file for a command to read. */
    async file(name: string, text: string): Promise<string> {
      const path = join(folder, name);
      await writeFile(path, text);
      return path;
    },
  };

  function rejection(
    code: string,
    body: string,
    { rejection: given = {}, attributes = {} }: Pick<Refused, 'rejection' | 'attributes'>,
  ): Rejection {
    messages += 1;
    return {
      code,
      detail: 'Siebel refused the values',
      issues: [],
      siebelCodes: [],
      rejectedAtMs: REJECTED + messages,
      mayBePartial: false,
      ...given,
      message: { messageId: `message-${messages}`, body, attributes, receiveCount: 3, firstSeenAtMs: FIRST_SEEN },
    };
  }
}
