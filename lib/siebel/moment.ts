import type { Clock } from '../clock.ts';

/** A moment in the future of this process. */
export interface Moment {
  /** Milliseconds until then; 0 when it has come. */
  leftMs(): number;
}

/**
 * The moment so long from a start. It has come as soon as one of both clocks says so: that of the process may stand
 * still while a container is frozen, and the wall clock may be set back.
 *
 * @param start What both clocks said; default now.
 */
export function momentAfter(
  clock: Pick<Clock, 'now' | 'elapsed'>,
  delayMs: number,
  start: Instants = instantsOf(clock),
): Moment {
  const dueAtMs = start.atMs + delayMs;
  const dueAtElapsedMs = start.atElapsedMs + delayMs;
  return { leftMs: () => Math.max(0, Math.min(dueAtMs - clock.now(), dueAtElapsedMs - clock.elapsed())) };
}

/** One instant on both clocks. */
export interface Instants {
  readonly atMs: number;
  readonly atElapsedMs: number;
}

/** This instant on both clocks. */
export function instantsOf(clock: Pick<Clock, 'now' | 'elapsed'>): Instants {
  return { atMs: clock.now(), atElapsedMs: clock.elapsed() };
}
