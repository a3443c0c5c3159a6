import { Command, InvalidArgumentError } from 'commander';
import { derive } from '../../lib/operations/index.ts';
import {
  type CommonOptions,
  instantOption,
  type Perform,
  type Place,
  perform,
  reasonText,
  type Surroundings,
  SYNC,
  wholeNumber,
  withCommonOptions,
} from '../command.ts';
import type { ExitCode } from '../problem.ts';
import { SIEBEL_NEEDED, SYNC_TIMES } from '../settings.ts';
import { backfillCommand } from './backfill.ts';
import { confirmSweep } from './confirm-sweep.ts';
import { pauseJob, resumeJob } from './control.ts';
import { type ResetOptions, resetJob } from './reset.ts';
import { runJob } from './run.ts';
import { statusOfAll, statusOfOne } from './status.ts';
import { type VerifyOptions, verify } from './verify.ts';

const DEFAULT_RANGES = 20;
const MOST_RANGES = 1_000;

/**
 * `siebel sync`: what an operator does with sync jobs.
 *
 * @param ended Gets the exit code of the command that was run.
 */
export function syncCommand(surroundings: Surroundings, ended: (exitCode: ExitCode) => void): Command {
  const sync = new Command('sync')
    .description('sync jobs: how far they are, and whether everything is there; run, pause, reset, backfill')
    .addHelpText('after', examples('status', 'run accounts', 'verify accounts --from 3d'));
  const performed: Perform = async (needed, options, work) => {
    const checked: typeof work = (run) => {
      // What the build refuses is told in its words, before a command stumbles over it.
      derive(run.runtime.integration, run.clock.now());
      return work(run);
    };
    ended(await perform(surroundings, needed, options, checked));
  };

  const add = (command: Command, ...places: readonly Place[]) => sync.addCommand(withCommonOptions(command, places));
  add(status(performed), 'stateTable');
  add(runCommand(performed), 'scheduleFunction');
  add(pause(performed), 'stateTable');
  add(resume(performed), 'stateTable');
  add(reset(surroundings, performed), 'stateTable');
  add(verifyCommand(surroundings, performed), 'stateTable', 'syncBucket');
  add(confirmCommand(performed), 'stateTable');
  add(backfillCommand(surroundings, performed), 'stateTable', 'backfillQueue');
  return sync;
}

function status(performed: Perform): Command {
  return new Command('status')
    .description('how far all jobs are, or all about one: last run, lag, next tick, what is under way')
    .argument('[job]', 'name of the job in siebel.config.ts')
    .addHelpText('after', examples('status', 'status accounts', 'status --json'))
    .action((job: string | undefined, options: CommonOptions) =>
      performed(['STATE_TABLE'], options, (run) => (job === undefined ? statusOfAll(run) : statusOfOne(run, job))),
    );
}

function runCommand(performed: Perform): Command {
  return ofOneJob(new Command('run'))
    .description('tick a job now, as its schedule does, and show what the run did')
    .option('--sweep', 'begin a delete sweep of it')
    .addHelpText(
      'after',
      `${examples('run accounts', 'run accounts --sweep')}

The run is the function's: it goes on when this is interrupted. It may take the 15 minutes that Lambda gives.`,
    )
    .action((job: string, options: CommonOptions & { sweep?: boolean }) =>
      performed(['SCHEDULE_FUNCTION'], options, (run) => runJob(run, job, options)),
    );
}

function pause(performed: Perform): Command {
  return ofOneJob(new Command('pause'))
    .description('let no run of a job begin, and end the one under way in good order; nothing is missed by it')
    .option('--reason <text>', 'why, for the others', reasonText)
    .addHelpText('after', examples('pause accounts --reason "upgrade of Siebel"'))
    .action((job: string, options: CommonOptions & { reason?: string }) =>
      performed(['STATE_TABLE'], options, (run) => pauseJob(run, job, options)),
    );
}

function resume(performed: Perform): Command {
  return ofOneJob(new Command('resume'))
    .description('let a paused job go on, from where it stands')
    .addHelpText('after', examples('resume accounts'))
    .action((job: string, options: CommonOptions) => performed(['STATE_TABLE'], options, (run) => resumeJob(run, job)));
}

function reset({ clock }: Surroundings, performed: Perform): Command {
  return ofOneJob(new Command('reset'))
    .description('let a job read everything again, or what has changed since an instant')
    .option('--to <time>', 'only since: 2026-03-01T12:00:00Z, 2026-03-01, 30m, 2h, 3d', instantOption(clock))
    .option('--sweep', 'its sweeps instead: the next one begins anew, and only learns what there is')
    .option('--yes', 'do not ask; needed where nobody can answer')
    .addHelpText(
      'after',
      `${examples('reset accounts --to 3d', 'reset accounts --yes')}

It begins earlier than --to where the next run would have: what was committed late is not left out. What the sink holds stays
in it; what is read again comes as equal lines. To read everything over several containers, and the
live job beside it, take backfill.`,
    )
    .action((job: string, options: CommonOptions & ResetOptions) =>
      performed(['STATE_TABLE', ...SYNC_TIMES], options, (run) => resetJob(run, job, options)),
    );
}

function verifyCommand({ clock }: Surroundings, performed: Perform): Command {
  return ofOneJob(new Command('verify'))
    .description('compare how many records there are at Siebel and in the bucket; exit code 1 when they differ')
    .option(
      '--from <time>',
      'since: 2026-03-01T12:00:00Z, 2026-03-01, 2h, 3d; else from the beginning',
      instantOption(clock),
    )
    .option('--to <time>', 'until, likewise; else as far as the job has read', instantOption(clock))
    .option('--ranges <n>', 'so many ranges of the same length', rangesOption, DEFAULT_RANGES)
    .addHelpText(
      'after',
      `${examples('verify accounts', 'verify accounts --from 3d --ranges 72')}

Siebel is asked for one count a range, over one connection. The bucket is read whole, as any object may hold the newest version
of a record; Ids and times of it lie in a folder for temporary files meanwhile. Only jobs that go to s3(…) can be compared.`,
    )
    .action((job: string, options: CommonOptions & VerifyOptions) =>
      performed(['STATE_TABLE', 'SYNC_BUCKET', ...SIEBEL_NEEDED], options, (run) => verify(run, job, options)),
    );
}

function confirmCommand(performed: Perform): Command {
  return ofOneJob(new Command('confirm'))
    .description('let a sweep pass that was held back because too many records have vanished; shows what it would do')
    .option('--yes', 'do not ask; needed where nobody can answer')
    .addHelpText('after', examples('confirm accounts'))
    .action((job: string, options: CommonOptions & { yes?: boolean }) =>
      performed(['STATE_TABLE'], options, (run) => confirmSweep(run, job, options)),
    );
}

function rangesOption(text: string): number {
  const number = wholeNumber(text);
  if (number > MOST_RANGES) throw new InvalidArgumentError(`More than ${MOST_RANGES}.`);
  return number;
}

function ofOneJob(command: Command): Command {
  return command.argument('<job>', 'name of the job in siebel.config.ts');
}

function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${SYNC} ${line}`).join('\n')}`;
}
