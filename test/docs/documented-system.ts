import type { ApiResponse } from '../../lib/api/response.ts';
import { apiServer } from '../../lib/api/serve.ts';
import { systemClock as clock } from '../../lib/clock.ts';
import { httpClient } from '../../lib/http/client.ts';
import { cacheAccessToken } from '../../lib/oauth/access-token-cache.ts';
import { tokenRequest } from '../../lib/oauth/token-request.ts';
import { type Integration, operationRunner } from '../../lib/operations/index.ts';
import { Redacted } from '../../lib/redacted.ts';
import { siebelClient } from '../../lib/siebel/client.ts';
import { routeTable } from '../../local-stack/lambda/http-routes.ts';
import type { SiebelStandIn } from '../../local-stack/siebel/siebel.ts';
import { httpEvent } from '../lib/api/http-event.ts';
import { keptLog, keptMetrics } from '../lib/sync/sync-parts.ts';
import type { Domain } from '../local-stack/siebel-fixture.ts';
import type { CurlSample } from './samples.ts';

const PATIENCE_MS = 10_000;

/** Siebel with its 5,000 accounts, as the local stack starts it. */
export type StartSiebel = typeof import('../../local-stack/siebel/siebel.ts').startSiebel;

/** An integration over the Siebel stand-in, for the samples of a page. */
export interface DocumentedSystem {
  readonly siebel: SiebelStandIn;
  run(operation: string, input: unknown): Promise<unknown>;
  /** The answer. */
  answerTo(sample: CurlSample): Promise<ApiResponse>;
  /** The body of the answer. */
  curl(sample: CurlSample): Promise<string>;
  close(): Promise<void>;
}

export async function documentedSystem(
  integration: Integration,
  { identity, caPem, tls }: Domain,
  startSiebel: StartSiebel,
): Promise<DocumentedSystem> {
  const siebel = await startSiebel({
    tls,
    introspectionUrl: identity.introspectionUrl,
    introspectionClient: identity.siebelClient,
    ca: caPem,
  });
  identity.setSiebelBaseUrl(siebel.baseUrl);

  const exchange = { ca: caPem, connections: 2, totalTimeoutMs: PATIENCE_MS, maxBodyBytes: 1_048_576, clock };
  const http = httpClient({ ...exchange, origin: new URL(siebel.baseUrl) });
  const tokenHttp = httpClient({ ...exchange, origin: new URL(identity.tokenUrl) });
  const { id: clientId, secret } = identity.callerClient;
  const credentials = { clientId, clientSecret: new Redacted(secret), versionId: '1' };
  const request = tokenRequest({
    http: tokenHttp,
    url: new URL(identity.tokenUrl),
    scope: ['data', 'service', 'workflow'].map((root) => identity.scope.replace(/data$/, root)).join(' '),
    clientAuthentication: 'basic',
    credentials: async () => credentials,
    clock,
  });
  const tokens = cacheAccessToken(request, { clock });
  const client = siebelClient({ http, tokens, baseUrl: new URL(siebel.baseUrl), clock, site: integration.site });
  const operations = operationRunner(integration, () => client);
  const serve = apiServer({ integration, operations, clock, log: keptLog(), metrics: keptMetrics() });
  const routeOf = routeTable(integration.routes.map(({ routeKey }) => routeKey));

  const answerTo: DocumentedSystem['answerTo'] = async ({ method, path, query, body }) => {
    const route = routeOf(method, path);
    if (!route) throw new Error(`no route for ${method} ${path}`);
    const headers: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
    const event = httpEvent({ method, path, query, ...route, headers, ...(body !== undefined && { body }) });
    return serve(event, clock.now() + PATIENCE_MS);
  };

  return {
    siebel,
    run: (operation, input) => operations.run(operation, input, { deadlineAtMs: clock.now() + PATIENCE_MS }),
    curl: async (sample) => (await answerTo(sample)).body,
    answerTo,

    async close() {
      await Promise.all([http.close(), tokenHttp.close(), siebel.close()]);
    },
  };
}
