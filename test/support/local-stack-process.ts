import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/** The local stack as a person or a program starts it. */
export interface LocalStackProcess {
  readonly output: { readonly stdout: string; readonly stderr: string };
  /** Waits until this stands in its standard output, and gives the whole of that. */
  wrote(text: string | RegExp): Promise<string>;
  /** Processes that it has started and that live, itself among them. */
  processes(): readonly number[];
  /** Sends a signal to its process group, as a terminal does. */
  signal(signal: NodeJS.Signals): void;
  /** The exit code. */
  readonly ended: Promise<number | null>;
  /** Whether its process group has a member. */
  hasGroup(): boolean;
  /** Ends whatever is left, the hard way. */
  kill(): void;
}

/** Runs the command behind `npm start` with these options. */
export function startProcess(args: readonly string[]): LocalStackProcess {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: { start: string } };
  const [, ...command] = scripts.start.split(' ');
  const child = spawn(process.execPath, [...command, ...args], {
    cwd: ROOT,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    // Packages that do not fit the lockfile are a failure here, and no reason to install others.
    env: { ...process.env, npm_execpath: join(ROOT, 'no-npm-here.mjs') },
  });
  const { pid = 0 } = child;
  const output = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (chunk: string) => {
      output[stream] += chunk;
    });
  }
  const started = new Set<number>();
  const processes = () => {
    for (const one of [pid, ...descendantsOf(pid)]) started.add(one);
    return [...started].filter(isAlive);
  };

  return {
    output,
    wrote: (text) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (typeof text === 'string' ? output.stdout.includes(text) : text.test(output.stdout))
            resolve(output.stdout);
        };
        look();
        child.stdout.on('data', look);
        child.on('close', (code) => reject(new Error(`it ended with ${code}: ${told(output)}`)));
      }),
    processes,
    signal: (signal) => void process.kill(-pid, signal),
    ended: new Promise((resolve) => child.on('close', (code) => resolve(code))),
    hasGroup: () => hasMembers(pid),
    kill() {
      for (const one of processes()) process.kill(one, 'SIGKILL');
    },
  };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

interface Running {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
}

/** Processes of this machine, without those that have ended and nobody has asked about; none where the system does not tell. */
function runningProcesses(): Running[] {
  return entriesOf('/proc').flatMap((name) => {
    // The second field is the name in brackets, which may hold anything.
    const [, state, parent, group] = /\) (\S) (\d+) (\d+)/.exec(textOf(`/proc/${name}/stat`)) ?? [];
    const isRunning = state !== undefined && state !== 'Z';
    return isRunning ? [{ pid: Number(name), parent: Number(parent), group: Number(group) }] : [];
  });
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** Children and theirs; those in process groups of their own too. */
function descendantsOf(pid: number): number[] {
  const running = runningProcesses();
  const below = (one: number): number[] =>
    running.filter(({ parent }) => parent === one).flatMap((child) => [child.pid, ...below(child.pid)]);
  return below(pid);
}

function hasMembers(group: number): boolean {
  const running = runningProcesses();
  return running.length > 0 ? running.some((one) => one.group === group) : isAlive(-group);
}

function told({ stdout, stderr }: { stdout: string; stderr: string }): string {
  return `${stdout.slice(-2_000)}\n${stderr.slice(-2_000)}`;
}
