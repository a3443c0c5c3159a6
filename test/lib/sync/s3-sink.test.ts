import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { bucketQuarantine, s3Sink } from '../../../lib/sync/s3-sink.ts';
import type { SinkRecord } from '../../../lib/sync/sink.ts';
import { awsError, type BucketInMemory, bucketInMemory } from './bucket-in-memory.ts';

const START = { at: '2025-03-14T09:00:00Z', id: '1-0' };
const END = { at: '2025-03-14T10:00:00Z', id: '1-9' };
const RUN = { job: 'accounts', window: 'live', fence: 1_700_000_012, start: START };
const FROM = '2025-03-14T09:26:53Z';
const TO = '2025-03-14T10:00:00Z';
const RANGE = { from: FROM, to: TO, end: END };
const FIRST = 'crm/accounts/live/1700000012-00001.ndjson.gz';
const SECOND = 'crm/accounts/live/1700000012-00002.ndjson.gz';
const THIRD = 'crm/accounts/live/1700000012-00003.ndjson.gz';
const MANIFEST = 'crm/accounts/live/1700000012-manifest.json';
/** Of the 8 MiB a small piece, so that little has to be compressed. */
const PART_BYTES = 50_000;
const ONE = [{ id: '1', line: '{"Id":"1"}' }];

function outputOf({ client }: BucketInMemory) {
  return s3Sink({ bucket: 'sync', prefix: 'crm', client, partBytes: PART_BYTES }).open(RUN);
}

function records(...ids: string[]): SinkRecord[] {
  return ids.map((id) => ({ id, line: JSON.stringify({ Id: id }) }));
}

/** Records that do not shrink: 1 KB each when compressed. */
function bulky(count: number): SinkRecord[] {
  return Array.from({ length: count }, (_, index) => {
    const line = JSON.stringify({ Id: `1-${index}`, Text: randomBytes(1_000).toString('base64') });
    return { id: `1-${index}`, line };
  });
}

