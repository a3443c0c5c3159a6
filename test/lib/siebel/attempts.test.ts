import { describe, expect, it } from 'vitest';
import { NoResponseError, TlsError, TokenRequestError, UnusableResponseError } from '../../../lib/errors.ts';
import type { HttpClient } from '../../../lib/http/exchange.ts';
import type { AccessToken, AccessTokenSource, TokenNeed } from '../../../lib/oauth/access-token.ts';
import type { CallReport } from '../../../lib/siebel/call.ts';
import { siebelClient } from '../../../lib/siebel/client.ts';
import { pace } from '../../../lib/siebel/pace.ts';
import { type Permits, permits } from '../../../lib/siebel/permits.ts';
import { retryBudget } from '../../../lib/siebel/retry-budget.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { setUp } from '../../support/token-cache.ts';
import { keptLog } from '../queue/queue-parts.ts';
import {
  ACCOUNT,
  answer,
  clientOver,
  closedCircuit,
  countedTokens,
  noData,
  type Scripted,
  scriptedHttp,
  settledOn,
  token,
} from './parts.ts';

const GOOD = answer(200, { items: [{ Id: '1-1', Name: 'Acme' }] });
const tooLarge = new UnusableResponseError('BODY_TOO_LARGE', 'large', { status: 200 });
const lost = new NoResponseError('CONNECTION_LOST', 'connection lost', { sent: true });

function get({ client, options, clock }: ReturnType<typeof clientOver>) {
  return settledOn(clock, client.get(ACCOUNT, '1-1', {}, options));
}

function upsert({ client, options, clock }: ReturnType<typeof clientOver>) {
  return settledOn(clock, client.upsert(ACCOUNT, { Name: 'Acme', Location: '' }, options));
}

