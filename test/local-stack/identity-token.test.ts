import { decodeJwt, decodeProtectedHeader } from 'jose';
import * as oauth from 'oauth4webapi';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Identity, startIdentity } from '../../local-stack/identity/identity.ts';
import { createAuthority, type ServerIdentity } from '../../local-stack/tls.ts';
import { basic, form, type HttpsClient, httpsClient } from './https-client.ts';

const SIEBEL = 'https://127.0.0.1:9001/siebel/v1.0';

describe('identity domain, token request', () => {
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

  describe('token request', () => {
    it('answers with access token, type and life as a number, and no scope', async () => {
      const reply = await askToken(basic(identity.callerClient), { scope: identity.scope });

      expect(reply.status).toBe(200);
      expect(reply.json()).toEqual({ access_token: expect.any(String), token_type: 'Bearer', expires_in: 3600 });
      expect(reply.headers['x-oracle-dms-ecid']).toMatch(/^[\w-]{10,}$/);
      expect(reply.headers['cache-control']).toBe('no-store');
    });

    it('takes id and secret in the form as well', async () => {
      const { id, secret } = identity.callerClient;
      const reply = await askToken({}, { scope: identity.scope, client_id: id, client_secret: secret });

      expect(reply.status).toBe(200);
    });

    it('writes the claims and the header of an identity domain into the token', async () => {
      const token = await callerToken();

      expect(decodeProtectedHeader(token)).toEqual({
        alg: 'RS256',
        kid: 'SIGNING_KEY',
        x5t: expect.any(String),
        'x5t#S256': expect.any(String),
      });
      expect(decodeJwt(token)).toMatchObject({
        sub: 'siebel-caller',
        client_id: 'siebel-caller',
        sub_type: 'client',
        tok_type: 'AT',
        iss: 'https://identity.oraclecloud.com/',
        aud: [`${SIEBEL}/`],
        scope: 'data',
      });
    });

    it.each([
      ['a scope that does not exist', () => `${identity.scope}x`],
      ['one unknown scope beside a known one', () => `${identity.scope} ${SIEBEL}/nothing`],
      ['the scope without its audience', () => 'data'],
      ['the scope of another resource', () => identity.apiScope],
      ['no scope', () => ''],
    ])('refuses %s with invalid_scope', async (_what, scope) => {
      const reply = await askToken(basic(identity.callerClient), { scope: scope() });

      expect([reply.status, reply.json().error]).toEqual([400, 'invalid_scope']);
    });

    it('grants several scopes of one audience together', async () => {
      const reply = await askToken(basic(identity.callerClient), { scope: `${SIEBEL}/data ${SIEBEL}/service` });

      expect(decodeJwt(reply.json().access_token)['scope']).toBe('data service');
    });

    it('gives the API client a token for the API', async () => {
      const reply = await askToken(basic(identity.apiClient), { scope: identity.apiScope });

      const claims = decodeJwt(reply.json().access_token);
      expect(claims).toMatchObject({
        sub: 'api-client',
        aud: [identity.apiAudience],
        scope: 'siebel.read siebel.write',
      });
      expect(reply.json().expires_in).toBe(3600);
    });

    it.each([
      ['a wrong secret', () => ({ ...identity.callerClient, secret: 'wrong' })],
      ['an unknown client', () => ({ id: 'nobody', secret: 'x' })],
    ])('refuses %s with invalid_client', async (_what, application) => {
      const reply = await askToken(basic(application()), { scope: identity.scope });

      expect([reply.status, reply.json().error]).toEqual([401, 'invalid_client']);
    });

    it('gives no token to the application of Siebel', async () => {
      const reply = await askToken(basic(identity.siebelClient), { scope: identity.scope });

      expect(reply.json().error).toBe('unauthorized_client');
    });

    it('refuses another grant', async () => {
      const reply = await askToken(basic(identity.callerClient), { grant_type: 'password', scope: identity.scope });

      expect([reply.status, reply.json().error]).toEqual([400, 'unsupported_grant_type']);
    });

    it('shortens the life when the scope asks for it, and never lengthens it', async () => {
      const lives = [];
      for (const seconds of [120, 999_999]) {
        const scope = `${identity.scope} urn:opc:resource:expiry=${seconds}`;
        const answer = (await askToken(basic(identity.callerClient), { scope })).json();
        const { exp = 0, iat = 0, scope: granted } = decodeJwt(answer.access_token);
        lives.push([answer.expires_in, exp - iat, granted]);
      }

      expect(lives).toEqual([
        [120, 120, 'data'],
        [3600, 3600, 'data'],
      ]);
    });

    it('is one that oauth4webapi, a strict client, accepts', async () => {
      const { id, secret } = identity.callerClient;
      const server = { issuer: identity.issuer, token_endpoint: identity.tokenUrl };
      const throughOwnAuthority: NonNullable<oauth.TokenEndpointRequestOptions[typeof oauth.customFetch]> = async (
        url,
        { method, headers, body },
      ) => {
        const reply = await client.call(url, {
          method,
          headers: headers as Record<string, string>,
          body: String(body),
        });
        return new Response(reply.body, {
          status: reply.status,
          headers: { 'content-type': String(reply.headers['content-type']) },
        });
      };

      const response = await oauth.clientCredentialsGrantRequest(
        server,
        { client_id: id },
        oauth.ClientSecretBasic(secret),
        new URLSearchParams({ scope: identity.scope }),
        { [oauth.customFetch]: throughOwnAuthority },
      );
      const answer = await oauth.processClientCredentialsResponse(server, { client_id: id }, response);

      expect(answer.expires_in).toBe(3600);
    });
  });
});
