import { request as httpRequest } from 'node:http';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type InvocationResult, RequestTooLargeError, ThrottledError } from '../../local-stack/lambda/host.ts';
import { type HttpFrontOptions, startHttpFront } from '../../local-stack/lambda/http-front.ts';
import { routeTable } from '../../local-stack/lambda/http-routes.ts';
import { throttle } from '../../local-stack/lambda/throttle.ts';
import { deploy } from './function-zip.ts';

describe('a route table', () => {
  const find = routeTable([
    'GET /accounts',
    'GET /accounts/{Id}',
    'ANY /accounts/{Id}',
    'GET /accounts/new',
    'PUT /f/{path+}',
  ]);

  it.each([
    ['GET', '/accounts', 'GET /accounts', {}],
    ['GET', '/accounts/1-AB', 'GET /accounts/{Id}', { Id: '1-AB' }],
    ['GET', '/accounts/new', 'GET /accounts/new', {}],
    ['DELETE', '/accounts/1-AB', 'ANY /accounts/{Id}', { Id: '1-AB' }],
    ['GET', '/accounts/..', 'GET /accounts/{Id}', { Id: '..' }],
    ['GET', '/accounts/a%2Fb', 'GET /accounts/{Id}', { Id: 'a%2Fb' }],
    ['PUT', '/f/a/b', 'PUT /f/{path+}', { path: 'a/b' }],
  ])('finds %s %s', (method, path, routeKey, pathParameters) => {
    expect(find(method, path)).toEqual({ routeKey, pathParameters });
  });

  it.each([
    ['POST', '/accounts'],
    ['GET', '/accounts/'],
    ['GET', '/accounts/1/2'],
    ['GET', '//accounts'],
    ['GET', '/Accounts'],
    ['PUT', '/f'],
    ['PUT', '/f/'],
    ['GET', '/'],
  ])('finds nothing for %s %s', (method, path) => {
    expect(find(method, path)).toBeUndefined();
  });

  it('falls back to the default route, and refuses a route key that is none', () => {
    expect(routeTable(['$default'])('GET', '/any')).toEqual({ routeKey: '$default', pathParameters: {} });
    expect(() => routeTable(['/accounts'])).toThrow(/write "GET \/accounts\/\{Id\}"/);
  });
});

it('lets a burst pass, then the rate', () => {
  let now = 0;
  const mayPass = throttle({ ratePerSecond: 10, burst: 2 }, () => now);

  expect([mayPass(), mayPass(), mayPass()]).toEqual([true, true, false]);
  now += 100;
  expect([mayPass(), mayPass()]).toEqual([true, false]);
  now += 60_000;
  expect([mayPass(), mayPass(), mayPass()]).toEqual([true, true, false]);
});

type Invoke = (event: unknown) => Promise<InvocationResult>;

function answers(payload: unknown): Invoke {
  return async () => ({ payload, requestId: '1' });
}

const ECHO: Invoke = async (event) => ({ payload: { statusCode: 200, body: JSON.stringify(event) }, requestId: '1' });

async function front(invoke: Invoke, options: Partial<HttpFrontOptions> = {}) {
  const started = await startHttpFront({
    routeKeys: ['GET /accounts/{Id}', 'PUT /accounts'],
    target: { invoke },
    ...options,
  });
  onTestFinished(() => started.close());
  return started;
}

