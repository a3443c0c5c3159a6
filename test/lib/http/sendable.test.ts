import { describe, expect, it } from 'vitest';
import { IntegrationError } from '../../../lib/errors.ts';
import { httpClient } from '../../../lib/http/client.ts';
import { assertSendable } from '../../../lib/http/sendable.ts';
import { fakeClock } from '../../support/fake-clock.ts';

describe('assertSendable', () => {
  it.each(['/', '/siebel/v1.0/data/Account/Account?searchspec=%5BName%5D%3D%27A%27&fields=Name', '//x', '/a~!$()*;=@'])(
    'lets the path %j pass',
    (path) => expect(() => assertSendable({ path })).not.toThrow(),
  );

  it.each([
    '',
    '*',
    'a',
    'http://evil.example/',
    ' /a',
    '/a b',
    '/a\r\nX-Evil: 1',
    '/a\n',
    '/a\t',
    '/a\0',
    '/a\x7f',
    '/\u00fc',
    '/\u2028',
    '/\ud800',
  ])('refuses the path %j', (path) => expect(() => assertSendable({ path })).toThrow(/path/));

  it.each([
    ['authorization', 'Bearer a.b-c_d~e+/='],
    ['Content-Type', 'application/json;charset=utf-8'],
    ['x-empty', ''],
    ["!#$%&'*+.^_`|~-9", 'a\tb c'],
  ])('lets the header %s: %s pass', (name, value) =>
    expect(() => assertSendable({ path: '/', headers: { [name]: value } })).not.toThrow(),
  );

  it.each([
    ['', 'a'],
    ['a b', 'a'],
    ['a:b', 'a'],
    ['a\r\nb', 'a'],
    ['\u00fc', 'a'],
    ['a', 'b\r\nc: d'],
    ['a', 'b\n'],
    ['a', 'b\0'],
    ['a', 'b\x7f'],
    ['a', 'b\u2026'],
    ['a', undefined as never],
    ['a', 7 as never],
    ['a', ['b'] as never],
    ['Transfer-Encoding', 'chunked'],
    ['connection', '@'],
    ['keep-alive', 'timeout=1'],
    ['upgrade', 'h2c'],
    ['expect', '100-continue'],
    ['content-length', 'x'],
    ['host', 'evil.example'],
  ])('refuses the header %j: %j', (name, value) =>
    expect(() => assertSendable({ path: '/', headers: { [name]: value } })).toThrow(/header/),
  );

  it('tells nothing of the path and of the values', () => {
    expect(() => assertSendable({ path: '/canary 1' })).toThrow(/^(?!.*canary)/s);
    expect(() => assertSendable({ path: '/', headers: { a: 'canary\n' } })).toThrow(/^(?!.*canary)/s);
  });
});

describe('httpClient', () => {
  it('takes a request that cannot be sent for a defect of its caller, not for trouble with the network', async () => {
    const options = { origin: new URL('https://siebel.invalid'), connections: 1, clock: fakeClock() };
    const client = httpClient({ ...options, totalTimeoutMs: 1_000, maxBodyBytes: 1_000 });
    const deadlineAtMs = Number.POSITIVE_INFINITY;

    const failure: unknown = await client
      .request({ method: 'GET', path: '/a b', deadlineAtMs })
      .catch((error) => error);

    expect(failure).not.toBeInstanceOf(IntegrationError);
    expect(failure).toMatchObject({ name: 'Error', message: expect.stringContaining('path of a request') });
    await client.close();
  });
});
