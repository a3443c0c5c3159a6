import type { HttpClient, HttpRequest, HttpResponse } from '../../../lib/http/exchange.ts';
import type { Log } from '../../../lib/logger.ts';
import type { AccessToken, AccessTokenSource } from '../../../lib/oauth/access-token.ts';
import { Redacted } from '../../../lib/redacted.ts';
import type { Circuit } from '../../../lib/siebel/circuit.ts';
import { siebelClient } from '../../../lib/siebel/client.ts';
import type { Pace } from '../../../lib/siebel/pace.ts';
import type { Permits } from '../../../lib/siebel/permits.ts';
import type { RetryBudget } from '../../../lib/siebel/retry-budget.ts';
import type { SiebelSite } from '../../../lib/siebel/site.ts';
import { type FakeClock, fakeClock } from '../../support/fake-clock.ts';

export const ACCOUNT = { businessObject: 'Account', businessComponent: 'Account', viewMode: 'All' } as const;

/** One answer of the server, or what the client throws. */
export type Scripted = HttpResponse | Error;

export function answer(status: number, body: unknown = '', headers: Record<string, string> = {}): HttpResponse {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const type: Record<string, string> = text === '' ? {} : { 'content-type': 'application/json;charset=UTF-8' };
  return { status, headers: { ...type, ...headers }, body: Buffer.from(text), durationMs: 7 };
}

export const noData = answer(404, { ERROR: 'There is no data for the requested resource' });

/** A circuit that never opens, for what is to be seen without it. */
export const closedCircuit: Circuit = { closed: true, enter: () => () => {} };

/** The parameters of a request, decoded. */
export function parameters({ path }: Pick<HttpRequest, 'path'>): Record<string, string> {
  return Object.fromEntries(new URL(path, 'https://h').searchParams);
}

export async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** A server that gives its answers in order and remembers what it was asked. */
export function scriptedHttp(answers: readonly Scripted[]): HttpClient & { readonly requests: HttpRequest[] } {
  const requests: HttpRequest[] = [];
  return {
    requests,
    async request(request) {
      const next = answers[requests.length];
      requests.push(request);
      if (next === undefined) throw new Error(`the server has no answer number ${requests.length}`);
      if (next instanceof Error) throw next;
      return next;
    },
    async close() {},
  };
}

export function token(name: string): AccessToken {
  return {
    value: new Redacted(name),
    fingerprint: name,
    obtainedAtMs: 0,
    expiresAtMs: Number.MAX_SAFE_INTEGER,
    expiresAtElapsedMs: Number.MAX_SAFE_INTEGER,
  };
}

/** Tokens `first`, `second`, …: each replacement gives the next one. */
export function countedTokens() {
  const names = ['first', 'second', 'third', 'fourth'];
  let current = token('first');
  const accepted: string[] = [];
  const replaced: string[] = [];
  const source: AccessTokenSource = {
    get: () => current,
    async replace(rejected) {
      replaced.push(rejected.fingerprint);
      current = token(names[replaced.length] ?? 'another');
      return current;
    },
    accepted: (good) => void accepted.push(good.fingerprint),
    settled: async () => {},
  };
  return { source, accepted, replaced };
}

/** A Siebel client over a scripted server, with every part in hand. */
export function clientOver(
  answers: readonly Scripted[],
  {
    clock = fakeClock(),
    ...parts
  }: {
    clock?: FakeClock;
    retryBudget?: RetryBudget;
    circuit?: Circuit;
    permits?: Permits;
    pace?: Pace;
    site?: SiebelSite;
    log?: Log;
  } = {},
) {
  const http = scriptedHttp(answers);
  const tokens = countedTokens();
  const baseUrl = new URL('https://siebel.example:9001/siebel/v1.0');
  const client = siebelClient({ http, tokens: tokens.source, baseUrl, clock, ...parts });
  const options = { deadlineAtMs: clock.now() + 20_000 };
  return { client, http, tokens, clock, options };
}

/** Resolves or rejects as the call does, moving the clock whenever the call sleeps. */
export async function settledOn<T>(clock: FakeClock, call: Promise<T>): Promise<T> {
  const watched = call.then(
    () => true,
    () => true,
  );
  let over = false;
  void watched.then(() => {
    over = true;
  });
  for (let turn = 0; turn < 1_000 && !over; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    if (clock.sleeping > 0) await clock.advance(100);
  }
  return call;
}
