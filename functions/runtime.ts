import { readFileSync } from 'node:fs';
import { callerKeys } from '../lib/api/caller-keys.ts';
import { callerTokenVerifier } from '../lib/api/caller-token.ts';
import { type Clock, systemClock as clock } from '../lib/clock.ts';
import { readSettings, type SettingName } from '../lib/config.ts';
import { ConfigurationError } from '../lib/errors.ts';
import { httpClient } from '../lib/http/client.ts';
import { ledger } from '../lib/ledger/run.ts';
import { functionLog, functionMetrics, type Log, type Metrics } from '../lib/logger.ts';
import { changeVisibility } from '../lib/messaging/visibility.ts';
import type { AccessTokenSource } from '../lib/oauth/access-token.ts';
import { cacheAccessToken } from '../lib/oauth/access-token-cache.ts';
import { tokenRequest } from '../lib/oauth/token-request.ts';
import { callsPerMinuteOf, type WayIn } from '../lib/operations/capacity.ts';
import { operationRunner } from '../lib/operations/index.ts';
import { cacheClientCredentials, readClientCredentials } from '../lib/secrets/client-credentials.ts';
import { circuit } from '../lib/siebel/circuit.ts';
import { type SiebelClient, siebelClient } from '../lib/siebel/client.ts';
import { pace } from '../lib/siebel/pace.ts';
import { permits } from '../lib/siebel/permits.ts';
import { callItems } from '../lib/state/call-items.ts';
import { syncState } from '../lib/state/sync-state.ts';
import { stateTable } from '../lib/state/table.ts';
import { s3Sink } from '../lib/sync/s3-sink.ts';
import integration from '../siebel.config.ts';
import type { ApiParts } from './api.ts';
import type { AuthorizerParts } from './authorizer.ts';
import { lazily } from './lazily.ts';
import type { QueueParts } from './queue.ts';
import type { ScheduleParts } from './schedule.ts';
import { endOnStrayErrors } from './stray-errors.ts';

// The only place where real parts are put together. Nothing is made before a function asks for it, and then once per
// container: a bundle that uses one of these exports carries only what that one needs.

const MAX_SIEBEL_BODY_BYTES = 8 * 1024 * 1024;
const MAX_TOKEN_BODY_BYTES = 64 * 1024;
const MAX_KEYS_BODY_BYTES = 256 * 1024;
const KEYS_TIMEOUT_MS = 5_000;

const SIEBEL_SETTINGS = [
  'STAGE',
  'SIEBEL_BASE_URL',
  'SIEBEL_CA_FILE',
  'SIEBEL_TIMEOUT_MS',
  'SIEBEL_ABANDONED_HOLD_SECONDS',
  'SIEBEL_CIRCUIT_OPEN_SECONDS',
  'TOKEN_URL',
  'TOKEN_SCOPE',
  'TOKEN_CA_FILE',
  'TOKEN_CLIENT_AUTHENTICATION',
  'TOKEN_TIMEOUT_MS',
  'TOKEN_TRUST_MS',
  'TOKEN_REPLACE_INTERVAL_MS',
  'WARM_UP_TIMEOUT_MS',
  'CLIENT_SECRET_ID',
] as const satisfies readonly SettingName[];

/** What every function that calls Siebel is made of. */
interface SiebelParts {
  readonly siebel: SiebelClient;
  readonly tokens: AccessTokenSource;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly clock: Clock;
  /** The most requests that were at Siebel at one instant since this was last asked. */
  readonly mostAtSiebel: () => number;
  /** Longest time that a cold start waits for its first access token; 0: not at all. */
  readonly warmUpTimeoutMs: number;
}

