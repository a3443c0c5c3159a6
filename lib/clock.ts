/**
 * Time and chance, passed in from the top: nothing else in `lib` reads a clock or draws a number.
 *
 * A container that Lambda has frozen runs no timers, so instants are compared and no timer is set for later.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch: for what is written down or compared with others. */
  now(): number;
  /** Milliseconds that only grow: for lifetimes inside this process. */
  elapsed(): number;
  /** Resolves after `delayMs`; rejects with `signal.reason` when aborted first. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
  /** From 0 up to, not including, 1: for jitter. */
  random(): number;
}

/** The clocks of two containers may differ by so much. */
export const CLOCK_MARGIN_MS = 5_000;

/** The clock of this machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  random: () => Math.random(),
  sleep(delayMs, signal) {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const stop = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', stop);
        resolve();
      }, delayMs);
      signal?.addEventListener('abort', stop, { once: true });
    });
  },
};
