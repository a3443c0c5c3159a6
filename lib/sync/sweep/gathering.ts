import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import * as z from 'zod/mini';
import { LIVE } from '../run-parts.ts';
import { type Known, nextPart, type SweepIn, withPart } from './content.ts';
import { seenEntries, seenFrom, seenPrefix } from './seen-objects.ts';
import { bucketing } from './set-file.ts';
import { folderOf, someAtATime } from './set-files.ts';
import { padded, unreadable } from './set-store.ts';
import { Interrupted, type Work } from './work.ts';

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** A chunk that was under way when a list was made may carry an older name, but by no more than an invocation takes. */
const LATE_MS = 3_600_000;
/** Names of what was handed over: what a sweep takes in, and what earlier ones have taken in of the same hours. */
const SEEN_LIST = z.strictObject({ names: z.array(z.string()), before: z.array(z.string()) });
type SeenList = z.infer<typeof SEEN_LIST>;
const NO_NAMES: SeenList = { names: [], before: [] };

/** The bucket keeps what was handed over for 90 days; a first sweep asks for none that may vanish under its hands. */
const KEPT_MS = 80 * 86_400_000;
/** Objects that are read before the time is looked at. */
const AT_A_TIME = 32;

/**
 * Waits until the live job has passed all that was there when the reading ended: whatever of it live runs hand over, they
 * have handed over then. Makes the list of what was handed over since the last whole sweep.
 *
 * @throws Interrupted `waiting`
 */
export async function list(work: Work, waiting: SweepIn<'waiting'>): Promise<SweepIn<'gathering'>> {
  const { name, parts, fence, content } = work;
  // First the bound, then the list: so the list holds everything that was handed over up to the bound.
  const liveBoundMs = await liveBound(work);
  if (liveBoundMs === undefined || liveBoundMs < waiting.readAtMs) {
    parts.log.info('SWEEP_WAITS', { job: name, sweep: content.number });
    throw new Interrupted('waiting');
  }
  const atMs = parts.clock.now();
  const { known } = content;
  const since = seenFrom(name, known ? known.list.atMs - LATE_MS : atMs - KEPT_MS);
  const earlier = known ? await listed(work, known) : NO_NAMES;
  // What one list has can stand in the span of the next but one.
  const before = new Set([...earlier.names, ...earlier.before]);
  const all = await parts.sets.list(seenPrefix(name), since);
  const made: SeenList = {
    names: all.filter((each) => !before.has(each)),
    before: all.filter((each) => before.has(each)),
  };
  await parts.sets.put(listName(work, content.number, fence), await compress(JSON.stringify(made)));

  const { phase, ...read } = waiting;
  return work.saveStep({ phase: 'gathering', ...read, liveBoundMs, list: { fence, atMs }, events: [], listed: 0 });
}

/** Bound of the last pass of the live job that was whole; `undefined` before the first. */
export async function liveBound({ name, parts }: Work): Promise<number | undefined> {
  return (await parts.live.look(name, LIVE))?.checkpoint?.boundMs;
}

/**
 * Sorts what was handed over into buckets, in the order in which it was handed over.
 *
 * @throws Interrupted `stopped`, `lease-lost`. ConfigurationError `SWEEP_SETS`.
 */
export async function gather(work: Work, begun: SweepIn<'gathering'>): Promise<SweepIn<'comparing'>> {
  const { parts, fence, entriesPerFile, content } = work;
  const { names } = await listed(work, { number: content.number, list: begun.list });
  const held = bucketing();
  let stored = begun;
  let at = begun.listed;

  const store = async () => {
    if (at === stored.listed) return;
    let { events } = stored;
    if (held.size > 0) {
      await work.files.write('events', { fence, sequence: nextPart(events, fence) }, held.take());
      events = withPart(events, fence);
    }
    stored = await work.saveStep({ ...stored, events, listed: at });
  };

  while (at < names.length) {
    if (!work.hasTimeFor(0)) {
      await store();
      throw new Interrupted('stopped');
    }
    await work.keepLease();
    const some = names.slice(at, at + AT_A_TIME);
    for (const entries of await someAtATime(some, (name) => seenEntries(parts.sets, name))) {
      for (const entry of entries) held.add(entry);
    }
    at += some.length;
    if (held.size >= entriesPerFile) await store();
  }
  await store();

  const { phase, listed: all, ...gathered } = stored;
  const counts = { known: 0, missing: 0, gone: 0, found: 0, next: 0 };
  return work.saveStep({ phase: 'comparing', ...gathered, known: [], todo: [], counts, bucket: 0 });
}

/** The list that a sweep has made. */
async function listed(work: Work, { number, list: { fence } }: Pick<Known, 'number' | 'list'>): Promise<SeenList> {
  const name = listName(work, number, fence);
  const body = await work.parts.sets.read(name);
  try {
    return SEEN_LIST.parse(JSON.parse((await decompress(body)).toString()));
  } catch (error) {
    throw unreadable(name, 'its content is not what was stored', error);
  }
}

function listName({ name }: Work, sweep: number, fence: number): string {
  return `${folderOf(name, sweep)}/list-${padded(fence, 10)}`;
}