describe('a call to Siebel', () => {
  it('carries the token and asks for JSON, GET included (R53)', async () => {
    const parts = clientOver([GOOD]);
    await get(parts);
    expect(parts.http.requests[0]?.headers).toEqual({
      accept: 'application/json',
      'content-type': 'application/json',
      authorization: 'Bearer first',
    });
    expect(parts.tokens.accepted).toEqual(['first']);
  });

  it('asks for a token that lasts for one exchange, to be had by the deadline, and no longer than it is wanted', async () => {
    const clock = fakeClock();
    const needs: TokenNeed[] = [];
    const counted = countedTokens().source;
    const tokens: AccessTokenSource = {
      ...counted,
      get: (need) => {
        needs.push(need);
        return counted.get(need);
      },
      replace: (rejected, need) => {
        needs.push(need);
        return counted.replace(rejected, need);
      },
    };
    const http = scriptedHttp([answer(401), GOOD]);
    const client = siebelClient({ http, tokens, timeoutMs: 20_000, baseUrl: new URL('https://h/s'), clock });
    const { signal } = new AbortController();
    const deadlineAtMs = clock.now() + 58_000;

    await client.get(ACCOUNT, '1-1', {}, { deadlineAtMs, signal });

    expect(needs).toEqual(Array(2).fill({ deadlineAtMs, useMs: 20_000, signal }));
    expect(needs[0]?.signal).toBe(signal);
  });

  it.each(['', 'a b', 'a\r\nx: y', 'ü'])('sends nothing with %j for a token (R53)', async (value) => {
    const http = scriptedHttp([GOOD]);
    const clock = fakeClock();
    const tokens = { ...countedTokens().source, get: () => token(value) };
    const client = siebelClient({ http, tokens, baseUrl: new URL('https://h/s'), clock });
    await expect(client.get(ACCOUNT, '1-1', {}, { deadlineAtMs: clock.now() + 9_000 })).rejects.toThrow(/token/);
    expect(http.requests).toEqual([]);
  });

  it.each<[string, Scripted]>([
    ['a lost connection', lost],
    ['a refused connection', new NoResponseError('CONNECT_FAILED', 'refused', { sent: false })],
    ['a time-out', new NoResponseError('TIMED_OUT', 'timed out', { sent: true })],
    ['a cut body', new UnusableResponseError('BODY_TRUNCATED', 'cut', { status: 200 })],
    ['HTTP 500 without a code (F60)', answer(500, '<html>')],
    ['HTTP 503 (F62)', answer(503)],
    ['a sign-in page (F66)', answer(200, '<html>', { 'content-type': 'text/html' })],
    ['cut JSON (F68)', answer(200, '{"items":[{"Id":')],
    ['an answer without the record', answer(200, {})],
    ['bytes that are not UTF-8', { ...GOOD, body: Buffer.from([0x22, 0xff, 0x22]) }],
    ['a lost database connection', answer(503, { ERROR: 'Lost.(SBL-EAI-05001)' })],
  ])('repeats a read and an upsert once after %s', async (_what, first) => {
    const reading = clientOver([first, GOOD]);
    await expect(get(reading)).resolves.toEqual({ Id: '1-1', Name: 'Acme' });
    const writing = clientOver([first, GOOD]);
    await expect(upsert(writing)).resolves.toEqual({ id: '1-1' });
    expect(writing.http.requests.map(({ body }) => body)).toEqual(Array(2).fill('{"Name":"Acme","Location":""}'));
  });

  it('gives up after the second attempt', async () => {
    const parts = clientOver([answer(502), lost, GOOD]);
    await expect(get(parts)).rejects.toBe(lost);
    expect(parts.http.requests).toHaveLength(2);
  });

  it.each<[string, Scripted, string]>([
    ['a value that Siebel refuses (F58)', answer(500, { ERROR: 'Required.(SBL-DAT-00498)' }), 'SIEBEL_VALIDATION'],
    ['HTTP 403 (F51)', answer(403, 'no'), 'SIEBEL_CONFIGURATION'],
    ['HTTP 404 with other text (F53)', answer(404, { ERROR: 'No such component' }), 'SIEBEL_CONFIGURATION'],
    ['HTTP 400 of a gateway', answer(400, 'bad'), 'SIEBEL_UNAVAILABLE'],
    ['HTTP 429', answer(429), 'SIEBEL_UNAVAILABLE'],
    ['HTTP 429 with a code', answer(429, { ERROR: 'Slow.(SBL-XXX-11111)' }), 'SIEBEL_UNAVAILABLE'],
    ['a redirect (F77)', answer(302), 'REDIRECTED'],
    ['a body over the limit', tooLarge, 'BODY_TOO_LARGE'],
    ['a bad certificate (F93)', new TlsError('TLS_UNKNOWN_AUTHORITY', 'unknown'), 'TLS_UNKNOWN_AUTHORITY'],
    ['a spent deadline', new NoResponseError('DEADLINE_TOO_CLOSE', 'late', { sent: false }), 'DEADLINE_TOO_CLOSE'],
    ['an abort', new NoResponseError('ABORTED', 'aborted', { sent: true }), 'ABORTED'],
  ])('is not repeated after %s', async (_what, first, code) => {
    const parts = clientOver([first, GOOD]);
    await expect(get(parts)).rejects.toMatchObject({ code });
    expect(parts.http.requests).toHaveLength(1);
  });

  it('stops repeating when the budget is spent, and earns it again by successes (R46)', async () => {
    const outage = clientOver(Array(2_000).fill(answer(503)), { retryBudget: retryBudget(), circuit: closedCircuit });
    for (let call = 0; call < 1_000; call += 1)
      await expect(get(outage)).rejects.toMatchObject({ code: 'SIEBEL_UNAVAILABLE' });
    expect(outage.http.requests).toHaveLength(1_002);

    const spent = retryBudget();
    while (spent.tryTake());
    const recovering = clientOver([...Array<Scripted>(10).fill(GOOD), answer(503), GOOD], { retryBudget: spent });
    for (let call = 0; call < 10; call += 1) await get(recovering);
    await expect(get(recovering)).resolves.toBeDefined();
  });

  it('waits a random part of 100 ms before the second attempt', async () => {
    const parts = clientOver([lost, GOOD], { clock: fakeClock({ random: () => 0.25 }) });
    const startedMs = parts.clock.now();
    const call = parts.client.get(ACCOUNT, '1-1', {}, parts.options);
    await parts.clock.advance(24);
    expect(parts.http.requests).toHaveLength(1);
    await parts.clock.advance(1);
    await call;
    expect([parts.http.requests.length, parts.clock.now() - startedMs]).toEqual([2, 25]);
  });

  it('obeys Retry-After inside the deadline, and hands it on beyond (R48)', async () => {
    const patient = clientOver([answer(503, '', { 'retry-after': '3' }), GOOD]);
    const startedMs = patient.clock.now();
    await get(patient);
    expect(patient.clock.now() - startedMs).toBeGreaterThanOrEqual(3_000);

    const hurried = clientOver([answer(503, '', { 'retry-after': '30' }), GOOD]);
    await expect(get(hurried)).rejects.toMatchObject({ retryAfterMs: 30_000 });
    expect(hurried.http.requests).toHaveLength(1);
  });

  it('does not begin an attempt for which no time is left (R37)', async () => {
    const late = clientOver([GOOD]);
    const past = { deadlineAtMs: late.clock.now() };
    await expect(late.client.get(ACCOUNT, '1-1', {}, past)).rejects.toMatchObject({
      code: 'DEADLINE_TOO_CLOSE',
      sent: false,
    });
    expect(late.http.requests).toEqual([]);

    const close = clientOver([lost, GOOD]);
    const soon = { deadlineAtMs: close.clock.now() + 500 };
    await expect(close.client.get(ACCOUNT, '1-1', {}, soon)).rejects.toBe(lost);
  });

  it('stops waiting when it is aborted, with the failure that it waited for', async () => {
    const parts = clientOver([lost, GOOD]);
    const abort = new AbortController();
    const call = parts.client.get(ACCOUNT, '1-1', {}, { ...parts.options, signal: abort.signal });
    const outcome = expect(call).rejects.toBe(lost);
    await parts.clock.advance(1);
    abort.abort(new Error('enough'));
    await outcome;
    expect(parts.clock.sleeping).toBe(0);
  });

  it("counts waiting for a permit as nobody's time: Siebel was not asked yet", async () => {
    const clock = fakeClock();
    const own = permits({ total: 1, clock });
    const held = await own.take({ waitMs: 0 });
    const reports: CallReport[] = [];
    const parts = clientOver([GOOD], { clock, permits: own });
    const call = parts.client.get(ACCOUNT, '1-1', {}, { ...parts.options, onCall: (report) => reports.push(report) });
    await clock.advance(3_000);
    held.release();
    await settledOn(clock, call);
    expect(reports).toEqual([{ attempts: 1, siebelMs: 0, tokenMs: 0 }]);
  });

  it('tells its cost once, also when it fails', async () => {
    const reports: CallReport[] = [];
    const parts = clientOver([answer(401), answer(503), answer(503)]);
    const call = parts.client.get(ACCOUNT, '1-1', {}, { ...parts.options, onCall: (report) => reports.push(report) });
    await expect(settledOn(parts.clock, call)).rejects.toMatchObject({ code: 'SIEBEL_UNAVAILABLE' });
    expect(reports).toEqual([{ attempts: 3, siebelMs: expect.any(Number), tokenMs: expect.any(Number) }]);
  });
});

