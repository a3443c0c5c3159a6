import { beforeEach, describe, expect, it } from 'vitest';
import {
  ConfigurationError,
  InvalidInputError,
  invalidInput,
  NoResponseError,
  ServiceUnavailableError,
  SiebelResponseError,
  TokenRequestError,
  UnknownOutcomeError,
} from '../../../lib/errors.ts';
import type { CallStore } from '../../../lib/ledger/call-item.ts';
import type {
  CallEnd,
  Insert,
  KeyedCall,
  Ledger,
  LookUpHint,
  LookUpResult,
  WriteKind,
} from '../../../lib/ledger/ledger.ts';
import { ledger } from '../../../lib/ledger/run.ts';
import { type FakeClock, fakeClock } from '../../support/fake-clock.ts';
import {
  CALL_MS,
  callTo,
  itemOf,
  LEASE_MARGIN_MS,
  type MemoryStore,
  type ModelSiebel,
  memoryStore,
  messageOf,
  modelSiebel,
  SETTLE_MS,
} from './ledger-parts.ts';

const KINDS: readonly WriteKind['kind'][] = ['repeatable', 'insert', 'unrepeatable'];
const DONE_ONCE: CallEnd = { outcome: 'done', recordId: '1-1', repeated: false, reconciled: false };
/** The lease outlasts the call by 17 s, and others wait 5 s more. */
const LEASE_OVER_MS = CALL_MS + 22_000;

let clock: FakeClock;
let store: MemoryStore;
let siebel: ModelSiebel;
let calls: Ledger;

beforeEach(() => {
  clock = fakeClock();
  store = memoryStore();
  siebel = modelSiebel(clock);
  calls = ledger({ store, clock, leaseMarginMs: LEASE_MARGIN_MS });
});

type Members = NonNullable<Parameters<typeof callTo>[2]>;
const call = (members: Members = {}): KeyedCall => callTo(siebel, clock, members);
const run = (members: Members = {}): Promise<CallEnd> => calls.run(call(members));
const failure = (members: Members = {}) => run(members).then(expectFailure, (error: unknown) => error);

/** A `send` that writes and then fails. */
const failsWith = (error: unknown) => async (beforeWrite: () => Promise<void>) => {
  await beforeWrite();
  throw error;
};
/** An insert whose look-up says so. */
const lookingUp = (lookUp: Insert['lookUp'], members = {}): KeyedCall['write'] => ({
  kind: 'insert',
  lookUp,
  settleMs: SETTLE_MS,
  ...members,
});

