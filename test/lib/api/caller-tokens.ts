import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import type { HttpClient, HttpRequest } from '../../../lib/http/exchange.ts';

export const ISSUER = 'https://identity.oraclecloud.com/';
export const AUDIENCE = 'https://api.siebel-integration.example';
export const KEYS_URL = new URL('https://idcs-local.example/admin/v1/SigningCert/jwk');

export interface SigningKeys {
  readonly publicKey: JWK;
  sign(claims: JWTPayload, header?: Record<string, unknown>): Promise<string>;
}

/** A key pair as identity domains have them: one `kid` for ever, and a public key that says it may not verify. */
export async function signingKeys(
  algorithm: 'RS256' | 'PS256' | 'ES256' = 'RS256',
  kid = 'SIGNING_KEY',
): Promise<SigningKeys> {
  const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true });
  return {
    publicKey: { ...(await exportJWK(publicKey)), alg: algorithm, kid, key_ops: ['encrypt', 'sign'], x5c: ['MIID'] },
    sign: (claims, header = {}) =>
      new SignJWT(claims).setProtectedHeader({ alg: algorithm, kid, ...header }).sign(privateKey),
  };
}

/** Claims of a good token at this instant. */
export function claimsAt(nowMs: number, claims: JWTPayload = {}): JWTPayload {
  const nowSeconds = Math.floor(nowMs / 1_000);
  return {
    iss: ISSUER,
    aud: [AUDIENCE],
    sub: 'api-client',
    client_id: 'api-client',
    scope: 'siebel.read siebel.write',
    iat: nowSeconds,
    exp: nowSeconds + 3_600,
    ...claims,
  };
}

/** The address of the keys, that answers what `answers` says at the moment, and counts. */
export function keyServer(
  answers: () => unknown,
): Pick<HttpClient, 'request' | 'close'> & { readonly requests: HttpRequest[] } {
  const requests: HttpRequest[] = [];
  return {
    requests,
    async request(request) {
      requests.push(request);
      await Promise.resolve();
      const answer = answers();
      if (answer instanceof Error) throw answer;
      const { status = 200, text } = answer as { status?: number; text?: string };
      return { status, headers: {}, body: Buffer.from(text ?? JSON.stringify(answer)), durationMs: 3 };
    },
    async close() {},
  };
}
