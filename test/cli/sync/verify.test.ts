import { beforeEach, describe, expect, it } from 'vitest';
import type { Runtime } from '../../../cli/runtime.ts';
import { type SearchSpecification, searchSpecification } from '../../../lib/siebel/search-specification.ts';
import type { OutputBucket } from '../../../lib/sync/verify/output-bucket.ts';
import { CURSOR, MINUTE, NOON, ran, syncLine } from './sync-line.ts';

let line: ReturnType<typeof syncLine>;
let counted: (SearchSpecification | undefined)[];
let deadlines: number[];
beforeEach(() => {
  line = syncLine();
  counted = [];
  deadlines = [];
  line.stored('accounts', { cursor: CURSOR, boundMs: NOON - 3 * MINUTE });
});

/** The same counts of Siebel for every range, over a bucket with so many records, a minute apart and the last at 11:55. */
function sides(siebel: number, bucketCount: number, more: Partial<OutputBucket> = {}) {
  const manifest = 'crm/accounts/live/0000000007-manifest.json';
  const object = { name: 'crm/accounts/live/0000000007-00001.ndjson.gz', records: bucketCount };
  const range = { from: '2026-03-01T11:50:00Z', to: '2026-03-01T11:55:00Z' };
  const bucket: OutputBucket = {
    async *list() {
      yield manifest;
    },
    read: async () => JSON.stringify({ schema: 1, window: 'live', objects: [{ ...object, ...range }], quarantine: [] }),
    async lines() {
      async function* lines() {
        for (let number = 0; number < bucketCount; number += 1) {
          const at = new Date(NOON - (5 + number) * MINUTE).toISOString();
          yield JSON.stringify({ Id: `1-${number}`, Updated: at });
        }
      }
      return { writtenAtMs: NOON, lines: lines() };
    },
    ...more,
  };
  const client = {
    async count(
      _at: unknown,
      { where }: { where: Parameters<typeof searchSpecification>[0] },
      { deadlineAtMs }: { deadlineAtMs: number },
    ) {
      counted.push(searchSpecification(where));
      deadlines.push(deadlineAtMs);
      return siebel;
    },
    async *pages() {},
  };
  return {
    wrap: (runtime: Runtime): Runtime => ({
      ...runtime,
      siebel: () => client as unknown as ReturnType<Runtime['siebel']>,
      output: () => bucket,
    }),
  };
}

