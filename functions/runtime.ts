import { callerKeys } from '../lib/api/caller-keys.ts';
import { callerTokenVerifier } from '../lib/api/caller-token.ts';
import { systemClock as clock } from '../lib/clock.ts';
import { readSettings, type SettingName } from '../lib/config.ts';
import { httpClient } from '../lib/http/client.ts';
import { ledger } from '../lib/ledger/run.ts';
import { changeVisibility } from '../lib/messaging/visibility.ts';
import { operationRunner, type SyncJob } from '../lib/operations/index.ts';
import { widestWindow } from '../lib/operations/sync-job.ts';
import { backfillPlans } from '../lib/state/backfill-plan.ts';
import { callItems } from '../lib/state/call-items.ts';
import { syncControl } from '../lib/state/sync-control.ts';
import { syncState } from '../lib/state/sync-state.ts';
import { stateTable } from '../lib/state/table.ts';
import { sweepCodec } from '../lib/sync/sweep/content.ts';
import { seenRecords } from '../lib/sync/sweep/seen-objects.ts';
import { setStore } from '../lib/sync/sweep/set-store.ts';
import { runSweep } from '../lib/sync/sweep/sweep.ts';
import integration from '../siebel.config.ts';
import type { ApiParts } from './api.ts';
import type { AuthorizerParts } from './authorizer.ts';
import type { BackfillParts } from './backfill.ts';
import { lazily } from './lazily.ts';
import type { QueueParts } from './queue.ts';
import type { ScheduleParts } from './schedule.ts';
import { authority, SIEBEL_SETTINGS, type SiebelParts, siebelParts, telling } from './siebel-parts.ts';
import { sinkFor } from './sinks.ts';

// The only place where real parts are put together. Nothing is made before a function asks for it, and then once per
// container: a bundle that uses one of these exports carries only what that one needs.

const MAX_KEYS_BODY_BYTES = 256 * 1024;
const KEYS_TIMEOUT_MS = 5_000;

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

const SYNC_SETTINGS = [
  ...SIEBEL_SETTINGS,
  'STATE_TABLE',
  'SYNC_BUCKET',
  'SYNC_QUEUES_URL',
  'SYNC_SAFETY_LAG_SECONDS',
  'SYNC_LOOKBACK_SECONDS',
  'SYNC_LEASE_SECONDS',
] as const satisfies readonly SettingName[];

/** Parts of the schedule function. */
export const schedule = /* @__PURE__ */ lazily((): ScheduleParts & SiebelParts => {
  const settings = readSettings(SYNC_SETTINGS);
  const parts = syncParts('schedule', settings, widestWindow(integration.sync));
  const { table, sets, state: live, ...own } = parts;
  const state = syncState(table, sweepCodec);
  return {
    ...parts,
    sweep: {
      run: (name, job, what, limits, { sink, log }) =>
        runSweep(name, job, what, limits, { ...own, state, live, sets, sink, log }),
    },
  };
});

/** Parts of the backfill function. */
export const backfill = /* @__PURE__ */ lazily((): BackfillParts & SiebelParts => {
  const settings = readSettings([...SYNC_SETTINGS, 'BACKFILL_QUEUE_URL', 'QUEUE_BACKOFF_SECONDS']);
  // A container reads one page at a time.
  const parts = syncParts('backfill', settings, 1);
  return {
    ...parts,
    plans: backfillPlans(parts.table),
    hide: changeVisibility({ queueUrl: settings.BACKFILL_QUEUE_URL }),
    backoffSeconds: settings.QUEUE_BACKOFF_SECONDS,
  };
});

/** What the two functions have in common that read records for sync jobs. */
function syncParts(
  service: 'schedule' | 'backfill',
  settings: ReturnType<typeof readSettings<(typeof SYNC_SETTINGS)[number]>>,
  connections: number,
) {
  const parts = siebelParts(service, settings, connections);
  const table = stateTable({ tableName: settings.STATE_TABLE, clock });
  const { SYNC_BUCKET: bucket, SYNC_QUEUES_URL: queuesUrl } = settings;
  const sets = setStore({ bucket });
  return {
    ...parts,
    jobs: integration.sync,
    table,
    state: syncState(table),
    control: syncControl(table),
    sets,
    seen: seenRecords({ sets, clock }),
    sinkOf: ({ to }: SyncJob) => sinkFor(to, { bucket, queuesUrl, clock, log: parts.log, metrics: parts.metrics }),
    safetyLagMs: settings.SYNC_SAFETY_LAG_SECONDS * 1_000,
    lookbackMs: settings.SYNC_LOOKBACK_SECONDS * 1_000,
    leaseMs: settings.SYNC_LEASE_SECONDS * 1_000,
    // A call and its second attempt.
    callTimeoutMs: settings.SIEBEL_TIMEOUT_MS * 2 + 5_000,
  };
}

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
