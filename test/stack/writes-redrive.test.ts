import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import integration from '../../siebel.config.ts';
import { contactMessage } from './stack.ts';
import {
  accountFor,
  checkMessage,
  endedAs,
  itemOf,
  keyOf,
  parkedAs,
  runsOf,
  siebelError,
  stateOf,
  type WritesStack,
  writesStack,
} from './writes-parts.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PARKED = 150;
const PATIENCE = { timeout: 30_000, interval: 100 };

let stack: WritesStack;

beforeAll(async () => {
  stack = await writesStack();
});

afterAll(() => stack?.close());

/** Runs the command line, as an operator would, and gives what it says in JSON. */
async function siebel(...args: readonly string[]) {
  const { stateTable, queueUrl, deadLetterUrl, dynamodbEndpoint, sqsEndpoint } = stack.ready;
  const env = {
    PATH: process.env['PATH'],
    STAGE: 'local',
    STATE_TABLE: stateTable,
    QUEUE_URL: queueUrl,
    DEAD_LETTER_QUEUE_URL: deadLetterUrl,
    AWS_ENDPOINT_URL_DYNAMODB: dynamodbEndpoint,
    AWS_ENDPOINT_URL_SQS: sqsEndpoint,
    AWS_REGION: stack.ready.region,
    AWS_ACCESS_KEY_ID: stack.ready.accessKeyId,
    AWS_SECRET_ACCESS_KEY: stack.ready.secretAccessKey,
  };
  const run = promisify(execFile)(process.execPath, ['cli/main.ts', ...args, '--json'], { cwd: ROOT, env });
  const { stdout, exitCode } = await run.then(
    (ended) => ({ ...ended, exitCode: 0 }),
    (error) => ({ stdout: String(error.stdout), exitCode: Number(error.code) }),
  );
  return { exitCode, said: JSON.parse(stdout) };
}

it(`${PARKED} calls that are redriven at once are done once each, within the share of the queue; unknown outcomes are left out (F122, R79)`, async () => {
  await accountFor(stack, 'unknown');
  const ids = Array.from({ length: PARKED }, (_, index) => `refused ${index}`);
  stack.siebel.chooseFaults(({ method, body }) => {
    if (String(body).includes('"Account unknown"')) return { reset: 'after-commit' };
    return method === 'PUT' ? { status: 500, body: siebelError('SBL-DAT-00225') } : undefined;
  });
  await stack.send(checkMessage('unknown'));
  for (let first = 0; first < PARKED; first += 10) {
    await stack.send(...ids.slice(first, first + 10).map((id) => contactMessage(id)));
  }
  await expect.poll(async () => (await stack.parked()).length, PATIENCE).toBe(PARKED + 1);
  expect(stack.siebel.commits().filter(({ component }) => component === 'Contact')).toEqual([]);

  // Slow, so that calls overlap.
  stack.siebel.chooseFaults(() => ({ delayMs: 15 }));
  const { exitCode, said } = await siebel('messages', 'redrive', '--all', '--rate', '1000', '--yes');
  expect(exitCode).toBe(0);
  expect([said.sent.length, said.leftOut.length]).toEqual([PARKED, 1]);
  await expect.poll(async () => (await stack.parked()).length, PATIENCE).toBe(1);
  await expect.poll(() => stack.queued(), PATIENCE).toEqual({ waiting: 0, hidden: 0 });

  const commits = stack.siebel.commits().filter(({ component }) => component === 'Contact');
  expect(commits.map(({ values }) => values['Person UId']).sort()).toEqual([...ids].sort());
  expect(await stateOf(stack, 'contact.upsert', 'refused 7')).toBe('DONE');
  expect(runsOf(stack, 'unknown')).toHaveLength(1);
  expect(await parkedAs(stack, 'unknown')).toMatchObject([{ code: 'OUTCOME_UNKNOWN' }]);
  expect(stack.siebel.stats().highestInFlight).toBeGreaterThan(integration.capacity.queue / 2);
  expect(stack.siebel.stats().highestInFlight).toBeLessThanOrEqual(integration.capacity.queue);
}, 60_000);

it('a call with an unknown outcome runs again only when somebody names it and says so (R79)', async () => {
  const refused = await siebel('messages', 'redrive', keyOf('unknown'), '--yes');
  expect(refused).toMatchObject({ exitCode: 1 });
  await stack.drained();
  expect(runsOf(stack, 'unknown')).toHaveLength(1);

  const asked = await siebel('messages', 'redrive', keyOf('unknown'), '--include-unknown', '--yes');
  expect(asked).toMatchObject({ exitCode: 0 });
  await endedAs(stack, 'unknown', 'done');
  expect(runsOf(stack, 'unknown')).toHaveLength(2);
  expect(await parkedAs(stack, 'unknown')).toEqual([]);
  expect((await stack.stateItem(itemOf('credit.check', 'unknown')))?.['attempt']).toEqual({ N: '2' });
});
