import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { gunzipSync } from 'node:zlib';
import { DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetQueueAttributesCommand, SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalStackProcess, startProcess } from '../support/local-stack-process.ts';

// A client as docs/local-stack.md and the `ready` line let anybody write one: nothing of this project is used.

const PATIENCE = { timeout: 15_000, interval: 20 };

let started: LocalStackProcess;
let ready: Readonly<Record<string, string>>;
let events: Readonly<Record<string, unknown>>[];
let ca: string;
let clients: { sqs: SQSClient; dynamodb: DynamoDBClient; s3: S3Client; secrets: SecretsManagerClient };

beforeAll(async () => {
  started = startProcess(['--json', '--records', '200']);
  events = (await started.wrote(/"event":"toured".*\n/))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  ready = events[0] as Record<string, string>;
  ca = readFileSync(named('caFile'), 'utf8');
  const region = named('region');
  const credentials = { accessKeyId: named('accessKeyId'), secretAccessKey: named('secretAccessKey') };
  const aws = (endpoint: string) => ({ endpoint: named(endpoint), region, credentials });
  clients = {
    sqs: new SQSClient(aws('sqsEndpoint')),
    dynamodb: new DynamoDBClient(aws('dynamodbEndpoint')),
    s3: new S3Client({ ...aws('s3Endpoint'), forcePathStyle: true }),
    secrets: new SecretsManagerClient(aws('secretsManagerEndpoint')),
  };
});

afterAll(() => {
  for (const client of Object.values(clients ?? {})) client.destroy();
  started?.kill();
});

