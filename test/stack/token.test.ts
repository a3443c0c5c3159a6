import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { decodeJwt } from 'jose';
import * as oauth from 'oauth4webapi';
import { Agent, fetch } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { systemClock } from '../../lib/clock.ts';
import { httpClient } from '../../lib/http/client.ts';
import type { HttpClient } from '../../lib/http/exchange.ts';
import { cacheAccessToken } from '../../lib/oauth/access-token-cache.ts';
import { type TokenRequestOptions, tokenRequest } from '../../lib/oauth/token-request.ts';
import { Redacted } from '../../lib/redacted.ts';
import { cacheClientCredentials, readClientCredentials } from '../../lib/secrets/client-credentials.ts';
import { type Identity, startIdentity } from '../../local-stack/identity/identity.ts';
import { httpsServer, testAuthority } from '../support/https-server.ts';

let identity: Identity;
let http: HttpClient;
let agent: Agent;

beforeAll(async () => {
  const authority = await testAuthority();
  identity = await startIdentity({
    tls: await authority.issue('127.0.0.1'),
    siebelBaseUrl: 'https://127.0.0.1:9001/siebel/v1.0',
  });
  http = clientOf(identity.origin, authority.caPem);
  agent = new Agent({ connect: { ca: authority.caPem } });
});

afterAll(async () => {
  await agent.close();
  await http.close();
  await identity.close();
});

describe.each(['basic', 'post'] as const)('the token request with client authentication %s', (clientAuthentication) => {
  it('gets from a certified authorization server what oauth4webapi gets', async () => {
    const token = await tokenRequest(asCaller({ clientAuthentication }))();
    const theirs = await theirToken(identity.tokenUrl, clientAuthentication, identity.callerClient, identity.scope);

    const claims = decodeJwt(token.value.reveal());
    const theirClaims = decodeJwt(theirs.access_token);
    expect({ ...claims, jti: 0, iat: 0, exp: 0 }).toEqual({ ...theirClaims, jti: 0, iat: 0, exp: 0 });
    expect(Object.keys(claims).sort()).toEqual(Object.keys(theirClaims).sort());
    expect(token.expiresAtMs - token.obtainedAtMs).toBeLessThanOrEqual((theirs.expires_in ?? 0) * 1_000);
    expect(token.expiresAtMs - token.obtainedAtMs).toBeGreaterThan((theirs.expires_in ?? 0) * 1_000 - 2_000);
  });

  it('says the same as oauth4webapi on the wire, with an id and a secret that need encoding', async () => {
    const seen: unknown[] = [];
    await using server = await httpsServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      seen.push({
        method: request.method,
        path: request.url,
        accept: request.headers.accept,
        contentType: request.headers['content-type']?.split(';')[0],
        client: clientIn(request.headers.authorization),
        form: [...new URLSearchParams(Buffer.concat(chunks).toString())].sort(),
      });
      response.setHeader('content-type', 'application/json');
      response.end('{"access_token":"t","token_type":"Bearer","expires_in":60}');
    });
    const client = { id: 'caller:1 ü%', secret: 'a+b&c=d/é "~*-_.' };
    const url = `${server.origin}oauth2/v1/token`;
    const ours = clientOf(server.origin, server.ca);

    await tokenRequest({
      ...asCaller({ clientAuthentication }),
      http: ours,
      url: new URL(url),
      credentials: async () => ({
        clientId: client.id,
        clientSecret: new Redacted(client.secret),
        versionId: 'v-1',
      }),
    })();
    await theirToken(url, clientAuthentication, client, identity.scope);
    await ours.close();

    expect(seen).toHaveLength(2);
    expect(seen[0]).toEqual(seen[1]);
  });

  it('is told invalid_client for a wrong secret', async () => {
    const credentials = secretHolding({ clientId: identity.callerClient.id, clientSecret: 'not-the-one' });

    await expect(tokenRequest(asCaller({ clientAuthentication, credentials }))()).rejects.toMatchObject({
      oauthError: 'invalid_client',
      failureClass: 'environment',
    });
  });
});

