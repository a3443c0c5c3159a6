import type { Clock } from '../../../../lib/clock.ts';
import { ServiceUnavailableError } from '../../../../lib/errors.ts';
import type { SyncJob } from '../../../../lib/operations/index.ts';
import { businessComponent, flag, readOnly, s3, text, utcDateTime } from '../../../../lib/operations/index.ts';
import type { Checkpoint, JobControl, LeaseKey, SyncControl, SyncState } from '../../../../lib/sync/checkpoint.ts';
import { runSync, type SyncParts, type SyncReport } from '../../../../lib/sync/run.ts';
import type { SyncSink } from '../../../../lib/sync/sink.ts';
import { type SweepContent, sweepCodec } from '../../../../lib/sync/sweep/content.ts';
import { seenRecords } from '../../../../lib/sync/sweep/seen-objects.ts';
import { type SetStore, unreadable } from '../../../../lib/sync/sweep/set-store.ts';
import { runSweep, type SweepParts, type SweepReport } from '../../../../lib/sync/sweep/sweep.ts';
import { keptLog, keptMetrics } from '../sync-parts.ts';
import { type Account, siebelRows, wire } from './siebel-rows.ts';

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const START_MS = 1_700_000_000_000;
const LAG_MS = MINUTE;
const LOOKBACK_MS = 10 * MINUTE;

export const ACCOUNT = businessComponent('Account/Account', {
  viewMode: 'All',
  fields: {
    Name: text(100),
    Updated: readOnly(utcDateTime()),
    Status: text(20),
    'Updated By': readOnly(text(20)),
    Active: flag(),
  },
});

export const JOB: SyncJob = {
  read: ACCOUNT.source,
  cursor: 'Updated',
  every: 'rate(5 minutes)',
  timezone: 'UTC',
  to: s3('crm'),
  pageSize: 100,
  window: 1,
  sweep: { every: 'rate(1 day)', timezone: 'UTC', maxMissing: 0.1 },
};

/** A clock that only the world of a test moves. */
export function worldClock(): Clock & { move(byMs: number): void } {
  let nowMs = START_MS;
  return {
    now: () => nowMs,
    elapsed: () => nowMs - START_MS,
    random: () => 0.5,
    sleep: () => Promise.reject(new Error('nobody sleeps')),
    move: (byMs) => {
      nowMs += byMs;
    },
  };
}

/** Objects of a bucket. */
export function setsInMemory(): SetStore & { readonly objects: Map<string, Buffer> } {
  const objects = new Map<string, Buffer>();
  return {
    objects,
    async put(name, body) {
      objects.set(name, Buffer.from(body));
    },
    async read(name, range) {
      const body = objects.get(name);
      if (!body || (range && range.from >= body.length)) throw unreadable(name, 'it is not there');
      return range ? body.subarray(range.from, range.from + range.bytes) : body;
    },
    async list(prefix, after) {
      return [...objects.keys()].filter((name) => name.startsWith(prefix) && name > after).sort();
    },
  };
}

interface Stored<T> extends SyncState<T> {
  /** What is stored; replaced by tests. */
  stored(): T;
}

/** The lease of one window, and what is stored under it. */
export function stateOf<T>(only: string, clock: Clock, nothing: T, copy: (stored: T) => T): Stored<T> {
  let leaseUntilMs = 0;
  let fence = 0;
  let now = nothing;
  const isHeldBy = (lease: LeaseKey) => lease.fence === fence;
  return {
    stored: () => now,
    async acquire(_job, window, leaseMs) {
      if (window !== only) throw new Error(`a lease of ${window} in the place of ${only}`);
      if (leaseUntilMs + 5 * SECOND > clock.now()) return undefined;
      leaseUntilMs = clock.now() + leaseMs;
      fence += 1;
      return { fence, nonce: `${fence}`, checkpoint: now };
    },
    async renew(_job, _window, lease, leaseMs) {
      if (!isHeldBy(lease)) return false;
      leaseUntilMs = clock.now() + leaseMs;
      return true;
    },
    async save(_job, _window, lease, next, leaseMs) {
      if (!isHeldBy(lease)) return false;
      leaseUntilMs = clock.now() + leaseMs;
      now = copy(next);
      return true;
    },
    async release(_job, _window, lease) {
      if (isHeldBy(lease)) leaseUntilMs = 0;
    },
    look: async () => (fence === 0 ? undefined : { checkpoint: now, leaseUntilMs, fence }),
    begin: async () => false,
    reset: async () => false,
  };
}

/** A sweep's content as it comes back from the table. */
function throughTable(content: SweepContent): SweepContent {
  const read = sweepCodec.read(sweepCodec.write(content));
  if (!read) throw new Error(`not a content: ${sweepCodec.write(content)}`);
  return read;
}

export interface Line {
  readonly id: string;
  readonly line: string;
  readonly window: string;
  readonly fence: number;
}

/** A sink that keeps what was closed, in order. */
export function sinkOfLines(
  recordsPerChunk: number,
  onLine: (line: Line) => void,
): SyncSink & { readonly lines: Line[]; readonly quarantined: string[] } {
  const lines: Line[] = [];
  const quarantined: string[] = [];
  return {
    lines,
    quarantined,
    recordsPerChunk,
    open: ({ window, fence }) => ({
      chunk() {
        const held: Line[] = [];
        return {
          async write(records) {
            held.push(...records.map(({ id, line }) => ({ id, line, window, fence })));
          },
          async close() {
            for (const line of held) {
              onLine(line);
              lines.push(line);
            }
            return [`${lines.length}`];
          },
          abort: async () => undefined,
        };
      },
      async quarantine({ lines: bad }) {
        quarantined.push(...bad);
        return 'quarantine';
      },
    }),
  };
}

