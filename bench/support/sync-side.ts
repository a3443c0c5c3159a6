import { S3Client } from '@aws-sdk/client-s3';
import { Pool } from 'undici';
import { systemClock as clock } from '../../lib/clock.ts';
import { httpClient } from '../../lib/http/client.ts';
import {
  businessComponent,
  defineIntegration,
  optional,
  readOnly,
  s3,
  text,
  utcDateTime,
} from '../../lib/operations/index.ts';
import { siebelClient } from '../../lib/siebel/client.ts';
import { permits } from '../../lib/siebel/permits.ts';
import { syncControl } from '../../lib/state/sync-control.ts';
import { syncState } from '../../lib/state/sync-state.ts';
import { stateTable } from '../../lib/state/table.ts';
import { runSync, runWindow, type SyncParts } from '../../lib/sync/run.ts';
import { s3Sink } from '../../lib/sync/s3-sink.ts';
import { atMsOf, FIELDS, idOf, type Records, wireOf } from './records.ts';
import { noLog, noMetrics, oneToken } from './silent.ts';
import type { SyncServersReady } from './sync-servers.ts';

/** What the parent sends first. */
export interface SyncSideOptions extends SyncServersReady {
  readonly ca: string;
  /** Pages that are read at a time. */
  readonly window: number;
}

/** One piece of work; the process answers with what it has cost. */
export type SyncSideWork =
  /** As many calls as a pull of the records makes, each for one record, one behind the other, and the bodies dropped. */
  | { readonly work: 'floor'; readonly records: Records }
  /** The job from its beginning to its bound. Each job has a name of its own. */
  | { readonly work: 'run'; readonly job: string }
  /** One window of a backfill: both ends belong to it. */
  | {
      readonly work: 'window';
      readonly job: string;
      readonly window: string;
      readonly fromMs: number;
      readonly upToMs: number;
    };

export interface SyncSideResult {
  readonly ms: number;
  /** Highest resident size since the process began. */
  readonly peakMb: number;
  readonly records: number;
  readonly outcome: string;
}

const PAGE_SIZE = 100;
const TIMEOUT_MS = 15 * 60_000;
const NAMES = ['Id', ...FIELDS, 'Updated'];

process.once('message', (options: SyncSideOptions) => {
  const floor = floorOf(options);
  const sync = syncOf(options);
  process.on('message', async (work: SyncSideWork) => {
    const startedMs = performance.now();
    const { records, outcome } = work.work === 'floor' ? await floor(work.records) : await sync(work);
    const result: SyncSideResult = {
      ms: performance.now() - startedMs,
      peakMb: process.resourceUsage().maxRSS / 1_024,
      records,
      outcome,
    };
    process.send?.(result);
  });
  process.send?.('ready');
});
process.once('disconnect', () => process.exit());

/** What the schedule and the backfill function are in one container, without their token endpoint and their log. */
function syncOf({ siebelPort, bucketPort, statePort, ca, window }: SyncSideOptions) {
  const origin = new URL(`https://127.0.0.1:${siebelPort}`);
  const limits = { connections: window, totalTimeoutMs: 20_000, maxBodyBytes: 8 * 1_024 * 1_024 };
  const siebel = siebelClient({
    http: httpClient({ origin, ca, clock, ...limits }),
    tokens: oneToken(),
    baseUrl: new URL('/siebel/v1.0', origin),
    permits: permits({ total: window, clock }),
    clock,
  });
  const own = { region: 'eu-west-1', credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' } };
  const table = stateTable({
    tableName: 'bench',
    clock,
    connection: { ...own, endpoint: `http://127.0.0.1:${statePort}` },
  });
  const client = new S3Client({ ...own, endpoint: `http://127.0.0.1:${bucketPort}`, forcePathStyle: true });
  const parts: SyncParts = {
    siebel,
    state: syncState(table),
    control: syncControl(table),
    sink: s3Sink({ bucket: 'bench', prefix: 'bench', client }),
    clock,
    log: noLog,
    metrics: noMetrics,
  };
  const job = jobOf(window);
  return async (work: Exclude<SyncSideWork, { readonly work: 'floor' }>) => {
    const until = { deadlineAtMs: clock.now() + TIMEOUT_MS };
    if (work.work === 'run') return runSync(work.job, job, until, parts);
    const { fromMs, upToMs } = work;
    const named = { window: work.window, span: { fromMs, upToMs }, isCancelled: async () => false };
    return runWindow(work.job, job, named, until, parts);
  };
}

function jobOf(window: number) {
  const records = businessComponent('Account/Account', {
    viewMode: 'All',
    fields: {
      ...Object.fromEntries(FIELDS.map((name) => [name, optional(text(50))])),
      Updated: readOnly(utcDateTime()),
    },
  });
  const { sync } = defineIntegration({
    operations: {},
    sync: { bench: { read: records, cursor: 'Updated', every: 'rate(5 minutes)', to: s3('bench'), window } },
    capacity: { siebelConnections: 40, queue: 0, api: 0, sync: 16, backfill: 2, tools: 0 },
  });
  const job = sync.get('bench');
  if (!job) throw new Error('the job is declared above');
  return job;
}

/** The calls of a pull, without what the client makes of an answer, and with answers of one record. */
function floorOf({ siebelPort, ca }: SyncSideOptions) {
  const origin = `https://127.0.0.1:${siebelPort}`;
  const pool = new Pool(origin, { connections: 1, connect: { ca }, allowH2: false });
  const headers = { accept: 'application/json', authorization: 'Bearer bench' };
  const parameters = {
    ViewMode: 'All',
    uniformresponse: 'y',
    ChildLinks: 'None',
    fields: NAMES.join(','),
    PageSize: '1',
    StartRowNum: '0',
    sortspec: 'Updated:asc,Id:asc',
    ExecutionMode: 'ForwardOnly',
  };
  return async (records: Records) => {
    for (let number = 0; number <= records.count; number += PAGE_SIZE) {
      const last = Math.max(0, number - 1);
      const at = wireOf(atMsOf(last, records));
      const searchspec = `([Updated] > "${at}" OR ([Updated] = "${at}" AND [Id] > "${idOf(last)}")) AND [Updated] <= "${wireOf(records.newestAtMs)}"`;
      const path = `/siebel/v1.0/data/Account/Account?${new URLSearchParams({ ...parameters, searchspec })}`;
      const { body } = await pool.request({ method: 'GET', path, headers });
      await body.dump({ limit: Number.MAX_SAFE_INTEGER });
    }
    return { records: records.count, outcome: 'complete' };
  };
}
