import { createHash } from 'node:crypto';

import type { Clock } from '../clock.ts';
import { TokenRequestError } from '../errors.ts';
import type { HttpResponse } from '../http/exchange.ts';
import { parseRetryAfter } from '../http/retry-after.ts';
import { isObject, JsonError, parseJson } from '../json.ts';
import { Redacted } from '../redacted.ts';
import type { AccessToken } from './access-token.ts';
import { tokenLifetime } from './token-lifetime.ts';

/** When the request was sent: a lifetime counts from there, as the server's own count began no earlier (R27). */
export interface Before {
  readonly nowMs: number;
  readonly elapsedMs: number;
}

interface Context {
  /** Scopes that were asked for, parted by blanks. */
  readonly scope: string;
  readonly before: Before;
  readonly clock: Pick<Clock, 'now'>;
  /** What the answer may hold and we must not repeat. */
  readonly secrets: readonly string[];
}

/** Errors of RFC 6749 section 5.2 that nothing but a change of our settings mends. */
const CONFIGURATION_ERRORS = new Set(['invalid_scope', 'unauthorized_client', 'unsupported_grant_type']);

/**
 * The access token in an answer of the token endpoint, with what was odd about it.
 *
 * @throws TokenRequestError `TOKEN_REQUEST_REJECTED` when the answer is no, `TOKEN_RESPONSE_UNUSABLE` when it is yes,
 *   but without a token that can be sent.
 * @see RFC 6749 section 5.1 and 5.2
 */
export function parseTokenResponse(
  response: HttpResponse,
  context: Context,
): { readonly token: AccessToken; readonly warnings: readonly string[] } {
  const { status } = response;
  if (status !== 200) throw rejection(response, context);

  const members = membersOf(response);
  if (!members) throw unusable('is not the JSON object of RFC 6749', { status });
  if (members.has('error')) {
    throw unusable('holds "error"', { status, oauthError: errorIn(members, context.secrets) });
  }
  const value = members.get('access_token');
  // The characters of a bearer token that no header, log or terminal takes for anything else (R35).
  if (typeof value !== 'string' || !/^[\x21-\x7e]{1,16384}$/.test(value)) {
    throw unusable('"access_token" is missing or is no token', { status });
  }
  const type = members.get('token_type');
  if (typeof type !== 'string' || type.toLowerCase() !== 'bearer') {
    throw unusable('"token_type" is not "Bearer"', { status });
  }
  refuseNarrowScope(members.get('scope'), context.scope, status);

  const { before } = context;
  const { lifetimeMs, warnings } = tokenLifetime(members.get('expires_in'), { token: value, nowMs: before.nowMs });
  const token: AccessToken = {
    value: new Redacted(value),
    fingerprint: createHash('sha256').update(value).digest('hex').slice(0, 8),
    obtainedAtMs: before.nowMs,
    expiresAtMs: before.nowMs + lifetimeMs,
    expiresAtElapsedMs: before.elapsedMs + lifetimeMs,
  };
  return { token, warnings };
}

function rejection(response: HttpResponse, { secrets, clock }: Context): TokenRequestError {
  const { status, headers } = response;
  // A 307 repeated by us would hand the client secret to whoever is named there (R39).
  if (status >= 300 && status < 400) return unusable('is a redirect, which is never followed', { status });

  const oauthError = errorIn(membersOf(response), secrets);
  const isOurs = oauthError !== undefined && CONFIGURATION_ERRORS.has(oauthError);
  const reason = oauthError ? `"${oauthError}"` : 'no OAuth error';
  return new TokenRequestError(
    'TOKEN_REQUEST_REJECTED',
    `token endpoint answered ${status} with ${reason}${adviceFor(oauthError, status)}`,
    {
      failureClass: isOurs ? 'configuration' : 'environment',
      oauthError,
      status,
      retryAfterMs: parseRetryAfter(headers['retry-after'], clock),
    },
  );
}

function adviceFor(oauthError: string | undefined, status: number): string {
  if (oauthError === 'invalid_scope') return ': check TOKEN_SCOPE and the scopes granted to the application';
  if (oauthError && CONFIGURATION_ERRORS.has(oauthError)) {
    return ': allow the client credentials grant for the application';
  }
  if (oauthError === 'invalid_client' || status === 401) return ': check the client id and secret in the secret';
  if (status === 404 || status === 405) return ': check TOKEN_URL';
  return '';
}

function unusable(what: string, options: { status: number; oauthError?: string | undefined }): TokenRequestError {
  return new TokenRequestError('TOKEN_RESPONSE_UNUSABLE', `token response ${what}`, options);
}

/** The members of a JSON object; `undefined` when the body is something else, or does not say that it is JSON. */
function membersOf({ headers, body }: HttpResponse): ReadonlyMap<string, unknown> | undefined {
  if (!/^application\/json[ \t]*(;|$)/i.test(headers['content-type'] ?? '')) return undefined;
  try {
    const parsed = parseJson(withoutByteOrderMark(body), { anyNumber: true });
    return isObject(parsed) ? new Map(Object.entries(parsed)) : undefined;
  } catch (error) {
    if (error instanceof JsonError) return undefined;
    throw error;
  }
}

function withoutByteOrderMark(body: Buffer): Buffer {
  return body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? body.subarray(3) : body;
}

/** The `error` member if it looks like one of the registered words; an answer may hold anything, our secret too. */
function errorIn(members: ReadonlyMap<string, unknown> | undefined, secrets: readonly string[]): string | undefined {
  const word = members?.get('error');
  if (typeof word !== 'string' || !/^[a-z][a-z_]{2,39}$/.test(word)) return undefined;
  return secrets.some((secret) => secret.includes(word) || word.includes(secret)) ? undefined : word;
}

/**
 * A server that grants less says so in `scope`; one that says nothing has granted what was asked.
 *
 * Identity domains take audience and scope glued together and may give back the scope alone; names like
 * `urn:opc:idm:__myscopes__` stand for others.
 */
function refuseNarrowScope(granted: unknown, asked: string, status: number): void {
  if (typeof granted !== 'string' || granted.trim() === '') return;
  const words = granted.split(/\s+/).filter(Boolean);
  const missing = asked
    .split(/\s+/)
    .filter((word) => word !== '' && !word.startsWith('urn:opc:') && !words.some((have) => word.endsWith(have)));
  if (missing.length === 0) return;
  throw new TokenRequestError(
    'TOKEN_REQUEST_REJECTED',
    `token response grants less than was asked for: ${missing.join(' ')} is missing, grant it to the application`,
    { failureClass: 'configuration', status },
  );
}