describe.each(KINDS)('a call of the kind %s', (kind) => {
  it('is written down as started before it is sent, and as done after its answer, in two writes (R06)', async () => {
    const seen: unknown[] = [];
    const end = await run({
      kind,
      send: async (beforeWrite) => {
        seen.push(store.itemAt());
        await beforeWrite();
        seen.push(store.itemAt());
        return { recordId: '1-1' };
      },
    });

    expect(end).toEqual(DONE_ONCE);
    expect(seen).toMatchObject([
      undefined,
      { state: 'STARTED', attempt: 1, leaseUntilMs: 1_700_000_037_000, sentUntilMs: 1_700_000_020_000 },
    ]);
    expect(store.itemAt()).toMatchObject({ state: 'DONE', recordId: '1-1', leaseUntilMs: 0, payloadHash: 'hash-1' });
    expect(store.writes).toBe(2);
  });

  it('is acknowledged without a write at Siebel when it has been done (R13, F112)', async () => {
    await run({ kind });

    expect(await run({ kind })).toEqual({ ...DONE_ONCE, repeated: true });
    expect(siebel.requests).toBe(1);
    expect(store.writes).toBe(2);
  });

  it('is not sent when the store cannot take its start (R06, F125)', async () => {
    calls = ledger({ store: { ...store, put: unavailable }, clock, leaseMarginMs: LEASE_MARGIN_MS });

    expect(await failure({ kind })).toMatchObject({ code: 'STATE_UNAVAILABLE', failureClass: 'environment' });
    expect(siebel.requests).toBe(0);
  });

  it('is not done when the store cannot take its start, whatever its send makes of that (R06)', async () => {
    calls = ledger({ store: { ...store, put: unavailable }, clock, leaseMarginMs: LEASE_MARGIN_MS });
    const send: KeyedCall['send'] = async (beforeWrite) => {
      await beforeWrite().catch(() => undefined);
      return { recordId: 'made up' };
    };

    expect(await failure({ kind, send })).toMatchObject({ code: 'STATE_UNAVAILABLE' });
  });

  it('is not sent, and leaves nothing, when its key is another call’s (R05)', async () => {
    await run({ kind });
    const before = store.itemAt();

    expect(await failure({ kind, payloadHash: 'hash-2' })).toMatchObject({ code: 'CONFLICT', failureClass: 'message' });
    expect(siebel.requests).toBe(1);
    expect(store.itemAt()).toEqual(before);
  });

  it('leaves nothing when it fails before its first write (W1)', async () => {
    const error = new TokenRequestError('TOKEN_REQUEST_PAUSED', 'no token');

    expect(await failure({ kind, send: () => Promise.reject(error) })).toBe(error);
    expect(store.itemAt()).toBeUndefined();
  });

  it('leaves nothing when it has nothing to write', async () => {
    expect(await run({ kind, send: async () => ({}) })).toMatchObject({ outcome: 'done', repeated: false });
    expect(store.itemAt()).toBeUndefined();
  });

  it('is not begun when its time is over before its first write', async () => {
    const late = call({ kind });
    await clock.advance(CALL_MS);

    await expect(calls.run(late)).rejects.toMatchObject({ code: 'DEADLINE_TOO_CLOSE', sent: false });
    expect(store.itemAt()).toBeUndefined();
    expect(siebel.requests).toBe(0);
  });

  it('sends no further write of its own past its deadline, as a thawed container would', async () => {
    const error = failure({
      kind,
      send: async (beforeWrite) => {
        await beforeWrite();
        await clock.advance(CALL_MS);
        await beforeWrite();
        return siebel.write({ kind, naturalKey: 'n', marker: 'm' });
      },
    });

    expect(await error).toMatchObject({ code: 'DEADLINE_TOO_CLOSE' });
    expect(siebel.requests).toBe(0);
  });

  it('is started once when it sends several requests', async () => {
    await run({
      kind,
      send: async (beforeWrite) => {
        await Promise.all([beforeWrite(), beforeWrite()]);
        await beforeWrite();
        return {};
      },
    });

    expect(store.itemAt()).toMatchObject({ state: 'DONE', attempt: 1 });
    expect(store.writes).toBe(2);
  });

  it.each([
    ['nobody was reached', new NoResponseError('CONNECT_FAILED', 'no', { sent: false })],
    ['every token was refused', new TokenRequestError('AUTH_LOOP', 'no')],
    ['our settings are wrong', new ConfigurationError('no')],
  ])('is new again when %s, and starts with the next delivery', async (_, error) => {
    expect(await failure({ kind, send: failsWith(error) })).toBe(error);
    expect(store.itemAt()).toMatchObject({ state: 'NEW', leaseUntilMs: 0, attempt: 1, deaths: 0 });

    expect(await run({ kind })).toEqual(DONE_ONCE);
    expect(store.itemAt()).toMatchObject({ state: 'DONE', attempt: 2 });
  });

  it('is parked by what Siebel refuses, with all that a person needs (R18)', async () => {
    const error = new SiebelResponseError('SIEBEL_VALIDATION', 'x'.repeat(2_000), {
      failureClass: 'message',
      status: 500,
      siebelCodes: ['SBL-DAT-00225'],
    });
    const message = messageOf({ receiveCount: 3 });

    expect(await run({ kind, message, send: failsWith(error) })).toEqual({
      outcome: 'parked',
      code: 'SIEBEL_VALIDATION',
      error,
      repeated: false,
    });
    expect(store.itemAt()).toMatchObject({ state: 'REJECTED', unknown: false, leaseUntilMs: 0 });
    expect(store.rejections.get('k')).toEqual({
      code: 'SIEBEL_VALIDATION',
      detail: 'x'.repeat(1_000),
      issues: [],
      siebelCodes: ['SBL-DAT-00225'],
      rejectedAtMs: 1_700_000_000_000,
      mayBePartial: false,
      message,
    });
    expect(await run({ kind, message })).toEqual({ outcome: 'parked', code: 'SIEBEL_VALIDATION', repeated: true });
    expect(siebel.requests).toBe(0);
  });

  it('keeps what is wrong with its input', async () => {
    const issue = { pointer: '/input/Name', code: 'TOO_LONG', message: 'is too long' };
    const error = new InvalidInputError([issue, ...Array.from({ length: 99 }, () => issue)]);
    await run({ kind, mayBePartial: true, send: failsWith(error) });

    expect(store.rejections.get('k')).toMatchObject({ mayBePartial: false, issues: Array(50).fill(issue) });
  });

  it('says that a refusal may have left a part, where it may', async () => {
    siebel.conduct = 'refuses';
    await run({ kind, mayBePartial: true });

    expect(store.rejections.get('k')).toMatchObject({ mayBePartial: true });
  });

  it('stays started when its end cannot be stored, and is known for it later (F126)', async () => {
    calls = ledger({ store: failingAfter(1), clock, leaseMarginMs: LEASE_MARGIN_MS });

    expect(await inTime(failure({ kind }))).toMatchObject({ code: 'STATE_UNAVAILABLE' });
    expect(store.itemAt()).toMatchObject({ state: 'STARTED' });
    calls = ledger({ store, clock, leaseMarginMs: LEASE_MARGIN_MS });
    expect(await failure({ kind })).toMatchObject({ code: 'IN_PROGRESS' });
  });

  it('stores its end as soon as the store does its part again (F126)', async () => {
    calls = ledger({ store: awayUntil(clock.now() + CALL_MS - 1_000), clock, leaseMarginMs: LEASE_MARGIN_MS });

    expect(await inTime(run({ kind }))).toEqual(DONE_ONCE);
    expect(siebel.requests).toBe(1);
  });

  it('asks a store that refuses it for its end once', async () => {
    let asked = 0;
    const put: CallStore['put'] = (...write) => {
      asked += 1;
      return store.writes < 1 ? store.put(...write) : Promise.reject(new ConfigurationError('no'));
    };
    calls = ledger({ store: { ...store, put }, clock, leaseMarginMs: LEASE_MARGIN_MS });

    expect(await failure({ kind })).toMatchObject({ code: 'CONFIGURATION' });
    expect(asked).toBe(2);
  });

  it.each([
    ['before its first write', 0],
    ['while its start is stored', 1],
  ])('is not sent when less than 3 s are left %s, and is new (R38)', async (_, starts) => {
    const late = call({ kind });
    const put: CallStore['put'] = async (item, before, rejection) => {
      if (item.state === 'STARTED') await clock.advance(CALL_MS - 2_999);
      return store.put(item, before, rejection);
    };
    if (starts === 0) await clock.advance(CALL_MS - 2_999);
    calls = ledger({ store: { ...store, put }, clock, leaseMarginMs: LEASE_MARGIN_MS });

    await expect(calls.run(late)).rejects.toMatchObject({ code: 'DEADLINE_TOO_CLOSE', sent: false });
    expect(siebel.requests).toBe(0);
    expect(store.itemAt()?.state).toBe(starts === 0 ? undefined : 'NEW');
  });

  it('is sent when 3 s are left (R38)', async () => {
    const late = call({ kind });
    await clock.advance(CALL_MS - 3_000);

    expect(await calls.run(late)).toEqual(DONE_ONCE);
  });

  it('overwrites nobody who has taken it over meanwhile (F127)', async () => {
    const end = failure({
      kind,
      send: async (beforeWrite) => {
        await beforeWrite();
        store.items.set('k', itemOf({ nonce: 'another', attempt: 2 }));
        return { recordId: '1-1' };
      },
    });

    expect(await end).toMatchObject({ code: 'IN_PROGRESS', failureClass: 'environment' });
    expect(store.itemAt()).toMatchObject({ state: 'STARTED', nonce: 'another' });
  });

  it('is read before it is written when it has been delivered before, so that nothing is tried in vain', async () => {
    store.items.set('k', itemOf({ state: 'NEW', attempt: 2 }));
    const conditions: unknown[] = [];
    const put: CallStore['put'] = (item, before, rejection) => {
      conditions.push(before?.attempt);
      return store.put(item, before, rejection);
    };
    calls = ledger({ store: { ...store, put }, clock, leaseMarginMs: LEASE_MARGIN_MS });
    await run({ kind, message: messageOf({ receiveCount: 2 }) });

    expect(conditions).toEqual([2, 3]);
  });

  it('loses no lease to another delivery as long as it may be at work (F117)', async () => {
    store.items.set('k', itemOf({ leaseUntilMs: clock.now() + 37_000 }));
    expect(await failure({ kind })).toMatchObject({ code: 'IN_PROGRESS', retryAfterMs: 42_000 });

    await clock.advance(41_999);
    expect(await failure({ kind })).toMatchObject({ code: 'IN_PROGRESS', retryAfterMs: 1 });
    expect(siebel.requests).toBe(0);
  });

  it('is parked at the fifth death of its process, and not sent (R75)', async () => {
    store.items.set('k', itemOf({ deaths: 4 }));

    const code = kind === 'unrepeatable' ? 'OUTCOME_UNKNOWN' : 'REPEATED_CRASH';
    expect(await run({ kind })).toMatchObject({ outcome: 'parked', code, repeated: false });
    expect(store.itemAt()).toMatchObject({ state: 'REJECTED', unknown: true, leaseUntilMs: 0 });
    expect(store.rejections.get('k')).toMatchObject({ code, message: messageOf() });
    expect(siebel.requests).toBe(0);
  });

  it('is parked at the fifth bug before its first write (R75)', async () => {
    const bug = new TypeError('no such function');
    const send = () => Promise.reject(bug);
    for (let bugs = 1; bugs <= 4; bugs += 1) {
      expect(await failure({ kind, send })).toBe(bug);
      expect(store.itemAt()).toMatchObject({ state: 'NEW', bugs, attempt: 0 });
    }

    expect(await run({ kind, send })).toMatchObject({ outcome: 'parked', code: 'BUG' });
    expect(store.itemAt()).toMatchObject({ state: 'REJECTED', unknown: false });
    expect(store.rejections.get('k')).toMatchObject({ code: 'BUG' });
  });

  it('counts no bug of a call that is at work, has ended, or is another’s', async () => {
    const bug = new TypeError('no such function');
    const items = [
      itemOf({ leaseUntilMs: clock.now() }),
      itemOf({ state: 'DONE' }),
      itemOf({ state: 'NEW', payloadHash: 'hash-2' }),
    ];
    for (const item of items) {
      store.items.set('k', item);
      expect(await failure({ kind, send: () => Promise.reject(bug) })).toBe(bug);
      expect(store.itemAt()).toBe(item);
    }
  });

  it('counts a bug before the first write of one whose outcome is unknown', async () => {
    store.items.set('k', itemOf({ unknown: true, bugs: 4 }));

    expect(await run({ kind, send: () => Promise.reject(new TypeError('no')) })).toMatchObject({
      code: kind === 'unrepeatable' ? 'OUTCOME_UNKNOWN' : 'BUG',
    });
    expect(store.itemAt()).toMatchObject({ state: 'REJECTED', unknown: true });
  });

  it('is no death of its process when the store takes its starts, and not its ends (R75, R17)', async () => {
    for (let times = 1; times <= 9; times += 1) {
      // Nothing but its own starts.
      const sick: CallStore['put'] = (item, ...write) =>
        item.state === 'STARTED' && !item.unknown ? store.put(item, ...write) : unavailable();
      calls =
        times === 1
          ? ledger({ store: { ...store, put: (...write) => sick(...write) }, clock, leaseMarginMs: 0 })
          : calls;
      // Found by its start, and read before it, in turn.
      await inTime(failure({ kind: 'repeatable', message: messageOf({ receiveCount: 1 + (times % 2) }) }));
      await clock.advance(LEASE_OVER_MS);
    }

    expect(store.itemAt()).toMatchObject({ state: 'STARTED', attempt: 9, deaths: 0 });
  });
});

