import type { Clock } from '../clock.ts';
import { NoResponseError } from '../errors.ts';
import { instantsOf, type Moment, momentAfter } from './moment.ts';

/** The right to have one request at Siebel. */
export interface Permit {
  /** Gives it back: Siebel has answered, or was never asked. */
  release(): void;
  /** The request leaves now; told once. */
  sent(): void;
  /** The request was given up, but Siebel still works on it: the permit comes back some time after the request has left. */
  abandon(): void;
}

/** How long somebody is ready to wait for a permit. */
export interface PermitNeed {
  /** Milliseconds from now. */
  readonly waitMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The requests that one process may have at Siebel at a time, those included that it has given up (R49): a time-out here
 * ends nothing there.
 */
export interface Permits {
  /**
   * A permit, in the order in which they are asked for; without a wait when one is free.
   *
   * @throws NoResponseError `NO_FREE_CONNECTION` when none comes back in time, at once when that is known beforehand;
   *   `ABORTED` when the caller gives up.
   */
  take(need: PermitNeed): Permit | Promise<Permit>;
  /** The most requests that were at Siebel at one instant since this was last asked, given-up ones included. */
  highest(): number;
}

/** Longest time for one timer. */
const LONGEST_SLEEP_MS = 2_147_483_647;

/**
 * The permits of one process.
 *
 * @param options.total As many as the HTTP client has connections.
 * @param options.holdMs How long after it was sent the permit of an abandoned request comes back. Siebel works on a
 *   request for up to ten minutes. Default 60 000.
 */
export function permits({
  total,
  clock,
  holdMs = 60_000,
}: {
  total: number;
  clock: Clock;
  holdMs?: number | undefined;
}): Permits {
  let inUse = 0;
  /** Of those, the ones whose request has left. */
  let working = 0;
  let highest = 0;
  /** When the permits of requests that were given up come back. */
  let held: readonly Moment[] = [];
  let waiting: readonly Waiter[] = [];

  const heldBack = () => {
    if (held.length > 0) held = held.filter((moment) => moment.leftMs() > 0);
    return held.length;
  };
  const isFree = () => inUse + heldBack() < total;
  const firstBackMs = () => Math.min(...held.map((moment) => moment.leftMs()));
  const taken = (): Permit => {
    let start = instantsOf(clock);
    inUse += 1;
    let left = false;
    let over = false;
    const end = (hold: boolean) => {
      if (over) return;
      over = true;
      inUse -= 1;
      if (left) working -= 1;
      if (hold) held = [...held, momentAfter(clock, holdMs, start)];
      waiting[0]?.wake();
    };
    return {
      release: () => end(false),
      abandon: () => end(true),
      sent() {
        start = instantsOf(clock);
        left = true;
        working += 1;
        highest = Math.max(highest, working + heldBack());
      },
    };
  };

  /** Sleeps until there may be something for this waiter, or until its time is up. */
  const napped = async (waiter: Waiter, leftMs: number, signal: AbortSignal | undefined) => {
    const woken = new AbortController();
    waiter.wake = () => woken.abort();
    // Whoever is first in the line also looks when a held permit comes back; the others are woken when it is their turn.
    const napMs = Math.min(leftMs, waiting[0] === waiter ? firstBackMs() : leftMs, LONGEST_SLEEP_MS);
    await clock.sleep(napMs, signal ? AbortSignal.any([woken.signal, signal]) : woken.signal).catch(() => undefined);
    if (signal?.aborted) throw new NoResponseError('ABORTED', 'the call to Siebel was aborted', { sent: false });
  };

  const waited = async ({ waitMs, signal }: PermitNeed): Promise<Permit> => {
    const limit = momentAfter(clock, waitMs);
    const waiter: Waiter = { wake() {} };
    waiting = [...waiting, waiter];
    try {
      while (waiting[0] !== waiter || !isFree()) {
        const leftMs = limit.leftMs();
        // With nothing under way only a held permit can come back, and when it does is known.
        const backMs = inUse === 0 && !isFree() ? firstBackMs() : undefined;
        if (leftMs <= 0 || (backMs !== undefined && backMs >= leftMs)) throw noneFree(backMs);
        await napped(waiter, leftMs, signal);
      }
      return taken();
    } finally {
      waiting = waiting.filter((other) => other !== waiter);
      waiting[0]?.wake();
    }
  };

  return {
    take: (need) => (waiting.length === 0 && isFree() ? taken() : waited(need)),
    highest() {
      const most = highest;
      highest = working + heldBack();
      return most;
    },
  };
}

interface Waiter {
  wake: () => void;
}

function noneFree(retryAfterMs: number | undefined): NoResponseError {
  return new NoResponseError('NO_FREE_CONNECTION', 'all permits for requests to Siebel stayed taken', {
    sent: false,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs: Math.ceil(retryAfterMs) }),
  });
}
