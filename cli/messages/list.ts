import type { Report, Run } from '../command.ts';
import { counted, instant, table } from '../printable.ts';
import { summaryJson } from './call-json.ts';
import { browseDeadLetters, type DeadLetter, deadLetterJson, unseenWords } from './dead-letters.ts';
import { type FilterOptions, filterOf, hasFilter, refuseCode, refuseReversed } from './filters.ts';
import { nameOf, remarksOf } from './reason.ts';

const DEFAULT_LIMIT = 50;

/** Lists parked calls, the newest first. */
export async function listParked(run: Run, options: FilterOptions): Promise<Report> {
  refuseReversed(options);
  const { integration } = run.runtime;
  const { limit = DEFAULT_LIMIT } = options;
  const calls = [];
  let more = false;
  for await (const call of run.runtime.parked().list(filterOf(options), 'newest first')) {
    more = calls.length === limit;
    if (more) break;
    calls.push(call);
  }
  const rows = calls.map((call) => [
    instant(call.rejectedAtMs ?? 0),
    call.code ?? '',
    call.operation ?? '-',
    nameOf(call),
    String(call.receiveCount ?? ''),
    remarksOf(call, integration).join(', '),
  ]);
  const none = hasFilter(options) ? 'Nothing that is parked fits these filters.' : 'Nothing is parked.';
  return {
    exitCode: 0,
    json: { parked: calls.map((call) => summaryJson(call, integration)), more },
    lines:
      calls.length === 0
        ? [none]
        : [
            ...table(['PARKED AT', 'CODE', 'OPERATION', 'KEY OR MESSAGE ID', 'RECEIVED', 'NOTE'], rows),
            '',
            more ? `The newest ${calls.length}; there are more (--limit).` : `${counted(calls.length, 'call')} parked.`,
          ],
  };
}

/** Lists the dead-letter queue, and gives every message back. */
export async function listDeadLetters(run: Run, options: FilterOptions): Promise<Report> {
  refuseCode(options);
  refuseReversed(options);
  const { limit = DEFAULT_LIMIT } = options;
  const queue = run.runtime.deadLetters();
  const letters: DeadLetter[] = [];
  let more = false;
  const { unseen, interrupted } = await browseDeadLetters(run, options, async (letter) => {
    more = letters.length === limit;
    if (!more) letters.push(letter);
    return { verdict: 'keep', done: more };
  });
  const inQueue = await queue.count();
  const rows = letters.map(({ message, reading }) => [
    message.sentAtMs === undefined ? '-' : instant(message.sentAtMs),
    reading.operation ?? '-',
    reading.key ?? '-',
    message.messageId,
    String(message.receiveCount),
  ]);
  return {
    exitCode: interrupted || unseen > 0 ? 1 : 0,
    json: { deadLetters: letters.map(deadLetterJson), more, inQueue, unseen, interrupted },
    lines: [
      ...(letters.length === 0
        ? [`Nothing in ${queue.name} ${inQueue === 0 ? 'at all' : `fits, of about ${counted(inQueue, 'message')}`}.`]
        : [
            ...table(['SENT AT', 'OPERATION', 'KEY', 'MESSAGE ID', 'SEEN'], rows),
            '',
            `${letters.length} of about ${inQueue} in ${queue.name}. All were given back.`,
          ]),
      ...(unseen > 0 ? [unseenWords(unseen, queue.name)] : []),
      ...(interrupted ? ['Interrupted before everything was seen.'] : []),
    ],
  };
}