describe('a repeatable call', () => {
  it('of which a later write is stopped by its deadline is unknown, as the first may have been executed', async () => {
    const send: KeyedCall['send'] = async (beforeWrite) => {
      await beforeWrite();
      await clock.advance(CALL_MS - 2_999);
      await beforeWrite();
      return {};
    };

    expect(await failure({ kind: 'repeatable', send })).toMatchObject({ code: 'DEADLINE_TOO_CLOSE' });
    expect(store.itemAt()).toMatchObject({ state: 'STARTED', unknown: true });
  });

  it('is new when all of it was certainly not executed, however often it was sent, so that notAfter still counts', async () => {
    const send: KeyedCall['send'] = async (beforeWrite) => {
      await beforeWrite();
      await beforeWrite('after proof');
      throw new NoResponseError('CONNECT_FAILED', 'refused', { sent: false });
    };

    expect(await failure({ kind: 'repeatable', send })).toMatchObject({ code: 'CONNECT_FAILED' });
    expect(store.itemAt()).toMatchObject({ state: 'NEW', unknown: false });
  });

  it('that is refused after proof that nothing was executed before is known as not done', async () => {
    const send: KeyedCall['send'] = async (beforeWrite) => {
      await beforeWrite();
      await beforeWrite('after proof');
      throw new SiebelResponseError('SIEBEL_VALIDATION', 'no', { failureClass: 'message', status: 500 });
    };

    expect(await run({ kind: 'repeatable', send })).toMatchObject({ outcome: 'parked', code: 'SIEBEL_VALIDATION' });
    expect(store.itemAt()).toMatchObject({ state: 'REJECTED', unknown: false });
  });

  it('stays unknown when it is sent again, and that is certainly not executed', async () => {
    siebel.conduct = 'loses the answer';
    await failure({ kind: 'repeatable' });
    const { sentUntilMs } = store.itemAt() ?? {};
    await clock.advance(60_000);
    siebel.conduct = 'is not reached';

    expect(await failure({ kind: 'repeatable' })).toMatchObject({ code: 'CONNECT_FAILED' });
    expect(store.itemAt()).toMatchObject({ state: 'STARTED', unknown: true, leaseUntilMs: 0, sentUntilMs });
    // Past its notAfter it is brought to its end, and not parked as if nothing had been done.
    siebel.conduct = 'answers';
    expect(await run({ kind: 'repeatable', notAfterMs: 1 })).toMatchObject({ outcome: 'done' });
  });

  it('that Siebel has applied to another record may be done, and is left out of a redrive', async () => {
    for (const [status, unknown] of [
      [200, true],
      [409, false],
    ] as const) {
      const error = new SiebelResponseError('SIEBEL_CONFLICT', 'no', { failureClass: 'message', status });
      const key = `k-${status}`;
      await run({ kind: 'repeatable', key, send: failsWith(error) });

      expect(store.itemAt(key)).toMatchObject({ state: 'REJECTED', code: 'SIEBEL_CONFLICT', unknown });
      expect(store.rejections.get(key)).toMatchObject({ mayBePartial: unknown });
    }
  });

  it('that is refused after an unknown outcome may be done, and is known for it in a redrive', async () => {
    siebel.conduct = 'loses the answer';
    await failure({ kind: 'repeatable' });
    siebel.conduct = 'refuses';

    expect(await run({ kind: 'repeatable' })).toMatchObject({ outcome: 'parked', code: 'SIEBEL_VALIDATION' });
    expect(store.itemAt()).toMatchObject({ state: 'REJECTED', unknown: true });
    const redrive = messageOf({ redriveAtMs: clock.now() + 1 });
    await run({ kind: 'repeatable', message: redrive });
    expect(store.itemAt()).toMatchObject({ state: 'REJECTED', redriveAtMs: clock.now() + 1, unknown: true });
  });

  it('is sent again after an unknown outcome, with the next delivery, and the failure is told as it came', async () => {
    siebel.conduct = 'loses the answer';
    expect(await failure({ kind: 'repeatable' })).toMatchObject({ code: 'TIMED_OUT', failureClass: 'environment' });
    expect(store.itemAt()).toMatchObject({ state: 'STARTED', unknown: true, leaseUntilMs: 0, deaths: 0 });

    siebel.conduct = 'answers';
    expect(await run({ kind: 'repeatable' })).toMatchObject({ outcome: 'done' });
    expect(store.itemAt()).toMatchObject({ attempt: 2, deaths: 0 });
  });

  it('is parked at its fifth bug, and time-outs are none (R75)', async () => {
    siebel.conduct = 'loses the answer';
    for (let times = 1; times <= 9; times += 1) await failure({ kind: 'repeatable' });
    for (let times = 1; times <= 4; times += 1) {
      expect(await failure({ kind: 'repeatable', send: failsWith(new TypeError('no')) })).toBeInstanceOf(TypeError);
    }

    expect(await run({ kind: 'repeatable', send: failsWith(new TypeError('no')) })).toMatchObject({
      outcome: 'parked',
      code: 'BUG',
    });
    expect(store.itemAt()).toMatchObject({ state: 'REJECTED', deaths: 0, attempt: 14, unknown: true });
  });
});

