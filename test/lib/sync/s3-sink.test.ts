import { gunzipSync } from 'node:zlib';
import type { PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { s3Sink } from '../../../lib/sync/s3-sink.ts';

const START = { at: '2025-03-14T09:00:00Z', id: '1-0' };
const END = { at: '2025-03-14T10:00:00Z', id: '1-9' };
const RUN = { prefix: 'crm', job: 'accounts', window: 'live', fence: 1_700_000_012, start: START };
const FROM = '2025-03-14T09:26:53Z';
const TO = '2025-03-14T10:00:00Z';

/** A bucket that keeps what it is given, under each name the last. */
function bucket(failure?: Error) {
  const objects = new Map<string, Buffer>();
  const order: string[] = [];
  const conditions: (string | undefined)[] = [];
  const taken = new Map<string, { attempts: number }>();
  const send = async ({ input }: PutObjectCommand) => {
    if (failure) throw failure;
    const key = String(input.Key);
    const $metadata = taken.get(key);
    if ($metadata && input.IfNoneMatch === '*') {
      throw Object.assign(new Error('exists'), { name: 'PreconditionFailed', $metadata });
    }
    objects.set(key, Buffer.from(input.Body as Buffer));
    order.push(key);
    conditions.push(input.IfNoneMatch);
    return {};
  };
  const text = (key: string) => gunzipSync(objects.get(key) ?? Buffer.alloc(0)).toString();
  const json = (key: string) => JSON.parse(String(objects.get(key)));
  const takeName = (key: string, after: { attempts: number }) => void taken.set(key, after);
  return { client: { send: send as never }, objects, order, conditions, text, json, takeName };
}

describe('s3Sink', () => {
  it('writes gzip NDJSON under names of run and sequence, each followed by the manifest that makes it valid', async () => {
    const { client, order, text, json } = bucket();
    const output = s3Sink({ bucket: 'sync', client }).open(RUN);

    const names = [
      await output.records({ lines: ['{"Id":"1"}', '{"Id":"2"}'], from: FROM, to: FROM, end: END }),
      await output.records({ lines: ['{"Id":"3"}'], from: FROM, to: TO, end: END }),
    ];

    expect(names).toEqual([
      'crm/accounts/live/1700000012-00001.ndjson.gz',
      'crm/accounts/live/1700000012-00002.ndjson.gz',
    ]);
    expect(order).toEqual([
      names[0],
      'crm/accounts/live/1700000012-manifest.json',
      names[1],
      'crm/accounts/live/1700000012-manifest.json',
    ]);
    expect(text(String(names[0]))).toBe('{"Id":"1"}\n{"Id":"2"}\n');
    expect(json('crm/accounts/live/1700000012-manifest.json')).toEqual({
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
        { name: names[0], records: 2, from: FROM, to: FROM },
        { name: names[1], records: 1, from: FROM, to: TO },
      ],
      quarantine: [],
    });
  });

  it('keeps quarantined records apart, and names them in the manifest', async () => {
    const { client, text, json } = bucket();
    const output = s3Sink({ bucket: 'sync', client }).open(RUN);

    const name = await output.quarantine({ lines: ['{"Id":"9","issues":[]}'], from: FROM, to: FROM, end: END });

    expect(name).toBe('crm/accounts/quarantine/live/1700000012-00001.ndjson.gz');
    expect(text(name)).toBe('{"Id":"9","issues":[]}\n');
    expect(json('crm/accounts/live/1700000012-manifest.json')).toMatchObject({
      records: 0,
      objects: [],
      quarantine: [{ name, records: 1 }],
    });
  });

  it('writes equal bytes for equal lines', async () => {
    const lines = { lines: ['{"Id":"1","Name":"Żółw"}'], from: FROM, to: FROM, end: END };
    const [one, other] = [bucket(), bucket()];

    await s3Sink({ bucket: 'sync', client: one.client }).open(RUN).records(lines);
    await s3Sink({ bucket: 'sync', client: other.client }).open(RUN).records(lines);

    expect([...one.objects]).toEqual([...other.objects]);
  });

  it('writes an object over nothing that is there, and a manifest over its own', async () => {
    const { client, conditions } = bucket();
    const output = s3Sink({ bucket: 'sync', client }).open(RUN);

    await output.records({ lines: ['{}'], from: FROM, to: FROM, end: END });
    await output.quarantine({ lines: ['{}'], from: FROM, to: FROM, end: END });

    expect(conditions).toEqual(['*', undefined, '*', undefined]);
  });

  it('fails for the surroundings when another life of the job has taken its name, and names nothing', async () => {
    const { client, order, takeName } = bucket();
    const output = s3Sink({ bucket: 'sync', client }).open(RUN);
    takeName('crm/accounts/live/1700000012-00001.ndjson.gz', { attempts: 1 });

    await expect(output.records({ lines: ['{}'], from: FROM, to: FROM, end: END })).rejects.toMatchObject({
      code: 'SINK_UNAVAILABLE',
      message: expect.stringContaining('1700000012-00001.ndjson.gz'),
    });
    expect(order).toEqual([]);
  });

  it('takes the next number when its own first attempt has taken the name without an answer', async () => {
    const { client, json, takeName } = bucket();
    const output = s3Sink({ bucket: 'sync', client }).open(RUN);
    takeName('crm/accounts/live/1700000012-00001.ndjson.gz', { attempts: 2 });

    const names = [
      await output.records({ lines: ['{}'], from: FROM, to: FROM, end: END }),
      await output.records({ lines: ['{}'], from: FROM, to: FROM, end: END }),
    ];

    expect(names).toEqual([
      'crm/accounts/live/1700000012-00002.ndjson.gz',
      'crm/accounts/live/1700000012-00003.ndjson.gz',
    ]);
    const { objects } = json('crm/accounts/live/1700000012-manifest.json');
    expect(objects.map(({ name }: { name: string }) => name)).toEqual(names);
  });

  it('stores nothing for a run that reads nothing', () => {
    const { client, order } = bucket();

    s3Sink({ bucket: 'sync', client }).open(RUN);

    expect(order).toEqual([]);
  });

  it.each([
    ['AccessDenied', 'CONFIGURATION', 'configuration'],
    ['NoSuchBucket', 'CONFIGURATION', 'configuration'],
    ['SlowDown', 'SINK_UNAVAILABLE', 'environment'],
    ['TimeoutError', 'SINK_UNAVAILABLE', 'environment'],
  ])('tells a person or waiting apart: %s is %s', async (name, code, failureClass) => {
    const refusal = Object.assign(new Error('arn:aws:iam::123456789012:role/x is not authorized'), { name });
    const output = s3Sink({ bucket: 'sync', client: bucket(refusal).client }).open(RUN);

    const failure = await output.records({ lines: ['{}'], from: FROM, to: FROM, end: END }).catch((error) => error);

    expect(failure).toMatchObject({ code, failureClass });
    expect(failure.message).toContain('bucket "sync"');
    expect(failure.message).not.toContain('arn:');
  });
});