/** Parts of the queue function. */
export const queue = /* @__PURE__ */ lazily((): QueueParts & SiebelParts => {
  // Read first and together, so that one error names everything that is wrong.
  const settings = readSettings([
    ...SIEBEL_SETTINGS,
    'STATE_TABLE',
    'QUEUE_URL',
    'QUEUE_BACKOFF_SECONDS',
    'SIEBEL_SETTLE_SECONDS',
    'CALL_LEASE_MARGIN_SECONDS',
  ]);
  const { accepts, mappings, inFlight } = integration.queue;
  const parts = siebelParts('queue', settings, inFlight);
  const calls = ledger({
    store: callItems(stateTable({ tableName: settings.STATE_TABLE, clock })),
    clock,
    leaseMarginMs: settings.CALL_LEASE_MARGIN_SECONDS * 1_000,
  });
  return {
    ...parts,
    operations: operationRunner(integration, () => parts.siebel, calls, {
      settleMs: settings.SIEBEL_SETTLE_SECONDS * 1_000,
    }),
    accepts,
    mappings,
    inFlight,
    ledger: calls,
    hide: changeVisibility({ queueUrl: settings.QUEUE_URL }),
    backoffSeconds: settings.QUEUE_BACKOFF_SECONDS,
  };
});

/** Parts of the schedule function. */
export const schedule = /* @__PURE__ */ lazily((): ScheduleParts & SiebelParts => {
  const settings = readSettings([
    ...SIEBEL_SETTINGS,
    'STATE_TABLE',
    'SYNC_BUCKET',
    'SYNC_SAFETY_LAG_SECONDS',
    'SYNC_LOOKBACK_SECONDS',
  ]);
  return {
    ...siebelParts('schedule', settings, 1),
    jobs: integration.sync,
    state: syncState(stateTable({ tableName: settings.STATE_TABLE, clock })),
    sink: s3Sink({ bucket: settings.SYNC_BUCKET }),
    safetyLagMs: settings.SYNC_SAFETY_LAG_SECONDS * 1_000,
    lookbackMs: settings.SYNC_LOOKBACK_SECONDS * 1_000,
    // A call and its second attempt.
    callTimeoutMs: settings.SIEBEL_TIMEOUT_MS * 2 + 5_000,
  };
});

/** Parts of the API function. */
export const api = /* @__PURE__ */ lazily((): ApiParts & SiebelParts => {
  // A container answers one request at a time.
  const parts = siebelParts('api', readSettings(SIEBEL_SETTINGS), 1);
  return { ...parts, integration, operations: operationRunner(integration, () => parts.siebel) };
});

/** Parts of the authorizer function. */
export const authorizer = /* @__PURE__ */ lazily((): AuthorizerParts => {
  const settings = readSettings([
    'STAGE',
    'API_TOKEN_ISSUER',
    'API_TOKEN_AUDIENCE',
    'API_TOKEN_KEYS_URL',
    'API_TOKEN_CA_FILE',
  ]);
  const url = settings.API_TOKEN_KEYS_URL;
  const http = httpClient({
    origin: url,
    ca: authority(settings.API_TOKEN_CA_FILE),
    connections: 1,
    totalTimeoutMs: KEYS_TIMEOUT_MS,
    maxBodyBytes: MAX_KEYS_BODY_BYTES,
    clock,
  });
  return {
    routes: integration.routes,
    verify: callerTokenVerifier({
      keys: callerKeys({ http, url, clock }),
      issuer: settings.API_TOKEN_ISSUER,
      audience: settings.API_TOKEN_AUDIENCE,
      clock,
    }),
    clock,
    ...telling('authorizer', settings.STAGE),
  };
});

/**
 * Fetches the first access token while the container starts, when Lambda gives a whole CPU.
 *
 * Never throws and never waits longer than `WARM_UP_TIMEOUT_MS`: what fails here is met again, and told, by the first call.
 */
