import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { exportJWK, type JWK } from 'jose';
import { generate } from 'selfsigned';

/** The domain's signing key. Its `kid` never changes; `x5t` tells one key from the next. */
export interface SigningKey {
  readonly privateJwk: JWK;
  /** As the key address shows it: `key_ops` without `verify`, and no `use`, just as identity domains do. */
  readonly publicJwk: JWK;
  /** Members of every token's header, beside `alg`. */
  readonly header: { readonly kid: string; readonly x5t: string; readonly 'x5t#S256': string };
}

const KEY_ID = 'SIGNING_KEY';

/** Makes an RSA key with a certificate chain of leaf and authority. */
export async function makeSigningKey(): Promise<SigningKey> {
  const authority = await generate([{ name: 'commonName', value: 'CloudAuthority' }], {
    algorithm: 'sha256',
    extensions: [{ name: 'basicConstraints', cA: true, critical: true }],
  });
  const leaf = await generate([{ name: 'commonName', value: 'SigningCert' }], {
    algorithm: 'sha256',
    ca: { key: authority.private, cert: authority.cert },
    extensions: [{ name: 'keyUsage', digitalSignature: true, critical: true }],
  });
  const leafDer = new X509Certificate(leaf.cert).raw;
  const authorityDer = new X509Certificate(authority.cert).raw;
  const privateJwk = await exportJWK(createPrivateKey(leaf.private));
  const header = { kid: KEY_ID, x5t: thumbprint('sha1', leafDer), 'x5t#S256': thumbprint('sha256', leafDer) };
  return {
    privateJwk: { ...privateJwk, kid: KEY_ID, alg: 'RS256', use: 'sig' },
    publicJwk: {
      kty: 'RSA',
      'x5t#S256': header['x5t#S256'],
      e: String(privateJwk.e),
      x5t: header.x5t,
      kid: KEY_ID,
      x5c: [leafDer.toString('base64'), authorityDer.toString('base64')],
      key_ops: ['encrypt', 'sign'],
      alg: 'RS256',
      n: String(privateJwk.n),
    },
    header,
  };
}

function thumbprint(algorithm: 'sha1' | 'sha256', der: Buffer): string {
  return createHash(algorithm).update(der).digest('base64url');
}
