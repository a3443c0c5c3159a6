import { parseArgs } from 'node:util';
import { parseSettings, settingLines } from './siebel/setting-checks.ts';
import type { SiebelSettings } from './siebel/settings.ts';

export interface StackOptions {
  /** Ends after the tour. */
  readonly once: boolean;
  /** One JSON object a line on standard output. */
  readonly json: boolean;
  /** Accounts that Siebel starts with, 0 to 1,000,000. */
  readonly records: number;
  /** Seed of the made-up data: the same seed, the same data. */
  readonly seed: number;
  /** Seconds that an access token for Siebel lives. */
  readonly tokenLifeSeconds: number;
  /** Makes the queue a FIFO queue, whatever siebel.config.ts says. */
  readonly fifo?: true;
  /** First of the ports listened on; 0 takes any that is free. */
  readonly port: number;
  /** What differs between releases and sites of Siebel. */
  readonly siebel: Partial<SiebelSettings>;
}

export const USAGE = `Usage: npm start -- [options]

Runs the integration and everything around it on this machine: identity domain, Siebel, SQS, S3, DynamoDB,
Secrets Manager, EventBridge, and the functions from their zips. Shows the three ways in, then stays up until Ctrl-C.

Options:
  --once                 end after the tour; exit code 0 when all went well, else 1
  --json                 one JSON object a line (with npm: npm start --silent -- --json)
  --records N            accounts in Siebel (default 5000)
  --seed N               seed of the made-up data (default 1)
  --token-life SECONDS   life of an access token for Siebel (default 3600, least 5)
  --fifo                 a FIFO queue (default: as siebel.config.ts says)
  --port N               HTTP API on port N, the other addresses on the ports after it (default 0: any free ones)
  --siebel NAME=VALUE    a setting of Siebel, or release=20.6 for those of a release; may be repeated
  --help                 show this help and every setting of Siebel
`;

/** What `--help` shows. */
export const HELP = `${USAGE}
Settings of Siebel (docs/local-stack.md says what they imitate):
${settingLines()
  .map((line) => `  ${line}\n`)
  .join('')}`;

/** Ports used from `--port` on. */
export const PORT_COUNT = 10;

/**
 * Reads the command line.
 *
 * @returns The options, `help`, or a sentence that says what is wrong.
 */
export function parseOptions(args: readonly string[]): StackOptions | 'help' | { readonly problem: string } {
  let values: Record<string, string | boolean | (string | boolean)[] | undefined>;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        once: { type: 'boolean' },
        json: { type: 'boolean' },
        fifo: { type: 'boolean' },
        records: { type: 'string' },
        seed: { type: 'string' },
        'token-life': { type: 'string' },
        port: { type: 'string' },
        siebel: { type: 'string', multiple: true },
        help: { type: 'boolean', short: 'h' },
      },
    }));
  } catch (error) {
    return { problem: (error as Error).message };
  }
  if (values['help']) return 'help';

  const problems: string[] = [];
  const whole = (name: string, fallback: number, least: number, most: number): number => {
    const text = values[name];
    if (text === undefined) return fallback;
    const number = typeof text === 'string' && /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (!(number >= least && number <= most)) problems.push(`--${name} takes a whole number from ${least} to ${most}`);
    return number;
  };
  const siebelSettings = (): Partial<SiebelSettings> => {
    const assignments = [values['siebel'] ?? []].flat().map(String);
    try {
      return parseSettings(assignments);
    } catch (error) {
      problems.push(`--siebel: ${(error as Error).message}`);
      return {};
    }
  };
  const options = {
    once: values['once'] === true,
    json: values['json'] === true,
    records: whole('records', 5_000, 0, 1_000_000),
    seed: whole('seed', 1, 0, 999_999_999),
    tokenLifeSeconds: whole('token-life', 3_600, 5, 86_400),
    ...(values['fifo'] === true && { fifo: true as const }),
    port: whole('port', 0, 0, 65_535 - PORT_COUNT),
    siebel: siebelSettings(),
  };
  return problems.length > 0 ? { problem: problems.join('; ') } : options;
}
