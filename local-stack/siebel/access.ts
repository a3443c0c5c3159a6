import type { Answer } from '../faults/answer.ts';
import type { Introspector } from './introspection.ts';
import { answerError } from './responses.ts';
import type { SiebelSettings } from './settings.ts';

/** Who a call without a token runs as where that is allowed. A guest sees no rows. */
export const GUEST = 'GUESTCST';

/** Finds the Siebel user of a call: every token is introspected, must fit the resource, and its subject must be a user. */
export async function userOf(
  call: { authorization: string | undefined; scope: string | undefined },
  { introspector, settings }: { introspector: Introspector; settings: SiebelSettings },
): Promise<string | undefined> {
  const token = bearerToken(call.authorization);
  if (token === undefined) return settings.anonymous && call.authorization === undefined ? GUEST : undefined;
  const { active, scopes, claims } = await introspector.introspect(token, settings.cacheIntrospectionSeconds);
  if (!active) return undefined;
  if (call.scope !== undefined && !scopes.includes(call.scope)) return undefined;
  const subject = claims[settings.subjectField];
  return typeof subject === 'string' && settings.users.includes(subject) ? subject : undefined;
}

export function bearerToken(authorization: string | undefined): string | undefined {
  return /^Bearer +([^\s]+)$/i.exec(authorization ?? '')?.[1];
}

/** The same for every cause: nothing tells an expired token from an unknown user. */
export function answerUnauthorized({ unauthorized }: SiebelSettings): Answer {
  if (unauthorized === 'body') return answerError(401, 'Authentication failed.');
  const headers = unauthorized === 'challenge' ? { 'WWW-Authenticate': 'Bearer realm="Siebel"' } : {};
  return { status: 401, headers };
}
