/** How the connections of Siebel are shared out between the ways in (R49). */
export interface Capacity {
  /** Requests that Siebel serves at a time: Maximum Possible Connections × Application Interface nodes; 20 a node. */
  readonly siebelConnections: number;
  readonly queue: number;
  readonly api: number;
  readonly sync: number;
  readonly backfill: number;
  /** The command line, and checks after a deployment. */
  readonly tools: number;
  /**
   * Requests to Siebel in a minute, all ways in together. Siebel has the identity domain look at the token of each of them,
   * and an identity domain has a limit. Default: no limit.
   */
  readonly callsPerMinute?: number;
}

/** Who calls Siebel, with a share of its connections each. */
export type WayIn = Exclude<keyof Capacity, 'siebelConnections' | 'callsPerMinute'>;

/** One node of Siebel with its default of 20 connections: 18 of them shared out. */
export const DEFAULT_CAPACITY: Capacity = {
  siebelConnections: 20,
  queue: 8,
  api: 5,
  sync: 2,
  backfill: 2,
  tools: 1,
};

const WAYS_IN = ['queue', 'api', 'sync', 'backfill', 'tools'] as const satisfies readonly WayIn[];
const MOST_CALLS_PER_MINUTE = 1_000_000;

/** Lambda's least maximum concurrency of an event source mapping. */
export const LEAST_CONCURRENCY = 2;

/** Connections that may be planned: a tenth stays free for requests that were given up and still work in Siebel. */
export function allowance(capacity: Capacity): number {
  return Math.floor((capacity.siebelConnections * 9) / 10);
}

/** The sum of all shares. */
export function planned(capacity: Capacity): number {
  return WAYS_IN.reduce((sum, way) => sum + capacity[way], 0);
}

/** One way in, and what each of its containers may do. */
export interface PlannedWay {
  readonly way: WayIn;
  readonly connections: number;
  readonly containers: number;
  /** Calls that one container works on at a time. */
  readonly inFlight: number;
  /** Of each container; need not be whole. */
  readonly callsPerMinute: number | undefined;
}

/**
 * The plan, one way in after the other. A container of another way than these makes one call at a time.
 *
 * @param queueInFlight Messages that one queue container works on at a time.
 * @param syncWindow Pages that one container reads at a time: of the widest sync job.
 */
export function plannedWays(capacity: Capacity, queueInFlight: number, syncWindow = 1): PlannedWay[] {
  const inFlightOf: Partial<Record<WayIn, number>> = { queue: queueInFlight, sync: syncWindow };
  return WAYS_IN.map((way) => {
    const connections = capacity[way];
    const inFlight = inFlightOf[way] ?? 1;
    const containers = Math.floor(connections / inFlight);
    return { way, connections, containers, inFlight, callsPerMinute: callsPerMinuteOf(capacity, way, containers) };
  });
}

/**
 * What one container of a way in may send in a minute: `callsPerMinute` split by the shares of the connections, then over
 * the containers. `undefined` without such a limit.
 */
export function callsPerMinuteOf(capacity: Capacity, way: WayIn, containers: number): number | undefined {
  const { callsPerMinute } = capacity;
  if (callsPerMinute === undefined) return undefined;
  return (callsPerMinute * capacity[way]) / planned(capacity) / Math.max(1, containers);
}

/**
 * What is wrong with a capacity plan; empty when it holds.
 *
 * @param queueInFlight As for `plannedWays`.
 * @param syncWindow As for `plannedWays`.
 */
export function checkCapacity(capacity: Capacity, queueInFlight: number, syncWindow = 1): string[] {
  const numbers = ['siebelConnections', ...WAYS_IN] as const;
  const problems = Object.keys(capacity)
    .filter((name) => ![...numbers, 'callsPerMinute'].includes(name))
    .map((name) => `capacity.${name} means nothing`);
  for (const name of numbers) {
    const value = capacity[name];
    const least = name === 'backfill' || name === 'tools' ? 0 : 1;
    if (!Number.isInteger(value) || value < least || value > 10_000) {
      problems.push(`capacity.${name} is not a whole number from ${least} to 10000`);
    }
  }
  if (!Number.isInteger(queueInFlight) || queueInFlight < 1 || queueInFlight > 100) {
    problems.push('queue.inFlight is not a whole number from 1 to 100');
  }
  const { callsPerMinute = MOST_CALLS_PER_MINUTE } = capacity;
  if (!Number.isInteger(callsPerMinute) || callsPerMinute < 1 || callsPerMinute > MOST_CALLS_PER_MINUTE) {
    problems.push(`capacity.callsPerMinute is not a whole number from 1 to ${MOST_CALLS_PER_MINUTE}`);
  }
  if (problems.length > 0) return problems;

  if (planned(capacity) > allowance(capacity)) {
    problems.push(
      `capacity: the shares come to ${planned(capacity)}, but ${capacity.siebelConnections} connections allow ` +
        `${allowance(capacity)} (nine tenths): lower a share or raise siebelConnections`,
    );
  }
  if (capacity.queue % queueInFlight !== 0) {
    problems.push(`capacity.queue (${capacity.queue}) is not a multiple of queue.inFlight (${queueInFlight})`);
  } else if (capacity.queue / queueInFlight < LEAST_CONCURRENCY) {
    problems.push(
      `capacity.queue (${capacity.queue}) is less than ${LEAST_CONCURRENCY} × queue.inFlight (${queueInFlight}), ` +
        'the least that Lambda can hold a queue to: lower queue.inFlight or raise the share',
    );
  }
  const starved = plannedWays(capacity, queueInFlight, syncWindow).find(
    ({ containers, callsPerMinute }) => containers > 0 && callsPerMinute !== undefined && callsPerMinute < 1,
  );
  if (starved) {
    problems.push(
      `capacity.callsPerMinute (${capacity.callsPerMinute}) leaves each of the ${starved.containers} containers of ` +
        `${starved.way} less than one call a minute`,
    );
  }
  return problems;
}
