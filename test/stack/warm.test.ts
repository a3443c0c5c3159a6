import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { FunctionName } from '../../local-stack/stack.ts';
import { httpEvent } from '../lib/api/http-event.ts';
import { accountMessage, type TestStack, testStack } from './stack.ts';

// Work that is counted, not timed: a busy machine may take longer.
vi.setConfig({ testTimeout: 60_000 });

const CALLERS: readonly FunctionName[] = ['queue', 'schedule', 'api'];
/** Short, and long enough to be renewed ahead: a token younger than 5 s is not. */
const SHORT_LIFE_SECONDS = 7;

let stack: TestStack;
let shortLived: TestStack;
/** Begun first, as it takes the life of a token. */
let lives: Promise<Lives>;

beforeAll(async () => {
  [stack, shortLived] = await Promise.all([
    testStack(),
    testStack({ records: 20, tokenLifeSeconds: SHORT_LIFE_SECONDS }),
  ]);
  await Promise.all([stack.mapping.stop(), shortLived.mapping.stop()]);
  lives = outliveTokens(shortLived);
  lives.catch(() => {});
});

afterAll(async () => {
  await stack?.close();
  await shortLived?.close();
});

describe('a warm container', () => {
  it('takes 1,000 API calls with 1,000 calls of Siebel, and nothing else (W3)', async () => {
    await readAccount(stack);
    const before = counted(stack);
    for (let count = 0; count < 1_000; count += 1) await readAccount(stack);
    expect(since(before, stack)).toEqual({ ...NOTHING, siebelCalls: 1_000 });
    expect(new Set(stack.calls('/Account/').map(({ token }) => token)).size).toBe(1);
  });

  it('takes calls over HTTP and from the queue the same way', async () => {
    // Four calls at once open the four connections that the queue may use.
    stack.siebel.addFault({ method: 'PUT', times: 10, fault: { delayMs: 50 } });
    await upsert(stack, ...names('first', 10));
    await overHttp();
    expect(stack.siebel.faults()).toMatchObject([{ fired: 10 }]);

    const { identityConnections, ...before } = counted(stack);
    for (let batch = 0; batch < 5; batch += 1) await upsert(stack, ...names(`batch ${batch}`, 10));
    for (let count = 0; count < 25; count += 1) await overHttp();
    // Siebel itself opens more connections to the identity domain when it has more to ask at once.
    expect(since({ ...before, identityConnections }, stack)).toMatchObject({
      ...NOTHING,
      siebelCalls: 75,
      identityConnections: expect.any(Number),
    });
  });
});

describe('a cold container', () => {
  it('reads the secret once and asks for one token, however many start together (R21)', async () => {
    await Promise.all(CALLERS.map((name) => stack.restart(name)));
    // Held at Siebel, so that no container is free for another call.
    stack.siebel.addFault({ times: 0, fault: { delayMs: 500 } });
    const before = counted(stack);
    const reads = Array.from({ length: 3 }, () => readAccount(stack));
    await Promise.all([...reads, upsert(stack, ...names('cold', 4)), tick(stack)]);
    stack.siebel.clearFaults();

    const { coldStarts, tokenRequests, secretReads, refused } = since(before, stack);
    expect(coldStarts).toBeGreaterThanOrEqual(3);
    expect({ tokenRequests, secretReads, refused }).toEqual({
      tokenRequests: coldStarts,
      secretReads: coldStarts,
      refused: 0,
    });
  });
});

describe('tokens that come and go', () => {
  it('are never sent when they have expired, in use or idle (T3)', async () => {
    const { atFirst, later } = await lives;
    expect(atFirst).toMatchObject({ coldStarts: 3, tokenRequests: 3 });
    expect(later).toMatchObject({ coldStarts: 0, refused: 0 });
    // Each of the three needed another one.
    expect(later.tokenRequests).toBeGreaterThanOrEqual(3);

    // Every request was introspected, so that an expired token would have been refused.
    const requests = shortLived.siebel.requests();
    expect(shortLived.siebel.stats().introspections).toBe(requests.length);
    expect(new Set(requests.map(({ token }) => token)).size).toBe(3 + later.tokenRequests);
  });
});

interface Lives {
  readonly atFirst: Counted;
  readonly later: Counted;
}

/** Calls until all first tokens have ended: that of the API in use, the others idle; and then once more everywhere. */
async function outliveTokens(where: TestStack): Promise<Lives> {
  const everywhere = (name: string) => Promise.all([readAccount(where), upsert(where, name), tick(where)]);
  where.siebel.addFault({ method: 'GET', times: 0, fault: { delayMs: 20 } });
  await everywhere('before');
  const atFirst = counted(where);

  const endedAtMs = performance.now() + SHORT_LIFE_SECONDS * 1_000;
  while (performance.now() < endedAtMs) await readAccount(where);
  await everywhere('after');
  return { atFirst, later: since(atFirst, where) };
}

/** What calls have cost so far, at the other side of each wire. */
function counted({ siebel, identity, secrets, functions }: TestStack) {
  const { requests, connections, byStatus } = siebel.stats();
  return {
    siebelCalls: requests,
    refused: byStatus['401'] ?? 0,
    siebelConnections: connections,
    identityConnections: identity.stats().connections,
    tokenRequests: identity.stats().tokenRequests,
    secretReads: secrets.stats().reads,
    coldStarts: CALLERS.reduce((sum, name) => sum + functions[name].stats().coldStarts, 0),
  };
}

type Counted = ReturnType<typeof counted>;

const NOTHING: Counted = {
  siebelCalls: 0,
  refused: 0,
  siebelConnections: 0,
  identityConnections: 0,
  tokenRequests: 0,
  secretReads: 0,
  coldStarts: 0,
};

function since(before: Counted, now: TestStack): Counted {
  const entries = Object.entries(counted(now)) as [keyof Counted, number][];
  return Object.fromEntries(entries.map(([name, count]) => [name, count - before[name]])) as Counted;
}

async function readAccount({ functions, siebel }: TestStack): Promise<void> {
  idOf.current ??= siebel.records('Account')[0]?.['Id'] ?? '';
  const Id = idOf.current;
  const { payload } = await functions.api.invoke(httpEvent({ path: `/accounts/${Id}`, pathParameters: { Id } }));
  expect(payload).toMatchObject({ statusCode: 200, body: expect.stringContaining(Id) });
}

/** The same in every stack: the seed is. */
const idOf: { current: string | undefined } = { current: undefined };

async function overHttp(): Promise<void> {
  const { apiUrl, apiToken } = stack.ready;
  const response = await fetch(`${apiUrl}/accounts?limit=2`, { headers: { authorization: `Bearer ${apiToken}` } });
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({ items: [{}, {}] });
}

async function upsert(where: TestStack, ...all: readonly string[]): Promise<void> {
  await where.send(...all.map((name) => accountMessage(name)));
  const { messages, failed } = await where.handOver();
  expect({ handed: messages.length, failed }).toEqual({ handed: all.length, failed: [] });
}

async function tick({ ready }: TestStack): Promise<void> {
  const response = await fetch(`${ready.schedulerUrl}/accounts`, { method: 'POST' });
  expect(response.status).toBe(200);
}

function names(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix} ${index}`);
}
