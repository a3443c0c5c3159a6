import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { scheduleFunction } from '../../../cli/sync/schedule-function.ts';
import { leaveReadyFile } from '../../../local-stack/ready.ts';
import { PATIENCE, type TestStack, testStack } from '../../stack/stack.ts';
import { type Conditions, commandLine } from '../cli-parts.ts';

vi.setConfig({ testTimeout: 60_000 });

let stack: TestStack;
let folder: string;
let leave: () => Promise<void>;
beforeAll(async () => {
  [stack, folder] = await Promise.all([testStack(), mkdtemp(join(tmpdir(), 'siebel-cli-sync-'))]);
  leave = await leaveReadyFile(stack.ready, join(folder, '.local'));
});
afterAll(async () => {
  await leave?.();
  await Promise.all([stack?.close(), rm(folder, { recursive: true, force: true })]);
});

/** `siebel sync … --local` as a person types it. */
async function sync(argv: readonly string[], conditions: Conditions = {}) {
  const { dynamodbEndpoint, sqsEndpoint } = stack.ready;
  const program = commandLine({ addresses: { dynamodbEndpoint, sqsEndpoint }, settings: {}, folder });
  return program(['sync', ...argv, '--local'], conditions);
}

async function json(argv: readonly string[]) {
  const { code, out } = await sync([...argv, '--json']);
  return { code, ...JSON.parse(out) };
}

const accounts = () => stack.siebel.records('Account', {});

describe('siebel sync on the local stack', () => {
  it('runs a job, shows how far it is, and finds the same records on both sides', async () => {
    const before = await sync(['status']);
    const early = await json(['verify', 'accounts']);

    const ran = await sync(['run', 'accounts']);
    const status = await json(['status', 'accounts']);
    const verified = await json(['verify', 'accounts', '--ranges', '4']);

    expect(before.out).toMatch(/^accounts +- +has not run yet/m);
    expect(early).toMatchObject({ code: 1, error: { code: 'NOTHING_READ_YET' } });
    expect([ran.code, ran.err]).toEqual([0, '']);
    expect(ran.out).toMatch(/^accounts has read everything up to .* 200 records handed over/);
    expect(status).toMatchObject({
      code: 0,
      lastRun: { outcome: 'complete', records: 200 },
      paused: null,
      lease: null,
    });
    expect(status.lagMinutes).toBeLessThan(2);
    expect(verified).toMatchObject({ code: 0, equal: true, siebel: 200, bucket: 200, notes: [] });
    expect(verified.ranges).toHaveLength(4);
  });

  it('shows where records are missing on either side, and takes what changes for no difference', async () => {
    const [gone, changed] = accounts();
    const writer = stack.siebel.writer('Account');
    writer.delete(gone?.['Id'] ?? '');
    writer.update(changed?.['Id'] ?? '', { Location: 'Oslo' });
    writer.insert({ Name: 'Committed late', Location: 'Oslo' }, Date.parse('2020-02-02T02:02:02Z'));

    const { code, out } = await sync(['verify', 'accounts', '--from', '2020-02-02', '--ranges', '40']);
    const verified = await json(['verify', 'accounts', '--ranges', '1']);

    expect(code).toBe(1);
    expect(out).toMatch(/ +1 +0 +\+1$/m);
    expect(out).toMatch(/Look closer:.*sync verify accounts --from .* --local$/m);
    // One missing, one too many.
    expect(verified).toMatchObject({ equal: true, siebel: 199, bucket: 199, changedSince: 1 });
  });

  it('pauses and resumes it', async () => {
    const paused = await sync(['pause', 'accounts', '--reason', 'upgrade of Siebel']);
    const ticked = await sync(['run', 'accounts']);
    const shown = await sync(['status', 'accounts']);
    const resumed = await sync(['resume', 'accounts']);
    const again = await json(['run', 'accounts']);

    expect([paused.code, resumed.code]).toEqual([0, 0]);
    expect([ticked.code, ticked.out]).toEqual([1, expect.stringMatching(/^accounts is paused/)]);
    expect(shown.out).toMatch(/^paused +by ines since .*: upgrade of Siebel/m);
    expect(again).toMatchObject({ code: 0, run: { outcome: 'complete' } });
  });

  it('reads everything again after a reset, under a higher number (R68)', async () => {
    // Earlier tests have changed a record, and a run reads up to its safety lag before now.
    const changedBy = Date.now();
    const first = await vi.waitFor(async () => {
      const ran = await json(['run', 'accounts']);
      expect(Date.parse(ran.run.bound)).toBeGreaterThanOrEqual(changedBy);
      return ran;
    }, PATIENCE);
    const refused = await json(['reset', 'accounts']);
    const reset = await json(['reset', 'accounts', '--yes']);
    const second = await json(['run', 'accounts']);
    const verified = await json(['verify', 'accounts', '--ranges', '1']);

    expect(refused).toMatchObject({ code: 2, error: { code: 'CONFIRMATION_NEEDED' } });
    expect(reset).toMatchObject({ code: 0, to: null });
    expect(second.run).toMatchObject({ outcome: 'complete', records: accounts().length });
    expect(second.run.fence).toBeGreaterThan(first.run.fence);
    await sync(['reset', 'accounts', '--to', '2h', '--yes']);
    const third = await json(['run', 'accounts']);
    expect(third.run.records).toBeGreaterThan(0);
    expect(third.run.records).toBeLessThan(10);
    // The record that was deleted at Siebel is still in the bucket: no sweep has run.
    expect(verified).toMatchObject({ code: 1, ranges: [{ difference: -1 }] });
  });

  it('tells of a run that fails, and shows its code afterwards', async () => {
    stack.siebel.addFault({ path: '/Account/', times: 0, fault: { status: 403 } });

    const { code, err } = await sync(['run', 'accounts']);
    const { error } = await json(['run', 'accounts']);
    const { lastRun } = await json(['status', 'accounts']);
    stack.siebel.clearFaults();

    expect([code, err]).toEqual([1, expect.stringMatching(/^RUN_FAILED: .*sync status accounts --local/)]);
    expect(lastRun).toMatchObject({ outcome: 'failed', code: expect.stringMatching(/^[A-Z_]+$/) });
    expect(error).toMatchObject({ code: 'RUN_FAILED', run: { code: lastRun.code } });
    expect((await sync(['status'])).out).toContain(`failed: ${lastRun.code}`);
  });

  it('says when there is no such function', async () => {
    const { lambdaEndpoint: endpoint, region, accessKeyId, secretAccessKey } = stack.ready;
    const connection = { endpoint, region, credentials: { accessKeyId, secretAccessKey } };
    await expect(scheduleFunction({ name: 'nothing', connection }).run({ job: 'accounts' })).rejects.toMatchObject({
      code: 'FUNCTION_AWAY',
    });
  });

  it('compares no job that leaves no objects', async () => {
    expect(await json(['verify', 'service-requests'])).toMatchObject({ code: 1, error: { code: 'NO_OBJECTS' } });
  });
});