describe('a write of a record that others change meanwhile (R10, F59)', () => {
  const outrun = answer(500, { ERROR: 'The record has been modified.(SBL-DAT-00523)' });
  const WRITTEN = answer(200, { items: { Id: '1-1' } });
  const update = ({ client, options, clock }: ReturnType<typeof clientOver>) =>
    settledOn(clock, client.update(ACCOUNT, '1-1', { Name: 'New' }, options));
  const rich = () => ({ tryTake: () => true, succeeded() {} });

  it.each([
    ['update', update],
    ['upsert', upsert],
  ])('is sent again up to three times: %s', async (_what, write) => {
    const lucky = clientOver([outrun, outrun, outrun, WRITTEN], { retryBudget: rich() });
    await expect(write(lucky)).resolves.toEqual({ id: '1-1' });
    expect(new Set(lucky.http.requests.map(({ body }) => body)).size).toBe(1);
    expect(lucky.http.requests).toHaveLength(4);

    const unlucky = clientOver([...Array(4).fill(outrun), WRITTEN], { retryBudget: rich() });
    await expect(write(unlucky)).rejects.toMatchObject({ code: 'SIEBEL_UNAVAILABLE', failureClass: 'environment' });
    expect(unlucky.http.requests).toHaveLength(4);
  });

  it('pays for each repetition, and waits for another delivery when the budget is spent (R46)', async () => {
    const parts = clientOver([outrun, outrun, outrun, WRITTEN]);
    await expect(update(parts)).rejects.toMatchObject({ siebelCodes: ['SBL-DAT-00523'] });
    expect(parts.http.requests).toHaveLength(3);
  });

  it('says nothing against Siebel: its circuit stays closed', async () => {
    const spent = { tryTake: () => false, succeeded() {} };
    const parts = clientOver([...Array(6).fill(outrun), WRITTEN], { retryBudget: spent });
    for (let call = 0; call < 6; call += 1) await expect(update(parts)).rejects.toMatchObject({ passing: true });
    await expect(update(parts)).resolves.toEqual({ id: '1-1' });
  });

  it('is not repeated where it would not set the same values once more', async () => {
    const parts = clientOver([outrun, WRITTEN], { retryBudget: rich() });
    const call = parts.client.insert(ACCOUNT, { Name: 'a' }, parts.options);
    await expect(settledOn(parts.clock, call)).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    expect(parts.http.requests).toHaveLength(1);
  });

  it('is sent no third time for anything else that fails behind it', async () => {
    const parts = clientOver([outrun, answer(503), WRITTEN], { retryBudget: rich() });
    await expect(update(parts)).rejects.toMatchObject({ status: 503 });
    expect(parts.http.requests).toHaveLength(2);
  });
});

