import { hasChanged } from '../seen-records.ts';
import type { SetEntry } from './set-entries.ts';

/** The entries of one bucket, in the order in which they came about, some at a time. */
type Entries = AsyncIterable<readonly SetEntry[]>;

/** What a comparison of one bucket has shown. */
export interface Compared {
  /** What is known now: what the sink holds, whether or not it stands at Siebel. */
  readonly known: readonly SetEntry[];
  /** What must be looked up by Id before anything is said of it. */
  readonly todo: readonly SetEntry[];
  /** Records that the sink was thought to hold, and those of them that are absent for the first time. */
  readonly knownBefore: number;
  readonly missing: number;
}

/**
 * Compares what a sink was given, record by record, with what was read of Siebel.
 *
 * A record moves while it is read: one that changes is found nowhere, or twice. So a record whose last version is newer than
 * the bound of the reading is left to the next sweep; live runs have it. Everything else that does not fit is a suspicion
 * until it is looked up.
 *
 * @param sets.known What the sink held at the last whole sweep.
 * @param sets.events What it was given since, in that order.
 * @param sets.read What was read.
 * @param options.baseline There was no sweep before: what was read is taken for known.
 */
export async function compareBucket(
  { known, events, read }: { readonly known: Entries; readonly events: Entries; readonly read: Entries },
  { boundMs, baseline }: { readonly boundMs: number; readonly baseline: boolean },
): Promise<Compared> {
  const holds = await held(known, events);
  const atSiebel = await standing(read);
  const next: SetEntry[] = [];
  const todo: SetEntry[] = [];
  let missing = 0;

  for (const entry of holds.values()) {
    const { id, atMs, mark, version } = entry;
    const stands = atSiebel.get(id);
    if (atMs > boundMs) next.push({ id, atMs, version });
    else if (stands?.atMs === atMs && !hasChanged(version, stands.version)) next.push(stands);
    else if (stands) {
      // A baseline believes another second. It never forgets a version that the sink was given.
      next.push(baseline && stands.atMs !== atMs ? stands : { id, atMs, version });
      if (!baseline) todo.push({ id, atMs, version, mark: 'changed' });
    } else {
      next.push({ id, atMs, version, mark: 'missed' });
      if (mark === 'missed') todo.push({ id, atMs, version, mark: 'gone' });
      else missing += 1;
    }
  }
  for (const [id, stands] of atSiebel) {
    if (holds.has(id)) continue;
    if (baseline) next.push(stands);
    else todo.push({ ...stands, mark: 'unknown' });
  }
  return { known: next, todo, knownBefore: holds.size, missing };
}

async function held(known: Entries, events: Entries): Promise<Map<string, SetEntry>> {
  const holds = new Map<string, SetEntry>();
  for await (const entries of known) for (const entry of entries) holds.set(entry.id, entry);
  for await (const entries of events) {
    for (const entry of entries) {
      if (entry.mark === 'deleted') holds.delete(entry.id);
      // A window may hand over later what it had read before: whoever reads the output leaves that out as well.
      else if (entry.mark !== 'backfilled' || entry.atMs >= (holds.get(entry.id)?.atMs ?? entry.atMs)) {
        holds.set(entry.id, entry);
      }
    }
  }
  return holds;
}

/** A record that moved meanwhile may have been read twice: one of its states is enough for a suspicion. */
async function standing(read: Entries): Promise<Map<string, SetEntry>> {
  const atSiebel = new Map<string, SetEntry>();
  for await (const entries of read) for (const entry of entries) atSiebel.set(entry.id, entry);
  return atSiebel;
}