describe('s3Sink', () => {
  it('writes gzip NDJSON under names of run and sequence, each followed by the manifest that makes it valid', async () => {
    const bucket = bucketInMemory();
    const output = outputOf(bucket);

    const one = output.chunk();
    await one.write(records('1'));
    await one.write(records('2'));
    const names = [...(await one.close({ from: FROM, to: FROM, end: END }))];
    const other = output.chunk();
    await other.write(records('3'));
    names.push(...(await other.close(RANGE)));

    expect(names).toEqual([FIRST, SECOND]);
    expect(bucket.requests).toEqual([
      `PutObject ${FIRST}`,
      `PutObject ${MANIFEST}`,
      `PutObject ${SECOND}`,
      `PutObject ${MANIFEST}`,
    ]);
    expect(bucket.text(FIRST)).toBe('{"Id":"1"}\n{"Id":"2"}\n');
    expect(bucket.json(MANIFEST)).toEqual({
      schema: 1,
      job: 'accounts',
      window: 'live',
      fence: 1_700_000_012,
      start: START,
      end: END,
      records: 3,
      from: FROM,
      to: TO,
      objects: [
        { name: FIRST, records: 2, from: FROM, to: FROM },
        { name: SECOND, records: 1, from: FROM, to: TO },
      ],
      quarantine: [],
    });
  });

  it('keeps quarantined records apart, and names them in the manifest', async () => {
    const bucket = bucketInMemory();

    const name = await outputOf(bucket).quarantine({ lines: ['{"Id":"9","issues":[]}'], ...RANGE });

    expect(name).toBe('crm/accounts/quarantine/live/1700000012-00001.ndjson.gz');
    expect(bucket.text(name)).toBe('{"Id":"9","issues":[]}\n');
    expect(bucket.json(MANIFEST)).toMatchObject({ records: 0, objects: [], quarantine: [{ name, records: 1 }] });
  });

  it('writes equal bytes for equal lines, however they come', async () => {
    const [one, other] = [bucketInMemory(), bucketInMemory()];
    const lines = Array.from({ length: 3_000 }, (_, index) => ({
      id: `1-${index}`,
      line: `{"Id":"1-${index}","Name":"Żółw ${'x'.repeat(index % 300)}"}`,
    }));

    const whole = outputOf(one).chunk();
    await whole.write(lines);
    await whole.close(RANGE);
    const paged = outputOf(other).chunk();
    for (let at = 0; at < lines.length; at += 100) await paged.write(lines.slice(at, at + 100));
    await paged.close(RANGE);

    expect(one.text(FIRST).split('\n')).toHaveLength(3_001);
    expect([...one.objects]).toEqual([...other.objects]);
  });

  it('writes an object over nothing that is there, and a manifest over its own', async () => {
    const bucket = bucketInMemory();
    const output = outputOf(bucket);

    const chunk = output.chunk();
    await chunk.write(ONE);
    await chunk.close(RANGE);
    await output.quarantine({ lines: ['{}'], ...RANGE });

    expect(bucket.conditions).toEqual(['*', undefined, '*', undefined]);
  });

  it('stores nothing before a chunk is closed, and nothing for one that is empty or given up', async () => {
    const bucket = bucketInMemory();
    const output = outputOf(bucket);

    const given = output.chunk();
    await given.write(ONE);
    await given.abort();
    const empty = output.chunk();
    await empty.write([]);

    expect(await empty.close(RANGE)).toEqual([]);
    expect(bucket.requests).toEqual([]);
  });

  it('names of two passes the least and the greatest instant, and the newest record that was read', async () => {
    const bucket = bucketInMemory();
    const output = outputOf(bucket);
    const newer = output.chunk();
    await newer.write(records('2'));
    await newer.close({ from: '2025-03-14T09:50:00Z', to: TO, end: END });
    // The next pass of the run begins a lookback earlier.
    const older = output.chunk();
    await older.write(records('1'));
    await older.close({ from: FROM, to: '2025-03-14T09:30:00Z', end: START });

    const manifest = bucket.json(MANIFEST);
    expect(manifest).toMatchObject({ records: 2, from: FROM, to: TO, end: END });
    expect(manifest.objects).toHaveLength(2);
  });

  it('leaves out of later manifests what could not be named when it was closed', async () => {
    const bucket = bucketInMemory();
    const output = outputOf(bucket);
    bucket.failWith('PutObject', awsError('SlowDown'), MANIFEST);
    const failed = output.chunk();
    await failed.write(records('1'));
    await expect(failed.close(RANGE)).rejects.toMatchObject({ code: 'SINK_UNAVAILABLE' });
    await failed.abort();
    bucket.failWith('PutObject', undefined, MANIFEST);
    await output.quarantine({ lines: ['{}'], ...RANGE });

    expect(bucket.json(MANIFEST)).toMatchObject({ records: 0, objects: [] });
  });
});

describe('s3Sink, of names that are taken', () => {
  it('fails for the surroundings when another life of the job has the name, and names nothing', async () => {
    const bucket = bucketInMemory();
    bucket.putByAnother(FIRST);
    const chunk = outputOf(bucket).chunk();
    await chunk.write(ONE);

    await expect(chunk.close(RANGE)).rejects.toMatchObject({
      code: 'SINK_UNAVAILABLE',
      message: expect.stringContaining('1700000012-00001.ndjson.gz'),
    });
    expect(bucket.objects.has(MANIFEST)).toBe(false);
    expect(String(bucket.objects.get(FIRST))).toBe('of another');
  });

  it('takes the next number when its own first attempt has taken the name without an answer', async () => {
    const bucket = bucketInMemory();
    const output = outputOf(bucket);
    bucket.loseAnswer('PutObject');

    const [one, other] = [output.chunk(), output.chunk()];
    await one.write(records('1'));
    await other.write(records('2'));

    expect([await one.close(RANGE), await other.close(RANGE)]).toEqual([[SECOND], [THIRD]]);
    expect(bucket.json(MANIFEST).objects.map(({ name }) => name)).toEqual([SECOND, THIRD]);
  });
});

