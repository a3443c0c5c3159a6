import type { Clock } from '../lib/clock.ts';

/** Ctrl-C, a termination, or a terminal that goes away. */
export interface Interruption {
  /** Aborted once it has come. */
  readonly signal: AbortSignal;
  /** From now on it lets what is under way end in good order: whoever holds it looks at the signal and stops. */
  hold(): void;
}

/** A terminal and npm both pass on one Ctrl-C. */
const SAME_MS = 1_000;

/**
 * Hears of interruptions. Before anybody holds them the process ends at once, as there is nothing to finish; afterwards the
 * first is a wish, and one that comes later than it ends the process.
 */
export function interruptionOf(
  source: { on(name: NodeJS.Signals, listener: () => void): unknown },
  { clock, exit }: { clock: Pick<Clock, 'elapsed'>; exit: (exitCode: number) => void },
): Interruption {
  const controller = new AbortController();
  let isHeld = false;
  let firstAtMs: number | undefined;
  const interrupted = () => {
    firstAtMs ??= clock.elapsed();
    controller.abort();
    if (!isHeld || clock.elapsed() - firstAtMs > SAME_MS) exit(1);
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) source.on(name, interrupted);
  return {
    signal: controller.signal,
    hold: () => {
      isHeld = true;
    },
  };
}
