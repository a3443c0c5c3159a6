import { Command } from 'commander';
import {
  type CommonOptions,
  MESSAGES,
  type Perform,
  perform,
  rate,
  reasonText,
  type Surroundings,
  usage,
  withCommonOptions,
} from '../command.ts';
import type { ExitCode } from '../problem.ts';
import { correctCall } from './correct.ts';
import { type DropOptions, dropCalls } from './drop.ts';
import { type FilterOptions, withFilters } from './filters.ts';
import { listDeadLetters, listParked } from './list.ts';
import { type RedriveCommand, redriveParked } from './redrive.ts';
import { redriveDeadLetters } from './redrive-dead-letters.ts';
import { resolveCall } from './resolve.ts';
import { sendMessages } from './send.ts';
import { showCall, showDeadLetter } from './show.ts';

const DEFAULT_RATE = 5;

interface DeadLetterOption {
  readonly deadLetters?: boolean;
}

/**
 * `siebel messages`: what an operator does with calls of the queue that were refused.
 *
 * @param ended Gets the exit code of the command that was run.
 */
export function messagesCommand(surroundings: Surroundings, ended: (exitCode: ExitCode) => void): Command {
  const messages = new Command('messages')
    .description('calls of the queue that were parked: list, show, correct, resolve, redrive, drop; and send new ones')
    .addHelpText(
      'after',
      examples('list --since 2h', 'show orders/4711/3', 'redrive --code SIEBEL_BUSINESS --dry-run'),
    );
  const performed: Perform = async (...what) => ended(await perform(surroundings, ...what));

  for (const command of [
    list(surroundings, performed),
    show(performed),
    correct(performed),
    resolve(performed),
    redrive(surroundings, performed),
    drop(surroundings, performed),
    send(performed),
  ]) {
    messages.addCommand(withCommonOptions(command, ['stateTable', 'queue', 'deadLetters']));
  }
  return messages;
}

function list({ clock }: Surroundings, performed: Perform): Command {
  return withFilters(new Command('list'), clock)
    .description('list parked calls, the newest first; 50 unless --limit says more')
    .option('--dead-letters', 'list the dead-letter queue; every message is given back')
    .addHelpText('after', examples('list --code SIEBEL_VALIDATION --since 3d', 'list --dead-letters', 'list --json'))
    .action((options: CommonOptions & FilterOptions & DeadLetterOption) =>
      options.deadLetters
        ? performed(['DEAD_LETTER_QUEUE_URL'], options, (run) => listDeadLetters(run, options))
        : performed(['STATE_TABLE'], options, (run) => listParked(run, options)),
    );
}

function show(performed: Perform): Command {
  return ofOneCall(new Command('show'))
    .description('show all that is kept of one call, and what to do next')
    .option('--dead-letters', 'look in the dead-letter queue; the message is given back')
    .addHelpText('after', examples('show orders/4711/3', 'show orders/4711/3 --operation account.upsert --json'))
    .action((name: string, options: CommonOptions & DeadLetterOption & { operation?: string }) =>
      options.deadLetters
        ? performed(['DEAD_LETTER_QUEUE_URL'], options, (run) => showDeadLetter(run, name))
        : performed(['STATE_TABLE'], options, (run) => showCall(run, { name, operation: options.operation })),
    );
}

function correct(performed: Perform): Command {
  return ofOneCall(new Command('correct'))
    .description('keep a corrected input for the next redrive; it is checked first')
    .option('--input <file>', 'the input in JSON; - for standard input')
    .option('--message <file>', 'the whole message, of one that had no usable operation and key; - for standard input')
    .option('--reason <text>', 'why, for the record', reasonText)
    .addHelpText(
      'after',
      examples('correct orders/4711/3 --input corrected.json', 'correct 7c1f… --message message.json'),
    )
    .action((name: string, options: CommonOptions & CorrectOptions) =>
      performed(['STATE_TABLE'], options, (run) => {
        if ((options.input === undefined) === (options.message === undefined)) {
          throw usage('give --input or --message: one of the two');
        }
        return correctCall(run, { name, operation: options.operation }, options);
      }),
    );
}

interface CorrectOptions {
  readonly input?: string;
  readonly message?: string;
  readonly operation?: string;
  readonly reason?: string;
}

