import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { accountMessage, PATIENCE, type TestStack, testStack } from './stack.ts';

const ACCOUNTS = '/data/Account/Account';

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly json: Readonly<Record<string, unknown>>;
}

/** Sends a request with its path as it stands: `fetch` would tidy it up. */
function ask(
  { ready }: TestStack,
  path: string,
  { method = 'GET', body, headers = {} }: { method?: string; body?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const { hostname, port } = new URL(ready.apiUrl);
  return new Promise((resolve, reject) => {
    const sent = httpRequest({
      hostname,
      port,
      path,
      method,
      headers: {
        authorization: `Bearer ${ready.apiToken}`,
        ...(body !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
        ...headers,
      },
    });
    sent.on('error', reject);
    sent.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const json = JSON.parse(Buffer.concat(chunks).toString());
        resolve({ status: response.statusCode ?? 0, headers: response.headers, json });
      });
    });
    sent.end(body);
  });
}

describe('the HTTP API', () => {
  let stack: TestStack;
  let id: string;

  beforeAll(async () => {
    stack = await testStack({ settings: { TOKEN_TRUST_MS: '0' } });
    id = stack.siebel.records('Account')[0]?.['Id'] ?? '';
    // Quotes of both kinds in two names, for the searches below.
    await stack.send(accountMessage(`O'Brien & Sons`), accountMessage('The "Old" Mill'));
    await stack.drained();
  });

  beforeEach(() => {
    stack.siebel.clearFaults();
    stack.identity.faults.clear();
    stack.secrets.recover();
  });

  afterAll(() => stack?.close());

  describe('refuses with a code, and calls nobody', () => {
    const put = (body: string) => ({ method: 'PUT', body });
    const json = (body: unknown) => put(JSON.stringify(body));

    it.each<[string, string, Parameters<typeof ask>[2], number, string]>([
      ['a NUL in a search value (K06)', '/accounts?Name=a%00b', {}, 400, 'BAD_CHARACTER'],
      ['a control character in a search value (K06)', '/accounts?Name=a%1bb', {}, 400, 'BAD_CHARACTER'],
      ['a line break in a search value (K13)', '/accounts?Name=a%0d%0ab', {}, 400, 'VALUE_NOT_QUERYABLE'],
      [
        'both kinds of quotes in a search value (K13)',
        `/accounts?Name=%22%20OR%20'1'%3D'1`,
        {},
        400,
        'VALUE_NOT_QUERYABLE',
      ],
      ['a wildcard in a search value (K13)', '/accounts?Name=*', {}, 400, 'VALUE_NOT_QUERYABLE'],
      ['an unknown parameter (K12)', '/accounts?searchspec=%5BName%5D%20LIKE%20%22*%22', {}, 400, 'UNKNOWN_PARAMETER'],
      ['a parameter twice (K12)', '/accounts?Name=a&Name=b', {}, 400, 'DUPLICATE_PARAMETER'],
      ['a page size out of range (K12)', '/accounts?limit=101', {}, 400, 'BAD_PAGE_SIZE'],
      ['an encoded way up in an Id (K11)', '/accounts/..%2F..%2Fworkflow', {}, 400, 'BAD_PATH'],
      ['a way up encoded twice in an Id (K11)', '/accounts/%252e%252e%252fContact', {}, 400, 'BAD_PATH'],
      ['a way up in an Id (K11)', '/accounts/..', {}, 400, 'BAD_PATH'],
      ['a NUL in an Id (K11)', '/accounts/1-2%00', {}, 400, 'BAD_PATH'],
      ['a query in an Id (K08)', '/accounts/1-2%3FViewMode%3DAll', {}, 400, 'BAD_KEY'],
      ['a quote in an Id (K08)', "/accounts/1-2'%20OR%20'1", {}, 400, 'BAD_KEY'],
      ['an overlong Id (K11)', `/accounts/${'1'.repeat(300)}`, {}, 400, 'BAD_PATH'],
      ['a body that is not JSON (K01)', '/accounts', put('{"Name":'), 400, 'BAD_JSON'],
      [
        'a body over the limit (K05)',
        '/accounts',
        put(JSON.stringify({ Name: 'n'.repeat(1_100_000) })),
        413,
        'TOO_LARGE',
      ],
      [
        'a body of another type (K15)',
        '/accounts',
        { ...put('Name=a'), headers: { 'content-type': 'text/plain' } },
        415,
        'UNSUPPORTED_MEDIA_TYPE',
      ],
      ['a missing field (K07)', '/accounts', json({ Name: 'Never' }), 400, 'MISSING_FIELD'],
      [
        'an extra field (K07)',
        '/accounts',
        json({ Name: 'Never', Location: 'B', Colour: 'red' }),
        400,
        'UNKNOWN_FIELD',
      ],
      ['a field of another type (K02)', '/accounts', json({ Name: 4711, Location: 'B' }), 400, 'BAD_TYPE'],
    ])('%s', async (_, path, options, status, code) => {
      const since = stack.callsSoFar();
      const answer = await ask(stack, path, options);
      expect(answer).toMatchObject({ status, json: { code, status } });
      expect(answer.headers['content-type']).toContain('application/problem+json');
      expect(stack.calls('/', since)).toEqual([]);
    });
  });

  it.each([`O'Brien & Sons`, 'The "Old" Mill'])(
    'finds by a value with quotes, as one literal: %s (G14)',
    async (name) => {
      const { status, json } = await ask(stack, `/accounts?Name=${encodeURIComponent(name)}`);
      expect(status).toBe(200);
      expect(json['items']).toMatchObject([{ Name: name }]);
    },
  );

  describe('tells what a failure at Siebel means, and nothing of what stood in it', () => {
    const ERROR = { ERROR: "Row of user 'SADMIN' on host crm-db-7 is not right.(SBL-DAT-00225)" };
    it.each<[string, object, number, string, number]>([
      ['503 (F62)', { status: 503 }, 503, 'UPSTREAM_UNAVAILABLE', 2],
      ['HTML with 200 (F66)', { html: true }, 503, 'UPSTREAM_UNAVAILABLE', 2],
      ['JSON cut short (F68)', { truncate: true }, 503, 'UPSTREAM_UNAVAILABLE', 2],
      ['a reset (F75)', { reset: 'before' }, 503, 'UPSTREAM_UNAVAILABLE', 2],
      ['401 for ever (F50)', { status: 401, body: '' }, 503, 'UPSTREAM_UNAVAILABLE', 2],
      ['404 with another text (F53)', { status: 404, html: true }, 500, 'CONFIGURATION', 1],
      ['500 with a validation code (F58)', { status: 500, body: ERROR }, 422, 'SIEBEL_VALIDATION', 1],
      [
        '404 without data (F54)',
        { status: 404, body: { ERROR: 'There is no data for the requested resource' } },
        404,
        'NOT_FOUND',
        1,
      ],
    ])('%s', async (_, fault, status, code, calls) => {
      await stack.restart('api');
      stack.siebel.addFault({ path: ACCOUNTS, times: 0, fault });
      const since = stack.callsSoFar();
      const answer = await ask(stack, `/accounts/${encodeURIComponent(id)}`);
      expect(stack.siebel.faults().map(({ fired }) => fired)).toEqual([calls]);
      expect(stack.calls(ACCOUNTS, since)).toHaveLength(calls);
      expect(answer).toMatchObject({ status, json: { code, status } });
      expect('retry-after' in answer.headers).toBe(status === 503);
      expect(JSON.stringify(answer)).not.toMatch(/SBL-|SADMIN|crm-db|127\.0\.0\.1|at .*\.mjs/);
    });
  });

  it('answers with the record all the same when one answer of Siebel was lost', async () => {
    await stack.restart('api');
    stack.siebel.addFault({ path: ACCOUNTS, fault: { reset: 'after-commit' } });
    const answer = await ask(stack, `/accounts/${encodeURIComponent(id)}`);
    expect(stack.siebel.faults().map(({ fired }) => fired)).toEqual([1]);
    expect(answer).toMatchObject({ status: 200, json: { Id: id } });
  });

  it.each<[string, (of: TestStack) => void, number, string]>([
    [
      'refuses the client (F18)',
      ({ identity }) =>
        void identity.faults.add({
          target: 'token',
          times: 0,
          fault: { status: 401, body: { error: 'invalid_client' } },
        }),
      503,
      'UPSTREAM_UNAVAILABLE',
    ],
    [
      'refuses the scope (F19)',
      ({ identity }) =>
        void identity.faults.add({
          target: 'token',
          times: 0,
          fault: { status: 400, body: { error: 'invalid_scope' } },
        }),
      500,
      'CONFIGURATION',
    ],
    ['is not asked, as the secret is denied (F03)', ({ secrets }) => secrets.failReads('deny'), 500, 'CONFIGURATION'],
  ])('has no answer but a problem when the token endpoint %s', async (_, spoil, status, code) => {
    await stack.restart('api');
    spoil(stack);
    const faultsBefore = stack.secrets.stats().faults;
    const since = stack.callsSoFar();
    const answer = await ask(stack, `/accounts/${encodeURIComponent(id)}`);
    const fired = stack.identity.faults.list().map((rule) => rule.fired);
    expect([...fired, stack.secrets.stats().faults - faultsBefore]).toContainEqual(1);
    expect(answer).toMatchObject({ status, json: { code } });
    expect(JSON.stringify(answer.json)).not.toMatch(/invalid_|arn:|client-credentials/);
    expect(stack.calls('/', since)).toEqual([]);
  });
});

