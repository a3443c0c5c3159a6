import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type LocalStackProcess, startProcess } from '../support/local-stack-process.ts';

// Each of these starts Node anew, some with a build: a busy machine may take its time.
vi.setConfig({ testTimeout: 60_000 });

const ROOT = join(import.meta.dirname, '../..');
const hasCurl = spawnSync('sh', ['-c', 'command -v curl']).status === 0;

const all: LocalStackProcess[] = [];
const start = (...args: readonly string[]): LocalStackProcess => {
  const started = startProcess(args);
  all.push(started);
  return started;
};

let once: LocalStackProcess;
let running: LocalStackProcess;

beforeAll(async () => {
  once = start('--once', '--records', '200');
  running = start('--records', '200', '--seed', '3');
  await running.wrote('with the AWS CLI');
});
afterAll(() => {
  for (const one of all) one.kill();
});

describe('npm start -- --once', () => {
  it('ends with exit code 0 after a tour that tells what it did', async () => {
    expect(await once.ended, once.output.stdout).toBe(0);
    const { stdout, stderr } = once.output;
    expect(stderr).toBe('');
    for (const told of [
      /200 records in 3 pages → 1 object in [\d.]+ s: s3:\/\/\S+\.ndjson\.gz/,
      /9 done: 6 accounts created, 3 changed/,
      /3 parked in the state table: BAD_JSON, MISSING_FIELD, UNKNOWN_OPERATION/,
      /GET \/accounts\/\S+\n {3}200 \{"Id":"/,
      /token requests {2,}\d, one per container\n/,
      /secret reads {2,}\d, one per container\n/,
      /Siebel calls {2,}\d+, each token introspected: \d+\n/,
      /most under way at Siebel {2,}\d of 18 planned\n/,
      /All as it should be\./,
    ]) {
      expect(stdout).toMatch(told);
    }
    expect(stdout).not.toContain('Ctrl-C');
    expect(once.hasGroup()).toBe(false);
  });
});

describe.skipIf(!hasCurl)('the commands that npm start prints (needs curl)', () => {
  let folder: string;
  /** By the words above or beside each. */
  let commands: ReadonlyMap<string, string>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'commands-'));
    // The AWS CLI need not be there: what it would be given is looked at.
    await writeFile(join(folder, 'aws'), '#!/bin/sh\nenv | grep ^AWS_\nprintf "%s\\n" "$@"\n');
    await chmod(join(folder, 'aws'), 0o755);
    commands = commandsIn(running.output.stdout);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** Runs it as a person pastes it. */
  const paste = (about: string) => shell(commands.get(about) ?? `no command to ${about}`, folder);

  it('are all tried below', () => {
    expect([...commands.keys()]).toEqual([
      'send a message',
      'send one with the command line',
      'list what was parked',
      'see what it did in Siebel',
      'tick the schedule',
      'look at the sync jobs',
      'tick a timed operation',
      'call the API',
      "kill the queue's containers",
      'make Siebel fail once',
      'with the AWS CLI',
    ]);
  });

  it('send a message, and show what it did in Siebel', async () => {
    expect(JSON.parse(await paste('send a message'))).toMatchObject({ MessageId: expect.any(String) });
    await expect
      .poll(async () => JSON.parse(await paste('see what it did in Siebel')), { timeout: 15_000 })
      .toMatchObject({ count: 1, records: [{ Name: 'Harbour Supplies', Location: 'Bremen' }] });
  });

  // What they do is shown by the tests of the command line: here, --local may find the stack of another test.
  it('name commands of the command line, which finds the running stack by a file that only this user reads', async () => {
    const file = join(ROOT, '.local', `stack-${stackProcess()}.json`);
    const { mode } = await stat(file);

    expect(commands.get('send one with the command line')).toMatch(
      /^echo '\{.+\}' \| npm run .+ messages send --local /,
    );
    expect(commands.get('list what was parked')).toMatch(/^npm run .+ messages list --local$/);
    expect(commands.get('look at the sync jobs')).toMatch(/^npm run .+ sync status --local$/);
    expect(mode & 0o777).toBe(0o600);
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({
      pid: stackProcess(),
      queueUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:/),
      stateTable: 'siebel-integration-local-state',
    });
  });

  it('tick a timed operation, which is done once for one time', async () => {
    const key = 'timed/nightly-credit-check/2025-03-14T01:00:00Z';
    expect(JSON.parse(await paste('tick a timed operation'))).toMatchObject({ message: { key } });
    await expect
      .poll(() => readFile(join(toldAbout('logs of the functions'), 'queue.log'), 'utf8'), { timeout: 15_000 })
      .toMatch(new RegExp(`"key":"${key}","outcome":"done"`));
  });

  it('tick the schedule, as every job of siebel.config.ts is ticked', async () => {
    const command = commands.get('tick the schedule') ?? '';
    expect(JSON.parse(await paste('tick the schedule'))).toMatchObject({ job: 'accounts' });
    const another = await shell(command.replace('/accounts', '/service-requests'), folder);
    expect(JSON.parse(another)).toMatchObject({ job: 'service-requests', outcome: 'complete' });
    const [event = ''] = (await readFile(toldAbout('events of sync jobs'), 'utf8')).split('\n');
    expect(JSON.parse(event)).toMatchObject({
      bus: 'default',
      detailType: 'service-requests',
      detail: { Id: expect.stringMatching(/^1-/) },
    });
  });

  it('call the API, also when Siebel has been made to fail once', async () => {
    expect(JSON.parse(await paste('make Siebel fail once'))).toMatchObject({ faults: [{ times: 1 }] });
    expect(JSON.parse(await paste('call the API'))).toMatchObject({ items: [{}, {}, {}] });
    const { requests } = await json(`${toldAbout('requests that Siebel saw')}`);
    expect(requests.slice(-2)).toMatchObject([
      { status: 503, fault: true },
      { status: 200, fault: false },
    ]);
  });

  it("kill the queue's containers, at an address that also stops the queue and starts it again", async () => {
    const command = commands.get("kill the queue's containers") ?? '';
    const { killed } = JSON.parse(await paste("kill the queue's containers"));
    expect(killed).toBeGreaterThanOrEqual(1);
    expect(JSON.parse(await paste("kill the queue's containers"))).toEqual({ killed: 0 });

    const mappings = new URL('/2015-03-31/event-source-mappings', command.match(/http:\S+/)?.[0]);
    const { EventSourceMappings } = await json(`${mappings}`);
    const [{ UUID, FunctionArn, State }] = EventSourceMappings;
    expect([FunctionArn, State]).toEqual([expect.stringMatching(/:function:queue$/), 'Enabled']);
    const enable = (Enabled: boolean) =>
      fetch(`${mappings}/${UUID}`, { method: 'PUT', body: JSON.stringify({ Enabled }) });
    await enable(false);
    await expect.poll(async () => (await json(`${mappings}/${UUID}`)).State, { timeout: 10_000 }).toBe('Disabled');
    await enable(true);
    expect((await json(`${mappings}/${UUID}`)).State).toBe('Enabled');
  });

  it('list what was synced', async () => {
    const given = (await paste('with the AWS CLI')).trim().split('\n');
    const endpoint = new URL(given[given.indexOf('--endpoint-url') + 1] ?? '');
    const address = new URL(given.at(-1) ?? '');
    expect(given).toEqual(
      expect.arrayContaining(['s3', 'ls', 'AWS_ACCESS_KEY_ID=local', expect.stringMatching(/^AWS_DEFAULT_REGION=./)]),
    );
    const listed = await fetch(new URL(`/${address.hostname}?list-type=2`, endpoint));
    expect(await listed.text()).toContain('.ndjson.gz');
  });

  it('come with a folder of logs', async () => {
    const logFolder = toldAbout('logs of the functions');
    expect((await readdir(logFolder)).sort()).toEqual([
      'api.log',
      'authorizer.log',
      'backfill.log',
      'events.log',
      'queue.log',
      'schedule.log',
    ]);
    expect(await readFile(join(logFolder, 'queue.log'), 'utf8')).toContain('CALL_SETTLED');
  });
});

