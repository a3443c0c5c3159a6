import type { RequestListener } from 'node:http';
import { onTestFinished } from 'vitest';
import { systemClock as clock } from '../../lib/clock.ts';
import { type HttpClientOptions, httpClient } from '../../lib/http/client.ts';
import type { AccessTokenSource } from '../../lib/oauth/access-token.ts';
import { siebelClient } from '../../lib/siebel/client.ts';
import type { ComponentAddress } from '../../lib/siebel/component.ts';
import type { SiebelOptions } from '../../local-stack/siebel/siebel.ts';
import { basic, form } from '../local-stack/https-client.ts';
import { type Domain, type SiebelFixture, startSiebelFixture } from '../local-stack/siebel-fixture.ts';
import { httpsServer } from '../support/https-server.ts';
import { accessToken } from '../support/tokens.ts';

export const ACCOUNT: ComponentAddress = { businessObject: 'Account', businessComponent: 'Account', viewMode: 'All' };
export const CONTACT: ComponentAddress = { businessObject: 'Contact', businessComponent: 'Contact', viewMode: 'All' };
export const REQUEST: ComponentAddress = {
  businessObject: 'Service Request',
  businessComponent: 'Service Request',
  viewMode: 'All',
};

const MAX_BODY_BYTES = 8 * 1024 * 1024;
type ClientParts = Partial<Parameters<typeof siebelClient>[0]>;
type HttpParts = Partial<HttpClientOptions>;

/** A deadline far enough for anything that a test waits for. */
export const soon = () => ({ deadlineAtMs: clock.now() + 20_000 });

/** A Siebel of its own for one test, and a client with a token for every kind of resource. */
export async function siebelOver(
  domain: Domain,
  settings: Partial<SiebelOptions> = {},
  { http: httpParts = {}, ...parts }: { http?: HttpParts } & Omit<ClientParts, 'http'> = {},
) {
  const fixture = await startSiebelFixture(domain, settings);
  const value = await tokenFor(fixture);
  const over = clientOf(new URL(fixture.siebel.baseUrl), domain.caPem, { value, http: httpParts, ...parts });
  onTestFinished(async () => {
    await over.close();
    await fixture.close();
  });
  return { ...over, siebel: fixture.siebel };
}

/** A server for one test that answers whatever the test makes it answer, and a client for it. */
export async function hostile(
  listener: RequestListener,
  { http: httpParts = {}, ...parts }: { http?: HttpParts } & Omit<ClientParts, 'http'> = {},
) {
  const server = await httpsServer(listener);
  const baseUrl = new URL('/siebel/v1.0', server.origin);
  const over = clientOf(baseUrl, server.ca, { value: 'a-token', http: httpParts, ...parts });
  onTestFinished(async () => {
    await over.close();
    await server.close();
  });
  return { ...over, server };
}

function clientOf(
  baseUrl: URL,
  ca: string,
  { value, http: httpParts, ...parts }: { value: string; http: HttpParts } & Omit<ClientParts, 'http'>,
) {
  const http = httpClient({
    origin: baseUrl,
    ca,
    connections: 4,
    clock,
    totalTimeoutMs: 10_000,
    maxBodyBytes: MAX_BODY_BYTES,
    ...httpParts,
  });
  const client = siebelClient({ http, tokens: oneToken(value), baseUrl, clock, ...parts });
  return { client, close: () => http.close() };
}

function oneToken(value: string): AccessTokenSource {
  const only = accessToken(clock, { value });
  return { get: () => only, replace: async () => only, accepted() {}, settled: async () => {} };
}

async function tokenFor({ identity, client }: SiebelFixture): Promise<string> {
  const scope = ['data', 'service', 'workflow'].map((root) => identity.scope.replace(/data$/, root)).join(' ');
  const body = form({ grant_type: 'client_credentials', scope });
  const reply = await client.call(identity.tokenUrl, { method: 'POST', headers: basic(identity.callerClient), body });
  return reply.json().access_token;
}
