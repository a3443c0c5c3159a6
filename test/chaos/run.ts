import { setTimeout as sleep } from 'node:timers/promises';
import { type Audit, audit, type Evidence, tally } from './auditor.ts';
import { type ChaosStack, LEASE_OVER_MS, startChaosStack } from './chaos-stack.ts';
import { type FaultKind, planFaults, withRefusals } from './fault-plan.ts';
import { type Injected, type Injector, inject } from './injector.ts';
import { nearbyShuffled, produce } from './messages.ts';
import { disturbTokens } from './outages.ts';
import type { Produced, Sent } from './produced.ts';
import { type ChaosQueue, chaosQueue } from './queue.ts';

export interface RunOptions {
  readonly messages: number;
  readonly seed: number;
  /** Share of the messages whose call meets a fault. */
  readonly faultRate: number;
  readonly uniqueKeys: boolean;
  readonly fifo: boolean;
  readonly workFolder: string;
  /** Longest time from the last message sent to an empty queue. */
  readonly patienceMs: number;
  readonly onProgress?: (progress: Progress) => void;
  readonly onLog?: (line: string) => void;
}

export interface Progress {
  readonly seconds: number;
  readonly sent: number;
  readonly waiting: number;
  readonly hidden: number;
  readonly commits: number;
  readonly strikes: number;
}

/** What a run came to. */
export interface RunResult extends Audit {
  readonly messages: number;
  readonly uniqueKeys: boolean;
  readonly fifo: boolean;
  readonly seconds: number;
  readonly calls: number;
  readonly commits: number;
  readonly parked: number;
  readonly highestInFlight: number;
  readonly highestAttended: number;
  readonly planned: number;
  readonly coldStarts: number;
  readonly errors: number;
  readonly fired: Readonly<Record<FaultKind | 'token' | 'introspection', number>>;
}

/** Fewer wait on the queue than so many while the producer goes on. */
const MOST_WAITING = 400;
const PROGRESS_MS = 3_000;

/** One run from an empty stack to an audited end. */
export async function chaosRun(options: RunOptions): Promise<RunResult> {
  const { messages: count, seed, faultRate, fifo } = options;
  const chaos = await startChaosStack({ ...options, records: Math.max(200, count) });
  const queue = chaosQueue(chaos.stack.ready);
  const { stack } = chaos;
  const startedAt = performance.now();
  let injector: Injector | undefined;
  try {
    const made = produce(count, seed, {
      accepts: stack.deployment.queue.accepts,
      envelopes: chaos.envelopes,
      accounts: stack.siebel.records('Account').map(({ Name = '' }) => Name),
      requests: stack.siebel.records('Service Request').map(({ Id = '' }) => Id),
      fifo,
    });
    const plan = planFaults(made, { seed, rate: faultRate, fifo });
    const messages = withRefusals(made, plan);
    injector = inject(stack, chaos.table, { plan, messages, fifo, beyondLeaseMs: LEASE_OVER_MS + 1_500 });
    const outages = faultRate > 0 ? disturbTokens(stack, count) : undefined;

    const sent: Sent[] = [];
    const report = reporter(options, { chaos, queue, injector, sent, startedAt });
    try {
      await sendAll(fifo ? messages : nearbyShuffled(messages, seed), { queue, sent });
      await drained({ chaos, queue, patienceMs: options.patienceMs });
    } finally {
      await report.stop();
    }
    const injected = injector.soFar();
    const disturbed = injector.disturbed();
    const evidence = await gather(sent, { chaos, queue, injected, disturbed, faultRate });
    const seconds = (performance.now() - startedAt) / 1_000;
    return resultOf(options, { evidence, chaos, injected, seconds, outages: outages?.fired() });
  } finally {
    injector?.stop();
    queue.close();
    await chaos.close();
  }
}