describe('the token request', () => {
  it('is told invalid_scope for a scope that was not granted', async () => {
    await expect(tokenRequest(asCaller({ scope: `${identity.scope} nothing` }))()).rejects.toMatchObject({
      oauthError: 'invalid_scope',
      failureClass: 'configuration',
    });
  });

  it('is told unauthorized_client for an application without the grant', async () => {
    const { id, secret } = identity.siebelClient;
    const credentials = secretHolding({ clientId: id, clientSecret: secret });

    await expect(tokenRequest(asCaller({ credentials }))()).rejects.toMatchObject({ failureClass: 'configuration' });
  });

  it('does not follow a redirect, and shows the other host nothing (R39, F34)', async () => {
    await using elsewhere = await httpsServer((_, response) => response.end());
    await using server = await httpsServer((_, response) => {
      response.writeHead(307, { location: `${elsewhere.origin}token` }).end();
    });
    const ours = clientOf(server.origin, server.ca);

    await expect(tokenRequest({ ...asCaller({}), http: ours })()).rejects.toMatchObject({
      code: 'TOKEN_RESPONSE_UNUSABLE',
      status: 307,
    });
    expect(elsewhere.connections).toBe(0);
    await ours.close();
  });

  it('is made once for many callers, over sockets too (R21)', async () => {
    let reads = 0;
    const read = readClientCredentials({
      secretId: 'siebel/client',
      client: {
        send: async (command) => {
          expect(command).toBeInstanceOf(GetSecretValueCommand);
          reads += 1;
          const { id, secret } = identity.callerClient;
          return { SecretString: JSON.stringify({ clientId: id, clientSecret: secret }), VersionId: 'v-1' };
        },
      },
    });
    const credentials = cacheClientCredentials(read, { clock: systemClock });
    const tokens = cacheAccessToken(tokenRequest(asCaller({ credentials })), { clock: systemClock });
    const before = identity.stats().tokenRequests;

    const deadlineAtMs = systemClock.now() + 5_000;
    const all = await Promise.all(Array.from({ length: 200 }, () => tokens.get({ deadlineAtMs })));

    expect(new Set(all).size).toBe(1);
    expect(identity.stats().tokenRequests - before).toBe(1);
    expect(reads).toBe(1);
  });
});

function asCaller(options: Partial<TokenRequestOptions>): TokenRequestOptions {
  const { id, secret } = identity.callerClient;
  return {
    http,
    url: new URL(identity.tokenUrl),
    scope: identity.scope,
    clientAuthentication: 'basic',
    credentials: secretHolding({ clientId: id, clientSecret: secret }),
    clock: systemClock,
    ...options,
  };
}

function secretHolding(content: Readonly<Record<string, string>>) {
  return readClientCredentials({
    secretId: 'siebel/client',
    client: { send: async () => ({ SecretString: JSON.stringify(content), VersionId: 'v-1' }) },
  });
}

function clientOf(origin: string | URL, ca: string): HttpClient {
  return httpClient({
    origin: new URL(origin),
    ca,
    connections: 1,
    clock: systemClock,
    totalTimeoutMs: 5_000,
    maxBodyBytes: 65_536,
  });
}

/** Token answer that the independent client gets and accepts. */
async function theirToken(
  tokenUrl: string,
  clientAuthentication: 'basic' | 'post',
  { id, secret }: { id: string; secret: string },
  scope: string,
): Promise<oauth.TokenEndpointResponse> {
  const server: oauth.AuthorizationServer = { issuer: new URL(tokenUrl).origin, token_endpoint: tokenUrl };
  const client: oauth.Client = { client_id: id };
  const authenticate =
    clientAuthentication === 'basic' ? oauth.ClientSecretBasic(secret) : oauth.ClientSecretPost(secret);
  const response = await oauth.clientCredentialsGrantRequest(
    server,
    client,
    authenticate,
    { scope },
    {
      [oauth.customFetch]: (url: string, options: object) =>
        fetch(url, { ...options, dispatcher: agent } as object) as never,
    },
  );
  return oauth.processClientCredentialsResponse(server, client, response);
}

function clientIn(authorization: string | undefined): string[] | undefined {
  const pair = authorization && Buffer.from(authorization.replace('Basic ', ''), 'base64').toString();
  return pair?.split(':').map((part) => decodeURIComponent(part.replaceAll('+', ' ')));
}
