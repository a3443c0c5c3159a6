import type { SiebelRecord } from '../../siebel/component.ts';
import type { SyncLease } from '../checkpoint.ts';
import { withoutLinesOf } from '../emitted-lines.ts';
import { holdingLease, type KeptLease } from '../kept-lease.ts';
import { LIVE } from '../run-parts.ts';
import { batchOf, recordsById } from './by-id.ts';
import type { SweepIn, Totals } from './content.ts';
import { heldBack, recordsShow } from './guard.ts';
import { handOverChunk } from './hand-over-chunk.ts';
import { type LookedUp, lookedUp } from './looked-up.ts';
import { takeDown } from './seen-objects.ts';
import { BUCKETS, type SetEntry } from './set-entries.ts';
import type { OpenFile } from './set-files.ts';
import { Interrupted, refuseAnotherJob, SWEEP, type Work } from './work.ts';

/** Looked up for one chunk. */
const MOST_IN_CHUNK = 500;
/** A chunk is handed over after so long at the latest, so that what was looked up is still true. */
const CHUNK_MS = 20_000;

type Bounds = Parameters<typeof lookedUp>[3];

/**
 * Looks up every suspicion by Id, and hands over what it turns out to be: a tombstone, a record in full, or nothing.
 * Chunk by chunk: takes it down, hands it to the sink, then moves on, so that a crash repeats one chunk at most.
 *
 * Looks up and hands over while it holds the lease of the live job, and under that fence: so no line of a sweep is older than
 * what live runs have handed over before it, and the fences of both put their lines in one order.
 *
 * @throws Interrupted `stopped`, `waiting` (a live run is at work), `paused`, `lease-lost`. ConfigurationError `SWEEP_SETS`, `SWEEP_GUARD`, `SYNC_DRIFT`,
 *   `SYNC_JOB_CHANGED`.
 * @throws Whatever Siebel and the sink throw.
 */
export async function emitAll(work: Work, begun: SweepIn<'emitting'>): Promise<SweepIn<'emitting'>> {
  const { parts } = work;
  const files = await work.files.open('todo', begun.todo);
  const size = Math.min(MOST_IN_CHUNK, parts.sink.recordsPerChunk);
  let stored = begun;

  for await (const entries of chunksOf(files, { skip: begun.done, size })) {
    await work.stopIfPaused();
    let at = 0;
    while (at < entries.length) {
      const { totals, count } = await emitChunk(work, stored, entries.slice(at));
      if (count === 0) throw new Interrupted('stopped');
      at += count;
      stored = await work.saveStep({ ...stored, done: stored.done + count, totals: added(stored.totals, totals) });
    }
  }
  return stored;
}

/** Looks up as many entries as there is time for, and hands over what is to be, while no live run is at work. */
async function emitChunk(
  work: Work,
  stored: SweepIn<'emitting'>,
  entries: readonly SetEntry[],
): Promise<{ readonly totals: Totals; readonly count: number }> {
  const { name, parts } = work;
  const { live: state, clock, log, leaseMs = 60_000 } = parts;
  const emitted = await holdingLease({ state, job: name, window: LIVE, leaseMs, clock, log }, async (lease, kept) => {
    refuseAnotherJob(work, lease.checkpoint);
    const settled = await lookUp(work, entries, boundsOf(work, stored, lease.checkpoint.boundMs));
    const hasGone = settled.some(({ kind }) => kind === 'tombstone');
    if (hasGone && !stored.allGone && !(await recordsShow(work, stored.records))) await heldBack(work, stored);
    await forget(work, settled, lease, kept);
    const output = parts.sink.open({ job: name, window: SWEEP, fence: lease.fence });
    const place = {
      fence: lease.fence,
      boundMs: stored.boundMs,
      assertOurs: (ms: number) => assertOurs(work, kept, ms),
    };
    const totals = await handOverChunk(work, output, settled, place);
    return { totals: { ...totals, added: settled.filter(({ isNew }) => isNew).length }, count: settled.length };
  });
  if (emitted) return emitted;
  parts.metrics.count('lease.held');
  log.info('SWEEP_WAITS', { job: name, sweep: work.content.number });
  throw new Interrupted('waiting');
}

/**
 * Lets the live job forget the lines that it handed over of what is handed over now, before that is done: a record that
 * becomes again what it was is no repeat then, and one that is handed over twice does no harm.
 */
