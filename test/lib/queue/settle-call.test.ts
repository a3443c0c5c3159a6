import { describe, expect, it } from 'vitest';
import {
  ConfigurationError,
  InvalidInputError,
  NoResponseError,
  ServiceUnavailableError,
  SiebelResponseError,
  TlsError,
  TokenRequestError,
  UnknownOutcomeError,
  UnusableResponseError,
} from '../../../lib/errors.ts';
import { tellDefect } from '../../../lib/queue/call-ending.ts';
import { setCallAside, settleCall } from '../../../lib/queue/settle-call.ts';
import { bodyOf, delivery, INPUT, settlerParts } from './queue-parts.ts';

const CALL = { deadlineAtMs: 1_700_000_058_000 };
const unavailable = new SiebelResponseError('SIEBEL_UNAVAILABLE', 'Siebel answered 503', {
  failureClass: 'environment',
  status: 503,
});
const invalid = new SiebelResponseError('SIEBEL_VALIDATION', 'Siebel refused the record', {
  failureClass: 'message',
  status: 500,
  siebelCodes: ['SBL-DAT-00498', 'SBL-EAI-04389'],
});

function clientRefused(answer: { oauthError?: string; status: number }): TokenRequestError {
  return new TokenRequestError('TOKEN_REQUEST_REJECTED', 'the token endpoint refuses the client', answer);
}

describe('settleCall', () => {
  it('runs the operation with the input as it came, under the deadline', async () => {
    const deadlines: number[] = [];
    const { parts, calls, kept, hidden } = settlerParts({
      run: async (_, __, { deadlineAtMs }) => deadlines.push(deadlineAtMs),
    });
    expect(await settleCall(delivery(), CALL, parts)).toEqual({ outcome: 'done' });
    expect(calls).toEqual([{ name: 'account.upsert', input: INPUT }]);
    expect(deadlines).toEqual([CALL.deadlineAtMs]);
    expect([kept, hidden]).toEqual([[], []]);
  });

  it('writes one line with what the call cost', async () => {
    const { parts, lines, metrics } = settlerParts({
      run: async (_, __, { onCall }) => onCall?.({ attempts: 2, siebelMs: 34.6, tokenMs: 0 }),
    });
    await settleCall(delivery({ receiveCount: 2 }), CALL, parts);
    expect(lines).toEqual([
      {
        level: 'info',
        event: 'CALL_SETTLED',
        correlationId: 'message-1',
        messageId: 'message-1',
        operation: 'account.upsert',
        key: 'crm-export/4711',
        outcome: 'done',
        receiveCount: 2,
        attempts: 2,
        siebelMs: 35,
      },
    ]);
    expect(metrics.counts).toEqual(new Map([['msg.applied', 1]]));
  });
});

