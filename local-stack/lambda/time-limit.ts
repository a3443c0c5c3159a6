/** A time limit whose clock can be stopped. */
export interface TimeLimit {
  /** Stops the clock; nothing happens when it stands. */
  pause(): void;
  /** Lets it run on with what is left. */
  resume(): void;
  /** Ends it without a call. */
  clear(): void;
}

/** Calls `over` once, after so many milliseconds in which the clock ran. */
export function timeLimit(limitMs: number, over: () => void): TimeLimit {
  let leftMs = limitMs;
  let startedAt = 0;
  let timer: NodeJS.Timeout | undefined;

  function resume(): void {
    if (timer) return;
    startedAt = performance.now();
    timer = setTimeout(over, Math.max(0, leftMs));
  }

  function pause(): void {
    if (!timer) return;
    clearTimeout(timer);
    timer = undefined;
    leftMs -= performance.now() - startedAt;
  }

  resume();
  return {
    pause,
    resume,
    clear() {
      pause();
      leftMs = Number.POSITIVE_INFINITY;
    },
  };
}