async function forget(
  { name, parts }: Work,
  settled: readonly LookedUp[],
  lease: SyncLease,
  kept: KeptLease,
): Promise<void> {
  const { live, leaseMs = 60_000 } = parts;
  const { emitted: before, ...checkpoint } = lease.checkpoint;
  if (!before) return;
  const ids = settled.flatMap((each) =>
    each.kind === 'tombstone' ? [each.id] : each.kind === 'found' ? [each.row.id] : [],
  );
  const emitted = withoutLinesOf(ids, before);
  if (emitted === before) return;
  const next = emitted.length > 0 ? { ...checkpoint, emitted } : checkpoint;
  if (!(await kept.extend(() => live.save(name, LIVE, lease, next, leaseMs)))) throw new Interrupted('waiting');
}

/** Whoever has lost one of the two leases hands nothing over: another may have done so already, with newer records (R67). */
async function assertOurs(work: Work, kept: KeptLease, freshMs: number): Promise<void> {
  if (!(await kept.isOurs(freshMs))) throw new Interrupted('waiting');
  await work.keepLease(freshMs);
}

function boundsOf(
  { job, parts }: Work,
  { liveBoundMs: comparedMs }: SweepIn<'emitting'>,
  nowMs: number = comparedMs,
): Bounds {
  const lookbackMs = job.lookbackSeconds === undefined ? (parts.lookbackMs ?? 600_000) : job.lookbackSeconds * 1_000;
  return { comparedMs, nowMs, againFromMs: nowMs - lookbackMs };
}

/** Looks up as many as there is time for. */
async function lookUp(work: Work, entries: readonly SetEntry[], bounds: Bounds): Promise<readonly LookedUp[]> {
  const { job, parts, tally, callDeadlineAtMs: deadlineAtMs, onCall } = work;
  const startedMs = parts.clock.elapsed();
  const settled: LookedUp[] = [];
  let slowestMs = 1_000;
  while (settled.length < entries.length && work.hasTimeForCall(slowestMs)) {
    if (settled.length > 0 && parts.clock.elapsed() - startedMs > CHUNK_MS) break;
    await work.keepLease();
    const askedMs = parts.clock.elapsed();
    const left = entries.slice(settled.length);
    const ids = batchOf(
      left.map(({ id }) => id),
      job,
    );
    const records: ReadonlyMap<string, SiebelRecord> = await recordsById(parts.siebel, job, ids, {
      deadlineAtMs,
      onCall,
    });
    for (const entry of left.slice(0, ids.length)) {
      settled.push(lookedUp(work, entry, records.get(entry.id), bounds));
    }
    slowestMs = Math.max(slowestMs, parts.clock.elapsed() - askedMs);
  }
  tally.lookedUp += settled.length;
  return settled;
}

function added(one: Totals, other: Totals): Totals {
  return {
    found: one.found + other.found,
    tombstones: one.tombstones + other.tombstones,
    quarantined: one.quarantined + other.quarantined,
    own: one.own + other.own,
    added: one.added + other.added,
  };
}

/**
 * Takes back what was taken down of a chunk that may not have been handed over, as its sweep is not gone on with: the next
 * one finds it again. What was handed over after all is so once more.
 */
export async function takeBack({ name, parts, fence, files }: Work, guarded: SweepIn<'guarded'>): Promise<void> {
  const { held, todo } = guarded;
  if (!held) return;
  const size = Math.min(MOST_IN_CHUNK, parts.sink.recordsPerChunk);
  const chunk = await chunksOf(await files.open('todo', todo), { skip: held.done, size }).next();
  const asBefore = ({ id, atMs, mark, version }: SetEntry): SetEntry => {
    if (mark === 'unknown') return { id, atMs, mark: 'deleted' };
    return { id, atMs, version, ...(mark === 'gone' && { mark: 'missed' }) };
  };
  const events = chunk.done ? [] : chunk.value.map(asBefore);
  await takeDown(parts, name, { window: SWEEP, fence, sequence: 0 }, events);
}

/** What is to be looked up, behind the first `skip` entries, in the order of files and buckets. */
async function* chunksOf(
  files: readonly OpenFile[],
  { skip, size }: { readonly skip: number; readonly size: number },
): AsyncGenerator<readonly SetEntry[]> {
  let left = skip;
  let chunk: SetEntry[] = [];
  for (const file of files) {
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      const count = file.sections[bucket]?.entries ?? 0;
      if (left >= count) {
        left -= count;
        continue;
      }
      for (const entry of (await file.entries(bucket)).slice(left)) {
        chunk.push(entry);
        if (chunk.length < size) continue;
        yield chunk;
        chunk = [];
      }
      left = 0;
    }
  }
  if (chunk.length > 0) yield chunk;
}
