import { readSettings } from '../lib/config.ts';
import { ConfigurationError } from '../lib/errors.ts';
import type { Connection } from '../lib/messaging/operator-queue.ts';
import { findLocalStack } from './local-stack.ts';
import { Problem } from './problem.ts';

/** What a command works on, by the names of the environment variables. */
export type Needed = 'STATE_TABLE' | 'QUEUE_URL' | 'DEAD_LETTER_QUEUE_URL';

/** The options of every command that say where its parts are. */
export interface ConnectionOptions {
  readonly stateTable?: string;
  readonly queueUrl?: string;
  readonly deadLetterQueueUrl?: string;
  readonly local?: boolean;
}

export interface CliSettings {
  /** Those that were needed. */
  readonly values: Readonly<Partial<Record<Needed, string>>>;
  /** Where AWS is; empty for the SDK's own ways. */
  readonly dynamodb: Connection;
  readonly sqs: Connection;
  readonly isLocal: boolean;
  /** What an operator should know of the choice. */
  readonly note?: string;
}

export type Env = Readonly<Record<string, string | undefined>>;

const FLAGS: Readonly<Record<Needed, string>> = {
  STATE_TABLE: '--state-table NAME',
  QUEUE_URL: '--queue-url URL',
  DEAD_LETTER_QUEUE_URL: '--dead-letter-queue-url URL',
};

/**
 * Where the parts of a command are: from its options, else from the environment, or from the running local stack.
 *
 * @throws Problem `SETTINGS` with all that is missing or malformed, `NO_LOCAL_STACK`, `USAGE`.
 */
export function cliSettings(
  needed: readonly Needed[],
  options: ConnectionOptions,
  { env, root }: { env: Env; root: string },
): CliSettings {
  if (options.local) return localSettings(options, root);

  const given: Env = {
    ...env,
    ...defined({
      STATE_TABLE: options.stateTable,
      QUEUE_URL: options.queueUrl,
      DEAD_LETTER_QUEUE_URL: options.deadLetterQueueUrl,
    }),
  };
  const missing = needed.filter((name) => !given[name]);
  if (missing.length > 0) {
    const wishes = missing.map((name) => `${name} is missing: give ${FLAGS[name]}, or set the variable`);
    throw new Problem('SETTINGS', `${wishes.join('; ')}. For the local stack that npm start runs: --local`, {
      exitCode: 2,
    });
  }
  try {
    const settings = readSettings(needed, given);
    const values = Object.fromEntries(needed.map((name) => [name, String(settings[name])]));
    return { values, dynamodb: {}, sqs: {}, isLocal: false };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const hint = error.message.includes('this machine') ? ' (STAGE=local makes it so)' : '';
    throw new Problem('SETTINGS', `${error.message}${hint}`, { exitCode: 2 });
  }
}

function localSettings({ stateTable, queueUrl, deadLetterQueueUrl }: ConnectionOptions, root: string): CliSettings {
  if (stateTable ?? queueUrl ?? deadLetterQueueUrl) {
    throw new Problem('USAGE', '--local says where everything is: leave out the table and the queues', { exitCode: 2 });
  }
  const { addresses: stack, running } = findLocalStack(root);
  const { region, accessKeyId, secretAccessKey } = stack;
  const access = { region, credentials: { accessKeyId, secretAccessKey } };
  return {
    values: {
      STATE_TABLE: stack.stateTable,
      QUEUE_URL: stack.queueUrl,
      DEAD_LETTER_QUEUE_URL: stack.deadLetterUrl,
    },
    dynamodb: { ...access, endpoint: stack.dynamodbEndpoint },
    sqs: { ...access, endpoint: stack.sqsEndpoint },
    isLocal: true,
    ...(running > 1 && {
      note: `--local: ${running} local stacks are running; this is the one started last, process ${stack.pid}`,
    }),
  };
}

function defined(values: Env): Env {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
