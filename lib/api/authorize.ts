import * as z from 'zod/mini';
import { invalidInput } from '../errors.ts';
import type { Log, Metrics } from '../logger.ts';
import type { Route } from '../operations/index.ts';
import type { Caller, CallerRefusal, CallerVerdict } from './caller-token.ts';

/** Simple answer of a request authorizer (payload 2.0); `context` reaches the API function. */
export interface AuthorizerAnswer {
  readonly isAuthorized: boolean;
  readonly context?: { readonly clientId: string; readonly scope: string };
}

/** What deciding about callers needs. */
export interface DecisionParts {
  readonly routes: readonly Route[];
  /** Verifies a token; throws when that is not possible now. */
  readonly verify: (token: string, deadlineAtMs: number) => Promise<CallerVerdict>;
  readonly log: Log;
  readonly metrics: Metrics;
}

type Refusal = CallerRefusal | 'NO_BEARER_TOKEN' | 'NO_ROUTE' | 'SCOPE_MISSING';

const EVENT = z.object({
  version: z.literal('2.0'),
  type: z.literal('REQUEST'),
  routeKey: z.string(),
  headers: z.optional(z.record(z.string(), z.string())),
  requestContext: z.optional(z.object({ requestId: z.optional(z.string()) })),
});
const BEARER = /^Bearer ([A-Za-z0-9._~+/-]{1,16384}={0,2})$/i;

/**
 * Decides whether a caller may use a route: a good token, and the route's scope in it.
 *
 * The gateway keeps each answer for a minute by token and route, so that the answer holds for that route only.
 *
 * @returns A function of event and deadline by `Clock.now()`. It throws when the token cannot be verified now: the gateway then
 *   answers 500, and nobody with a good token is told that they may not.
 * @see API Gateway Developer Guide, "Control access to HTTP APIs with AWS Lambda authorizers": format version 2.0
 */
export function authorizer({
  routes,
  verify,
  log,
  metrics,
}: DecisionParts): (event: unknown, deadlineAtMs: number) => Promise<AuthorizerAnswer> {
  const scopes = new Map(routes.map(({ routeKey, scope }) => [routeKey, scope]));

  const decide = async (
    { routeKey, headers = {} }: z.infer<typeof EVENT>,
    deadlineAtMs: number,
  ): Promise<{ caller: Caller } | { refused: Refusal; clientId?: string }> => {
    const scope = scopes.get(routeKey);
    if (scope === undefined) return { refused: 'NO_ROUTE' };
    const token = bearerOf(headers);
    if (token === undefined) return { refused: 'NO_BEARER_TOKEN' };
    const verdict = await verify(token, deadlineAtMs);
    if ('refused' in verdict) return verdict;
    const { caller } = verdict;
    return caller.scopes.includes(scope) ? verdict : { refused: 'SCOPE_MISSING', clientId: caller.clientId };
  };

  return async (event, deadlineAtMs) => {
    const result = EVENT.safeParse(event);
    if (!result.success) {
      throw invalidInput('', 'INVALID_EVENT', 'the event is not that of a request authorizer, payload format 2.0');
    }
    const { routeKey, requestContext } = result.data;
    const told = { routeKey, requestId: requestContext?.requestId };
    const decision = await decide(result.data, deadlineAtMs);
    if ('refused' in decision) {
      metrics.count('caller.refused');
      log.info('CALLER_REFUSED', { ...told, reason: decision.refused, clientId: decision.clientId });
      return { isAuthorized: false };
    }
    const { clientId, scopes: granted } = decision.caller;
    log.info('CALLER_ACCEPTED', { ...told, clientId });
    return { isAuthorized: true, context: { clientId, scope: granted.join(' ') } };
  };
}

function bearerOf(headers: Readonly<Record<string, string>>): string | undefined {
  const values = Object.entries(headers).flatMap(([name, value]) =>
    name.toLowerCase() === 'authorization' ? [value] : [],
  );
  // A repeated header comes joined by commas, which no token holds.
  return values.length === 1 ? BEARER.exec(values[0] ?? '')?.[1] : undefined;
}
