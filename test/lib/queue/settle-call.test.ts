import { describe, expect, it } from 'vitest';
import {
  CallInProgressError,
  CallRejectedError,
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
import { event, eventMapping, fromEvent } from '../../../lib/operations/event-mapping.ts';
import { tellDefect } from '../../../lib/queue/call-ending.ts';
import { setCallAside, settleCall } from '../../../lib/queue/settle-call.ts';
import { text } from '../../../lib/siebel/values.ts';
import { bodyOf, DONE, INPUT, queued, settlerParts } from './queue-parts.ts';

/** printf '{"Location":"Bremen","Name":"Harbour Supplies"}' | sha256sum */
const HASH = '676e76a3a0c838717de58bedae3f3cee515176a4b2b374e6ae3198927ad7fe17';
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
      run: async (_, { deadlineAtMs }) => {
        deadlines.push(deadlineAtMs);
        return DONE;
      },
    });
    const attributes = { 'siebel-redrive-at': '1699999999000', origin: 'crm' };
    const notAfter = '2026-03-01T12:00:00Z';
    const call = queued({ body: bodyOf({ notAfter }), receiveCount: 3, groupId: 'account-7', attributes });
    expect(await settleCall(call, CALL, parts)).toEqual({ outcome: 'done' });
    expect(calls).toEqual([
      {
        name: 'account.upsert',
        key: 'crm-export/4711',
        input: INPUT,
        payloadHash: HASH,
        notAfterMs: 1_772_366_400_000,
        message: {
          messageId: 'message-1',
          body: bodyOf({ notAfter }),
          attributes: { ...attributes, MessageGroupId: 'account-7' },
          receiveCount: 3,
          firstSeenAtMs: 1_699_999_990_000,
          redriveAtMs: 1_699_999_999_000,
        },
      },
    ]);
    expect(deadlines).toEqual([CALL.deadlineAtMs]);
    expect([kept, hidden]).toEqual([[], []]);
  });

  it.each(['', 'x', '-1', '1.5', '1e3', ' 1', '9'.repeat(16)])(
    'takes the redrive attribute "%s" for none (R79)',
    async (value) => {
      const { parts, calls } = settlerParts();
      await settleCall(queued({ attributes: { 'siebel-redrive-at': value } }), CALL, parts);
      expect(calls).toMatchObject([{ message: { redriveAtMs: undefined } }]);
    },
  );

  it('takes now for the first time it was seen when SQS does not say', async () => {
    const { parts, calls, clock } = settlerParts();
    await settleCall(queued({ firstSeenAtMs: undefined }), CALL, parts);
    expect(calls).toMatchObject([{ message: { firstSeenAtMs: clock.now(), attributes: {} } }]);
  });

  it('writes one line with what the call cost', async () => {
    const { parts, lines, metrics } = settlerParts({
      run: async (_, { onCall }) => {
        onCall?.({ attempts: 2, siebelMs: 34.6, tokenMs: 0 });
        return DONE;
      },
    });
    await settleCall(queued({ receiveCount: 2 }), CALL, parts);
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

  it('acknowledges what had been done before, and does not count it as applied again (R13)', async () => {
    const { parts, lines, metrics } = settlerParts({ run: async () => ({ ...DONE, repeated: true }) });
    expect(await settleCall(queued(), CALL, parts)).toEqual({ outcome: 'done' });
    expect(lines).toMatchObject([{ level: 'info', outcome: 'done', repeated: true, attempts: 0 }]);
    expect(metrics.counts).toEqual(new Map([['msg.repeated', 1]]));
  });

  it('tells and counts what a look-up has shown to be done', async () => {
    const { parts, lines, metrics } = settlerParts({ run: async () => ({ ...DONE, reconciled: true }) });
    expect(await settleCall(queued(), CALL, parts)).toEqual({ outcome: 'done' });
    expect(lines).toMatchObject([{ level: 'info', outcome: 'done', reconciled: true }]);
    expect(metrics.counts).toEqual(
      new Map([
        ['msg.applied', 1],
        ['msg.recon', 1],
      ]),
    );
  });

  it.each([undefined, null, {}, { outcome: 'returned' }, 'done'])(
    'takes the ending %j for a bug of ours, never for success (R02)',
    async (end) => {
      const { parts, kept } = settlerParts({ run: async () => end as never });
      expect(await settleCall(queued(), CALL, parts)).toEqual({
        outcome: 'returned',
        failureClass: 'bug',
        code: 'BUG',
      });
      expect(kept).toEqual([]);
    },
  );
});

