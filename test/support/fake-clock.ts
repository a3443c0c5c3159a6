import type { Clock } from '../../lib/clock.ts';

/** A clock that stands still until a test moves it. */
export interface FakeClock extends Clock {
  /** Moves both clocks on, waking sleepers in the order in which they are due and letting each do its work. */
  advance(byMs: number): Promise<void>;
  /** Sets the wall clock alone, as an administrator or a time server would. */
  setWall(nowMs: number): void;
  /** How many sleep at this moment. */
  readonly sleeping: number;
}

interface Sleeper {
  readonly dueAtMs: number;
  readonly wake: () => void;
}

/**
 * @param options.nowMs Wall clock at the start. Default 1 700 000 000 000, in November 2023.
 * @param options.random What `random()` gives. Default always 0.5.
 */
export function fakeClock({
  nowMs = 1_700_000_000_000,
  random = () => 0.5,
}: {
  nowMs?: number;
  random?: () => number;
} = {}): FakeClock {
  let wallMs = nowMs;
  let elapsedMs = 0;
  let sleepers: readonly Sleeper[] = [];

  const moveTo = (targetMs: number) => {
    wallMs += targetMs - elapsedMs;
    elapsedMs = targetMs;
  };

  return {
    now: () => wallMs,
    elapsed: () => elapsedMs,
    random,
    sleep(delayMs, signal) {
      return new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const remove = () => {
          sleepers = sleepers.filter((sleeper) => sleeper !== own);
          signal?.removeEventListener('abort', stop);
        };
        const stop = () => {
          remove();
          reject(signal?.reason);
        };
        const wake = () => {
          remove();
          resolve();
        };
        const own: Sleeper = { dueAtMs: elapsedMs + Math.max(0, delayMs), wake };
        sleepers = [...sleepers, own];
        signal?.addEventListener('abort', stop, { once: true });
      });
    },
    async advance(byMs) {
      const targetMs = elapsedMs + byMs;
      await workDone();
      for (let due = nextDue(sleepers, targetMs); due; due = nextDue(sleepers, targetMs)) {
        moveTo(Math.max(elapsedMs, due.dueAtMs));
        due.wake();
        await workDone();
      }
      // Somebody else may have moved it further meanwhile.
      moveTo(Math.max(elapsedMs, targetMs));
      await workDone();
    },
    setWall(toMs) {
      wallMs = toMs;
    },
    get sleeping() {
      return sleepers.length;
    },
  };
}

/** The clock of a container that dies: it wakes nobody from then on. */
export function stoppingWith(clock: Clock, end: Promise<unknown>): Clock {
  let isOver = false;
  void end.then(() => {
    isOver = true;
  });
  return {
    ...clock,
    async sleep(delayMs, signal) {
      await clock.sleep(delayMs, signal);
      if (isOver) await new Promise(() => undefined);
    },
  };
}

/** The clock of a container that is frozen while it waits: nothing wakes it. */
export function withoutTimers<C extends Clock>(clock: C): C {
  return {
    ...clock,
    sleep: (_delayMs: number, signal?: AbortSignal) =>
      new Promise<void>((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
      }),
  };
}

// The first of those due at the same instant is the one that fell asleep first.
function nextDue(sleepers: readonly Sleeper[], untilMs: number): Sleeper | undefined {
  let first: Sleeper | undefined;
  for (const sleeper of sleepers) {
    if (sleeper.dueAtMs <= untilMs && (!first || sleeper.dueAtMs < first.dueAtMs)) first = sleeper;
  }
  return first;
}

// A turn of the event loop comes after every microtask, however long their chain.
function workDone(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
