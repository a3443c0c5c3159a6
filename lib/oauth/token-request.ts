import type { Clock } from '../clock.ts';
import { IntegrationError, TokenRequestError } from '../errors.ts';
import type { HttpClient, HttpResponse } from '../http/exchange.ts';
import type { Log } from '../logger.ts';
import type { AccessToken } from './access-token.ts';
import type { ClientCredentials, ReadClientCredentials } from './client-credentials.ts';
import { type Before, parseTokenResponse } from './token-response.ts';

export interface TokenRequestOptions {
  /** Client for the origin of `url`; its own time limit is that of a token request. */
  readonly http: HttpClient;
  /** Token endpoint. */
  readonly url: URL;
  /** Scopes parted by blanks. */
  readonly scope: string;
  /** Client id and secret in the `Authorization` header, or in the form. */
  readonly clientAuthentication: 'basic' | 'post';
  readonly credentials: ReadClientCredentials;
  readonly clock: Clock;
  readonly log?: Log | undefined;
}

/**
 * Asks the token endpoint for an access token by the client credentials grant: one HTTP exchange per call.
 *
 * A second one follows only when the client was refused and its secret turns out to have been rotated meanwhile.
 * Writes one log line per exchange, without token or secret; nothing of an answer's body is ever repeated.
 *
 * @returns A function that throws TokenRequestError when the answer is no or no use; NoResponseError, TlsError and
 *   UnusableResponseError as `http` does; ConfigurationError and ServiceUnavailableError as `credentials` does.
 * @see RFC 6749 section 4.4.2 (request), 2.3.1 (client authentication), 5 (answers)
 */
export function tokenRequest(options: TokenRequestOptions): () => Promise<AccessToken> {
  return async () => {
    const credentials = await options.credentials();
    try {
      return await exchange(options, credentials);
    } catch (error) {
      if (!(error instanceof TokenRequestError && error.clientRefused)) throw error;
      const newest = await options.credentials(credentials.versionId);
      if (newest.versionId === credentials.versionId) throw error;
      return await exchange(options, newest);
    }
  };
}

async function exchange(options: TokenRequestOptions, credentials: ClientCredentials): Promise<AccessToken> {
  const { http, url, scope, clock, log } = options;
  const before: Before = { nowMs: clock.now(), elapsedMs: clock.elapsed() };
  const line = log?.with({ secretVersionId: credentials.versionId });
  const secrets = secretsOf(credentials);
  let response: HttpResponse | undefined;
  try {
    response = await http.request({
      method: 'POST',
      path: `${url.pathname}${url.search}`,
      ...message(options, credentials),
      // Its answer is for all who wait, so it ends by its own time limit and not by one caller's deadline (R23).
      deadlineAtMs: Number.POSITIVE_INFINITY,
    });
    const { token, warnings } = parseTokenResponse(response, { scope, before, clock, secrets });
    for (const warning of warnings) line?.warn('TOKEN_RESPONSE_ODD', { reason: warning });
    line?.info('TOKEN_ISSUED', {
      tokenFingerprint: token.fingerprint,
      lifetimeSeconds: Math.round((token.expiresAtMs - token.obtainedAtMs) / 1_000),
      ...traceOf(response, { before, clock, secrets }),
    });
    return token;
  } catch (error) {
    if (error instanceof IntegrationError) {
      const oauthError = error instanceof TokenRequestError ? error.oauthError : undefined;
      line?.warn('TOKEN_REQUEST_FAILED', {
        code: error.code,
        ...(oauthError && { oauthError }),
        ...traceOf(response, { before, clock, secrets }),
      });
    }
    throw error;
  }
}

function message(
  { scope, clientAuthentication }: TokenRequestOptions,
  { clientId, clientSecret }: ClientCredentials,
): { headers: Record<string, string>; body: string } {
  const form = new URLSearchParams({ grant_type: 'client_credentials', scope });
  const headers: Record<string, string> = {
    accept: 'application/json',
    'content-type': 'application/x-www-form-urlencoded',
  };
  if (clientAuthentication === 'basic') {
    const pair = `${formEncode(clientId)}:${formEncode(clientSecret.reveal())}`;
    headers['authorization'] = `Basic ${Buffer.from(pair).toString('base64')}`;
  } else {
    form.set('client_id', clientId);
    form.set('client_secret', clientSecret.reveal());
  }
  return { headers, body: form.toString() };
}

/** @see RFC 6749 appendix B: id and secret are encoded like form fields before they are joined by a colon. */
function formEncode(value: string): string {
  return new URLSearchParams({ '': value }).toString().slice(1);
}

/** What support asks for: Oracle's execution context id stands in a header only. */
function traceOf(
  response: HttpResponse | undefined,
  { before, clock, secrets }: { before: Before; clock: Clock; secrets: readonly string[] },
) {
  const ecid = response?.headers['x-oracle-dms-ecid'];
  const isId = ecid !== undefined && /^[\w.^:;,|-]{1,128}$/.test(ecid) && !secrets.some((it) => ecid.includes(it));
  return {
    durationMs: Math.round(clock.elapsed() - before.elapsedMs),
    ...(response && { status: response.status }),
    ...(isId && { ecid }),
  };
}

function secretsOf({ clientSecret }: ClientCredentials): readonly string[] {
  return [clientSecret.reveal()];
}
