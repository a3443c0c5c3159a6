import type { Dimension, Log, LogFields, Metrics } from '../../../lib/logger.ts';
import { businessComponent, readOnly, type SyncJob, s3, text, utcDateTime } from '../../../lib/operations/index.ts';
import type {
  Checkpoint,
  JobControl,
  LeaseKey,
  RunRecord,
  SyncControl,
  SyncState,
} from '../../../lib/sync/checkpoint.ts';
import type { SyncSink } from '../../../lib/sync/sink.ts';
import { type FakeClock, fakeClock } from '../../support/fake-clock.ts';
import { siebelInMemory, type Version } from './siebel-in-memory.ts';

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
/** A whole second, so that instants on the wire are easy to follow. */
export const NOW_MS = 1_700_000_000_000;

export const JOB: SyncJob & { readonly to: { readonly prefix: string } } = {
  read: businessComponent('Account/Account', {
    viewMode: 'All',
    fields: { Name: text(100), Updated: readOnly(utcDateTime()) },
  }).source,
  cursor: 'Updated',
  every: 'rate(5 minutes)',
  timezone: 'UTC',
  to: s3('crm'),
  pageSize: 100,
  window: 1,
};

export interface StateInMemory extends SyncState {
  /** Checkpoints of all windows, in the order in which they were stored. */
  readonly saved: Checkpoint[];
  /** Of the live job. */
  checkpoint: Checkpoint;
  fence: number;
  /** Checkpoint of any window. */
  of(window: string): Checkpoint | undefined;
}

interface StoredWindow {
  checkpoint: Checkpoint | undefined;
  fence: number;
  nonce: string;
  leaseUntilMs: number;
}

/** Leases and checkpoints of one job, with the same conditions as the state table's. */
export function stateInMemory(clock: FakeClock, checkpoint?: Checkpoint): StateInMemory {
  const windows = new Map<string, StoredWindow>();
  let nonces = 0;
  const at = (window: string): StoredWindow => {
    const known = windows.get(window) ?? { checkpoint: undefined, fence: 0, nonce: '', leaseUntilMs: 0 };
    windows.set(window, known);
    return known;
  };
  const isHeldBy = (window: string, lease: LeaseKey) =>
    lease.fence === at(window).fence && lease.nonce === at(window).nonce;
  const isFree = (window: string) => at(window).leaseUntilMs + 5 * SECOND <= clock.now();
  const take = (window: string, untilMs: number) => {
    nonces += 1;
    Object.assign(at(window), { fence: at(window).fence + 1, nonce: `nonce ${nonces}`, leaseUntilMs: untilMs });
  };
  at('live').checkpoint = checkpoint;

  const state: StateInMemory = {
    saved: [],
    get checkpoint() {
      return at('live').checkpoint ?? { cursor: undefined };
    },
    set checkpoint(next) {
      at('live').checkpoint = next;
    },
    get fence() {
      return at('live').fence;
    },
    set fence(next) {
      at('live').fence = next;
    },
    of: (window) => at(window).checkpoint,
    async acquire(_job, window, leaseMs) {
      if (!isFree(window)) return undefined;
      take(window, clock.now() + leaseMs);
      const { fence, nonce, checkpoint: stored = { cursor: undefined } } = at(window);
      return { fence, nonce, checkpoint: structuredClone(stored) };
    },
    async renew(_job, window, lease, leaseMs) {
      if (!isHeldBy(window, lease)) return false;
      at(window).leaseUntilMs = clock.now() + leaseMs;
      return true;
    },
    async save(_job, window, lease, next, leaseMs) {
      if (!isHeldBy(window, lease)) return false;
      Object.assign(at(window), { leaseUntilMs: clock.now() + leaseMs, checkpoint: structuredClone(next) });
      state.saved.push(structuredClone(next));
      return true;
    },
    async release(_job, window, lease) {
      if (isHeldBy(window, lease)) at(window).leaseUntilMs = 0;
    },
    async look(_job, window) {
      const { checkpoint: stored, fence, leaseUntilMs } = at(window);
      return { fence, leaseUntilMs, ...(stored && { checkpoint: stored }) };
    },
    async begin(_job, { fromMs, boundMs }) {
      if (at('live').checkpoint || !isFree('live')) return false;
      take('live', 0);
      const pass = { boundMs, open: [{ fromMs, upToMs: boundMs }] };
      at('live').checkpoint = { cursor: undefined, floorMs: fromMs, pass };
      return true;
    },
    async reset(_job, window, to) {
      if (!isFree(window)) return false;
      take(window, 0);
      at(window).checkpoint = to && {
        cursor: undefined,
        floorMs: to.fromMs,
        pass: { boundMs: to.boundMs, open: [{ fromMs: to.fromMs, upToMs: to.boundMs }] },
      };
      return true;
    },
  };
  return state;
}

