import { readFileSync } from 'node:fs';
import { type Clock, systemClock as clock } from '../lib/clock.ts';
import type { readSettings, SettingName } from '../lib/config.ts';
import { ConfigurationError } from '../lib/errors.ts';
import { httpClient } from '../lib/http/client.ts';
import { functionLog, functionMetrics, type Log, type Metrics } from '../lib/logger.ts';
import type { AccessTokenSource } from '../lib/oauth/access-token.ts';
import { cacheAccessToken } from '../lib/oauth/access-token-cache.ts';
import { tokenRequest } from '../lib/oauth/token-request.ts';
import { callsPerMinuteOf, type WayIn } from '../lib/operations/capacity.ts';
import { cacheClientCredentials, readClientCredentials } from '../lib/secrets/client-credentials.ts';
import { circuit } from '../lib/siebel/circuit.ts';
import { type SiebelClient, siebelClient } from '../lib/siebel/client.ts';
import { pace } from '../lib/siebel/pace.ts';
import { permits } from '../lib/siebel/permits.ts';
import integration from '../siebel.config.ts';
import { endOnStrayErrors } from './stray-errors.ts';

// A part of functions/runtime.ts, which alone imports it.

const MAX_SIEBEL_BODY_BYTES = 8 * 1024 * 1024;
const MAX_TOKEN_BODY_BYTES = 64 * 1024;

/** Settings of every function that calls Siebel. */
export const SIEBEL_SETTINGS = [
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
export interface SiebelParts {
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

/** The share of the capacity plan that each function calls Siebel with. */
const WAY_IN = { queue: 'queue', schedule: 'sync', backfill: 'backfill', api: 'api' } as const satisfies Record<
  string,
  WayIn
>;

/**
 * A client of Siebel with its access token, and where the function tells what happens.
 *
 * @param connections Of one container.
 */
export function siebelParts(
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
export function telling(service: string, stage: string): { readonly log: Log; readonly metrics: Metrics } {
  const parts = { log: functionLog(service), metrics: functionMetrics(service, stage) };
  endOnStrayErrors(parts);
  return parts;
}

/** Authorities in PEM; a relative path starts at the package, which is where Lambda starts a function. */
export function authority(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new ConfigurationError(`the authority file ${file} cannot be read: package it in certs/`, { cause });
  }
}
