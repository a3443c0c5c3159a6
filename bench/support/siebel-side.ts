import { Pool } from 'undici';
import { systemClock as clock } from '../../lib/clock.ts';
import { httpClient } from '../../lib/http/client.ts';
import { siebelClient } from '../../lib/siebel/client.ts';
import { oneToken } from './silent.ts';

/** What the parent asks of this process; it answers with what the work has cost. */
export interface SideJob {
  readonly origin: string;
  readonly ca: string;
  /** `client` is ours; `raw` makes the same requests with `undici.request` and drops the bodies. */
  readonly side: 'client' | 'raw';
  /** So many reads of one record, one after the other. */
  readonly calls: number;
}

export interface SideCost {
  /** User and system time of this process while it worked. */
  readonly cpuMs: number;
}

/** Until both sides are compiled: that is done once in the life of a container. */
const WARMING_CALLS = 2_000;
const HEADERS = { accept: 'application/json', 'content-type': 'application/json', authorization: 'Bearer bench' };
const ACCOUNT = { businessObject: 'Account', businessComponent: 'Account', viewMode: 'All' } as const;
const FIELDS = Array.from({ length: 30 }, (_, number) => `Field ${number}`);
const FOREVER = { deadlineAtMs: Number.MAX_SAFE_INTEGER };

process.on('message', async (job: SideJob) => {
  const side = job.side === 'client' ? clientSide(job) : rawSide(job);
  await side.calls(WARMING_CALLS);

  const cpu = process.cpuUsage();
  await side.calls(job.calls);
  const { user, system } = process.cpuUsage(cpu);
  await side.close();
  const cost: SideCost = { cpuMs: (user + system) / 1_000 };
  process.send?.(cost);
});
process.once('disconnect', () => process.exit());

interface Side {
  calls(count: number): Promise<void>;
  close(): Promise<void>;
}

function clientSide({ origin, ca }: SideJob): Side {
  const limits = { connections: 1, totalTimeoutMs: 20_000, maxBodyBytes: 8 * 1_024 * 1_024 };
  const http = httpClient({ origin: new URL(origin), ca, clock, ...limits });
  const client = siebelClient({ http, tokens: oneToken(), baseUrl: new URL(`${origin}/siebel/v1.0`), clock });
  return {
    async calls(count) {
      for (let call = 0; call < count; call += 1) await client.get(ACCOUNT, '1-1', { fields: FIELDS }, FOREVER);
    },
    close: () => http.close(),
  };
}

function rawSide({ origin, ca }: SideJob): Side {
  const pool = new Pool(origin, { connections: 1, connect: { ca }, allowH2: false });
  const parameters = `ViewMode=All&uniformresponse=y&ChildLinks=None&fields=${encodeURIComponent(FIELDS.join(','))}`;
  const path = `/siebel/v1.0/data/Account/Account/1-1?${parameters}`;
  return {
    async calls(count) {
      for (let call = 0; call < count; call += 1) {
        const { body } = await pool.request({ method: 'GET', path, headers: HEADERS });
        await body.dump({ limit: Number.MAX_SAFE_INTEGER });
      }
    },
    close: () => pool.destroy(),
  };
}
