import type { Clock } from '../clock.ts';
import type { HttpClient } from '../http/exchange.ts';
import type { Log } from '../logger.ts';
import type { AccessTokenSource } from '../oauth/access-token.ts';
import { attempts } from './attempts.ts';
import { batches } from './batches.ts';
import { callParts } from './call-parts.ts';
import { type Circuit, circuit } from './circuit.ts';
import type { SiebelClient } from './component.ts';
import type { Pace } from './pace.ts';
import { hierarchyPagesOf, pagesOf } from './pages.ts';
import type { Permits } from './permits.ts';
import { reads } from './reads.ts';
import { type RetryBudget, retryBudget } from './retry-budget.ts';
import { services } from './services.ts';
import { largestPage, type SiebelSite, siteHeaders } from './site.ts';
import { writes } from './writes.ts';

export type { SiebelClient } from './component.ts';

/**
 * Records, business services and workflows over Siebel REST.
 *
 * @param parts.http A client for the origin of `baseUrl`, with as many connections as calls may be in flight.
 * @param parts.tokens Where each attempt gets its access token from.
 * @param parts.baseUrl Address with the context path: `https://host:9001/siebel/v1.0`.
 * @throws ConfigurationError for headers of the site that no site may set, or a page size that Siebel does not have.
 * @see Siebel REST API Guide, "About Siebel CRM REST API URI Formats" and "About URI Parameters"
 */
export function siebelClient(parts: {
  readonly http: HttpClient;
  readonly tokens: AccessTokenSource;
  readonly baseUrl: URL;
  readonly clock: Clock;
  /** What differs between installations. Default: Oracle's names and the safest rules. */
  readonly site?: SiebelSite | undefined;
  /** Longest time of one exchange over `http`. Default: up to the call's deadline. */
  readonly timeoutMs?: number | undefined;
  /** How many calls are repeated in place. Default: a budget of the client's own, two retries at the start. */
  readonly retryBudget?: RetryBudget | undefined;
  /** When Siebel is left alone. Default: a circuit of the client's own, open for 5 seconds at first. */
  readonly circuit?: Circuit | undefined;
  /** Bounds the requests at Siebel, also those that were given up. Default: the connections of `http` alone do. */
  readonly permits?: Permits | undefined;
  /** Spreads the requests over time (`capacity.callsPerMinute`). Default: they go as they come. */
  readonly pace?: Pace | undefined;
  readonly log?: Log | undefined;
}): SiebelClient {
  const { baseUrl, clock, site = {} } = parts;
  const send = attempts({
    ...parts,
    headers: siteHeaders(site),
    budget: parts.retryBudget ?? retryBudget(),
    circuit: parts.circuit ?? circuit({ clock }),
  });
  const calls = callParts({ send, baseUrl, site, clock });
  const reading = reads(calls);
  const writing = writes(calls, reading.get);
  return {
    maxPageSize: largestPage(site),
    ...reading,
    pages: (at, query, options) => pagesOf(reading.queryPage, at, query, options),
    hierarchyPages: (at, query, options) => hierarchyPagesOf(reading.hierarchy, at, query, options),
    ...writing,
    ...batches(calls, writing),
    ...services(calls),
  };
}
