import { Agent } from 'node:https';
import { exchange } from './wire.ts';

/** No access token could be had. The message holds no secret and no address. */
export class SignInError extends Error {
  override readonly name = 'SignInError';
}

/**
 * Asks for an access token with the client credentials grant (RFC 6749, section 4.4).
 *
 * @param client.authentication `basic`: id and secret in the Authorization header; `form`: in the body, as some domains need.
 */
export async function accessToken(client: {
  readonly tokenUrl: URL;
  readonly scope: string;
  readonly clientId: string;
  readonly secret: string;
  readonly authentication: 'basic' | 'form';
  readonly ca?: string | undefined;
  readonly timeoutMs: number;
}): Promise<string> {
  const { tokenUrl, scope, clientId, secret, authentication, ca, timeoutMs } = client;
  const form = new URLSearchParams({ grant_type: 'client_credentials', scope });
  if (authentication === 'form') {
    form.set('client_id', clientId);
    form.set('client_secret', secret);
  }
  const pair = `${encodeURIComponent(clientId)}:${encodeURIComponent(secret)}`;
  const body = form.toString();
  const agent = new Agent({ ...(ca !== undefined && { ca }) });
  try {
    const { status, bytes } = await exchange({
      agent,
      host: tokenUrl.hostname.replace(/^\[|\]$/g, ''),
      port: tokenUrl.port === '' ? 443 : Number(tokenUrl.port),
      path: `${tokenUrl.pathname}${tokenUrl.search}`,
      method: 'POST',
      headers: {
        Accept: 'application/json',
        'Content-Type': 'application/x-www-form-urlencoded',
        'Content-Length': String(Buffer.byteLength(body)),
        ...(authentication === 'basic' && { Authorization: `Basic ${Buffer.from(pair).toString('base64')}` }),
      },
      body,
      timeoutMs,
    });
    return tokenIn(status, bytes.toString('utf8'));
  } finally {
    agent.destroy();
  }
}

function tokenIn(status: number, text: string): string {
  let answer: { access_token?: unknown; error?: unknown } | null;
  try {
    answer = JSON.parse(text);
  } catch {
    throw new SignInError(`the token endpoint answered with HTTP ${status} and no JSON: is the address right?`);
  }
  const { access_token: token, error } = answer ?? {};
  if (status === 200 && typeof token === 'string' && /^[\x21-\x7e]+$/.test(token)) return token;
  const why = typeof error === 'string' && /^[a-z_]{1,40}$/.test(error) ? `: ${error}` : '';
  throw new SignInError(`the token endpoint refused the request with HTTP ${status}${why}`);
}