describe('an unrepeatable call', () => {
  it.each(['loses the answer', 'loses the request'] as const)(
    'is for a person when Siebel %s (R07)',
    async (conduct) => {
      siebel.conduct = conduct;

      expect(await run({ kind: 'unrepeatable', mayBePartial: true })).toMatchObject({
        outcome: 'parked',
        code: 'OUTCOME_UNKNOWN',
        error: { failureClass: 'message' },
      });
      expect(store.itemAt()).toMatchObject({ state: 'REJECTED', unknown: true });
      expect(store.rejections.get('k')).toMatchObject({ mayBePartial: true });
      expect(await run({ kind: 'unrepeatable' })).toMatchObject({ outcome: 'parked', repeated: true });
      expect(siebel.requests).toBe(1);
    },
  );
});

describe('an unrepeatable call that may have been executed', () => {
  const redrive = () => ({
    kind: 'unrepeatable' as const,
    message: messageOf({ messageId: 'message-2', redriveAtMs: (store.itemAt()?.rejectedAtMs ?? 0) + 1 }),
  });
  const forAPerson = { state: 'REJECTED', code: 'OUTCOME_UNKNOWN', unknown: true };

  it('is parked while Siebel is away, too (R07)', async () => {
    store.items.set('k', itemOf());
    const send = () => Promise.reject(new TokenRequestError('TOKEN_REQUEST_PAUSED', 'no token'));

    expect(await run({ kind: 'unrepeatable', send, message: messageOf({ receiveCount: 2 }) })).toMatchObject({
      ...{ outcome: 'parked', code: 'OUTCOME_UNKNOWN', repeated: false },
    });
    expect(store.itemAt()).toMatchObject(forAPerson);
  });

  it('is for a person when defects end it, by whatever message (R07, R75)', async () => {
    for (const receiveCount of [1, 2]) {
      store.items.set('k', itemOf());
      await run({
        kind: 'unrepeatable',
        message: messageOf({ receiveCount }),
        send: () => Promise.reject(new TypeError('a defect')),
      });
      expect(store.itemAt()).toMatchObject(forAPerson);
    }
  });

  it('stays for a person when a redrive by its name is refused, or not executed', async () => {
    const parked = itemOf({ state: 'REJECTED', unknown: true, sentUntilMs: 1, rejectedAtMs: 1 });
    store.items.set('k', parked);
    siebel.conduct = 'refuses';
    expect(await run(redrive())).toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    expect(store.itemAt()).toMatchObject(forAPerson);

    siebel.conduct = 'is not reached';
    const again = redrive();
    expect(await failure(again)).toMatchObject({ code: 'CONNECT_FAILED' });
    expect(await run(again)).toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    expect(store.itemAt()).toMatchObject(forAPerson);
  });

  it('is taken over by one alone of those that park it (R12)', async () => {
    store.items.set('k', itemOf());
    const put: CallStore['put'] = (...write) => {
      store.items.set('k', itemOf({ nonce: 'another' }));
      return store.put(...write);
    };
    calls = ledger({ store: { ...store, put }, clock, leaseMarginMs: LEASE_MARGIN_MS });
    const message = messageOf({ receiveCount: 2 });

    expect(await failure({ kind: 'unrepeatable', message })).toMatchObject({ code: 'IN_PROGRESS' });
    expect(store.rejections.size).toBe(0);
  });
});

