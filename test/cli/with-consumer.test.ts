import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { accountMessage, type TestStack, testStack } from '../stack/stack.ts';
import { commandLine } from './cli-parts.ts';

vi.setConfig({ testTimeout: 60_000 });

let stack: TestStack;
beforeAll(async () => {
  stack = await testStack();
});
afterAll(() => stack?.close());

/** Runs the command line on the stack; the documents that it prints with `--json`. */
async function messages(argv: readonly string[], stdin = '') {
  const { dynamodbEndpoint, sqsEndpoint, stateTable, queueUrl, deadLetterUrl } = stack.ready;
  const program = commandLine({
    addresses: { dynamodbEndpoint, sqsEndpoint },
    settings: { STAGE: 'local', STATE_TABLE: stateTable, QUEUE_URL: queueUrl, DEAD_LETTER_QUEUE_URL: deadLetterUrl },
    folder: tmpdir(),
  });
  const { code, out } = await program(['messages', ...argv, '--json'], { stdin });
  return { exitCode: code, ...JSON.parse(out) };
}

const show = (key: string) => messages(['show', key]);
const writesOf = (name: string) =>
  stack.siebel.commits().filter(({ component, values }) => component === 'Account' && values?.['Name'] === name).length;

async function parkedUnder(key: string): Promise<void> {
  await vi.waitFor(async () => expect((await stack.parked()).map((item) => item.key)).toContain(key), 20_000);
  await stack.drained();
}

describe('an operator and the queue function', () => {
  it('do a corrected call once, however often it is redriven (R79)', async () => {
    await stack.send(accountMessage('Corrected', { 'Account Status': 'Off the list' }));
    await parkedUnder('test/Corrected');
    const input = { Name: 'Corrected', Location: 'Bremen', 'Account Status': 'Active' };

    const early = await messages(['redrive', 'test/Corrected', '--yes']);
    await vi.waitFor(async () => expect((await show('test/Corrected')).redriveSentAt).toBeNull(), 20_000);
    await stack.drained();
    const refusedAgain = await show('test/Corrected');
    const corrected = await messages(['correct', 'test/Corrected', '--input', '-'], JSON.stringify(input));
    await Promise.all([1, 2, 3].map(() => messages(['redrive', 'test/Corrected', '--yes'])));
    await vi.waitFor(async () => expect((await show('test/Corrected')).state).toBe('DONE'), 20_000);
    await stack.drained();

    expect([early.exitCode, refusedAgain.state, refusedAgain.code]).toEqual([0, 'REJECTED', 'SIEBEL_VALIDATION']);
    expect(corrected.exitCode).toBe(0);
    expect(writesOf('Corrected')).toBe(1);
    const [record] = stack.siebel.records('Account', { Name: 'Corrected' });
    const done = await show('test/Corrected');
    expect(done).toMatchObject({ parked: false, recordId: record?.['Id'] });
    expect(record?.['Account Status']).toBe('Active');
    expect(done.audit.map(({ action }: { action: string }) => action).slice(0, 3)).toEqual([
      'redriven',
      'corrected',
      'redriven',
    ]);
    expect((await stack.parked()).map(({ key }) => key)).not.toContain('test/Corrected');
  });

  it('do a message once that was no JSON and has been mended', async () => {
    const body = '{"operation":"account.upsert","key":"test/Mended"';
    await stack.send(body);
    await vi.waitFor(async () => expect((await stack.parked()).map((item) => item.body)).toContain(body), 20_000);
    const { parked } = await messages(['list', '--code', 'BAD_JSON']);
    const id = parked[0].name;

    await messages(['correct', id, '--message', '-'], accountMessage('Mended'));
    const redriven = await messages(['redrive', id, '--yes']);
    await vi.waitFor(() => expect(writesOf('Mended')).toBe(1), 20_000);
    await stack.drained();

    expect(redriven.exitCode).toBe(0);
    expect((await messages(['list', '--code', 'BAD_JSON'])).parked).toEqual([]);
    expect(writesOf('Mended')).toBe(1);
  });

  it('send nothing again of which nobody knows whether Siebel has done it, until a person has looked (R07, R79)', async () => {
    const body = (key: string) =>
      JSON.stringify({ operation: 'credit.check', key, input: { Account: 'Harbour Supplies', Amount: '10.00' } });
    const checks = () => stack.siebel.requests().filter(({ path }) => path.includes('Credit%20Check')).length;
    for (const key of ['test/seen', 'test/unseen']) {
      stack.siebel.addFault({ path: '/service/', fault: { reset: 'after-commit' } });
      await stack.send(body(key));
      await parkedUnder(key);
    }
    const before = checks();

    const all = await messages(['redrive', '--code', 'OUTCOME_UNKNOWN', '--yes']);
    await messages(['resolve', 'test/seen', '--done', '1-ABC']);
    await messages(['resolve', 'test/unseen', '--not-done']);
    await stack.send(body('test/seen'));
    await stack.drained();
    expect(checks()).toBe(before);
    const redriven = await messages(['redrive', '--code', 'OUTCOME_UNKNOWN', '--yes']);
    await vi.waitFor(() => expect(checks()).toBe(before + 1), 20_000);
    await stack.drained();

    expect(all).toMatchObject({ exitCode: 0, sent: [], leftOut: [{}, {}] });
    expect(await show('test/seen')).toMatchObject({ state: 'DONE', recordId: '1-ABC' });
    expect(redriven.sent).toMatchObject([{ key: 'test/unseen' }]);
    expect(checks()).toBe(before + 1);
  });
});
