import { createServer } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { listenOnLoopback } from '../../../local-stack/loopback.ts';
import { type FaultyBucket, startFaultyBucket } from './bucket.ts';

describe('the door to the bucket', () => {
  const arrived: string[] = [];
  const behind = createServer((request, response) => {
    arrived.push(`${request.method} ${request.url}`);
    request.resume().on('end', () => response.writeHead(200).end('behind'));
  });
  let target: Awaited<ReturnType<typeof listenOnLoopback>>;
  let bucket: FaultyBucket;

  beforeAll(async () => {
    target = await listenOnLoopback(behind, 0);
  });
  beforeEach(async () => {
    arrived.length = 0;
    await bucket?.close();
    bucket = await startFaultyBucket();
    bucket.connect(target.origin);
  });
  afterAll(async () => {
    await bucket?.close();
    await target.close();
  });

  const write = async (path: string, { method = 'PUT' } = {}) => {
    const response = await fetch(`${bucket.endpoint}/bucket/${path}`, { method, body: 'x' });
    return { status: response.status, text: await response.text() };
  };

  it('passes on, and keeps note of what is stored', async () => {
    await write('a/1');
    await write('a/2?partNumber=1&uploadId=u');
    await write('a/2?uploadId=u', { method: 'POST' });

    expect(arrived).toHaveLength(3);
    expect(bucket.stored().map(({ key }) => key)).toEqual(['a/1', 'a/2']);
  });

  it('lets reads through, and strikes writes alone', async () => {
    bucket.chooseFaults(() => 'refuse');
    const response = await fetch(`${bucket.endpoint}/bucket/a/1`);

    expect([response.status, await response.text()]).toEqual([200, 'behind']);
    expect((await write('a/1')).status).toBe(500);
  });

  it.each([
    ['refuse', 500, 'InternalError'],
    ['deny', 403, 'AccessDenied'],
    ['slow down', 503, 'SlowDown'],
  ] as const)('can %s: nothing is stored', async (fault, status, code) => {
    bucket.chooseFaults(() => fault);

    expect(await write('a/1')).toMatchObject({ status, text: expect.stringContaining(`<Code>${code}</Code>`) });
    expect([arrived, bucket.stored()]).toEqual([[], []]);
  });

  it('can lose the answer to what it has stored, and tells before and after the answer', async () => {
    const told: string[] = [];
    bucket.onDone(({ key, step }) => told.push(`done ${key} ${step}`));
    bucket.onAnswered(({ key }) => told.push(`answered ${key}`));
    bucket.chooseFaults(({ number }) => (number === 1 ? 'lose answer' : undefined));

    await expect(write('a/1')).rejects.toThrow();
    await write('a/2');
    expect(bucket.stored().map(({ key }) => key)).toEqual(['a/1', 'a/2']);
    expect(told).toEqual(['done a/1 whole', 'done a/2 whole', 'answered a/2']);
  });
});
