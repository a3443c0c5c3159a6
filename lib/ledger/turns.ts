import type { Clock } from '../clock.ts';
import { endsBy } from '../ends-by.ts';
import { NoResponseError } from '../errors.ts';

/** One call's way among the others of its process. */
export interface Visit {
  /** Whether the call may start at once, and then counts as started until it leaves. If not, it counts as not started any more. */
  enter(alone: boolean): boolean;
  /**
   * Enters when those before it have gone.
   *
   * @throws NoResponseError `DEADLINE_TOO_CLOSE` when that is not before this instant by `Clock.now()`.
   */
  wait(alone: boolean, untilMs: number): Promise<void>;
  leave(): void;
}

interface Waiter {
  readonly alone: boolean;
  readonly begin: () => void;
}

/**
 * Lets the calls of one process run beside each other, and one that has killed its process before run alone: it must not
 * take its neighbours along to their fifth death (R75). Who waits is let in in order.
 *
 * @returns Begins the visit of one call.
 */
export function turns(clock: Clock): () => Visit {
  let inside = 0;
  let taken = false;
  let waiting: readonly Waiter[] = [];

  const isFree = (alone: boolean) => !taken && (inside === 0 || !alone);
  const letIn = () => {
    for (let next = waiting[0]; next && isFree(next.alone); next = waiting[0]) {
      waiting = waiting.slice(1);
      next.begin();
    }
  };

  return () => {
    let entered: 'alone' | 'beside' | undefined;
    const begin = (alone: boolean) => {
      entered = alone ? 'alone' : 'beside';
      inside += 1;
      taken = alone;
    };
    const leave = () => {
      if (!entered) return;
      entered = undefined;
      inside -= 1;
      taken = false;
      letIn();
    };

    return {
      leave,
      enter(alone) {
        if (entered === 'alone' || (entered && !alone)) return true;
        leave();
        if (waiting.length > 0 || !isFree(alone)) return false;
        begin(alone);
        return true;
      },
      async wait(alone, untilMs) {
        let own: Waiter | undefined;
        const begun = new Promise<void>((resolve) => {
          own = {
            alone,
            begin: () => {
              begin(alone);
              resolve();
            },
          };
          waiting = [...waiting, own];
        });
        letIn();
        if (await endsBy(untilMs, begun, clock)) return;
        waiting = waiting.filter((waiter) => waiter !== own);
        letIn();
        throw new NoResponseError('DEADLINE_TOO_CLOSE', 'no time is left beside a call that runs alone', {
          sent: false,
        });
      },
    };
  };
}
