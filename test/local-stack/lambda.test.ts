import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { lambdaFunction, RequestTooLargeError, ThrottledError } from '../../local-stack/lambda/host.ts';
import { deploy, functionZip } from './function-zip.ts';

const COUNT = `
let calls = 0;
export const handler = async (event) => ({ calls: ++calls, event, pid: process.pid });`;

/** Answers to \`{ wait: true }\` never; to anything else at once. */
const WAIT = `
export const handler = async (event) => {
  console.log('called');
  if (event.wait) await new Promise((resolve) => setTimeout(resolve, 60_000));
  return process.pid;
};`;

function payloadOf<T>({ payload }: { payload: unknown }): T {
  return payload as T;
}

it('uses a warm sandbox again', async () => {
  const { deployed } = deploy(COUNT);

  const first = await deployed.invoke({ n: 1 });
  const second = await deployed.invoke({ n: 2 });

  expect(payloadOf<object>(first)).toMatchObject({ calls: 1, event: { n: 1 } });
  expect(payloadOf<object>(second)).toMatchObject({ calls: 2, event: { n: 2 } });
  expect(deployed.stats()).toMatchObject({ coldStarts: 1, invocations: 2, sandboxes: 1, errors: 0 });
});

it('starts a sandbox for each call under way, and refuses the call that would need one too many', async () => {
  const { deployed, lines } = deploy(WAIT, { maxConcurrency: 2 });
  const waiting = [deployed.invoke({ wait: true }), deployed.invoke({ wait: true })];
  await vi.waitFor(() => expect(lines.filter((line) => line.endsWith('called'))).toHaveLength(2));

  await expect(deployed.invoke({})).rejects.toThrow(ThrottledError);

  expect(deployed.stats()).toMatchObject({ coldStarts: 2, sandboxes: 2, throttled: 1, highestConcurrency: 2 });
  await deployed.close();
  expect(await Promise.all(waiting)).toMatchObject([{ functionError: 'Unhandled' }, { functionError: 'Unhandled' }]);
});

it('gives a function what Lambda gives it, and nothing of this machine', async () => {
  vi.stubEnv('CANARY_OF_THE_HOST', 'must not be seen');
  onTestFinished(() => void vi.unstubAllEnvs());
  const { deployed } = deploy(
    'export const handler = async () => ({ env: process.env, cwd: process.cwd(), flags: process.execArgv });',
    { environment: { STAGE: 'local' }, memoryMb: 1024 },
  );

  const { env, cwd, flags } = payloadOf<{ env: Record<string, string>; cwd: string; flags: string[] }>(
    await deployed.invoke({}),
  );

  expect(env).toMatchObject({
    STAGE: 'local',
    _HANDLER: 'index.handler',
    AWS_REGION: 'eu-west-1',
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: 'example',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '1024',
    LAMBDA_TASK_ROOT: cwd,
    TZ: ':UTC',
    _X_AMZN_TRACE_ID: expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0$/),
  });
  expect(Object.keys(env)).not.toContain('CANARY_OF_THE_HOST');
  expect(Object.keys(env)).not.toContain('HOME');
  expect(flags).toEqual(expect.arrayContaining(['--max-semi-space-size=51', '--max-old-space-size=921']));
});

it('hands over request id, ARN, trace and the time that is left', async () => {
  const { deployed } = deploy(
    'export const handler = async (_, context) => ({ ...context, leftMs: context.getRemainingTimeInMillis() });',
    { timeoutSeconds: 3 },
  );

  const result = await deployed.invoke({}, { traceId: 'Root=1-a-b', clientContext: { custom: 'yes' } });

  expect(result.payload).toMatchObject({
    awsRequestId: result.requestId,
    invokedFunctionArn: 'arn:aws:lambda:eu-west-1:000000000000:function:example',
    xRayTraceId: 'Root=1-a-b',
    clientContext: { custom: 'yes' },
  });
  const { leftMs } = payloadOf<{ leftMs: number }>(result);
  expect(leftMs).toBeGreaterThan(2_000);
  expect(leftMs).toBeLessThanOrEqual(3_000);
});

