import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildFunctions } from '../../scripts/bundle.ts';
import { type ChaosOptions, HELP, parseOptions } from './options.ts';
import { details, jsonReport, table } from './report.ts';
import { chaosRun, type Progress, type RunResult } from './run.ts';
import { syncChaos } from './sync/main.ts';

// npm run chaos: see HELP. `npm run chaos -- sync` is another one.

const BUILT = fileURLToPath(new URL('../../dist/integration.json', import.meta.url));
const PATIENCE_MS = 180_000;

const [first, ...rest] = process.argv.slice(2);
if (first === 'sync') {
  process.exitCode = await syncChaos(rest);
  process.exit();
}
const options = parseOptions(process.argv.slice(2), () => Math.floor(Math.random() * 1_000_000_000));
if (options === 'help') {
  process.stdout.write(HELP);
} else if ('problem' in options) {
  process.stderr.write(`${options.problem}\n\nnpm run chaos -- --help lists the options.\n`);
  process.exitCode = 2;
} else {
  process.exitCode = await run(options);
  process.exit();
}

/** @returns The exit code. */
async function run(given: ChaosOptions): Promise<number> {
  const { messages, seed, faultRate, unique, fifo, out } = given;
  if (!existsSync(BUILT)) {
    say('Building the functions …');
    await buildFunctions();
  }
  say(`${messages} messages, ${faultRate * 100} % faults${fifo ? ', FIFO' : ''}; to replay: --seed ${seed}`);
  const runs: RunResult[] = [];
  for (const uniqueKeys of unique) runs.push(await oneRun(given, uniqueKeys));

  say(`\n${table(runs)}\n\n${runs.map(details).join('\n')}`);
  if (out !== undefined) await writeFile(out, jsonReport(given, runs));
  const violations = runs.reduce((sum, result) => sum + result.violations.length, 0);
  say(
    violations === 0 ? '\nNothing was lost, nothing was applied twice.' : `\n${violations} violations; seed ${seed}.`,
  );
  return violations === 0 ? 0 : 1;
}

async function oneRun(given: ChaosOptions, uniqueKeys: boolean): Promise<RunResult> {
  say(`\nUnique key ${uniqueKeys ? 'on' : 'off'}: starting …`);
  const workFolder = await mkdtemp(join(tmpdir(), 'siebel-chaos-'));
  try {
    return await chaosRun({ ...given, uniqueKeys, workFolder, patienceMs: PATIENCE_MS, onProgress });
  } finally {
    if (given.keep) say(`Kept: ${workFolder}`);
    else await rm(workFolder, { recursive: true, force: true });
  }
}

function onProgress({ seconds, sent, waiting, hidden, commits, strikes }: Progress): void {
  say(`${seconds} s: ${sent} sent, ${waiting} waiting, ${hidden} hidden, ${commits} commits, ${strikes} faults`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
