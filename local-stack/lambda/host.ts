import { randomBytes, randomUUID } from 'node:crypto';
import { arnOf } from '../aws/account.ts';
import { unpackFunction } from './function-package.ts';
import { type Failure, failureOf, reportLine } from './invocation-report.ts';
import { PAYLOAD_LIMIT_BYTES } from './runtime-api.ts';
import type { FailedStart, Outcome, Sandbox } from './sandbox.ts';
import { refuseReserved, type SandboxPlan } from './sandbox-environment.ts';
import { sandboxPool } from './sandbox-pool.ts';

/** What a caller that waits gets back. */
export interface InvocationResult {
  /** The function's answer as parsed JSON; with `functionError` an object with `errorType` and `errorMessage`. */
  readonly payload: unknown;
  /** Set when the function threw, was killed, or could not be started. */
  readonly functionError?: 'Unhandled';
  readonly timedOut?: true;
  readonly requestId: string;
}

/** All sandboxes that the function may have are busy: Lambda answers 429, and the function was not called. */
export class ThrottledError extends Error {
  override readonly name = 'TooManyRequestsException';
}

/** The event is over the limit of a call that waits for its answer. */
export class RequestTooLargeError extends Error {
  override readonly name = 'RequestTooLargeException';
}

export interface FunctionStats {
  /** Sandboxes started, those that failed to start included. */
  readonly coldStarts: number;
  readonly invocations: number;
  readonly throttled: number;
  readonly timeOuts: number;
  /** Invocations that ended in a function error, time-outs included. */
  readonly errors: number;
  /** Sandboxes alive now, and the most that were busy at once. */
  readonly sandboxes: number;
  readonly highestConcurrency: number;
}

/** One deployed function: sandboxes made when needed, used again while they live. */
export interface LambdaFunction {
  readonly name: string;
  readonly arn: string;
  /**
   * Calls the function and waits.
   *
   * @throws ThrottledError | RequestTooLargeError, without calling the function.
   */
  invoke(event: unknown, options?: { traceId?: string; clientContext?: unknown }): Promise<InvocationResult>;
  stats(): FunctionStats;
  /** Kills one sandbox, a busy one if there is any; false when there is none. */
  killSandbox(): boolean;
  /** Sandboxes that live, to be killed, frozen and thawed; told apart by the event that each works on. */
  sandboxes(): readonly Pick<Sandbox, 'event' | 'kill' | 'freeze' | 'thaw' | 'gone'>[];
  /** Kills all sandboxes; calls under way end in a function error. */
  close(): Promise<void>;
}

export interface FunctionOptions {
  readonly name: string;
  readonly zipFile: string;
  readonly handler?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  readonly memoryMb?: number;
  /** Reserved concurrency: sandboxes at most, and so calls at once. */
  readonly maxConcurrency: number;
  /** Gets every line that a sandbox writes, and those that Lambda adds (START, END, REPORT). */
  readonly onLog?: (line: string) => void;
  /** Time for the function's own initialisation. */
  readonly initTimeoutMs?: number;
  readonly node?: string;
}

const INIT_TIMEOUT_MS = 10_000;

/**
 * Deploys a zip: unpacks it, and runs it under AWS' runtime interface client in processes of their own.
 *
 * As on Lambda, a first start that fails is tried once more within the time of the call, a sandbox survives an error
 * that its handler throws, and does not survive a time-out. Unlike there, an idle sandbox is not frozen.
 */
export function lambdaFunction(options: FunctionOptions): LambdaFunction {
  const { name, environment = {}, timeoutSeconds, maxConcurrency, onLog = () => {}, memoryMb = 512 } = options;
  const { handler = 'index.handler', initTimeoutMs = INIT_TIMEOUT_MS, node = process.execPath } = options;
  refuseReserved(environment);
  const unpacked = unpackFunction(name, options.zipFile);
  const plan: SandboxPlan = { functionName: name, taskRoot: unpacked.taskRoot, handler, environment, memoryMb, node };
  const arn = arnOf('lambda', `function:${name}`);

  const pool = sandboxPool({ plan, initTimeoutMs, callTimeoutMs: timeoutSeconds * 1_000, onLog });
  const underWay = new Set<Promise<unknown>>();
  const counts = { invocations: 0, throttled: 0, timeOuts: 0, errors: 0, highestConcurrency: 0 };
  let isClosed = false;

  async function run(
    requestId: string,
    body: string,
    { traceId, clientContext }: CallOptions,
  ): Promise<InvocationResult> {
    const taken = await pool.take();
    onLog(`START RequestId: ${requestId} Version: $LATEST`);

    const from = performance.now();
    let outcome: Outcome | FailedStart;
    let memoryUsedMb = 0;
    if (taken.sandbox) {
      const { sandbox } = taken;
      const leftMs = Math.max(1, timeoutSeconds * 1_000 - taken.callMs);
      const deadlineMs = Date.now() + leftMs;
      outcome = await sandbox.run({ requestId, deadlineMs, functionArn: arn, traceId, clientContext, body }, leftMs);
      memoryUsedMb = sandbox.highestMemoryMb();
      pool.giveBack(sandbox);
    } else {
      outcome = taken.failed;
    }
    const durationMs = performance.now() - from + taken.callMs;

    const failure = failureOf(outcome, { requestId, timeoutSeconds });
    for (const line of failure?.logLines ?? []) onLog(line);
    onLog(`END RequestId: ${requestId}`);
    onLog(reportLine({ requestId, durationMs, memoryMb, memoryUsedMb, initMs: taken.initMs, failure }));
    return settle(requestId, failure, outcome.kind === 'answered' ? outcome.body : undefined);
  }

  function settle(requestId: string, failure: Failure | undefined, body: string | undefined): InvocationResult {
    if (!failure) return { payload: JSON.parse(body ?? 'null'), requestId };
    counts.errors += 1;
    if (!failure.timedOut) return { payload: failure.payload, functionError: 'Unhandled', requestId };
    counts.timeOuts += 1;
    return { payload: failure.payload, functionError: 'Unhandled', timedOut: true, requestId };
  }

  return {
    name,
    arn,
    async invoke(event, { traceId = newTraceId(), clientContext } = {}) {
      if (isClosed) throw new Error(`the function ${name} has been closed`);
      const body = JSON.stringify(event ?? null);
      if (Buffer.byteLength(body) > PAYLOAD_LIMIT_BYTES) {
        throw new RequestTooLargeError(`the event must be smaller than ${PAYLOAD_LIMIT_BYTES} bytes`);
      }
      if (underWay.size >= maxConcurrency) {
        counts.throttled += 1;
        throw new ThrottledError('Rate Exceeded.');
      }
      counts.invocations += 1;
      const running = run(randomUUID(), body, { traceId, clientContext });
      underWay.add(running);
      counts.highestConcurrency = Math.max(counts.highestConcurrency, underWay.size);
      try {
        return await running;
      } finally {
        underWay.delete(running);
      }
    },
    stats: () => ({ ...counts, ...pool.stats() }),
    killSandbox: () => pool.killOne(),
    sandboxes: () => pool.living(),
    async close() {
      isClosed = true;
      await pool.close();
      await Promise.allSettled(underWay);
      unpacked.remove();
    },
  };
}

type CallOptions = { readonly traceId: string; readonly clientContext: unknown };

function newTraceId(): string {
  const seconds = Math.floor(Date.now() / 1_000).toString(16);
  const parent = randomBytes(8).toString('hex');
  return `Root=1-${seconds}-${randomBytes(12).toString('hex')};Parent=${parent};Sampled=0`;
}