it('keeps the sandbox when the handler throws', async () => {
  const { deployed } = deploy(`
    let calls = 0;
    export const handler = async () => {
      calls += 1;
      if (calls === 1) throw new TypeError('not this time');
      return calls;
    };`);

  expect(await deployed.invoke({})).toMatchObject({
    functionError: 'Unhandled',
    payload: { errorType: 'TypeError', errorMessage: 'not this time', trace: expect.any(Array) },
  });
  expect(await deployed.invoke({})).toMatchObject({ payload: 2 });
  expect(deployed.stats()).toMatchObject({ coldStarts: 1, errors: 1 });
});

it('kills a call that takes too long, and starts anew', async () => {
  const { deployed, lines } = deploy(WAIT, { timeoutSeconds: 0.3 });

  const late = await deployed.invoke({ wait: true });
  const next = await deployed.invoke({});

  expect(late).toMatchObject({
    functionError: 'Unhandled',
    timedOut: true,
    payload: {
      errorType: 'Sandbox.Timedout',
      errorMessage: `RequestId: ${late.requestId} Error: Task timed out after 0.30 seconds`,
    },
  });
  expect(next.functionError).toBeUndefined();
  expect(lines.some((line) => line.endsWith(`${late.requestId} Task timed out after 0.30 seconds`))).toBe(true);
  expect(deployed.stats()).toMatchObject({ coldStarts: 2, timeOuts: 1, sandboxes: 1 });
});

it('kills a handler that never yields', async () => {
  const { deployed } = deploy('export const handler = async () => { for (;;); };', { timeoutSeconds: 0.2 });

  expect(await deployed.invoke({})).toMatchObject({ timedOut: true });
});

it('tells of a process that ends in the middle of a call', async () => {
  const { deployed } = deploy('export const handler = async (event) => event.exit ? process.exit(3) : "well";');

  expect(await deployed.invoke({ exit: true })).toMatchObject({
    functionError: 'Unhandled',
    payload: {
      errorType: 'Runtime.ExitError',
      errorMessage: expect.stringMatching(/exited with error: exit status 3$/),
    },
  });
  expect(await deployed.invoke({})).toMatchObject({ payload: 'well' });
});

it('kills a busy sandbox on demand', async () => {
  const { deployed, lines } = deploy(WAIT);
  const killed = deployed.invoke({ wait: true });
  await vi.waitFor(() => expect(lines.some((line) => line.endsWith('called'))).toBe(true));

  expect(deployed.killSandbox()).toBe(true);

  expect(await killed).toMatchObject({ payload: { errorMessage: expect.stringMatching(/signal: killed$/) } });
  await vi.waitFor(() => expect(deployed.killSandbox()).toBe(false));
});

it('starts a new sandbox when the idle one has been killed', async () => {
  const { deployed } = deploy(COUNT);
  await deployed.invoke({});
  deployed.killSandbox();
  await vi.waitFor(() => expect(deployed.stats().sandboxes).toBe(0));

  expect(await deployed.invoke({})).toMatchObject({ payload: { calls: 1 } });
  expect(deployed.stats().coldStarts).toBe(2);
});

it('tries a failed start once more within the call, and then gives its error', async () => {
  const { deployed, lines } = deploy('throw new RangeError("bad settings");');

  expect(await deployed.invoke({})).toMatchObject({
    functionError: 'Unhandled',
    payload: { errorType: 'RangeError', errorMessage: 'bad settings' },
  });
  expect(deployed.stats()).toMatchObject({ coldStarts: 2, errors: 1, sandboxes: 0 });
  expect(lines.filter((line) => line.startsWith('INIT_REPORT')).map((line) => line.split('\t')[1])).toEqual([
    'Phase: init',
    'Phase: invoke',
  ]);
});

it('gives up a start that takes too long', async () => {
  const { deployed } = deploy('await new Promise((resolve) => setTimeout(resolve, 60_000));', {
    initTimeoutMs: 200,
    timeoutSeconds: 0.2,
  });

  expect(await deployed.invoke({})).toMatchObject({ timedOut: true });
});