export type World = ReturnType<typeof world>;

/**
 * Siebel, a live job, a sweep and a sink, all moved by a test.
 *
 * @param options.hot These move before every page and every live run.
 */
export function world({
  job = JOB,
  pageLimit,
  recordsPerChunk = 500,
  entriesPerFile,
  hot = [],
  transform,
}: {
  job?: SyncJob;
  pageLimit?: number;
  recordsPerChunk?: number;
  entriesPerFile?: number;
  hot?: string[];
  transform?: NonNullable<Parameters<typeof siebelRows>[0]>['transform'];
} = {}) {
  const clock = worldClock();
  const siebel = siebelRows({
    pageLimit,
    ...(transform && { transform }),
    async beforePage() {
      clock.move(SECOND);
      moveHot();
    },
  });
  const moveHot = () => {
    for (const id of hot) {
      const row = siebel.rows.get(id);
      if (row) siebel.rows.set(id, { ...row, updatedMs: clock.now() });
    }
  };
  const sets = setsInMemory();
  const state = stateOf('sweep', clock, sweepCodec.nothing, throughTable);
  const liveState = stateOf<Checkpoint>('live', clock, { cursor: undefined }, structuredClone);
  const log = keptLog();
  const metrics = keptMetrics();
  const falseTombstones: string[] = [];
  const sink = sinkOfLines(recordsPerChunk, ({ id, line }) => {
    if (JSON.parse(line).deleted && siebel.rows.has(id)) falseTombstones.push(id);
  });
  const seen = seenRecords({ sets, clock });
  const control: { now: JobControl } & SyncControl = {
    now: { runs: [] },
    read: async () => control.now,
    pause: async () => undefined,
    resume: async () => undefined,
    confirmSweep: async () => undefined,
    addRun: async () => undefined,
    members: async () => undefined,
    keepMembers: async () => undefined,
  };

  const parts: SweepParts = {
    siebel,
    state,
    live: liveState,
    control,
    sink,
    sets,
    clock,
    log,
    metrics,
    safetyLagMs: LAG_MS,
    callTimeoutMs: 5 * SECOND,
    entriesPerFile,
  };

  return {
    get job() {
      return job;
    },
    /** Deploys another declaration. */
    deploy(next: SyncJob) {
      job = next;
    },
    clock,
    siebel,
    sets,
    state,
    liveState,
    log,
    metrics,
    sink,
    seen,
    parts,
    control,
    falseTombstones,

    put(...accounts: readonly Partial<Account>[]) {
      for (const { id = '', ...account } of accounts) {
        siebel.rows.set(id, { id, name: 'A', ...siebel.rows.get(id), updatedMs: clock.now(), ...account });
      }
    },
    /** A change that leaves the cursor field as it is. */
    changeSilently(id: string, changed: Partial<Account>) {
      const row = siebel.rows.get(id);
      if (row) siebel.rows.set(id, { ...row, ...changed, updatedMs: row.updatedMs });
    },
    remove: (...ids: readonly string[]) => ids.forEach((id) => void siebel.rows.delete(id)),

    async live(disturbed: (parts: SyncParts) => SyncParts = (own) => own): Promise<SyncReport> {
      moveHot();
      const limits = { deadlineAtMs: clock.now() + 15 * MINUTE };
      const own = { siebel, control, sink, seen, clock, metrics, state: liveState, log: keptLog() };
      return runSync('accounts', job, limits, disturbed({ ...own, safetyLagMs: LAG_MS, lookbackMs: LOOKBACK_MS }));
    },

    sweep: (begin = true, minutes = 15): Promise<SweepReport> =>
      runSweep('accounts', job, { begin }, { deadlineAtMs: clock.now() + minutes * MINUTE }, parts),

    /** A sweep from its beginning to its end, with the live runs that it waits for. */
    async wholeSweep(begin = true): Promise<SweepReport> {
      let report = await this.sweep(begin);
      while (['waiting', 'stopped'].includes(report.outcome)) {
        clock.move(5 * MINUTE);
        await this.live();
        report = await this.sweep(false);
      }
      return report;
    },

    /** The last line of each record that the sink was given. */
    holds(): Map<string, string> {
      return new Map(sink.lines.map(({ id, line }) => [id, line]));
    },
    /** What the sink should hold. */
    wanted(): Map<string, string> {
      return new Map([...siebel.rows.values()].map((row) => [row.id, lineOf(row)]));
    },
    swept: () => sink.lines.filter(({ window }) => window === 'sweep'),
  };
}

export function lineOf({ id, name, updatedMs, status = 'Active', by = 'PERSON' }: Account): string {
  const updated = `${new Date(updatedMs).toISOString().slice(0, 19)}Z`;
  return JSON.stringify({ Id: id, Name: name, Updated: updated, Status: status, 'Updated By': by, Active: true });
}

export const TOMBSTONE = (id: string) => JSON.stringify({ Id: id, deleted: true });

export const outage = () => new ServiceUnavailableError('SINK_UNAVAILABLE', 'an outage');
export { wire };
