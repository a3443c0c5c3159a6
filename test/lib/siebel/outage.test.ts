import { describe, expect, it } from 'vitest';
import { NoResponseError, TlsError, TokenRequestError, UnusableResponseError } from '../../../lib/errors.ts';
import type { HttpClient } from '../../../lib/http/exchange.ts';
import type { AccessTokenSource } from '../../../lib/oauth/access-token.ts';
import { type Circuit, circuit } from '../../../lib/siebel/circuit.ts';
import { siebelClient } from '../../../lib/siebel/client.ts';
import { permits } from '../../../lib/siebel/permits.ts';
import { type FakeClock, fakeClock } from '../../support/fake-clock.ts';
import {
  ACCOUNT,
  answer,
  clientOver,
  closedCircuit,
  countedTokens,
  type Scripted,
  scriptedHttp,
  settledOn,
  token,
} from './parts.ts';

const GOOD = answer(200, { items: [{ Id: '1-1', Name: 'Acme' }] });
const timedOut = new NoResponseError('TIMED_OUT', 'late', { sent: true });
const BASE = { tokens: countedTokens().source, baseUrl: new URL('https://h/s') };

/** A Siebel that fails until it is told otherwise, and counts what reaches it. */
function failing(clock: FakeClock, failure: Scripted = answer(503), tookMs = 0) {
  const state = { requests: 0, well: false };
  const http: HttpClient = {
    async request() {
      state.requests += 1;
      if (tookMs > 0) await clock.sleep(tookMs);
      if (state.well) return GOOD;
      if (failure instanceof Error) throw failure;
      return failure;
    },
    async close() {},
  };
  return { state, http };
}

/** How a read ends: `done`, or the code of its failure. */
/** Gives another token at most once in ten seconds, as the cache does; in between the refused one again. */
function renewedEveryTenSeconds(clock: FakeClock): AccessTokenSource {
  let current = token('first');
  let renewedAtMs = Number.NEGATIVE_INFINITY;
  return {
    ...countedTokens().source,
    get: () => current,
    async replace() {
      if (clock.elapsed() - renewedAtMs >= 10_000) {
        renewedAtMs = clock.elapsed();
        current = token(`from ${renewedAtMs}`.replace(' ', '-'));
      }
      return current;
    },
  };
}

async function ended(clock: FakeClock, client: ReturnType<typeof siebelClient>, withinMs = 20_000): Promise<string> {
  const call = client.get(ACCOUNT, '1-1', {}, { deadlineAtMs: clock.now() + withinMs });
  return settledOn(clock, call).then(
    () => 'done',
    (error: unknown) => Object(error).code,
  );
}

