import { type Report, type Run, SYNC } from '../command.ts';
import { instant } from '../printable.ts';
import { jobNamed } from './jobs.ts';

/**
 * Lets no run of a job begin, and ends the one that is under way after its chunk. Who has paused it first and why stays, unless
 * another reason is given.
 */
export async function pauseJob(run: Run, name: string, { reason }: { reason?: string | undefined }): Promise<Report> {
  jobNamed(run, name);
  const control = run.runtime.syncControl();
  const { paused: before } = await control.read(name);
  const isNew = before === undefined || reason !== undefined;
  if (isNew) await control.pause(name, { by: run.operator, ...(reason !== undefined && { reason }) });
  const { paused } = await control.read(name);
  return {
    exitCode: 0,
    json: { job: name, paused: paused ? pauseJson(paused) : null, wasPaused: before !== undefined },
    lines: [
      before
        ? `${name} was paused already, ${pauseWords(before)}${isNew ? '; yours takes its place' : '; that stays so'}.`
        : `${name} is paused.`,
      `A run that is at work stops after what it holds. Ticks do nothing until ${SYNC} resume ${name}${run.repeat}`,
      'Its sweep stands still as well; a backfill goes on. Nothing is missed: the job goes on from where it stands.',
    ],
  };
}

/** Lets a paused job go on, from where it stands. */
export async function resumeJob(run: Run, name: string): Promise<Report> {
  jobNamed(run, name);
  const control = run.runtime.syncControl();
  const { paused } = await control.read(name);
  if (!paused) return { exitCode: 0, json: { job: name, wasPaused: false }, lines: [`${name} is not paused.`] };
  await control.resume(name);
  return {
    exitCode: 0,
    json: { job: name, wasPaused: true, was: pauseJson(paused) },
    lines: [
      `${name} goes on at its next tick; it was paused ${pauseWords(paused)}.`,
      `At once:  ${SYNC} run ${name}${run.repeat}`,
    ],
  };
}

type Paused = { readonly by: string; readonly atMs: number; readonly reason?: string | undefined };

/** `by ines since 2026-03-01T12:00:00Z: upgrade of Siebel` */
export function pauseWords({ by, atMs, reason }: Paused): string {
  return `by ${by} since ${instant(atMs)}${reason === undefined ? '' : `: ${reason}`}`;
}

export function pauseJson({ by, atMs, reason }: Paused) {
  return { by, at: instant(atMs), reason: reason ?? null };
}