async function sendAll(
  messages: readonly Produced[],
  { queue, sent }: { queue: ChaosQueue; sent: Sent[] },
): Promise<void> {
  for (let at = 0; at < messages.length; at += 10) {
    sent.push(...(await queue.send(messages.slice(at, at + 10))));
    while (at % 100 === 0 && (await queue.counts()).waiting > MOST_WAITING) await sleep(200);
  }
}

/** Waits until nothing is on the queue and nothing is at work at Siebel, seen twice; or until patience ends. */
async function drained({
  chaos: { stack },
  queue,
  patienceMs,
}: {
  chaos: ChaosStack;
  queue: ChaosQueue;
  patienceMs: number;
}): Promise<void> {
  const endsAt = performance.now() + patienceMs;
  for (let quiet = 0; quiet < 2 && performance.now() < endsAt; ) {
    const { waiting, hidden } = await queue.counts();
    const isQuiet = waiting + hidden + stack.siebel.stats().inFlight + stack.mapping.stats().inFlight === 0;
    quiet = isQuiet ? quiet + 1 : 0;
    await sleep(300);
  }
}

async function gather(
  sent: readonly Sent[],
  {
    chaos: { stack, planned, queueShare },
    queue,
    injected,
    disturbed,
    faultRate,
  }: {
    chaos: ChaosStack;
    queue: ChaosQueue;
    injected: Injected;
    disturbed: ReadonlySet<string>;
    faultRate: number;
  },
): Promise<Evidence> {
  const [counts, deadLetters, parked] = await Promise.all([queue.counts(), queue.deadLetters(), queue.parked()]);
  const { attempts, calls, highestAttended } = injected;
  return {
    sent: sent.toSorted((one, other) => one.number - other.number),
    commits: stack.siebel.commits(),
    parked,
    disturbed,
    queue: { ...counts, deadLetters },
    requests: { attempts, calls, highestAttended, highestInFlight: stack.siebel.stats().highestInFlight },
    limits: { planned, queueShare, attemptsPerCall: 1 + 2 * faultRate },
  };
}

function resultOf(
  { messages, uniqueKeys, fifo }: RunOptions,
  {
    evidence,
    chaos: { stack },
    injected,
    seconds,
    outages = { token: 0, introspection: 0 },
  }: {
    evidence: Evidence;
    chaos: ChaosStack;
    injected: Injected;
    seconds: number;
    outages: { token: number; introspection: number } | undefined;
  },
): RunResult {
  const { requests, limits, commits, parked } = evidence;
  const { coldStarts, errors } = stack.functions.queue.stats();
  return {
    ...audit(evidence),
    ...{ messages, uniqueKeys, fifo, seconds: Math.round(seconds), coldStarts, errors },
    ...{ calls: requests.calls, commits: commits.length, parked: parked.length },
    ...{ highestInFlight: requests.highestInFlight, highestAttended: requests.highestAttended },
    planned: limits.planned,
    fired: { ...injected.fired, ...outages },
  };
}

function reporter(
  { onProgress }: RunOptions,
  parts: { chaos: ChaosStack; queue: ChaosQueue; injector: Injector; sent: readonly Sent[]; startedAt: number },
): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const telling = (async () => {
    while (!stopping.signal.aborted) {
      await sleep(PROGRESS_MS, undefined, { signal: stopping.signal }).catch(() => {});
      if (stopping.signal.aborted || !onProgress) return;
      const { waiting, hidden } = await parts.queue.counts();
      onProgress({
        seconds: Math.round((performance.now() - parts.startedAt) / 1_000),
        sent: parts.sent.length,
        waiting,
        hidden,
        commits: parts.chaos.stack.siebel.commits().length,
        strikes: Object.values(parts.injector.soFar().fired).reduce((sum, count) => sum + count, 0),
      });
    }
  })();
  return {
    stop: async () => {
      stopping.abort();
      await telling;
    },
  };
}

/** Violations by rule, for a line. */
export function violationsByRule({ violations }: Pick<Audit, 'violations'>): Record<string, number> {
  return tally(violations.map(({ rule }) => rule));
}
