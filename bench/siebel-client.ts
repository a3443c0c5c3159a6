import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Bench, BenchOptions, Result } from './result.ts';
import { ownCertificate } from './support/certificate.ts';
import type { PagesServerOptions } from './support/siebel-pages.ts';
import type { SideCost, SideJob } from './support/siebel-side.ts';
import { median, quantile, round2, shuffled } from './support/statistics.ts';

/** Least share of the raw side's throughput that a pull keeps (S1), at this delay of a page. */
const LEAST_PULL = 0.94;
const PAGE_DELAY_MS = 150;
const PULLED = { few: 10_000, many: 100_000 } as const;
/** Most that ten times the records may add to the peak (S2). */
const MOST_MEMORY = 1.1;
const MEMORY_ROUNDS = 3;
/**
 * The runtime's flags at 512 MB, with the young generation whole from the start: V8 grows it step by step over the first
 * hundreds of pages, which says nothing of what is held.
 */
const RUNTIME_FLAGS = ['--min-semi-space-size=25', '--max-semi-space-size=25', '--max-old-space-size=460'];
/** Most CPU of a call, as a multiple of `undici.request` (W2). */
const MOST_CPU = 1.3;
const CALLS = 5_000;

/** The client against the same requests without it: on one machine, over TLS, each side a process of its own. */
export const siebelClientBench: Bench = {
  name: 'siebel',
  measures: 'what lib/siebel costs beside undici.request: pulls (S1), their memory (S2), CPU of a call (W2)',
  async run(options) {
    const tls = await ownCertificate();
    const run = async (server: Omit<PagesServerOptions, 'tls'>, job: Pick<SideJob, 'side' | 'work'>) =>
      withServer({ ...server, tls }, (origin) => side({ ...job, origin, ca: tls.cert }));
    return [...(await calls(run, options)), ...(await pulls(run))];
  },
};

type Run = (server: Omit<PagesServerOptions, 'tls'>, job: Pick<SideJob, 'side' | 'work'>) => Promise<SideCost>;

async function calls(run: Run, { rounds }: BenchOptions): Promise<Result[]> {
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const cpu = { client: 0, raw: 0 };
    for (const name of shuffled(['client', 'raw'] as const)) {
      const { cpuMs } = await run({ records: 1, delayMs: 0 }, { side: name, work: { calls: CALLS } });
      cpu[name] = cpuMs;
    }
    ratios.push(cpu.client / cpu.raw);
    progress(`CPU of a call, round ${round + 1} of ${rounds}: ${round2(cpu.client / cpu.raw)}`);
  }
  const value = round2(median(ratios));
  const quartiles = [round2(quantile(ratios, 0.25)), round2(quantile(ratios, 0.75))] as const;
  const what = `CPU of a read, over ${CALLS.toLocaleString('en')} reads`;
  return [{ id: 'W2', what, base: '× undici.request', value, quartiles, target: MOST_CPU, met: value <= MOST_CPU }];
}

/** Throughput, and the peak memory of the same pull beside those of shorter ones. */
async function pulls(run: Run): Promise<Result[]> {
  const few: number[] = [];
  for (let round = 0; round < MEMORY_ROUNDS; round += 1) {
    few.push((await complete(run, PULLED.few)).peakMb);
    progress(`peak memory of 10,000 records: ${few.at(-1)?.toFixed()} MB`);
  }
  progress(`pulling 100,000 records twice, ${PAGE_DELAY_MS} ms a page: some five minutes`);
  const raw = await run({ records: PULLED.many, delayMs: PAGE_DELAY_MS }, { side: 'raw', work: 'pull' });
  const many = await complete(run, PULLED.many);

  const share = Math.round((raw.ms / many.ms) * 1_000) / 1_000;
  const growth = round2(many.peakMb / median(few));
  const what = `pull of 100,000 records, ${PAGE_DELAY_MS} ms a page`;
  return [
    {
      id: 'S1',
      what: `${what} (${round2(many.ms / 1_000)} s)`,
      base: 'of the raw throughput',
      value: share,
      target: LEAST_PULL,
      atLeast: true,
      met: share >= LEAST_PULL,
    },
    {
      id: 'S2',
      what: `peak memory of the same (${Math.round(many.peakMb)} MB)`,
      base: '× that of 10,000',
      value: growth,
      target: MOST_MEMORY,
      met: growth <= MOST_MEMORY,
    },
  ];
}

async function complete(run: Run, records: number): Promise<SideCost> {
  const cost = await run({ records, delayMs: PAGE_DELAY_MS }, { side: 'client', work: 'pull' });
  if (cost.records !== records || cost.distinct !== records)
    throw new Error(`${cost.records} records came, ${cost.distinct} different ones, and there are ${records}`);
  return cost;
}

async function withServer<T>(options: PagesServerOptions, use: (origin: string) => Promise<T>): Promise<T> {
  const server = fork(new URL('support/siebel-pages.ts', import.meta.url));
  try {
    server.send(options);
    return await use(`https://127.0.0.1:${await answerOf<number>(server)}`);
  } finally {
    server.kill();
  }
}

async function side(job: SideJob): Promise<SideCost> {
  const worker = fork(new URL('support/siebel-side.ts', import.meta.url), { execArgv: RUNTIME_FLAGS });
  try {
    worker.send(job);
    return await answerOf<SideCost>(worker);
  } finally {
    worker.kill();
  }
}

async function answerOf<T>(child: ChildProcess): Promise<T> {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`a process of the bench ended with ${code}`);
  });
  const [answer] = await Promise.race([once(child, 'message'), ended]);
  return answer as T;
}

function progress(line: string): void {
  console.error(line);
}
