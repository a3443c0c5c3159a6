import { parseArgs } from 'node:util';

export interface ChaosOptions {
  readonly messages: number;
  readonly seed: number;
  readonly faultRate: number;
  /** Whether Siebel refuses a second record under a natural key: one run for each. */
  readonly unique: readonly boolean[];
  readonly fifo: boolean;
  /** File for the report as JSON. */
  readonly out: string | undefined;
  /** Keeps the logs of the functions and the record of commits. */
  readonly keep: boolean;
}

export const HELP = `Usage: npm run chaos -- [options]
       npm run chaos -- sync [options]

Sends messages through the whole path (real sockets, runtime processes and queue), lets faults strike a share of them, and
audits from Siebel's record of commits that each took effect once or is parked with the right reason. With sync: the same
for a sync job; sync --help lists its options.

Options:
  --messages N        messages of each run (default 10000)
  --seed N            decides messages and faults; the same seed replays them (default: drawn, and printed)
  --fault-rate R      share of messages that meet a fault, 0 to 0.5 (default 0.2)
  --unique WHICH      whether Siebel refuses a second record by a unique key: on, off or both (default both)
  --fifo              a FIFO queue, with several calls of one record in order
  --short             500 messages in each run
  --out FILE          write the report as JSON
  --keep              keep the functions' logs and the record of commits, and say where
  --help              show this help

Exit code 0 when nothing was violated, 1 when something was, 2 when an option is wrong.
`;

const UNIQUE: Readonly<Record<string, readonly boolean[]>> = { on: [true], off: [false], both: [false, true] };

/** Reads the command line; a sentence when something in it is wrong. */
export function parseOptions(
  args: readonly string[],
  drawnSeed: () => number,
): ChaosOptions | 'help' | { readonly problem: string } {
  let values: ReturnType<typeof valuesOf>;
  try {
    values = valuesOf(args);
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
  if (values.help) return 'help';
  const messages = Number(values.messages ?? (values.short ? 500 : 10_000));
  const seed = values.seed === undefined ? drawnSeed() : Number(values.seed);
  const faultRate = Number(values['fault-rate']);
  const unique = UNIQUE[values.unique];
  if (!Number.isInteger(messages) || messages < 1 || messages > 100_000)
    return { problem: '--messages must be a whole number from 1 to 100000' };
  if (!Number.isInteger(seed) || seed < 0) return { problem: '--seed must be a whole number from 0' };
  if (!(faultRate >= 0 && faultRate <= 0.5)) return { problem: '--fault-rate must be a number from 0 to 0.5' };
  if (!unique) return { problem: '--unique must be on, off or both' };
  return { messages, seed, faultRate, unique, fifo: values.fifo, out: values.out, keep: values.keep };
}

function valuesOf(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    options: {
      messages: { type: 'string' },
      seed: { type: 'string' },
      'fault-rate': { type: 'string', default: '0.2' },
      unique: { type: 'string', default: 'both' },
      fifo: { type: 'boolean', default: false },
      short: { type: 'boolean', default: false },
      out: { type: 'string' },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  }).values;
}
