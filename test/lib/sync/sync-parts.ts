import type { Log, LogFields, Metrics } from '../../../lib/logger.ts';
import { businessComponent, readOnly, s3, text, utcDateTime } from '../../../lib/operations/index.ts';
import type { Checkpoint, LeaseKey, SyncState } from '../../../lib/sync/checkpoint.ts';
import type { SyncSink } from '../../../lib/sync/sink.ts';
import { type FakeClock, fakeClock } from '../../support/fake-clock.ts';
import { siebelInMemory, type Version } from './siebel-in-memory.ts';

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
/** A whole second, so that instants on the wire are easy to follow. */
export const NOW_MS = 1_700_000_000_000;

export const JOB = {
  read: businessComponent('Account/Account', {
    viewMode: 'All',
    fields: { Name: text(100), Updated: readOnly(utcDateTime()) },
  }).source,
  cursor: 'Updated',
  every: 'rate(5 minutes)',
  timezone: 'UTC',
  to: s3('crm'),
} as const;

export interface StateInMemory extends SyncState {
  readonly saved: Checkpoint[];
  checkpoint: Checkpoint;
  fence: number;
}

/** Leases and one checkpoint, with the same conditions as the state table's. */
export function stateInMemory(clock: FakeClock, checkpoint?: Checkpoint): StateInMemory {
  let leaseUntilMs = 0;
  let nonce = '';
  const isHeldBy = (lease: LeaseKey) => lease.fence === state.fence && lease.nonce === nonce;
  const state: StateInMemory = {
    saved: [],
    checkpoint: checkpoint ?? { cursor: undefined, emitted: [] },
    fence: 0,
    async acquire(_job, _window, leaseMs) {
      if (leaseUntilMs + 5 * SECOND > clock.now()) return undefined;
      leaseUntilMs = clock.now() + leaseMs;
      state.fence += 1;
      nonce = `nonce of ${clock.now()}`;
      return { fence: state.fence, nonce, checkpoint: state.checkpoint };
    },
    async renew(_job, _window, lease, leaseMs) {
      if (!isHeldBy(lease)) return false;
      leaseUntilMs = clock.now() + leaseMs;
      return true;
    },
    async save(_job, _window, lease, next, leaseMs) {
      if (!isHeldBy(lease)) return false;
      leaseUntilMs = clock.now() + leaseMs;
      state.checkpoint = structuredClone(next);
      state.saved.push(state.checkpoint);
      return true;
    },
    async release(_job, _window, lease) {
      if (isHeldBy(lease)) leaseUntilMs = 0;
    },
  };
  return state;
}

export interface SinkInMemory extends SyncSink {
  /** Every line that was ever accepted, in order. */
  readonly lines: string[];
  readonly objects: { readonly name: string; readonly lines: readonly string[] }[];
  readonly quarantine: string[];
}

export function sinkInMemory(): SinkInMemory {
  const sink: SinkInMemory = {
    lines: [],
    objects: [],
    quarantine: [],
    open({ prefix, job, window, fence }) {
      let sequence = 0;
      return {
        async records({ lines }) {
          sequence += 1;
          const name = `${prefix}/${job}/${window}/${fence}-${sequence}`;
          sink.objects.push({ name, lines });
          sink.lines.push(...lines);
          return name;
        },
        async quarantine({ lines }) {
          sink.quarantine.push(...lines);
          return `${prefix}/${job}/quarantine`;
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

export function keptMetrics(): Metrics & { readonly counts: Map<string, number> } {
  const counts = new Map<string, number>();
  return {
    counts,
    count: (name, value = 1) => void counts.set(name, (counts.get(name) ?? 0) + value),
    milliseconds: () => undefined,
    seconds: () => undefined,
    publish: () => undefined,
  };
}

/** Everything a run needs, in memory. */
export function syncParts({
  clock = fakeClock({ nowMs: NOW_MS }),
  checkpoint,
  ...options
}: {
  clock?: FakeClock;
  checkpoint?: Checkpoint;
} & Omit<Parameters<typeof siebelInMemory>[0], 'now'> = {}) {
  const siebel = siebelInMemory({ now: () => clock.now(), ...options });
  const log = keptLog();
  const metrics = keptMetrics();
  return { clock, siebel, state: stateInMemory(clock, checkpoint), sink: sinkInMemory(), log, metrics };
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