describe('a total outage', () => {
  it.each<[string, Circuit | undefined]>([
    ['with the circuit', undefined],
    ['without it, by the budget alone', closedCircuit],
  ])('is not made worse: at most 1.2 requests a call over 2,000 calls, %s (R46)', async (_what, own) => {
    const clock = fakeClock();
    const { state, http } = failing(clock);
    const client = siebelClient({ ...BASE, http, clock, circuit: own });
    for (let call = 0; call < 2_000; call += 1) {
      await ended(clock, client);
      await clock.advance(50);
    }
    expect(state.requests).toBeLessThanOrEqual(2_000 * 1.2);
    expect(state.requests).toBeGreaterThan(0);
  });

  it('after a good time of 10,000 calls is not made worse either', async () => {
    const clock = fakeClock();
    const { state, http } = failing(clock);
    const client = siebelClient({ ...BASE, http, clock, circuit: closedCircuit });
    state.well = true;
    for (let call = 0; call < 10_000; call += 1)
      await client.get(ACCOUNT, '1-1', {}, { deadlineAtMs: clock.now() + 9_000 });
    Object.assign(state, { well: false, requests: 0 });
    for (let call = 0; call < 1_000; call += 1) await ended(clock, client);
    expect(state.requests).toBeLessThanOrEqual(1_000 * 1.2);
  });

  it.each<[string, Circuit | undefined]>([
    ['with the circuit', undefined],
    ['without it, by the budget alone', closedCircuit],
  ])('in which every token is refused is not made worse either, %s', async (_what, own) => {
    const clock = fakeClock();
    const { state, http } = failing(clock, answer(401));
    const client = siebelClient({ ...BASE, http, tokens: renewedEveryTenSeconds(clock), clock, circuit: own });
    state.well = true;
    for (let call = 0; call < 200; call += 1) await ended(clock, client);
    Object.assign(state, { well: false, requests: 0 });
    for (let call = 0; call < 1_000; call += 1) {
      expect(await ended(clock, client)).toMatch(/^(?:AUTH_LOOP|CIRCUIT_OPEN)$/);
      await clock.advance(50);
    }
    expect(state.requests).toBeLessThanOrEqual(own ? 1_200 : 60);

    state.well = true;
    await clock.advance(30_000);
    expect([await ended(clock, client), await ended(clock, client)]).toEqual(['done', 'done']);
  });

  it('of the authorization server is none of Siebel, opens no circuit and costs no retry', async () => {
    const clock = fakeClock();
    const away = new NoResponseError('TIMED_OUT', 'late', { sent: true });
    let fails = true;
    const counted = countedTokens().source;
    const tokens = { ...counted, get: () => (fails ? Promise.reject(away) : counted.get({ deadlineAtMs: 0 })) };
    const { state, http } = failing(clock);
    const client = siebelClient({ ...BASE, http, tokens, clock });
    const options = { deadlineAtMs: clock.now() + 20_000 };
    for (let call = 0; call < 20; call += 1) {
      expect(await ended(clock, client)).toBe('TIMED_OUT');
      await expect(client.insert(ACCOUNT, { Name: 'A' }, options)).rejects.toBe(away);
    }
    fails = false;
    await ended(clock, client);
    expect(state.requests).toBe(2);
  });

  it('leaves Siebel alone but for one probe at a time, and ends with the first that succeeds', async () => {
    const clock = fakeClock();
    const { state, http } = failing(clock);
    const client = siebelClient({ ...BASE, http, clock });
    for (let call = 0; call < 10; call += 1) await ended(clock, client);
    const toOpen = state.requests;
    expect(await ended(clock, client)).toBe('CIRCUIT_OPEN');
    // An hour: pauses of 5, 10, 20, and then 30 seconds, each with one request.
    for (let second = 0; second < 3_600; second += 1) {
      await ended(clock, client);
      await clock.advance(1_000);
    }
    const probes = state.requests - toOpen;
    expect(probes).toBeGreaterThan(110);
    expect(probes).toBeLessThanOrEqual(122);

    state.well = true;
    await clock.advance(30_000);
    expect([await ended(clock, client), await ended(clock, client)]).toEqual(['done', 'done']);
  });
});

