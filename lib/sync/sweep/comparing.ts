import { compareBucket } from './compare-bucket.ts';
import { nextPart, type SweepIn, withPart } from './content.ts';
import { BUCKETS, type SetEntry } from './set-entries.ts';
import { entriesIn } from './set-files.ts';
import { Interrupted, type Work } from './work.ts';

/**
 * Compares bucket by bucket what was known and handed over with what was read. Nothing of it holds before `guarded` has
 * looked at the whole.
 *
 * @throws Interrupted `stopped`, `paused`, `lease-lost`. ConfigurationError `SWEEP_SETS`.
 */
export async function compareAll(work: Work, begun: SweepIn<'comparing'>): Promise<SweepIn<'guarded'>> {
  const { fence, entriesPerFile, files } = work;
  const { known: knownBefore } = work.content;
  const baseline = knownBefore === undefined;
  const [known, events, read] = await Promise.all([
    knownBefore ? work.filesOf(knownBefore.number).open('known', knownBefore.parts) : [],
    files.open('events', begun.events),
    files.open('read', begun.read),
  ]);
  const nextKnown = new Map<number, readonly SetEntry[]>();
  const todo = new Map<number, readonly SetEntry[]>();
  const counts = { ...begun.counts };
  let stored = begun;
  let size = 0;
  let slowestMs = 0;

  const storeUpTo = async (bucket: number) => {
    let { known: knownParts, todo: todoParts } = stored;
    if (nextKnown.size > 0) {
      await files.write('known', { fence, sequence: nextPart(knownParts, fence) }, nextKnown);
      knownParts = withPart(knownParts, fence);
    }
    if (todo.size > 0) {
      await files.write('todo', { fence, sequence: nextPart(todoParts, fence) }, todo);
      todoParts = withPart(todoParts, fence);
    }
    stored = await work.saveStep({ ...stored, known: knownParts, todo: todoParts, counts: { ...counts }, bucket });
    nextKnown.clear();
    todo.clear();
    size = 0;
  };

  for (let bucket = begun.bucket; bucket < BUCKETS; bucket += 1) {
    if (!work.hasTimeFor(slowestMs)) {
      if (bucket > stored.bucket) await storeUpTo(bucket);
      throw new Interrupted('stopped');
    }
    await work.keepLease();
    const startedMs = work.parts.clock.elapsed();
    const compared = await compareBucket(
      { known: entriesIn(known, bucket), events: entriesIn(events, bucket), read: entriesIn(read, bucket) },
      { boundMs: begun.boundMs, baseline },
    );
    if (compared.known.length > 0) nextKnown.set(bucket, compared.known);
    if (compared.todo.length > 0) todo.set(bucket, compared.todo);
    const gone = compared.todo.filter(({ mark }) => mark === 'gone').length;
    counts.known += compared.knownBefore;
    counts.missing += compared.missing;
    counts.gone += gone;
    counts.found += compared.todo.length - gone;
    counts.next += compared.known.length;
    size += compared.known.length + compared.todo.length;
    if (size >= entriesPerFile) await storeUpTo(bucket + 1);
    slowestMs = Math.max(slowestMs, work.parts.clock.elapsed() - startedMs);
  }
  if (stored.bucket < BUCKETS) await storeUpTo(BUCKETS);

  const { phase, bucket, ...whole } = stored;
  return { phase: 'guarded', ...whole };
}
