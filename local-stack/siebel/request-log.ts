/** One request to the stand-in, as the control address shows it. The token itself is never kept. */
export interface RequestEntry {
  readonly number: number;
  readonly at: string;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  /** Siebel user it ran as; `null` when it did not get so far. */
  readonly user: string | null;
  /** Tells one token from another. */
  readonly token: string | null;
  /** `null` while it is worked on, and when the client got no status. */
  readonly status: number | null;
  /** Requests in flight when it arrived, itself included. */
  readonly inFlight: number;
  /** Whether a fault rule struck it, and how its connection was cut. */
  readonly fault: boolean;
  readonly cut: string | null;
}

export interface RequestLog {
  open(
    request: { readonly method?: string | undefined; readonly url?: string | undefined },
    token: string | null,
  ): OpenRequest;
  entries(): readonly RequestEntry[];
  counts(): RequestCounts;
}

export interface RequestCounts {
  readonly requests: number;
  readonly inFlight: number;
  readonly highestInFlight: number;
  /** Requests at work now whose client has left. */
  readonly abandoned: number;
  readonly byStatus: Readonly<Record<string, number>>;
}

export interface OpenRequest {
  readonly number: number;
  ranAs(user: string): void;
  struck(): void;
  /** The client has left before its answer was sent. */
  abandon(): void;
  close(outcome: { status?: number; cut?: string }): void;
}

type Writable<Type> = { -readonly [Member in keyof Type]: Type[Member] };

const KEPT = 20_000;

/** Remembers what was asked. The oldest entries go when there are very many; the counts stay. */
export function requestLog(): RequestLog {
  let entries: Writable<RequestEntry>[] = [];
  let number = 0;
  let inFlight = 0;
  let highestInFlight = 0;
  let abandoned = 0;
  const byStatus: Record<string, number> = {};
  return {
    open({ method = 'GET', url = '' }, token) {
      number += 1;
      inFlight += 1;
      highestInFlight = Math.max(highestInFlight, inFlight);
      const [path = '', query = ''] = url.split(/\?(.*)/s);
      const entry: Writable<RequestEntry> = {
        number,
        at: new Date().toISOString(),
        method,
        path,
        query,
        user: null,
        token,
        status: null,
        inFlight,
        fault: false,
        cut: null,
      };
      entries.push(entry);
      if (entries.length > 2 * KEPT) entries = entries.slice(-KEPT);
      let state: 'at work' | 'abandoned' | 'done' = 'at work';
      return {
        number: entry.number,
        ranAs(user) {
          entry.user = user;
        },
        struck() {
          entry.fault = true;
        },
        abandon() {
          if (state !== 'at work') return;
          state = 'abandoned';
          abandoned += 1;
        },
        close({ status, cut }) {
          inFlight -= 1;
          if (state === 'abandoned') abandoned -= 1;
          state = 'done';
          entry.status = status ?? null;
          entry.cut = cut ?? null;
          const key = String(status ?? cut ?? 'none');
          byStatus[key] = (byStatus[key] ?? 0) + 1;
        },
      };
    },
    entries: () => entries.map((entry) => ({ ...entry })),
    counts: () => ({ requests: number, inFlight, highestInFlight, abandoned, byStatus: { ...byStatus } }),
  };
}