describe('the circuit of a client', () => {
  it.each<[string, Scripted]>([
    ['a number that may have lost digits', answer(200, '{"Id":"1-1","Amount":1e400}')],
    ['no Id', answer(200, { Name: 'Acme' })],
    ['bytes that are not UTF-8', { ...answer(200, 'x'), body: Buffer.from([0x22, 0xff, 0x22]) }],
    ['more than we take', new UnusableResponseError('BODY_TOO_LARGE', 'large', { status: 200 })],
  ])('is not opened by one record that has %s', async (_what, odd) => {
    const { client, clock, http } = clientOver(Array<Scripted>(22).fill(odd));
    const outcomes: string[] = [];
    for (let call = 0; call < 20; call += 1) outcomes.push(await ended(clock, client));
    expect(outcomes).not.toContain('CIRCUIT_OPEN');
    expect(http.requests.length).toBeGreaterThanOrEqual(20);
  });

  it('opens after five failures and says when to come again, without a call and without a token', async () => {
    const clock = fakeClock();
    const { state, http } = failing(clock);
    let asked = 0;
    const counted = countedTokens().source;
    const tokens = {
      ...counted,
      get: (...need: Parameters<typeof counted.get>) => {
        asked += 1;
        return counted.get(...need);
      },
    };
    const client = siebelClient({ ...BASE, http, tokens, clock });
    while (state.requests < 5) await ended(clock, client);
    const before = asked;
    await expect(client.get(ACCOUNT, '1-1', {}, { deadlineAtMs: clock.now() + 20_000 })).rejects.toMatchObject({
      name: 'NoResponseError',
      code: 'CIRCUIT_OPEN',
      failureClass: 'environment',
      sent: false,
      retryAfterMs: 5_000,
    });
    expect([state.requests, asked]).toEqual([5, before]);
  });

  it('reports a call with no attempts while it is open', async () => {
    const clock = fakeClock();
    const own = circuit({ clock });
    for (let failure = 0; failure < 5; failure += 1) own.enter()('down');
    const { client, options } = clientOver([], { clock, circuit: own });
    const reports: number[] = [];
    const onCall = ({ attempts }: { attempts: number }) => void reports.push(attempts);
    await expect(client.get(ACCOUNT, '1-1', {}, { ...options, onCall })).rejects.toMatchObject({
      code: 'CIRCUIT_OPEN',
    });
    expect(reports).toEqual([0]);
  });

  it('does not repeat a call whose failure has opened it, nor a probe', async () => {
    const clock = fakeClock();
    const own = circuit({ clock });
    for (let failure = 0; failure < 4; failure += 1) own.enter()('down');
    const { client, http, options } = clientOver([answer(503), answer(503), GOOD], { clock, circuit: own });
    const read = () =>
      settledOn(clock, client.get(ACCOUNT, '1-1', {}, { ...options, deadlineAtMs: clock.now() + 9_000 }));
    const startedMs = clock.now();
    await expect(read()).rejects.toMatchObject({ code: 'SIEBEL_UNAVAILABLE' });
    // Nor does it wait for a second attempt that cannot be.
    expect([http.requests.length, clock.now()]).toEqual([1, startedMs]);
    await clock.advance(5_000);
    await expect(read()).rejects.toMatchObject({ code: 'SIEBEL_UNAVAILABLE' });
    expect(http.requests).toHaveLength(2);
  });

  it('counts writes that may not be repeated like all others', async () => {
    const clock = fakeClock();
    const { http } = failing(clock, answer(502));
    const client = siebelClient({ ...BASE, http, clock });
    const insert = () => client.insert(ACCOUNT, { Name: 'A' }, { deadlineAtMs: clock.now() + 9_000 });
    for (let call = 0; call < 5; call += 1) await expect(insert()).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    await expect(insert()).rejects.toMatchObject({ code: 'CIRCUIT_OPEN' });
  });

  it.each<[string, Scripted]>([
    ['no free connection', new NoResponseError('NO_FREE_CONNECTION', 'busy', { sent: false })],
    ['a spent deadline', new NoResponseError('DEADLINE_TOO_CLOSE', 'late', { sent: false })],
    ['an abort', new NoResponseError('ABORTED', 'aborted', { sent: true })],
    ['a bad certificate', new TlsError('TLS_HOST_MISMATCH', 'other')],
    ['refusals of Siebel', answer(500, { ERROR: 'No.(SBL-DAT-00498)' })],
    ['a duplicate', answer(409, { ERROR: 'Exists.(SBL-EAI-04383)' })],
    ['no data', answer(404, { ERROR: 'There is no data for the requested resource' })],
  ])('stays closed after %s, again and again', async (_what, failure) => {
    const clock = fakeClock();
    const { http, state } = failing(clock, failure);
    const client = siebelClient({ ...BASE, http, clock });
    const upsert = () => settledOn(clock, client.upsert(ACCOUNT, { Name: 'A' }, { deadlineAtMs: clock.now() + 9_000 }));
    for (let call = 0; call < 8; call += 1) await upsert().catch(() => {});
    const before = state.requests;
    await upsert().catch(() => {});
    expect(state.requests).toBeGreaterThan(before);
  });

  it('stays closed when no token can be had: Siebel has no part in that', async () => {
    const clock = fakeClock();
    const tokens = {
      ...countedTokens().source,
      get: () => Promise.reject(new TokenRequestError('TOKEN_REQUEST_PAUSED', 'later')),
    };
    const client = siebelClient({ ...BASE, http: scriptedHttp([]), tokens, clock });
    for (let call = 0; call < 8; call += 1) expect(await ended(clock, client)).toBe('TOKEN_REQUEST_PAUSED');
  });
});

