import { resolve } from 'node:path';
import { readSettings, type SettingName, type Settings } from '../lib/config.ts';
import { ConfigurationError } from '../lib/errors.ts';
import type { Connection } from '../lib/messaging/operator-queue.ts';
import { findLocalStack, type LocalAddresses } from './local-stack.ts';
import { Problem } from './problem.ts';

/** What a command that calls Siebel works on. */
export const SIEBEL_NEEDED = ['SIEBEL_BASE_URL', 'TOKEN_URL', 'TOKEN_SCOPE', 'CLIENT_SECRET_ID'] as const;

/** Times of a sync, which have defaults. */
export const SYNC_TIMES = ['SYNC_SAFETY_LAG_SECONDS', 'SYNC_LOOKBACK_SECONDS'] as const;
export type SyncTime = (typeof SYNC_TIMES)[number];

/** What a command works on, by the names of the environment variables. */
export type Needed =
  | 'STATE_TABLE'
  | 'QUEUE_URL'
  | 'DEAD_LETTER_QUEUE_URL'
  | 'BACKFILL_QUEUE_URL'
  | 'SYNC_BUCKET'
  | 'SCHEDULE_FUNCTION'
  | (typeof SIEBEL_NEEDED)[number];

/** Those that an option can say. */
type Said = Exclude<Needed, (typeof SIEBEL_NEEDED)[number]>;

/** Settings with a default, or that may be absent, of whoever calls Siebel or needs the times of a sync. */
const TUNING = [
  'SIEBEL_CA_FILE',
  'SIEBEL_TIMEOUT_MS',
  'SIEBEL_ABANDONED_HOLD_SECONDS',
  'TOKEN_CA_FILE',
  'TOKEN_CLIENT_AUTHENTICATION',
  'TOKEN_TIMEOUT_MS',
  ...SYNC_TIMES,
] as const satisfies readonly SettingName[];

/** The options of every command that say where its parts are. */
export interface ConnectionOptions {
  readonly stateTable?: string;
  readonly queueUrl?: string;
  readonly deadLetterQueueUrl?: string;
  readonly backfillQueueUrl?: string;
  readonly syncBucket?: string;
  readonly scheduleFunction?: string;
  readonly local?: boolean;
}

export interface CliSettings {
  /** Those that were needed. */
  readonly values: Readonly<Partial<Record<Needed, string>>>;
  readonly tuning: Settings<(typeof TUNING)[number]>;
  /** Where AWS is; empty for the SDK's own ways. */
  readonly dynamodb: Connection;
  readonly sqs: Connection;
  readonly s3: Connection;
  readonly lambda: Connection;
  readonly secretsManager: Connection;
  readonly isLocal: boolean;
  /** What an operator should know of the choice. */
  readonly note?: string;
}

export type Env = Readonly<Record<string, string | undefined>>;

/** Each with the member of the options and how it is written. */
const OPTIONS: Readonly<Record<Said, readonly [member: keyof ConnectionOptions & string, flag: string]>> = {
  STATE_TABLE: ['stateTable', '--state-table NAME'],
  QUEUE_URL: ['queueUrl', '--queue-url URL'],
  DEAD_LETTER_QUEUE_URL: ['deadLetterQueueUrl', '--dead-letter-queue-url URL'],
  BACKFILL_QUEUE_URL: ['backfillQueueUrl', '--backfill-queue-url URL'],
  SYNC_BUCKET: ['syncBucket', '--sync-bucket NAME'],
  SCHEDULE_FUNCTION: ['scheduleFunction', '--schedule-function NAME'],
};
const FLAGS: Readonly<Record<string, readonly [string, string]>> = OPTIONS;

/**
 * Where the parts of a command are: from its options, else from the environment, or from the running local stack.
 *
 * @throws Problem `SETTINGS` with all that is missing or malformed, `NO_LOCAL_STACK`, `USAGE`.
 */
