import type { LambdaFunction } from './host.ts';
import { type Answer, INTERNAL_SERVER_ERROR, shortAnswer } from './http-answer.ts';
import { authorizerEvent, type GatewayRequest } from './http-event.ts';
import type { RouteMatch } from './http-routes.ts';

export interface AuthorizerOptions {
  readonly target: Pick<LambdaFunction, 'invoke'>;
  /** How long an answer is good for the same identity; 0 asks each time, most 3,600. Default 60. */
  readonly ttlSeconds?: number;
  /** What makes an identity. Default `$request.header.Authorization` and `$context.routeKey`. */
  readonly identitySources?: readonly string[];
}

/** Lets a request pass, with what the authorizer said about its caller, or answers it. */
export type Decision =
  | { readonly passes: true; readonly context: Readonly<Record<string, unknown>> }
  | { readonly passes: false; readonly answer: Answer };

interface CachedDecision {
  readonly decision: Decision;
  readonly goodUntilMs: number;
}

/**
 * A Lambda authorizer of kind REQUEST with simple answers, which are kept, the refusals too.
 *
 * A request that lacks one of the identity sources is refused (401) without asking it.
 */
export function requestAuthorizer({
  target,
  ttlSeconds = 60,
  identitySources = ['$request.header.Authorization', '$context.routeKey'],
}: AuthorizerOptions): (request: GatewayRequest, route: RouteMatch) => Promise<Decision> {
  const cache = new Map<string, CachedDecision>();
  const sources = identitySources.map(identitySource);

  return async (request, route) => {
    const identity = sources.map((read) => read(request, route));
    if (identity.some((value) => value === undefined || value === '')) return refusal(shortAnswer(401, 'Unauthorized'));

    const key = JSON.stringify(identity);
    const cached = cache.get(key);
    if (cached && performance.now() < cached.goodUntilMs) return cached.decision;

    const answer = await ask(authorizerEvent(request, route, identity.map(String)));
    if (answer === undefined) return refusal(INTERNAL_SERVER_ERROR);
    const decision: Decision = answer.isAuthorized
      ? { passes: true, context: answer.context ?? {} }
      : refusal(shortAnswer(403, 'Forbidden'));
    if (ttlSeconds > 0) cache.set(key, { decision, goodUntilMs: performance.now() + ttlSeconds * 1_000 });
    return decision;
  };

  /** Its answer; nothing when it failed, was busy, or said something else than yes or no. */
  async function ask(event: unknown): Promise<SimpleAnswer | undefined> {
    try {
      const { payload, functionError } = await target.invoke(event);
      return functionError || !isSimpleAnswer(payload) ? undefined : payload;
    } catch {
      return undefined;
    }
  }
}

interface SimpleAnswer {
  readonly isAuthorized: boolean;
  readonly context?: Readonly<Record<string, unknown>> | null;
}

function isSimpleAnswer(payload: unknown): payload is SimpleAnswer {
  if (typeof payload !== 'object' || payload === null) return false;
  const { isAuthorized, context = {} } = payload as { isAuthorized?: unknown; context?: unknown };
  return typeof isAuthorized === 'boolean' && typeof context === 'object' && !Array.isArray(context);
}

function refusal(answer: Answer): Decision {
  return { passes: false, answer };
}

type ReadIdentity = (request: GatewayRequest, route: RouteMatch) => string | undefined;

function identitySource(source: string): ReadIdentity {
  if (source === '$context.routeKey') return (_, { routeKey }) => routeKey;
  const [, kind, name = ''] = /^\$request\.(header|querystring)\.(.+)$/.exec(source) ?? [];
  if (kind === 'header') return ({ headers }) => headers[name.toLowerCase()];
  if (kind === 'querystring') return ({ query }) => new URLSearchParams(query).get(name) ?? undefined;
  throw new Error(`identity source "${source}" is not understood`);
}