describe('siebel sync verify', () => {
  it('says that the counts of both sides are equal, up to what the job has read', async () => {
    const { code, out } = await line.run(['verify', 'accounts', '--ranges', '1'], sides(5, 5));

    expect([code, out.split('\n')]).toEqual([
      0,
      [
        'The counts are equal in 1 range. Siebel 5, bucket 5, up to 2026-03-01T11:57:00Z.',
        '5 lines in 1 object of 1 manifest.',
      ],
    ]);
    expect(counted).toEqual(['([Updated] <= "03/01/2026 11:57:00")']);
    // As long as the settings give a call.
    expect(deadlines).toEqual([NOON + 285_000]);
  });

  it('prints the ranges that differ, what may account for it, and how to look closer; exit code 1', async () => {
    const argv = ['verify', 'accounts', '--from', '2026-03-01T11:50Z', '--to', '2026-03-01T11:55:59Z', '--ranges', '2'];
    const { code, out } = await line.run(argv, sides(2, 5));

    expect(code).toBe(1);
    expect(out.split('\n').map((each) => each.split(/ {2,}/))).toEqual([
      ['FROM', 'TO', 'SIEBEL', 'BUCKET', 'DIFFERENCE'],
      ['2026-03-01T11:53:00Z', '2026-03-01T11:55:59Z', '2', '3', '-1'],
      [''],
      ['1 of 2 ranges differs. Siebel 4, bucket 5, up to 2026-03-01T11:55:59Z.'],
      ['5 lines in 1 object of 1 manifest.'],
      [expect.stringContaining('until they were absent from two sweeps')],
      [
        'Look closer:',
        'npm run --silent siebel -- sync verify accounts --from 2026-03-01T11:53:00Z --to 2026-03-01T11:55:59Z --ranges 20',
      ],
    ]);
    expect(counted).toHaveLength(2);
  });

  it('says that deletions stay when the job declares no sweep, and what Siebel may have more of', async () => {
    line.stored('requests', { cursor: CURSOR, boundMs: NOON });
    const less = await line.json(['verify', 'requests', '--ranges', '1'], sides(1, 5));
    const more = await line.json(['verify', 'requests', '--ranges', '1'], sides(9, 5));

    expect(less.notes).toEqual([expect.stringContaining('declares no sweep')]);
    expect(more).toMatchObject({ code: 1, equal: false, siebel: 9, bucket: 5, ranges: [{ difference: 4 }] });
    expect(more.notes).toEqual([
      expect.stringMatching(
        /^Siebel has more.* missing from the bucket: .*sync backfill requests reads a range again\.$/,
      ),
    ]);
  });

  it('compares jobs that leave objects, and no others', async () => {
    line.stored('contacts', { cursor: CURSOR, boundMs: NOON });
    expect(await line.json(['verify', 'contacts'], sides(5, 5))).toMatchObject({
      code: 1,
      error: { code: 'NO_OBJECTS', message: expect.stringContaining('s3(…) alone') },
    });
  });

  it('waits for the first whole read', async () => {
    line.stored('requests', { cursor: CURSOR, pass: { boundMs: NOON, open: [{ upToMs: NOON }] } });
    for (const job of ['requests']) {
      expect(await line.json(['verify', job], sides(5, 5))).toMatchObject({
        code: 1,
        error: { code: 'NOTHING_READ_YET' },
      });
    }
    expect(counted).toEqual([]);
  });

  it('compares what a job has read that was never shown a record', async () => {
    line.looks.set('requests', { leaseUntilMs: 0, fence: 7 });
    expect(await line.json(['verify', 'requests'], sides(0, 0))).toMatchObject({ error: { code: 'NOTHING_READ_YET' } });
    const { cursorAt: _, ...nothing } = ran({ records: 0, pages: 1 });
    line.controls.set('requests', { runs: [nothing] });
    expect(await line.json(['verify', 'requests'], sides(0, 0))).toMatchObject({
      ...{ code: 0, equal: true, to: '2026-03-01T11:57:00Z' },
    });
  });

  it('goes no further than what the job has read', async () => {
    const { to } = await line.json(['verify', 'accounts', '--to', '2026-03-01T11:59Z', '--ranges', '1'], sides(5, 5));
    expect(to).toBe('2026-03-01T11:57:00Z');
  });

  it.each([
    [['--from', '1m']],
    [['--from', '20m', '--to', '30m']],
    [['--ranges', '0']],
    [['--ranges', '1001']],
    [['--from', 'yesterday']],
  ])('is used wrongly with %j', async (options) => {
    expect(await line.json(['verify', 'accounts', ...options], sides(5, 5))).toMatchObject({
      code: 2,
      error: { code: 'USAGE' },
    });
    expect(counted).toEqual([]);
  });

  it('ends without a comparison when it is interrupted', async () => {
    const controller = new AbortController();
    const read = async () => {
      controller.abort();
      return JSON.stringify({ schema: 1, window: 'live', objects: [], quarantine: [] });
    };
    const argv = ['verify', 'accounts'];
    const ended = await line.json(argv, { ...sides(5, 5, { read }), signal: controller.signal });
    expect(ended).toMatchObject({ code: 1, error: { code: 'INTERRUPTED' } });
  });

  it('shows where it stands', async () => {
    const told: string[] = [];
    await line.run(['verify', 'accounts', '--ranges', '1'], {
      ...sides(5, 5),
      onProgress: (words) => told.push(words),
    });
    expect(told).toEqual(['1 manifests …', '1 of 1 objects read, 5 lines …', '1 of 1 ranges counted at Siebel …']);
  });
});
