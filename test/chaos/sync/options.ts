import { parseArgs } from 'node:util';

export interface SyncChaosOptions {
  readonly records: number;
  /** Changes a second. */
  readonly changes: number;
  readonly kills: number;
  readonly seed: number;
  readonly faultRate: number;
  /** Pages that a run reads at a time; absent: as siebel.config.ts says. */
  readonly window: number | undefined;
  readonly out: string | undefined;
  readonly keep: boolean;
}

export const SYNC_HELP = `Usage: npm run chaos -- sync [options]

Syncs accounts through the whole path (real sockets, runtime processes, bucket and state table) while a writer inserts,
updates and deletes, kills containers at random points, lets Siebel, the table and the bucket fail, and audits the bucket
against Siebel's history: no version that stands and no deletion is missing, and little comes twice.

Options:
  --records N         accounts at the beginning (default 100000)
  --changes N         changes a second (default 50)
  --kills N           containers killed (default 200)
  --seed N            decides changes, kills and faults (default: drawn, and printed)
  --fault-rate R      share of the requests that meet a fault, 0 to 0.2 (default 0.02)
  --window W          pages that a run reads at a time, 1 to 16 (default: as siebel.config.ts says)
  --short             3000 records, 3 kills
  --out FILE          write the report as JSON
  --keep              keep the functions' logs, and say where
  --help              show this help

Exit code 0 when nothing was violated, 1 when something was, 2 when an option is wrong.
`;

/** Reads what stands behind `sync`; a sentence when something in it is wrong. */
export function parseSyncOptions(
  args: readonly string[],
  drawnSeed: () => number,
): SyncChaosOptions | 'help' | { readonly problem: string } {
  let values: ReturnType<typeof valuesOf>;
  try {
    values = valuesOf(args);
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
  if (values.help) return 'help';
  const records = Number(values.records ?? (values.short ? 3_000 : 100_000));
  const kills = Number(values.kills ?? (values.short ? 3 : 200));
  const changes = Number(values.changes);
  const seed = values.seed === undefined ? drawnSeed() : Number(values.seed);
  const faultRate = Number(values['fault-rate']);
  const window = values.window === undefined ? undefined : Number(values.window);
  if (!isWhole(records, 100, 1_000_000)) return { problem: '--records must be a whole number from 100 to 1000000' };
  if (!isWhole(changes, 0, 1_000)) return { problem: '--changes must be a whole number from 0 to 1000' };
  if (!isWhole(kills, 0, 10_000)) return { problem: '--kills must be a whole number from 0 to 10000' };
  if (!Number.isInteger(seed) || seed < 0) return { problem: '--seed must be a whole number from 0' };
  if (!(faultRate >= 0 && faultRate <= 0.2)) return { problem: '--fault-rate must be a number from 0 to 0.2' };
  if (window !== undefined && !isWhole(window, 1, 16))
    return { problem: '--window must be a whole number from 1 to 16' };
  return { records, changes, kills, seed, faultRate, window, out: values.out, keep: values.keep };
}

function isWhole(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}

function valuesOf(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    options: {
      records: { type: 'string' },
      changes: { type: 'string', default: '50' },
      kills: { type: 'string' },
      seed: { type: 'string' },
      'fault-rate': { type: 'string', default: '0.02' },
      window: { type: 'string' },
      short: { type: 'boolean', default: false },
      out: { type: 'string' },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  }).values;
}
