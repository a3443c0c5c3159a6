import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const LAUNCHER = fileURLToPath(new URL('../../scripts/launch.mjs', import.meta.url));
const NPM_STAND_IN = `
  const { writeFileSync, mkdirSync, copyFileSync, appendFileSync } = require('fs');
  appendFileSync('npm-calls', process.argv.slice(2).join(' ') + '\\n');
  if (process.env.NPM_FAILS) process.exit(1);
  mkdirSync('node_modules', { recursive: true });
  copyFileSync('package-lock.json', 'node_modules/.package-lock.json');
`;

let project: string;

beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), 'launch-'));
  await mkdir(join(project, 'scripts'));
  await cp(LAUNCHER, join(project, 'scripts/launch.mjs'));
  await writeFile(join(project, 'npm.cjs'), NPM_STAND_IN);
  await writeFile(
    join(project, 'hello.mjs'),
    "console.log('hello', process.argv[2]); process.exit(Number(process.argv[3] ?? 0));",
  );
  await writeLock('package-lock.json', { 'node_modules/left': '1.0.0' });
});

afterEach(() => rm(project, { recursive: true, force: true }));

describe('the launcher', () => {
  it('installs from the lockfile when nothing is installed, and then runs the file', async () => {
    const run = await launch(['hello.mjs', 'world']);
    expect(run).toMatchObject({ code: 0, stdout: 'hello world\n' });
    expect(await npmCalls()).toEqual(['ci']);
  });

  it('does not install when node_modules is what the lockfile says', async () => {
    await mkdir(join(project, 'node_modules'));
    await writeLock('node_modules/.package-lock.json', { 'node_modules/left': '1.0.0' });
    await launch(['hello.mjs']);
    expect(await npmCalls()).toEqual([]);
  });

  it.each([
    ['another version', { 'node_modules/left': '1.0.1' }],
    ['a package too many', { 'node_modules/left': '1.0.0', 'node_modules/right': '1.0.0' }],
    ['a package missing', {}],
  ])('installs when node_modules has %s', async (_what, packages) => {
    await mkdir(join(project, 'node_modules'));
    await writeLock('node_modules/.package-lock.json', packages);
    await launch(['hello.mjs']);
    expect(await npmCalls()).toEqual(['ci']);
  });

  it('installs once when two commands start together', async () => {
    const runs = await Promise.all([launch(['hello.mjs', 'a']), launch(['hello.mjs', 'b'])]);
    expect(runs.map(({ code }) => code)).toEqual([0, 0]);
    expect(await npmCalls()).toEqual(['ci']);
  });

  it('goes on after an installation that was killed and left its lock', async () => {
    await writeFile(join(project, '.installing'), '4194304');
    expect(await launch(['hello.mjs', 'again'])).toMatchObject({ code: 0, stdout: 'hello again\n' });
  });

  it('says in one sentence that the installation failed', async () => {
    const run = await launch(['hello.mjs'], { NPM_FAILS: '1' });
    expect(run.code).toBe(1);
    expect(run.stderr).toContain('npm ci failed');
    expect(run.stdout).toBe('');
  });

  it('passes on the exit code', async () => {
    expect(await launch(['hello.mjs', 'x', '3'])).toMatchObject({ code: 3 });
  });

  it('says in one sentence that Node is too old', async () => {
    const old = "data:text/javascript,Object.defineProperty(process.versions,'node',{value:'18.20.0'})";
    const run = await launch(['hello.mjs'], { NODE_OPTIONS: `--import ${old}` });
    expect(run.code).toBe(1);
    expect(run.stderr.trim().split('\n')).toEqual([expect.stringMatching(/^Node\.js \d+ or newer is needed here/)]);
    expect(await npmCalls()).toEqual([]);
  });
});

async function writeLock(file: string, versions: Record<string, string>): Promise<void> {
  const packages = Object.entries(versions).map(([path, version]) => [
    path,
    { version, integrity: `sha512-${version}` },
  ]);
  await writeFile(join(project, file), JSON.stringify({ packages: Object.fromEntries(packages) }));
}

async function npmCalls(): Promise<string[]> {
  const calls = await readFile(join(project, 'npm-calls'), 'utf8').catch(() => '');
  return calls.split('\n').filter((line) => line !== '');
}

function launch(
  args: string[],
  env: Record<string, string> = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, ['scripts/launch.mjs', ...args], {
    cwd: project,
    env: { ...process.env, npm_execpath: join(project, 'npm.cjs'), ...env },
  });
  const output = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) child[stream].on('data', (chunk) => (output[stream] += chunk));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, ...output })));
}