describe('settleCall, for a call that the ledger has parked', () => {
  it('acknowledges it, and tells why', async () => {
    const { parts, kept, hidden, lines, metrics } = settlerParts({
      run: async () => ({ outcome: 'parked', code: 'SIEBEL_VALIDATION', error: invalid, repeated: false }),
    });
    expect(await settleCall(queued(), CALL, parts)).toEqual({ outcome: 'parked' });
    expect([kept, hidden]).toEqual([[], []]);
    expect(lines).toMatchObject([
      {
        level: 'warn',
        outcome: 'parked',
        class: 'message',
        code: 'SIEBEL_VALIDATION',
        siebelStatus: 500,
        siebelCodes: ['SBL-DAT-00498', 'SBL-EAI-04389'],
      },
    ]);
    expect(metrics.counts).toEqual(new Map([['msg.parked', 1]]));
    expect(metrics.parted).toEqual(new Map([['msg.parked code=SIEBEL_VALIDATION', 1]]));
  });

  it('acknowledges what had been parked before, and does not count it as newly parked (W8)', async () => {
    const { parts, lines, metrics } = settlerParts({
      run: async () => ({ outcome: 'parked', code: 'CONFLICT', repeated: true }),
    });
    expect(await settleCall(queued(), CALL, parts)).toEqual({ outcome: 'parked' });
    expect(lines).toMatchObject([{ outcome: 'parked', class: 'message', code: 'CONFLICT', repeated: true }]);
    expect(metrics.counts).toEqual(new Map([['msg.repeated', 1]]));
  });

  it('counts one whose outcome nobody can find out as an unknown outcome', async () => {
    const error = new UnknownOutcomeError('no definite answer', { cause: unavailable });
    const { parts, lines, metrics } = settlerParts({
      run: async () => ({ outcome: 'parked', code: 'OUTCOME_UNKNOWN', error, repeated: false }),
    });
    expect(await settleCall(queued(), CALL, parts)).toEqual({ outcome: 'parked' });
    expect(lines).toMatchObject([
      { class: 'unknown-outcome', code: 'OUTCOME_UNKNOWN', causeCode: 'SIEBEL_UNAVAILABLE' },
    ]);
    expect(metrics.counts).toEqual(
      new Map([
        ['msg.parked', 1],
        ['msg.unknown', 1],
      ]),
    );
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
    expect(await settleCall(queued({ body }), CALL, parts)).toEqual({ outcome: 'parked' });
    expect(kept).toMatchObject([
      { error: { code }, operation, message: { messageId: 'message-1', body, receiveCount: 1 } },
    ]);
    expect([calls, hidden]).toEqual([[], []]);
  });

  it('refuses what is thrown for the message, with its codes, at the first receive (R18, F58)', async () => {
    const { parts, kept, lines, metrics } = settlerParts({ run: () => Promise.reject(invalid) });
    const attributes = { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' };
    expect(await settleCall(queued({ attributes }), CALL, parts)).toEqual({ outcome: 'parked' });
    expect(kept).toEqual([
      {
        operation: 'account.upsert',
        key: 'crm-export/4711',
        payloadHash: HASH,
        error: invalid,
        message: {
          messageId: 'message-1',
          body: bodyOf(),
          attributes,
          receiveCount: 1,
          firstSeenAtMs: 1_699_999_990_000,
          redriveAtMs: undefined,
        },
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
    expect(metrics.counts).toEqual(new Map([['msg.parked', 1]]));
  });

  it('refuses a key that is another call’s, as CONFLICT (R05)', async () => {
    const conflict = new CallRejectedError('CONFLICT', 'the key was used for another input');
    const { parts, kept, lines } = settlerParts({ run: () => Promise.reject(conflict) });
    expect(await settleCall(queued(), CALL, parts)).toEqual({ outcome: 'parked' });
    expect(kept).toMatchObject([{ error: conflict, operation: 'account.upsert', key: 'crm-export/4711' }]);
    expect(lines).toMatchObject([{ outcome: 'parked', class: 'message', code: 'CONFLICT' }]);
  });

  it('parks a bad input with all its issues', async () => {
    const issue = { pointer: '/input/Name', code: 'MISSING_FIELD', message: 'is missing' };
    const { parts, kept, metrics } = settlerParts({ run: () => Promise.reject(new InvalidInputError([issue])) });
    await settleCall(queued(), CALL, parts);
    expect(kept).toMatchObject([{ error: { code: 'MISSING_FIELD', issues: [issue] } }]);
    expect(metrics.counts).toEqual(
      new Map([
        ['msg.parked', 1],
        ['input.rejected', 1],
      ]),
    );
    expect(metrics.parted).toEqual(new Map([['msg.parked code=MISSING_FIELD', 1]]));
  });

  it('ends as its call has ended, when that was before this refusal (R05, R13)', async () => {
    const { parts, lines, metrics } = settlerParts({
      run: () => Promise.reject(invalid),
      refuse: async () => ({ ...DONE, repeated: true }),
    });
    expect(await settleCall(queued({ receiveCount: 2 }), CALL, parts)).toEqual({ outcome: 'done' });
    expect(lines).toMatchObject([{ outcome: 'done', repeated: true, refusedWith: 'SIEBEL_VALIDATION' }]);
    expect(metrics.counts).toEqual(new Map([['msg.repeated', 1]]));
  });

  it('is not counted as parked when it has been parked before (W8)', async () => {
    const { parts, lines, metrics } = settlerParts({
      refuse: async () => ({ outcome: 'parked', code: 'BAD_JSON', repeated: true }),
    });
    expect(await settleCall(queued({ body: '{', receiveCount: 2 }), CALL, parts)).toEqual({ outcome: 'parked' });
    expect(lines).toMatchObject([{ outcome: 'parked', code: 'BAD_JSON', repeated: true }]);
    expect(metrics.counts).toEqual(new Map([['msg.repeated', 1]]));
  });

  it('tells what it is parked for when its call may have been done, and what it was refused for', async () => {
    const error = new CallRejectedError('OUTCOME_UNKNOWN', 'Siebel may have executed this call', { cause: invalid });
    const { parts, lines, metrics } = settlerParts({
      run: () => Promise.reject(invalid),
      refuse: async () => ({ outcome: 'parked', code: error.code, error, repeated: false }),
    });
    expect(await settleCall(queued({ receiveCount: 2 }), CALL, parts)).toEqual({ outcome: 'parked' });
    expect(lines).toMatchObject([{ code: 'OUTCOME_UNKNOWN', refusedWith: 'SIEBEL_VALIDATION' }]);
    expect(metrics.parted).toEqual(new Map([['msg.parked code=OUTCOME_UNKNOWN', 1]]));
  });

  it('leaves it to the ledger whether a call is past its notAfter: it may have been started before', async () => {
    const { parts, calls, clock } = settlerParts();
    const notAfterMs = clock.now() - 1_000;
    const body = bodyOf({ notAfter: new Date(notAfterMs).toISOString() });
    expect(await settleCall(queued({ body }), CALL, parts)).toEqual({ outcome: 'done' });
    expect(calls).toMatchObject([{ notAfterMs }]);
  });

  it('returns a message that cannot be parked: nothing is acknowledged before it is stored (R18, F119)', async () => {
    const { parts, kept, hidden, lines, metrics } = settlerParts({
      run: () => Promise.reject(invalid),
      refuse: () => Promise.reject(new ServiceUnavailableError('STATE_UNAVAILABLE', 'the state table did not answer')),
    });
    expect(await settleCall(queued(), CALL, parts)).toEqual({
      outcome: 'returned',
      failureClass: 'environment',
      code: 'STATE_UNAVAILABLE',
    });
    expect(kept).toEqual([]);
    expect(hidden).toEqual([{ receiptHandle: 'handle-1', seconds: 30 }]);
    expect(lines).toMatchObject([{ level: 'warn', code: 'STATE_UNAVAILABLE', refusedWith: 'SIEBEL_VALIDATION' }]);
    expect(metrics.counts).toEqual(new Map([['msg.deferred', 1]]));
  });

  it('never takes a refusal by the state table for one of the message', async () => {
    const { parts } = settlerParts({ run: () => Promise.reject(invalid), refuse: () => Promise.reject(invalid) });
    expect(await settleCall(queued(), CALL, parts)).toMatchObject({ outcome: 'returned', failureClass: 'bug' });
  });
});

describe('settleCall, for a producer’s own event', () => {
  /** printf '{"colour":null,"order":"4711"}' | sha256sum */
  const EVENT_HASH = 'd31b0839325405cbcea81f609461cf10eca1705f6f75a2d33655825a80677c5b';
  const body = '{"order":"4711","colour":null}';
  const notification = JSON.stringify({ Type: 'Notification', MessageId: '22b80b92', Message: body });

  function orderPlaced(input: () => { Name: string }, envelope: 'none' | 'sns' = 'none') {
    const from = event({ order: text(30) });
    return eventMapping('request.create', fromEvent({ from, envelope, key: ({ order }) => `orders/${order}`, input }));
  }

  it('takes it for the same call by the event, whatever its mapping makes of it at that hour (R05)', async () => {
    const { parts, calls } = settlerParts();
    for (const Name of ['as of noon', 'as of one']) {
      const mapping = orderPlaced(() => ({ Name }));
      await settleCall(queued({ body }, [mapping]), CALL, parts);
    }
    await settleCall(queued({ body: notification }, [orderPlaced(() => ({ Name: 'n' }), 'sns')]), CALL, parts);
    expect(calls.map(({ payloadHash }) => payloadHash)).toEqual([EVENT_HASH, EVENT_HASH, EVENT_HASH]);
  });

  it('names its call to the ledger also when its mapping fails now', async () => {
    const { parts, kept } = settlerParts();
    const mapping = orderPlaced(() => {
      throw new RangeError('boom');
    });
    await settleCall(queued({ body }, [mapping]), CALL, parts);
    expect(kept).toMatchObject([
      { operation: 'request.create', key: 'orders/4711', payloadHash: EVENT_HASH, error: { code: 'MAPPING_FAILED' } },
    ]);
  });

  it('lets a correction in our own contract be another input', async () => {
    const { parts, calls } = settlerParts();
    await settleCall(queued({}, [orderPlaced(() => ({ Name: 'n' }))]), CALL, parts);
    expect(calls).toMatchObject([{ payloadHash: HASH }]);
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
    expect(await settleCall(queued({ receiveCount: 3 }), CALL, parts)).toEqual({
      outcome: 'returned',
      failureClass: 'environment',
      code: error.code,
    });
    expect(hidden).toEqual([{ receiptHandle: 'handle-1', seconds: 120 }]);
    expect(kept).toEqual([]);
    expect(metrics.counts).toEqual(new Map([['msg.deferred', 1]]));
  });

  it.each([
    ['of an insert', new UnknownOutcomeError('no definite answer', { retryAfterMs: 700_000 }), 735],
    ['that nobody can date', new UnknownOutcomeError('no definite answer'), 30],
  ])(
    'returns an unknown outcome %s until a look-up can decide, and never parks it (R08)',
    async (_, error, seconds) => {
      const { parts, kept, hidden, lines, metrics } = settlerParts({ run: () => Promise.reject(error) });
      expect(await settleCall(queued(), CALL, parts)).toEqual({
        outcome: 'returned',
        failureClass: 'unknown-outcome',
        code: 'OUTCOME_UNKNOWN',
      });
      expect(hidden).toEqual([{ receiptHandle: 'handle-1', seconds }]);
      expect(kept).toEqual([]);
      expect(lines).toMatchObject([{ level: 'warn', class: 'unknown-outcome', ageSeconds: 11 }]);
      expect(metrics.counts).toEqual(
        new Map([
          ['msg.deferred', 1],
          ['msg.unknown', 1],
        ]),
      );
      expect(metrics.parted).toEqual(new Map([['msg.deferred class=unknown-outcome', 1]]));
    },
  );

  it('returns a call that is at work elsewhere until its lease is over (R12)', async () => {
    const busy = new CallInProgressError('another delivery is at work', { retryAfterMs: 60_000 });
    const { parts, hidden, metrics } = settlerParts({ run: () => Promise.reject(busy) });
    expect(await settleCall(queued(), CALL, parts)).toEqual({
      outcome: 'returned',
      failureClass: 'environment',
      code: 'IN_PROGRESS',
    });
    expect(hidden).toEqual([{ receiptHandle: 'handle-1', seconds: 63 }]);
    expect(metrics.parted).toEqual(new Map([['msg.deferred class=environment', 1]]));
  });

  it('brings a call that had no time left back within seconds, as one that was not begun (R38)', async () => {
    const late = new NoResponseError('DEADLINE_TOO_CLOSE', 'no time is left to send this call', { sent: false });
    const { parts, hidden } = settlerParts({ run: () => Promise.reject(late) });
    await settleCall(queued({ receiveCount: 2 }), CALL, parts);
    await settleCall(queued({ receiveCount: 3 }), CALL, parts);
    expect(hidden.map(({ seconds }) => seconds)).toEqual([3, 120]);
  });

  it('hides it for as long as Siebel asked (R48)', async () => {
    const busy = new SiebelResponseError('SIEBEL_UNAVAILABLE', 'Siebel answered 503', {
      failureClass: 'environment',
      status: 503,
      retryAfterMs: 77_000,
    });
    const { parts, hidden } = settlerParts({ run: () => Promise.reject(busy) });
    await settleCall(queued(), CALL, parts);
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
    await settleCall(queued({ receiveCount: 12 }), CALL, parts);
    expect(hidden).toEqual([{ receiptHandle: 'handle-1', seconds: 10 }]);
  });

  it.each([
    new ConfigurationError('the secret has no clientSecret', { code: 'CONFIG_SECRET_SHAPE' }),
    new TlsError('TLS_UNKNOWN_AUTHORITY', 'the certificate is signed by nobody known'),
  ])('hides it for 300 s when our settings are wrong, and logs an error (%s)', async (error) => {
    const { parts, kept, hidden, lines, metrics } = settlerParts({ run: () => Promise.reject(error) });
    expect(await settleCall(queued(), CALL, parts)).toMatchObject({
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
    const settlement = await settleCall(queued(), CALL, {
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
    await settleCall(queued(), { ...CALL, signal: batch.signal }, parts);
    expect(hidden).toEqual([]);
  });

  it('returns it after a bug, without a pause of its own and without the text of the error', async () => {
    const { parts, kept, hidden, lines, metrics } = settlerParts({
      run: async () => {
        throw new TypeError('cannot read canary-7f3a');
      },
    });
    expect(await settleCall(queued(), CALL, parts)).toEqual({
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
      expect(await settleCall(queued(), CALL, parts)).toMatchObject({ outcome: 'returned', failureClass: 'bug' });
      expect(JSON.stringify(lines)).not.toContain('canary-7f3a');
    }
  });

  it('writes no value of the input into the log', async () => {
    for (const error of [invalid, unavailable, new Error('x')]) {
      const { parts, lines } = settlerParts({ run: () => Promise.reject(error) });
      await settleCall(queued({ body: bodyOf({ input: { Name: 'canary-7f3a' } }) }), CALL, parts);
      expect(JSON.stringify(lines)).not.toContain('canary-7f3a');
    }
  });
});

describe('the age of a message', () => {
  const sentAtMs = 1_700_000_000_000 - 7_200_400;

  it('is measured and told whenever it goes back: SQS says nothing of one that was received often (F123)', async () => {
    for (const error of [unavailable, new ConfigurationError('no'), new TypeError('bug')]) {
      const { parts, metrics, lines } = settlerParts({ run: () => Promise.reject(error) });
      await settleCall(queued({ sentAtMs, receiveCount: 40 }), CALL, parts);
      expect(metrics.measured).toEqual([['msg.age', 7_200]]);
      expect(lines).toMatchObject([{ outcome: 'returned', ageSeconds: 7_200 }]);
    }
    const { parts, metrics } = settlerParts();
    await setCallAside(queued({ sentAtMs }), parts);
    tellDefect(queued({ sentAtMs }), new TypeError('bug'), parts);
    expect(metrics.measured).toEqual([
      ['msg.age', 7_200],
      ['msg.age', 7_200],
    ]);
  });

  it('is not measured when it is done or parked, nor when SQS does not say when it was sent', async () => {
    const done = settlerParts();
    await settleCall(queued({ sentAtMs }), CALL, done.parts);
    const parked = settlerParts({ run: () => Promise.reject(invalid) });
    await settleCall(queued({ sentAtMs }), CALL, parked.parts);
    const untold = settlerParts({ run: () => Promise.reject(unavailable) });
    await settleCall(queued({ sentAtMs: undefined }), CALL, untold.parts);
    expect([done, parked, untold].map(({ metrics }) => metrics.measured)).toEqual([[], [], []]);
  });

  it('is never negative, whatever the clocks say', async () => {
    const { parts, metrics, clock } = settlerParts({ run: () => Promise.reject(unavailable) });
    await settleCall(queued({ sentAtMs: clock.now() + 5_000 }), CALL, parts);
    expect(metrics.measured).toEqual([['msg.age', 0]]);
  });
});

describe('setCallAside', () => {
  it('brings the message back within seconds, and counts it', async () => {
    const { parts, hidden, lines, metrics, calls } = settlerParts();
    await setCallAside(queued(), parts);
    expect(hidden).toEqual([{ receiptHandle: 'handle-1', seconds: 3 }]);
    expect(lines).toMatchObject([
      { level: 'info', event: 'CALL_SETTLED', outcome: 'unstarted', operation: 'account.upsert' },
    ]);
    expect(metrics.counts).toEqual(new Map([['deadline.skip', 1]]));
    expect(calls).toEqual([]);
  });
});
