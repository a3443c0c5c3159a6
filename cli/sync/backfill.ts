import { Command, InvalidArgumentError } from 'commander';
import { type CommonOptions, instantOption, type Perform, type Surroundings, SYNC, usage } from '../command.ts';
import { SIEBEL_NEEDED, SYNC_TIMES } from '../settings.ts';
import { type BackfillRange, planBackfill } from './backfill-plan.ts';
import { cancelBackfill, resumeBackfill, showBackfill } from './backfill-running.ts';

/** Options of `siebel sync backfill`. */
interface BackfillOptions extends CommonOptions, BackfillRange {
  readonly status?: boolean;
  readonly cancel?: boolean;
  readonly resume?: boolean;
}

/** Records of a window: at 100 a page some minutes of work, within one invocation. */
const WINDOW_RECORDS = 25_000;

/** `siebel sync backfill`: reads a range of a job again, in windows that containers read side by side. */
export function backfillCommand({ clock }: Surroundings, performed: Perform): Command {
  return new Command('backfill')
    .description(
      'read a range of a job in many windows at a time, beside the job itself; it can be cancelled and resumed',
    )
    .argument('<job>', 'a sync job of siebel.config.ts')
    .option(
      '--from <instant>',
      'first instant of the cursor field; from the beginning, unless given',
      instantOption(clock),
    )
    .option(
      '--to <instant>',
      'instant before which it ends; where the job itself reads on, unless given',
      instantOption(clock),
    )
    .option('--window-records <n>', 'the most records of a window', windowRecords, WINDOW_RECORDS)
    .option('--dry-run', 'count and show the windows, and begin nothing')
    .option('--replace', 'in the place of a backfill that is under way, which is given up')
    .option('--watch', 'stay until it is whole, and show where it stands')
    .option('--yes', 'do not ask; needed where nobody can answer')
    .option('--status', 'show how far the backfill of the job has come')
    .option('--cancel', 'stop it: a window that is being read ends after its chunk')
    .option('--resume', 'let it go on: what is not done is asked for again')
    .addHelpText(
      'after',
      `
Examples:
  ${SYNC} backfill accounts --dry-run
  ${SYNC} backfill accounts --from 2024-01-01 --to 2025-01-01 --yes --watch
  ${SYNC} backfill accounts --status

A job that never ran begins where its backfill ends, so that its first run does not read everything by itself. To do that
with a job that is already at work on everything: pause it, reset it, begin its backfill, resume it. A backfill that was
cancelled is given up for the new one without --replace.`,
    )
    .action((name: string, options: BackfillOptions, command: Command) => {
      const { status = false, cancel = false, resume = false, watch = false } = options;
      const wrong = wrongTogether(command);
      if (wrong !== undefined) {
        return performed([], options, () => {
          throw usage(wrong);
        });
      }
      if (status) return performed(['STATE_TABLE'], options, (run) => showBackfill(run, name, { watch }));
      if (cancel) return performed(['STATE_TABLE'], options, (run) => cancelBackfill(run, name));
      if (resume) {
        return performed(['STATE_TABLE', 'BACKFILL_QUEUE_URL', ...SYNC_TIMES], options, (run) =>
          resumeBackfill(run, name, { watch }),
        );
      }
      const queue = options.dryRun ? [] : (['BACKFILL_QUEUE_URL'] as const);
      return performed(['STATE_TABLE', ...queue, ...SIEBEL_NEEDED, ...SYNC_TIMES], options, (run) =>
        planBackfill(run, name, options),
      );
    });
}

/** Options that say how to plan one, and what an option that is about the one that there is has no use for. */
const OF_A_PLAN = ['from', 'to', 'windowRecords', 'dryRun', 'replace'] as const;
const IDLE_BESIDE: Readonly<Record<string, readonly string[]>> = {
  status: OF_A_PLAN,
  cancel: [...OF_A_PLAN, 'watch'],
  resume: OF_A_PLAN,
  dryRun: ['watch'],
};

/** An option that would do nothing is refused: whoever gives it expects that it does something. */
function wrongTogether(command: Command): string | undefined {
  const isGiven = (name: string) => command.getOptionValueSource(name) === 'cli';
  if (['status', 'cancel', 'resume'].filter(isGiven).length > 1) {
    return 'give --status, --cancel or --resume: one of them';
  }
  const flagOf = (name: string) => command.options.find((option) => option.attributeName() === name)?.long;
  for (const [name, idle] of Object.entries(IDLE_BESIDE)) {
    const given = isGiven(name) ? idle.filter(isGiven).map(flagOf) : [];
    if (given.length > 0) return `beside ${flagOf(name)}, ${given.join(' and ')} would do nothing: nothing was done`;
  }
  return undefined;
}

function windowRecords(text: string): number {
  if (!/^\d{1,7}$/.test(text) || Number(text) < 1 || Number(text) > 1_000_000) {
    throw new InvalidArgumentError('Not a whole number from 1 to 1000000.');
  }
  return Number(text);
}