interface Received {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

/** Sends the path as it stands, which fetch does not. */
function send(
  url: string,
  path: string,
  options: { method?: string; headers?: Record<string, string | string[]>; body?: string | Buffer } = {},
): Promise<Received> {
  const { method = 'GET', headers = {}, body } = options;
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const request = httpRequest({ hostname, port, path, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      });
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}

async function echoed(...args: Parameters<typeof send>): Promise<Record<string, unknown>> {
  return JSON.parse((await send(...args)).text) as Record<string, unknown>;
}

it('gives the function an event of payload format 2.0', async () => {
  const { url } = await front(ECHO);

  const event = await echoed(url, '/accounts/1-2AB+7?limit=5&Name=a%20b&Name=c&flag', {
    headers: {
      Authorization: 'Bearer x',
      'X-Twice': ['1', '2'],
      Cookie: 'a=1; b=2',
      'user-agent': 'test',
      connection: 'close',
    },
  });

  // Members as in the API Gateway developer guide, "Create AWS Lambda proxy integrations for HTTP APIs".
  expect(event).toEqual({
    version: '2.0',
    routeKey: 'GET /accounts/{Id}',
    rawPath: '/accounts/1-2AB+7',
    rawQueryString: 'limit=5&Name=a%20b&Name=c&flag',
    cookies: ['a=1', 'b=2'],
    headers: {
      authorization: 'Bearer x',
      host: new URL(url).host,
      'user-agent': 'test',
      'x-twice': '1,2',
      'x-amzn-trace-id': expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/),
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-port': '443',
      'x-forwarded-proto': 'https',
    },
    queryStringParameters: { limit: '5', Name: 'a b,c', flag: '' },
    pathParameters: { Id: '1-2AB+7' },
    requestContext: {
      accountId: '000000000000',
      apiId: 'local',
      domainName: 'local.execute-api.eu-west-1.amazonaws.com',
      domainPrefix: 'local',
      http: {
        method: 'GET',
        path: '/accounts/1-2AB+7',
        protocol: 'HTTP/1.1',
        sourceIp: '127.0.0.1',
        userAgent: 'test',
      },
      requestId: expect.stringMatching(/^[\w+/]{15}=$/),
      routeKey: 'GET /accounts/{Id}',
      stage: '$default',
      time: expect.stringMatching(/^\d{1,2}\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
      timeEpoch: expect.any(Number),
    },
    isBase64Encoded: false,
  });
});

it('leaves out what a request does not have', async () => {
  const { url } = await front(ECHO);

  const event = await echoed(url, '/accounts', { method: 'PUT' });

  for (const member of ['cookies', 'queryStringParameters', 'pathParameters', 'body']) {
    expect(Object.keys(event)).not.toContain(member);
  }
  expect(event['rawQueryString']).toBe('');
});

it('hands on percent escapes in path parameters as they came, or taken out, by setting', async () => {
  const escaped = await front(ECHO);
  const decoded = await front(ECHO, { pathParameters: 'decoded' });

  expect(await echoed(escaped.url, '/accounts/a%2F%2B')).toMatchObject({
    rawPath: '/accounts/a/+',
    pathParameters: { Id: 'a%2F%2B' },
  });
  expect(await echoed(decoded.url, '/accounts/a%2F%2B')).toMatchObject({ pathParameters: { Id: 'a/+' } });
});

it.each([
  ['application/json', '{"é":1}', '{"é":1}', false],
  ['application/problem+json; charset=utf-8', '{}', '{}', false],
  ['text/plain', 'x', 'x', false],
  [undefined, 'x', 'x', false],
  ['application/octet-stream', 'x', 'eA==', true],
  ['application/x-www-form-urlencoded', 'a=b', 'YT1i', true],
  ['application/json', Buffer.from([0x7b, 0xff, 0x7d]), 'e/99', true],
])('passes on a body of type %s', async (type, body, expected, isBase64Encoded) => {
  const { url } = await front(ECHO);
  const headers = type === undefined ? {} : { 'content-type': type };

  expect(await echoed(url, '/accounts', { method: 'PUT', headers, body })).toMatchObject({
    body: expected,
    isBase64Encoded,
  });
});

it('passes on a compressed body in base64', async () => {
  const { url } = await front(ECHO);
  const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };

  expect(await echoed(url, '/accounts', { method: 'PUT', headers, body: '{}' })).toMatchObject({
    isBase64Encoded: true,
  });
});

describe("a function's answer", () => {
  it('becomes status, headers, cookies and body', async () => {
    const { url } = await front(
      answers({
        statusCode: 201,
        headers: { 'Content-Type': 'application/json', 'X-N': 5 },
        cookies: ['a=1', 'b=2'],
        body: '{}',
      }),
    );

    expect(await send(url, '/accounts/1')).toMatchObject({
      status: 201,
      text: '{}',
      headers: {
        'content-type': 'application/json',
        'x-n': '5',
        'set-cookie': ['a=1', 'b=2'],
        'content-length': '2',
        'apigw-requestid': expect.any(String),
      },
    });
  });

  it.each([
    [
      'bytes in base64',
      { statusCode: 200, body: 'aGk=', isBase64Encoded: true },
      200,
      'hi',
      'text/plain;charset=UTF-8',
    ],
    ['nothing but a status', { statusCode: 204 }, 204, '', 'text/plain;charset=UTF-8'],
    ['an object without status', { a: 1 }, 200, '{"a":1}', 'application/json'],
    ['text', 'hello', 200, 'hello', 'application/json'],
    ['null', null, 200, 'null', 'application/json'],
  ])('may be %s', async (_, payload, status, text, type) => {
    const { url } = await front(answers(payload));

    const received = await send(url, '/accounts/1');
    expect(received).toMatchObject({ status, text });
    expect(received.headers['content-type']).toBe(type);
  });

  it.each([
    ['a status that is none', { statusCode: 'many' }],
    ['a status out of range', { statusCode: 99 }],
    ['a body that is no text', { statusCode: 200, body: { a: 1 } }],
    ['headers that are none', { statusCode: 200, headers: 'x' }],
    ['a header that HTTP does not allow', { statusCode: 200, headers: { 'x-a': 'b\r\nx-c: d' } }],
  ])('becomes a 500 when it has %s', async (_, payload) => {
    const { url } = await front(answers(payload));

    expect(await send(url, '/accounts/1')).toMatchObject({ status: 500, text: '{"message":"Internal Server Error"}' });
  });
});