describe('a missing or malformed environment (F145, F146)', () => {
  let stack: TestStack;

  beforeAll(async () => {
    stack = await testStack({
      records: 20,
      settings: {
        SIEBEL_BASE_URL: '',
        TOKEN_URL: 'https://user:canary-in-a-url@127.0.0.1/token',
        TOKEN_SCOPE: '',
        CLIENT_SECRET_ID: '',
        SIEBEL_TIMEOUT_MS: 'canary-for-a-number',
        TOKEN_CLIENT_AUTHENTICATION: 'canary-for-a-word',
      },
    });
  });

  afterAll(() => stack?.close());

  const PROBLEMS = [
    'SIEBEL_BASE_URL is missing',
    'TOKEN_URL contains credentials',
    'TOKEN_SCOPE is missing',
    'CLIENT_SECRET_ID is missing',
    'SIEBEL_TIMEOUT_MS is not a whole number',
    'TOKEN_CLIENT_AUTHENTICATION is not one of',
  ];
  const linesWithAll = (name: string) =>
    stack.lines.filter(
      ({ function: from, line }) => from === name && PROBLEMS.every((problem) => line.includes(problem)),
    );

  it('acknowledges no message, and names everything that is wrong at once', async () => {
    await stack.send(accountMessage('Nobody'), accountMessage('Somebody'));
    await expect.poll(() => linesWithAll('queue').length, PATIENCE).toBeGreaterThan(0);
    await expect.poll(() => stack.functions.queue.stats().errors, PATIENCE).toBeGreaterThan(0);
    const { waiting, hidden } = await stack.queued();
    expect(waiting + hidden).toBe(2);
    expect(await stack.parked()).toEqual([]);
    expect(stack.callsSoFar()).toBe(0);
    expect(stack.identity.stats().tokenRequests).toBe(0);
  });

  it('is a 500 without a word about it for callers of the API', async () => {
    const answer = await ask(stack, '/accounts?limit=1');
    expect(answer).toMatchObject({ status: 500, json: { message: 'Internal Server Error' } });
    expect(Object.keys(answer.json)).toEqual(['message']);
    expect(linesWithAll('api')).not.toEqual([]);
  });

  it('fails a tick', async () => {
    const response = await fetch(`${stack.ready.schedulerUrl}/accounts`, { method: 'POST' });
    expect(response.status).toBe(502);
    expect(linesWithAll('schedule')).not.toEqual([]);
  });

  it('repeats no value anywhere', () => {
    expect(stack.lines).not.toEqual([]);
    expect(stack.lines.filter(({ line }) => line.includes('canary'))).toEqual([]);
  });
});