describe('settleCall, for a message that can never succeed', () => {
  it.each([
    ['not JSON', '{', 'BAD_JSON', undefined],
    ['an unknown operation', bodyOf({ operation: 'account.paint' }), 'UNKNOWN_OPERATION', 'account.paint'],
    ['a name from the prototype chain (K04)', bodyOf({ operation: 'constructor' }), 'UNKNOWN_OPERATION', 'constructor'],
    [
      'an operation in another spelling (K07)',
      bodyOf({ operation: 'Account.Upsert' }),
      'UNKNOWN_OPERATION',
      'Account.Upsert',
    ],
    [
      'an operation that the queue does not accept',
      bodyOf({ operation: 'account.get' }),
      'OPERATION_NOT_ACCEPTED',
      'account.get',
    ],
  ])('parks %s without a call', async (_, body, code, operation) => {
    const { parts, calls, kept, hidden } = settlerParts();
    expect(await settleCall(delivery({ body }), CALL, parts)).toEqual({ outcome: 'parked' });
    expect(kept).toMatchObject([{ messageId: 'message-1', code, operation, body, attempts: 1 }]);
    expect([calls, hidden]).toEqual([[], []]);
  });

  it('parks a refusal of Siebel with its codes, at the first receive (R18, F58)', async () => {
    const { parts, kept, lines, metrics, clock } = settlerParts({ run: () => Promise.reject(invalid) });
    const attributes = { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' };
    expect(await settleCall(delivery({ attributes }), CALL, parts)).toEqual({ outcome: 'parked' });
    expect(kept).toEqual([
      {
        messageId: 'message-1',
        operation: 'account.upsert',
        key: 'crm-export/4711',
        code: 'SIEBEL_VALIDATION',
        detail: 'Siebel refused the record',
        issues: [],
        siebelCodes: ['SBL-DAT-00498', 'SBL-EAI-04389'],
        attempts: 1,
        firstSeenAtMs: 1_699_999_990_000,
        rejectedAtMs: clock.now(),
        body: bodyOf(),
        attributes,
      },
    ]);
    expect(lines).toMatchObject([
      {
        level: 'warn',
        correlationId: '4bf92f3577b34da6a3ce929d0e0e4736',
        outcome: 'parked',
        class: 'message',
        code: 'SIEBEL_VALIDATION',
        siebelStatus: 500,
        siebelCodes: ['SBL-DAT-00498', 'SBL-EAI-04389'],
      },
    ]);
    expect(metrics.counts.get('msg.parked')).toBe(1);
  });

  it('parks a bad input with all its issues', async () => {
    const issue = { pointer: '/input/Name', code: 'MISSING_FIELD', message: 'is missing' };
    const { parts, kept } = settlerParts({ run: () => Promise.reject(new InvalidInputError([issue])) });
    await settleCall(delivery(), CALL, parts);
    expect(kept).toMatchObject([{ code: 'MISSING_FIELD', issues: [issue], detail: '/input/Name: is missing' }]);
  });

  it('bounds what it keeps of very many issues', async () => {
    const issues = Array.from({ length: 900 }, (_, n) => ({
      pointer: `/input/${n}`,
      code: 'UNKNOWN_FIELD',
      message: 'is unknown',
    }));
    const [first = { pointer: '', code: '', message: '' }, ...others] = issues;
    const { parts, kept } = settlerParts({ run: () => Promise.reject(new InvalidInputError([first, ...others])) });
    await settleCall(delivery(), CALL, parts);
    expect(kept[0]?.issues).toHaveLength(50);
    expect(kept[0]?.detail).toHaveLength(1_000);
  });

  it('parks a message that is past its notAfter as EXPIRED, without a call', async () => {
    const { parts, calls, kept, clock } = settlerParts();
    const body = bodyOf({ notAfter: new Date(clock.now() - 1).toISOString() });
    expect(await settleCall(delivery({ body }), CALL, parts)).toEqual({ outcome: 'parked' });
    expect(kept).toMatchObject([{ code: 'EXPIRED' }]);
    expect(calls).toEqual([]);
  });

  it('still runs a message at the very instant of its notAfter', async () => {
    const { parts, calls, clock } = settlerParts();
    const body = bodyOf({ notAfter: new Date(clock.now()).toISOString() });
    await settleCall(delivery({ body }), CALL, parts);
    expect(calls).toHaveLength(1);
  });

  it('parks a call of which nobody knows whether it has happened: no delivery may run it again', async () => {
    const unknown = new UnknownOutcomeError('no definite answer', { cause: unavailable });
    const { parts, kept, hidden } = settlerParts({ run: () => Promise.reject(unknown) });
    expect(await settleCall(delivery(), CALL, parts)).toEqual({ outcome: 'parked' });
    expect(kept).toMatchObject([{ code: 'OUTCOME_UNKNOWN' }]);
    expect(hidden).toEqual([]);
  });

  it('returns a message that cannot be parked: nothing is acknowledged before it is stored (R18, F119)', async () => {
    const { parts, kept, hidden, lines } = settlerParts({
      run: () => Promise.reject(invalid),
      park: () => Promise.reject(new ServiceUnavailableError('STATE_UNAVAILABLE', 'the state table did not answer')),
    });
    expect(await settleCall(delivery(), CALL, parts)).toEqual({
      outcome: 'returned',
      failureClass: 'environment',
      code: 'STATE_UNAVAILABLE',
    });
    expect(kept).toEqual([]);
    expect(hidden).toEqual([{ receiptHandle: 'handle-1', seconds: 30 }]);
    expect(lines).toMatchObject([{ level: 'warn', code: 'STATE_UNAVAILABLE', refusedWith: 'SIEBEL_VALIDATION' }]);
  });

  it('never takes a refusal by the state table for one of the message', async () => {
    const { parts } = settlerParts({ run: () => Promise.reject(invalid), park: () => Promise.reject(invalid) });
    expect(await settleCall(delivery(), CALL, parts)).toMatchObject({ outcome: 'returned', failureClass: 'bug' });
  });
});

describe('settleCall, for a failure around the message', () => {
  it.each([
    ['503 of Siebel', unavailable],
    ['no answer', new NoResponseError('TIMED_OUT', 'Siebel did not answer in 20000 ms', { sent: true })],
    [
      'a circuit that is open: its pause is ours, and too short for a message',
      new NoResponseError('CIRCUIT_OPEN', 'Siebel is left alone', { sent: false, retryAfterMs: 5_000 }),
    ],
    ['an HTML page', new UnusableResponseError('NOT_JSON', 'the answer is not JSON', { status: 200 })],
    ['tokens that Siebel keeps refusing', new TokenRequestError('AUTH_LOOP', 'Siebel refuses every token')],
    ['a silent secrets manager', new ServiceUnavailableError('SECRET_UNAVAILABLE', 'no answer')],
  ])('returns it after %s, hidden by the back-off, and parks nothing (R17)', async (_, error) => {
    const { parts, kept, hidden, metrics } = settlerParts({ run: () => Promise.reject(error) });
    expect(await settleCall(delivery({ receiveCount: 3 }), CALL, parts)).toEqual({
      outcome: 'returned',
      failureClass: 'environment',
      code: error.code,
    });
    expect(hidden).toEqual([{ receiptHandle: 'handle-1', seconds: 120 }]);
    expect(kept).toEqual([]);
    expect(metrics.counts).toEqual(new Map([['msg.deferred', 1]]));
  });

  it('hides it for as long as Siebel asked (R48)', async () => {
    const busy = new SiebelResponseError('SIEBEL_UNAVAILABLE', 'Siebel answered 503', {
      failureClass: 'environment',
      status: 503,
      retryAfterMs: 77_000,
    });
    const { parts, hidden } = settlerParts({ run: () => Promise.reject(busy) });
    await settleCall(delivery(), CALL, parts);
    expect(hidden).toEqual([{ receiptHandle: 'handle-1', seconds: 77 }]);
  });

  it.each([
    ['said so', clientRefused({ oauthError: 'invalid_client', status: 400 })],
    ['said 401 and nothing else', clientRefused({ status: 401 })],
    [
      'has just said so',
      new TokenRequestError('TOKEN_REQUEST_PAUSED', 'no access token', {
        retryAfterMs: 4_000,
        cause: clientRefused({ status: 401 }),
      }),
    ],
  ])('looks again soon while the client secret is refused: the token endpoint %s (F11)', async (_, refused) => {
    const { parts, hidden } = settlerParts({ run: () => Promise.reject(refused) });
    await settleCall(delivery({ receiveCount: 12 }), CALL, parts);
    expect(hidden).toEqual([{ receiptHandle: 'handle-1', seconds: 10 }]);
  });

  it.each([
    new ConfigurationError('the secret has no clientSecret', { code: 'CONFIG_SECRET_SHAPE' }),
    new TlsError('TLS_UNKNOWN_AUTHORITY', 'the certificate is signed by nobody known'),
  ])('hides it for 300 s when our settings are wrong, and logs an error (%s)', async (error) => {
    const { parts, kept, hidden, lines, metrics } = settlerParts({ run: () => Promise.reject(error) });
    expect(await settleCall(delivery(), CALL, parts)).toMatchObject({
      outcome: 'returned',
      failureClass: 'configuration',
    });
    expect(metrics.counts.get('failure.configuration')).toBe(1);
    expect(hidden).toEqual([{ receiptHandle: 'handle-1', seconds: 300 }]);
    expect(lines).toMatchObject([{ level: 'error', class: 'configuration', code: error.code }]);
    expect(kept).toEqual([]);
  });

  it('returns it when its visibility cannot be changed', async () => {
    const { parts, lines } = settlerParts({ run: () => Promise.reject(unavailable) });
    const settlement = await settleCall(delivery(), CALL, {
      ...parts,
      hide: () => Promise.reject(new TypeError('canary-7f3a')),
    });
    expect(settlement).toMatchObject({ outcome: 'returned', failureClass: 'environment' });
    expect(lines[0]).toEqual({
      level: 'warn',
      event: 'VISIBILITY_NOT_CHANGED',
      messageId: 'message-1',
      seconds: 30,
      errorName: 'TypeError',
    });
  });

  it('does not begin to hide it when the batch has to be answered', async () => {
    const batch = new AbortController();
    const { parts, hidden } = settlerParts({
      run: async () => {
        batch.abort();
        throw unavailable;
      },
    });
    await settleCall(delivery(), { ...CALL, signal: batch.signal }, parts);
    expect(hidden).toEqual([]);
  });

  it('returns it after a bug, without a pause of its own and without the text of the error', async () => {
    const { parts, kept, hidden, lines, metrics } = settlerParts({
      run: async () => {
        throw new TypeError('cannot read canary-7f3a');
      },
    });
    expect(await settleCall(delivery(), CALL, parts)).toEqual({
      outcome: 'returned',
      failureClass: 'bug',
      code: 'BUG',
    });
    expect([kept, hidden]).toEqual([[], []]);
    expect(lines).toMatchObject([{ level: 'error', class: 'bug', code: 'BUG', errorName: 'TypeError' }]);
    expect(metrics.counts.get('failure.bug')).toBe(1);
    expect(lines[0]?.['stack']).toContain('settle-call.test.ts');
    expect(JSON.stringify(lines)).not.toContain('canary-7f3a');
  });

  it('survives an operation that throws something odd', async () => {
    for (const odd of [undefined, null, 'text', { message: 'canary-7f3a' }]) {
      const { parts, lines } = settlerParts({ run: () => Promise.reject(odd) });
      expect(await settleCall(delivery(), CALL, parts)).toMatchObject({ outcome: 'returned', failureClass: 'bug' });
      expect(JSON.stringify(lines)).not.toContain('canary-7f3a');
    }
  });

  it('writes no value of the input into the log', async () => {
    for (const error of [invalid, unavailable, new Error('x')]) {
      const { parts, lines } = settlerParts({ run: () => Promise.reject(error) });
      await settleCall(delivery({ body: bodyOf({ input: { Name: 'canary-7f3a' } }) }), CALL, parts);
      expect(JSON.stringify(lines)).not.toContain('canary-7f3a');
    }
  });
});

describe('the age of a message', () => {
  const sentAtMs = 1_700_000_000_000 - 7_200_400;

  it('is measured and told whenever it goes back: SQS says nothing of one that was received often (F123)', async () => {
    for (const error of [unavailable, new ConfigurationError('no'), new TypeError('bug')]) {
      const { parts, metrics, lines } = settlerParts({ run: () => Promise.reject(error) });
      await settleCall(delivery({ sentAtMs, receiveCount: 40 }), CALL, parts);
      expect(metrics.measured).toEqual([['msg.age', 7_200]]);
      expect(lines).toMatchObject([{ outcome: 'returned', ageSeconds: 7_200 }]);
    }
    const { parts, metrics } = settlerParts();
    await setCallAside(delivery({ sentAtMs }), parts);
    tellDefect(delivery({ sentAtMs }), new TypeError('bug'), parts);
    expect(metrics.measured).toEqual([
      ['msg.age', 7_200],
      ['msg.age', 7_200],
    ]);
  });

  it('is not measured when it is done or parked, nor when SQS does not say when it was sent', async () => {
    const done = settlerParts();
    await settleCall(delivery({ sentAtMs }), CALL, done.parts);
    const parked = settlerParts({ run: () => Promise.reject(invalid) });
    await settleCall(delivery({ sentAtMs }), CALL, parked.parts);
    const untold = settlerParts({ run: () => Promise.reject(unavailable) });
    await settleCall(delivery({ sentAtMs: undefined }), CALL, untold.parts);
    expect([done, parked, untold].map(({ metrics }) => metrics.measured)).toEqual([[], [], []]);
  });

  it('is never negative, whatever the clocks say', async () => {
    const { parts, metrics, clock } = settlerParts({ run: () => Promise.reject(unavailable) });
    await settleCall(delivery({ sentAtMs: clock.now() + 5_000 }), CALL, parts);
    expect(metrics.measured).toEqual([['msg.age', 0]]);
  });
});

describe('setCallAside', () => {
  it('brings the message back within seconds, and counts it', async () => {
    const { parts, hidden, lines, metrics, calls } = settlerParts();
    await setCallAside(delivery(), parts);
    expect(hidden).toEqual([{ receiptHandle: 'handle-1', seconds: 3 }]);
    expect(lines).toMatchObject([
      { level: 'info', event: 'CALL_SETTLED', outcome: 'unstarted', operation: 'account.upsert' },
    ]);
    expect(metrics.counts).toEqual(new Map([['deadline.skip', 1]]));
    expect(calls).toEqual([]);
  });
});