describe('the gateway answers by itself', () => {
  it.each([
    ['404 without a route', 'GET', '/contacts', 404, 'Not Found'],
    ['404 for another method', 'POST', '/accounts', 404, 'Not Found'],
    ['400 for malformed escapes', 'GET', '/accounts/%zz', 400, 'Bad Request'],
  ])('%s', async (_, method, path, status, message) => {
    const invoke = vi.fn(ECHO);
    const { url, stats } = await front(invoke);

    const received = await send(url, path, { method });

    expect(received).toMatchObject({ status, text: JSON.stringify({ message }) });
    expect(received.headers['content-type']).toBe('application/json');
    expect(invoke).not.toHaveBeenCalled();
    expect(stats()).toEqual({ requests: 1, byStatus: { [status]: 1 } });
  });

  it.each([
    [500, 'Internal Server Error', async () => ({ payload: {}, functionError: 'Unhandled' as const, requestId: '1' })],
    [503, 'Service Unavailable', () => Promise.reject(new ThrottledError('busy'))],
    [413, 'Request Entity Too Large', () => Promise.reject(new RequestTooLargeError('large'))],
    [500, 'Internal Server Error', () => Promise.reject(new Error('closed'))],
  ])('%i when the function gives none: %s', async (status, message, invoke) => {
    const { url } = await front(invoke);

    expect(await send(url, '/accounts/1')).toMatchObject({ status, text: JSON.stringify({ message }) });
  });

  it('503 when the function takes too long', async () => {
    const { url } = await front(() => new Promise(() => {}), { integrationTimeoutMs: 50 });

    expect(await send(url, '/accounts/1')).toMatchObject({ status: 503, text: '{"message":"Service Unavailable"}' });
  });

  it('429 above the rate', async () => {
    const { url } = await front(ECHO, { throttling: { ratePerSecond: 0.001, burst: 1 } });

    expect((await send(url, '/accounts/1')).status).toBe(200);
    expect(await send(url, '/accounts/1')).toMatchObject({ status: 429, text: '{"message":"Too Many Requests"}' });
  });

  it('413 for a body over 10 MB, and 431 for a head over 10 KB', async () => {
    const invoke = vi.fn(ECHO);
    const { url } = await front(invoke);

    const large = { method: 'PUT', body: Buffer.alloc(10 * 1_024 * 1_024 + 1, 0x20) };
    expect(await send(url, '/accounts', large)).toMatchObject({
      status: 413,
      text: '{"message":"Request Entity Too Large"}',
    });
    expect((await send(url, '/accounts/1', { headers: { 'x-long': 'x'.repeat(11_000) } })).status).toBe(431);
    expect(invoke).not.toHaveBeenCalled();
  });
});

