import { gunzipSync } from 'node:zlib';
import { DeleteItemCommand, DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { clientSettings } from '../../local-stack/aws/account.ts';
import { PATIENCE, type TestStack, testStack } from './stack.ts';

// 2,500 accounts are 25 pages and an empty one, which one object holds.
const RECORDS = 2_500;
const PAGES = 26;
/** A container begins with a look at one record. */
const LOOK = 1;
const ACCOUNTS = '/data/Account/Account';
const STATE = 'sync#accounts#live';

let stack: TestStack;
let s3: S3Client;
let dynamodb: DynamoDBClient;

beforeAll(async () => {
  stack = await testStack({ records: RECORDS, settings: { TOKEN_TRUST_MS: '0' } });
  s3 = new S3Client({ ...clientSettings(stack.ready.s3Endpoint), forcePathStyle: true });
  dynamodb = new DynamoDBClient(clientSettings(stack.ready.dynamodbEndpoint));
});

/** Each test begins before the first run. */
beforeEach(async () => {
  await stack.reset('schedule');
  await dynamodb.send(new DeleteItemCommand({ TableName: stack.ready.stateTable, Key: { pk: { S: STATE } } }));
  for (const Key of await objectNames()) {
    await s3.send(new DeleteObjectCommand({ Bucket: stack.ready.syncBucket, Key }));
  }
});

afterAll(async () => {
  s3?.destroy();
  dynamodb?.destroy();
  await stack?.close();
});

async function tick(): Promise<{ status: number; report: Record<string, unknown> }> {
  const response = await fetch(`${stack.ready.schedulerUrl}/accounts`, { method: 'POST' });
  return { status: response.status, report: (await response.json()) as Record<string, unknown> };
}

async function objectNames(): Promise<string[]> {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: stack.ready.syncBucket }));
  return Contents.map(({ Key = '' }) => Key).sort();
}

async function content(Key: string): Promise<Buffer> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: stack.ready.syncBucket, Key }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

/** Records of all objects that manifests name, in the order of their names. */
async function synced(): Promise<{ Id: string; Updated: string }[]> {
  const manifests = (await objectNames()).filter((name) => name.endsWith('-manifest.json'));
  const contents = await Promise.all(manifests.map(content));
  const named = contents.flatMap((text) => JSON.parse(text.toString()).objects as { name: string }[]);
  const texts = await Promise.all(named.map(async ({ name }) => gunzipSync(await content(name)).toString()));
  return texts.flatMap((text) => text.trim().split('\n')).map((line) => JSON.parse(line));
}

/** Id of the record that the stored cursor stands behind. */
async function cursorId(): Promise<string | undefined> {
  const item = await stack.stateItem(STATE);
  return item?.['checkpoint']?.S && JSON.parse(item['checkpoint'].S).cursor?.id;
}

function strike(fault: object, { skip, times }: { skip: number; times: number }) {
  stack.siebel.addFault({ method: 'GET', path: ACCOUNTS, fault, skip, times });
}

const fired = () => stack.siebel.faults().map((rule) => rule.fired);

async function expectAllOnce(): Promise<void> {
  const ids = (await synced()).map(({ Id }) => Id).sort();
  expect(ids).toEqual(
    stack.siebel
      .records('Account')
      .map((record) => record['Id'])
      .sort(),
  );
}

describe('a fault in mid-run that passes', () => {
  it.each([
    ['a page cut short is read again, and is not the last one (F68)', { truncate: true }],
    ['a page of HTML is read again, and is not "no records" (F66)', { html: true }],
    ['a reset', { reset: 'before' }],
  ])('%s', async (_, fault) => {
    strike(fault, { skip: LOOK + 14, times: 1 });
    const since = stack.callsSoFar();
    const { status, report } = await tick();
    expect(fired()).toEqual([1]);
    expect({ status, report }).toMatchObject({ status: 200, report: { outcome: 'complete', pages: PAGES } });
    expect(stack.calls(ACCOUNTS, since)).toHaveLength(LOOK + PAGES + 1);
    await expectAllOnce();
  });

  it('a token revoked: it is replaced once, and the run goes on (F43)', async () => {
    const tokensBefore = stack.identity.stats().tokenRequests;
    // A page on its way when the token ends: it is held until that has happened.
    strike({ delayMs: 1_000 }, { skip: LOOK + 14, times: 1 });
    const running = tick();
    await expect.poll(fired, PATIENCE).toEqual([1]);
    stack.identity.revokeAll();
    const { status, report } = await running;
    expect({ status, report }).toMatchObject({ status: 200, report: { outcome: 'complete', pages: PAGES } });
    expect(stack.identity.stats().tokenRequests - tokensBefore).toBe(2);
    await expectAllOnce();
  });
});

