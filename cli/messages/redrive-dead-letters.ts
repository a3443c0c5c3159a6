import type { OutgoingMessage, ReceivedMessage } from '../../lib/messaging/operator-queue.ts';
import type { Report, Run } from '../command.ts';
import { confirm } from '../confirm.ts';
import { counted, table } from '../printable.ts';
import { toldOf } from '../problem.ts';
import {
  type Browsed,
  browseDeadLetters,
  type DeadLetter,
  deadLetterJson,
  isNamed,
  notFound,
  unseenWords,
} from './dead-letters.ts';
import { refuseCode } from './filters.ts';
import type { RedriveCommand } from './redrive.ts';
import { checkSelection } from './select-calls.ts';
import { throttle } from './throttle.ts';

/**
 * Moves messages from the dead-letter queue back to the queue, as they are: sent first, then deleted, so that a message may
 * for a moment lie in both, which its key makes one call, and never in neither. A call that was refused meanwhile stays so.
 */
export async function redriveDeadLetters(run: Run, command: RedriveCommand): Promise<Report> {
  checkSelection(command, 'redrive');
  refuseCode(command);
  const { dryRun = false, limit = Number.POSITIVE_INFINITY, rate } = command;
  const from = run.runtime.deadLetters();
  const to = run.runtime.queue();
  if (!dryRun) {
    await confirm(`Move ${await wordsFor(command, () => from.count())} from ${from.name} to ${to.name}`, command, run);
  }
  const names = new Set(command.names);
  const { signal } = run.interruption;
  const next = dryRun ? async () => !signal.aborted : throttle(rate, run.clock, signal);

  const moved: DeadLetter[] = [];
  let browsed: Browsed = { unseen: 0, interrupted: false };
  let stopped: unknown;
  // A batch of ten must be through before the first of it shows itself again.
  const hiddenSeconds = 60 + Math.ceil(20 / rate);
  try {
    browsed = await browseDeadLetters(
      run,
      command,
      async (letter) => {
        if ((names.size > 0 && !isNamed(letter, names)) || !(await next())) return { verdict: 'keep' };
        if (!dryRun) await to.send(messageOf(letter.message));
        moved.push(letter);
        run.terminal.progress(`${moved.length} moved …`);
        return { verdict: dryRun ? 'keep' : 'delete', done: moved.length >= limit };
      },
      hiddenSeconds,
    );
  } catch (error) {
    stopped = error;
  }
  const missing = command.names.filter((name) => !moved.some((letter) => isNamed(letter, new Set([name]))));
  if (missing.length > 0 && moved.length === 0 && stopped === undefined && !browsed.interrupted) {
    throw notFound(missing, from.name, browsed);
  }
  // What was named and found is done, whatever else lies there.
  const unseen = missing.length > 0 || names.size === 0 ? browsed.unseen : 0;
  return report(moved, { ...browsed, unseen, dryRun, stopped, missing, fromName: from.name, toName: to.name });
}

async function wordsFor({ names, all }: RedriveCommand, count: () => Promise<number>): Promise<string> {
  if (names.length > 0) return counted(names.length, 'message');
  return `${all ? 'all' : 'what fits'} of about ${counted(await count(), 'message')}`;
}

function messageOf({ body, attributes, groupId, messageId }: ReceivedMessage): OutgoingMessage {
  return { body, attributes, group: groupId ?? messageId, once: `redrive/${messageId}` };
}

interface Circumstances extends Browsed {
  readonly dryRun: boolean;
  readonly stopped: unknown;
  readonly missing: readonly string[];
  readonly fromName: string;
  readonly toName: string;
}

function report(
  moved: readonly DeadLetter[],
  { unseen, interrupted, dryRun, stopped, missing, fromName, toName }: Circumstances,
): Report {
  const failure = stopped === undefined ? undefined : toldOf(stopped);
  const rows = moved.map(({ message, reading }) => [reading.operation ?? '-', reading.key ?? '-', message.messageId]);
  return {
    exitCode: failure || interrupted || unseen > 0 || missing.length > 0 ? 1 : 0,
    json: {
      dryRun,
      moved: dryRun ? [] : moved.map(deadLetterJson),
      wouldMove: dryRun ? moved.map(deadLetterJson) : [],
      notFound: missing,
      unseen,
      interrupted,
      error: failure ? { code: failure.code, message: failure.message } : null,
    },
    lines: [
      ...(dryRun && moved.length > 0 ? [...table(['OPERATION', 'KEY', 'MESSAGE ID'], rows), ''] : []),
      dryRun
        ? `Dry run: ${counted(moved.length, 'message')} would be moved to ${toName}.`
        : `${counted(moved.length, 'message')} moved to ${toName}.`,
      ...(missing.length > 0 ? [`Not found: ${missing.join(', ')}`] : []),
      ...(unseen > 0 ? [unseenWords(unseen, fromName)] : []),
      ...(interrupted ? ['Interrupted: run it again for the others; nothing is lost.'] : []),
      ...(failure ? [`Stopped: ${failure.code}: ${failure.message}. The others are still there.`] : []),
    ],
  };
}
