import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { type AuthorizerAnswer, authorizer, type DecisionParts } from '../lib/api/authorize.ts';
import type { Clock } from '../lib/clock.ts';
import { failureFields } from '../lib/failure-fields.ts';
import { lazily } from './lazily.ts';
import * as runtime from './runtime.ts';

/** What the authorizer function is made of. */
export interface AuthorizerParts extends DecisionParts {
  readonly clock: Clock;
}

/** The gateway waits 10 s for an authorizer. */
const LONGEST_MS = 8_000;
const RESERVE_MS = 1_000;

/** Says whether a caller may use a route; throws when that cannot be known now. */
export function authorizerHandler(
  parts: AuthorizerParts,
): (event: unknown, context: Context) => Promise<AuthorizerAnswer> {
  const { clock, log, metrics } = parts;
  const decide = authorizer(parts);

  return async (event, context) => {
    const remainingMs = context.getRemainingTimeInMillis() - RESERVE_MS;
    try {
      return await decide(event, clock.now() + Math.min(LONGEST_MS, remainingMs));
    } catch (error) {
      metrics.count('caller.unverified');
      log.error('CALLER_NOT_VERIFIED', { requestId: context.awsRequestId, ...failureFields(error) });
      throw error;
    } finally {
      metrics.publish();
    }
  };
}

const handlerOfContainer = lazily(() => authorizerHandler(runtime.authorizer()));

export const handler = middy<unknown, AuthorizerAnswer>(
  (event: unknown, context: Context) => handlerOfContainer()(event, context),
  { timeoutEarlyInMillis: 0 },
);
