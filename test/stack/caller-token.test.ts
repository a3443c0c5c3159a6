import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callerKeys } from '../../lib/api/caller-keys.ts';
import { callerTokenVerifier } from '../../lib/api/caller-token.ts';
import { systemClock } from '../../lib/clock.ts';
import type { HttpClient } from '../../lib/http/exchange.ts';
import { type Identity, startIdentity } from '../../local-stack/identity/identity.ts';
import { clientFor } from '../support/http-client.ts';
import { testAuthority } from '../support/https-server.ts';

let identity: Identity;
let http: HttpClient;
let verify: (token: string) => ReturnType<ReturnType<typeof callerTokenVerifier>>;

beforeAll(async () => {
  const authority = await testAuthority();
  identity = await startIdentity({ tls: await authority.issue('127.0.0.1') });
  const url = new URL(identity.jwksUrl);
  http = clientFor({ origin: url, ca: authority.caPem });
  const verifier = callerTokenVerifier({
    keys: callerKeys({ http, url, clock: systemClock }),
    issuer: identity.issuer,
    audience: identity.apiAudience,
    clock: systemClock,
  });
  verify = (token) => verifier(token, Date.now() + 5_000);
});

afterAll(async () => {
  await http.close();
  await identity.close();
});

describe("a caller's token of the identity domain", () => {
  it('is good with the key that the domain shows, fetched once', async () => {
    const [both, read] = await Promise.all([
      identity.issueApiToken(),
      identity.issueApiToken({ scopes: ['siebel.read'] }),
    ]);

    expect(await verify(both)).toEqual({
      caller: { clientId: identity.apiClient.id, scopes: ['siebel.read', 'siebel.write'] },
    });
    expect(await verify(read)).toEqual({ caller: { clientId: identity.apiClient.id, scopes: ['siebel.read'] } });
    expect(identity.stats().keyRequests).toBe(1);
  });

  it('is refused after its end, and when it was issued for Siebel', async () => {
    const expired = await identity.issueApiToken({ lifeSeconds: -60 });
    const forSiebel = await identity.issueApiToken({ audience: 'https://127.0.0.1/siebel/v1.0/' });

    expect(await verify(expired)).toEqual({ refused: 'TOKEN_EXPIRED' });
    expect(await verify(forSiebel)).toEqual({ refused: 'WRONG_AUDIENCE' });
  });
});
