import type { Run } from './command.ts';
import { Problem } from './problem.ts';

/**
 * Asks before something that cannot be taken back, unless `--yes` was given.
 *
 * @param options.look How to see beforehand what it is; default: `--dry-run`.
 *
 * @throws Problem `CONFIRMATION_NEEDED` when nobody is there to answer, `NOT_CONFIRMED` when the answer is not yes.
 */
export async function confirm(
  what: string,
  { yes = false, look = '--dry-run shows what it is' }: { yes?: boolean | undefined; look?: string },
  run: Run,
): Promise<void> {
  if (yes) return;
  if (!run.terminal.asks) {
    throw new Problem('CONFIRMATION_NEEDED', `${what}: nobody is there to confirm that; add --yes (${look})`, {
      exitCode: 2,
    });
  }
  const answer = await run.terminal.ask(`${what}? [y/N] `, run.interruption.signal);
  if (!/^y(es)?$/i.test(answer?.trim() ?? '')) throw new Problem('NOT_CONFIRMED', 'not confirmed, nothing was done');
}