describe('an outside client', () => {
  it('gets the addresses first, and then what the tour did', () => {
    expect(events.map(({ event }) => event)).toEqual(['ready', 'synced', 'settled', 'answered', 'counted', 'toured']);
    expect(events.at(-1)).toEqual({ event: 'toured', ok: true, problems: [] });
    expect(events.find(({ event }) => event === 'synced')).toMatchObject({ records: 200, pages: 3 });
    expect(started.output.stderr).toBe('');
  });

  it('gets a token with the client credentials in the secret, and reads from Siebel with it', async () => {
    const token = await accessToken('clientSecretId', 'tokenScope');
    const { status, body } = await over(`${named('siebelUrl')}/data/Account/Account?ViewMode=All&PageSize=2`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(status).toBe(200);
    expect((body as { items: unknown[] }).items).toHaveLength(2);

    const refused = await over(`${named('siebelUrl')}/data/Account/Account?ViewMode=All`);
    expect(refused.status).toBe(401);
  });

  it('is told nothing by introspection, which is for Siebel alone', async () => {
    const token = await accessToken('clientSecretId', 'tokenScope');
    const { authorization } = await basic('clientSecretId');
    const { body } = await over(named('introspectionUrl'), {
      method: 'POST',
      headers: { authorization, ...FORM },
      body: `token=${token}`,
    });
    expect(body).toEqual({ active: false });
  });

  it('finds the keys that sign tokens', async () => {
    const { status, body } = await over(named('jwksUrl'));
    expect(status).toBe(200);
    expect((body as { keys: { kty: string }[] }).keys).toMatchObject([{ kty: 'RSA' }]);
  });

  it('sends messages, and sees their effect in Siebel and what was refused in the state table', async () => {
    await send(
      JSON.stringify({ operation: 'account.upsert', key: 'outside/1', input: { Name: 'Outside', Location: 'Kiel' } }),
      JSON.stringify({ operation: 'account.upsert', key: 'outside/2', input: { Name: 'Outside' } }),
    );
    await drained();
    expect(await records({ Name: 'Outside' })).toMatchObject([{ Location: 'Kiel' }]);
    expect(await parkedKeys()).toContainEqual({ key: 'outside/2', code: 'MISSING_FIELD' });
  });

  it('calls the API with the token that it was given, and with one of its own', async () => {
    for (const token of [named('apiToken'), await accessToken('apiClientSecretId', 'apiTokenScope')]) {
      const { status, body } = await over(`${named('apiUrl')}/accounts?limit=5`, {
        headers: { authorization: `Bearer ${token}` },
      });
      expect(status).toBe(200);
      expect((body as { items: unknown[] }).items).toHaveLength(5);
    }
    const stranger = await accessToken('clientSecretId', 'tokenScope');
    expect(await callApi(stranger)).toBe(403);
  });

  it('ticks the schedule, and finds in the bucket what has changed', async () => {
    const before = new Set(await objectKeys());
    const synced = async () => {
      const { status } = await over(`${named('schedulerUrl')}/accounts`, { method: 'POST' });
      expect(status).toBe(200);
      const keys = (await objectKeys()).filter((key) => !before.has(key) && key.endsWith('.ndjson.gz'));
      const lines = (await Promise.all(keys.map(object))).flatMap((text) => text.trim().split('\n'));
      return lines.map((line) => (JSON.parse(line) as { Name: string }).Name);
    };
    // Not before the change is older than the safety lag.
    await expect.poll(synced, PATIENCE).toContain('Outside');
  });

  it('makes Siebel lose an answer, and sees that the account is there once', async () => {
    const rule = { method: 'PUT', fault: { reset: 'after-commit' } };
    const added = await over(`${named('controlUrl')}/-/faults`, { method: 'POST', body: JSON.stringify(rule) });
    expect(added.status).toBe(201);

    await send(JSON.stringify({ operation: 'account.upsert', key: 'x/1', input: { Name: 'Once', Location: 'Kiel' } }));
    await drained();
    expect((await over(`${named('controlUrl')}/-/faults`)).body).toMatchObject({ faults: [{ seen: 1, fired: 1 }] });
    const { requests } = (await over(`${named('controlUrl')}/-/requests`)).body as { requests: Request[] };
    expect(requests.filter(({ method }) => method === 'PUT').slice(-2)).toMatchObject([
      { cut: 'reset', status: null },
      { cut: null, status: 200, user: 'siebel-caller' },
    ]);
    expect(await records({ Name: 'Once' })).toHaveLength(1);
    expect((await over(`${named('controlUrl')}/-/faults`, { method: 'DELETE' })).body).toEqual({ removed: 1 });
  });

  it('revokes all tokens, and sees the API recover', async () => {
    const token = await accessToken('clientSecretId', 'tokenScope');
    const { body } = await over(`${named('controlUrl')}/-/tokens/revoke`, { method: 'POST' });
    expect((body as { revoked: number }).revoked).toBeGreaterThan(0);

    const siebel = await over(`${named('siebelUrl')}/data/Account/Account`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(siebel.status).toBe(401);
    const { identity } = (await over(`${named('controlUrl')}/-/stats`)).body as Stats;
    await expect.poll(() => callApi(named('apiToken')), PATIENCE).toBe(200);
    const after = (await over(`${named('controlUrl')}/-/stats`)).body as Stats;
    expect(after.identity.tokenRequests).toBeGreaterThan(identity.tokenRequests);
  });

  it('ends it with SIGTERM: exit code 0, and no process is left', async () => {
    expect(started.processes().length).toBeGreaterThan(1);
    started.signal('SIGTERM');
    expect(await started.ended).toBe(0);
    expect(started.hasGroup()).toBe(false);
    expect(started.processes()).toEqual([]);
  });
});

interface Request {
  readonly method: string;
}
interface Stats {
  readonly identity: { readonly tokenRequests: number };
}

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

/** A member of the `ready` line. */
function named(member: string): string {
  const value = ready[member];
  if (value === undefined) throw new Error(`the ready line has no ${member}`);
  return value;
}

async function basic(secretId: string): Promise<{ authorization: string }> {
  const { SecretString = '' } = await clients.secrets.send(new GetSecretValueCommand({ SecretId: named(secretId) }));
  const { clientId, clientSecret } = JSON.parse(SecretString) as { clientId: string; clientSecret: string };
  return { authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}` };
}

async function accessToken(secretId: string, scope: string): Promise<string> {
  const { status, body } = await over(named('tokenUrl'), {
    method: 'POST',
    headers: { ...(await basic(secretId)), ...FORM },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope: named(scope) }).toString(),
  });
  expect(status).toBe(200);
  return (body as { access_token: string }).access_token;
}

interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** JSON over HTTP, or over TLS with the stack's own authority. */
async function over(url: string, { method = 'GET', headers = {}, body }: Sent = {}) {
  if (url.startsWith('http:')) {
    const response = await fetch(url, { method, headers, ...(body === undefined ? {} : { body }) });
    return { status: response.status, body: (await response.json()) as unknown };
  }
  return new Promise<{ status: number; body: unknown }>((resolve, reject) => {
    const sent = request(url, { method, headers, ca }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: text === '' ? undefined : JSON.parse(text) }),
      );
    });
    sent.on('error', reject).end(body);
  });
}

async function callApi(token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  return (await over(`${named('apiUrl')}/accounts?limit=1`, { headers })).status;
}

async function send(...bodies: readonly string[]): Promise<void> {
  const Entries = bodies.map((MessageBody, index) => ({ Id: `m${index}`, MessageBody }));
  const { Failed = [] } = await clients.sqs.send(new SendMessageBatchCommand({ QueueUrl: named('queueUrl'), Entries }));
  expect(Failed).toEqual([]);
}

/** Waits until the queue is empty. */
async function drained(): Promise<void> {
  const left = async () => {
    const { Attributes = {} } = await clients.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: named('queueUrl'), AttributeNames: ['All'] }),
    );
    return Number(Attributes.ApproximateNumberOfMessages) + Number(Attributes.ApproximateNumberOfMessagesNotVisible);
  };
  await expect.poll(left, PATIENCE).toBe(0);
}

async function records(filter: Readonly<Record<string, string>>): Promise<unknown[]> {
  const query = new URLSearchParams({ component: 'Account', ...filter });
  const { body } = await over(`${named('controlUrl')}/-/records?${query}`);
  return (body as { records: unknown[] }).records;
}

async function parkedKeys() {
  const { Items = [] } = await clients.dynamodb.send(
    new QueryCommand({
      TableName: named('stateTable'),
      IndexName: 'parked',
      KeyConditionExpression: 'parkedBucket = :parked',
      ExpressionAttributeValues: { ':parked': { S: 'parked' } },
    }),
  );
  return Items.map((item) => ({ key: item['key']?.S, code: item['code']?.S }));
}

async function objectKeys(): Promise<string[]> {
  const { Contents = [] } = await clients.s3.send(new ListObjectsV2Command({ Bucket: named('syncBucket') }));
  return Contents.map(({ Key = '' }) => Key);
}

async function object(key: string): Promise<string> {
  const { Body } = await clients.s3.send(new GetObjectCommand({ Bucket: named('syncBucket'), Key: key }));
  return gunzipSync((await Body?.transformToByteArray()) ?? new Uint8Array()).toString();
}