describe('a repeatable write that may be executed, and whose repetition does not leave', () => {
  const noToken = new TokenRequestError('TOKEN_REQUEST_PAUSED', 'paused');
  const refused = new NoResponseError('CONNECT_FAILED', 'refused', { sent: false });
  const open = new NoResponseError('CIRCUIT_OPEN', 'left alone', { sent: false });
  const tokensOnce = () => {
    let asked = 0;
    return {
      ...countedTokens().source,
      get: () => {
        asked += 1;
        if (asked > 1) throw noToken;
        return token('first');
      },
    };
  };
  const openedBeside = () => {
    let entered = 0;
    return {
      closed: true,
      enter() {
        entered += 1;
        if (entered > 1) throw open;
        return () => {};
      },
    };
  };
  const over = (answers: readonly Scripted[], own: object) => {
    const clock = fakeClock();
    const http = scriptedHttp(answers);
    const baseUrl = new URL('https://h/s');
    const client = siebelClient({ http, tokens: countedTokens().source, baseUrl, clock, ...own });
    return { client, http, clock, options: { deadlineAtMs: clock.now() + 20_000 } };
  };

  it.each<[string, readonly Scripted[], () => object]>([
    ['there is no token', [lost], () => ({ tokens: tokensOnce() })],
    ['the circuit has opened', [lost], () => ({ circuit: openedBeside() })],
    ['all permits are held by requests that were given up', [lost], () => ({ permits: heldAfterOne() })],
    ['Siebel is not reached', [lost, refused], () => ({})],
    [
      'its token is refused and there is no other',
      [lost, answer(401)],
      () => ({ tokens: { ...countedTokens().source, replace: () => Promise.reject(noToken) } }),
    ],
  ])('ends with what came of the first: %s', async (_what, answers, own) => {
    const { client, clock, options } = over(answers, own());
    const call = client.upsert(ACCOUNT, { Name: 'Acme' }, options);
    await expect(settledOn(clock, call)).rejects.toBe(lost);
  });

  it('is told from a read, and from a write of which nothing had left: they end with what keeps them', async () => {
    const reading = over([lost], { tokens: tokensOnce() });
    const read = reading.client.get(ACCOUNT, '1-1', {}, reading.options);
    await expect(settledOn(reading.clock, read)).rejects.toBe(noToken);
    const writing = over([refused], { tokens: tokensOnce() });
    const write = writing.client.upsert(ACCOUNT, { Name: 'Acme' }, writing.options);
    await expect(settledOn(writing.clock, write)).rejects.toBe(noToken);
  });

  it('ends with the refusal of Siebel when the second has left and is refused', async () => {
    const { client, clock, options } = over([lost, answer(500, { ERROR: 'Required.(SBL-DAT-00498)' })], {});
    const call = client.upsert(ACCOUNT, { Name: 'Acme' }, options);
    await expect(settledOn(clock, call)).rejects.toMatchObject({ code: 'SIEBEL_VALIDATION' });
  });

  function heldAfterOne(): Permits {
    let taken = 0;
    return {
      take() {
        taken += 1;
        if (taken > 1) throw new NoResponseError('NO_FREE_CONNECTION', 'taken', { sent: false });
        return { release() {}, sent() {}, abandon() {} };
      },
      highest: () => 0,
    };
  }
});

