import { describe, expect, it } from 'vitest';
import {
  CallRejectedError,
  ConfigurationError,
  InvalidInputError,
  NoResponseError,
  SiebelResponseError,
  TokenRequestError,
  UnknownOutcomeError,
  UnusableResponseError,
} from '../../../lib/errors.ts';
import type { CallItem } from '../../../lib/ledger/call-item.ts';
import type { KeyedCall, WriteKind } from '../../../lib/ledger/ledger.ts';
import { firstStep, mayBeDone, outcomeOf, settledAtMs, verdictOn } from '../../../lib/ledger/protocol.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { callTo, itemOf, messageOf, modelSiebel } from './ledger-parts.ts';

const NOW = 1_700_000_000_000;
const DEADLINE = 1_700_000_020_000;
const LEASE = 1_700_000_037_000;

const KINDS: readonly WriteKind['kind'][] = ['repeatable', 'insert', 'unrepeatable'];
type Members = NonNullable<Parameters<typeof callTo>[2]>;

function stepFor(found: CallItem | undefined, members: Members = {}) {
  const clock = fakeClock();
  return firstStep(found, callTo(modelSiebel(clock), clock, members), { nowMs: NOW, leaseUntilMs: LEASE });
}

describe('step 1, by what is found', () => {
  describe.each(KINDS)('of a call of the kind %s', (kind) => {
    it.each([
      ['nothing', undefined, 1],
      ['NEW', itemOf({ state: 'NEW', attempt: 3 }), 4],
      ['QUEUED (W12)', itemOf({ state: 'QUEUED', attempt: 0 }), 1],
    ])('starts it after %s', (_, found, attempt) => {
      expect(stepFor(found, { kind })).toEqual({
        do: 'send',
        item: {
          operation: 'account.write',
          key: 'k',
          state: 'STARTED',
          payloadHash: 'hash-1',
          attempt,
          leaseUntilMs: LEASE,
          sentUntilMs: DEADLINE,
          firstStartedAtMs: NOW,
          unknown: false,
          existsSaid: false,
          deaths: 0,
          bugs: 0,
          redriveAtMs: undefined,
          correctedFrom: undefined,
          audit: undefined,
        },
      });
    });

    it('answers DONE with what was stored (R13)', () => {
      expect(stepFor(itemOf({ state: 'DONE', recordId: '1-A' }), { kind })).toEqual({
        do: 'answer',
        end: { outcome: 'done', recordId: '1-A', repeated: true, reconciled: false },
      });
    });

    it('answers REJECTED with its code, for good (R79)', () => {
      expect(stepFor(itemOf({ state: 'REJECTED', code: 'FORBIDDEN' }), { kind })).toEqual({
        do: 'answer',
        end: { outcome: 'parked', code: 'FORBIDDEN', repeated: true },
      });
    });

    it('answers REJECTED from which a person has taken the code', () => {
      expect(stepFor(itemOf({ state: 'REJECTED' }), { kind })).toMatchObject({
        do: 'answer',
        end: { outcome: 'parked', code: 'OUTCOME_UNKNOWN' },
      });
    });

    it.each(['NEW', 'QUEUED', 'STARTED', 'DONE', 'REJECTED'] as const)(
      'refuses the key of another input, in state %s (R05)',
      (state) => {
        const step = () => stepFor(itemOf({ state, payloadHash: 'hash-2' }), { kind });

        expect(step).toThrow(CallRejectedError);
        expect(step).toThrow(expect.objectContaining({ code: 'CONFLICT', failureClass: 'message' }));
      },
    );

    it.each([
      ['under a lease', NOW + 10_000, 15_000],
      ['less than 5 s after a lease', NOW - 4_999, 1],
    ])('waits for another delivery that is at work, %s (F117)', (_, leaseUntilMs, retryAfterMs) => {
      expect(() => stepFor(itemOf({ leaseUntilMs }), { kind })).toThrow(
        expect.objectContaining({ code: 'IN_PROGRESS', failureClass: 'environment', retryAfterMs }),
      );
    });

    it('ends it at the fifth death, without a call (R75)', () => {
      expect(stepFor(itemOf({ leaseUntilMs: NOW - 5_000, attempt: 5, deaths: 4 }), { kind })).toMatchObject({
        do: 'reject',
        item: { deaths: 5, attempt: 6 },
        error: { code: kind === 'unrepeatable' ? 'OUTCOME_UNKNOWN' : 'REPEATED_CRASH' },
      });
    });

    it.each([
      ['DONE', 'done'],
      ['REJECTED', 'parked'],
    ] as const)(
      'answers the message whose input was corrected since, by the call that is %s (W8, R79)',
      (state, outcome) => {
        const corrected = itemOf({ state, payloadHash: 'hash-2', correctedFrom: 'hash-1', unknown: true });

        expect(stepFor(corrected, { kind })).toMatchObject({ do: 'answer', end: { outcome, repeated: true } });
      },
    );

    it.each(['NEW', 'QUEUED', 'STARTED'] as const)(
      'keeps the message waiting whose input was corrected since, while its call is %s (W8)',
      (state) => {
        const corrected = itemOf({ state, payloadHash: 'hash-2', correctedFrom: 'hash-1' });

        expect(() => stepFor(corrected, { kind })).toThrow(expect.objectContaining({ code: 'IN_PROGRESS' }));
      },
    );

    it('does not begin it past notAfter', () => {
      for (const found of [undefined, itemOf({ state: 'NEW' }), itemOf({ state: 'QUEUED' })]) {
        expect(() => stepFor(found, { kind, notAfterMs: NOW - 1 })).toThrow(
          expect.objectContaining({ name: 'InvalidInputError', code: 'EXPIRED' }),
        );
      }
      expect(stepFor(undefined, { kind, notAfterMs: NOW })).toMatchObject({ do: 'send' });
    });

    it('says what has ended before, past notAfter too', () => {
      expect(stepFor(itemOf({ state: 'DONE' }), { kind, notAfterMs: 1 })).toMatchObject({ do: 'answer' });
    });
  });

  const over = itemOf({ leaseUntilMs: NOW - 5_000, sentUntilMs: NOW - 22_000, firstStartedAtMs: NOW - 42_000 });
  const claimed = { ...over, attempt: 2, leaseUntilMs: LEASE, deaths: 1 };

  it('sends a repeatable call again whose lease is over (F129)', () => {
    expect(stepFor(over, { kind: 'repeatable' })).toEqual({ do: 'send', item: { ...claimed, sentUntilMs: DEADLINE } });
  });

  it('looks an insert up whose lease is over, and does not move when it was sent (R07, R08)', () => {
    expect(stepFor(over)).toMatchObject({ do: 'look-up', item: claimed, write: { kind: 'insert' } });
  });

  it('parks an unrepeatable call whose lease is over (R07)', () => {
    expect(stepFor(over, { kind: 'unrepeatable' })).toMatchObject({
      do: 'reject',
      item: claimed,
      error: { code: 'OUTCOME_UNKNOWN' },
    });
  });

  it('claims one that was released at once, which is no death', () => {
    const released = { ...over, leaseUntilMs: 0, unknown: true, deaths: 4 };

    expect(stepFor(released)).toMatchObject({ do: 'look-up', item: { deaths: 4, unknown: false } });
  });

  it('brings a call to its end that was begun in time, past notAfter', () => {
    expect(stepFor(over, { notAfterMs: 1 })).toMatchObject({ do: 'look-up' });
    expect(stepFor(over, { kind: 'repeatable', notAfterMs: 1 })).toMatchObject({ do: 'send' });
  });

  it('looks first, under a natural key that others use too (R74)', () => {
    const write: WriteKind = { ...insertOf(), looksFirst: true };

    expect(stepFor(undefined, { write })).toMatchObject({
      do: 'look-up',
      item: { state: 'STARTED', sentUntilMs: 0, firstStartedAtMs: NOW },
    });
  });

  describe('with a redrive', () => {
    const redrive = { message: messageOf({ redriveAtMs: 20 }) };
    const parked = itemOf({
      state: 'REJECTED',
      code: 'FORBIDDEN',
      messageId: 'message-0',
      attempt: 7,
      redriveAtMs: 19,
    });

    it('starts what was rejected, when it is later than the last redrive (R79)', () => {
      const { do: what, item } = stepFor(parked, redrive) as { do: string; item: CallItem };

      expect(what).toBe('send');
      expect(item).toMatchObject({ state: 'STARTED', attempt: 8, redriveAtMs: 20, correctedFrom: undefined });
      expect(item).not.toHaveProperty('code');
      expect(item).not.toHaveProperty('messageId');
      expect(stepFor({ ...parked, redriveAtMs: undefined }, redrive)).toMatchObject({ do: 'send' });
    });

    it.each([20, 21])(
      'does not start it again for a redrive that has started it, or an older one (R79)',
      (redriveAtMs) => {
        expect(stepFor({ ...parked, redriveAtMs }, redrive)).toMatchObject({ do: 'answer' });
      },
    );

    it('takes a corrected input, and notes which one it replaces (R79)', () => {
      const corrected = stepFor({ ...parked, payloadHash: 'hash-0' }, redrive);

      expect(corrected).toMatchObject({ do: 'send', item: { payloadHash: 'hash-1', correctedFrom: 'hash-0' } });
    });

    it('keeps the note of an earlier correction, and what the command line has written', () => {
      expect(stepFor({ ...parked, correctedFrom: 'hash-0', audit: 'audited' }, redrive)).toMatchObject({
        item: { correctedFrom: 'hash-0', audit: 'audited' },
      });
    });

    it('takes no corrected input while nobody knows whether the old one took effect (R05)', () => {
      expect(() => stepFor({ ...parked, payloadHash: 'hash-0', unknown: true }, redrive)).toThrow(
        expect.objectContaining({ code: 'CONFLICT' }),
      );
    });

    it('takes back the input that was corrected before, and not of a call that may have taken effect', () => {
      const corrected = { ...parked, payloadHash: 'hash-2', correctedFrom: 'hash-1' };

      expect(stepFor(corrected, redrive)).toMatchObject({ do: 'send', item: { correctedFrom: 'hash-2' } });
      expect(() => stepFor({ ...corrected, unknown: true }, redrive)).toThrow(
        expect.objectContaining({ code: 'CONFLICT' }),
      );
    });

    it('looks an insert up that may have taken effect, under the settle clock that was running', () => {
      const unknown = { ...parked, unknown: true, sentUntilMs: 11, firstStartedAtMs: 10, existsSaid: true };

      expect(stepFor(unknown, redrive)).toMatchObject({
        do: 'look-up',
        item: {
          state: 'STARTED',
          attempt: 8,
          sentUntilMs: 11,
          firstStartedAtMs: 10,
          existsSaid: false,
          unknown: false,
        },
      });
      expect(stepFor(unknown, { ...redrive, kind: 'repeatable' })).toMatchObject({ do: 'send' });
    });

    it('gives it all its attempts back; one that has killed stays marked, and runs alone', () => {
      expect(stepFor({ ...parked, deaths: 5, bugs: 4 }, redrive)).toMatchObject({ item: { deaths: 1, bugs: 0 } });
      expect(stepFor({ ...parked, deaths: 0 }, redrive)).toMatchObject({ item: { deaths: 0 } });
    });

    it('changes nothing about what is not rejected', () => {
      expect(stepFor(itemOf({ state: 'DONE' }), redrive)).toMatchObject({ do: 'answer' });
      expect(() => stepFor(itemOf({ leaseUntilMs: NOW }), redrive)).toThrow(
        expect.objectContaining({ code: 'IN_PROGRESS' }),
      );
      expect(() => stepFor(itemOf({ state: 'DONE', payloadHash: 'hash-0' }), redrive)).toThrow(
        expect.objectContaining({ code: 'CONFLICT' }),
      );
    });
  });
});

