import type { Decision, ReceivedMessage } from '../../lib/messaging/operator-queue.ts';
import { type MessageReading, readMessage } from '../../lib/queue/message.ts';
import type { Run } from '../command.ts';
import { counted } from '../printable.ts';
import { Problem } from '../problem.ts';
import { instantOrNull } from './call-json.ts';
import type { FilterOptions } from './filters.ts';

/** A message of the dead-letter queue, and what it says of itself. */
export interface DeadLetter {
  readonly message: ReceivedMessage;
  readonly reading: Pick<MessageReading, 'operation' | 'key'>;
}

type Visit = (letter: DeadLetter) => Promise<Decision>;

/** How a look at the dead-letter queue ended. */
export interface Browsed {
  /** About so many that could not be seen; 0 when the look was ended before its end. */
  readonly unseen: number;
  readonly interrupted: boolean;
}

/** What is looked at stays hidden from others for so long, should this process be killed. */
const HIDDEN_SECONDS = 60;

/**
 * Shows the messages of the dead-letter queue that fit, each once, until the visit says that it is done, or somebody
 * interrupts.
 *
 * @param hiddenSeconds How long those looked at stay hidden at least; default a minute.
 */
export async function browseDeadLetters(
  { runtime, interruption }: Pick<Run, 'runtime' | 'interruption'>,
  { operation, key, since, until }: FilterOptions,
  visit: Visit,
  hiddenSeconds = HIDDEN_SECONDS,
): Promise<Browsed> {
  const { signal } = interruption;
  interruption.hold();
  let isDone = false;
  const { unseen } = await runtime.deadLetters().browse({ hiddenSeconds, signal }, async (message) => {
    const letter = { message, reading: readMessage(message.body, runtime.integration.queue.mappings) };
    const fits =
      (operation === undefined || letter.reading.operation === operation) &&
      (key === undefined || letter.reading.key?.startsWith(key) === true) &&
      (since === undefined || (message.sentAtMs ?? 0) >= since) &&
      (until === undefined || (message.sentAtMs ?? 0) <= until);
    if (!fits) return { verdict: 'keep' };
    const decision = await visit(letter);
    isDone = decision.done === true;
    return decision;
  });
  return { unseen, interrupted: signal.aborted && !isDone };
}

/** Why a look has not shown everything, and what to do. */
export function unseenWords(unseen: number, queueName: string): string {
  return `About ${counted(unseen, 'more message')} in ${queueName} could not be seen: another command looks at them, or one that was killed hides them for a while; of a FIFO queue no more than ten of a group can be seen. Try again later.`;
}

/** Nothing has the names that were given, as far as could be seen. */
export function notFound(names: readonly string[], queueName: string, { unseen, interrupted }: Browsed): Problem {
  const none = `no message in ${queueName} has the key or id "${names.join('", "')}"`;
  if (interrupted) return new Problem('NOT_ALL_SEEN', `interrupted before everything in ${queueName} was seen`);
  return unseen > 0
    ? new Problem('NOT_ALL_SEEN', `${none}, of those that were seen. ${unseenWords(unseen, queueName)}`)
    : new Problem('NO_SUCH_CALL', none);
}

/** Whether a name given by an operator is this message's: its id, or its key. */
export function isNamed({ message, reading }: DeadLetter, names: ReadonlySet<string>): boolean {
  return names.has(message.messageId) || (reading.key !== undefined && names.has(reading.key));
}

/** What `--json` says of a message in a list. */
export function deadLetterJson({ message, reading }: DeadLetter) {
  return {
    messageId: message.messageId,
    operation: reading.operation ?? null,
    key: reading.key ?? null,
    sentAt: instantOrNull(message.sentAtMs),
    receiveCount: message.receiveCount,
    groupId: message.groupId ?? null,
  };
}
