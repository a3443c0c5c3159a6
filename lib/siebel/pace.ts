import type { Clock } from '../clock.ts';
import { NoResponseError } from '../errors.ts';
import type { PermitNeed } from './permits.ts';

/** The requests that one process may send in a time: Siebel has the identity domain look at the token of each of them. */
export interface Pace {
  /**
   * The turn of one request, in the order in which they ask; without a wait when one is free.
   *
   * @throws NoResponseError `NO_FREE_CONNECTION` at once, with `retryAfterMs`, when the turn would come too late; `ABORTED`
   *   when the caller gives up.
   */
  take(need: PermitNeed): undefined | Promise<void>;
}

/**
 * A token bucket. In any span of time it lets through what `callsPerMinute` gives for that span, and at most `burst` more.
 *
 * Goes by the clock of the process, which may stand still while a container is frozen: nothing is saved up there.
 *
 * @param options.callsPerMinute The share of one container; need not be whole.
 * @param options.burst Requests that go together after a pause. Default: those of one second, at least 1.
 */
export function pace({
  callsPerMinute,
  burst = Math.max(1, Math.floor(callsPerMinute / 60)),
  clock,
}: {
  callsPerMinute: number;
  burst?: number;
  clock: Clock;
}): Pace {
  const intervalMs = 60_000 / callsPerMinute;
  /** When the bucket is full again, if nobody takes anything meanwhile. */
  let fullAtMs = clock.elapsed();

  return {
    take({ waitMs, signal }) {
      const nowMs = clock.elapsed();
      const fullMs = Math.max(fullAtMs, nowMs);
      const turnMs = fullMs - (burst - 1) * intervalMs - nowMs;
      if (turnMs > Math.max(0, waitMs)) throw tooMany(turnMs);
      fullAtMs = fullMs + intervalMs;
      if (turnMs <= 0) return undefined;
      return clock.sleep(turnMs, signal).catch((cause) => {
        throw new NoResponseError('ABORTED', 'the call to Siebel was aborted', { sent: false, cause });
      });
    },
  };
}

function tooMany(retryAfterMs: number): NoResponseError {
  return new NoResponseError(
    'NO_FREE_CONNECTION',
    'capacity.callsPerMinute leaves no room for another request in time',
    {
      sent: false,
      retryAfterMs: Math.ceil(retryAfterMs),
    },
  );
}
