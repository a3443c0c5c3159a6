import type { Context } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { apiHandler } from '../../functions/api.ts';
import { apiParts } from '../lib/api/api-parts.ts';
import { httpEvent } from '../lib/api/http-event.ts';

function apiFunction({
  settled = () => Promise.reject(new Error('the refresh beside the call has failed')),
  ...options
}: Parameters<typeof apiParts>[0] & { settled?: () => Promise<void> } = {}) {
  const { parts, calls, deadlines, clock } = apiParts(options);
  const did: string[] = [];
  const tokens = {
    settled: () => {
      did.push('settled');
      return settled();
    },
  };
  const metrics = { ...parts.metrics, publish: () => void did.push('published') };
  return { handler: apiHandler({ ...parts, metrics, tokens }), calls, deadlines, clock, did };
}

function contextOf(remainingMs: number): Context {
  return { awsRequestId: 'request-1', getRemainingTimeInMillis: () => remainingMs } as Context;
}

describe('apiHandler', () => {
  it('answers, though a token refresh beside the call has failed', async () => {
    const { handler, did } = apiFunction();

    expect(await handler(httpEvent(), contextOf(29_000))).toMatchObject({ statusCode: 200 });
    expect(did).toEqual(['settled', 'published']);
  });

  it('answers half a second before the end when a token refresh beside the call does not end', async () => {
    const { handler, clock, did } = apiFunction({ settled: () => new Promise(() => undefined) });

    const answer = handler(httpEvent(), contextOf(29_000));
    await clock.advance(28_500);

    expect(await answer).toMatchObject({ statusCode: 200 });
    expect(did).toEqual(['settled', 'published']);
  });

  it.each([
    [29_000, 25_000],
    [20_000, 18_000],
  ])('with %i ms left works to a deadline of %i ms', async (remainingMs, deadlineMs) => {
    const { handler, deadlines, clock } = apiFunction();

    await handler(httpEvent(), contextOf(remainingMs));

    expect(deadlines).toEqual([clock.now() + deadlineMs]);
  });

  it('answers a failure with a problem document instead of failing itself', async () => {
    const { handler, did } = apiFunction({ fails: new Error('a defect') });

    expect(await handler(httpEvent(), contextOf(29_000))).toMatchObject({ statusCode: 500 });
    expect(did).toEqual(['settled', 'published']);
  });

  it('throws for an event that is none of an HTTP API', async () => {
    const { handler, calls } = apiFunction();

    await expect(handler({ Records: [] }, contextOf(29_000))).rejects.toMatchObject({ code: 'INVALID_EVENT' });
    expect(calls).toEqual([]);
  });
});