describe('what a failed send says of the call', () => {
  const siebelSays = (code: ConstructorParameters<typeof SiebelResponseError>[0], options = {}) =>
    new SiebelResponseError(code, 'no', { failureClass: 'message', status: 400, ...options });

  it.each([
    ['a validation of Siebel', siebelSays('SIEBEL_VALIDATION'), 'refused'],
    [
      'an input that the operation refuses late',
      new InvalidInputError([{ pointer: '', code: 'X', message: 'x' }]),
      'refused',
    ],
    ['a conflict', siebelSays('SIEBEL_CONFLICT'), 'exists'],
    ['nobody reached', new NoResponseError('CONNECT_FAILED', 'no', { sent: false }), 'not-executed'],
    ['429', siebelSays('SIEBEL_UNAVAILABLE', { failureClass: 'environment', status: 429 }), 'not-executed'],
    [
      'a component that is not enabled',
      siebelSays('SIEBEL_CONFIGURATION', { failureClass: 'configuration' }),
      'not-executed',
    ],
    ['a setting of ours', new ConfigurationError('no'), 'not-executed'],
    ['every token refused', new TokenRequestError('AUTH_LOOP', 'no'), 'not-executed'],
    ['no answer', new NoResponseError('TIMED_OUT', 'no', { sent: true }), 'unknown'],
    ['503', siebelSays('SIEBEL_UNAVAILABLE', { failureClass: 'environment', status: 503 }), 'unknown'],
    ['half an answer', new UnusableResponseError('BODY_TRUNCATED', 'no', { status: 200 }), 'unknown'],
    ['an unknown outcome', new UnknownOutcomeError('no'), 'unknown'],
    ['a bug', new TypeError('no'), 'unknown'],
  ] as const)('is, after %s: %s', (_, error, outcome) => {
    expect(outcomeOf(error, insertOf(), 1)).toBe(outcome);
  });

  it('knows a conflict of an insert alone', () => {
    for (const kind of ['repeatable', 'unrepeatable'] as const) {
      expect(outcomeOf(siebelSays('SIEBEL_CONFLICT'), { kind }, 1)).toBe('refused');
    }
  });

  it('proves nothing of the writes before the last, where they may be repeated without proof', () => {
    const neverSent = new NoResponseError('CONNECT_FAILED', 'no', { sent: false });

    expect(outcomeOf(neverSent, { kind: 'repeatable' }, 2)).toBe('unknown');
    expect(outcomeOf(neverSent, { kind: 'unrepeatable' }, 2)).toBe('not-executed');
    expect(outcomeOf(neverSent, insertOf(), 2)).toBe('not-executed');
  });
});

