import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HELP, PORT_COUNT, parseOptions, type StackOptions } from './options.ts';
import { portProblem, tryPorts } from './ports.ts';
import { leaveReadyFile } from './ready.ts';
import { type LocalStack, startLocalStack } from './stack.ts';
import { howToGoOn } from './tour/how-to-go-on.ts';
import { jsonReporter, peopleReporter, type Reporter } from './tour/reporter.ts';
import { tour } from './tour/tour.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DIST = join(ROOT, 'dist');
/** Where the command line looks for a running stack. */
const READY_FOLDER = join(ROOT, '.local');
/** Longest time for an orderly end. */
const PATIENCE_MS = 10_000;

const options = parseOptions(process.argv.slice(2));
if (options === 'help') {
  process.stdout.write(HELP);
} else if ('problem' in options) {
  process.stderr.write(`${options.problem}\n\nnpm start -- --help lists the options.\n`);
  process.exitCode = 2;
} else {
  process.exitCode = await run(options, options.json ? jsonReporter(process.stdout) : peopleReporter(process.stdout));
  process.exit();
}

/** @returns The exit code. */
async function run(given: StackOptions, report: Reporter): Promise<number> {
  const stop = stopSignal();
  let stack: LocalStack | undefined;
  let takeReadyFileAway = async () => {};
  let kept = false;
  const workFolder = await mkdtemp(join(tmpdir(), 'siebel-local-stack-'));
  try {
    await tryPorts(given.port, PORT_COUNT);
    report.note('Building the functions …');
    await build();
    if (stop.isAsked()) return 0;
    report.note(`Starting identity domain, Siebel with ${given.records.toLocaleString('en-US')} accounts, and AWS …`);
    stack = await startLocalStack({ ...given, distFolder: DIST, workFolder });
    takeReadyFileAway = await leaveReadyFile(stack.ready, READY_FOLDER);
    const { event, ...addresses } = stack.ready;
    report.say('Ready.', event, addresses);
    const problems = await Promise.race([tour(stack.ready, observedOf(stack), given, report), stop.asked]);
    if (problems === 'stop') return 0;

    const ok = problems.length === 0;
    report.say(
      ok ? '\nAll as it should be.' : `\nNot as it should be:\n${problems.map((line) => `  - ${line}`).join('\n')}`,
      'toured',
      { ok, problems },
    );
    kept = !ok;
    if (kept) report.note(`The logs are kept in ${workFolder}/logs`);
    if (given.once) return ok ? 0 : 1;
    report.note(howToGoOn(stack.ready));
    await stop.asked;
    report.note('\nStopping …');
    return 0;
  } catch (error) {
    // A terminal stops the build, too.
    if (stop.isAsked()) return 0;
    const message = portProblem(error) ?? (error instanceof Error ? error.message : String(error));
    report.say(message, 'failed', { message });
    kept = stack !== undefined;
    if (kept) report.note(`The logs are kept in ${workFolder}/logs`);
    return 1;
  } finally {
    const late = setTimeout(() => process.exit(1), PATIENCE_MS);
    await takeReadyFileAway();
    await stack?.close();
    clearTimeout(late);
    if (!kept) await rm(workFolder, { recursive: true, force: true });
  }
}

function observedOf({ secrets, functions, deployment }: LocalStack) {
  return {
    deployment,
    secretReads: () => secrets.stats().reads,
    containers: () =>
      Object.fromEntries(Object.entries(functions).map(([name, deployed]) => [name, deployed.stats().coldStarts])),
  };
}

/** The build runs by itself: the stack shares no code with what it hosts. */
function build(): Promise<void> {
  const child = spawn(process.execPath, [join(ROOT, 'scripts/bundle.ts')], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let words = '';
  child.stderr.on('data', (chunk) => {
    words += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(words.trim()))));
  });
}

/** The first Ctrl-C or termination; a terminal and npm both pass the signal on, so the next ones are ignored. */
function stopSignal(): { readonly asked: Promise<'stop'>; isAsked(): boolean } {
  let isAsked = false;
  const asked = new Promise<'stop'>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        isAsked = true;
        resolve('stop');
      });
    }
    // A reader that goes away (a pipe into `head`) ends the stack, too.
    process.stdout.on('error', () => {
      isAsked = true;
      resolve('stop');
    });
  });
  return { asked, isAsked: () => isAsked };
}
