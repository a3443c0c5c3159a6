import type { LambdaFunction } from '../../local-stack/lambda/host.ts';
import type { CallBook } from './call-book.ts';
import type { FaultKind } from './fault-plan.ts';

/** The containers of the queue function, by the call that each works on. */
export interface Containers {
  /** Kills the one that works on the call, if there is one. */
  kill(kind: FaultKind, call: string): void;
  /** Freezes it, and thaws it after so long. */
  freeze(kind: FaultKind, call: string, forMs: number): void;
  thawAll(): void;
}

export function containersOf(queue: LambdaFunction, book: CallBook): Containers {
  const frozen = new Map<NodeJS.Timeout, () => void>();

  /** The container, and a note that all that it works on is disturbed with it. */
  function disturbedBy(call: string) {
    const token = /q\d{6}/.exec(call)?.[0] ?? call;
    const container = queue.sandboxes().find(({ event }) => event?.includes(token));
    if (container) book.disturb(...book.callsIn(container.event ?? ''));
    return container;
  }

  return {
    kill(kind, call) {
      const container = disturbedBy(call);
      if (container) book.struck(kind, container).kill();
    },
    freeze(kind, call, forMs) {
      const container = disturbedBy(call);
      if (!container) return;
      book.struck(kind, container).freeze();
      const timer = setTimeout(() => {
        frozen.delete(timer);
        container.thaw();
      }, forMs);
      frozen.set(timer, () => container.thaw());
    },
    thawAll() {
      for (const [timer, thaw] of frozen) {
        clearTimeout(timer);
        thaw();
      }
      frozen.clear();
    },
  };
}
