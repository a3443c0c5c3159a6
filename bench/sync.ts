import type { Bench, Result } from './result.ts';
import { ownCertificate } from './support/certificate.ts';
import { asked, progress, started } from './support/processes.ts';
import { atMsOf, type Records } from './support/records.ts';
import { median, quantile, round2, shuffled } from './support/statistics.ts';
import type {
  SyncServersCounts,
  SyncServersOptions,
  SyncServersReady,
  SyncServersSetting,
} from './support/sync-servers.ts';
import type { SyncSideOptions, SyncSideResult, SyncSideWork } from './support/sync-side.ts';

const PAGE_MS = 150;
const FEW = 10_000;
const MANY = 100_000;
const MOST = 300_000;
const ROUNDS = 3;
/** Least share of the floor's throughput of one lane, and of windows in multiples of it (S1). */
const LEAST_SEQUENTIAL = 0.94;
const WIDEST = 8;
const LEAST_OF_WINDOW = { 4: 3.3, [WIDEST]: 5.5 } as const;
/** Most that three times the records may add to the peak, and the peak itself (S2). */
const MOST_GROWTH = 1.1;
const MOST_MB = 256;
/** Least share of n times the throughput of one container that n reach. */
const LEAST_OF_CONTAINERS = 0.9;
const CONTAINERS = [2, 4] as const;
const WINDOW_RECORDS = 4_000;
const WINDOWS_EACH = 2;
/**
 * The runtime's flags at 512 MB, with the young generation whole from the start: V8 grows it step by step over the first
 * hundreds of pages, which says nothing of what is held.
 */
const RUNTIME_FLAGS = ['--min-semi-space-size=25', '--max-semi-space-size=25', '--max-old-space-size=460'];
/** Some objects, each of which takes as long to be written as several pages to be read. */
const SLOW_SINK = { count: 40_000, pageMs: 20, putMs: 200 } as const;

/** The engine with its sink, over plain stand-ins for Siebel, bucket and state table in a process of their own. */
export const syncBench: Bench = {
  name: 'sync',
  measures: 'pulls into the bucket against their calls alone, windows, memory, containers of a backfill (S1, S2, S3)',
  async run() {
    const tls = await ownCertificate();
    const servers = started('sync-servers.ts');
    try {
      const options: SyncServersOptions = { tls };
      const ports = await asked<SyncServersReady>(servers, options);
      const bench: Parts = {
        async set(setting) {
          const records: Records = { count: setting.count, newestAtMs: wholeSecond(Date.now() - 600_000) };
          const next: SyncServersSetting = { pageMs: 0, putMs: 0, ...setting, records };
          await asked<string>(servers, next);
          return records;
        },
        counts: () => asked<SyncServersCounts>(servers, 'counts'),
        container: (window) => container({ ...ports, ca: tls.cert, window }),
      };
      const pulls = await sequential(bench);
      return [
        ...pulls.results,
        ...(await windows(bench, pulls.floorMs / FEW)),
        ...(await beside(bench)),
        ...(await memory(bench)),
        ...(await repeated(bench)),
        ...(await containers(bench)),
      ];
    } finally {
      servers.kill();
    }
  },
};

interface Parts {
  /** Sets the stand-ins anew, with so many records. */
  set(setting: { readonly count: number } & Partial<Omit<SyncServersSetting, 'records'>>): Promise<Records>;
  counts(): Promise<SyncServersCounts>;
  container(window: number): Promise<Container>;
}

interface Container {
  run(work: SyncSideWork): Promise<SyncSideResult>;
  end(): void;
}

let jobs = 0;

/** One lane against the floor, side by side in each round, each in a process of its own. */
async function sequential({
  set,
  counts,
  container,
}: Parts): Promise<{ readonly results: Result[]; readonly floorMs: number }> {
  const ratios: number[] = [];
  const floors: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const ms = { floor: 0, run: 0 };
    for (const work of shuffled(['floor', 'run'] as const)) {
      const records = await set({ count: FEW, pageMs: PAGE_MS });
      const job = work === 'floor' ? ({ work, records } as const) : ({ work, job: name() } as const);
      ms[work] = (await once(container, 1, job)).ms;
      if (work === 'run') whole(await counts(), FEW);
    }
    floors.push(ms.floor);
    ratios.push(ms.floor / ms.run);
    progress(`pull, round ${round + 1} of ${ROUNDS}: ${round3(ms.floor / ms.run)} of the floor (${seconds(ms.run)})`);
  }
  const value = round3(median(ratios));
  const quartiles = [round3(quantile(ratios, 0.25)), round3(quantile(ratios, 0.75))] as const;
  const what = `pull of ${number(FEW)} records, ${PAGE_MS} ms a page`;
  const result = { ...least('S1', what, 'of the floor', value, LEAST_SEQUENTIAL), quartiles };
  return { results: [result], floorMs: median(floors) };
}

/** @param floorMs Of one record. */
async function windows({ set, counts, container }: Parts, floorMs: number): Promise<Result[]> {
  const results: Result[] = [];
  for (const [key, target] of Object.entries(LEAST_OF_WINDOW)) {
    const window = Number(key);
    await set({ count: MANY, pageMs: PAGE_MS });
    progress(`pulling ${number(MANY)} records, window of ${window}`);
    const { ms } = await once(container, window, { work: 'run', job: name() });
    const { mostInFlight } = whole(await counts(), MANY);
    const what = `pull of ${number(MANY)}, window of ${window} (${seconds(ms)})`;
    results.push(least('S1', what, '× the floor', round2((floorMs * MANY) / ms), target));
    results.push(most('S1', 'the same: most in flight at Siebel', 'calls', mostInFlight, window));
  }
  return results;
}

