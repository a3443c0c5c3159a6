import { describe, expect, it } from 'vitest';
import {
  ConfigurationError,
  NoResponseError,
  ServiceUnavailableError,
  type SiebelResponseCode,
  SiebelResponseError,
  TlsError,
  TokenRequestError,
} from '../../../lib/errors.ts';
import { apiParts } from './api-parts.ts';
import { CORRELATION_ID, httpEvent, putAccount, REQUEST_ID, searchAccounts } from './http-event.ts';

describe('a request', () => {
  it('reads one record by the Id in its path', async () => {
    const { ask, calls } = apiParts();

    const { statusCode, headers, json } = await ask(httpEvent());

    expect(statusCode).toBe(200);
    expect(headers).toEqual({
      'content-type': 'application/json',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-correlation-id': CORRELATION_ID,
    });
    expect(json).toEqual({
      Id: '1-2AB',
      Name: 'Harbour Supplies',
      Location: 'Bremen',
      'Account Status': 'Active',
      'Main Phone Number': '',
      Type: '',
      Updated: '2025-03-14T09:26:53Z',
    });
    expect(calls).toEqual([{ method: 'get', asked: '1-2AB' }]);
  });

  it.each([
    ['1-2AB%2B7', 'left in'],
    ['1-2AB+7', 'taken out'],
  ])('finds the same record by %s, with percent escapes %s by the gateway', async (Id) => {
    const { ask, calls } = apiParts();

    await ask(httpEvent({ path: '/accounts/1-2AB+7', pathParameters: { Id } }));

    expect(calls[0]?.asked).toBe('1-2AB+7');
  });

  it('searches by the parameters in its query', async () => {
    const { ask, calls } = apiParts();

    const { statusCode, json } = await ask(
      searchAccounts('Name=O%27Brien+%26+S%C3%B6hne&Account%20Status=Active&limit=7'),
    );

    expect(statusCode).toBe(200);
    expect(json.items).toHaveLength(1);
    expect(calls).toEqual([
      {
        method: 'pages',
        asked: { search: `([Name] = "O'Brien & Söhne") AND ([Account Status] = "Active")`, pageSize: 7 },
      },
    ]);
  });

  it('upserts what its body says', async () => {
    const { ask, calls } = apiParts();

    const { statusCode, json } = await ask(putAccount('{"Name":"Harbour Supplies","Location":""}'));

    expect({ statusCode, json }).toEqual({ statusCode: 200, json: { Id: '1-2AB' } });
    expect(calls).toEqual([{ method: 'upsert', asked: { Name: 'Harbour Supplies', Location: '' } }]);
  });

  it('is the same in base64, under a stage, and with headers in any case', async () => {
    const { ask, calls } = apiParts();
    const body = Buffer.from('{"Name":"Żółw","Location":"Łódź"}').toString('base64');

    const { statusCode } = await ask(
      putAccount(body, {
        isBase64Encoded: true,
        stage: 'prod',
        headers: { 'Content-Type': 'application/json; charset=UTF-8', 'content-type': 'application/json' },
      }),
    );

    expect(statusCode).toBe(200);
    expect(calls[0]?.asked).toEqual({ Name: 'Żółw', Location: 'Łódź' });
  });

  it('gives its deadline to the call', async () => {
    const { ask, deadlines, clock } = apiParts();

    await ask(httpEvent());

    expect(deadlines).toEqual([clock.now() + 25_000]);
  });

  it('leaves one log line with caller, route, cost and status', async () => {
    const { ask, log, metrics } = apiParts();

    await ask(httpEvent({ headers: { 'x-correlation-id': 'order-4711' } }));

    expect(log.lines).toEqual([
      {
        event: 'REQUEST_SETTLED',
        requestId: REQUEST_ID,
        correlationId: 'order-4711',
        clientId: 'api-client',
        status: 200,
        routeKey: 'GET /accounts/{Id}',
        operation: 'account.get',
        attempts: 1,
        siebelMs: 12,
        tokenMs: 0,
        durationMs: 0,
      },
    ]);
    expect(metrics.counts.get('api.ok')).toBe(1);
  });

  it.each(['a b', 'x'.repeat(65), 'id\r\nset-cookie: a=b', 'ü', ''])(
    'has its correlation id replaced when it is %j',
    async (id) => {
      const { ask } = apiParts();

      const { headers } = await ask(httpEvent({ headers: { 'x-correlation-id': id } }));

      expect(headers['x-correlation-id']).toBe(CORRELATION_ID);
    },
  );
});