function resolve(performed: Perform): Command {
  return ofOneCall(new Command('resolve'))
    .description('write down what a person has found at Siebel about a call whose outcome is unknown')
    .option('--done <row-id>', 'it was done, for good: the row id of the record')
    .option('--not-done', 'it was not done, and may be sent again')
    .option('--reason <text>', 'how it was found out, for the record', reasonText)
    .addHelpText('after', examples('resolve orders/4711/3 --done 1-3WBJ', 'resolve orders/4711/3 --not-done'))
    .action((name: string, options: CommonOptions & ResolveOptions) =>
      performed(['STATE_TABLE'], options, (run) => {
        const { done, notDone = false, operation, reason } = options;
        if ((done !== undefined) === notDone) throw usage('give --done ROW-ID or --not-done: one of the two');
        return resolveCall(run, { name, operation }, { recordId: done, reason });
      }),
    );
}

interface ResolveOptions {
  readonly done?: string;
  readonly notDone?: boolean;
  readonly operation?: string;
  readonly reason?: string;
}

function redrive({ clock }: Surroundings, performed: Perform): Command {
  return ofChosenCalls(new Command('redrive'), clock)
    .description('send parked calls to the queue again, the oldest first; each keeps its key')
    .option('--dead-letters', 'move messages from the dead-letter queue to the queue')
    .option('--include-unknown', 'also those that Siebel may have done, which would do them twice: look there first')
    .option('--include-expired', 'also those whose notAfter has passed')
    .option('--rate <n>', 'messages a second', rate, DEFAULT_RATE)
    .option('--dry-run', 'show what would be sent, and send nothing')
    .addHelpText(
      'after',
      `${examples('redrive orders/4711/3', 'redrive --code SIEBEL_BUSINESS --since 3d --dry-run', 'redrive --all --rate 2 --yes', 'redrive --dead-letters --all')}

A call stays in the list until a consumer starts it: nothing is lost when this is interrupted, and to run it again does no
harm. What Siebel may have done (in part, or by a call that may not be repeated and cannot be looked up) is left out unless
--include-unknown says otherwise.`,
    )
    .action((names: string[], options: CommonOptions & DeadLetterOption & Omit<RedriveCommand, 'names'>) =>
      options.deadLetters
        ? performed(['QUEUE_URL', 'DEAD_LETTER_QUEUE_URL'], options, (run) =>
            redriveDeadLetters(run, { ...options, names }),
          )
        : performed(['STATE_TABLE', 'QUEUE_URL'], options, (run) => redriveParked(run, { ...options, names })),
    );
}

function drop({ clock }: Surroundings, performed: Perform): Command {
  return ofChosenCalls(new Command('drop'), clock)
    .description('take calls out of the list of parked ones; they stay refused, also when they wait in the queue again')
    .requiredOption('--reason <text>', 'why, for the record', reasonText)
    .option('--dry-run', 'show what would be dropped, and drop nothing')
    .addHelpText('after', examples('drop orders/4711/3 --reason "cancelled by the customer"'))
    .action((names: string[], options: CommonOptions & Omit<DropOptions, 'names'>) =>
      performed(['STATE_TABLE'], options, (run) => dropCalls(run, { ...options, names })),
    );
}

function send(performed: Perform): Command {
  return new Command('send')
    .description('put calls on the queue, after checking all of them as the queue function will')
    .option('--operation <name>', 'an operation that the queue accepts')
    .option('--key <key>', 'your name for this one call')
    .option('--input <file>', 'its input in JSON; - for standard input')
    .option('--not-after <instant>', 'later than this the call is not made: 2026-03-01T12:00:00Z')
    .option('--file <file>', 'messages in JSON, one on each line, or a single one; - for standard input')
    .option('--group <text>', 'group of a FIFO queue; the key, unless given')
    .option('--rate <n>', 'messages a second; as fast as they go, unless given', rate)
    .option('--dry-run', 'check everything, and send nothing')
    .addHelpText(
      'after',
      `${examples('send --operation account.upsert --key by-hand/1 --input account.json', 'send --file messages.ndjson --rate 20')}

A line of a file is a message: {"operation": "account.upsert", "key": "by-hand/1", "input": {"Name": "…"}}. Producers' own
events, which siebel.config.ts maps, are not sent by this command.`,
    )
    .action((options: CommonOptions & Parameters<typeof sendMessages>[1]) =>
      performed(['QUEUE_URL'], options, (run) => sendMessages(run, options)),
    );
}

function ofOneCall(command: Command): Command {
  return command
    .argument('<key>', "the producer's key, or the id of the message")
    .option('--operation <name>', 'tells calls of one key apart');
}

function ofChosenCalls(command: Command, clock: Surroundings['clock']): Command {
  return withFilters(command, clock)
    .argument('[keys...]', "producers' keys, or ids of messages")
    .option('--all', 'everything that is parked')
    .option('--yes', 'do not ask; needed where nobody can answer');
}

function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${MESSAGES} ${line}`).join('\n')}`;
}
