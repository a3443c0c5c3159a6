import { Pool } from 'undici';
import { systemClock as clock } from '../../lib/clock.ts';
import { httpClient } from '../../lib/http/client.ts';
import type { AccessToken, AccessTokenSource } from '../../lib/oauth/access-token.ts';
import { Redacted } from '../../lib/redacted.ts';
import { siebelClient } from '../../lib/siebel/client.ts';

/** What the parent asks of this process; it answers with what the work has cost. */
export interface SideJob {
  readonly origin: string;
  readonly ca: string;
  /** `client` is ours; `raw` makes the same requests with `undici.request` and drops the bodies. */
  readonly side: 'client' | 'raw';
  /** `pull`: pages of 100 to the end. `calls`: so many reads of one record, one after the other. */
  readonly work: 'pull' | { readonly calls: number };
}

export interface SideCost {
  readonly ms: number;
  /** User and system time of this process while it worked. */
  readonly cpuMs: number;
  /** Highest resident size since the process began. */
  readonly peakMb: number;
  /** Records seen, and how many of them had an Id that none before had. */
  readonly records: number;
  readonly distinct: number;
}

/** Until both sides are compiled: that is done once in the life of a container. */
const WARMING_CALLS = 2_000;
const PAGE_SIZE = 100;
const MOST_RECORDS = 1_000_000;
const HEADERS = { accept: 'application/json', 'content-type': 'application/json', authorization: 'Bearer bench' };
const ACCOUNT = { businessObject: 'Account', businessComponent: 'Account', viewMode: 'All' } as const;
const FIELDS = Array.from({ length: 30 }, (_, number) => `Field ${number}`);
const FOREVER = { deadlineAtMs: Number.MAX_SAFE_INTEGER };

process.on('message', async (job: SideJob) => {
  const side = job.side === 'client' ? clientSide(job) : rawSide(job);
  // One byte for each record there could be: what counts them weighs the same however many there are.
  const seen = new Uint8Array(MOST_RECORDS);
  let records = 0;
  if (job.work !== 'pull') await side.calls(WARMING_CALLS);

  const cpu = process.cpuUsage();
  const startedMs = performance.now();
  if (job.work === 'pull') {
    await side.pull((ids) => {
      records += ids.length;
      for (const id of ids) seen[Number.parseInt(id.slice(2), 36)] = 1;
    });
  } else {
    await side.calls(job.work.calls);
  }
  const { user, system } = process.cpuUsage(cpu);
  const cost: SideCost = {
    ms: performance.now() - startedMs,
    cpuMs: (user + system) / 1_000,
    peakMb: process.resourceUsage().maxRSS / 1_024,
    records,
    distinct: seen.reduce((sum, one) => sum + one, 0),
  };
  await side.close();
  process.send?.(cost);
});
process.once('disconnect', () => process.exit());

interface Side {
  pull(onPage: (ids: readonly string[]) => void): Promise<void>;
  calls(count: number): Promise<void>;
  close(): Promise<void>;
}

function clientSide({ origin, ca }: SideJob): Side {
  const limits = { connections: 1, totalTimeoutMs: 20_000, maxBodyBytes: 8 * 1_024 * 1_024 };
  const http = httpClient({ origin: new URL(origin), ca, clock, ...limits });
  const client = siebelClient({ http, tokens: oneToken(), baseUrl: new URL(`${origin}/siebel/v1.0`), clock });
  return {
    async pull(onPage) {
      const query = { fields: FIELDS, pageSize: PAGE_SIZE, startRow: 0 };
      for await (const page of client.pages(ACCOUNT, query, FOREVER)) onPage(page.map((record) => record['Id'] ?? ''));
    },
    async calls(count) {
      for (let call = 0; call < count; call += 1) await client.get(ACCOUNT, '1-1', { fields: FIELDS }, FOREVER);
    },
    close: () => http.close(),
  };
}

function rawSide({ origin, ca }: SideJob): Side {
  const pool = new Pool(origin, { connections: 1, connect: { ca }, allowH2: false });
  const get = async (path: string) => {
    const { statusCode, body } = await pool.request({ method: 'GET', path, headers: HEADERS });
    await body.dump({ limit: Number.MAX_SAFE_INTEGER });
    return statusCode;
  };
  const path = '/siebel/v1.0/data/Account/Account';
  const parameters = `ViewMode=All&uniformresponse=y&ChildLinks=None&fields=${encodeURIComponent(FIELDS.join(','))}`;
  return {
    async pull() {
      for (let first = 0; ; first += PAGE_SIZE) {
        const status = await get(`${path}?${parameters}&PageSize=100&StartRowNum=${first}&ExecutionMode=ForwardOnly`);
        if (status === 404) return;
      }
    },
    async calls(count) {
      for (let call = 0; call < count; call += 1) await get(`${path}/1-1?${parameters}`);
    },
    close: () => pool.destroy(),
  };
}

function oneToken(): AccessTokenSource {
  const token: AccessToken = {
    value: new Redacted('bench'),
    fingerprint: '00000000',
    obtainedAtMs: 0,
    expiresAtMs: Number.MAX_SAFE_INTEGER,
    expiresAtElapsedMs: Number.MAX_SAFE_INTEGER,
  };
  return { get: () => token, replace: async () => token, accepted: () => {}, settled: async () => {} };
}
