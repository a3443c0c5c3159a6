import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { readLines } from './log-lines.ts';
import { type RuntimeEvent, serveRuntimeApi } from './runtime-api.ts';
import { runtimeFlags, type SandboxPlan, sandboxEnvironment } from './sandbox-environment.ts';
import { type TimeLimit, timeLimit } from './time-limit.ts';

/** How one event ended. */
export type Outcome =
  | { readonly kind: 'answered'; readonly failed: boolean; readonly body: string | 'too-large' }
  | { readonly kind: 'timed-out' }
  | { readonly kind: 'exited'; readonly reason: string };

/** How the start of a sandbox ended, when not well. */
export type FailedStart =
  | { readonly kind: 'refused'; readonly body: string }
  | { readonly kind: 'timed-out' }
  | { readonly kind: 'exited'; readonly reason: string };

/** One process with the runtime and the function in it: handles one event at a time. */
export interface Sandbox {
  /** Resolves with nothing when the runtime is ready for its first event. */
  start(timeoutMs: number): Promise<FailedStart | undefined>;
  /** Runs one event; resolves when all it wrote has been read, and the runtime is ready again or gone. */
  run(event: RuntimeEvent, timeoutMs: number): Promise<Outcome>;
  /** Kills it, as a crash or a time-out does: no `finally` runs. */
  kill(): void;
  /** Stops the process, and the clock of its time limit with it: as when the machine below stands still. */
  freeze(): void;
  /** Lets it go on, with the wall clock of everybody else. */
  thaw(): void;
  /** Body of the event that it works on. */
  readonly event: string | undefined;
  readonly isAlive: boolean;
  /** Highest resident memory so far; 0 where the system does not tell. */
  highestMemoryMb(): number;
  /** Resolves when the process is gone and its output read to the end. */
  readonly gone: Promise<void>;
}

const runtimeClient = createRequire(import.meta.url).resolve('aws-lambda-ric');
const hook = new URL('./runtime-hook.mjs', import.meta.url);

/** Spawns the process; the function's own initialisation begins at once. */
export async function openSandbox(
  plan: SandboxPlan,
  { logStream, onLine }: { logStream: string; onLine: (line: string) => void },
): Promise<Sandbox> {
  let asked = 0;
  const marks = { stdout: 0, stderr: 0 };
  let answer: Extract<Outcome, { kind: 'answered' }> | undefined;
  let startError: string | undefined;
  let current:
    | {
        readonly requestId: string | undefined;
        readonly limit: TimeLimit;
        settle(end: 'ready' | 'timed-out' | 'gone'): void;
      }
    | undefined;
  let reason = 'Runtime exited without providing a reason';
  let isAlive = true;
  let isFrozen = false;
  let eventBody: string | undefined;
  let peakMb = 0;

  // Ready: it has asked for an event, and what it wrote before asking has arrived on both streams.
  function noticeReady(): void {
    if (asked > 0 && marks.stdout >= asked && marks.stderr >= asked) current?.settle('ready');
  }

  const api = await serveRuntimeApi({
    asksForEvent() {
      asked += 1;
      noticeReady();
    },
    answers(requestId, { failed, body }) {
      if (requestId === current?.requestId) answer ??= { kind: 'answered', failed, body };
    },
    failsToStart(error) {
      startError = error;
    },
  });

  const child = spawn(plan.node, [...runtimeFlags(plan.memoryMb), '--import', hook.href, runtimeClient], {
    cwd: plan.taskRoot,
    env: sandboxEnvironment(plan, { runtimeApi: api.address, logStream }),
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own: Ctrl-C reaches the local stack, which then ends its sandboxes in order.
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
  for (const name of ['stdout', 'stderr'] as const) {
    readLines(child[name], {
      onLine,
      onMark() {
        marks[name] += 1;
        noticeReady();
      },
    });
  }
  const gone = new Promise<void>((resolve) => {
    const end = () => void api.close().then(resolve);
    child.on('exit', (code, signal) => {
      isAlive = false;
      if (signal) reason = `Runtime exited with error: signal: ${signal === 'SIGKILL' ? 'killed' : signal}`;
      else if (code) reason = `Runtime exited with error: exit status ${code}`;
    });
    child.on('error', (error) => {
      if (child.pid !== undefined) return;
      isAlive = false;
      reason = `Runtime could not be started: ${error.message}`;
      end();
    });
    child.on('close', end);
  });

  /** Waits until the runtime is ready or gone; kills it when that takes too long. */
  function settled(requestId: string | undefined, timeoutMs: number): Promise<'ready' | 'timed-out' | 'gone'> {
    return new Promise((resolve) => {
      let timedOut = false;
      const limit = timeLimit(timeoutMs, () => {
        timedOut = true;
        peakMb = highestMemoryMb();
        child.kill('SIGKILL');
      });
      if (isFrozen) limit.pause();
      current = {
        requestId,
        limit,
        settle(end) {
          limit.clear();
          current = undefined;
          resolve(timedOut ? 'timed-out' : end);
        },
      };
      void gone.then(() => current?.settle('gone'));
    });
  }

  function highestMemoryMb(): number {
    peakMb = Math.max(peakMb, isAlive ? residentPeakMb(child.pid) : 0);
    return peakMb;
  }

  return {
    async start(timeoutMs) {
      const end = settled(undefined, timeoutMs);
      noticeReady();
      const how = await end;
      if (how === 'ready') return undefined;
      if (startError !== undefined) return { kind: 'refused', body: startError };
      return how === 'timed-out' ? { kind: 'timed-out' } : { kind: 'exited', reason };
    },
    async run(event, timeoutMs) {
      if (!isAlive) {
        await gone;
        return { kind: 'exited', reason };
      }
      answer = undefined;
      const end = settled(event.requestId, timeoutMs);
      asked = 0;
      marks.stdout = 0;
      marks.stderr = 0;
      eventBody = event.body;
      api.send(event);
      const how = await end;
      eventBody = undefined;
      // What was answered counts, even when the process died right after it.
      return answer ?? (how === 'timed-out' ? { kind: 'timed-out' } : { kind: 'exited', reason });
    },
    kill: () => void child.kill('SIGKILL'),
    freeze() {
      if (!isAlive || isFrozen) return;
      isFrozen = child.kill('SIGSTOP');
      current?.limit.pause();
    },
    thaw() {
      if (!isFrozen) return;
      isFrozen = false;
      child.kill('SIGCONT');
      current?.limit.resume();
    },
    get event() {
      return eventBody;
    },
    get isAlive() {
      return isAlive;
    },
    highestMemoryMb,
    gone,
  };
}

function residentPeakMb(pid: number | undefined): number {
  try {
    const kilobytes = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Math.ceil(Number(kilobytes ?? 0) / 1_024);
  } catch {
    return 0;
  }
}
