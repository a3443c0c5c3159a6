/** What happens to a request above Maximum Possible Connections. Nobody has written down what Siebel does. */
export type OverCap = 'queue' | '500' | '503' | 'reset';

export interface ConnectionCap {
  /** Resolves `true` when the request may be worked on, `false` when it is refused. */
  enter(): Promise<boolean>;
  /** To be called once for each request that was let in. */
  leave(): void;
  /** How many were refused, and how many had to wait. */
  counts(): { refused: number; waited: number };
  close(): void;
}

/** Lets so many requests be worked on at a time. */
export function connectionCap({
  maxConnections,
  overCap,
}: {
  maxConnections: number;
  overCap: OverCap;
}): ConnectionCap {
  const waiting: ((granted: boolean) => void)[] = [];
  let working = 0;
  let refused = 0;
  let waited = 0;
  return {
    async enter() {
      if (working < maxConnections) {
        working += 1;
        return true;
      }
      if (overCap !== 'queue') {
        refused += 1;
        return false;
      }
      waited += 1;
      return new Promise((resolve) => waiting.push(resolve));
    },
    leave() {
      const next = waiting.shift();
      if (next) next(true);
      else working -= 1;
    },
    counts: () => ({ refused, waited }),
    close() {
      for (const next of waiting.splice(0)) next(false);
    },
  };
}
