import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildFunctions } from '../../../scripts/bundle.ts';
import { commitOf } from '../report.ts';
import { parseSyncOptions, SYNC_HELP, type SyncChaosOptions } from './options.ts';
import { paceOf } from './pace.ts';
import { syncDetails, syncJson, syncTable } from './report.ts';
import { type Progress, syncRun } from './run.ts';

const DIST = fileURLToPath(new URL('../../../dist', import.meta.url));

/** `npm run chaos -- sync`: see SYNC_HELP. Gives the exit code. */
export async function syncChaos(args: readonly string[]): Promise<number> {
  const options = parseSyncOptions(args, () => Math.floor(Math.random() * 1_000_000_000));
  if (options === 'help') {
    process.stdout.write(SYNC_HELP);
    return 0;
  }
  if ('problem' in options) {
    process.stderr.write(`${options.problem}\n\nnpm run chaos -- sync --help lists the options.\n`);
    return 2;
  }
  const { records, changes, kills, seed, out, keep } = options;
  say(`${records} records, ${changes} changes a second, ${kills} kills; to replay: --seed ${seed}`);
  const workFolder = await mkdtemp(join(tmpdir(), 'siebel-chaos-sync-'));
  try {
    const distFolder = await functionsOf(options, workFolder);
    const result = await syncRun({ ...paceOf(options), ...options, workFolder, distFolder, onProgress });
    say(`\n${syncTable(result, options)}\n\n${syncDetails(result)}`);
    if (out !== undefined) await writeFile(out, syncJson(options, commitOf(), result));
    const { violations } = result;
    say(violations.length === 0 ? '\nNothing was missed.' : `\n${violations.length} violations; seed ${seed}.`);
    return violations.length === 0 ? 0 : 1;
  } finally {
    if (keep) say(`Kept: ${workFolder}`);
    else await rm(workFolder, { recursive: true, force: true });
  }
}

/** The functions as they are built, or with a wider window of the job. */
async function functionsOf({ window }: SyncChaosOptions, workFolder: string): Promise<string> {
  if (window === undefined) {
    if (!existsSync(join(DIST, 'integration.json'))) {
      say('Building the functions …');
      await buildFunctions();
    }
    return DIST;
  }
  say(`Building the functions with a window of ${window} …`);
  const config = join(workFolder, 'siebel.config.ts');
  await writeFile(config, widerWindow(window));
  const outDir = join(workFolder, 'built');
  await buildFunctions({ outDir, config });
  return outDir;
}

/** The example, with a job that reads so many pages at a time, and as many connections as two such runs need beside the others. */
function widerWindow(window: number): string {
  const example = JSON.stringify(fileURLToPath(new URL('../../../siebel.config.ts', import.meta.url)));
  return `import integration from ${example};
const jobs = [...integration.sync].map(([name, job]) => [name, name === 'accounts' ? { ...job, window: ${window} } : job]);
const shares = { ...integration.capacity, sync: ${2 * window} };
const { queue, api, sync, backfill, tools } = shares;
const siebelConnections = Math.ceil(((queue + api + sync + backfill + tools) * 10) / 9);
export default { ...integration, sync: new Map(jobs), capacity: { ...shares, siebelConnections } };
`;
}

function onProgress({ seconds, changes, killed, faults, endings }: Progress): void {
  const { complete = 0, failed = 0 } = endings;
  say(
    `${seconds} s: ${changes} changes, ${killed} killed, ${faults} faults, ${complete} runs complete, ${failed} failed`,
  );
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
