import type { Context } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { authorizerHandler } from '../../functions/authorizer.ts';
import type { CallerVerdict } from '../../lib/api/caller-token.ts';
import { NoResponseError } from '../../lib/errors.ts';
import { keptLog, keptMetrics } from '../lib/sync/sync-parts.ts';
import { exampleIntegration as integration } from '../support/example-integration.ts';
import { fakeClock } from '../support/fake-clock.ts';

const EVENT = {
  version: '2.0',
  type: 'REQUEST',
  routeKey: 'GET /accounts',
  headers: { authorization: 'Bearer eyJhbGciOiJSUzI1NiJ9.e30.c2ln' },
  requestContext: { requestId: 'request-1' },
};

function authorizerFunction(verify: () => CallerVerdict) {
  const clock = fakeClock();
  const log = keptLog();
  const metrics = keptMetrics();
  const deadlines: number[] = [];
  const handler = authorizerHandler({
    routes: integration.routes,
    verify: async (_token, deadlineAtMs) => {
      deadlines.push(deadlineAtMs - clock.now());
      return verify();
    },
    clock,
    log,
    metrics,
  });
  const context = { awsRequestId: 'invocation-1', getRemainingTimeInMillis: () => 10_000 } as Context;
  return { answer: (event: unknown = EVENT) => handler(event, context), deadlines, log, metrics };
}

describe('authorizerHandler', () => {
  it('answers in the simple form, within the time of the gateway', async () => {
    const { answer, deadlines } = authorizerFunction(() => ({
      caller: { clientId: 'api-client', scopes: ['siebel.read'] },
    }));

    expect(await answer()).toEqual({ isAuthorized: true, context: { clientId: 'api-client', scope: 'siebel.read' } });
    expect(deadlines).toEqual([8_000]);
  });

  it('throws when the keys are away, after one log line without the token', async () => {
    const away = new NoResponseError('CONNECT_FAILED', 'the keys are away', { sent: false });
    const { answer, log, metrics } = authorizerFunction(() => {
      throw away;
    });

    await expect(answer()).rejects.toBe(away);

    expect(log.lines).toMatchObject([{ event: 'CALLER_NOT_VERIFIED', class: 'environment', code: 'CONNECT_FAILED' }]);
    expect(JSON.stringify(log.lines)).not.toContain('eyJ');
    expect(metrics.counts.get('caller.unverified')).toBe(1);
  });
});