describe('an insert', () => {
  it('whose answer is lost is looked up at once, and done (F72)', async () => {
    siebel.conduct = 'loses the answer';

    expect(await run()).toEqual({ ...DONE_ONCE, reconciled: true });
    expect(siebel.rows).toHaveLength(1);
    expect(store.itemAt()).toMatchObject({ state: 'DONE', recordId: '1-1' });
  });

  it('that is not there yet is left for later, and told when a look-up can decide (R08)', async () => {
    siebel.conduct = 'loses the request';
    await clock.advance(1_000);

    const error = await failure({ send: slowly(10_000) });
    expect(error).toBeInstanceOf(UnknownOutcomeError);
    expect(error).toMatchObject({ retryAfterMs: SETTLE_MS, cause: { code: 'OUTCOME_UNKNOWN' } });
    // We live to know that nothing has left since: the settle delay runs from now, and not from the deadline.
    expect(store.itemAt()).toMatchObject({
      state: 'STARTED',
      unknown: true,
      leaseUntilMs: 0,
      sentUntilMs: clock.now(),
    });
  });

  it('is not looked up without the time for it', async () => {
    siebel.conduct = 'loses the answer';

    expect(await failure({ send: slowly(CALL_MS - 2_999) })).toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    expect(siebel.lookUps).toBe(0);
    expect(await run()).toMatchObject({ outcome: 'done', reconciled: true });
    expect(siebel.requests).toBe(1);
  });

  it('is never sent again before the settle delay, which look-ups do not move, and is sent then (R07, R08, F73)', async () => {
    siebel.conduct = 'loses the request';
    await failure();
    siebel.conduct = 'answers';

    await clock.advance(SETTLE_MS - 1_000);
    expect(await failure()).toMatchObject({ code: 'OUTCOME_UNKNOWN', retryAfterMs: 1_000 });
    await clock.advance(999);
    expect(await failure()).toMatchObject({ retryAfterMs: 1 });
    expect(siebel.requests).toBe(1);

    await clock.advance(1);
    expect(await run()).toEqual(DONE_ONCE);
    expect(siebel.requests).toBe(2);
    expect(siebel.rows).toHaveLength(1);
    expect(store.itemAt()).toMatchObject({ attempt: 4, state: 'DONE' });
  });

  it('that Siebel commits late is found, and not sent again (F73)', async () => {
    siebel.conduct = 'commits late';
    await failure();
    await clock.advance(SETTLE_MS);
    siebel.conduct = 'answers';

    expect(await run()).toMatchObject({ outcome: 'done', reconciled: true });
    expect(siebel.executed).toHaveLength(1);
  });

  it('is looked up after the death of its process, and its settle delay runs from its deadline (F129)', async () => {
    const sentUntilMs = clock.now() - 100_000;
    store.items.set('k', itemOf({ leaseUntilMs: clock.now() - 5_000, sentUntilMs, firstStartedAtMs: 1 }));

    expect(await failure()).toMatchObject({ retryAfterMs: SETTLE_MS - 100_000 });
    expect(store.itemAt()).toMatchObject({ sentUntilMs, attempt: 2, deaths: 1, unknown: true });
    expect(siebel.requests).toBe(0);
  });

  it('moves the settle clock when it is sent again, and dies (W11)', async () => {
    store.items.set('k', itemOf({ sentUntilMs: 1 }));
    const frozen = new Promise<never>(() => undefined);
    void run({ send: (beforeWrite) => beforeWrite().then(() => frozen) });
    await clock.advance(0);

    expect(store.itemAt()).toMatchObject({ state: 'STARTED', sentUntilMs: clock.now() + CALL_MS });
  });

  it('is not sent when the store cannot take that it is sent again (R06)', async () => {
    store.items.set('k', itemOf({ sentUntilMs: 1 }));
    calls = ledger({ store: failingAfter(1), clock, leaseMarginMs: LEASE_MARGIN_MS });

    expect(await inTime(failure())).toMatchObject({ code: 'STATE_UNAVAILABLE' });
    expect(siebel.lookUps).toBe(1);
    expect(siebel.requests).toBe(0);
  });

  it('whose second send could not be stored is released by its process, which has not died (R75)', async () => {
    store.items.set('k', itemOf({ sentUntilMs: 1, unknown: true }));
    const put: CallStore['put'] = (item, ...write) =>
      item.sentUntilMs > 1 ? unavailable() : store.put(item, ...write);
    calls = ledger({ store: { ...store, put }, clock, leaseMarginMs: LEASE_MARGIN_MS });

    expect(await failure()).toMatchObject({ code: 'STATE_UNAVAILABLE' });
    expect(store.itemAt()).toMatchObject({ state: 'STARTED', unknown: true, leaseUntilMs: 0, sentUntilMs: 1 });
    expect(siebel.requests).toBe(0);
  });

  it('is not sent again when less than 3 s are left after its look-up, and settles no longer for that (R38, R08)', async () => {
    store.items.set('k', itemOf({ sentUntilMs: 1 }));
    const write = lookingUp(async () => {
      await clock.advance(CALL_MS - 2_999);
      return { found: 'absent' };
    });

    expect(await failure({ write })).toMatchObject({ code: 'DEADLINE_TOO_CLOSE' });
    expect(store.itemAt()).toMatchObject({ state: 'STARTED', unknown: true, sentUntilMs: 1, leaseUntilMs: 0 });
    expect(siebel.requests).toBe(0);
  });

  it('whose second send is certainly not executed keeps the settle clock of the first (R08)', async () => {
    store.items.set('k', itemOf({ sentUntilMs: 1, firstStartedAtMs: 7 }));
    siebel.conduct = 'is not reached';

    expect(await failure()).toMatchObject({ code: 'CONNECT_FAILED' });
    expect(store.itemAt()).toMatchObject({ state: 'STARTED', unknown: true, sentUntilMs: 1, firstStartedAtMs: 7 });
    siebel.conduct = 'answers';
    expect(await run()).toEqual(DONE_ONCE);
  });

  it('is not told that the record of others stands in its way while its own may still come (R08)', async () => {
    siebel.conduct = 'commits late';
    siebel.add({ id: '1-X', naturalKey: 'natural k', marker: 'marker x' });

    expect(await failure()).toMatchObject({ code: 'OUTCOME_UNKNOWN', retryAfterMs: SETTLE_MS });
    await clock.advance(SETTLE_MS);
    expect(await run()).toMatchObject({ outcome: 'done', reconciled: true });
    expect(siebel.requests).toBe(1);
  });

  it('is believed absent as of the instant at which the look-up began (R08)', async () => {
    const sentUntilMs = clock.now() - SETTLE_MS + 1;
    store.items.set('k', itemOf({ sentUntilMs }));
    const write = lookingUp(async () => {
      await clock.advance(1);
      return { found: 'absent' };
    });

    expect(await failure({ write })).toMatchObject({ code: 'OUTCOME_UNKNOWN', retryAfterMs: 0 });
    expect(siebel.requests).toBe(0);
  });

  describe('of which Siebel refuses a second (R08)', () => {
    /** Without a marker: the record is ours by the time at which it was created. */
    const byTime = ({ firstStartedAtMs }: LookUpHint): Promise<LookUpResult> =>
      Promise.resolve(
        createdAtMs === undefined
          ? { found: 'absent' }
          : createdAtMs >= firstStartedAtMs - 5_000
            ? { found: 'ours', id: '1-A' }
            : { found: 'others' },
      );
    const unique = (members: Members = {}): Members => ({ write: lookingUp(byTime, { unique: true }), ...members });
    const timedOut = () => failsWith(new UnknownOutcomeError('no'));
    let createdAtMs: number | undefined;

    beforeEach(() => {
      createdAtMs = undefined;
    });

    it('may be sent again after 2 s', async () => {
      expect(await failure(unique({ send: timedOut() }))).toMatchObject({ retryAfterMs: 2_000 });
      await clock.advance(2_000);

      expect(await run(unique())).toEqual(DONE_ONCE);
    });

    it('knows its own record after a second send that was certainly not executed (R09)', async () => {
      const startedAtMs = clock.now();
      await failure(unique({ send: timedOut() }));
      await clock.advance(30_000);
      siebel.conduct = 'is not reached';
      expect(await failure(unique())).toMatchObject({ code: 'CONNECT_FAILED' });
      createdAtMs = startedAtMs + 40_000;
      await clock.advance(30_000);

      expect(await run(unique())).toMatchObject({ outcome: 'done', reconciled: true });
    });

    it('has not expired while Siebel may still be at work on it', async () => {
      const notAfterMs = clock.now() + 1_000;
      expect(await failure(unique({ send: timedOut(), notAfterMs }))).toMatchObject({ retryAfterMs: 2_000 });
      await clock.advance(30_000);
      expect(await failure(unique({ notAfterMs }))).toMatchObject({ retryAfterMs: SETTLE_MS - 30_000 });
      await clock.advance(SETTLE_MS - 30_000);

      expect(await run(unique({ notAfterMs }))).toMatchObject({ outcome: 'parked', code: 'EXPIRED' });
      expect(store.itemAt()).toMatchObject({ unknown: false });
    });

    it('may be done when its second send is refused, as the first may be at work', async () => {
      await failure(unique({ send: timedOut() }));
      await clock.advance(2_000);
      siebel.conduct = 'refuses';

      expect(await run(unique())).toMatchObject({ code: 'SIEBEL_VALIDATION' });
      expect(store.itemAt()).toMatchObject({ state: 'REJECTED', unknown: true });
    });
  });

  it('stays as it is when it may be sent again, and fails before that', async () => {
    store.items.set('k', itemOf({ sentUntilMs: 1, unknown: true }));
    const error = new TokenRequestError('TOKEN_REQUEST_PAUSED', 'no token');
    let sends = 0;

    expect(
      await failure({
        send: async (beforeWrite) => {
          sends += 1;
          if (sends > 1) throw error;
          await beforeWrite();
          return {};
        },
      }),
    ).toBe(error);
    expect(store.itemAt()).toMatchObject({
      state: 'STARTED',
      sentUntilMs: 1,
      unknown: true,
      leaseUntilMs: 0,
      attempt: 2,
    });
  });

  it('is not taken for done when it may be sent again, and then says that it has nothing to write', async () => {
    store.items.set('k', itemOf({ sentUntilMs: 1 }));
    let sends = 0;
    const send: KeyedCall['send'] = async (beforeWrite) => {
      sends += 1;
      if (sends === 1) await beforeWrite();
      return {};
    };

    expect(await failure({ send })).toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    expect(store.itemAt()).toMatchObject({ state: 'STARTED', unknown: true, sentUntilMs: 1, bugs: 0 });
  });

  it('is not looked up inside its send, whose permit the look-up may need', async () => {
    store.items.set('k', itemOf({ sentUntilMs: 1 }));
    let inside = 0;
    await run({
      write: lookingUp(async () => {
        expect(inside).toBe(0);
        return { found: 'absent' };
      }),
      send: async (beforeWrite) => {
        inside += 1;
        try {
          await beforeWrite();
          return {};
        } finally {
          inside -= 1;
        }
      },
    });

    expect(store.itemAt()).toMatchObject({ state: 'DONE' });
  });

  it('is let through by nothing that its send makes of our no', async () => {
    store.items.set('k', itemOf({ sentUntilMs: clock.now() }));
    const send: KeyedCall['send'] = async (beforeWrite) => {
      await beforeWrite().catch(() => undefined);
      return { recordId: 'made up' };
    };

    expect(await failure({ send })).toMatchObject({ code: 'OUTCOME_UNKNOWN' });
  });

  it.each([
    ['environment', new NoResponseError('TIMED_OUT', 'no', { sent: true }), 'TIMED_OUT'],
    ['configuration', new ConfigurationError('no'), 'CONFIGURATION'],
    ['message', invalidInput('', 'NOT_FOUND', 'no'), 'OUTCOME_UNKNOWN'],
  ])('stays unknown when its look-up fails for %s', async (_, error, code) => {
    const item = itemOf({ sentUntilMs: 1 });
    store.items.set('k', item);

    expect(await failure({ write: lookingUp(() => Promise.reject(error)) })).toMatchObject({ code });
    expect(store.itemAt()).toMatchObject({ state: 'STARTED', unknown: true, leaseUntilMs: 0, sentUntilMs: 1 });
    expect(siebel.requests).toBe(0);
  });

  it('stays unknown when the look-up right after it fails', async () => {
    const send = failsWith(new UnknownOutcomeError('no'));
    const write = lookingUp(() => Promise.reject(new NoResponseError('TIMED_OUT', 'no', { sent: true })));

    expect(await failure({ send, write })).toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    expect(store.itemAt()).toMatchObject({ unknown: true });
  });

  it('is parked at the fifth bug of its look-up, and of itself (R75)', async () => {
    const bug = new TypeError('no');
    store.items.set('k', itemOf({ sentUntilMs: 1, bugs: 3 }));

    expect(await failure({ write: lookingUp(() => Promise.reject(bug)) })).toBe(bug);
    store.items.set('k', itemOf({ state: 'NEW', bugs: 3 }));
    expect(await failure({ send: failsWith(bug) })).toBe(bug);
    expect(store.itemAt()).toMatchObject({ state: 'STARTED', unknown: true, bugs: 4 });
    expect(await run({ write: lookingUp(() => Promise.reject(bug)) })).toMatchObject({ code: 'BUG' });
  });

  it('is done when a bug comes after its commit', async () => {
    const send: KeyedCall['send'] = async (beforeWrite) => {
      await callTo(siebel, clock).send(beforeWrite);
      throw new TypeError('no');
    };

    expect(await run({ send })).toMatchObject({ outcome: 'done', reconciled: true });
  });

  describe('that Siebel says exists already (R09, F56, F57)', () => {
    const exists = new SiebelResponseError('SIEBEL_CONFLICT', 'exists', { failureClass: 'message', status: 409 });
    const send = failsWith(exists);

    it('is done when the record is ours', async () => {
      siebel.add({ id: '1-A', naturalKey: 'natural k', marker: 'marker k' });

      expect(await run({ send })).toMatchObject({ outcome: 'done', recordId: '1-A', reconciled: true });
    });

    it('is a conflict when the record is another’s', async () => {
      siebel.add({ id: '1-A', naturalKey: 'natural k', marker: 'marker x' });

      expect(await run({ send })).toMatchObject({ outcome: 'parked', code: 'CONFLICT', error: { cause: exists } });
      // Nothing of ours can be there: a person may correct it.
      expect(store.itemAt()).toMatchObject({ unknown: false });
    });

    it('is hidden at once on a first attempt that sees no record', async () => {
      siebel.blind = true;

      expect(await run({ send })).toMatchObject({ outcome: 'parked', code: 'CONFLICT_HIDDEN' });
    });

    it('is hidden on a later attempt after the settle delay alone, and is not sent meanwhile', async () => {
      siebel.blind = true;
      store.items.set('k', itemOf({ sentUntilMs: 1 }));

      expect(await failure({ send })).toMatchObject({ code: 'OUTCOME_UNKNOWN', retryAfterMs: SETTLE_MS });
      expect(store.itemAt()).toMatchObject({ existsSaid: true, unknown: true });
      await clock.advance(SETTLE_MS - 1);
      expect(await failure()).toMatchObject({ retryAfterMs: 1 });
      await clock.advance(1);
      expect(await run()).toMatchObject({ outcome: 'parked', code: 'CONFLICT_HIDDEN' });
      expect(siebel.requests).toBe(0);
    });

    it('takes no record for ours by its time on a first attempt, as nothing of ours was executed', async () => {
      const hints: number[] = [];
      const lookUp = async ({ firstStartedAtMs }: { firstStartedAtMs: number }): Promise<LookUpResult> => {
        hints.push(firstStartedAtMs);
        return { found: 'others' };
      };
      await run({ send, write: { kind: 'insert', settleMs: SETTLE_MS, lookUp } });
      store.items.set('k', itemOf({ sentUntilMs: 1, firstStartedAtMs: 7 }));
      await run({ write: { kind: 'insert', settleMs: SETTLE_MS, lookUp } });

      expect(hints).toEqual([Number.POSITIVE_INFINITY, 7]);
    });
  });

  it('that others insert too looks first, and is sent when nothing is there (R74)', async () => {
    const write = lookingUp(() => siebel.lookUp({ kind: 'insert', naturalKey: 'natural k', marker: 'marker k' }), {
      looksFirst: true,
    });
    expect(await run({ write })).toEqual(DONE_ONCE);
    expect(siebel.lookUps).toBe(1);

    siebel.add({ id: '1-X', naturalKey: 'natural other', marker: 'marker x' });
    const other = lookingUp(() => siebel.lookUp({ kind: 'insert', naturalKey: 'natural other', marker: 'm' }), {
      looksFirst: true,
    });
    expect(await run({ key: 'other', write: other })).toMatchObject({ outcome: 'parked', code: 'CONFLICT' });
    expect(siebel.requests).toBe(1);
  });

  it('of which a part is there is for a person, with the record’s Id', async () => {
    store.items.set('k', itemOf({ sentUntilMs: 1 }));

    expect(await run({ write: lookingUp(async () => ({ found: 'partly', id: '1-A' })) })).toMatchObject({
      outcome: 'parked',
      code: 'OUTCOME_UNKNOWN',
    });
    expect(store.itemAt()).toMatchObject({ recordId: '1-A', unknown: true });
    expect(store.rejections.get('k')).toMatchObject({ mayBePartial: true });
  });

  it('that is absent past notAfter ends, and is not sent again', async () => {
    store.items.set('k', itemOf({ sentUntilMs: 1 }));

    expect(await run({ notAfterMs: clock.now() - 1 })).toMatchObject({ outcome: 'parked', code: 'EXPIRED' });
    expect(store.itemAt()).toMatchObject({ state: 'REJECTED', unknown: false });
    expect(siebel.requests).toBe(0);
  });
});

