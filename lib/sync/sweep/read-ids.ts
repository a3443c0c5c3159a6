import { failureClassOf } from '../../errors.ts';
import type { Span } from '../checkpoint.ts';
import { readSpans } from '../read-spans.ts';
import { nextPart, type SweepIn, withPart } from './content.ts';
import { entryReader } from './entry-reader.ts';
import { bucketing } from './set-file.ts';
import { Interrupted, type Work } from './work.ts';

/** What a run that dies has read in vain at most. */
const HELD_FOR_MS = 120_000;

/**
 * Reads Id and cursor of every record up to the bound, or all its fields when records are compared, in as many runs as it
 * takes, and keeps sets of them.
 *
 * @throws Interrupted `stopped`, `paused`, `lease-lost`.
 */
export async function readAll(work: Work, begun: SweepIn<'reading'>): Promise<SweepIn<'waiting'>> {
  const { job, parts, fence, tally, entriesPerFile } = work;
  const { siebel, clock } = parts;
  const held = bucketing();
  let stored = begun;
  let open: readonly Span[] = begun.open;
  let heldSinceMs = clock.elapsed();

  /** Stores what is held, then says what is left to be read. */
  const store = async () => {
    const count = held.size;
    if (count > 0) {
      await work.files.write('read', { fence, sequence: nextPart(stored.read, fence) }, held.take());
      const read = withPart(stored.read, fence);
      stored = await work.saveStep({ ...stored, read, records: stored.records + count, open: [...open] });
    }
    heldSinceMs = clock.elapsed();
  };

  const read = () =>
    readSpans(
      { siebel, clock },
      {
        job,
        fields: work.versionOf ? job.read.read : { fields: [job.cursor] },
        spans: begun.open,
        boundMs: begun.boundMs,
        lanes: job.window,
        rows: (span) => entryReader(work, span),
        mayRead: (slowestMs) => work.hasTimeForCall(slowestMs),
        callDeadlineAtMs: work.callDeadlineAtMs,
        onCall: work.onCall,
        async onPage(page) {
          for (const entry of page.rows) held.add(entry);
          tally.read += page.rows.length;
          tally.pages += 1;
          open = page.open;
          if (held.size >= entriesPerFile || clock.elapsed() - heldSinceMs > HELD_FOR_MS) {
            await store();
            await work.stopIfPaused();
          } else await work.keepLease();
          return true;
        },
      },
    ).catch(async (error: unknown) => {
      // What came before is whole. After any other failure it is in doubt, and read once more when that is mended.
      if (failureClassOf(error) === 'environment') await store().catch(() => undefined);
      throw error;
    });

  const { end } = await read();
  await store();
  if (end !== 'complete') throw new Interrupted('stopped');

  const { phase, open: none, ...whole } = stored;
  return work.saveStep({ phase: 'waiting', ...whole, readAtMs: Math.ceil(clock.now() / 1_000) * 1_000 });
}
