import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Fault } from '../../local-stack/faults/fault.ts';
import { PATIENCE } from './stack.ts';
import {
  accountFor,
  checkMessage,
  endedAs,
  endingsOf,
  type Fate,
  type Fates,
  fatesOf,
  insertsOf,
  NO_DATA,
  parkedAs,
  requestMessage,
  rowsOf,
  runsOf,
  SETTLE_MS,
  siebelError,
  stateOf,
  type WritesStack,
  writesStack,
} from './writes-parts.ts';

const CREATE = 'service-request.create';

let stack: WritesStack;
let fates: Fates;

beforeAll(async () => {
  stack = await writesStack();
  fates = fatesOf(stack);
});

afterAll(() => stack?.close());

let made = 0;
/** An id that no test had before. */
function newId(): string {
  made += 1;
  return `unknown ${made}`;
}

const effectOf = async (id: string) => ({
  inserts: insertsOf(stack, id).length,
  rows: rowsOf(stack, id),
  state: await stateOf(stack, CREATE, id),
  parked: await parkedAs(stack, id),
});
const DONE_ONCE = { inserts: 1, rows: 1, state: 'DONE', parked: [] };

/** Sends the message of one insert, and waits until it is done. */
async function inserted(fate: Fate, id = newId()) {
  fates.set(id, fate);
  await stack.send(requestMessage(id));
  await endedAs(stack, id, 'done');
  const arrived = fates.arrived(id);
  return {
    id,
    methods: arrived.map(({ method }) => method),
    posts: arrived.filter(({ method }) => method === 'POST').map(({ atMs }) => atMs),
    struck: fates.struck(id),
    effect: await effectOf(id),
  };
}

describe.concurrent('an insert that was made and whose answer is lost is found by the look-up, and not sent again (R07)', () => {
  it.each<[string, Fault]>([
    ['the answer never comes (F72)', { holdAfterCommit: true }],
    ['the connection is reset after the body was sent (F74)', { reset: 'after-commit' }],
    ['the answer is cut, and the framing says so (F68)', { truncate: true }],
    ['the answer is cut, and the framing does not say so (F69)', { truncate: 'framed' }],
    ['the answer comes in pieces, for ever (F71)', { dripMs: 400 }],
    ['the answer is far too large (F70)', { padMiB: 20 }],
    ['the answer is a bomb (F70)', { padMiB: 40, compressed: true }],
    ['the answer is of another type', { headers: { 'Content-Type': 'text/html;charset=utf-8' } }],
  ])('%s', async (_, fault) => {
    const { methods, struck, effect } = await inserted({ writes: [fault] });
    expect(struck).toBe(1);
    expect(methods).toEqual(['POST', 'GET']);
    expect(effect).toEqual(DONE_ONCE);
  });

  it('a look-up that does not see the record yet is not believed before the settle delay (F83)', async () => {
    const { methods, struck, effect } = await inserted({ writes: [{ reset: 'after-commit' }], lookUps: [NO_DATA] });
    expect(struck).toBe(2);
    expect(methods).toEqual(['POST', 'GET', 'GET']);
    expect(effect).toEqual(DONE_ONCE);
  });

  it('a look-up that fails leaves the call started, and comes again later', async () => {
    const away = { status: 503 };
    const fate = { writes: [{ reset: 'after-commit' } as const], lookUps: [away, away, away] };
    const { methods, struck, effect } = await inserted(fate);
    expect(struck).toBe(4);
    expect(methods).toEqual(['POST', 'GET', 'GET', 'GET', 'GET']);
    expect(effect).toEqual(DONE_ONCE);
  });
});

describe.concurrent('an insert that was not made, though nobody said so, is sent again only after the settle delay (R08)', () => {
  it.each<[string, Fault]>([
    ['500 without a known code (F60)', { status: 500, body: siebelError('SBL-XYZ-00001') }],
    ['200 with the HTML of a sign-in page (F66)', { html: true }],
    ['200 with an ERROR that nobody knows (F61)', { body: siebelError('SBL-XYZ-00002') }],
    ['502 of a balancer (F63)', { status: 502, html: true }],
    ['no session (F85)', { status: 500, body: { ERROR: 'Could not open a session in 4 attempts.' } }],
    ['a redirect (F77)', { status: 302, body: '', headers: { Location: 'https://127.0.0.1/siebel/v1.0/data' } }],
    ['silence', { hang: true }],
    ['a reset before any work', { reset: 'before' }],
  ])('%s', async (_, fault) => {
    const { methods, posts, struck, effect } = await inserted({ writes: [fault] });
    expect(struck).toBe(1);
    expect(posts).toHaveLength(2);
    // Looked up right before it is sent again.
    expect(methods.at(-2)).toBe('GET');
    expect((posts[1] ?? 0) - (posts[0] ?? 0)).toBeGreaterThanOrEqual(SETTLE_MS);
    expect(effect).toEqual(DONE_ONCE);
  });
});

