import { gzipSync } from 'node:zlib';
import type { S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { sweepCodec } from '../../../../lib/sync/sweep/content.ts';
import { BUCKETS, bucketOf, type SetEntry, unpacked } from '../../../../lib/sync/sweep/set-entries.ts';
import { bucketing, setFile } from '../../../../lib/sync/sweep/set-file.ts';
import { entriesIn, setFiles } from '../../../../lib/sync/sweep/set-files.ts';
import { setStore } from '../../../../lib/sync/sweep/set-store.ts';
import { DAY, HOUR, MINUTE, setsInMemory, type World, world } from './sweep-parts.ts';

async function midSweep(): Promise<World> {
  const at = world();
  at.put(...Array.from({ length: 20 }, (_, index) => ({ id: `1-${index}` })));
  at.clock.move(HOUR);
  await at.live();
  await at.wholeSweep();
  at.clock.move(DAY);
  at.put({ id: '1-3', name: 'changed' });
  at.clock.move(5 * MINUTE);
  await at.live();
  await at.sweep();
  at.clock.move(5 * MINUTE);
  await at.live();
  return at;
}

const nameLike = (at: World, pattern: RegExp) =>
  [...at.sets.objects.keys()].filter((name) => pattern.test(name)).at(-1) ?? '';

describe('a set that a sweep needs', () => {
  const kinds = [
    ['what is known', /000001\/known-/],
    ['what was read', /000002\/read-/],
    ['what was handed over', /\/seen\//],
    ['the list of the sweep before', /000001\/list-/],
  ] as const;

  it.each(kinds)('is not taken for empty when it is missing: %s (R76)', async (_what, pattern) => {
    const at = await midSweep();
    const name = nameLike(at, pattern);
    const body = at.sets.objects.get(name) ?? Buffer.alloc(0);
    // It goes between the listing and the reading, as far as it is listed.
    const { read } = at.sets;
    at.sets.read = async (asked, range) => {
      if (asked === name) at.sets.objects.delete(name);
      return read(asked, range);
    };

    await expect(at.sweep(false)).rejects.toMatchObject({
      code: 'SWEEP_SETS',
      failureClass: 'configuration',
      message: expect.stringContaining(name),
    });
    expect(at.swept()).toEqual([]);

    at.sets.read = read;
    at.sets.objects.set(name, body);
    expect(await at.sweep(false)).toMatchObject({ outcome: 'complete', found: 0, tombstones: 0 });
  });

  it.each(kinds)('is not believed when it is damaged: %s', async (_what, pattern) => {
    for (const damage of [
      (body: Buffer) => body.subarray(0, body.length - 9),
      (body: Buffer) => Buffer.alloc(0, body),
      (body: Buffer) => Buffer.from(body.map((byte, at) => (at === body.length - 12 ? byte ^ 0xff : byte))),
    ]) {
      const at = await midSweep();
      const name = nameLike(at, pattern);
      at.sets.objects.set(name, damage(at.sets.objects.get(name) ?? Buffer.alloc(0)));

      await expect(at.sweep(false)).rejects.toMatchObject({
        code: 'SWEEP_SETS',
        message: expect.stringContaining(name),
      });
    }
  });

  it('is never one that a stopped holder has written: the content names the valid ones', async () => {
    const at = await midSweep();
    const name = nameLike(at, /000002\/read-/);
    at.sets.objects.set(name.replace(/\d{5}$/, '00002'), at.sets.objects.get(name) ?? Buffer.alloc(0));
    at.sets.objects.set(name.replace(/read-\d{10}/, 'read-9999999999'), Buffer.from('nonsense'));

    expect(await at.sweep(false)).toMatchObject({ outcome: 'complete', found: 0 });
  });
});

/** Offset, length and number of entries, four bytes each. */
const SECTION_BYTES = 12;

describe('a set file', () => {
  const entry = (number: number) => ({ id: `1-${number.toString(36).toUpperCase()}`, atMs: (number - 500) * 1_000 });

  it('gives back what was put in, by bucket and in order, whether it is read at once or in parts', async () => {
    for (const count of [0, 1, 1_000, 60_000]) {
      const sets = setsInMemory();
      const files = setFiles(sets, 'accounts', 1);
      const held = bucketing();
      const entries = Array.from({ length: count }, (_, index) => entry(index));
      for (const each of entries) held.add(each);
      expect(held.size).toBe(count);
      await files.write('read', { fence: 7, sequence: 1 }, held.take());
      const opened = await files.open('read', [{ fence: 7, count: 1 }]);

      const back = [];
      for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
        for await (const some of entriesIn(opened, bucket)) back.push(...some);
      }

      const byBucket = [...entries].sort((one, other) => bucketOf(one.id) - bucketOf(other.id));
      expect(back).toEqual(byBucket);
    }
  });

  it.each([
    ['another layout', (body: Buffer) => body.writeUInt32BE(2, 8)],
    ['another number of entries', (body: Buffer, place: number) => body.writeUInt32BE(3, place + 8)],
    [
      'the entries of another bucket',
      (body: Buffer, place: number) => body.copy(body, place, place + SECTION_BYTES, place + 2 * SECTION_BYTES),
    ],
  ])('is not believed with a head that names %s', async (_what, alter) => {
    const sets = setsInMemory();
    const held = bucketing();
    for (let number = 0; number < 300; number += 1) held.add(entry(number));
    const body = await setFile(held.take());
    // Of bucket 5, behind eight letters, the number of the layout and five sections.
    alter(body, 8 + 4 + 5 * SECTION_BYTES);
    await sets.put('sets/accounts/000001/known-0000000001-00001', body);

    const read = async () => {
      const [file] = await setFiles(sets, 'accounts', 1).open('known', [{ fence: 1, count: 1 }]);
      return file?.entries(5);
    };
    await expect(read()).rejects.toMatchObject({ code: 'SWEEP_SETS' });
  });

  it('has about as many entries in each bucket', () => {
    const counts = new Map<number, number>();
    for (let number = 0; number < 64_000; number += 1) {
      const bucket = bucketOf(entry(number).id);
      counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
    }

    expect(counts.size).toBe(128);
    expect(Math.min(...counts.values())).toBeGreaterThan(380);
    expect(Math.max(...counts.values())).toBeLessThan(620);
  });

  it('keeps marks and versions, and refuses an Id that would break a line', async () => {
    const entries: readonly SetEntry[] = [
      { id: '1-A', atMs: 1_000, mark: 'missed' },
      { id: '1-A', atMs: 1_000, version: 'Ab-_0123456789x' },
      { id: '1-A', atMs: -1_000, mark: 'changed', version: 'Ab-_0123456789x' },
    ];
    const held = new Map([[bucketOf('1-A'), entries]]);
    const sets = setsInMemory();
    await sets.put('sets/accounts/000001/known-0000000001-00001', await setFile(held));
    const [file] = await setFiles(sets, 'accounts', 1).open('known', [{ fence: 1, count: 1 }]);

    expect(await file?.entries(bucketOf('1-A'))).toEqual(entries);
    await expect(setFile(new Map([[0, [{ id: '1\n2', atMs: 0 }]]]))).rejects.toThrow('control character');
  });
});

describe('an entry', () => {
  it.each(['1-A\t1', '1-A\t\t', '\t1\t', '1-A\t1\tx', '1-A\t1.5\t', '1-A\t1\t\t', '1-A\t1\t\ta b', '1-A\t1\t\tab\t'])(
    'is nothing else than what was written: %j',
    async (line) => {
      await expect(unpacked(gzipSync(`${line}\n`), 1)).rejects.toThrow('no entry');
    },
  );
});

describe('the content of a sweep', () => {
  it('is read back as it was written, in every phase', async () => {
    const at = await midSweep();
    const content = at.state.stored();

    expect(sweepCodec.read(sweepCodec.write(content))).toEqual(content);
    expect(content).toMatchObject({ number: 2, known: { number: 1 }, underway: { phase: 'waiting' } });
  });

  it.each([
    '',
    'null',
    '{}',
    '{"schema":2,"number":1}',
    '{"schema":1,"number":-1}',
    '{"schema":1,"number":1,"underway":{"phase":"reading"}}',
    '{"schema":1,"number":1,"known":{"number":1}}',
    '{"schema":1,"number":1,"other":1}',
  ])('is nothing else than what was written: %s', (stored) => {
    expect(sweepCodec.read(stored)).toBeUndefined();
  });
});

describe('a list of sets', () => {
  it('goes on where a page of it ends', async () => {
    const asked: unknown[] = [];
    const client = {
      async send({ input }: { input: { ContinuationToken?: string } }) {
        asked.push(input);
        const isFirst = input.ContinuationToken === undefined;
        return isFirst
          ? { Contents: [{ Key: 'a' }, { Key: 'b' }], IsTruncated: true, NextContinuationToken: 'more' }
          : { Contents: [{ Key: 'c' }], IsTruncated: false };
      },
    } as unknown as S3Client;

    expect(await setStore({ bucket: 'sync', client }).list('sets/', 'sets/1')).toEqual(['a', 'b', 'c']);
    expect(asked).toEqual([
      { Bucket: 'sync', Prefix: 'sets/', StartAfter: 'sets/1' },
      { Bucket: 'sync', Prefix: 'sets/', StartAfter: 'sets/1', ContinuationToken: 'more' },
    ]);
  });
});

describe('a set that is missing', () => {
  const refused = (name: string) => Object.assign(new Error('no'), { name });

  /** A bucket whose role may list one prefix: S3 then says of a missing object that it may not be read. */
  function bucket({ names, listing }: { names: readonly string[]; listing?: Error }) {
    const asked: unknown[] = [];
    const client = {
      async send({ constructor: { name: command }, input }: { constructor: { name: string }; input: object }) {
        asked.push([command, input]);
        if (command === 'GetObjectCommand') throw refused('AccessDenied');
        if (listing) throw listing;
        return { Contents: names.map((Key) => ({ Key })) };
      },
    } as unknown as S3Client;
    return { asked, read: setStore({ bucket: 'sync', client }).read('sets/accounts/000001/read-1') };
  }

  it('is told as missing also where S3 does not say so', async () => {
    const { asked, read } = bucket({ names: ['sets/accounts/000001/read-10'] });

    await expect(read).rejects.toMatchObject({
      code: 'SWEEP_SETS',
      message: expect.stringContaining('siebel sync reset accounts --sweep'),
    });
    expect(asked).toMatchObject([
      ['GetObjectCommand', {}],
      ['ListObjectsV2Command', { Bucket: 'sync', Prefix: 'sets/accounts/000001/read-1', MaxKeys: 1 }],
    ]);
    await expect(bucket({ names: [] }).read).rejects.toMatchObject({ code: 'SWEEP_SETS' });
  });

  it('is one that is not there: one that is, may not be read', async () => {
    const { read } = bucket({ names: ['sets/accounts/000001/read-1'] });
    await expect(read).rejects.toMatchObject({ code: 'CONFIGURATION' });
    // Nor is anything known when the list is refused as well.
    const { read: blind } = bucket({ names: [], listing: refused('AccessDenied') });
    await expect(blind).rejects.toMatchObject({ code: 'CONFIGURATION' });
  });
});