describe('Ctrl-C', () => {
  it('ends everything with exit code 0, and leaves no files', async () => {
    const folder = join(toldAbout('logs of the functions'), '..');
    const pid = stackProcess();
    expect(running.processes().length).toBeGreaterThan(1);
    running.signal('SIGINT');
    expect(await running.ended).toBe(0);
    expect(running.output.stdout).toMatch(/\nStopping …\n$/);
    expect(running.output.stderr).toBe('');
    expect(running.hasGroup()).toBe(false);
    expect(running.processes()).toEqual([]);
    await expect(readdir(folder)).rejects.toThrow('ENOENT');
    expect((await readdir(join(ROOT, '.local'))).filter((name) => name === `stack-${pid}.json`)).toEqual([]);
  });

  it('ends it while it still builds', async () => {
    const early = start('--records', '200');
    await early.wrote('Building');
    early.signal('SIGINT');
    expect(await early.ended).toBe(0);
    expect(early.output).toEqual({ stdout: expect.not.stringContaining('failed'), stderr: '' });
    expect(early.hasGroup()).toBe(false);
  });
});

describe('options', () => {
  it.concurrent('are shown by --help', async () => {
    const help = start('--help');
    expect(await help.ended).toBe(0);
    expect(help.output.stdout).toMatch(/^Usage: npm start -- \[options\]\n/);
    for (const option of ['--once', '--json', '--records', '--seed', '--token-life', '--port', '--fifo', '--help']) {
      expect(help.output.stdout).toContain(`\n  ${option} `);
    }
  });

  it.concurrent.each([
    [['--records', 'x'], /^--records takes a whole number from 0 to 1000000\n/],
    [['--token-life', '1', '--port', '70000'], /^--token-life takes .* from 5 to 86400; --port takes .*\n/],
    [['--recrods', '5'], /^Unknown option '--recrods'/],
  ])('that are wrong are told in a sentence: %j', async (args, sentence) => {
    const wrong = start(...args);
    expect(await wrong.ended).toBe(2);
    expect(wrong.output.stderr).toMatch(sentence);
    expect(wrong.output.stdout).toBe('');
  });

  it.concurrent('that name a port in use are told so, with what to do', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    try {
      const late = start('--port', String(Math.min(port, 65_000)), '--once', '--records', '200');
      expect(await late.ended).toBe(1);
      expect(late.output.stdout).toMatch(/^Port \d+ is in use: choose other ports with --port N, .*\n$/);
      expect(late.output.stderr).toBe('');
    } finally {
      await new Promise((resolve) => other.close(resolve));
    }
  });
});