describe.concurrent('an insert that Siebel commits after the connection has died is never there twice (F73)', () => {
  it.each([
    ['within the settle delay, without a unique key', false, 1_200, 1],
    ['within the settle delay, with a unique key', 'every', 1_200, 1],
    ['long after the settle delay, with a unique key', 'every', 6_000, 2],
  ])('%s', async (_, uniqueKeys, commitAfterMs, sent) => {
    const settings = { uniqueKeys };
    const { id, posts, struck, effect } = await inserted({ writes: [{ commitAfterMs, settings }, { settings }] });
    expect(struck).toBe(sent);
    expect(posts).toHaveLength(sent);
    expect(effect).toEqual(DONE_ONCE);
    // The first request has come to its end as well.
    await expect.poll(() => stack.siebel.stats().inFlight, PATIENCE).toBe(0);
    expect([insertsOf(stack, id).length, rowsOf(stack, id)]).toEqual([1, 1]);
  });
});

describe.concurrent('a refusal of an insert is parked at the first receive, after one call (F58)', () => {
  it.each<[string, Fault, string]>([
    ['500 with a validation code', { status: 500, body: siebelError('SBL-DAT-00498') }, 'SIEBEL_VALIDATION'],
    ['200 with ERROR and a validation code (F61)', { body: siebelError('SBL-DAT-00225') }, 'SIEBEL_VALIDATION'],
    ['a rule of the business', { status: 500, body: siebelError('SBL-EXL-00151') }, 'SIEBEL_BUSINESS'],
    ['403 with an access code (F51)', { status: 403, body: siebelError('SBL-DAT-00553') }, 'FORBIDDEN'],
  ])('%s', async (_, fault, code) => {
    const id = newId();
    fates.set(id, { writes: [fault] });
    await stack.send(requestMessage(id));
    await endedAs(stack, id, 'parked');
    expect(fates.arrived(id).map(({ method }) => method)).toEqual(['POST']);
    expect(await effectOf(id)).toMatchObject({ inserts: 0, rows: 0, state: 'REJECTED' });
    expect(await parkedAs(stack, id)).toMatchObject([{ code, receiveCount: 1, body: requestMessage(id) }]);
  });
});

it('a service that nobody may run twice, and whose answer is lost, is parked OUTCOME_UNKNOWN and has run once (R07)', async () => {
  const id = newId();
  await accountFor(stack, id);
  fates.set(id, { writes: [{ reset: 'after-commit' }] });
  await stack.send(checkMessage(id));
  await endedAs(stack, id, 'parked');
  expect([fates.struck(id), fates.arrived(id).length, runsOf(stack, id).length]).toEqual([1, 1, 1]);
  expect(await parkedAs(stack, id)).toMatchObject([{ code: 'OUTCOME_UNKNOWN', receiveCount: 1 }]);
});

describe('the connection itself', () => {
  it('was stale: an insert is looked up, and sent again after the settle delay (F95)', async () => {
    await inserted({});
    expect(stack.siebelGate.makeStale()).toBeGreaterThan(0);
    const before = stack.siebelGate.metStale();
    const { methods, effect } = await inserted({});
    expect(stack.siebelGate.metStale()).toBeGreaterThan(before);
    // What went over the stale connection has not arrived.
    expect(methods.filter((method) => method === 'POST')).toHaveLength(1);
    expect(methods.at(-2)).toBe('GET');
    expect(effect).toEqual(DONE_ONCE);
  });

  it.each([
    ['an insert', CREATE, requestMessage],
    ['a service that nobody may run twice', 'credit.check', checkMessage],
  ])(
    'was refused, so that not one byte of %s has left: it is new again, and run once without a look-up (F75, F89)',
    async (_, operation, messageOf) => {
      const id = newId();
      await accountFor(stack, id);
      await stack.siebelGate.shut();
      try {
        await stack.send(messageOf(id));
        await endedAs(stack, id, 'returned');
        expect(endingsOf(stack, id)[0]).toMatchObject({ class: 'environment' });
        expect(['NEW', undefined]).toContain(await stateOf(stack, operation, id));
      } finally {
        await stack.siebelGate.open();
      }
      await endedAs(stack, id, 'done');
      expect(fates.arrived(id).map(({ method }) => method)).toEqual(['POST']);
      expect(await parkedAs(stack, id)).toEqual([]);
      expect(insertsOf(stack, id).length + runsOf(stack, id).length).toBe(1);
    },
  );
});

it('nothing of this went to the dead-letter queue', async () => {
  await stack.drained();
  expect(await stack.deadLettered()).toBe(0);
});
