/** What happens to a request above Maximum Possible Connections. Nobody has written down what Siebel does. */
export type OverCap = 'queue' | '500' | '503' | 'reset';

export interface ConnectionCap {
  /** Resolves `true` when the request may be worked on, `false` when it is refused. */
  enter(limit: { readonly maxConnections: number; readonly overCap: OverCap }): Promise<boolean>;
  /** To be called once for each request that was let in, when its work is done: also when its client has long left. */
  leave(): void;
  /** How many were refused, and how many had to wait. */
  counts(): { refused: number; waited: number };
  close(): void;
}

/** Lets so many requests be worked on at a time. Each comes with the limit of its own arrival. */
export function connectionCap(): ConnectionCap {
  const waiting: { readonly maxConnections: number; readonly go: (granted: boolean) => void }[] = [];
  let working = 0;
  let refused = 0;
  let waited = 0;
  return {
    async enter({ maxConnections, overCap }) {
      if (working < maxConnections) {
        working += 1;
        return true;
      }
      if (overCap !== 'queue') {
        refused += 1;
        return false;
      }
      waited += 1;
      return new Promise((go) => waiting.push({ maxConnections, go }));
    },
    leave() {
      working -= 1;
      while (waiting[0] && working < waiting[0].maxConnections) {
        working += 1;
        waiting.shift()?.go(true);
      }
    },
    counts: () => ({ refused, waited }),
    close() {
      for (const { go } of waiting.splice(0)) go(false);
    },
  };
}