describe('s3Sink, of a bucket whose answers get lost', () => {
  it('gives up after three names, and stores no more', async () => {
    let puts = 0;
    const send = async () => {
      puts += 1;
      throw Object.assign(new Error('taken'), { name: 'PreconditionFailed', $metadata: { attempts: 2 } });
    };
    const chunk = s3Sink({ bucket: 'sync', prefix: 'crm', client: { send: send as never } })
      .open(RUN)
      .chunk();
    await chunk.write(ONE);

    await expect(chunk.close(RANGE)).rejects.toMatchObject({
      code: 'SINK_UNAVAILABLE',
      message: expect.stringContaining('1700000012-00003.ndjson.gz'),
    });
    expect(puts).toBe(3);
  });
});

describe('s3Sink, of large objects', () => {
  it('sends parts of 8 MiB unless told otherwise', async () => {
    const bucket = bucketInMemory();
    const chunk = s3Sink({ bucket: 'sync', prefix: 'crm', client: bucket.client }).open(RUN).chunk();
    const text = randomBytes(6_300_000).toString('base64');
    await chunk.write([{ id: '1', line: text }]);
    const before = bucket.openUploads();

    await chunk.write([{ id: '2', line: text }]);
    await chunk.close(RANGE);

    expect(before).toBe(0);
    expect(bucket.requests).toContain(`CompleteMultipartUpload ${FIRST}`);
  });

  it('sends full parts while it is written, one at a time, and the object is there once it is complete', async () => {
    const bucket = bucketInMemory();
    const chunk = outputOf(bucket).chunk();
    const lines = bulky(240);
    for (let at = 0; at < lines.length; at += 20) await chunk.write(lines.slice(at, at + 20));
    const before = [...bucket.objects.keys()];

    const names = await chunk.close(RANGE);

    expect(before).toEqual([]);
    expect(names).toEqual([FIRST]);
    expect(bucket.requests).toEqual([
      `CreateMultipartUpload ${FIRST}`,
      ...Array.from({ length: 4 }, () => `UploadPart ${FIRST}`),
      `CompleteMultipartUpload ${FIRST}`,
      `PutObject ${MANIFEST}`,
    ]);
    expect(bucket.mostParts()).toBe(1);
    expect(bucket.conditions).toEqual(['*', undefined]);
    expect(bucket.text(FIRST)).toBe(lines.map(({ line }) => `${line}\n`).join(''));
    expect(bucket.openUploads()).toBe(0);
  });

  it('gives the upload up with the chunk', async () => {
    const bucket = bucketInMemory();
    const chunk = outputOf(bucket).chunk();
    await chunk.write(bulky(120));
    expect(bucket.openUploads()).toBe(1);

    await chunk.abort();

    expect(bucket.openUploads()).toBe(0);
    expect([...bucket.objects]).toEqual([]);
  });

  it('does not mind when the upload cannot be given up: the life cycle of the bucket removes it', async () => {
    const bucket = bucketInMemory();
    bucket.failWith('AbortMultipartUpload', awsError('SlowDown'));
    const chunk = outputOf(bucket).chunk();
    await chunk.write(bulky(120));

    await expect(chunk.abort()).resolves.toBeUndefined();
  });

  it('tells of a part that failed at the latest when it is closed, and completes nothing', async () => {
    const bucket = bucketInMemory();
    bucket.failWith('UploadPart', awsError('SlowDown'));
    const chunk = outputOf(bucket).chunk();
    await chunk.write(bulky(120)).catch(() => undefined);

    await expect(chunk.close(RANGE)).rejects.toMatchObject({ code: 'SINK_UNAVAILABLE' });
    await chunk.abort();

    expect(bucket.requests.filter((request) => request.startsWith('Complete'))).toEqual([]);
    expect([...bucket.objects]).toEqual([]);
    expect(bucket.openUploads()).toBe(0);
  });

  it.each([false, true])(
    'knows its own object when the answer was lost (name checked first: %s)',
    async (checksNameFirst) => {
      const bucket = bucketInMemory({ checksNameFirst });
      const chunk = outputOf(bucket).chunk();
      await chunk.write(bulky(120));
      bucket.loseAnswer('CompleteMultipartUpload');

      expect(await chunk.close(RANGE)).toEqual([FIRST]);
      expect(bucket.json(MANIFEST)).toMatchObject({ records: 120 });
    },
  );

  it('does not take an upload for complete that somebody has given up after an attempt that failed', async () => {
    const bucket = bucketInMemory();
    const send = async (command: { constructor: { name: string } }) => {
      if (command.constructor.name !== 'CompleteMultipartUploadCommand') return bucket.client.send(command as never);
      throw Object.assign(new Error('gone'), { name: 'NoSuchUpload', $metadata: { attempts: 2 } });
    };
    const output = s3Sink({ bucket: 'sync', prefix: 'crm', client: { send: send as never }, partBytes: PART_BYTES });
    const chunk = output.open(RUN).chunk();
    await chunk.write(bulky(100));

    await expect(chunk.close(RANGE)).rejects.toMatchObject({ code: 'SINK_UNAVAILABLE' });
    expect(bucket.objects.has(MANIFEST)).toBe(false);
  });

  it('does not take the object of another for its own, also when it had to ask twice', async () => {
    const bucket = bucketInMemory();
    const chunk = outputOf(bucket).chunk();
    await chunk.write(bulky(120));
    bucket.putByAnother(FIRST);
    bucket.loseAnswer('CompleteMultipartUpload');

    await expect(chunk.close(RANGE)).rejects.toMatchObject({ code: 'SINK_UNAVAILABLE' });
    expect(bucket.objects.has(MANIFEST)).toBe(false);
    expect(bucket.openUploads()).toBe(0);
  });
});