it('counts a second start as part of the call', async () => {
  const { deployed } = deploy(
    `
    import { existsSync, writeFileSync } from 'node:fs';
    const again = existsSync(process.env.MARKER);
    writeFileSync(process.env.MARKER, '');
    if (!again) throw new Error('first');
    export const handler = async (_, context) => context.getRemainingTimeInMillis();`,
    { environment: { MARKER: functionZip('').replace('function.zip', 'marker') }, timeoutSeconds: 5 },
  );

  const { payload } = await deployed.invoke({});

  expect(payload).toBeLessThan(4_990);
  expect(deployed.stats()).toMatchObject({ coldStarts: 2, errors: 0 });
});

it('refuses handlers with a callback, as Node 24 on Lambda does', async () => {
  const { deployed } = deploy('export const handler = (event, context, callback) => callback(null, 1);');

  expect(await deployed.invoke({})).toMatchObject({
    payload: { errorType: 'Runtime.CallbackHandlerDeprecated' },
  });
});

it('delivers every line of a call before its answer, and the report last', async () => {
  const { deployed, lines } = deploy(`
    process.stdout.write('first\\n');
    export const handler = async () => {
      for (let n = 0; n < 2_000; n += 1) process.stdout.write('line ' + n + ' é\\n');
      process.stderr.write('to stderr, without line break');
    };`);

  const { requestId } = await deployed.invoke({});

  expect(lines.filter((line) => /^line \d+ é$/.test(line))).toHaveLength(2_000);
  expect(lines.indexOf('first')).toBeLessThan(lines.indexOf(`START RequestId: ${requestId} Version: $LATEST`));
  expect(lines).toContain('to stderr, without line break');
  expect(lines.at(-2)).toBe(`END RequestId: ${requestId}`);
  expect(lines.at(-1)).toMatch(
    /^REPORT RequestId: \S+\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\tMemory Size: 512 MB\tMax Memory Used: \d+ MB\tInit Duration: [\d.]+ ms$/,
  );
  expect(lines.some((line) => line.includes('\x1e'))).toBe(false);
});

it('loads no second undici', async () => {
  const { deployed } = deploy(
    'export const handler = async () => process.moduleLoadList.filter((name) => /undici/.test(name));',
  );

  expect(await deployed.invoke({})).toMatchObject({ payload: [] });
});

describe('a frozen sandbox', () => {
  const TICKS = `
    export const handler = async ({ name, forMs }) => {
      console.log('works on', name);
      const until = performance.now() + forMs;
      while (performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 10));
      return { name, at: Date.now() };
    };`;
  const worksOn = (lines: readonly string[], name: string) =>
    vi.waitFor(() => expect(lines.some((line) => line.endsWith(`works on ${name}`))).toBe(true), { timeout: 3_000 });

  it('does nothing until it is thawed, and its time limit stands still too', async () => {
    const { deployed, lines } = deploy(TICKS, { timeoutSeconds: 3 });
    const call = deployed.invoke({ name: 'frozen', forMs: 1_500 });
    await worksOn(lines, 'frozen');
    const [sandbox] = deployed.sandboxes();
    sandbox?.freeze();
    await new Promise((resolve) => setTimeout(resolve, 3_500));
    const thawedAtMs = Date.now();
    sandbox?.thaw();

    const { payload, functionError } = await call;
    expect(functionError).toBeUndefined();
    expect((payload as { at: number }).at).toBeGreaterThanOrEqual(thawedAtMs);
  });

  it('can be told from others by its event, and killed all the same', async () => {
    const { deployed, lines } = deploy(TICKS);
    const calls = [deployed.invoke({ name: 'one', forMs: 1_500 }), deployed.invoke({ name: 'two', forMs: 60_000 })];
    await Promise.all(['one', 'two'].map((name) => worksOn(lines, name)));
    const sandbox = deployed.sandboxes().find(({ event }) => event?.includes('two'));
    sandbox?.freeze();
    sandbox?.kill();

    expect(await Promise.all(calls)).toMatchObject([{ payload: { name: 'one' } }, { functionError: 'Unhandled' }]);
    expect(deployed.sandboxes().map(({ event }) => event)).toEqual([undefined]);
  });

  it('is ended by its time limit when that is over after the thaw', async () => {
    const { deployed, lines } = deploy(TICKS, { timeoutSeconds: 1 });
    const call = deployed.invoke({ name: 'slow', forMs: 5_000 });
    await worksOn(lines, 'slow');
    const [sandbox] = deployed.sandboxes();
    sandbox?.freeze();
    sandbox?.freeze();
    sandbox?.thaw();

    expect(await call).toMatchObject({ timedOut: true });
  });
});

