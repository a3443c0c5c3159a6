import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cliSettings, SYNC_TIMES } from '../../cli/settings.ts';
import { type Stand, startStand } from './cli-parts.ts';

let stand: Stand;
beforeAll(async () => {
  stand = await startStand();
  await stand.refuse({ key: 'orders/1' });
});
afterAll(() => stand.close());

const list = (env: Record<string, string | undefined>, ...argv: string[]) =>
  stand.run(['messages', 'list', ...argv], { env });

describe('where a command finds its parts', () => {
  it('names every setting that is missing at once, and what gives it', async () => {
    const { code, err } = await stand.run(['messages', 'redrive', '--all', '--dead-letters'], { env: {} });
    expect(code).toBe(2);
    expect(err).toBe(
      'SETTINGS: QUEUE_URL is missing: give --queue-url URL, or set the variable; DEAD_LETTER_QUEUE_URL is missing: ' +
        'give --dead-letter-queue-url URL, or set the variable. For the local stack that npm start runs: --local',
    );
  });

  it('asks for nothing that it does not need', async () => {
    expect((await list({ STAGE: 'local', STATE_TABLE: 'state' })).code).toBe(0);
  });

  it('prefers an option to the environment', async () => {
    expect((await list({ STAGE: 'local', STATE_TABLE: 'nothing' }, '--state-table', 'state')).code).toBe(0);
  });

  it('refuses an address that is none, without repeating it', async () => {
    const send = ['messages', 'send', '--file', '-'];
    for (const url of [
      'canary-7f3a',
      'http://sqs.example.com/1/canary-7f3a',
      'https://user:canary-7f3a@example.com/q',
    ]) {
      const { code, err } = await stand.run(send, { env: { QUEUE_URL: url } });
      expect(code).toBe(2);
      expect(err).toMatch(/^SETTINGS: environment: QUEUE_URL /);
      expect(err).not.toContain('canary-7f3a');
    }
    const here = await stand.run(send, { env: { QUEUE_URL: 'https://localhost/1/q' } });
    expect(here.err).toContain('(STAGE=local makes it so)');
  });

  it('goes by the times of a sync where a command reckons with them, and by no others', () => {
    const env = {
      ...{ STAGE: 'local', STATE_TABLE: 'state', SIEBEL_TIMEOUT_MS: 'soon' },
      SYNC_LOOKBACK_SECONDS: '1200',
    };
    const at = { env, root: '/nowhere' };
    const { values, tuning } = cliSettings(['STATE_TABLE', ...SYNC_TIMES], {}, at);
    expect(values).toEqual({ STATE_TABLE: 'state' });
    expect(tuning).toMatchObject({ SYNC_LOOKBACK_SECONDS: 1_200, SYNC_SAFETY_LAG_SECONDS: 60 });
    expect(cliSettings(['STATE_TABLE'], {}, at).tuning.SYNC_LOOKBACK_SECONDS).toBe(600);
    const wrong = { ...env, SYNC_LOOKBACK_SECONDS: 'long' };
    expect(() => cliSettings(['STATE_TABLE', ...SYNC_TIMES], {}, { ...at, env: wrong })).toThrow(
      expect.objectContaining({ code: 'SETTINGS', message: expect.stringContaining('SYNC_LOOKBACK_SECONDS') }),
    );
  });

  it('tells what the table refuses, with exit code 1', async () => {
    expect(await list({ STATE_TABLE: 'nothing' })).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^STATE_DENIED: /),
    });
  });
});

describe('--local', () => {
  const write = async (name: string, pid: number, stateTable: string, atMs: number) => {
    const { dynamodbEndpoint, sqsEndpoint } = stand.addresses;
    const addresses = {
      ...{ pid, stateTable, dynamodbEndpoint, sqsEndpoint },
      ...{ queueUrl: stand.queueUrl, deadLetterUrl: stand.deadLetterUrl, backfillQueueUrl: stand.queueUrl },
      ...{ syncBucket: 'sync', scheduleFunction: 'schedule', s3Endpoint: sqsEndpoint, lambdaEndpoint: sqsEndpoint },
      ...{ siebelUrl: 'https://127.0.0.1:1/siebel', caFile: 'ca.pem', secretsManagerEndpoint: sqsEndpoint },
      ...{ tokenUrl: 'https://127.0.0.1:1/token', tokenScope: 'data', clientSecretId: 'siebel' },
      ...{ syncSafetyLagSeconds: 1, syncLookbackSeconds: 5 },
      ...{ region: 'eu-west-1', accessKeyId: 'local', secretAccessKey: 'local' },
    };
    const file = join(stand.folder, '.local', name);
    await mkdir(join(stand.folder, '.local'), { recursive: true });
    await writeFile(file, JSON.stringify(addresses));
    await utimes(file, atMs / 1_000, atMs / 1_000);
  };

  it('says so when no local stack is running', async () => {
    const { code, err } = await list({}, '--local');
    expect([code, err]).toEqual([
      1,
      'NO_LOCAL_STACK: no local stack is running: start one with `npm start`, and wait for "Ready."',
    ]);
  });

  it('takes the stack that was started last and is still running, with its endpoints and credentials', async () => {
    await write('stack-1.json', process.pid, 'nothing', 1_000_000);
    await write('stack-2.json', process.pid, 'state', 2_000_000);
    // No process has this number.
    await write('stack-3.json', 2 ** 22 + 1, 'nothing', 3_000_000);
    await writeFile(join(stand.folder, '.local', 'stack-4.json'), '{"pid":');

    const { code, out, err } = await list({}, '--local');

    expect(code).toBe(0);
    expect(err).toBe(`--local: 2 local stacks are running; this is the one started last, process ${process.pid}`);
    expect(out).toContain('orders/1');
    const shown = await stand.run(['messages', 'show', 'orders/1', '--local'], { env: {} });
    expect(shown.out).toContain('messages redrive orders/1 --local');
    const sent = await stand.json(['messages', 'redrive', 'orders/1', '--local', '--yes'], { env: {} });
    expect(sent).toMatchObject({ code: 0 });
  });

  it('goes with no other address', async () => {
    expect((await list({}, '--local', '--state-table', 'state')).code).toBe(2);
    const run = await stand.run(['sync', 'run', 'accounts', '--local', '--schedule-function', 'other'], { env: {} });
    expect([run.code, run.err]).toEqual([2, expect.stringMatching(/^USAGE: --local says where everything is/)]);
  });
});
