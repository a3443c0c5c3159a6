import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

/** One function as it would be deployed: a folder that holds `index.mjs` with an export `handler`. */
export interface Variant {
  readonly name: string;
  readonly taskRoot: string;
  readonly env: Readonly<Record<string, string>>;
  /** What it is asked first. */
  readonly event: unknown;
}

export interface ColdStart {
  /** Process spawned until it asked for its first event. */
  readonly initMs: number;
  /** Event handed out until its answer arrived. */
  readonly firstMs: number;
  readonly totalMs: number;
  /** CPU of all threads until the first answer; zero where there is no /proc. */
  readonly cpuMs: number;
  readonly residentMb: number;
}

const CLIENT = fileURLToPath(new URL('runtime-client.mjs', import.meta.url));
/** What the managed runtime passes to Node at 512 MB. */
const RUNTIME_FLAGS = ['--expose-gc', '--max-semi-space-size=25', '--max-old-space-size=460'];

/**
 * Starts one runtime process, hands it one event, waits for the answer, ends the process.
 *
 * @param options.cpu Number of the one CPU that the process may use; needs `taskset`.
 * @throws When the process dies, answers with an error, or takes longer than `timeoutMs`.
 */
export async function coldStart(
  { name, taskRoot, env, event }: Variant,
  { cpu, timeoutMs = 30_000 }: { cpu?: number | undefined; timeoutMs?: number } = {},
): Promise<ColdStart> {
  const { promise, resolve, reject } = Promise.withResolvers<ColdStart>();
  let spawnedAtMs = 0;
  let askedAtMs = 0;

  // One port per run: what a killed process still sends reaches nobody.
  const server = createServer((request, response) => {
    const nowMs = performance.now();
    if (request.url?.endsWith('/invocation/next')) {
      if (askedAtMs > 0) return; // held open: there is no second event
      askedAtMs = nowMs;
      response.writeHead(200, eventHeaders()).end(JSON.stringify(event));
      return;
    }
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      const answeredAtMs = performance.now();
      response.writeHead(202).end();
      if (request.url?.includes('error')) return reject(new Error(`${name}: ${body}`));
      const initMs = askedAtMs - spawnedAtMs;
      const firstMs = answeredAtMs - askedAtMs;
      resolve({ initMs, firstMs, totalMs: initMs + firstMs, ...usage(child.pid) });
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;

  const pinned = cpu === undefined ? [] : ['taskset', '-c', String(cpu)];
  const [command = process.execPath, ...args] = [...pinned, process.execPath, ...RUNTIME_FLAGS, CLIENT];
  spawnedAtMs = performance.now();
  const child = spawn(command, args, {
    env: { ...lambdaEnvironment(taskRoot, port), ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const exited = new Promise<void>((exit) => child.on('exit', () => exit()));
  const timer = setTimeout(() => reject(new Error(`${name}: no answer in ${timeoutMs} ms\n${stderr}`)), timeoutMs);
  child.on('error', reject);
  void exited.then(() => reject(new Error(`${name}: the process ended early\n${stderr}`)));

  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    child.kill('SIGKILL');
    await exited;
    server.close();
    server.closeAllConnections();
  }
}

function eventHeaders(): Record<string, string> {
  return {
    'content-type': 'application/json',
    'lambda-runtime-aws-request-id': 'request-1',
    'lambda-runtime-deadline-ms': String(Date.now() + 30_000),
    'lambda-runtime-invoked-function-arn': 'arn:aws:lambda:eu-west-1:123456789012:function:bench',
    'lambda-runtime-trace-id': 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0',
  };
}

function lambdaEnvironment(taskRoot: string, port: number): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    TZ: ':UTC',
    AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${port}`,
    _HANDLER: 'index.handler',
    LAMBDA_TASK_ROOT: taskRoot,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'example',
    AWS_SECRET_ACCESS_KEY: 'example',
    AWS_SESSION_TOKEN: 'example'.repeat(40),
    AWS_LAMBDA_FUNCTION_NAME: 'bench',
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
  };
}

function usage(pid: number | undefined): { cpuMs: number; residentMb: number } {
  try {
    const nanoseconds = readdirSync(`/proc/${pid}/task`).map((thread) =>
      Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]),
    );
    const kilobytes = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
    return { cpuMs: nanoseconds.reduce((sum, n) => sum + n, 0) / 1e6, residentMb: kilobytes / 1024 };
  } catch {
    return { cpuMs: 0, residentMb: 0 };
  }
}
