import { derive } from '../lib/operations/deployment.ts';
import integration from '../siebel.config.ts';
import type { Bench, BenchOptions, Result } from './result.ts';
import { ownCertificate } from './support/certificate.ts';
import { asked, progress, started } from './support/processes.ts';
import type { QueueServersCounts, QueueServersOptions, QueueServersReady } from './support/queue-servers.ts';
import type { QueueSideJob, QueueSideOptions, QueueSideResult } from './support/queue-side.ts';
import { median, quantile, round2, shuffled } from './support/statistics.ts';

/** As Siebel and the state table answer in the same region. */
const SIEBEL_MS = 150;
const STATE_MS = 4;
/** Most that the ledger's two writes may add to a call (Q1). */
const MOST_ADDED = 1.1;
const CALLS = 5;
const IN_FLIGHT = [1, 4, 10] as const;
const BATCH = 10;
/**
 * Most that a batch may take, as a multiple of its calls one behind the other in p lanes (Q1). Where all calls fall into one
 * round, so does the CPU time of all of them, some 2 ms a message: with p = 10 two cores miss it.
 */
const MOST_BATCH = 1.05;
const LEAST_DRAIN = 0.9;

/** The consumer with its ledger, over plain stand-ins for Siebel and the state table in a process of their own. */
export const queueBench: Bench = {
  name: 'queue',
  measures: 'what the ledger adds to a call, a batch with p calls in flight, and the drain of a backlog (Q1)',
  async run(options) {
    const tls = await ownCertificate();
    const servers = started('queue-servers.ts');
    try {
      const setUp: QueueServersOptions = { tls, siebelMs: SIEBEL_MS, stateMs: STATE_MS };
      const ports = await asked<QueueServersReady>(servers, setUp);
      const bench: Parts = {
        counts: () => asked<QueueServersCounts>(servers, 'counts'),
        container: (inFlight) => container({ ...ports, ca: tls.cert, inFlight }),
      };
      return [
        ...(await addedByLedger(bench, options)),
        ...(await batches(bench, options)),
        ...(await drain(bench, options)),
      ];
    } finally {
      servers.kill();
    }
  },
};

interface Parts {
  counts(): Promise<QueueServersCounts>;
  container(inFlight: number): Promise<Container>;
}

interface Container {
  run(job: QueueSideJob): Promise<QueueSideResult>;
  end(): void;
}

/** The same upserts with and without the consumer and its ledger, one at a time, side by side in each round. */
async function addedByLedger({ container, counts }: Parts, { rounds }: BenchOptions): Promise<Result[]> {
  const own = await container(1);
  const ratios: number[] = [];
  let writes = 0;
  try {
    for (let round = -1; round < rounds; round += 1) {
      const ms = { batch: 0, calls: 0 };
      await counts();
      for (const work of shuffled(['batch', 'calls'] as const)) {
        // One message a batch: what is measured is the call, not the lanes.
        if (work === 'calls') ms.calls = (await own.run({ work, keys: keys(CALLS) })).ms;
        else for (const key of keys(CALLS)) ms.batch += (await own.run({ work, keys: [key] })).ms;
      }
      if (round < 0) continue;
      writes += (await counts()).stateWrites;
      ratios.push(ms.batch / ms.calls);
    }
  } finally {
    own.end();
  }
  return [
    ratio('a message, its two state writes included', `× the call alone (${SIEBEL_MS} ms)`, ratios, MOST_ADDED),
    count('state writes of a message', 'writes', writes / (rounds * CALLS), 2),
  ];
}

