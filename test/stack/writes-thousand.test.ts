import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import integration from '../../siebel.config.ts';
import { keyOf, REQUESTS, requestMessage, type WritesStack, writesStack } from './writes-parts.ts';

const PATIENCE = { timeout: 100_000, interval: 100 };

let stack: WritesStack;

beforeAll(async () => {
  // Time enough for every call on a slow machine: one that came too late would be a failure of another kind.
  const settings = { SIEBEL_TIMEOUT_MS: '10000' };
  stack = await writesStack({ queueTimeoutSeconds: 20, visibilityTimeoutSeconds: 20, settings });
});

beforeEach(() => stack.renew());

afterAll(() => stack?.close());

/**
 * Sends inserts, and says what is there when the queue is empty.
 *
 * @param every The first request of every so manieth of them meets the fault.
 */
async function inserted(prefix: string, number: number, fault: object, every = 1) {
  const ids = Array.from({ length: number }, (_, index) => `${prefix} ${index}`);
  const struck = new Set<string>();
  stack.siebel.chooseFaults(({ method, path, body }) => {
    const [, id = '', index] = /"Integration Id":"(\w+ (\d+))"/.exec(String(body)) ?? [];
    const isInsert = method === 'POST' && decodeURIComponent(path).includes(REQUESTS);
    if (!isInsert || struck.has(id) || Number(index) % every > 0) return undefined;
    struck.add(id);
    return fault;
  });
  for (let first = 0; first < number; first += 10) {
    await stack.send(...ids.slice(first, first + 10).map((id) => requestMessage(id)));
  }
  await expect.poll(() => stack.queued(), PATIENCE).toEqual({ waiting: 0, hidden: 0 });
  await expect.poll(() => stack.siebel.stats().inFlight, PATIENCE).toBe(0);
  const there = stack.siebel.records('Service Request').map((record) => record['Integration Id'] ?? '');
  const own = there.filter((id) => id.startsWith(prefix));
  return {
    struck: struck.size,
    rows: own.length,
    different: new Set(own).size,
    parked: (await stack.parked()).filter(({ key }) => key?.startsWith(keyOf(prefix))).length,
    deadLettered: await stack.deadLettered(),
  };
}

const exactly = (number: number) => ({ struck: number, rows: number, different: number, parked: 0, deadLettered: 0 });

describe('inserts whose answer is lost after the commit (G3, F72)', () => {
  it('1,000 leave exactly 1,000 records', async () => {
    expect(await inserted('lost', 1_000, { reset: 'after-commit' })).toEqual(exactly(1_000));
    expect(stack.siebel.stats().highestInFlight).toBeLessThanOrEqual(integration.capacity.queue);
  }, 120_000);

  // Every other one, as the mapping rests for seconds when a whole batch has failed.
  it('100 of 200 leave exactly 200 records when their commits land after the connections have died (F73)', async () => {
    expect(await inserted('late', 200, { commitAfterMs: 1_000 }, 2)).toEqual({ ...exactly(200), struck: 100 });
  }, 120_000);
});