describe('a failure', () => {
  const siebelSays = (
    code: SiebelResponseCode,
    failureClass: 'message' | 'configuration' | 'environment' = 'message',
  ) =>
    new SiebelResponseError(code, 'HTTP 500 SBL-DAT-00498 secret text', {
      failureClass,
      status: 500,
      siebelCodes: ['SBL-DAT-00498'],
    });

  it.each([
    ['NOT_FOUND', siebelSays('NOT_FOUND'), 404, 'NOT_FOUND'],
    ['FORBIDDEN', siebelSays('FORBIDDEN'), 403, 'FORBIDDEN'],
    ['SIEBEL_CONFLICT', siebelSays('SIEBEL_CONFLICT'), 409, 'SIEBEL_CONFLICT'],
    ['SIEBEL_VALIDATION', siebelSays('SIEBEL_VALIDATION'), 422, 'SIEBEL_VALIDATION'],
    ['SIEBEL_BUSINESS', siebelSays('SIEBEL_BUSINESS'), 422, 'SIEBEL_BUSINESS'],
    ['TOO_LARGE', siebelSays('TOO_LARGE'), 413, 'TOO_LARGE'],
    ['a Siebel that is away', siebelSays('SIEBEL_UNAVAILABLE', 'environment'), 503, 'UPSTREAM_UNAVAILABLE'],
    [
      'no answer',
      new NoResponseError('TIMED_OUT', 'https://siebel.internal:9001 is silent', { sent: true }),
      503,
      'UPSTREAM_UNAVAILABLE',
    ],
    [
      'no token',
      new TokenRequestError('TOKEN_REQUEST_REJECTED', 'invalid_client', { oauthError: 'invalid_client' }),
      503,
      'UPSTREAM_UNAVAILABLE',
    ],
    ['no state', new ServiceUnavailableError('STATE_UNAVAILABLE', 'throttled'), 503, 'UPSTREAM_UNAVAILABLE'],
    ['a wrong certificate', new TlsError('TLS_HOST_MISMATCH', 'siebel.internal'), 500, 'CONFIGURATION'],
    ['our own settings', new ConfigurationError('CLIENT_SECRET_ID arn:aws:secret is missing'), 500, 'CONFIGURATION'],
    [
      'a name of ours that Siebel does not know',
      siebelSays('SIEBEL_CONFIGURATION', 'configuration'),
      500,
      'CONFIGURATION',
    ],
    ['a defect', new TypeError('Bearer eyJhbGciOi is undefined'), 500, 'INTERNAL'],
    ['something thrown that is no error', 'secret text', 500, 'INTERNAL'],
  ])('%s becomes a problem document that reveals nothing', async (_name, fails, status, code) => {
    const { ask, log, metrics } = apiParts({ fails });

    const { statusCode, headers, json, body } = await ask(httpEvent());

    expect(statusCode).toBe(status);
    expect(headers).toMatchObject({ 'content-type': 'application/problem+json', 'cache-control': 'no-store' });
    expect(json).toMatchObject({ type: `urn:siebel-integration:problem:${code}`, status, code, instance: REQUEST_ID });
    expect(json.title).toMatch(/^[A-Z]/);
    expect(body).not.toMatch(/SBL-|secret|internal:|siebel\.internal|arn:|eyJ| at .*:\d+/);
    expect(log.lines).toMatchObject([{ event: 'REQUEST_SETTLED', status }]);
    expect(JSON.stringify(log.lines)).not.toContain('eyJ');
    expect([...metrics.counts.keys()].filter((name) => name.startsWith('failure.'))).toEqual(
      { CONFIGURATION: ['failure.configuration'], INTERNAL: ['failure.bug'] }[code] ?? [],
    );
  });

  it('is logged with the status that was answered, and that of Siebel beside it', async () => {
    const { ask, log } = apiParts({ fails: siebelSays('SIEBEL_UNAVAILABLE', 'environment') });

    await ask(httpEvent());

    expect(log.lines).toMatchObject([
      { status: 503, siebelStatus: 500, siebelCodes: ['SBL-DAT-00498'], code: 'SIEBEL_UNAVAILABLE' },
    ]);
  });

  it('of the environment says when to try again, in header and body, and nothing else does', async () => {
    const limited = new SiebelResponseError('SIEBEL_UNAVAILABLE', 'x', {
      failureClass: 'environment',
      status: 429,
      retryAfterMs: 41_200,
    });

    const waits = await apiParts({ fails: limited }).ask(httpEvent());
    const unsaid = await apiParts({ fails: new ServiceUnavailableError('STATE_UNAVAILABLE', 'x') }).ask(httpEvent());
    const refused = await apiParts({ fails: siebelSays('FORBIDDEN') }).ask(httpEvent());

    expect([waits.headers['retry-after'], waits.json.retryAfterSeconds]).toEqual(['42', 42]);
    expect([unsaid.headers['retry-after'], unsaid.json.retryAfterSeconds]).toEqual(['5', 5]);
    expect([refused.headers['retry-after'], refused.json.retryAfterSeconds]).toEqual([undefined, undefined]);
  });

  it('is NOT_FOUND for a record that Siebel does not have', async () => {
    const { ask } = apiParts();

    const { statusCode, json } = await ask(httpEvent({ path: '/accounts/1-none', pathParameters: { Id: '1-none' } }));

    expect({ statusCode, code: json.code }).toEqual({ statusCode: 404, code: 'NOT_FOUND' });
  });

  it.each([
    ['nothing', undefined],
    ['an SQS event', { Records: [] }],
    ['a schedule', { job: 'accounts' }],
    ['payload 1.0', { ...(httpEvent() as object), version: '1.0' }],
    ['no method', { ...(httpEvent() as object), requestContext: { requestId: 'x', stage: 'x', http: {} } }],
  ])('is thrown only for an event that is none of an HTTP API: %s', async (_name, event) => {
    const { ask, calls } = apiParts();

    await expect(ask(event)).rejects.toMatchObject({ code: 'INVALID_EVENT' });
    expect(calls).toEqual([]);
  });
});
