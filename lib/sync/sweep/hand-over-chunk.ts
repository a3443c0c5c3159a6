import { ConfigurationError } from '../../errors.ts';
import { isoOf } from '../position.ts';
import type { SinkOutput, SinkRange, SinkRecord } from '../sink.ts';
import type { Totals } from './content.ts';
import type { LookedUp } from './looked-up.ts';
import { takeDown } from './seen-objects.ts';
import type { SetEntry } from './set-entries.ts';
import { SWEEP, type Work } from './work.ts';

/** A lease that was extended so recently need not be again. */
const FRESH_MS = 1_000;

/**
 * Takes down what was looked up, then hands it to the sink.
 *
 * @param place.fence Of the live job's lease, under which it was looked up.
 * @param place.assertOurs Throws when a lease is lost; one that was extended so long ago counts.
 * @throws Interrupted `lease-lost`, `waiting`. ConfigurationError `SYNC_DRIFT`. Whatever state and sink throw.
 */
export async function handOverChunk(
  work: Work,
  output: SinkOutput,
  settled: readonly LookedUp[],
  {
    fence,
    boundMs,
    assertOurs,
  }: { readonly fence: number; readonly boundMs: number; readonly assertOurs: (freshMs: number) => Promise<void> },
): Promise<Omit<Totals, 'added'>> {
  const { name, job, parts, tally, versionOf } = work;
  const { found, own, quarantine, tombstones } = sorted(settled);
  refuseDrift(name, job.read.name, quarantine.length, found.length + quarantine.length);

  const events: SetEntry[] = [
    ...[...found, ...own, ...quarantine].map(({ id, atMs, line }) => ({ id, atMs, version: versionOf?.(line) })),
    ...tombstones.map(({ id, atMs }) => ({ id, atMs, mark: 'deleted' as const })),
  ];
  if (events.length > 0) {
    await assertOurs(0);
    await takeDown(parts, name, { window: SWEEP, fence, sequence: 1 }, events);
  }
  if (quarantine.length > 0) {
    await assertOurs(FRESH_MS);
    await output.quarantine({ lines: quarantine.map(({ line }) => line), ...rangeOf(quarantine, boundMs) });
  }
  const records = [
    ...found.map(({ id, line }) => ({ id, line })),
    ...tombstones.map(({ id }) => ({ id, line: JSON.stringify({ Id: id, deleted: true }) })),
  ];
  if (records.length > 0) {
    await assertOurs(FRESH_MS);
    tally.objects.push(...(await handChunk(output, records, rangeOf([...found, ...tombstones], boundMs))));
  }

  const totals = {
    found: found.length,
    tombstones: tombstones.length,
    quarantined: quarantine.length,
    own: own.length,
  };
  tally.found += totals.found;
  tally.tombstones += totals.tombstones;
  tally.quarantined += totals.quarantined;
  tally.own += totals.own;
  return totals;
}

function sorted(settled: readonly LookedUp[]) {
  const rows = (kind: 'found' | 'own' | 'quarantine') =>
    settled.flatMap((each) => (each.kind === kind ? [each.row] : []));
  return {
    found: rows('found'),
    own: rows('own'),
    quarantine: rows('quarantine'),
    tombstones: settled.flatMap((each) => (each.kind === 'tombstone' ? [each] : [])),
  };
}

async function handChunk(
  output: SinkOutput,
  records: readonly SinkRecord[],
  range: SinkRange,
): Promise<readonly string[]> {
  const chunk = output.chunk();
  try {
    await chunk.write(records);
    return await chunk.close(range);
  } catch (error) {
    await chunk.abort();
    throw error;
  }
}

/** So many may differ from their declaration: records that come about past the cursor are odd ones. */
const ALWAYS_QUARANTINED = 20;

function refuseDrift(job: string, component: string, quarantined: number, of: number): void {
  if (quarantined <= Math.max(ALWAYS_QUARANTINED, of / 10)) return;
  throw new ConfigurationError(
    `the sweep of sync job "${job}": ${quarantined} of ${of} records that it looked up differ from the declaration of ` +
      `${component}: correct its fields in siebel.config.ts`,
    { code: 'SYNC_DRIFT' },
  );
}

function rangeOf(rows: readonly { readonly id: string; readonly atMs: number }[], boundMs: number): SinkRange {
  const instants = rows.map(({ atMs }) => atMs);
  return {
    from: isoOf(Math.min(...instants)),
    to: isoOf(Math.max(...instants)),
    end: { at: isoOf(boundMs), id: rows.at(-1)?.id ?? '' },
  };
}