describe('s3Sink, of a bucket that refuses', () => {
  it.each([
    ['AccessDenied', 'CONFIGURATION', 'configuration'],
    ['NoSuchBucket', 'CONFIGURATION', 'configuration'],
    ['SlowDown', 'SINK_UNAVAILABLE', 'environment'],
    ['TimeoutError', 'SINK_UNAVAILABLE', 'environment'],
  ])('tells a person or waiting apart: %s is %s', async (name, code, failureClass) => {
    for (const command of ['PutObject', 'CreateMultipartUpload', 'UploadPart', 'CompleteMultipartUpload']) {
      const bucket = bucketInMemory();
      bucket.failWith(command, awsError(name));
      const chunk = outputOf(bucket).chunk();

      const failure = await (async () => {
        await chunk.write(command === 'PutObject' ? ONE : bulky(120));
        return chunk.close(RANGE);
      })().catch((error) => error);

      expect(failure).toMatchObject({ code, failureClass });
      expect(failure.message).toContain('bucket "sync"');
      expect(failure.message).not.toContain('arn:');
      await expect(chunk.abort()).resolves.toBeUndefined();
    }
  });
});

describe('bucketQuarantine', () => {
  it('keeps what targets outside the bucket are not given, by job and window', async () => {
    const bucket = bucketInMemory();
    const store = bucketQuarantine({ bucket: 'sync', client: bucket.client })(RUN);

    expect([await store(['{"Id":"1"}']), await store(['{"Id":"2"}'])]).toEqual([
      'quarantine/accounts/live/1700000012-00001.ndjson.gz',
      'quarantine/accounts/live/1700000012-00002.ndjson.gz',
    ]);
    expect(bucket.text('quarantine/accounts/live/1700000012-00002.ndjson.gz')).toBe('{"Id":"2"}\n');
    expect(bucket.objects.size).toBe(2);
  });
});