describe('a redelivery while Siebel and the token endpoint are away', () => {
  const send = () => Promise.reject(new TokenRequestError('TOKEN_REQUEST_PAUSED', 'no token'));
  const redelivered = (members: Members = {}) => ({ send, message: messageOf({ receiveCount: 2 }), ...members });

  it('of what has ended is acknowledged (R13, R79)', async () => {
    store.items.set('k', itemOf({ state: 'DONE', recordId: '1-1' }));
    expect(await run(redelivered())).toEqual({ ...DONE_ONCE, repeated: true });

    store.items.set('k', itemOf({ state: 'REJECTED', code: 'FORBIDDEN' }));
    expect(await run(redelivered())).toEqual({ outcome: 'parked', code: 'FORBIDDEN', repeated: true });
  });

  it('of another input is a conflict (R05), of what is at work comes later (F117), and of what is late has expired', async () => {
    store.items.set('k', itemOf({ leaseUntilMs: clock.now() }));

    expect(await failure(redelivered({ payloadHash: 'hash-2' }))).toMatchObject({ code: 'CONFLICT' });
    expect(await failure(redelivered())).toMatchObject({ code: 'IN_PROGRESS' });
    expect(await failure(redelivered({ key: 'x', notAfterMs: 1 }))).toMatchObject({ code: 'EXPIRED' });
  });

  it('of what is unknown comes later, and nothing is written', async () => {
    const item = itemOf({ unknown: true });
    store.items.set('k', item);

    expect(await failure(redelivered())).toMatchObject({ code: 'TOKEN_REQUEST_PAUSED' });
    expect(store.itemAt()).toBe(item);
  });
});

