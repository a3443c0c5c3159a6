import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { clientSettings } from '../../local-stack/aws/account.ts';
import { type RecordingProxy, recordingProxy } from '../support/recording-proxy.ts';
import { type HandedOver, type TestStack, testStack } from './stack.ts';

interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A stack of which everything is seen: what the functions send to others, and all that is written down or answered. */
export interface WatchedStack {
  readonly stack: TestStack;
  /** Between the functions and Siebel, and between them and the identity domain. */
  readonly siebel: RecordingProxy;
  readonly identity: RecordingProxy;
  readonly clients: {
    readonly dynamodb: DynamoDBClient;
    readonly s3: S3Client;
    readonly sqs: SQSClient;
    readonly secrets: SecretsManagerClient;
  };
  /** What callers of the API, whoever ticked and Lambda were answered so far. */
  readonly answers: readonly string[];
  /** Calls the API, with the good token unless another is given; gives the status. */
  call(path: string, sent?: Sent): Promise<number>;
  /** Ticks the job; gives the status. */
  tick(): Promise<number>;
  /** Hands messages over to the queue function: the mapping is stopped. */
  handOver(): Promise<HandedOver>;
  putSecret(value: unknown): Promise<void>;
  /** Everything that lies anywhere now, as text. */
  stateItems(): Promise<string[]>;
  objects(): Promise<string[]>;
  messages(): Promise<string[]>;
  logFiles(): Promise<string[]>;
  close(): Promise<void>;
}

/**
 * Starts it with client credentials of the test's own choice, which the proxy exchanges for those that the identity domain
 * knows.
 *
 * @param basic The value of the Authorization header that these credentials have to lead to.
 */
export async function watchedStack(
  credentials: { readonly clientId: string; readonly clientSecret: string },
  basic: string,
): Promise<WatchedStack> {
  const folder = await mkdtemp(join(tmpdir(), 'watched-'));
  const siebel = await recordingProxy();
  const identity = await recordingProxy({
    rewrite: (given) => (given === basic ? basicOf(stack.identity.callerClient) : given),
  });
  const caFile = join(folder, 'ca.pem');
  await writeFile(caFile, siebel.ca);
  const stack = await testStack({
    records: 50,
    settings: {
      POWERTOOLS_LOG_LEVEL: 'DEBUG',
      SIEBEL_BASE_URL: `${siebel.origin}/siebel/v1.0`,
      SIEBEL_CA_FILE: caFile,
      TOKEN_URL: `${identity.origin}/oauth2/v1/token`,
      TOKEN_CA_FILE: caFile,
      TOKEN_TRUST_MS: '0',
      TOKEN_REPLACE_INTERVAL_MS: '0',
      // What was sent back stays away from the steps after it.
      QUEUE_BACKOFF_SECONDS: '900',
    },
  });
  const { ready } = stack;
  await stack.mapping.stop();
  const ca = await readFile(ready.caFile, 'utf8');
  siebel.passTo(new URL(stack.siebel.baseUrl).origin, ca);
  identity.passTo(stack.identity.origin, ca);

  const clients = {
    dynamodb: new DynamoDBClient(clientSettings(ready.dynamodbEndpoint)),
    s3: new S3Client({ ...clientSettings(ready.s3Endpoint), forcePathStyle: true }),
    sqs: new SQSClient({ ...clientSettings(ready.sqsEndpoint), useQueueUrlAsEndpoint: false }),
    secrets: new SecretsManagerClient(clientSettings(ready.secretsManagerEndpoint)),
  };
  const answers: string[] = [];
  const watched: WatchedStack = {
    stack,
    siebel,
    identity,
    clients,
    answers,
    async call(path, { headers = {}, ...init } = {}) {
      const all = { authorization: `Bearer ${ready.apiToken}`, 'content-type': 'application/json', ...headers };
      const response = await fetch(`${ready.apiUrl}${path}`, { ...init, headers: all });
      answers.push(JSON.stringify([...response.headers]), await response.text());
      return response.status;
    },
    async tick() {
      const response = await fetch(`${ready.schedulerUrl}/accounts`, { method: 'POST' });
      answers.push(await response.text());
      return response.status;
    },
    async handOver() {
      const handed = await stack.handOver();
      answers.push(JSON.stringify(handed.payload));
      return handed;
    },
    async putSecret(value) {
      const SecretString = typeof value === 'string' ? value : JSON.stringify(value);
      await clients.secrets.send(new PutSecretValueCommand({ SecretId: ready.clientSecretId, SecretString }));
    },
    async stateItems() {
      const { Items = [] } = await clients.dynamodb.send(new ScanCommand({ TableName: ready.stateTable }));
      return Items.map((item) => JSON.stringify(item));
    },
    async objects() {
      const Bucket = ready.syncBucket;
      const { Contents = [] } = await clients.s3.send(new ListObjectsV2Command({ Bucket }));
      const texts = Contents.map(async ({ Key = '' }) => {
        const { Body } = await clients.s3.send(new GetObjectCommand({ Bucket, Key }));
        const bytes = Buffer.from((await Body?.transformToByteArray()) ?? []);
        return `${Key} ${Key.endsWith('.gz') ? gunzipSync(bytes) : bytes}`;
      });
      return Promise.all(texts);
    },
    messages: async () => [
      ...(await waitingOn(ready.queueUrl, clients.sqs)),
      ...(await waitingOn(ready.deadLetterUrl, clients.sqs)),
    ],
    async logFiles() {
      const names = await readdir(ready.logFolder);
      return Promise.all(names.map((name) => readFile(join(ready.logFolder, name), 'utf8')));
    },
    async close() {
      for (const client of Object.values(clients)) client.destroy();
      await stack.close();
      await siebel.close();
      await identity.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  await watched.putSecret(credentials);
  return watched;
}

function basicOf({ id, secret }: { id: string; secret: string }): string {
  return `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`;
}

/** Messages with their attributes; each is hidden by being looked at. */
async function waitingOn(QueueUrl: string, sqs: SQSClient): Promise<string[]> {
  const found: string[] = [];
  for (;;) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, MessageSystemAttributeNames: ['All'] }),
    );
    if (Messages.length === 0) return found;
    found.push(...Messages.map((message) => JSON.stringify(message)));
  }
}
