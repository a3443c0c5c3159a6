import { randomBytes } from 'node:crypto';
import { type FailedStart, openSandbox, type Sandbox } from './sandbox.ts';
import type { SandboxPlan } from './sandbox-environment.ts';

/** A sandbox for a call, or why there is none. */
export type Taken =
  | { readonly sandbox: Sandbox; readonly initMs?: number; readonly callMs: number }
  | {
      readonly sandbox?: undefined;
      readonly failed: FailedStart;
      readonly initMs?: undefined;
      readonly callMs: number;
    };

/** The sandboxes of one function. */
export interface SandboxPool {
  /**
   * The sandbox used last among the idle ones, else a new one.
   *
   * `initMs` is the time of a start that went well before the call; `callMs` what a second start took of the call.
   */
  take(): Promise<Taken>;
  /** Keeps it for the next call if it lives. */
  giveBack(sandbox: Sandbox): void;
  /** Kills a busy sandbox, else an idle one; false when there is none. */
  killOne(): boolean;
  /** Those that live, busy or idle. */
  living(): readonly Sandbox[];
  /** Kills all, for good. */
  close(): Promise<void>;
  /** Sandboxes started so far, and those that live. */
  stats(): { readonly coldStarts: number; readonly sandboxes: number };
}

export function sandboxPool({
  plan,
  initTimeoutMs,
  callTimeoutMs,
  onLog,
}: {
  plan: SandboxPlan;
  initTimeoutMs: number;
  callTimeoutMs: number;
  onLog: (line: string) => void;
}): SandboxPool {
  const alive = new Set<Sandbox>();
  const idle: Sandbox[] = [];
  const opening = new Set<Promise<Sandbox>>();
  let coldStarts = 0;
  let isClosed = false;

  async function open(): Promise<Sandbox> {
    coldStarts += 1;
    const opened = openSandbox(plan, { logStream: newLogStream(), onLine: onLog });
    opening.add(opened);
    const sandbox = await opened.finally(() => opening.delete(opened));
    alive.add(sandbox);
    void sandbox.gone.then(() => alive.delete(sandbox));
    if (isClosed) sandbox.kill();
    return sandbox;
  }

  async function start(phase: 'init' | 'invoke', timeoutMs: number): Promise<Taken> {
    const from = performance.now();
    const sandbox = await open();
    const failed = await sandbox.start(timeoutMs);
    const tookMs = performance.now() - from;
    if (!failed) return phase === 'init' ? { sandbox, initMs: tookMs, callMs: 0 } : { sandbox, callMs: tookMs };

    sandbox.kill();
    await sandbox.gone;
    const status = failed.kind === 'timed-out' ? 'timeout' : 'error';
    onLog(`INIT_REPORT Init Duration: ${tookMs.toFixed(2)} ms\tPhase: ${phase}\tStatus: ${status}`);
    return { failed, callMs: phase === 'init' ? 0 : tookMs };
  }

  const livingOnes = () => [...alive].filter(({ isAlive }) => isAlive);

  return {
    living: livingOnes,
    async take() {
      for (let sandbox = idle.pop(); sandbox; sandbox = idle.pop()) {
        if (sandbox.isAlive) return { sandbox, callMs: 0 };
      }
      onLog(`INIT_START Runtime Version: nodejs ${process.version}`);
      const first = await start('init', initTimeoutMs);
      return first.sandbox || isClosed ? first : start('invoke', callTimeoutMs);
    },
    giveBack(sandbox) {
      if (sandbox.isAlive) idle.push(sandbox);
    },
    killOne() {
      const living = livingOnes();
      const victim = living.find((sandbox) => !idle.includes(sandbox)) ?? living[0];
      victim?.kill();
      return victim !== undefined;
    },
    async close() {
      isClosed = true;
      await Promise.allSettled(opening);
      for (const sandbox of alive) sandbox.kill();
      await Promise.all([...alive].map(({ gone }) => gone));
    },
    stats: () => ({ coldStarts, sandboxes: alive.size }),
  };
}

function newLogStream(): string {
  const day = new Date().toISOString().slice(0, 10).replaceAll('-', '/');
  return `${day}/[$LATEST]${randomBytes(16).toString('hex')}`;
}
