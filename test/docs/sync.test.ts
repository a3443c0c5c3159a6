import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SyncSink } from '../../lib/operations/index.ts';
import { runWindow } from '../../lib/sync/run.ts';
import { s3Sink } from '../../lib/sync/s3-sink.ts';
import { runSweep } from '../../lib/sync/sweep/sweep.ts';
import { bucketInMemory } from '../lib/sync/bucket-in-memory.ts';
import { DAY, HOUR, JOB, lineOf, MINUTE, SECOND, START_MS, world } from '../lib/sync/sweep/sweep-parts.ts';
import { stateInMemory } from '../lib/sync/sync-parts.ts';
import { blocks, readPage, sampleFolder } from './samples.ts';

const page = await readPage('docs/sync.md');
const [job = '', reader = '', sink = '', ...more] = blocks(page, 'ts');

type Standing = (folder: string) => Map<string, Readonly<Record<string, unknown>>>;

describe('docs/sync.md', () => {
  it('has no sample that is not looked at here', () => {
    expect(more).toEqual([]);
  });

  it('shows the sink of one’s own that is compiled, and that passes the contract of sinks', async () => {
    const source = await readPage('test/support/file-sink.ts');
    const [shown = ''] = source.split('/** Lines of all valid files');

    const asShown = shown.replace('readdir, readFile, ', '');
    expect(sink).toBe(`${asShown.trimEnd()}\n`.replace(/'\.\.\/\.\.\/lib\/[^']+'/, "'./lib/operations/index.ts'"));
  });

  it('shows a job of the example', async () => {
    const plain = (text: string) =>
      text
        .replaceAll(/\/\/.*$/gm, '')
        .replaceAll(/\s+/g, ' ')
        .trim();

    expect(plain(await readPage('siebel.config.ts'))).toContain(plain(job));
  });
});

describe('the reader of docs/sync.md', () => {
  const samples = sampleFolder('sync-reader');
  let standing: Standing;

  beforeAll(async () => {
    ({ standing } = (await import(await samples.write('reader.ts', reader))) as { standing: Standing });
  });
  afterAll(() => samples.remove());

  it.each([1, 4])(
    'ends with what Siebel has, after live runs, sweeps and backfills, with a window of %i (R68, R76)',
    async (window) => {
      const output = await outputOf(window);
      try {
        await output.life();

        expect(standing(await output.folder())).toEqual(output.wanted());
      } finally {
        await output.remove();
      }
    },
  );
});

/** What a job leaves in the bucket, and what it should say. */
async function outputOf(window: number) {
  const copy = await mkdtemp(join(tmpdir(), 'sync-reader-'));
  const w = world({ job: { ...JOB, window } });
  const bucket = bucketInMemory();
  const storedMs = new Map<string, number>();
  const client = {
    async send(command: { readonly input: { readonly Key?: string } }) {
      const answer = await bucket.client.send(command as never);
      storedMs.set(command.input.Key ?? '', w.clock.now());
      return answer;
    },
  };
  const sink = s3Sink({ bucket: 'sync', prefix: 'crm', client: client as never });
  const state = stateInMemory({ ...w.clock, sleep: () => new Promise<void>(() => undefined) } as never);
  const id = (index: number) => `1-${index}`;

  const live = async (its: SyncSink = sink) => {
    w.clock.move(5 * MINUTE);
    await w.live((own) => ({ ...own, sink: its }));
  };
  const sweep = async () => {
    let begin = true;
    for (let outcome = ''; outcome !== 'complete'; begin = false) {
      const limits = { deadlineAtMs: w.clock.now() + 15 * MINUTE };
      ({ outcome } = await runSweep('accounts', w.job, { begin }, limits, { ...w.parts, sink }));
      await live();
    }
  };
  const backfill = async (name: string, its: SyncSink = sink) => {
    const what = {
      window: `backfill-${name}-0001`,
      span: { upToMs: w.clock.now() - HOUR },
      isCancelled: async () => false,
    };
    const parts = { siebel: w.siebel, state, sink: its, seen: w.seen, clock: w.clock, log: w.log, metrics: w.metrics };
    await runWindow('accounts', w.job, what, { deadlineAtMs: w.clock.now() + 5 * MINUTE }, parts);
  };

  return {
    async life() {
      w.put(
        ...Array.from({ length: 250 }, (_, index) => ({ id: id(index), updatedMs: START_MS - DAY + index * SECOND })),
      );
      await live();
      await sweep();
      // Changed; set back within the lookback, and beyond it; brought in with an old time; changed without a new time.
      w.put({ id: id(1), name: 'changed' }, { id: id(2), name: 'before' });
      await live();
      w.put({ id: id(2), name: 'set back', updatedMs: w.clock.now() - 8 * MINUTE });
      w.put({ id: id(3), name: 'set far back', updatedMs: START_MS - 3 * DAY });
      w.put({ id: 'old', name: 'of an import', updatedMs: START_MS - 2 * DAY });
      w.changeSilently(id(4), { name: 'through a join' });
      // Deleted; and one that a view will show again.
      const [hidden] = [...w.siebel.rows.values()].slice(9, 10);
      w.remove(id(6), id(7), hidden?.id ?? '');
      await live();
      await sweep();
      await sweep();
      w.put(hidden ?? {});
      await sweep();
      // What a backfill has read is older than what a live run hands over before it is stored.
      await backfill(
        'one',
        held(sink, async () => {
          w.put({ id: id(5), name: 'changed meanwhile' });
          w.clock.move(2 * MINUTE);
          await live();
          w.clock.move(2 * SECOND);
        }),
      );
      // A run that stands still in the last moment, is replaced, and stores what it has read.
      w.put({ id: id(8), name: 'read by one' });
      await live(
        held(sink, async () => {
          w.put({ id: id(8), name: 'read by another' });
          w.clock.move(2 * MINUTE);
          await live();
          w.clock.move(2 * SECOND);
        }),
      );
      w.put({ id: id(11), name: 'last' });
      await live();
      await live();
    },

    wanted: () => new Map([...w.siebel.rows.values()].map((row) => [row.id, JSON.parse(lineOf(row))])),

    /** As `aws s3 sync` copies it. */
    async folder() {
      for (const [key, body] of bucket.objects) {
        const file = join(copy, key.replace('crm/accounts/', ''));
        await mkdir(dirname(file), { recursive: true });
        await writeFile(file, body);
        const seconds = Math.floor((storedMs.get(key) ?? 0) / SECOND);
        await utimes(file, seconds, seconds);
      }
      return copy;
    },
    remove: () => rm(copy, { recursive: true }),
  };
}

/** A sink that does something else first, when its first chunk is closed. */
function held(sink: SyncSink, first: () => Promise<void>): SyncSink {
  let isHeld = true;
  return {
    ...sink,
    open(run) {
      const output = sink.open(run);
      return {
        ...output,
        chunk() {
          const chunk = output.chunk();
          return {
            ...chunk,
            async close(range) {
              if (isHeld) {
                isHeld = false;
                await first();
              }
              return chunk.close(range);
            },
          };
        },
      };
    },
  };
}
