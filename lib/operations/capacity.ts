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
}

/** One node of Siebel with its default of 20 connections: 18 of them shared out. */
export const DEFAULT_CAPACITY: Capacity = {
  siebelConnections: 20,
  queue: 8,
  api: 5,
  sync: 2,
  backfill: 2,
  tools: 1,
};

/** Lambda's least maximum concurrency of an event source mapping. */
const LEAST_CONCURRENCY = 2;

/** Connections that may be planned: a tenth stays free for requests that were given up and still work in Siebel. */
export function allowance(capacity: Capacity): number {
  return Math.floor((capacity.siebelConnections * 9) / 10);
}

/** The sum of all shares. */
export function planned(capacity: Capacity): number {
  return capacity.queue + capacity.api + capacity.sync + capacity.backfill + capacity.tools;
}

/**
 * What is wrong with a capacity plan; empty when it holds.
 *
 * @param queueInFlight Messages that one queue container works on at a time.
 */
export function checkCapacity(capacity: Capacity, queueInFlight: number): string[] {
  const problems: string[] = [];
  for (const name of Object.keys(DEFAULT_CAPACITY) as (keyof Capacity)[]) {
    const value = capacity[name];
    const least = name === 'backfill' || name === 'tools' ? 0 : 1;
    if (!Number.isInteger(value) || value < least || value > 10_000) {
      problems.push(`capacity.${name} is not a whole number from ${least} to 10000`);
    }
  }
  if (!Number.isInteger(queueInFlight) || queueInFlight < 1 || queueInFlight > 100) {
    problems.push('queue.inFlight is not a whole number from 1 to 100');
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
  return problems;
}
