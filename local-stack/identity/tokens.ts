import { createHash, randomUUID } from 'node:crypto';
import { importJWK, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import type { SigningKey } from './signing-key.ts';

/** What the domain writes into every token; its closing slash and its host, which is not the domain's, are real. */
export const ISSUER = 'https://identity.oraclecloud.com/';

const TENANT = 'idcs-local';

/** The tokens of the domain: what is in them, and which of them are still good. */
export interface Tokens {
  /** Claims of a new token of this application, which is its own subject: client credentials have no other user. */
  claimsFor(token: { clientId: string; audience: string; scopes: readonly string[] }): JWTPayload;
  /** From now on introspection calls this token active, until it expires or is revoked. */
  remember(tokenId: string): void;
  revokeAll(): number;
  /** The claims of a token of this domain that is active, else nothing. */
  verify(token: string): Promise<JWTPayload | undefined>;
  sign(claims: JWTPayload, options: { lifeSeconds: number }): Promise<string>;
}

export async function tokensOf({ privateJwk, publicJwk, header }: SigningKey): Promise<Tokens> {
  const live = new Set<string>();
  const signingKey = await importJWK(privateJwk, 'RS256');
  const verificationKey = await importJWK({ kty: 'RSA', n: String(publicJwk.n), e: String(publicJwk.e) }, 'RS256');
  return {
    claimsFor: ({ clientId, audience, scopes }) => ({
      sub: clientId,
      sub_type: 'client',
      sub_mappingattr: 'userName',
      tok_type: 'AT',
      iss: ISSUER,
      aud: [audience],
      scope: scopes.join(' '),
      jti: randomUUID().replaceAll('-', ''),
      client_id: clientId,
      client_guid: createHash('md5').update(clientId).digest('hex'),
      client_name: clientId,
      client_tenantname: TENANT,
      tenant: TENANT,
      'user.tenant.name': TENANT,
      clientAppRoles: ['Authenticated Client'],
      user_isAdmin: false,
    }),
    remember: (tokenId) => void live.add(tokenId),
    revokeAll() {
      const revoked = live.size;
      live.clear();
      return revoked;
    },
    async verify(token) {
      try {
        const { payload } = await jwtVerify(token, verificationKey, { issuer: ISSUER, algorithms: ['RS256'] });
        return live.has(String(payload.jti)) ? payload : undefined;
      } catch {
        return undefined;
      }
    },
    sign(claims, { lifeSeconds }) {
      live.add(String(claims.jti));
      const now = Math.floor(Date.now() / 1000);
      return new SignJWT({ ...claims, iat: now, exp: now + lifeSeconds })
        .setProtectedHeader({ alg: 'RS256', ...header })
        .sign(signingKey);
    },
  };
}