describe('the permits of a client', () => {
  it('keep the place of a call that timed out, so that no second attempt is made where there is one place', async () => {
    const clock = fakeClock();
    const { http, state } = failing(clock, timedOut, 20_000);
    const own = permits({ total: 1, clock, holdMs: 60_000 });
    const client = siebelClient({ ...BASE, http, clock, permits: own });
    expect(await ended(clock, client, 25_000)).toBe('TIMED_OUT');
    expect(state.requests).toBe(1);
    state.well = true;
    // 20 s after the start of the first: what it left at Siebel is counted for 40 s more.
    expect(await ended(clock, client, 25_000)).toBe('NO_FREE_CONNECTION');
    expect(state.requests).toBe(1);
    await clock.advance(16_000);
    // Worth waiting for, and then a call of 20 s fits.
    expect(await ended(clock, client, 58_000)).toBe('done');
  });

  it('are waited for by a second attempt when they come back in time', async () => {
    const clock = fakeClock();
    const { http, state } = failing(clock, timedOut, 5_000);
    const client = siebelClient({ ...BASE, http, clock, permits: permits({ total: 1, clock, holdMs: 10_000 }) });
    const startedMs = clock.now();
    const call = ended(clock, client, 30_000);
    await clock.advance(9_000);
    expect(state.requests).toBe(1);
    state.well = true;
    expect(await call).toBe('done');
    expect([state.requests, clock.now() - startedMs]).toEqual([2, 15_000]);
  });

  it('are not waited for when no time would be left for a call', async () => {
    const clock = fakeClock();
    const http = scriptedHttp([timedOut, GOOD]);
    const client = siebelClient({ ...BASE, http, clock, permits: permits({ total: 1, clock, holdMs: 10_000 }) });
    expect(await ended(clock, client, 9_000)).toBe('TIMED_OUT');
    const startedMs = clock.now();
    expect(await ended(clock, client, 10_000 + 400)).toBe('NO_FREE_CONNECTION');
    expect(clock.now()).toBe(startedMs);
    expect(await ended(clock, client, 10_000 + 600)).toBe('done');
  });

  it.each<[string, Scripted]>([
    ['a lost connection', new NoResponseError('CONNECTION_LOST', 'lost', { sent: true })],
    ['HTTP 504', answer(504)],
  ])('are held after %s that came after a second, and not after one that came at once', async (_what, failure) => {
    const clock = fakeClock();
    const held = permits({ total: 1, clock });
    const late = siebelClient({ ...BASE, http: failing(clock, failure, 1_000).http, clock, permits: held });
    await ended(clock, late);
    expect(await ended(clock, late)).toBe('NO_FREE_CONNECTION');

    const free = permits({ total: 1, clock });
    const early = siebelClient({ ...BASE, http: failing(clock, failure, 999).http, clock, permits: free });
    await ended(clock, early);
    expect(await ended(clock, early)).not.toBe('NO_FREE_CONNECTION');
  });

  it.each<[string, Scripted]>([
    ['an answer', GOOD],
    ['a refusal', answer(500, { ERROR: 'No.(SBL-DAT-00498)' })],
    ['a lost connection', new NoResponseError('CONNECTION_LOST', 'lost', { sent: true })],
    ['a call that was never sent', new NoResponseError('CONNECT_FAILED', 'no', { sent: false })],
    ['an abort before it was sent', new NoResponseError('ABORTED', 'no', { sent: false })],
  ])('come back at once after %s', async (_what, first) => {
    const clock = fakeClock();
    const own = permits({ total: 1, clock });
    const client = siebelClient({ ...BASE, http: scriptedHttp([first, GOOD, GOOD]), clock, permits: own });
    await ended(clock, client);
    expect(await ended(clock, client)).toBe('done');
  });

  it('are held for a call that was aborted after it had left', async () => {
    const clock = fakeClock();
    const aborted = new NoResponseError('ABORTED', 'aborted', { sent: true });
    const client = siebelClient({
      ...BASE,
      http: scriptedHttp([aborted]),
      clock,
      permits: permits({ total: 1, clock }),
    });
    expect(await ended(clock, client)).toBe('ABORTED');
    expect(await ended(clock, client)).toBe('NO_FREE_CONNECTION');
  });

  it('are as many as there are, also for both exchanges of a replay', async () => {
    const clock = fakeClock();
    const http = scriptedHttp([answer(401), GOOD]);
    const client = siebelClient({ ...BASE, http, clock, permits: permits({ total: 1, clock }) });
    expect(await ended(clock, client)).toBe('done');
  });

  it('bound what is at work at Siebel by the clock on the wall, abandoned calls included (R49)', async () => {
    const clock = fakeClock();
    const holdMs = 60_000;
    const worksUntilMs: number[] = [];
    let most = 0;
    let calls = 0;
    // Every third request takes Siebel a minute, and is given up after 20 s.
    const http: HttpClient = {
      async request() {
        calls += 1;
        const slow = calls % 3 === 0;
        worksUntilMs.push(clock.now() + (slow ? holdMs : 300));
        most = Math.max(most, worksUntilMs.filter((untilMs) => untilMs > clock.now()).length);
        await clock.sleep(slow ? 20_000 : 300);
        if (slow) throw timedOut;
        return GOOD;
      },
      async close() {},
    };
    const client = siebelClient({
      ...BASE,
      http,
      clock,
      permits: permits({ total: 4, clock, holdMs }),
      circuit: closedCircuit,
    });
    const outcomes: unknown[] = [];
    for (let second = 0; second < 600; second += 1) {
      const call = client.get(ACCOUNT, '1-1', {}, { deadlineAtMs: clock.now() + 25_000 });
      void call.then(
        () => outcomes.push('done'),
        (error: unknown) => outcomes.push(Object(error).code),
      );
      await clock.advance(1_000);
    }
    await clock.advance(60_000);
    expect(most).toBe(4);
    expect(outcomes).toHaveLength(600);
    expect(new Set(outcomes)).toEqual(new Set(['done', 'TIMED_OUT', 'NO_FREE_CONNECTION']));
  });
});
