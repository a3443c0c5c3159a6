import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';

import { NoResponseError } from '../../../lib/errors.ts';
import { Redacted } from '../../../lib/redacted.ts';
import { expectNoSecrets, json, SECRET, setUp, TOKEN } from '../../support/token-endpoint.ts';

describe('tokenRequest: an unusable yes (R33-R35)', () => {
  const valid = { access_token: TOKEN, token_type: 'Bearer', expires_in: 3_600 };
  it.each([
    ['an error beside a token (F24)', json(200, { ...valid, error: 'server_error' })],
    ['no token', json(200, { token_type: 'Bearer' })],
    ['an empty token (F26)', json(200, { ...valid, access_token: '' })],
    ['a token that is no text', json(200, { ...valid, access_token: 12 })],
    ['a token with a line break (F33)', json(200, { ...valid, access_token: `${TOKEN}\r\nx: y` })],
    ['a token with a blank', json(200, { ...valid, access_token: `${TOKEN} x` })],
    ['a token of 100 KB', json(200, { ...valid, access_token: 'x'.repeat(100_000) })],
    ['a token outside ASCII', json(200, { ...valid, access_token: 'tokén' })],
    ['another token type (F27)', json(200, { ...valid, token_type: 'mac' })],
    ['no token type', json(200, { access_token: TOKEN })],
    ['a duplicate member', json(200, `{"access_token":"a","access_token":"${TOKEN}","token_type":"Bearer"}`)],
    ['HTML (F25)', { ...json(200, `<html>${TOKEN}</html>`), headers: { 'content-type': 'text/html' } }],
    [
      'a form',
      { ...json(200, `access_token=${TOKEN}`), headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    ],
    ['JSON that says it is text', { ...json(200, valid), headers: { 'content-type': 'text/plain' } }],
    ['no content type', { ...json(200, valid), headers: {} }],
    ['JSON cut short', json(200, `{"access_token":"${TOKEN}"`)],
    ['an array', json(200, [valid])],
    ['nothing', json(200, '')],
    ['a redirect (R39, F34)', { ...json(307, ''), headers: { location: `https://evil.example/${TOKEN}` } }],
  ])('refuses %s', async (_, response) => {
    const { ask, lines } = setUp({}, async () => response);

    const failure = await ask().catch((error: unknown) => error);

    expect(failure).toMatchObject({
      name: 'TokenRequestError',
      code: 'TOKEN_RESPONSE_UNUSABLE',
      failureClass: 'environment',
      status: response.status,
    });
    expectNoSecrets(failure, lines);
  });
});

describe('tokenRequest: no', () => {
  it.each([
    ['invalid_client', 401, 'environment'],
    ['invalid_client', 400, 'environment'],
    ['invalid_scope', 400, 'configuration'],
    ['unauthorized_client', 400, 'configuration'],
    ['unsupported_grant_type', 400, 'configuration'],
    ['temporarily_unavailable', 503, 'environment'],
  ])('says %s with its class', async (error, status, failureClass) => {
    const { ask } = setUp({}, async () => json(status, { error, error_description: `about ${SECRET}` }));

    const failure = await ask().catch((caught: unknown) => caught);

    expect(failure).toMatchObject({ code: 'TOKEN_REQUEST_REJECTED', oauthError: error, status, failureClass });
    expectNoSecrets(failure, []);
  });

  it.each([
    ['120', 120_000],
    ['Tue, 14 Nov 2023 22:13:30 GMT', 10_000],
    ['soon', undefined],
    ['-5', undefined],
  ])('passes on Retry-After: %s', async (value, retryAfterMs) => {
    const { ask } = setUp({}, async () => ({ ...json(429, {}), headers: { 'retry-after': value } }));

    await expect(ask()).rejects.toMatchObject({ status: 429, retryAfterMs, failureClass: 'environment' });
  });

  it('takes anything else for trouble around it, HTML too', async () => {
    const { ask } = setUp({}, async () => ({
      ...json(502, '<html>bad gateway</html>'),
      headers: { 'content-type': 'text/html' },
    }));

    await expect(ask()).rejects.toMatchObject({ status: 502, oauthError: undefined, failureClass: 'environment' });
  });

  it.each([
    ['the secret itself', 'abcdefghij'],
    ['a part of the secret', 'abcdef'],
    ['markup', '<b>'],
    ['a number', 7],
    ['a long text', 'a'.repeat(500)],
  ])('does not repeat %s as the OAuth error', async (_, error) => {
    const secret = 'abcdefghij';
    const { ask, lines } = setUp(
      { credentials: async () => ({ clientId: 'caller', clientSecret: new Redacted(secret), versionId: 'v-1' }) },
      async () => json(400, { error }),
    );

    const failure = await ask().catch((caught: unknown) => caught);

    expect(failure).toMatchObject({ code: 'TOKEN_REQUEST_REJECTED', oauthError: undefined });
    expect(inspect([failure, lines], { depth: 10 })).not.toContain('abcdef');
  });

  it('stops when less is granted than was asked for (F39)', async () => {
    const { ask } = setUp({ scope: 'data service' }, async () =>
      json(200, { access_token: TOKEN, token_type: 'Bearer', expires_in: 60, scope: 'data' }),
    );

    await expect(ask()).rejects.toMatchObject({
      code: 'TOKEN_REQUEST_REJECTED',
      failureClass: 'configuration',
      message: expect.stringContaining('service'),
    });
  });

  it.each([
    ['the scope without its audience', 'https://ai.example/siebel/v1.0/data', 'data'],
    ['more than was asked for', 'data', 'data service'],
    ['what a collective name stands for', 'urn:opc:idm:__myscopes__', 'urn:opc:idm:t.user'],
    ['an empty text', 'data', ''],
  ])('is content with %s', async (_, scope, granted) => {
    const { ask } = setUp({ scope }, async () =>
      json(200, { access_token: TOKEN, token_type: 'Bearer', expires_in: 60, scope: granted }),
    );

    await expect(ask()).resolves.toBeDefined();
  });

  it('passes on that nobody answered, with a log line', async () => {
    const silence = new NoResponseError('TIMED_OUT', 'nobody', { sent: true });
    const { ask, lines } = setUp({}, () => Promise.reject(silence));

    await expect(ask()).rejects.toBe(silence);
    expect(lines).toMatchObject([['TOKEN_REQUEST_FAILED', { code: 'TIMED_OUT' }]]);
  });
});
