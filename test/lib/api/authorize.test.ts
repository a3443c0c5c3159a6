import { describe, expect, it } from 'vitest';
import { authorizer } from '../../../lib/api/authorize.ts';
import type { CallerVerdict } from '../../../lib/api/caller-token.ts';
import { exampleIntegration as integration } from '../../support/example-integration.ts';
import { keptLog, keptMetrics } from '../sync/sync-parts.ts';

const TOKEN = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl';

/** In the form of the example in the API Gateway Developer Guide, "Control access to HTTP APIs with AWS Lambda authorizers". */
function authorizerEvent(
  routeKey: string,
  headers: Record<string, string> = { authorization: `Bearer ${TOKEN}` },
): unknown {
  return {
    version: '2.0',
    type: 'REQUEST',
    routeArn: 'arn:aws:execute-api:us-east-1:123456789012:abcdef123/$default/GET/accounts',
    identitySource: [headers['authorization'], routeKey],
    routeKey,
    rawPath: '/accounts',
    rawQueryString: '',
    headers,
    requestContext: { requestId: 'request-1', http: { method: 'GET', path: '/accounts' } },
  };
}

function authorizerWith(scopes: readonly string[], verdict?: CallerVerdict | Error) {
  const log = keptLog();
  const metrics = keptMetrics();
  const asked: string[] = [];
  const decide = authorizer({
    routes: integration.routes,
    async verify(token) {
      asked.push(token);
      if (verdict instanceof Error) throw verdict;
      return verdict ?? { caller: { clientId: 'api-client', scopes } };
    },
    log,
    metrics,
  });
  return { decide: (event: unknown) => decide(event, 0), log, metrics, asked };
}

describe('authorizer', () => {
  it('lets a caller with the scope of the route in, and says who it is', async () => {
    const { decide, asked } = authorizerWith(['siebel.read', 'other']);

    expect(await decide(authorizerEvent('GET /accounts/{Id}'))).toEqual({
      isAuthorized: true,
      context: { clientId: 'api-client', scope: 'siebel.read other' },
    });
    expect(asked).toEqual([TOKEN]);
  });

  it.each([
    ['GET /accounts', ['siebel.write'], false],
    ['GET /accounts', ['siebel.read'], true],
    ['PUT /accounts', ['siebel.read'], false],
    ['PUT /accounts', ['siebel.write'], true],
    ['PUT /accounts', ['siebel.writes', 'SIEBEL.WRITE', ''], false],
    ['PUT /accounts', [], false],
  ])('asks for the scope of %s: %j is %s', async (routeKey, scopes, isAuthorized) => {
    expect(await authorizerWith(scopes).decide(authorizerEvent(routeKey))).toMatchObject({ isAuthorized });
  });

  it.each(['$default', 'DELETE /accounts', 'constructor', '__proto__'])(
    'refuses the route %s, which is none',
    async (routeKey) => {
      const { decide, asked } = authorizerWith(['siebel.read', 'siebel.write']);

      expect(await decide(authorizerEvent(routeKey))).toEqual({ isAuthorized: false });
      expect(asked).toEqual([]);
    },
  );

  it.each([
    {},
    { authorization: '' },
    { authorization: TOKEN },
    { authorization: 'Basic YTpi' },
    { authorization: 'Bearer' },
    { authorization: `Bearer ${TOKEN}, Bearer ${TOKEN}` },
    { authorization: `Bearer ${TOKEN} x` },
    { authorization: `Bearer ${TOKEN}\r\nx: y` },
    { authorization: `Bearer ${'x'.repeat(16_385)}` },
    { authorization: `Bearer ${TOKEN}`, Authorization: `Bearer ${TOKEN}` },
  ])('refuses headers without one bearer token: %j', async (headers) => {
    const { decide, asked, log } = authorizerWith(['siebel.read']);

    expect(await decide(authorizerEvent('GET /accounts', headers as never))).toEqual({ isAuthorized: false });
    expect(asked).toEqual([]);
    expect(log.lines).toMatchObject([{ event: 'CALLER_REFUSED', reason: 'NO_BEARER_TOKEN' }]);
  });

  it('reads the header in any case', async () => {
    const { decide } = authorizerWith(['siebel.read']);

    expect(await decide(authorizerEvent('GET /accounts', { AUTHORIZATION: `bearer ${TOKEN}` }))).toMatchObject({
      isAuthorized: true,
    });
  });

  it('refuses a token that is not good, with the reason in the log and nothing of the token', async () => {
    const { decide, log, metrics } = authorizerWith([], { refused: 'TOKEN_EXPIRED' });

    expect(await decide(authorizerEvent('GET /accounts'))).toEqual({ isAuthorized: false });
    expect(log.lines).toEqual([
      {
        event: 'CALLER_REFUSED',
        routeKey: 'GET /accounts',
        requestId: 'request-1',
        reason: 'TOKEN_EXPIRED',
        clientId: undefined,
      },
    ]);
    expect(metrics.counts.get('caller.refused')).toBe(1);
  });

  it('refuses nobody when the token cannot be verified now: it throws', async () => {
    const { decide } = authorizerWith([], new Error('keys are away'));

    await expect(decide(authorizerEvent('GET /accounts'))).rejects.toThrow('keys are away');
  });

  it.each([
    null,
    {},
    { version: '1.0', type: 'REQUEST' },
    { version: '2.0', type: 'TOKEN', routeKey: 'GET /accounts' },
  ])('throws for an event that is not its own: %j', async (event) => {
    await expect(authorizerWith(['siebel.read']).decide(event)).rejects.toMatchObject({ code: 'INVALID_EVENT' });
  });
});