describe('the time that a write leaves with (R38)', () => {
  const DONE = answer(200, { items: { Id: '1-7' } });
  const insert = ({ client, options, clock }: ReturnType<typeof clientOver>, beforeWrite?: () => Promise<void>) =>
    settledOn(clock, client.insert(ACCOUNT, { Name: 'Acme' }, { ...options, beforeWrite }));

  it.each([
    [16_900, 'is sent'],
    [17_100, 'NO_FREE_CONNECTION'],
  ])('is 3 s after a wait for a permit: %i ms of 20 s', async (heldMs, outcome) => {
    const clock = fakeClock();
    const own = permits({ total: 1, clock });
    const held = await own.take({ waitMs: 0 });
    void clock.sleep(heldMs).then(() => held.release());
    const parts = clientOver([DONE], { clock, permits: own });
    let begun = 0;
    const beforeWrite = async () => {
      begun += 1;
    };
    const ended = await insert(parts, beforeWrite).then(
      () => 'is sent',
      ({ code }) => code,
    );
    const sent = outcome === 'is sent' ? 1 : 0;
    expect([ended, parts.http.requests.length, begun]).toEqual([outcome, sent, sent]);
  });

  it('is half a second for a read, which changes nothing', async () => {
    const clock = fakeClock();
    const own = permits({ total: 1, clock });
    const held = await own.take({ waitMs: 0 });
    void clock.sleep(19_400).then(() => held.release());
    await expect(get(clientOver([GOOD], { clock, permits: own }))).resolves.toMatchObject({ Id: '1-1' });
  });

  it('is 3 s after a wait for its turn: the third of three in a minute of six is not begun', async () => {
    const clock = fakeClock();
    const parts = clientOver([DONE, DONE, DONE], { clock, pace: pace({ callsPerMinute: 6, burst: 1, clock }) });
    const options = { deadlineAtMs: clock.now() + 20_600 };
    const calls = [1, 2, 3].map(() => parts.client.insert(ACCOUNT, { Name: 'Acme' }, options));
    const ends = await settledOn(clock, Promise.allSettled(calls));
    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    expect(ends[2]).toMatchObject({ reason: { code: 'NO_FREE_CONNECTION', sent: false, retryAfterMs: 20_000 } });
    expect(parts.http.requests).toHaveLength(2);
  });

  it('is 3 s after a token that was long in coming, and nothing is noted as begun', async () => {
    const clock = fakeClock();
    const http = scriptedHttp([DONE]);
    const slow = { ...countedTokens().source, get: () => clock.sleep(17_100).then(() => token('late')) };
    const client = siebelClient({ http, tokens: slow, baseUrl: new URL('https://h/s'), clock });
    let begun = 0;
    const beforeWrite = async () => {
      begun += 1;
    };
    const options = { deadlineAtMs: clock.now() + 20_000, beforeWrite };
    const call = client.insert(ACCOUNT, { Name: 'Acme' }, options);
    await expect(settledOn(clock, call)).rejects.toMatchObject({ code: 'DEADLINE_TOO_CLOSE', sent: false });
    expect([http.requests.length, begun]).toEqual([0, 0]);
  });

  it('is looked at before a token is asked for', async () => {
    const clock = fakeClock();
    let asked = 0;
    const tokens = {
      ...countedTokens().source,
      get() {
        asked += 1;
        return token('first');
      },
    };
    const client = siebelClient({ http: scriptedHttp([]), tokens, baseUrl: new URL('https://h/s'), clock });
    const late = client.insert(ACCOUNT, { Name: 'Acme' }, { deadlineAtMs: clock.now() + 2_999 });
    await expect(late).rejects.toMatchObject({ code: 'DEADLINE_TOO_CLOSE', sent: false });
    expect(asked).toBe(0);
  });

  it('is 3 s for its repetition, too: the first request may be executed as it is', async () => {
    const parts = clientOver([lost, GOOD]);
    const options = { deadlineAtMs: parts.clock.now() + 3_000 };
    await expect(parts.client.upsert(ACCOUNT, { Name: 'Acme' }, options)).rejects.toBe(lost);
    expect(parts.http.requests).toHaveLength(1);
  });

  it('is no more than an exchange may last', async () => {
    const clock = fakeClock();
    const http = scriptedHttp([DONE]);
    const tokens = countedTokens().source;
    const client = siebelClient({ http, tokens, timeoutMs: 1_000, baseUrl: new URL('https://h/s'), clock });
    const options = { deadlineAtMs: clock.now() + 1_000 };
    await expect(client.insert(ACCOUNT, { Name: 'Acme' }, options)).resolves.toEqual({ id: '1-7' });
    await expect(client.insert(ACCOUNT, { Name: 'a' }, { deadlineAtMs: clock.now() + 999 })).rejects.toMatchObject({
      code: 'DEADLINE_TOO_CLOSE',
    });
  });
});

