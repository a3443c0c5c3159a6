import { gunzipSync } from 'node:zlib';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { setStore } from '../../lib/sync/sweep/set-store.ts';
import { clientSettings } from '../../local-stack/aws/account.ts';
import { PATIENCE, type TestStack, testStack } from './stack.ts';

const ACCOUNTS = '/data/Account/Account';

let stack: TestStack;
let s3: S3Client;

beforeAll(async () => {
  const settings = { SYNC_SAFETY_LAG_SECONDS: '0', SYNC_LEASE_SECONDS: '1' };
  stack = await testStack({ records: 250, settings });
  s3 = new S3Client({ ...clientSettings(stack.ready.s3Endpoint), forcePathStyle: true });
});

afterAll(async () => {
  s3?.destroy();
  await stack?.close();
});

const tick = (more: object = {}) => stack.functions.schedule.invoke({ job: 'accounts', ...more });

/** Ticks the job until its sweep is whole: it waits for a live run that has passed what the sweep has read. */
async function goOnUntil(code: string, count: number): Promise<Record<string, unknown> | undefined> {
  await vi.waitFor(
    async () => {
      await tick();
      expect(stack.logged(code)).toHaveLength(count);
    },
    { timeout: PATIENCE.timeout, interval: 600 },
  );
  return stack.logged(code).at(-1);
}

async function names(prefix: string): Promise<string[]> {
  const list = new ListObjectsV2Command({ Bucket: stack.ready.syncBucket, Prefix: prefix });
  return ((await s3.send(list)).Contents ?? []).map(({ Key = '' }) => Key);
}

async function content(Key: string): Promise<Buffer> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: stack.ready.syncBucket, Key }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

/** Lines of all objects that the manifests of sweeps name. */
async function swept(): Promise<Record<string, unknown>[]> {
  const manifests = (await names('accounts/accounts/sweep/')).filter((name) => name.endsWith('-manifest.json'));
  const objects = await Promise.all(manifests.map(async (name) => JSON.parse(String(await content(name))).objects));
  const bodies = await Promise.all(objects.flat().map(({ name }: { name: string }) => content(name)));
  return bodies.flatMap((body) =>
    gunzipSync(body)
      .toString()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  );
}

describe('a sweep', () => {
  it('reports what was deleted and what was imported, also when its container dies (R76)', async () => {
    await tick();
    const writer = stack.siebel.writer('Account');
    const [gone, alsoGone, changed] = stack.siebel.records('Account').map((record) => String(record['Id']));
    writer.delete(gone ?? '');
    writer.delete(alsoGone ?? '');
    expect((await tick({ sweep: true })).payload).toMatchObject({ outcome: 'waiting', sweep: 1, read: 248, pages: 4 });
    expect(await goOnUntil('SWEEP_BASELINE', 1)).toMatchObject({ sweep: 1, records: 248, missing: 2 });
    expect(await swept()).toEqual([]);

    writer.update(changed ?? '', { Name: 'Changed by a person' });
    const imported = writer.insert({ Name: 'Imported by night', Location: 'Bremen' }, Date.UTC(2001, 0, 1));

    // The second page of the next one is held until its container is gone.
    stack.siebel.addFault({ method: 'GET', path: ACCOUNTS, fault: { delayMs: 20_000 }, skip: 1, times: 1 });
    const dying = tick({ sweep: true });
    await expect.poll(() => stack.siebel.faults().map(({ fired }) => fired), PATIENCE).toEqual([1]);
    await stack.restart('schedule');
    expect((await dying).functionError).toBeDefined();
    stack.siebel.clearFaults();
    expect(await goOnUntil('SWEEP_ENDED', 1)).toMatchObject({ sweep: 2, missing: 0, found: 1, tombstones: 2 });

    const lines = await swept();
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatchObject({ Id: imported, Name: 'Imported by night' });
    expect(lines.slice(1)).toEqual(expect.arrayContaining([gone, alsoGone].map((Id) => ({ Id, deleted: true }))));
    expect((await names('sets/accounts/')).length).toBeGreaterThan(6);
  }, 30_000);
});

describe('sets in the bucket', () => {
  it('are read whole and in part, listed from a name on, and missed by name', async () => {
    const Bucket = stack.ready.syncBucket;
    const sets = setStore({ bucket: Bucket, client: s3 });
    await sets.put('sets/other/seen/2', Buffer.from('0123456789'));
    for (const Key of ['sets/other/seen/1', 'sets/other/seen/3']) {
      await s3.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));
    }

    expect(String(await sets.read('sets/other/seen/2'))).toBe('0123456789');
    expect(String(await sets.read('sets/other/seen/2', { from: 4, bytes: 3 }))).toBe('456');
    expect(String(await sets.read('sets/other/seen/2', { from: 0, bytes: 100 }))).toBe('0123456789');
    expect(await sets.list('sets/other/seen/', 'sets/other/seen/1')).toEqual([
      'sets/other/seen/2',
      'sets/other/seen/3',
    ]);
    await expect(sets.read('sets/other/seen/4')).rejects.toMatchObject({ code: 'SWEEP_SETS' });
    await expect(sets.read('sets/other/seen/2', { from: 10, bytes: 1 })).rejects.toMatchObject({ code: 'SWEEP_SETS' });
    await expect(setStore({ bucket: 'no-such-bucket', client: s3 }).list('sets/', '')).rejects.toMatchObject({
      code: 'CONFIGURATION',
    });
  });
});
