import type { BackfillParts } from '../../../../functions/backfill.ts';
import type { SyncJob } from '../../../../lib/operations/index.ts';
import type { BackfillPlan } from '../../../../lib/sync/backfill/plan.ts';
import type { SinkRecord, SyncSink } from '../../../../lib/sync/sink.ts';
import { fakeClock } from '../../../support/fake-clock.ts';
import { siebelInMemory } from '../siebel-in-memory.ts';
import { JOB, keptLog, keptMetrics, NOW_MS, stateInMemory } from '../sync-parts.ts';
import { plansInMemory } from './plans-in-memory.ts';

export const ACCOUNTS: SyncJob = { ...JOB, window: 4 };

/** A sink of small chunks that keeps what was closed, by window. */
export interface ChunksInMemory extends SyncSink {
  /** In the order in which they became valid. */
  readonly closed: {
    readonly window: string;
    readonly ids: readonly string[];
    readonly lines: readonly string[];
  }[];
}

export function chunksInMemory(recordsPerChunk: number): ChunksInMemory {
  const closed: { window: string; ids: string[]; lines: string[] }[] = [];
  return {
    recordsPerChunk,
    closed,
    open: ({ window }) => ({
      chunk() {
        const held: SinkRecord[] = [];
        return {
          write: async (records) => void held.push(...records),
          async close() {
            if (held.length === 0) return [];
            closed.push({ window, ids: held.map(({ id }) => id), lines: held.map(({ line }) => line) });
            return [`${window}-${closed.length}`];
          },
          abort: async () => undefined,
        };
      },
      quarantine: async () => 'quarantine',
    }),
  };
}

/** All that the backfill function is made of, in memory. */
export function backfillParts({ recordsPerChunk = 300 }: { recordsPerChunk?: number } = {}) {
  const clock = fakeClock({ nowMs: NOW_MS });
  const hidden: { handle: string; seconds: number }[] = [];
  const metrics = keptMetrics();
  const sink = chunksInMemory(recordsPerChunk);
  const parts = {
    clock,
    siebel: siebelInMemory({ now: () => clock.now() }),
    state: stateInMemory(clock),
    plans: plansInMemory(),
    sink,
    sinkOf: () => sink,
    log: keptLog(),
    metrics,
    jobs: new Map([['accounts', ACCOUNTS]]),
    tokens: { settled: async () => undefined },
    hide: async (handle: string, seconds: number) => void hidden.push({ handle, seconds }),
    backoffSeconds: 30,
  } satisfies BackfillParts & { sink: SyncSink };
  return { ...parts, hidden };
}

/** A plan of windows that end at these instants. */
export function planEnding(ends: readonly number[], changed: Partial<BackfillPlan> = {}): BackfillPlan {
  return {
    id: '20231114-aaaaa',
    toMs: ends.at(-1) ?? 0,
    atMs: NOW_MS,
    by: 'ines',
    state: 'running',
    shape: { component: 'Account/Account', cursor: 'Updated' },
    beginsJob: true,
    since: { atMs: NOW_MS, records: 0 },
    windows: ends.map((toMs, index) => {
      const fromMs = ends[index - 1];
      return { n: index + 1, ...(fromMs !== undefined && { fromMs }), toMs, records: 500 };
    }),
    ...changed,
  };
}
