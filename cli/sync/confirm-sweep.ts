import { type Report, type Run, SYNC } from '../command.ts';
import { confirm } from '../confirm.ts';
import { counted, instant } from '../printable.ts';
import { Problem } from '../problem.ts';
import { jobNamed } from './jobs.ts';
import { guardOf, guardWords } from './sweep-words.ts';
import { thousands } from './words.ts';

/** Lets one sweep pass that was held back because too much has vanished; shows first what it would do. */
export async function confirmSweep(run: Run, name: string, options: { yes?: boolean | undefined }): Promise<Report> {
  jobNamed(run, name);
  const content = (await run.runtime.sweepState().look(name, 'sweep'))?.checkpoint;
  const held = content && guardOf(content);
  if (!held) {
    throw new Problem(
      'NOTHING_TO_CONFIRM',
      `no sweep of "${name}" is held back; ${SYNC} status ${name}${run.repeat} shows where it stands`,
    );
  }
  const { sweep, atMs, missing, gone, known, nothingShows, wasConfirmed } = held;
  if (wasConfirmed) {
    throw new Problem(
      'NOTHING_TO_CONFIRM',
      `sweep ${sweep} of "${name}" was confirmed before Siebel showed no record any more, and that is not confirmed with it: it goes on ` +
        `by itself when records show; if all are really gone, ${SYNC} reset ${name} --sweep${run.repeat} begins anew`,
    );
  }
  run.terminal.note(`Sweep ${sweep} of ${name}, of ${instant(atMs)}, ${guardWords(held)}.`);
  run.terminal.note(
    'View mode, filter or permissions may hide them: compare with Siebel first, as what is handed over as deleted is not taken back.',
  );
  run.terminal.note(
    nothingShows
      ? `Once confirmed, all that it looks up and Siebel does not have is handed over as deleted: ${counted(gone, 'record')} at most.`
      : `Once confirmed, ${thousands(missing)} count as missing, and are handed over as deleted when the next sweep does not find them either. ` +
          `${counted(gone, 'record')} that two sweeps did not find to be looked up at once; what Siebel does not have is handed over as deleted.`,
  );
  await confirm(`Let sweep ${sweep} of ${name} pass`, { ...options, look: 'what it would do is said above' }, run);
  await run.runtime.syncControl().confirmSweep(name, sweep);
  return {
    exitCode: 0,
    json: { job: name, sweep, known, missing, toLookUp: gone, confirmed: true },
    lines: [
      `Sweep ${sweep} of ${name} is confirmed, and goes on with the next run that has read everything.`,
      ...(nothingShows
        ? []
        : ['What it did not find is handed over as deleted by the sweep after it, should that not find it either.']),
      `At once:  ${SYNC} run ${name}${run.repeat}`,
    ],
  };
}
