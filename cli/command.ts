import { type Argument, type Command, InvalidArgumentError, type Option } from 'commander';
import type { Clock } from '../lib/clock.ts';
import { parseInstant } from '../lib/queue/instant.ts';
import type { Interruption } from './interruption.ts';
import { jsonLine, printable } from './printable.ts';
import { type ExitCode, Problem, toldOf } from './problem.ts';
import type { Runtime } from './runtime.ts';
import {
  type CliSettings,
  type ConnectionOptions,
  cliSettings,
  type Env,
  type Needed,
  type SyncTime,
} from './settings.ts';
import type { Terminal } from './terminal.ts';

/** How the command line is called, for help and advice. */
export const SIEBEL = 'npm run --silent siebel --';
export const MESSAGES = `${SIEBEL} messages`;
export const SYNC = `${SIEBEL} sync`;

/** What a command has of the world around it. */
export interface Surroundings {
  readonly terminal: Terminal;
  readonly clock: Clock;
  readonly env: Env;
  /** The project's folder. */
  readonly root: string;
  /** Where files are looked for that are named without a folder. */
  readonly folder: string;
  readonly interruption: Interruption;
  /** Who is at work, for the record that is kept with a call. */
  readonly operator: string;
  open(settings: CliSettings, clock: Clock): Runtime | Promise<Runtime>;
}

/** What a command has found or done. */
export interface Report {
  readonly exitCode: ExitCode;
  /** One document, the whole result. */
  readonly json: unknown;
  /** The same for people. */
  readonly lines: readonly string[];
}

export interface CommonOptions extends ConnectionOptions {
  readonly json?: boolean;
}

/** Parts and surroundings of one run. */
export interface Run extends Surroundings {
  readonly runtime: Runtime;
  /** Options to repeat in advice. */
  readonly repeat: string;
}

/** Runs the work of a command, with what it needs. */
export type Perform = (
  needed: readonly (Needed | SyncTime)[],
  options: CommonOptions,
  work: (run: Run) => Promise<Report>,
) => Promise<void>;

/** Options that say where a part is. */
const PLACES = {
  stateTable: ['--state-table <name>', 'state table (else STATE_TABLE)'],
  queue: ['--queue-url <url>', 'the queue (else QUEUE_URL)'],
  deadLetters: ['--dead-letter-queue-url <url>', 'its dead-letter queue (else DEAD_LETTER_QUEUE_URL)'],
  backfillQueue: ['--backfill-queue-url <url>', 'queue of the backfill windows (else BACKFILL_QUEUE_URL)'],
  syncBucket: ['--sync-bucket <name>', 'bucket of the sync jobs (else SYNC_BUCKET)'],
  scheduleFunction: ['--schedule-function <name>', 'function that runs sync jobs (else SCHEDULE_FUNCTION)'],
} as const;
export type Place = keyof typeof PLACES;

/** Adds the options that every command has, and those that say where its parts are. */
export function withCommonOptions(command: Command, places: readonly Place[]): Command {
  for (const place of places) {
    const [flags, words] = PLACES[place];
    command.option(flags, words);
  }
  const whole = command
    .option('--local', 'all that it works on is of the local stack that npm start runs')
    .option('--json', 'one JSON document on standard output');
  for (const option of whole.options.filter(({ required }) => required)) refuseEmpty(option, option.variadic);
  for (const argument of whole.registeredArguments) refuseEmpty(argument, argument.variadic);
  return whole;
}

// A variable of a shell that is not set leaves an empty text, which as a filter would mean everything.
function refuseEmpty(of: Option | Argument, variadic: boolean): void {
  const parse = of.parseArg;
  of.argParser((text: string, previous: unknown) => {
    if (text === '') throw new InvalidArgumentError('It is empty.');
    if (parse) return parse(text, previous);
    return variadic ? [...(Array.isArray(previous) ? previous : []), text] : text;
  });
}

/** Parses `--reason`. */
export function reasonText(text: string): string {
  if (text.length > MAX_REASON_LENGTH) throw new InvalidArgumentError(`Longer than ${MAX_REASON_LENGTH} characters.`);
  return text;
}

/** Each call keeps the reasons that were given for it. */
const MAX_REASON_LENGTH = 500;

/**
 * Runs the work of a command, prints its report or what went wrong, and hands on the exit code.
 *
 * @param needed The settings without which it cannot begin, and those with a default that it goes by.
 */
export async function perform(
  surroundings: Surroundings,
  needed: readonly (Needed | SyncTime)[],
  options: CommonOptions,
  work: (run: Run) => Promise<Report>,
): Promise<ExitCode> {
  const { terminal, clock } = surroundings;
  try {
    const settings = cliSettings(needed, options, surroundings);
    if (settings.note !== undefined) terminal.note(settings.note);
    const run: Run = {
      ...surroundings,
      runtime: await surroundings.open(settings, clock),
      repeat: settings.isLocal ? ' --local' : '',
    };
    const report = await work(run);
    if (options.json) terminal.write(jsonLine(report.json));
    else for (const line of report.lines) terminal.write(printable(line));
    return report.exitCode;
  } catch (error) {
    return tell(error, options.json === true, terminal);
  }
}

/** Prints what went wrong. */
export function tell(error: unknown, json: boolean, terminal: Terminal): ExitCode {
  const { exitCode, code, message, issues, run } = toldOf(error);
  if (json) {
    terminal.write(jsonLine({ error: { code, message, issues, ...(run && { run }) } }));
    return exitCode;
  }
  for (const { line, pointer, code: issueCode, message: words } of issues) {
    terminal.note(printable(`${line === undefined ? '' : `line ${line}  `}${pointer || '/'}  ${issueCode}  ${words}`));
  }
  terminal.note(`${code}: ${message.split('\n').map(printable).join('\n')}`);
  return exitCode;
}

/** Parses `--limit`: a whole number from 1. */
export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text) || Number(text) < 1) throw new InvalidArgumentError('Not a whole number from 1.');
  return Number(text);
}

/** Parses `--rate`: calls a second. */
export function rate(text: string): number {
  if (!/^\d{1,4}(\.\d{1,3})?$/.test(text) || Number(text) < 0.1 || Number(text) > 1_000)
    throw new InvalidArgumentError('Not a number from 0.1 to 1000.');
  return Number(text);
}

const SPAN = /^(\d{1,5})(m|h|d)$/;
const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Parses an instant: ISO 8601 with its zone, a day of UTC, or so long ago: `30m`, `2h`, `3d`. */
export function instantOption(clock: Pick<Clock, 'now'>): (text: string) => number {
  return (text) => {
    const span = SPAN.exec(text);
    if (span) return clock.now() - Number(span[1]) * UNIT_MS[span[2] as keyof typeof UNIT_MS];
    const atMs = parseInstant(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00Z` : text);
    if (atMs === undefined)
      throw new InvalidArgumentError('Not an instant as 2026-03-01T12:00:00Z, 2026-03-01, 30m, 2h or 3d.');
    return atMs;
  };
}

/** Refuses a combination of options or arguments. */
export function usage(message: string): Problem {
  return new Problem('USAGE', `${message} (try --help)`, { exitCode: 2 });
}