describe('whether a call that Siebel has refused may be done by a write before', () => {
  it('is so of what may be repeated, after any send before that of unknown outcome', () => {
    expect(mayBeDone({ kind: 'repeatable' }, 1, 0, NOW)).toBe(false);
    expect(mayBeDone({ kind: 'repeatable' }, 2, 0, NOW)).toBe(true);
    expect(mayBeDone({ kind: 'repeatable' }, 1, 1, NOW)).toBe(true);
  });

  it('is so of what may not be repeated when a person has had it sent again, and not after proof that it was not executed', () => {
    expect(mayBeDone({ kind: 'unrepeatable' }, 2, 0, NOW)).toBe(false);
    expect(mayBeDone({ kind: 'unrepeatable' }, 1, 1, NOW)).toBe(true);
  });

  it('is so of an insert as long as Siebel may be at work on the one before', () => {
    expect(mayBeDone(insertOf(), 2, 0, NOW)).toBe(false);
    expect(mayBeDone(insertOf(), 1, NOW - 719_999, NOW)).toBe(true);
    expect(mayBeDone(insertOf(), 1, NOW - 720_000, NOW)).toBe(false);
  });
});

describe('what a look-up decides', () => {
  /** Sent so long ago that Siebel has certainly ended it. */
  const item = itemOf({ sentUntilMs: NOW - 720_000 });
  const early = itemOf({ sentUntilMs: NOW - 719_999 });
  const write = insertOf();
  const unique = { ...write, unique: true };

  it('is done when the record is ours, at any time', () => {
    for (const nowMs of [0, NOW]) {
      expect(verdictOn({ found: 'ours', id: '1-A' }, item, write, nowMs, false)).toEqual({
        is: 'done',
        recordId: '1-A',
      });
    }
  });

  it.each(['absent', 'partly', 'others'] as const)(
    'is nothing yet of %s before the settle delay is over (R08)',
    (found) => {
      expect(verdictOn({ found, id: '1-A' } as never, early, write, NOW, false)).toEqual({ is: 'later' });
    },
  );

  it('is a conflict when only the records of others are there, and ours cannot come any more', () => {
    expect(refusedWith(verdictOn({ found: 'others' }, item, write, NOW, false))).toBe('CONFLICT unknown');
    expect(refusedWith(verdictOn({ found: 'others' }, early, unique, NOW, false))).toBe('CONFLICT unknown');
  });

  it('is a conflict without a doubt when nothing of ours was ever sent', () => {
    const unsent = { ...item, sentUntilMs: 0 };

    expect(refusedWith(verdictOn({ found: 'others' }, unsent, write, NOW, false))).toBe('CONFLICT');
    expect(refusedWith(verdictOn({ found: 'absent' }, { ...unsent, existsSaid: true }, write, NOW, false))).toBe(
      'CONFLICT_HIDDEN',
    );
  });

  it('lets an insert go again that is absent when the settle delay is over (R08)', () => {
    expect(verdictOn({ found: 'absent' }, item, write, NOW, false)).toEqual({ is: 'again' });
  });

  it('is the end of an insert that is absent past notAfter, and was certainly not made', () => {
    expect(refusedWith(verdictOn({ found: 'absent' }, item, write, NOW, true))).toBe('EXPIRED');
  });

  it('is a hidden conflict when Siebel says that the record exists (R09)', () => {
    const said = { ...item, existsSaid: true };

    expect(refusedWith(verdictOn({ found: 'absent' }, said, write, NOW, false))).toBe('CONFLICT_HIDDEN unknown');
  });

  describe('where Siebel refuses a second record (R08)', () => {
    const recent = itemOf({ sentUntilMs: NOW - 2_000 });

    it('is to send it again after 2 s, or what is set when that is less', () => {
      expect(verdictOn({ found: 'absent' }, recent, unique, NOW, false)).toEqual({ is: 'again' });
      expect(verdictOn({ found: 'absent' }, recent, unique, NOW - 1, false)).toEqual({ is: 'later' });
      expect(settledAtMs(recent, { ...unique, settleMs: 500 }, false)).toBe(NOW - 1_500);
    });

    it('is no end before Siebel has certainly ended the first: neither expired nor hidden', () => {
      const said = { ...early, existsSaid: true };

      expect(verdictOn({ found: 'absent' }, early, unique, NOW, true)).toEqual({ is: 'later' });
      expect(refusedWith(verdictOn({ found: 'absent' }, early, unique, NOW + 1, true))).toBe('EXPIRED');
      expect(verdictOn({ found: 'absent' }, said, unique, NOW, false)).toEqual({ is: 'later' });
      expect(refusedWith(verdictOn({ found: 'absent' }, said, unique, NOW + 1, false))).toBe('CONFLICT_HIDDEN unknown');
    });
  });

  it('is for a person when a part of a record stays alone, with its Id', () => {
    const verdict = verdictOn({ found: 'partly', id: '1-A' }, item, write, NOW, false);

    expect(refusedWith(verdict)).toBe('OUTCOME_UNKNOWN unknown');
    expect(verdict).toMatchObject({ recordId: '1-A' });
    // That Siebel refuses a second record says nothing of the children of the first, which may still come.
    expect(verdictOn({ found: 'partly', id: '1-A' }, early, unique, NOW, false)).toEqual({ is: 'later' });
  });

  function refusedWith(verdict: ReturnType<typeof verdictOn>): string {
    if (verdict.is !== 'refused') return verdict.is;
    const cause = new Error('cause');
    const error = verdict.error(cause);
    if (error.code !== 'EXPIRED') expect(error.cause).toBe(cause);
    return verdict.unknown ? `${error.code} unknown` : error.code;
  }
});

function insertOf(): KeyedCall['write'] & { kind: 'insert' } {
  return { kind: 'insert', settleMs: 720_000, lookUp: () => Promise.reject(new Error('not asked here')) };
}
