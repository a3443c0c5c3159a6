import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import type { ApiResponse } from '../lib/api/response.ts';
import { type ApiServerParts, apiServer } from '../lib/api/serve.ts';
import type { AccessTokenSource } from '../lib/oauth/access-token.ts';
import { answerDueAtMs, renewalSettled } from './answer-time.ts';
import { lazily } from './lazily.ts';
import * as runtime from './runtime.ts';

/** What the API function is made of. */
export interface ApiParts extends ApiServerParts {
  readonly tokens: Pick<AccessTokenSource, 'settled'>;
}

/** The gateway gives up after 30 s; the caller hears from us before that. */
const LONGEST_MS = 25_000;
/** Kept from each call for answering (R37). */
const RESERVE_MS = 2_000;

/** Answers one HTTP request with an operation's result, or a problem document. */
export function apiHandler(parts: ApiParts): (event: unknown, context: Context) => Promise<ApiResponse> {
  const { clock, metrics, tokens } = parts;
  const serve = apiServer(parts);

  return async (event, context) => {
    const answerAtMs = answerDueAtMs(context, clock);
    const remainingMs = context.getRemainingTimeInMillis() - RESERVE_MS;
    try {
      return await serve(event, clock.now() + Math.min(LONGEST_MS, remainingMs));
    } finally {
      await renewalSettled(tokens, answerAtMs, clock);
      metrics.publish();
    }
  };
}

const handlerOfContainer = lazily(() => apiHandler(runtime.api()));

/** Every call ends before the deadline by itself, so middy's own timer is off. */
export const handler = middy<unknown, ApiResponse>(
  (event: unknown, context: Context) => handlerOfContainer()(event, context),
  { timeoutEarlyInMillis: 0 },
);