describe('a message that is delivered again after its input was corrected', () => {
  it('is acknowledged with the end of the corrected call (W8)', async () => {
    siebel.conduct = 'refuses';
    await run();
    siebel.conduct = 'answers';
    await run({ payloadHash: 'hash-2', message: messageOf({ messageId: 'message-2', redriveAtMs: clock.now() + 1 }) });

    for (const receiveCount of [1, 2]) {
      expect(await run({ message: messageOf({ receiveCount }) })).toEqual({ ...DONE_ONCE, repeated: true });
    }
    expect(siebel.executed).toHaveLength(1);
  });
});

describe('a redrive', () => {
  it('starts a rejected call once, and its redelivery does not (R79)', async () => {
    siebel.conduct = 'refuses';
    await run();
    siebel.conduct = 'answers';
    const message = messageOf({ messageId: 'message-2', redriveAtMs: clock.now() + 1 });

    expect(await run({ message, payloadHash: 'hash-2' })).toEqual(DONE_ONCE);
    expect(store.itemAt()).toMatchObject({ state: 'DONE', correctedFrom: 'hash-1', attempt: 2 });
    expect(await run({ message, payloadHash: 'hash-2' })).toMatchObject({ repeated: true });
  });

  it('that does not know of the last refusal starts nothing: an unknown outcome is never sent again unasked (R79)', async () => {
    siebel.conduct = 'refuses';
    await run({ kind: 'unrepeatable' });
    const [first, second] = [clock.now() + 1, clock.now() + 2];
    await clock.advance(10);
    siebel.conduct = 'loses the answer';
    const message = messageOf({ redriveAtMs: first });
    expect(await run({ kind: 'unrepeatable', message })).toMatchObject({ code: 'OUTCOME_UNKNOWN', repeated: false });
    siebel.conduct = 'answers';

    const later = messageOf({ redriveAtMs: second });
    expect(await run({ kind: 'unrepeatable', message: later })).toMatchObject({ outcome: 'parked', repeated: true });
    expect(siebel.executed).toHaveLength(1);
  });

  it('does not start again what it has started and Siebel has refused (R79)', async () => {
    siebel.conduct = 'refuses';
    await run();
    const message = messageOf({ redriveAtMs: clock.now() + 1 });
    expect(await run({ message })).toMatchObject({ outcome: 'parked', repeated: false });
    siebel.conduct = 'answers';

    expect(await run({ message })).toMatchObject({ outcome: 'parked', repeated: true });
    expect(siebel.executed).toEqual([]);
  });

  it('of an insert that may be there looks first', async () => {
    siebel.add({ id: '1-A', naturalKey: 'natural k', marker: 'marker k' });
    store.items.set('k', itemOf({ state: 'REJECTED', unknown: true, code: 'REPEATED_CRASH', sentUntilMs: 1 }));

    expect(await run({ message: messageOf({ redriveAtMs: 5 }) })).toMatchObject({ outcome: 'done', reconciled: true });
    expect(siebel.requests).toBe(0);
  });
});