describe('a fault in mid-run that stays fails the run', () => {
  it('and the checkpoint stands behind the last record that is stored; the next tick completes (F62)', async () => {
    strike({ status: 503 }, { skip: LOOK + 14, times: 2 });
    expect((await tick()).status).toBe(502);
    expect(fired()).toEqual([2]);
    const stored = await synced();
    expect(stored).toHaveLength(1_400);
    expect(await cursorId()).toBe(stored.at(-1)?.Id);

    expect(await tick()).toMatchObject({ status: 200, report: { outcome: 'complete' } });
    await expectAllOnce();
  });

  it('and the checkpoint stays where it was when what was read is in doubt (F53)', async () => {
    strike({ status: 404, html: true }, { skip: LOOK + 14, times: 1 });
    expect((await tick()).status).toBe(502);
    expect(fired()).toEqual([1]);
    expect(await synced()).toEqual([]);
    expect(await cursorId()).toBeUndefined();

    expect(await tick()).toMatchObject({ status: 200, report: { outcome: 'complete' } });
    await expectAllOnce();
  });

  it('and the checkpoint does not move when the bucket takes nothing (R68)', async () => {
    const Bucket = stack.ready.syncBucket;
    await s3.send(new DeleteBucketCommand({ Bucket }));
    expect((await tick()).status).toBe(502);
    expect(await cursorId()).toBeUndefined();

    await s3.send(new CreateBucketCommand({ Bucket }));
    expect(await tick()).toMatchObject({ status: 200, report: { outcome: 'complete', records: RECORDS } });
    await expectAllOnce();
  });

  it('before its first page: no checkpoint, no object, and the next run reads everything', async () => {
    stack.identity.faults.add({ target: 'token', times: 0, fault: { html: true } });
    const since = stack.callsSoFar();
    expect((await tick()).status).toBe(502);
    expect(stack.identity.faults.list()[0]?.fired).toBe(2);
    expect(stack.calls('/', since)).toEqual([]);
    expect(await cursorId()).toBeUndefined();
    expect(await objectNames()).toEqual([]);

    stack.identity.faults.clear();
    await stack.restart('schedule');
    expect(await tick()).toMatchObject({ status: 200, report: { outcome: 'complete', records: RECORDS } });
    await expectAllOnce();
  });
});

describe('a container killed in mid-run', () => {
  it('leaves its lease, and nothing that is valid: others stay out until it has run out, and then go on without loss (F135)', async () => {
    strike({ delayMs: 15_000 }, { skip: LOOK + 14, times: 1 });
    const running = tick();
    await expect.poll(fired, PATIENCE).toEqual([1]);
    expect(stack.functions.schedule.killSandbox()).toBe(true);
    expect((await running).status).toBe(502);
    expect(await synced()).toEqual([]);
    expect(await cursorId()).toBeUndefined();

    const since = stack.callsSoFar();
    expect(await tick()).toMatchObject({ status: 200, report: { outcome: 'already-running', pages: 0 } });
    expect(stack.calls('/', since)).toEqual([]);

    await endLease();
    expect(await tick()).toMatchObject({ status: 200, report: { outcome: 'complete' } });
    await expectAllOnce();
  });
});

/** What a minute does. */
async function endLease(): Promise<void> {
  await dynamodb.send(
    new UpdateItemCommand({
      TableName: stack.ready.stateTable,
      Key: { pk: { S: STATE } },
      UpdateExpression: 'SET leaseUntilMs = :over',
      ExpressionAttributeValues: { ':over': { N: '0' } },
    }),
  );
}
