import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import type { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { businessComponent, readOnly, type SyncJob, s3, text, utcDateTime } from '../../../lib/operations/index.ts';
import type { PagesQuery, SiebelRecord } from '../../../lib/siebel/component.ts';
import { type Condition, searchSpecification } from '../../../lib/siebel/search-specification.ts';
import { outputBucket } from '../../../lib/sync/verify/output-bucket.ts';
import type { Shelves } from '../../../lib/sync/verify/shelves.ts';
import { type VerifyParts, verifyJob } from '../../../lib/sync/verify.ts';
import { fakeClock } from '../../support/fake-clock.ts';

const NOON = Date.parse('2026-03-01T12:00:00Z');
const MINUTE = 60_000;
const account = businessComponent('Account/Account', {
  viewMode: 'All',
  fields: { Name: text(100), Status: text(30), By: text(30), Updated: readOnly(utcDateTime()) },
});
const JOB: SyncJob = {
  read: account.source,
  cursor: 'Updated',
  every: 'rate(5 minutes)',
  timezone: 'UTC',
  to: s3('crm'),
  pageSize: 100,
  window: 1,
};

interface Row {
  readonly id: string;
  /** Minutes after noon. */
  readonly at: number;
  readonly by?: string;
  readonly status?: string;
}

const isoAt = (minute: number) => new Date(NOON + minute * MINUTE).toISOString().replace('.000Z', 'Z');
const wireAt = (minute: number) => {
  const [, year, month, day, time] = /^(\d+)-(\d+)-(\d+)T([\d:]+)/.exec(isoAt(minute)) ?? [];
  return `${month}/${day}/${year} ${time}`;
};
const row = (id: string, at: number, more: Partial<Row> = {}): Row => ({ id, at, ...more });
const lineOf = ({ id, at }: Row) => JSON.stringify({ Id: id, Name: id, Updated: isoAt(at) });
const gone = (id: string) => JSON.stringify({ Id: id, deleted: true });

/** Siebel's side: rows that a test may change whenever something was counted. */
function siebelWith(rows: Row[], onCount: (counts: number) => void = () => {}) {
  let counts = 0;
  const searches: string[] = [];
  const found = (where: Condition | undefined) => {
    const search = where ? searchSpecification(where) : '';
    searches.push(search);
    const parts = [...search.matchAll(/\[(\w+)\] (=|>=|<=|>|<) "([^"]*)"/g)];
    return rows.filter(({ id, at, by = 'ada', status = 'Active' }) => {
      const record: SiebelRecord = { Id: id, Updated: sortable(wireAt(at)), By: by, Status: status };
      return parts.every(([, field = '', operator, literal = '']) => {
        const wanted = field === 'Updated' ? sortable(literal) : literal;
        const value = record[field] ?? '';
        if (operator === '=') return value === wanted;
        if (operator === '>') return value > wanted;
        return operator === '>=' ? value >= wanted : value <= wanted;
      });
    });
  };
  return {
    searches,
    async count(_at: unknown, { where }: { where?: Condition | undefined }) {
      const counted = found(where).length;
      counts += 1;
      onCount(counts);
      return counted;
    },
    async *pages(_at: unknown, { where }: PagesQuery) {
      const page = found(where).map(({ id }) => ({ Id: id }));
      if (page.length > 0) yield page;
    },
  };
}

const sortable = (wire: string) => wire.replace(/^(\d\d)\/(\d\d)\/(\d{4})/, '$3-$1-$2');

interface Written {
  readonly window: string;
  readonly fence: number;
  readonly lines: readonly string[];
  readonly quarantine?: readonly string[];
  /** Minutes after noon at which its objects were written. */
  readonly written?: number;
}

/** The bucket's side, as runs leave it. */
function bucketWith(runs: readonly Written[], more: Readonly<Record<string, string>> = {}) {
  const objects = new Map<string, { body: Buffer; at: Date }>();
  const put = (name: string, body: Buffer, minute: number) =>
    objects.set(name, { body, at: new Date(NOON + minute * MINUTE) });
  for (const { window, fence, lines, quarantine = [], written = 0 } of runs) {
    const base = `crm/accounts/${window}/000${fence}`;
    const entry = (name: string, of: readonly string[]) =>
      of.length === 0 ? [] : [{ name, records: of.length, from: isoAt(-60), to: isoAt(60) }];
    const [data, apart] = [`${base}-00001.ndjson.gz`, `crm/accounts/quarantine/${window}/000${fence}-00001.ndjson.gz`];
    put(data, gzipSync(`${lines.join('\n')}\n`), written);
    put(apart, gzipSync(`${quarantine.join('\n')}\n`), written);
    const manifest = {
      ...{ schema: 1, job: 'accounts', window, fence, records: lines.length },
      objects: entry(data, lines),
      quarantine: entry(apart, quarantine),
    };
    put(`${base}-manifest.json`, Buffer.from(JSON.stringify(manifest)), written);
  }
  // What a stopped run has left: no manifest names it.
  put('crm/accounts/live/0009-00001.ndjson.gz', gzipSync(`${lineOf(row('stray', 1))}\n`), 0);
  for (const [name, body] of Object.entries(more)) put(name, Buffer.from(body), 0);

  const names = () => [...objects.keys()].sort();
  const client = {
    async send(command: GetObjectCommand | ListObjectsV2Command) {
      const { input } = command;
      if (!('Key' in input)) {
        // Two names an answer.
        const all = names().filter((name) => name.startsWith(input.Prefix ?? ''));
        const from = Number((input as { ContinuationToken?: string }).ContinuationToken ?? 0);
        return {
          Contents: all.slice(from, from + 2).map((Key) => ({ Key })),
          ...(from + 2 < all.length && { NextContinuationToken: String(from + 2) }),
        };
      }
      const object = objects.get(input.Key ?? '');
      if (!object) throw Object.assign(new Error('gone'), { name: 'NoSuchKey' });
      return { Body: Readable.from([object.body]), LastModified: object.at };
    },
  };
  return { objects, bucket: outputBucket({ bucket: 'sync', client: client as unknown as Pick<S3Client, 'send'> }) };
}

function shelvesInMemory(count = 3): Shelves {
  const shelves: string[][] = Array.from({ length: count }, () => []);
  return {
    count,
    put: async (shelf, texts) => void shelves[shelf]?.push(...texts),
    async *take(shelf) {
      yield* shelves[shelf] ?? [];
    },
  };
}

async function compare(
  { siebel, runs }: { siebel: ReturnType<typeof siebelWith>; runs: readonly Written[] },
  { job = JOB, ...what }: { job?: SyncJob; fromMs?: number; toMs?: number; ranges?: number } = {},
  parts: Partial<VerifyParts> = {},
) {
  const report = await verifyJob(
    'crm/accounts',
    job,
    { toMs: NOON + 10 * MINUTE, ranges: 1, ...what },
    {
      siebel: siebel as unknown as VerifyParts['siebel'],
      bucket: bucketWith(runs).bucket,
      shelves: shelvesInMemory(),
      clock: fakeClock(),
      ...parts,
    },
  );
  return {
    ...report,
    counts: report.ranges.map(({ siebel, bucket, difference }) => [siebel, bucket, difference]),
  };
}

const live = (fence: number, ...rows: readonly Row[]): Written => ({ window: 'live', fence, lines: rows.map(lineOf) });

describe('verifyJob', () => {
  it('counts the version of each record that stands, whichever window has written it, and objects of manifests alone', async () => {
    const rows = [row('a', 5), row('b', 2), row('c', 3)];
    const runs = [
      live(1, row('a', 1), row('b', 2)),
      live(2, row('a', 5), row('a', 4)),
      { window: 'backfill-20260301-k3f9x-0001', fence: 7, lines: [row('a', 1), row('c', 3)].map(lineOf), written: 9 },
    ];

    const { counts, manifests, objects, lines } = await compare(
      { siebel: siebelWith(rows), runs },
      { fromMs: NOON, toMs: NOON + 5 * MINUTE, ranges: 3 },
    );

    expect(counts).toEqual([
      [0, 0, 0],
      [2, 2, 0],
      [1, 1, 0],
    ]);
    expect([manifests, objects, lines]).toEqual([3, 3, 6]);
  });

  it('shows how many either side has more, in the range where it is', async () => {
    const rows = [row('a', 1), row('b', 8), row('d', 9)];
    const runs = [live(1, row('a', 1), row('c', 2), row('b', 8))];

    const { counts, ranges } = await compare({ siebel: siebelWith(rows), runs }, { fromMs: NOON, ranges: 2 });

    expect(counts).toEqual([
      [1, 2, -1],
      [2, 1, 1],
    ]);
    expect(ranges.map(({ fromMs, toMs }) => [fromMs, toMs])).toEqual([
      [NOON, NOON + 5 * MINUTE],
      [NOON + 5 * MINUTE + 1_000, NOON + 10 * MINUTE],
    ]);
  });

  it('takes the records before everything known into the first range', async () => {
    const { counts, ranges } = await compare(
      { siebel: siebelWith([row('old', -100_000), row('a', 1)]), runs: [live(1, row('a', 1))] },
      { ranges: 2 },
    );

    expect(ranges[0]?.fromMs).toBeUndefined();
    expect(counts[0]).toEqual([1, 0, 1]);
  });

  it('leaves out a record that is gone, and counts one that has come back', async () => {
    const runs: Written[] = [
      { ...live(1, row('a', 1), row('b', 1), row('c', 1)), written: 1 },
      { window: 'sweep', fence: 3, lines: [gone('a'), gone('b'), gone('never seen')], written: 5 },
      { ...live(4, row('b', 7)), written: 7 },
    ];

    expect((await compare({ siebel: siebelWith([row('b', 7), row('c', 1)]), runs })).counts).toEqual([[2, 2, 0]]);
  });

  it('counts a record that was set back where Siebel has it now', async () => {
    const runs: Written[] = [
      { ...live(1, row('a', 8)), written: 1 },
      { window: 'sweep', fence: 2, lines: [lineOf(row('a', 1))], written: 5 },
    ];
    const { counts } = await compare({ siebel: siebelWith([row('a', 1)]), runs }, { fromMs: NOON, ranges: 2 });
    expect(counts).toEqual([
      [1, 1, 0],
      [0, 0, 0],
    ]);
  });

  it('counts what lies in quarantine, and says how much', async () => {
    const quarantine = [JSON.stringify({ Id: 'q', issues: [], record: { Id: 'q', Updated: wireAt(3) } })];
    const runs = [{ ...live(1, row('a', 1)), quarantine }];

    const { ranges, counts } = await compare({ siebel: siebelWith([row('a', 1), row('q', 3)]), runs });

    expect([counts, ranges[0]?.quarantined]).toEqual([[[2, 2, 0]], 1]);
  });

  it('takes a record that has changed since the bound for no difference', async () => {
    const rows = [row('a', 1), row('b', 30), row('new', 31)];
    const { counts, changedSince } = await compare({
      siebel: siebelWith(rows),
      runs: [live(1, row('a', 1), row('b', 2))],
    });

    expect([counts, changedSince]).toEqual([[[1, 1, 0]], 2]);
  });

  it('takes a record that changes between the counts for no difference, on whichever side of its count', async () => {
    for (const when of [1, 2]) {
      const rows = [row('a', 1), row('b', 8)];
      const siebel = siebelWith(rows, (counts) => {
        if (counts === when) rows[1] = row('b', 40);
      });

      const { counts } = await compare(
        { siebel, runs: [live(1, row('a', 1), row('b', 8))] },
        { fromMs: NOON, ranges: 2 },
      );

      expect(counts.map(([, , difference]) => difference)).toEqual([0, 0]);
    }
  });

  it('still sees what is missing beside records that change between the counts', async () => {
    const rows = [row('a', 1), row('b', 8), row('c', 8), row('d', 8), row('e', 8)];
    const siebel = siebelWith(rows, (counts) => {
      if (counts === 1) rows[1] = row('b', 40);
    });

    const { counts } = await compare(
      { siebel, runs: [live(1, row('a', 1), row('b', 8), row('c', 8))] },
      { fromMs: NOON, ranges: 2 },
    );

    expect(counts[1]).toEqual([3, 2, 1]);
  });

  it('counts at Siebel with the filter of the job, and without its own writes', async () => {
    const job = {
      ...JOB,
      where: account.field('Status').is('Active'),
      ownWrites: { field: 'By', is: 'integration' },
    };
    const rows = [row('a', 1), row('b', 1, { by: 'integration' }), row('c', 1, { status: 'Closed' })];
    const siebel = siebelWith(rows);

    const { counts } = await compare({ siebel, runs: [live(1, row('a', 1))] }, { job });

    expect(counts).toEqual([[1, 1, 0]]);
  });

  it('does not read objects that are older than the range, except those of sweeps', async () => {
    const { bucket, objects } = bucketWith([
      live(1, row('a', 1)),
      { window: 'sweep', fence: 3, lines: [gone('a')], written: 5 },
    ]);
    const names: string[] = [];
    const lines = (name: string) => {
      names.push(name);
      return bucket.lines(name);
    };
    expect(objects.size).toBeGreaterThan(4);

    await compare(
      { siebel: siebelWith([]), runs: [] },
      { fromMs: NOON + 61 * MINUTE, toMs: NOON + 90 * MINUTE },
      { bucket: { ...bucket, lines } },
    );

    expect(names).toEqual(['crm/accounts/sweep/0003-00001.ndjson.gz']);
  });

  it.each([
    ['a manifest that cannot be read', { 'crm/accounts/live/0002-manifest.json': '{"schema":2}' }, /is no manifest/],
    [
      'a manifest that names what is gone',
      {
        'crm/accounts/live/0002-manifest.json': JSON.stringify({
          ...{ schema: 1, window: 'live', quarantine: [] },
          objects: [{ name: 'crm/accounts/live/0002-00001.ndjson.gz', records: 1, from: isoAt(1), to: isoAt(1) }],
        }),
      },
      /NoSuchKey.*life cycle/,
    ],
  ])('stops at %s', async (_, more, message) => {
    const { bucket } = bucketWith([live(1, row('a', 1))], more);
    await expect(compare({ siebel: siebelWith([]), runs: [] }, {}, { bucket })).rejects.toThrow(message);
  });

  it('stops at an object that is cut off, and at a line that no run has written', async () => {
    for (const [damage, message] of [
      [(body: Buffer) => body.subarray(0, body.length - 12), /did not give an object/],
      [() => gzipSync('{"Id":"a"}\n'), /a line without Id, or without a date and time in Updated/],
      [() => gzipSync('{"Id":"a","Upd'), /a line without Id/],
    ] as const) {
      const { bucket, objects } = bucketWith([live(1, row('a', 1), row('b', 2))]);
      const name = 'crm/accounts/live/0001-00001.ndjson.gz';
      const object = objects.get(name);
      if (object) objects.set(name, { ...object, body: damage(object.body) });

      await expect(compare({ siebel: siebelWith([]), runs: [] }, {}, { bucket })).rejects.toThrow(message);
    }
  });

  it('tells a bucket that refuses from one that does not answer', async () => {
    for (const [name, code] of [
      ['NoSuchBucket', 'CONFIGURATION'],
      ['AccessDenied', 'CONFIGURATION'],
      ['SlowDown', 'SINK_UNAVAILABLE'],
    ]) {
      const client = { send: () => Promise.reject(Object.assign(new Error('no'), { name })) };
      const bucket = outputBucket({ bucket: 'sync', client: client as unknown as Pick<S3Client, 'send'> });
      await expect(compare({ siebel: siebelWith([]), runs: [] }, {}, { bucket })).rejects.toMatchObject({ code });
    }
  });

  it('ends between two counts when it is interrupted', async () => {
    const controller = new AbortController();
    const siebel = siebelWith([row('a', 1)], () => controller.abort());
    await expect(
      compare({ siebel, runs: [live(1, row('a', 1))] }, { fromMs: NOON, ranges: 10 }, { signal: controller.signal }),
    ).rejects.toThrow(/abort/i);
    // One count, and the look at what has changed before it.
    expect(siebel.searches).toHaveLength(2);
  });
});
