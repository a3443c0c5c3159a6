import { ConfigurationError } from '../../errors.ts';
import type { SweepIn } from './content.ts';
import { Interrupted, type Work } from './work.ts';

/** So many may vanish of any number: a small job has a few deletions that are a large share. */
const ALWAYS_ALLOWED = 10;

/**
 * Lets a comparison hold, unless more vanished than is plausible: a changed view mode, permission or filter hides records
 * just as a deletion does. Then nothing of it holds before a person has confirmed this very sweep, or the next one finds
 * them again.
 *
 * @param options.isNew It was compared by this run: whoever finds it says so aloud, runs that go on with it do not.
 * @throws ConfigurationError `SWEEP_GUARD`. Interrupted `guard`.
 */
export async function guarded(
  work: Work,
  compared: SweepIn<'guarded'>,
  { isNew }: { readonly isNew: boolean },
): Promise<SweepIn<'emitting'>> {
  const { name, job, parts, content } = work;
  if (compared.held) return goOn(work, compared, compared.held);
  const { known, missing } = compared.counts;
  const maxMissing = job.sweep?.maxMissing ?? 0.1;
  if (missing > ALWAYS_ALLOWED && missing > known * maxMissing) {
    if (!(await isConfirmed(work, undefined))) {
      parts.metrics.count('sweep.guard', 1, { job: name });
      if (!isNew) throw new Interrupted('guard');
      await work.saveStep(compared);
      throw tooManyVanished(name, job.read.name, content.number, compared.counts);
    }
    parts.log.warn('SWEEP_CONFIRMED', { job: name, sweep: content.number, known, missing });
  }
  const { phase, held, ...whole } = compared;
  const totals = { found: 0, tombstones: 0, quarantined: 0, own: 0, added: 0 };
  return work.saveStep({ phase: 'emitting', ...whole, done: 0, totals });
}

/**
 * An answer without records says "gone" of all that was asked for, and a component that is hidden or renamed gives no
 * other one (R44). Where the sweep has read records, at least one must show.
 *
 * @param read Records that the sweep has read.
 */
export async function recordsShow(work: Work, read: number): Promise<boolean> {
  if (read === 0) return true;
  const { job, parts, callDeadlineAtMs, onCall } = work;
  const query = { fields: ['Id'], where: job.where, pageSize: 1, startRow: 0 };
  const calling = { deadlineAtMs: callDeadlineAtMs(), onCall };
  return (await parts.siebel.queryPage(job.read.address, query, calling)).records.length > 0;
}

/**
 * Holds a sweep back while it looks up deletions, as nothing shows any more.
 *
 * @throws ConfigurationError `SWEEP_GUARD`
 */
export async function heldBack(work: Work, emitting: SweepIn<'emitting'>): Promise<never> {
  const { name, job, parts, content } = work;
  const { phase, done, totals, allGone, ...whole } = emitting;
  const wasConfirmed = (await parts.control.read(name)).confirmedSweep === content.number;
  parts.metrics.count('sweep.guard', 1, { job: name });
  await work.saveStep({ phase: 'guarded', ...whole, held: { done, totals, wasConfirmed } });
  throw new ConfigurationError(
    `sweep ${content.number} of sync job "${name}" read ${emitting.records} records of ${job.read.name}, and now Siebel shows ` +
      'none at all: nothing more is reported as deleted; look at view mode, permissions and the name of the component. It goes ' +
      `on by itself when records show again; if all are really gone, say so with "siebel sync confirm ${name}"`,
    { code: 'SWEEP_GUARD' },
  );
}

/** Goes on once records show again, or somebody has said that there are none. */
async function goOn(
  work: Work,
  { phase, held: _, ...whole }: SweepIn<'guarded'>,
  held: NonNullable<SweepIn<'guarded'>['held']>,
): Promise<SweepIn<'emitting'>> {
  const { name, parts, content } = work;
  const { done, totals } = held;
  const allGone = await isConfirmed(work, held);
  if (!allGone && !(await recordsShow(work, whole.records))) {
    parts.metrics.count('sweep.guard', 1, { job: name });
    throw new Interrupted('guard');
  }
  if (allGone) parts.log.warn('SWEEP_CONFIRMED', { job: name, sweep: content.number, records: whole.records });
  return work.saveStep({ phase: 'emitting', ...whole, done, totals, ...(allGone && { allGone }) });
}

/** Whether somebody lets this sweep pass, and knew what it was held back for: a word before that meant something else. */
export async function isConfirmed({ name, parts, content }: Work, held: SweepIn<'guarded'>['held']): Promise<boolean> {
  return !held?.wasConfirmed && (await parts.control.read(name)).confirmedSweep === content.number;
}

function tooManyVanished(
  job: string,
  component: string,
  sweep: number,
  { known, missing }: { readonly known: number; readonly missing: number },
): ConfigurationError {
  return new ConfigurationError(
    `sweep ${sweep} of sync job "${job}" does not find ${missing} of ${known} known records of ${component}, and has reported ` +
      'none of them as deleted: compare view mode, filter and the permissions of the integration user with what they were; if ' +
      `the records are really gone, say so with "siebel sync confirm ${job}"`,
    { code: 'SWEEP_GUARD' },
  );
}
