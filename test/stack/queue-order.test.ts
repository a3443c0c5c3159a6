import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { clientSettings } from '../../local-stack/aws/account.ts';
import { accountMessage, PATIENCE, type TestStack, testStack } from './stack.ts';

let stack: TestStack;
let sqs: SQSClient;

beforeAll(async () => {
  stack = await testStack({ fifo: true });
  sqs = new SQSClient({ ...clientSettings(stack.ready.sqsEndpoint), useQueueUrlAsEndpoint: false });
});
afterAll(async () => {
  sqs?.destroy();
  await stack?.close();
});
beforeEach(() => stack.siebel.chooseFaults());

/** One after the other, each in the group of its account. */
async function sendInOrder(changes: readonly { readonly name: string; readonly status: string }[]): Promise<void> {
  const Entries = changes.map(({ name, status }, index) => ({
    Id: `m${index}`,
    MessageBody: accountMessage(`${name}`, { 'Account Status': status }).replace(
      /"key":"[^"]+"/,
      `"key":"${name}/${status}"`,
    ),
    MessageGroupId: name,
  }));
  const { Failed = [] } = await sqs.send(new SendMessageBatchCommand({ QueueUrl: stack.ready.queueUrl, Entries }));
  expect(Failed).toEqual([]);
}

/** What was written of an account since, in the order of its commits. */
const statusesOf = (name: string, since: number) =>
  stack.siebel
    .commits(since)
    .filter(({ component, values }) => component === 'Account' && values['Name'] === name)
    .map(({ values }) => values['Account Status']);
const commitsSoFar = () => stack.siebel.commits().at(-1)?.number ?? 0;

describe('a FIFO queue', () => {
  it('settles the messages of each record in the order in which they were sent (R14, F114)', async () => {
    const since = commitsSoFar();
    const statuses = ['Candidate', 'Qualified', 'Active', 'Inactive'];
    const names = ['Group-One', 'Group-Two', 'Group-Three'];
    for (const status of statuses) await sendInOrder(names.map((name) => ({ name, status })));
    await stack.drained();

    for (const name of names) expect(statusesOf(name, since), name).toEqual(statuses);
  });

  it('stops a group whose head fails, and no other; then goes on in order (F121)', async () => {
    const since = commitsSoFar();
    let refused = 0;
    stack.siebel.chooseFaults(({ method, body }) => {
      if (method !== 'PUT' || !body?.includes('Stopped')) return undefined;
      refused += 1;
      return { status: 503 };
    });
    await sendInOrder([
      { name: 'Stopped', status: 'Candidate' },
      { name: 'Stopped', status: 'Qualified' },
      { name: 'Running', status: 'Candidate' },
      { name: 'Running', status: 'Qualified' },
      { name: 'Running', status: 'Active' },
    ]);
    await vi.waitFor(
      () => expect(statusesOf('Running', since)).toEqual(['Candidate', 'Qualified', 'Active']),
      PATIENCE,
    );
    await vi.waitFor(() => expect(refused).toBeGreaterThan(1), PATIENCE);
    expect(statusesOf('Stopped', since)).toEqual([]);

    stack.siebel.chooseFaults();
    await stack.drained();
    expect(statusesOf('Stopped', since)).toEqual(['Candidate', 'Qualified']);
  });

  it('goes on behind a message that is parked (F121)', async () => {
    const since = commitsSoFar();
    await sendInOrder([
      { name: 'Parked', status: 'Candidate' },
      { name: 'Parked', status: 'x'.repeat(31) },
      { name: 'Parked', status: 'Qualified' },
    ]);
    await stack.drained();

    expect(statusesOf('Parked', since)).toEqual(['Candidate', 'Qualified']);
    expect((await stack.parked()).map(({ key, code }) => [key, code])).toEqual([
      [`Parked/${'x'.repeat(31)}`, 'TOO_LONG'],
    ]);
  });

  it('takes the timed message of one tick, in a group of its own', async () => {
    const tick = `${stack.ready.schedulerUrl}/nightly-credit-check?at=2025-03-14T01:00:00Z`;
    const runs = () =>
      stack.siebel.commits().filter(({ kind, component }) => kind === 'run' && /Credit/.test(component));
    for (let time = 0; time < 2; time += 1) expect((await fetch(tick, { method: 'POST' })).status).toBe(200);
    await stack.drained();

    expect(runs()).toHaveLength(1);
    const [line] = stack.logged('CALL_SETTLED').slice(-1);
    expect(line).toMatchObject({ key: 'timed/nightly-credit-check/2025-03-14T01:00:00Z', outcome: 'done' });
  });
});