/** Every command, with its continuation lines, by what it is said to do. */
function commandsIn(output: string): ReadonlyMap<string, string> {
  const lines = afterTour(output)
    .replaceAll(/ \\\n\s*/g, ' ')
    .split('\n');
  const found = lines.flatMap((line, index): [string, string][] => {
    const [, beside = '', command] = /^\s*(.*?)\s*\b((?:curl|echo|[A-Z_]+=\S+|aws|npm|node) .*)$/.exec(line) ?? [];
    return command === undefined ? [] : [[beside || (lines[index - 1] ?? '').trim(), command]];
  });
  return new Map(found);
}

function afterTour(output: string): string {
  const [, after] = output.split('Running until Ctrl-C');
  if (after === undefined) throw new Error(`there are no commands in ${output}`);
  return after;
}

/** Id of the process that the stack is in. */
function stackProcess(): number {
  const pids = running.processes().filter((pid) => existsSync(join(ROOT, '.local', `stack-${pid}.json`)));
  expect(pids).toHaveLength(1);
  return pids[0] ?? 0;
}

/** What stands beside these words. */
function toldAbout(words: string): string {
  const line =
    afterTour(running.output.stdout)
      .split('\n')
      .find((one) => one.includes(words)) ?? '';
  return line.replace(words, '').trim();
}

async function json(url: string) {
  // biome-ignore lint/suspicious/noExplicitAny: whatever the control address says.
  return (await (await fetch(url)).json()) as any;
}

function shell(command: string, folder: string): Promise<string> {
  const child = spawn('sh', ['-c', command], {
    env: { ...process.env, PATH: [folder, process.env['PATH']].join(delimiter) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let written = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      written += chunk;
    });
  }
  return new Promise((resolve, reject) => {
    child.on('close', (code) => (code === 0 ? resolve(written) : reject(new Error(`${command}: ${code} ${written}`))));
  });
}