export function cliSettings(
  needed: readonly (Needed | SyncTime)[],
  options: ConnectionOptions,
  { env, root }: { env: Env; root: string },
): CliSettings {
  const said = saidBy(options);
  if (options.local) {
    if (Object.keys(said).length > 0) {
      throw new Problem(
        'USAGE',
        '--local says where everything is: leave out the tables, queues, buckets and functions',
        {
          exitCode: 2,
        },
      );
    }
    return localSettings(needed, root);
  }
  const given: Env = { ...env, ...said };
  const missing = needed.filter((name) => !hasDefault(name) && !given[name]);
  if (missing.length > 0) {
    const wishes = missing.map((name) => {
      const flag = FLAGS[name]?.[1];
      return `${name} is missing: ${flag === undefined ? 'set the variable' : `give ${flag}, or set the variable`}`;
    });
    throw new Problem('SETTINGS', `${wishes.join('; ')}. For the local stack that npm start runs: --local`, {
      exitCode: 2,
    });
  }
  const away: Connection = {};
  return {
    ...settingsFrom(needed, given, root),
    ...{ dynamodb: away, sqs: away, s3: away, lambda: away, secretsManager: away },
    isLocal: false,
  };
}

function hasDefault(name: Needed | SyncTime): name is SyncTime {
  return (SYNC_TIMES as readonly string[]).includes(name);
}

function settingsFrom(
  wanted: readonly (Needed | SyncTime)[],
  given: Env,
  root: string,
): Pick<CliSettings, 'values' | 'tuning'> {
  try {
    const needed = wanted.filter((name) => !hasDefault(name));
    const isTuned = needed.includes('SIEBEL_BASE_URL');
    // Whoever does not call Siebel is not stopped by what is wrong with its tuning.
    const settings = readSettings([...needed, ...(isTuned ? TUNING : wanted.filter(hasDefault))], given);
    const tuning = { ...readSettings(TUNING, {}), ...settings };
    const inProject = (file: string | undefined) => (file === undefined ? undefined : resolve(root, file));
    return {
      values: Object.fromEntries(needed.map((name) => [name, String(settings[name])])),
      tuning: {
        ...tuning,
        SIEBEL_CA_FILE: inProject(tuning.SIEBEL_CA_FILE),
        TOKEN_CA_FILE: inProject(tuning.TOKEN_CA_FILE),
      },
    };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const hint = error.message.includes('this machine') ? ' (STAGE=local makes it so)' : '';
    throw new Problem('SETTINGS', `${error.message}${hint}`, { exitCode: 2 });
  }
}

function localSettings(needed: readonly (Needed | SyncTime)[], root: string): CliSettings {
  const { addresses: stack, running } = findLocalStack(root);
  const { region, accessKeyId, secretAccessKey } = stack;
  const at = (endpoint: string): Connection => ({ region, credentials: { accessKeyId, secretAccessKey }, endpoint });
  return {
    ...settingsFrom(needed, environmentOf(stack), root),
    dynamodb: at(stack.dynamodbEndpoint),
    sqs: at(stack.sqsEndpoint),
    s3: at(stack.s3Endpoint),
    lambda: at(stack.lambdaEndpoint),
    secretsManager: at(stack.secretsManagerEndpoint),
    isLocal: true,
    ...(running > 1 && {
      note: `--local: ${running} local stacks are running; this is the one started last, process ${stack.pid}`,
    }),
  };
}

function environmentOf(stack: LocalAddresses): Env {
  return {
    STAGE: 'local',
    STATE_TABLE: stack.stateTable,
    QUEUE_URL: stack.queueUrl,
    DEAD_LETTER_QUEUE_URL: stack.deadLetterUrl,
    BACKFILL_QUEUE_URL: stack.backfillQueueUrl,
    SYNC_BUCKET: stack.syncBucket,
    SCHEDULE_FUNCTION: stack.scheduleFunction,
    SIEBEL_BASE_URL: stack.siebelUrl,
    SIEBEL_CA_FILE: stack.caFile,
    TOKEN_URL: stack.tokenUrl,
    TOKEN_SCOPE: stack.tokenScope,
    TOKEN_CA_FILE: stack.caFile,
    CLIENT_SECRET_ID: stack.clientSecretId,
    SYNC_SAFETY_LAG_SECONDS: String(stack.syncSafetyLagSeconds),
    SYNC_LOOKBACK_SECONDS: String(stack.syncLookbackSeconds),
  };
}

/** What the options say, by the names of the variables. */
function saidBy(options: ConnectionOptions): Env {
  const entries = Object.entries(OPTIONS).map(([name, [member]]) => [name, options[member]] as const);
  return Object.fromEntries(entries.filter((entry): entry is [Said, string] => typeof entry[1] === 'string'));
}
