/** How many calls may be repeated in place: the share of repeated calls stays small when everything fails (R46). */
export interface RetryBudget {
  /** Takes one retry, or says that there is none left. */
  tryTake(): boolean;
  /** Tells that a call has succeeded: ten of them earn a retry. */
  succeeded(): void;
}

/** Counted in tenths, which add up exactly. */
const SIZE = 100;
const START = 20;
const PER_RETRY = 10;
const PER_SUCCESS = 1;

/** The budget of one container: at most 10 retries, 2 at the start. */
export function retryBudget(): RetryBudget {
  let tenths = START;
  return {
    tryTake() {
      if (tenths < PER_RETRY) return false;
      tenths -= PER_RETRY;
      return true;
    },
    succeeded() {
      tenths = Math.min(SIZE, tenths + PER_SUCCESS);
    },
  };
}