it('finds no module that is not in the zip', async () => {
  const { deployed } = deploy("import 'fflate'; export const handler = async () => 1;");

  expect(await deployed.invoke({})).toMatchObject({
    payload: { errorMessage: expect.stringContaining("Cannot find package 'fflate'") },
  });
});

it('refuses an event and an answer over the limit', async () => {
  const { deployed } = deploy("export const handler = async ({ size }) => 'x'.repeat(size);");

  await expect(deployed.invoke('x'.repeat(6_300_000))).rejects.toThrow(RequestTooLargeError);
  expect(await deployed.invoke({ size: 6_300_000 })).toMatchObject({
    payload: { errorType: 'Function.ResponseSizeTooLarge' },
  });
  expect(payloadOf<string>(await deployed.invoke({ size: 6_000_000 }))).toHaveLength(6_000_000);
});

it('refuses variables that Lambda sets, a zip that is missing, and one that is none', () => {
  const options = { name: 'example', timeoutSeconds: 1, maxConcurrency: 1 };
  const zipFile = functionZip('');

  expect(() => lambdaFunction({ ...options, zipFile, environment: { AWS_REGION: 'x' } })).toThrow(/AWS_REGION/);
  expect(() => lambdaFunction({ ...options, zipFile: '/nowhere/queue.zip' })).toThrow(/build the functions first/);
  expect(() => lambdaFunction({ ...options, zipFile: import.meta.filename })).toThrow(/is not a zip/);
});

it('refuses a zip that would write outside its folder', () => {
  const zipFile = functionZip('', { '../outside.txt': 'x' });

  expect(() => lambdaFunction({ name: 'example', zipFile, timeoutSeconds: 1, maxConcurrency: 1 })).toThrow(/outside/);
});

it('leaves nothing behind when closed', async () => {
  const { deployed } = deploy('export const handler = async () => ({ pid: process.pid, root: process.cwd() });');
  const { pid, root } = payloadOf<{ pid: number; root: string }>(await deployed.invoke({}));

  await deployed.close();

  expect(isRunning(pid)).toBe(false);
  expect(existsSync(root)).toBe(false);
  await expect(deployed.invoke({})).rejects.toThrow(/closed/);
});

it.each([
  ['in the middle of a call', 'await new Promise((resolve) => setTimeout(resolve, 60_000))'],
  ['between two calls', 'null'],
])('ends a sandbox when the local stack is killed: %s', async (_, wait) => {
  const host = new URL('../../local-stack/lambda/host.ts', import.meta.url).href;
  const zipFile = functionZip(`export const handler = async () => { console.log('pid', process.pid); ${wait}; };`);
  const script = `
    import { lambdaFunction } from '${host}';
    const options = { name: 'orphan', zipFile: ${JSON.stringify(zipFile)}, timeoutSeconds: 60, maxConcurrency: 1 };
    lambdaFunction({ ...options, onLog: (line) => console.log(line) }).invoke({});`;
  const stack = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // What it cannot clean up itself goes with the zip.
    env: { ...process.env, TMPDIR: dirname(zipFile) },
  });
  onTestFinished(() => void stack.kill('SIGKILL'));
  const pid = await new Promise<number>((resolve, reject) => {
    let seen = 0;
    const lines = createInterface(stack.stdout);
    lines.on('line', (line) => {
      seen ||= Number(/pid (\d+)$/.exec(line)?.[1] ?? 0);
      if (seen > 0 && (wait !== 'null' || line.startsWith('REPORT'))) resolve(seen);
    });
    lines.on('close', () => reject(new Error('it ended too early')));
  });
  expect(isRunning(pid)).toBe(true);

  stack.kill('SIGKILL');

  await vi.waitFor(() => expect(isRunning(pid)).toBe(false), { timeout: 3_000 });
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