describe('an authorizer', () => {
  const authorization = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

  async function guarded(authorize: Invoke, { ttlSeconds = 60, invoke = ECHO } = {}) {
    const asked = vi.fn(authorize);
    const called = vi.fn(invoke);
    const { url } = await front(called, { authorizer: { target: { invoke: asked }, ttlSeconds } });
    return { url, asked, called };
  }

  it('gets the request, and its context goes to the function', async () => {
    const { url, asked } = await guarded(
      answers({ isAuthorized: true, context: { clientId: 'partner', scope: ['a'] } }),
    );

    const event = await echoed(url, '/accounts/1-AB?x=1', authorization('t'));

    expect(event['requestContext']).toMatchObject({
      authorizer: { lambda: { clientId: 'partner', scope: ['a'] } },
    });
    expect(asked.mock.lastCall?.[0]).toMatchObject({
      version: '2.0',
      type: 'REQUEST',
      routeArn: 'arn:aws:execute-api:eu-west-1:000000000000:local/$default/GET/accounts/{Id}',
      identitySource: ['Bearer t', 'GET /accounts/{Id}'],
      routeKey: 'GET /accounts/{Id}',
      rawPath: '/accounts/1-AB',
      rawQueryString: 'x=1',
      queryStringParameters: { x: '1' },
      pathParameters: { Id: '1-AB' },
      headers: { authorization: 'Bearer t' },
      requestContext: { http: { method: 'GET' }, stage: '$default' },
    });
    expect(asked.mock.lastCall?.[0]).not.toHaveProperty('body');
  });

  it.each([
    ['no header', {}],
    ['an empty header', { headers: { authorization: '' } }],
  ])('is not asked when there is %s: 401', async (_, options) => {
    const { url, asked, called } = await guarded(answers({ isAuthorized: true }));

    expect(await send(url, '/accounts/1', options)).toMatchObject({ status: 401, text: '{"message":"Unauthorized"}' });
    expect(asked).not.toHaveBeenCalled();
    expect(called).not.toHaveBeenCalled();
  });

  it('says no: 403', async () => {
    const { url, called } = await guarded(answers({ isAuthorized: false }));

    expect(await send(url, '/accounts/1', authorization('t'))).toMatchObject({
      status: 403,
      text: '{"message":"Forbidden"}',
    });
    expect(called).not.toHaveBeenCalled();
  });

  it.each<[string, Invoke]>([
    ['throws', async () => ({ payload: {}, functionError: 'Unhandled', requestId: '1' })],
    ['is busy', () => Promise.reject(new ThrottledError('busy'))],
    ['answers null', answers(null)],
    ['answers neither yes nor no', answers({ isAuthorized: 'true' })],
    ['answers with a context that is none', answers({ isAuthorized: true, context: 'x' })],
  ])('that %s: 500, asked again the next time', async (_, authorize) => {
    const { url, asked, called } = await guarded(authorize);

    for (let attempt = 0; attempt < 2; attempt += 1) {
      expect(await send(url, '/accounts/1', authorization('t'))).toMatchObject({
        status: 500,
        text: '{"message":"Internal Server Error"}',
      });
    }
    expect(asked).toHaveBeenCalledTimes(2);
    expect(called).not.toHaveBeenCalled();
  });

  it('is asked once per token and route while its answer is good, also when it said no', async () => {
    const { url, asked } = await guarded(async (event) => {
      const { identitySource } = event as { identitySource: string[] };
      return { payload: { isAuthorized: identitySource[0] === 'Bearer good' }, requestId: '1' };
    });
    const status = async (token: string, path = '/accounts/1', method = 'GET') =>
      (await send(url, path, { ...authorization(token), method })).status;

    expect([await status('good'), await status('good', '/accounts/2')]).toEqual([200, 200]);
    expect(asked).toHaveBeenCalledTimes(1);
    expect([await status('bad'), await status('bad')]).toEqual([403, 403]);
    expect(asked).toHaveBeenCalledTimes(2);
    expect(await status('good', '/accounts', 'PUT')).toBe(200);
    expect(asked).toHaveBeenCalledTimes(3);
  });

  it('is asked each time when its answers are not kept', async () => {
    const { url, asked } = await guarded(answers({ isAuthorized: true }), { ttlSeconds: 0 });

    await send(url, '/accounts/1', authorization('t'));
    await send(url, '/accounts/1', authorization('t'));

    expect(asked).toHaveBeenCalledTimes(2);
  });
});

it('calls functions that run in sandboxes, with the trace of the request', async () => {
  const api = deploy(
    'export const handler = async ({ pathParameters, headers }) => ({ statusCode: 200, body: JSON.stringify({ ...pathParameters, same: headers["x-amzn-trace-id"] === process.env._X_AMZN_TRACE_ID }) });',
  );
  const authorizer = deploy(
    'export const handler = async ({ identitySource: [token] }) => ({ isAuthorized: token === "Bearer good" });',
    { name: 'authorizer' },
  );
  const { url } = await front(api.deployed.invoke, { authorizer: { target: authorizer.deployed } });

  const response = await fetch(`${url}/accounts/1-AB`, { headers: { authorization: 'Bearer good' } });

  expect(await response.json()).toEqual({ Id: '1-AB', same: true });
  expect((await fetch(`${url}/accounts/1-AB`, { headers: { authorization: 'Bearer bad' } })).status).toBe(403);
  expect(api.deployed.stats().invocations).toBe(1);
});
