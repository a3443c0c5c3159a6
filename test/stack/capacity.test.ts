import { afterAll, beforeAll, expect, it } from 'vitest';
import integration from '../../siebel.config.ts';
import { accountMessage, PATIENCE, type TestStack, testStack } from './stack.ts';

const BACKLOG = 300;

let stack: TestStack;

beforeAll(async () => {
  stack = await testStack({ records: 1_000 });
});
afterAll(() => stack?.close());

it('never has more under way at Siebel than planned, with all three ways in at work (G9, R49)', async () => {
  // Slow, so that calls overlap.
  stack.siebel.addFault({ times: 0, fault: { delayMs: 25 } });
  // Started before the backlog comes, so that they are there for all of it.
  const first = await Promise.all([tick(), ...Array.from({ length: integration.capacity.api }, search)]);
  expect(new Set(first)).toEqual(new Set([200]));

  const bodies = Array.from({ length: BACKLOG }, (_, index) => accountMessage(`Backlog ${index}`));
  const sending = Array.from({ length: BACKLOG / 10 }, (_, index) =>
    stack.send(...bodies.slice(index * 10, index * 10 + 10)),
  );

  let drained = false;
  const loops = Array.from({ length: integration.capacity.api }, async () => {
    const statuses: number[] = [];
    while (!drained) statuses.push(await search());
    return statuses;
  });
  const ticking = (async () => {
    const statuses: number[] = [];
    while (!drained) statuses.push(await tick());
    return statuses;
  })();
  await Promise.all(sending);
  await stack.drained().finally(() => {
    drained = true;
  });
  const [ticks, ...searches] = await Promise.all([ticking, ...loops]);

  const { planned, siebelConnections } = stack.deployment.capacity;
  const { highestInFlight, refusedOverCap, waitedOverCap } = stack.siebel.stats();
  expect(highestInFlight).toBeLessThanOrEqual(planned);
  expect(planned).toBeLessThanOrEqual(0.9 * siebelConnections);
  expect({ refusedOverCap, waitedOverCap }).toEqual({ refusedOverCap: 0, waitedOverCap: 0 });

  // All three were at it together, and each kept to its share.
  const { queue, api, sync } = integration.capacity;
  expect(highestInFlight).toBeGreaterThan(Math.max(queue, api));
  expect(highestInFlight).toBeLessThanOrEqual(queue + api + sync);
  const { functions } = stack;
  expect(functions.queue.stats().highestConcurrency).toBe(queue / integration.queue.inFlight);
  expect(functions.api.stats().highestConcurrency).toBe(api);
  expect(functions.schedule.stats().highestConcurrency).toBe(1);

  // Nobody paid for it: all was done, and no caller refused.
  expect(searches.map((statuses) => new Set(statuses))).toEqual(searches.map(() => new Set([200])));
  expect(new Set(ticks)).toEqual(new Set([200]));
  const created = stack.siebel.records('Account').filter(({ Name }) => Name?.startsWith('Backlog '));
  expect(created).toHaveLength(BACKLOG);
  expect(await stack.parked()).toEqual([]);
  expect(await stack.deadLettered()).toBe(0);
}, 30_000);

it('turns callers away beyond the share of the API, and does not let them through to Siebel', async () => {
  stack.siebel.clearFaults();
  const { api } = integration.capacity;
  const before = stack.siebel.stats().requests;
  stack.siebel.addFault({ times: api, fault: { holdAfterCommit: 2_000 } });
  const held = Array.from({ length: api }, search);
  await expect.poll(() => stack.siebel.stats().requests, PATIENCE).toBe(before + api);

  expect(await search()).toBe(503);
  expect(stack.siebel.stats().requests).toBe(before + api);
  expect(await Promise.all(held)).toEqual(held.map(() => 200));
});

async function search(): Promise<number> {
  const { apiUrl, apiToken } = stack.ready;
  const response = await fetch(`${apiUrl}/accounts?limit=5`, { headers: { authorization: `Bearer ${apiToken}` } });
  await response.text();
  return response.status;
}

async function tick(): Promise<number> {
  const response = await fetch(`${stack.ready.schedulerUrl}/accounts`, { method: 'POST' });
  await response.text();
  return response.status;
}