/** Batches of ten with p calls in flight, against a message of its own in the same container and round. */
async function batches({ container, counts }: Parts, { rounds }: BenchOptions): Promise<Result[]> {
  const results: Result[] = [];
  for (const inFlight of IN_FLIGHT) {
    const own = await container(inFlight);
    const ratios: number[] = [];
    let most = 0;
    try {
      // Opens every connection.
      await own.run({ work: 'batch', keys: keys(BATCH) });
      await counts();
      for (let round = 0; round < rounds; round += 1) {
        const one = (await own.run({ work: 'batch', keys: keys(1) })).ms;
        const all = (await own.run({ work: 'batch', keys: keys(BATCH) })).ms;
        most = Math.max(most, (await counts()).mostInFlight);
        ratios.push(all / (Math.ceil(BATCH / inFlight) * one));
      }
    } finally {
      own.end();
    }
    const what = `batch of ${BATCH}, p = ${inFlight}`;
    results.push(ratio(what, `× ⌈${BATCH}/${inFlight}⌉ messages`, ratios, MOST_BATCH));
    results.push(count(`${what}: most in flight at Siebel`, 'calls', most, inFlight));
  }
  return results;
}

/** A backlog through as many containers as the event source mapping may use, against the share divided by W. */
async function drain({ container, counts }: Parts, { messages }: BenchOptions): Promise<Result[]> {
  const { batchSize, inFlight, maximumConcurrency } = derive(integration).queue;
  const all = await Promise.all(Array.from({ length: maximumConcurrency }, () => container(inFlight)));
  try {
    // W: what a message takes by itself, over open connections.
    const single: number[] = [];
    for (const own of all) {
      await own.run({ work: 'batch', keys: keys(inFlight) });
      for (let turn = 0; turn < 15; turn += 1) single.push((await own.run({ work: 'batch', keys: keys(1) })).ms);
    }
    const callMs = median(single);
    const planned = (maximumConcurrency * inFlight * 1_000) / callMs;
    progress(
      `W is ${callMs.toFixed(1)} ms; the plan allows ${planned.toFixed(1)} a second: ${(messages / planned).toFixed()} s`,
    );

    await counts();
    const backlog = keys(messages);
    const startedMs = performance.now();
    let failed = 0;
    await Promise.all(
      all.map(async (own) => {
        for (let batch = backlog.splice(0, batchSize); batch.length > 0; batch = backlog.splice(0, batchSize)) {
          failed += (await own.run({ work: 'batch', keys: batch })).failed;
        }
      }),
    );
    const seconds = (performance.now() - startedMs) / 1_000;
    const { calls, mostInFlight } = await counts();
    if (calls !== messages || failed > 0) throw new Error(`${calls} calls for ${messages} messages, ${failed} failed`);
    const value = round2(messages / seconds / planned);
    const what = `drain of ${messages.toLocaleString('en')} messages (${round2(seconds)} s, ${round2(messages / seconds)} a second)`;
    return [
      {
        id: 'Q1',
        what,
        base: 'of the planned throughput',
        value,
        target: LEAST_DRAIN,
        atLeast: true,
        met: value >= LEAST_DRAIN,
      },
      count('the same: most in flight at Siebel', 'calls', mostInFlight, integration.capacity.queue),
    ];
  } finally {
    for (const own of all) own.end();
  }
}

let made = 0;

/** Names of messages that no one had before. */
function keys(number: number): string[] {
  const first = made;
  made += number;
  return Array.from({ length: number }, (_, index) => `bench/${first + index}`);
}

function ratio(what: string, base: string, ratios: readonly number[], target: number): Result {
  const value = round2(median(ratios));
  const quartiles = [round2(quantile(ratios, 0.25)), round2(quantile(ratios, 0.75))] as const;
  progress(`${what}: ${value} ${base}`);
  return { id: 'Q1', what, base, value, quartiles, target, met: value <= target };
}

function count(what: string, base: string, value: number, target: number): Result {
  return { id: 'Q1', what, base, value, target, met: value <= target };
}

async function container(options: QueueSideOptions): Promise<Container> {
  const side = started('queue-side.ts');
  await asked(side, options);
  return { run: (job) => asked<QueueSideResult>(side, job), end: () => void side.kill() };
}
