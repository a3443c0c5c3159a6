import { describe, expect, it } from 'vitest';
import { NoResponseError, TlsError, TokenRequestError, UnusableResponseError } from '../../../lib/errors.ts';
import { siebelClient } from '../../../lib/siebel/client.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { ACCOUNT, answer, clientOver, countedTokens, type Scripted, scriptedHttp, settledOn } from './parts.ts';

const DONE = answer(200, { items: { Id: '1-7' } });
const html = (status: number) => answer(status, '<html>', { 'content-type': 'text/html;charset=utf-8' });

function insert({ client, options, clock }: ReturnType<typeof clientOver>) {
  return settledOn(clock, client.insert(ACCOUNT, { Name: 'Acme' }, options));
}

describe('a call that may not be repeated', () => {
  it.each<[string, Scripted]>([
    ['a lost connection', new NoResponseError('CONNECTION_LOST', 'lost', { sent: true })],
    ['a time-out', new NoResponseError('TIMED_OUT', 'late', { sent: true })],
    ['an abort after it had left', new NoResponseError('ABORTED', 'aborted', { sent: true })],
    ['a cut body', new UnusableResponseError('BODY_TRUNCATED', 'cut', { status: 200 })],
    ['a body over the limit', new UnusableResponseError('BODY_TOO_LARGE', 'large', { status: 200 })],
    ['cut JSON', answer(200, '{"items":{"Id":')],
    ['an empty 200', answer(200)],
    ['204, which names no record', answer(204)],
    ['a success without an Id', answer(200, { items: { Name: 'Acme' } })],
    ['two records', answer(200, { items: [{ Id: '1' }, { Id: '2' }] })],
    ['XML', answer(200, '<response/>', { 'content-type': 'application/xml' })],
    ['a sign-in page', html(200)],
    ['a redirect', answer(302)],
    ['"not modified"', answer(304)],
    ['HTTP 500 without a code', html(500)],
    ['HTTP 502', html(502)],
    ['HTTP 503', html(503)],
    ['HTTP 504', html(504)],
    ['a wrapper alone', answer(500, { ERROR: 'Failed.(SBL-EAI-04376)' })],
    ['a code that nobody knows', answer(500, { ERROR: 'Odd.(SBL-XYZ-12345)' })],
    ['a lost database connection', answer(503, { ERROR: 'Lost.(SBL-EAI-05001)' })],
    ['no session', answer(500, { ERROR: 'Could not open a session in 4 attempts.' })],
    ['an answer that breaks its reader', { ...DONE, headers: undefined as never }],
  ])('ends as an unknown outcome after %s, and is not sent again', async (_what, first) => {
    const parts = clientOver([first, DONE]);
    const failure = await insert(parts).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      name: 'UnknownOutcomeError',
      code: 'OUTCOME_UNKNOWN',
      failureClass: 'unknown-outcome',
      retryable: false,
      cause: expect.any(Error),
    });
    if (first instanceof Error) expect(failure).toHaveProperty('cause', first);
    expect(parts.http.requests).toHaveLength(1);
  });

  it.each<[string, Scripted, string]>([
    ['a required field that is missing', answer(500, { ERROR: 'Required.(SBL-DAT-00498)' }), 'SIEBEL_VALIDATION'],
    ['a duplicate', answer(409, { ERROR: 'Exists.(SBL-EAI-04383)' }), 'SIEBEL_CONFLICT'],
    ['a refusal inside a success', answer(200, { ERROR: 'No.(SBL-EXL-00151)' }), 'SIEBEL_BUSINESS'],
    ['no access', answer(403, { ERROR: 'No.(SBL-DAT-00825)' }), 'FORBIDDEN'],
    ['an unknown field', answer(500, { ERROR: 'No.(SBL-EAI-50258)' }), 'SIEBEL_CONFIGURATION'],
    ['an unknown address', html(404), 'SIEBEL_CONFIGURATION'],
    ['a method that is not allowed', html(405), 'SIEBEL_CONFIGURATION'],
    ['a format that is not taken', html(415), 'SIEBEL_CONFIGURATION'],
    ['a body that is too large', html(413), 'TOO_LARGE'],
    ['too many requests', answer(429), 'SIEBEL_UNAVAILABLE'],
    ['a bad certificate', new TlsError('TLS_UNKNOWN_AUTHORITY', 'unknown'), 'TLS_UNKNOWN_AUTHORITY'],
    ['a spent deadline', new NoResponseError('DEADLINE_TOO_CLOSE', 'late', { sent: false }), 'DEADLINE_TOO_CLOSE'],
    ['an abort before it left', new NoResponseError('ABORTED', 'aborted', { sent: false }), 'ABORTED'],
  ])('ends as what it is after %s, which proves that it was not executed', async (_what, first, code) => {
    const parts = clientOver([first, DONE]);
    await expect(insert(parts)).rejects.toMatchObject({ code });
    expect(parts.http.requests).toHaveLength(1);
  });

  it.each(['DNS_FAILED', 'CONNECT_FAILED', 'CONNECT_TIMEOUT'] as const)(
    'is sent again after %s: not one byte of it had left',
    async (code) => {
      const parts = clientOver([new NoResponseError(code, 'not sent', { sent: false }), DONE]);
      await expect(insert(parts)).resolves.toEqual({ id: '1-7' });
      expect(parts.http.requests).toHaveLength(2);
    },
  );

  it('ends as an unknown outcome when only its second attempt had left', async () => {
    const parts = clientOver([new NoResponseError('CONNECT_FAILED', 'no', { sent: false }), html(502), DONE]);
    await expect(insert(parts)).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    expect(parts.http.requests).toHaveLength(2);
  });

  it('is replayed after a 401, which was not executed, and then ends as its second answer says', async () => {
    const replayed = clientOver([answer(401), DONE]);
    await expect(insert(replayed)).resolves.toEqual({ id: '1-7' });
    const unknown = clientOver([answer(401), html(502), DONE]);
    await expect(insert(unknown)).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    expect(unknown.http.requests).toHaveLength(2);
    const refused = clientOver([answer(401), answer(401), DONE]);
    await expect(insert(refused)).rejects.toMatchObject({ code: 'AUTH_LOOP', failureClass: 'environment' });
  });

  it.each(['insertChild', 'associate'] as const)('names no record after 204: %s', async (method) => {
    const parts = clientOver([answer(204)]);
    const below = { ...ACCOUNT, below: [{ id: '1-1', component: 'Contact' }] };
    const call = parts.client[method](below, { 'Person UId': 'x' }, parts.options);
    await expect(call).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
  });

  it('ends as the bug that it is when it could not even be put on the wire', async () => {
    const bug = new Error('the path of a request is not one slash and visible ASCII characters');
    await expect(insert(clientOver([bug]))).rejects.toBe(bug);
  });

  it('ends as what it is when no token could be had for it', async () => {
    const clock = fakeClock();
    const http = scriptedHttp([answer(401), DONE]);
    const refused = new TokenRequestError('TOKEN_REQUEST_REJECTED', 'no');
    const tokens = { ...countedTokens().source, replace: () => Promise.reject(refused) };
    const client = siebelClient({ http, tokens, baseUrl: new URL('https://h/s'), clock });
    await expect(client.insert(ACCOUNT, { Name: 'A' }, { deadlineAtMs: clock.now() + 9_000 })).rejects.toBe(refused);
  });
});

describe('an unknown outcome', () => {
  it('repeats nothing of the answer and of the record', async () => {
    const { client, options } = clientOver([answer(500, { ERROR: 'CANARY-1 broke.(SBL-XYZ-12345)' })]);
    const failure = await client.insert(ACCOUNT, { Name: 'CANARY-2' }, options).catch((error: unknown) => error);
    const told = [failure, (failure as Error).cause].map(
      (error) => `${(error as Error).message} ${JSON.stringify(error)}`,
    );
    expect(told.join()).not.toContain('CANARY');
  });
});
