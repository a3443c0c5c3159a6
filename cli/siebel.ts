import { readFileSync } from 'node:fs';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Clock } from '../lib/clock.ts';
import { httpClient } from '../lib/http/client.ts';
import { cacheAccessToken } from '../lib/oauth/access-token-cache.ts';
import { tokenRequest } from '../lib/oauth/token-request.ts';
import { callsPerMinuteOf } from '../lib/operations/capacity.ts';
import type { Integration } from '../lib/operations/index.ts';
import { cacheClientCredentials, readClientCredentials } from '../lib/secrets/client-credentials.ts';
import { circuit } from '../lib/siebel/circuit.ts';
import { type SiebelClient, siebelClient } from '../lib/siebel/client.ts';
import { pace } from '../lib/siebel/pace.ts';
import { permits } from '../lib/siebel/permits.ts';
import { Problem } from './problem.ts';
import type { CliSettings } from './settings.ts';

const MAX_SIEBEL_BODY_BYTES = 8 * 1024 * 1024;
const MAX_TOKEN_BODY_BYTES = 64 * 1024;

/**
 * Siebel over one connection, one of those that the capacity plan keeps for the command line (`capacity.tools`).
 *
 * Opens nothing before the first call.
 *
 * @throws Problem `NO_CONNECTION_PLANNED` when the plan keeps none, `UNREADABLE_FILE` for an authority that cannot be read.
 */
export function openSiebel(
  { values, tuning, secretsManager }: Pick<CliSettings, 'values' | 'tuning' | 'secretsManager'>,
  { capacity, site }: Pick<Integration, 'capacity' | 'site'>,
  clock: Clock,
): SiebelClient {
  if (capacity.tools < 1) {
    throw new Problem(
      'NO_CONNECTION_PLANNED',
      'capacity.tools in siebel.config.ts is 0: this command calls Siebel, and no connection is kept for it',
    );
  }
  const baseUrl = new URL(values.SIEBEL_BASE_URL ?? '');
  const callsPerMinute = callsPerMinuteOf(capacity, 'tools', capacity.tools);
  const timeoutMs = tuning.SIEBEL_TIMEOUT_MS;
  return siebelClient({
    http: httpClient({
      origin: baseUrl,
      ca: authority(tuning.SIEBEL_CA_FILE),
      connections: 1,
      totalTimeoutMs: timeoutMs,
      maxBodyBytes: MAX_SIEBEL_BODY_BYTES,
      clock,
    }),
    tokens: cacheAccessToken(tokenRequests({ values, tuning, secretsManager }, clock), { clock }),
    timeoutMs,
    baseUrl,
    permits: permits({ total: 1, holdMs: tuning.SIEBEL_ABANDONED_HOLD_SECONDS * 1_000, clock }),
    pace: callsPerMinute === undefined ? undefined : pace({ callsPerMinute, clock }),
    circuit: circuit({ clock }),
    site,
    clock,
  });
}

function tokenRequests(
  { values, tuning, secretsManager }: Pick<CliSettings, 'values' | 'tuning' | 'secretsManager'>,
  clock: Clock,
) {
  const url = new URL(values.TOKEN_URL ?? '');
  const client = new SecretsManagerClient({ ...secretsManager, maxAttempts: 3 });
  return tokenRequest({
    http: httpClient({
      origin: url,
      ca: authority(tuning.TOKEN_CA_FILE),
      connections: 1,
      totalTimeoutMs: tuning.TOKEN_TIMEOUT_MS,
      maxBodyBytes: MAX_TOKEN_BODY_BYTES,
      clock,
    }),
    url,
    scope: values.TOKEN_SCOPE ?? '',
    clientAuthentication: tuning.TOKEN_CLIENT_AUTHENTICATION,
    credentials: cacheClientCredentials(readClientCredentials({ secretId: values.CLIENT_SECRET_ID ?? '', client }), {
      clock,
    }),
    clock,
  });
}

function authority(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    throw new Problem('UNREADABLE_FILE', `the authority file ${file} cannot be read (${code})`, { exitCode: 2 });
  }
}