/** A slow sink: behind every object but the last there is a next page, and it is under way meanwhile. */
async function beside({ set, counts, container }: Parts): Promise<Result[]> {
  await set(SLOW_SINK);
  progress(`${number(SLOW_SINK.count)} records into a slow sink`);
  await once(container, 1, { work: 'run', job: name() });
  const { objects, pagesWhileWriting } = whole(await counts(), SLOW_SINK.count);
  const what = `pages under way at Siebel while ${objects} objects were being written, the last behind all pages`;
  return [least('S1', what, 'pages', pagesWhileWriting, objects - 1)];
}

/** Peaks of whole pulls from a server that never waits, each in a process of its own. */
async function memory({ set, counts, container }: Parts): Promise<Result[]> {
  const peakOf = async (count: number, window: number) => {
    await set({ count });
    progress(`memory: ${number(count)} records, window of ${window}`);
    const { peakMb } = await once(container, window, { work: 'run', job: name() });
    whole(await counts(), count);
    return peakMb;
  };
  const few = await peakOf(MANY, 1);
  const many = await peakOf(MOST, 1);
  const ofWindow = await peakOf(MOST, WIDEST);

  const what = `peak memory of ${number(MOST)} records`;
  return [
    most('S2', what, `× that of ${number(MANY)}`, round2(many / few), MOST_GROWTH),
    most('S2', what, 'MB', Math.round(many), MOST_MB),
    most('S2', `${what}, window of ${WIDEST}`, 'MB', Math.round(ofWindow), MOST_MB),
  ];
}

/** A page that fails is asked for again. */
async function repeated({ set, counts, container }: Parts): Promise<Result[]> {
  await set({ count: FEW, failing: 42 });
  await once(container, 1, { work: 'run', job: name() });
  const { lines, distinct, failed } = await counts();
  if (failed !== 1) throw new Error(`${failed} pages have failed, and it should be one`);
  const what = `${number(FEW)} records, one page failing and repeated`;
  return [
    { ...least('S3', `${what}: different ones in the bucket`, 'records', distinct, FEW), met: distinct === FEW },
    most('S3', 'the same: written twice', 'records', lines - distinct, 0),
  ];
}

/** The windows of a backfill over n containers, each with its share of work, against one. */
async function containers({ set, counts, container }: Parts): Promise<Result[]> {
  const rates = new Map<number, number>();
  for (const n of [1, ...CONTAINERS]) {
    const count = n * WINDOWS_EACH * WINDOW_RECORDS;
    const records = await set({ count, pageMs: PAGE_MS });
    const queue = windowsOf(records);
    const all = await Promise.all(Array.from({ length: n }, () => container(1)));
    const job = name();
    const startedMs = performance.now();
    await Promise.all(
      all.map(async (own) => {
        for (let next = queue.shift(); next; next = queue.shift()) {
          const { outcome } = await own.run({ work: 'window', job, ...next });
          if (outcome !== 'complete') throw new Error(`a window has ended ${outcome}`);
        }
      }),
    );
    const ms = performance.now() - startedMs;
    for (const own of all) own.end();
    whole(await counts(), count);
    rates.set(n, count / ms);
    progress(`backfill, ${n} containers: ${round2((count / ms) * 1_000)} records a second`);
  }
  return CONTAINERS.map((n) => {
    const value = round2((rates.get(n) ?? 0) / (rates.get(1) ?? 0));
    const what = `backfill over ${n} containers (${Math.round((rates.get(n) ?? 0) * 1_000)} records a second)`;
    return least('S1', what, '× one', value, LEAST_OF_CONTAINERS * n);
  });
}

function windowsOf(records: Records) {
  return Array.from({ length: records.count / WINDOW_RECORDS }, (_, index) => ({
    window: `backfill-1-${index}`,
    fromMs: atMsOf(index * WINDOW_RECORDS, records),
    upToMs: atMsOf((index + 1) * WINDOW_RECORDS, records) - 1_000,
  }));
}

/** What has come, when it is all of it, each record once: a pull that loses or repeats is no measure of anything. */
function whole(counts: SyncServersCounts, expected: number): SyncServersCounts {
  if (counts.lines === expected && counts.distinct === expected) return counts;
  throw new Error(`${counts.lines} lines with ${counts.distinct} different records, and there are ${expected}`);
}

async function once(start: Parts['container'], window: number, work: SyncSideWork): Promise<SyncSideResult> {
  const own = await start(window);
  try {
    const result = await own.run(work);
    if (result.outcome !== 'complete') throw new Error(`a pull has ended ${result.outcome}`);
    return result;
  } finally {
    own.end();
  }
}

async function container(options: SyncSideOptions): Promise<Container> {
  const side = started('sync-side.ts', RUNTIME_FLAGS);
  await asked<string>(side, options);
  return { run: (work) => asked<SyncSideResult>(side, work), end: () => void side.kill() };
}

/** A job that no run had before. */
function name(): string {
  jobs += 1;
  return `bench-${jobs}`;
}

function least(id: string, what: string, base: string, value: number, target: number): Result {
  return { id, what, base, value, target, atLeast: true, met: value >= target };
}

function most(id: string, what: string, base: string, value: number, target: number): Result {
  return { id, what, base, value, target, met: value <= target };
}

function wholeSecond(atMs: number): number {
  return Math.floor(atMs / 1_000) * 1_000;
}

function seconds(ms: number): string {
  return `${round2(ms / 1_000)} s`;
}

function number(value: number): string {
  return value.toLocaleString('en');
}

function round3(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