describe('a call that Siebel answers with 401', () => {
  it('replaces exactly the refused token and is replayed once (F43, F49, R29)', async () => {
    const parts = clientOver([answer(401), GOOD]);
    await expect(upsert(parts)).resolves.toEqual({ id: '1-1' });
    expect(parts.tokens.replaced).toEqual(['first']);
    expect(parts.tokens.accepted).toEqual(['second']);
    expect(parts.http.requests.map(({ headers }) => headers?.['authorization'])).toEqual([
      'Bearer first',
      'Bearer second',
    ]);
  });

  it('leaves a line that names the refused token by its fingerprint', async () => {
    const log = keptLog();
    await get(clientOver([answer(401), GOOD], { log }));
    expect(log.lines).toEqual([
      { level: 'warn', event: 'SIEBEL_TOKEN_REFUSED', tokenFingerprint: 'first', willReplay: true },
    ]);
  });

  it('is given up as AUTH_LOOP, an environment failure, when the replay is refused too (F50)', async () => {
    const parts = clientOver([answer(401), answer(401), GOOD]);
    await expect(get(parts)).rejects.toMatchObject({ code: 'AUTH_LOOP', failureClass: 'environment', status: 401 });
    expect([parts.http.requests.length, parts.tokens.replaced.length]).toEqual([2, 1]);
  });

  it('is replayed once in its whole life, not once an attempt', async () => {
    const parts = clientOver([answer(401), answer(503), answer(401), GOOD]);
    await expect(get(parts)).rejects.toMatchObject({ code: 'AUTH_LOOP' });
    expect([parts.http.requests.length, parts.tokens.replaced.length]).toEqual([3, 1]);
  });

  it('passes on what the token source throws, without another attempt', async () => {
    const http = scriptedHttp([answer(401), GOOD]);
    const clock = fakeClock();
    const refused = new TokenRequestError('AUTH_LOOP', 'no replay now');
    const tokens = { ...countedTokens().source, replace: () => Promise.reject(refused) };
    const client = siebelClient({ http, tokens, baseUrl: new URL('https://h/s'), clock });
    await expect(client.get(ACCOUNT, '1-1', {}, { deadlineAtMs: clock.now() + 9_000 })).rejects.toBe(refused);
    expect(http.requests).toHaveLength(1);
  });

  it('costs one call when a token in use is revoked, and the next one gets a new token (F43, F49)', async () => {
    const { tokens, endpoint, clock } = setUp();
    let revoked = '';
    const sent: string[] = [];
    const http: HttpClient = {
      async request({ headers = {} }) {
        sent.push(headers['authorization'] ?? '');
        return headers['authorization'] === `Bearer ${revoked}` ? answer(401) : GOOD;
      },
      async close() {},
    };
    const client = siebelClient({ http, tokens, baseUrl: new URL('https://h/s'), clock });
    const outcome = async () => {
      const call = client.get(ACCOUNT, '1-1', {}, { deadlineAtMs: clock.now() + 25_000 });
      return settledOn(clock, call).then(
        () => 'done',
        (error: unknown) => Object(error).code,
      );
    };
    for (let call = 0; call < 60; call += 1) {
      expect(await outcome()).toBe('done');
      await clock.advance(2_000);
    }

    revoked = 'token-1';
    sent.length = 0;

    expect([await outcome(), await outcome(), await outcome()]).toEqual(['AUTH_LOOP', 'done', 'done']);
    expect(sent).toEqual([1, 1, 1, 2, 2].map((number) => `Bearer token-${number}`));
    expect(endpoint.requests).toBe(2);
  });

  it('is replayed with a newer token whatever the budget says, and with the same one only from the budget', async () => {
    const spent = { tryTake: () => false, succeeded() {} };
    const renewed = clientOver([answer(401), GOOD], { retryBudget: spent });
    await expect(get(renewed)).resolves.toEqual({ Id: '1-1', Name: 'Acme' });

    const kept = { ...countedTokens().source, replace: async (refused: AccessToken) => refused };
    const http = scriptedHttp([answer(401), GOOD]);
    const clock = fakeClock();
    const baseUrl = new URL('https://h/s');
    const log = keptLog();
    const client = siebelClient({ http, tokens: kept, baseUrl, clock, retryBudget: spent, log });
    const call = client.get(ACCOUNT, '1-1', {}, { deadlineAtMs: clock.now() + 20_000 });
    await expect(call).rejects.toMatchObject({ code: 'AUTH_LOOP' });
    expect(http.requests).toHaveLength(1);
    expect(log.lines).toMatchObject([{ event: 'SIEBEL_TOKEN_REFUSED', willReplay: false }]);
  });

  it('is a 401 whatever its body says', async () => {
    const parts = clientOver([answer(401, { ERROR: 'There is no data for the requested resource' }), GOOD]);
    await expect(get(parts)).resolves.toMatchObject({ Id: '1-1' });
  });
});

describe('accepted tokens', () => {
  it('are reported after no data and after a refusal of Siebel, not after a gateway failure', async () => {
    const parts = clientOver([noData, answer(500, { ERROR: 'No.(SBL-DAT-00498)' }), answer(403, 'gateway')]);
    await get(parts);
    await expect(get(parts)).rejects.toBeDefined();
    await expect(get(parts)).rejects.toBeDefined();
    expect(parts.tokens.accepted).toEqual(['first', 'first']);
  });
});