describe('a wall clock that jumps (F110)', () => {
  it('back, during a call: the call is done, and repeated to nobody', async () => {
    const end = run({
      send: async (beforeWrite) => {
        await beforeWrite();
        clock.setWall(clock.now() - 3_600_000);
        return siebel.write({ kind: 'insert', naturalKey: 'natural k', marker: 'marker k' });
      },
    });

    expect(await end).toEqual(DONE_ONCE);
    expect(await run()).toMatchObject({ repeated: true });
  });

  it('back, after an unknown outcome: what is not settled stays so for longer', async () => {
    siebel.conduct = 'loses the request';
    await failure();
    clock.setWall(clock.now() - 3_600_000);
    await clock.advance(SETTLE_MS);

    expect(await failure()).toMatchObject({ code: 'OUTCOME_UNKNOWN', retryAfterMs: 3_600_000 });
    expect(siebel.requests).toBe(1);
  });

  it('ahead, during a call: nothing more of it is sent', async () => {
    const error = failure({
      send: async (beforeWrite) => {
        await beforeWrite();
        clock.setWall(clock.now() + 3_600_000);
        await beforeWrite();
        return {};
      },
    });

    expect(await error).toMatchObject({ code: 'DEADLINE_TOO_CLOSE' });
  });
});

describe('a call that has killed its process', () => {
  it('waits for those that are at work, runs alone, and the next one waits for it (R75)', async () => {
    store.items.set('killer', itemOf({ key: 'killer', deaths: 1, unknown: true }));
    const order: string[] = [];
    const slow = (key: string) =>
      run({
        kind: 'repeatable',
        key,
        send: async (beforeWrite) => {
          await beforeWrite();
          order.push(`${key} begins`);
          await clock.sleep(1_000);
          order.push(`${key} ends`);
          return {};
        },
      });

    const all = Promise.all([slow('a'), slow('b'), slow('killer'), slow('c')]);
    await clock.advance(3_000);
    await all;

    expect(order).toEqual([
      'a begins',
      'b begins',
      'c begins',
      'a ends',
      'b ends',
      'c ends',
      'killer begins',
      'killer ends',
    ]);
  });

  it('stays in the queue when those at work do not end in its time, and nothing of it is stored', async () => {
    const before = itemOf({ key: 'killer', deaths: 1, unknown: true });
    store.items.set('killer', before);
    const busy = run({
      key: 'a',
      send: async (beforeWrite) => {
        await beforeWrite();
        await clock.sleep(CALL_MS * 2);
        return {};
      },
    });
    await clock.advance(0);

    const killer = failure({ key: 'killer', kind: 'repeatable' });
    // It waits as long as there would be time for it.
    await clock.advance(CALL_MS - 3_000);
    expect(await killer).toMatchObject({ code: 'DEADLINE_TOO_CLOSE', failureClass: 'environment', sent: false });
    expect(store.itemAt('killer')).toBe(before);
    await clock.advance(CALL_MS + 3_000);
    await busy;
    expect(await run({ key: 'killer', kind: 'repeatable' })).toMatchObject({ outcome: 'done' });
  });
});

describe('a lease that is over', () => {
  it('is claimed by one alone of those that find it (R12)', async () => {
    store.items.set('k', itemOf({ leaseUntilMs: clock.now() }));
    await clock.advance(LEASE_OVER_MS);

    const ends = await Promise.all(
      [1, 2, 3].map(() =>
        ledger({ store, clock, leaseMarginMs: 0 })
          .run(call({ kind: 'repeatable' }))
          .catch((e) => e),
      ),
    );

    expect(ends.filter(({ outcome }) => outcome === 'done')).toHaveLength(1);
    expect(ends.filter(({ code }) => code === 'IN_PROGRESS')).toHaveLength(2);
    expect(siebel.executed).toHaveLength(1);
  });
});

/** A store that does not answer any more after so many writes. */
function failingAfter(writes: number): CallStore {
  return { ...store, put: (...write) => (store.writes < writes ? store.put(...write) : unavailable()) };
}

/** A store that takes starts, and nothing else before an instant. */
function awayUntil(atMs: number): CallStore {
  const put: CallStore['put'] = (item, ...write) =>
    item.state === 'STARTED' || clock.now() >= atMs ? store.put(item, ...write) : unavailable();
  return { ...store, put };
}

/** What a call comes to within its time. */
async function inTime<T>(ending: Promise<T>): Promise<T> {
  await clock.advance(CALL_MS);
  return ending;
}

function unavailable(): Promise<never> {
  return Promise.reject(new ServiceUnavailableError('STATE_UNAVAILABLE', 'no'));
}

/** The call itself, whose request takes so long. */
function slowly(takesMs: number): KeyedCall['send'] {
  return async (beforeWrite) => {
    await beforeWrite();
    await clock.advance(takesMs);
    return siebel.write({ kind: 'insert', naturalKey: 'natural k', marker: 'marker k' });
  };
}

function expectFailure(end: CallEnd): never {
  throw new Error(`ended with ${JSON.stringify(end)}`);
}