export async function warmUp(parts: () => Pick<SiebelParts, 'tokens' | 'warmUpTimeoutMs'>): Promise<void> {
  const over = new AbortController();
  try {
    const { tokens, warmUpTimeoutMs } = parts();
    if (warmUpTimeoutMs === 0) return;
    await Promise.race([
      tokens.get({ deadlineAtMs: clock.now() + warmUpTimeoutMs }),
      clock.sleep(warmUpTimeoutMs, over.signal),
    ]);
  } catch {
    // Left to the first call.
  } finally {
    over.abort();
  }
}

/** The share of the capacity plan that each function calls Siebel with. */
const WAY_IN = { queue: 'queue', schedule: 'sync', api: 'api' } as const satisfies Record<string, WayIn>;

/** @param connections Of one container. */
function siebelParts(
  service: keyof typeof WAY_IN,
  settings: ReturnType<typeof readSettings<(typeof SIEBEL_SETTINGS)[number]>>,
  connections: number,
): SiebelParts {
  const { log, metrics } = telling(service, settings.STAGE);
  const credentials = cacheClientCredentials(readClientCredentials({ secretId: settings.CLIENT_SECRET_ID }), {
    clock,
    onStale: ({ code }) => {
      metrics.count('secret.stale');
      log.warn('SECRET_STALE', { code });
    },
  });
  const request = tokenRequest({
    http: httpClient({
      origin: settings.TOKEN_URL,
      ca: authority(settings.TOKEN_CA_FILE),
      connections: 1,
      totalTimeoutMs: settings.TOKEN_TIMEOUT_MS,
      maxBodyBytes: MAX_TOKEN_BODY_BYTES,
      clock,
    }),
    url: settings.TOKEN_URL,
    scope: settings.TOKEN_SCOPE,
    clientAuthentication: settings.TOKEN_CLIENT_AUTHENTICATION,
    credentials,
    clock,
    log,
  });
  const tokens = cacheAccessToken(request, {
    clock,
    trustMs: settings.TOKEN_TRUST_MS,
    replaceIntervalMs: settings.TOKEN_REPLACE_INTERVAL_MS,
    log,
    metrics,
  });
  const places = permits({ total: connections, holdMs: settings.SIEBEL_ABANDONED_HOLD_SECONDS * 1_000, clock });
  const callsPerMinute = shareOfCalls(WAY_IN[service], connections);
  const siebel = siebelClient({
    http: httpClient({
      origin: settings.SIEBEL_BASE_URL,
      ca: authority(settings.SIEBEL_CA_FILE),
      connections,
      totalTimeoutMs: settings.SIEBEL_TIMEOUT_MS,
      maxBodyBytes: MAX_SIEBEL_BODY_BYTES,
      clock,
    }),
    tokens,
    timeoutMs: settings.SIEBEL_TIMEOUT_MS,
    baseUrl: settings.SIEBEL_BASE_URL,
    permits: places,
    pace: callsPerMinute === undefined ? undefined : pace({ callsPerMinute, clock }),
    circuit: circuit({ openMs: settings.SIEBEL_CIRCUIT_OPEN_SECONDS * 1_000, clock }),
    site: integration.site,
    clock,
    log,
  });
  return {
    siebel,
    tokens,
    log,
    metrics,
    clock,
    mostAtSiebel: () => places.highest(),
    warmUpTimeoutMs: settings.WARM_UP_TIMEOUT_MS,
  };
}

function shareOfCalls(way: WayIn, connections: number): number | undefined {
  const { capacity } = integration;
  return callsPerMinuteOf(capacity, way, Math.floor(capacity[way] / connections));
}

/** Where a function tells what happens, its own end included. */
function telling(service: string, stage: string): { readonly log: Log; readonly metrics: Metrics } {
  const parts = { log: functionLog(service), metrics: functionMetrics(service, stage) };
  endOnStrayErrors(parts);
  return parts;
}

/** Authorities in PEM; a relative path starts at the package, which is where Lambda starts a function. */
function authority(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new ConfigurationError(`the authority file ${file} cannot be read: package it in certs/`, { cause });
  }
}