export interface ControlInMemory extends SyncControl {
  readonly runs: RunRecord[];
  paused: JobControl['paused'];
}

/** What a person has said about one job, and its history. */
export function controlInMemory(clock: FakeClock): ControlInMemory {
  let members: readonly string[] | undefined;
  const control: ControlInMemory = {
    runs: [],
    paused: undefined,
    read: async () => ({ runs: control.runs, ...(control.paused && { paused: control.paused }) }),
    async pause(_job, { by }) {
      control.paused = { by, atMs: clock.now() };
    },
    async resume() {
      control.paused = undefined;
    },
    confirmSweep: async () => undefined,
    addRun: async (_job, run) => void control.runs.push(run),
    members: async () => members,
    async keepMembers(_job, names) {
      members = names;
    },
  };
  return control;
}

export interface SinkInMemory extends SyncSink {
  /** Every line of a chunk that was closed, in order. */
  readonly lines: string[];
  readonly objects: { readonly name: string; readonly lines: readonly string[] }[];
  readonly quarantine: string[];
  /** Chunks that were given up. */
  readonly aborted: number;
}

/** @param options.recordsPerChunk Default 1 000: ten full pages. */
export function sinkInMemory({ recordsPerChunk = 1_000 } = {}): SinkInMemory {
  let aborted = 0;
  const sink: SinkInMemory = {
    recordsPerChunk,
    lines: [],
    objects: [],
    quarantine: [],
    get aborted() {
      return aborted;
    },
    open({ job, window, fence }) {
      let sequence = 0;
      return {
        chunk() {
          const lines: string[] = [];
          return {
            write: async (records) => void lines.push(...records.map(({ line }) => line)),
            async close() {
              sequence += 1;
              const name = `crm/${job}/${window}/${fence}-${sequence}`;
              sink.objects.push({ name, lines });
              sink.lines.push(...lines);
              return [name];
            },
            async abort() {
              aborted += 1;
            },
          };
        },
        async quarantine({ lines }) {
          sink.quarantine.push(...lines);
          return `crm/${job}/quarantine`;
        },
      };
    },
  };
  return sink;
}

export interface Line extends LogFields {
  readonly event: string;
}

export function keptLog(): Log & { readonly lines: Line[] } {
  const lines: Line[] = [];
  const logWith = (own: LogFields): Log & { readonly lines: Line[] } => {
    const keep = (event: string, fields?: LogFields) => void lines.push({ ...own, ...fields, event });
    return { lines, info: keep, warn: keep, error: keep, with: (fields) => logWith({ ...own, ...fields }) };
  };
  return logWith({});
}

export function keptMetrics(): Metrics & {
  readonly counts: Map<string, number>;
  readonly times: { readonly name: string; readonly value: number; readonly by?: Dimension | undefined }[];
} {
  const counts = new Map<string, number>();
  const times: { name: string; value: number; by?: Dimension | undefined }[] = [];
  return {
    counts,
    times,
    count: (name, value = 1) => void counts.set(name, (counts.get(name) ?? 0) + value),
    milliseconds: (name, value, by) => void times.push({ name, value, ...(by && { by }) }),
    seconds: () => undefined,
    publish: () => undefined,
  };
}

/** Everything a run needs, in memory. */
export function syncParts({
  clock = fakeClock({ nowMs: NOW_MS }),
  checkpoint,
  recordsPerChunk,
  ...options
}: {
  clock?: FakeClock;
  checkpoint?: Checkpoint;
  recordsPerChunk?: number;
} & Omit<Parameters<typeof siebelInMemory>[0], 'now'> = {}) {
  const siebel = siebelInMemory({ now: () => clock.now(), ...options });
  const log = keptLog();
  const metrics = keptMetrics();
  const sink = sinkInMemory(recordsPerChunk === undefined ? {} : { recordsPerChunk });
  const state = stateInMemory(clock, checkpoint);
  return { clock, siebel, state, control: controlInMemory(clock), sink, log, metrics };
}

/** `count` records that changed one after the other, the last one `lastBeforeNowMs` before now. */
export function changes(
  count: number,
  { stepMs = SECOND, lastBeforeNowMs = 60 * MINUTE }: { stepMs?: number; lastBeforeNowMs?: number } = {},
): Version[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `1-${String(index).padStart(6, '0')}`,
    name: `Account ${index}`,
    updatedAtMs: NOW_MS - lastBeforeNowMs - (count - 1 - index) * stepMs,
  }));
}

export function idsOf(lines: readonly string[]): string[] {
  return lines.map((line) => JSON.parse(line).Id);
}
