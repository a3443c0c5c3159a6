import { afterAll, beforeAll, expect, it } from 'vitest';
import { type TestStack, testStack } from './stack.ts';

let stack: TestStack;

beforeAll(async () => {
  stack = await testStack();
});
afterAll(() => stack?.close());

/** Ticks `nightly-credit-check` of siebel.config.ts as EventBridge Scheduler does at that time. */
async function tick(at: string): Promise<unknown> {
  const response = await fetch(`${stack.ready.schedulerUrl}/nightly-credit-check?at=${at}`, { method: 'POST' });
  expect(response.status).toBe(200);
  const { message } = (await response.json()) as { message: unknown };
  await stack.drained();
  return message;
}

const checks = () => stack.siebel.commits().filter(({ kind, component }) => kind === 'run' && /Credit/.test(component));
const settled = () =>
  stack.logged('CALL_SETTLED').map(({ key, outcome, repeated }) => [key, outcome, repeated === true ? 'repeated' : '']);

it('a timed operation runs once for a tick that comes twice, and again for the next (R04, F132)', async () => {
  expect(await tick('2025-03-14T01:00:00Z')).toEqual({
    operation: 'credit.check',
    key: 'timed/nightly-credit-check/2025-03-14T01:00:00Z',
    input: { Account: 'Harbour Supplies', Amount: '10000.00' },
  });
  await tick('2025-03-14T01:00:00Z');
  expect(checks()).toHaveLength(1);

  await tick('2025-03-15T01:00:00Z');
  expect(checks()).toHaveLength(2);
  expect(settled()).toEqual([
    ['timed/nightly-credit-check/2025-03-14T01:00:00Z', 'done', ''],
    ['timed/nightly-credit-check/2025-03-14T01:00:00Z', 'done', 'repeated'],
    ['timed/nightly-credit-check/2025-03-15T01:00:00Z', 'done', ''],
  ]);
});
