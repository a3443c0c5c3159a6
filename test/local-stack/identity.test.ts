import { createPublicKey, X509Certificate } from 'node:crypto';
import { decodeJwt, importJWK, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Identity, startIdentity } from '../../local-stack/identity/identity.ts';
import { createAuthority, type ServerIdentity } from '../../local-stack/tls.ts';
import { basic, form, type HttpsClient, httpsClient } from './https-client.ts';

const SIEBEL = 'https://127.0.0.1:9001/siebel/v1.0';

describe('identity domain', () => {
  let tls: ServerIdentity;
  let identity: Identity;
  let client: HttpsClient;

  beforeAll(async () => {
    const authority = await createAuthority();
    tls = await authority.issue();
    client = httpsClient(authority.caPem);
    identity = await startIdentity({ tls, siebelBaseUrl: SIEBEL });
  });

  afterAll(async () => {
    client.close();
    await identity.close();
  });

  const askToken = (headers: Record<string, string>, members: Record<string, string>) =>
    client.call(identity.tokenUrl, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
      body: form({ grant_type: 'client_credentials', ...members }),
    });
  const callerToken = async (): Promise<string> =>
    (await askToken(basic(identity.callerClient), { scope: identity.scope })).json().access_token;
  const introspect = (application: { id: string; secret: string }, token: string) =>
    client.call(identity.introspectionUrl, { method: 'POST', headers: basic(application), body: form({ token }) });

  describe('introspection', () => {
    it('tells Siebel whose token it is', async () => {
      const reply = await introspect(identity.siebelClient, await callerToken());

      expect(reply.status).toBe(200);
      expect(reply.json()).toMatchObject({
        active: true,
        sub: 'siebel-caller',
        client_id: 'siebel-caller',
        scope: 'data',
        token_type: 'JWT',
      });
    });

    it('says nothing but inactive to an application without the right', async () => {
      const token = await callerToken();

      expect((await introspect(identity.callerClient, token)).json()).toEqual({ active: false });
      expect((await introspect(identity.apiClient, token)).json()).toEqual({ active: false });
    });

    it('refuses a wrong secret', async () => {
      const reply = await introspect({ ...identity.siebelClient, secret: 'wrong' }, await callerToken());

      expect([reply.status, reply.json().error]).toEqual([401, 'invalid_client']);
    });

    it.each([
      ['garbage', async () => 'garbage'],
      ['a token with a changed payload', async () => tampered(await callerToken())],
      ['a token past its expiry', () => identity.issueApiToken({ lifeSeconds: -1 })],
    ])('calls %s inactive', async (_what, token) => {
      const reply = await introspect(identity.siebelClient, await token());

      expect([reply.status, reply.json()]).toEqual([200, { active: false }]);
    });

    it('calls a token of another domain inactive', async () => {
      const other = await startIdentity({ tls, siebelBaseUrl: SIEBEL });
      const token = await other.issueApiToken();
      await other.close();

      expect((await introspect(identity.siebelClient, token)).json()).toEqual({ active: false });
    });

    it('calls every token inactive once all were revoked, and new ones active', async () => {
      const before = await callerToken();
      const revoked = identity.revokeAll();
      const after = await callerToken();

      expect(revoked).toBeGreaterThan(0);
      expect((await introspect(identity.siebelClient, before)).json().active).toBe(false);
      expect((await introspect(identity.siebelClient, after)).json().active).toBe(true);
    });

    it('answers 400 without a token', async () => {
      const headers = basic(identity.siebelClient);
      const reply = await client.call(identity.introspectionUrl, { method: 'POST', headers, body: '' });

      expect(reply.status).toBe(400);
    });
  });

  describe('keys and discovery', () => {
    it('shows the signing key as identity domains do: key_ops without verify, no use, thumbprints of the leaf', async () => {
      const { keys } = (await client.call(identity.jwksUrl)).json();
      const [key] = keys;
      const leaf = new X509Certificate(Buffer.from(key.x5c[0], 'base64'));

      expect(keys).toHaveLength(1);
      expect(key).toMatchObject({ kty: 'RSA', kid: 'SIGNING_KEY', alg: 'RS256', key_ops: ['encrypt', 'sign'] });
      expect(key).not.toHaveProperty('use');
      expect(key).not.toHaveProperty('d');
      expect(key.x5c).toHaveLength(2);
      expect(Buffer.from(key.x5t, 'base64url').toString('hex')).toBe(
        leaf.fingerprint.replaceAll(':', '').toLowerCase(),
      );
      expect(leaf.publicKey.equals(createPublicKey({ key, format: 'jwk' }))).toBe(true);
    });

    it('signs tokens with that key', async () => {
      const { key_ops: _, ...key } = (await client.call(identity.jwksUrl)).json().keys[0];

      const { payload } = await jwtVerify(await identity.issueApiToken(), await importJWK(key, 'RS256'), {
        issuer: identity.issuer,
        audience: identity.apiAudience,
      });

      expect(payload['scope']).toBe('siebel.read siebel.write');
    });

    it('has two discovery addresses, and an issuer that is another host', async () => {
      const open = (await client.call(`${identity.origin}/.well-known/openid-configuration`)).json();
      const own = (await client.call(`${identity.origin}/.well-known/idcs-configuration`)).json();

      expect(open).toMatchObject({
        issuer: 'https://identity.oraclecloud.com/',
        token_endpoint: identity.tokenUrl,
        introspection_endpoint: identity.introspectionUrl,
        jwks_uri: identity.jwksUrl,
      });
      expect(own['openid-configuration']).toEqual(open);
    });

    it('keeps its keys to those with a token when it is set so', async () => {
      const closed = await startIdentity({ tls, keysArePublic: false });
      const headers = { Authorization: `Bearer ${await closed.issueApiToken()}` };
      const statuses = [
        (await client.call(closed.jwksUrl)).status,
        (await client.call(closed.jwksUrl, { headers })).status,
      ];
      await closed.close();

      expect(statuses).toEqual([401, 200]);
    });
  });

  describe('steering', () => {
    it('lets tokens live as long as it was told, API tokens an hour all the same', async () => {
      identity.setTokenLifeSeconds(30);
      const siebel = (await askToken(basic(identity.callerClient), { scope: identity.scope })).json().expires_in;
      const api = (await askToken(basic(identity.apiClient), { scope: identity.apiScope })).json().expires_in;
      identity.setTokenLifeSeconds(3600);

      expect([siebel, api]).toEqual([30, 3600]);
    });

    it('kills the old secret at once when it is regenerated, and leaves tokens alive', async () => {
      const old = identity.callerClient;
      const token = await callerToken();
      const secret = identity.regenerateSecret('caller');

      expect((await askToken(basic(old), { scope: identity.scope })).status).toBe(401);
      expect((await askToken(basic({ ...old, secret }), { scope: identity.scope })).status).toBe(200);
      expect((await introspect(identity.siebelClient, token)).json().active).toBe(true);
    });

    it('makes audience and scope from the base URL it is given later', async () => {
      identity.setSiebelBaseUrl('https://127.0.0.1:7/siebel/v1.0/');
      const { scope } = identity;
      const claims = decodeJwt(await callerToken());
      identity.setSiebelBaseUrl(SIEBEL);

      expect(scope).toBe('https://127.0.0.1:7/siebel/v1.0/data');
      expect(claims.aud).toEqual(['https://127.0.0.1:7/siebel/v1.0/']);
    });

    it('counts token requests and introspections, refused ones too', async () => {
      const before = identity.stats();
      await introspect(identity.siebelClient, await callerToken());
      await askToken(basic({ id: 'nobody', secret: 'x' }), { scope: identity.scope });
      await identity.issueApiToken();
      const after = identity.stats();

      expect(after.tokenRequests - before.tokenRequests).toBe(2);
      expect(after.tokensIssued - before.tokensIssued).toBe(1);
      expect(after.introspections - before.introspections).toBe(1);
    });

    it('answers a token request by the fault it was given, so many times, then again by itself', async () => {
      identity.faults.add({ target: 'token', times: 2, fault: { status: 429, headers: { 'Retry-After': '7' } } });
      const replies = [];
      for (let round = 0; round < 3; round += 1) {
        const { status, headers } = await askToken(basic(identity.callerClient), { scope: identity.scope });
        replies.push([status, headers['retry-after']]);
      }
      identity.faults.clear();

      expect(replies).toEqual([
        [429, '7'],
        [429, '7'],
        [200, undefined],
      ]);
    });

    it('cuts the answer of a token request that it granted', async () => {
      identity.faults.add({ target: 'token', fault: { truncate: true } });
      const before = identity.stats().tokensIssued;

      await expect(askToken(basic(identity.callerClient), { scope: identity.scope })).rejects.toThrow();
      expect(identity.stats().tokensIssued).toBe(before + 1);
      expect((await introspect(identity.siebelClient, await callerToken())).json().active).toBe(true);
    });

    it('delays an answer and still gives the token', async () => {
      identity.faults.add({ target: 'token', fault: { delayMs: 20 } });
      const started = performance.now();
      const reply = await askToken(basic(identity.callerClient), { scope: identity.scope });

      expect(reply.json().access_token).toEqual(expect.any(String));
      expect(performance.now() - started).toBeGreaterThanOrEqual(19);
    });
  });
});

function tampered(token: string): string {
  const [header, payload = '', signature] = token.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
  const changed = Buffer.from(JSON.stringify({ ...claims, sub: 'SADMIN' })).toString('base64url');
  return [header, changed, signature].join('.');
}
