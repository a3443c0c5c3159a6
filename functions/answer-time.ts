import type { Context } from 'aws-lambda';
import type { Clock } from '../lib/clock.ts';
import { endsBy } from '../lib/ends-by.ts';
import type { AccessTokenSource } from '../lib/oauth/access-token.ts';

/** Lambda ends an invocation at its time limit, and what was not answered by then is lost. */
const ANSWER_RESERVE_MS = 500;
/** How long a finished answer waits for a token renewal beside it. */
const RENEWAL_PATIENCE_MS = 2_000;

/** The instant by `Clock.now()` at which an invocation has to answer, whatever still goes on beside it. */
export function answerDueAtMs(context: Context, clock: Clock): number {
  return clock.now() + context.getRemainingTimeInMillis() - ANSWER_RESERVE_MS;
}

/**
 * Waits, with a finished answer at hand, for a token renewal that runs beside the work (R55), though not for long: what
 * takes longer is awaited by the next invocation. Never throws, as its failure is not this invocation's.
 *
 * @param answerAtMs What `answerDueAtMs` gave.
 */
export async function renewalSettled(
  tokens: Pick<AccessTokenSource, 'settled'>,
  answerAtMs: number,
  clock: Clock,
): Promise<void> {
  const untilMs = Math.min(answerAtMs, clock.now() + RENEWAL_PATIENCE_MS);
  await endsBy(untilMs, tokens.settled(), clock).catch(() => undefined);
}
