import { countFailure, failureFields } from '../lib/failure-fields.ts';
import type { Log, Metrics } from '../lib/logger.ts';

/**
 * Ends the process with one log line when an error comes that nobody has awaited: nobody knows what it has left half done.
 * Lambda starts another one, and what was under way comes again.
 *
 * @param proc Default: this process.
 */
export function endOnStrayErrors(
  { log, metrics }: { readonly log: Log; readonly metrics: Metrics },
  proc: Pick<NodeJS.Process, 'prependListener' | 'exit'> = process,
): void {
  const end = (error: unknown) => {
    log.error('PROCESS_ENDED', { class: 'bug', code: 'BUG', ...failureFields(error) });
    countFailure('bug', metrics);
    metrics.publish();
    proc.exit(1);
  };
  // Before the listeners of Lambda's runtime, which would write down the error's text.
  proc.prependListener('uncaughtException', end);
  proc.prependListener('unhandledRejection', end);
}
