import * as errorReference from '../../lib/error-reference.ts';
import * as inputReference from '../../lib/input-reference.ts';
import type { Integration } from '../../lib/operations/index.ts';
import { CODE_REFERENCE } from '../../lib/siebel/code-reference.ts';
import type { StoredCall, StoredSummary } from '../../lib/state/parked-item.ts';
import { shellWord } from '../printable.ts';

/** What a code means, and what is to be done about it. */
export interface Reason {
  readonly meaning: string;
  readonly remedy: string | undefined;
}

type Entry = string | errorReference.ErrorReference;

// The tables of docs/errors.md, as one; the first that has a code decides.
const TABLES: readonly Readonly<Record<string, Entry>>[] = [
  ...Object.values(errorReference),
  inputReference.INPUT_REFERENCE,
  inputReference.QUEUE_REFERENCE,
];

/** The code in words; `undefined` for one that this version does not know. */
export function reasonOf(code: string): Reason | undefined {
  const entry = TABLES.find((table) => Object.hasOwn(table, code))?.[code];
  if (entry === undefined) return undefined;
  return typeof entry === 'string' ? { meaning: entry, remedy: undefined } : entry;
}

/** A code of Siebel in words. */
export function siebelMeaning(code: string): string | undefined {
  return Object.hasOwn(CODE_REFERENCE, code) ? CODE_REFERENCE[code as keyof typeof CODE_REFERENCE].meaning : undefined;
}

type Operations = Pick<Integration, 'operations'>;

/** Whether Siebel may have done all of it: its input can then be no other. */
export function mayBeDone({ code, unknown, checkedNotDone }: StoredSummary): boolean {
  return (code === 'OUTCOME_UNKNOWN' || unknown) && !checkedNotDone;
}

/** Whether Siebel may have done it, all or in part, so that a person must look before it is sent again. */
export function isUncertain(call: StoredSummary, integration: Operations): boolean {
  if (call.code === 'OUTCOME_UNKNOWN' || call.mayBePartial) return !call.checkedNotDone;
  return mayBeDone(call) && !isSafeAgain(call, integration);
}

/** Whether a call that may have been done can be sent again as it is: an insert is looked up first, some others may repeat. */
function isSafeAgain({ operation }: StoredSummary, { operations }: Operations): boolean {
  const kind = operations.get(operation ?? '')?.kind;
  return kind === 'insert' || kind === 'repeatable';
}

/** Whether the message is kept under its own id, as it had no usable name or that of another call. */
export function isNameless({ pk }: StoredSummary): boolean {
  return pk.startsWith('parked#');
}

/** How an operator names the call: by its key, or by the id of its message. */
export function nameOf(call: StoredSummary): string {
  // On a command line a key with a hyphen before it is an option: `--all`.
  const key = isNameless(call) || call.key?.startsWith('-') ? undefined : call.key;
  return key ?? call.messageId ?? call.pk;
}

/** Notes of a list: what has happened since, and what to mind. */
export function remarksOf(call: StoredSummary, integration: Operations): string[] {
  return [
    ...(call.key === undefined || call.key === nameOf(call) ? [] : [`key ${call.key}`]),
    ...(isUncertain(call, integration) ? [call.mayBePartial ? 'may be done in part' : 'may be done'] : []),
    ...(call.checkedNotDone ? ['checked: not done'] : []),
    ...(call.correctedAtMs === undefined ? [] : ['corrected']),
    ...(call.redriveSentAtMs === undefined ? [] : ['redriven, waiting']),
  ];
}

/** What an operator may do next, as command lines without their beginning, each with a word on when. */
export function nextSteps(
  call: StoredCall,
  key: string,
  integration: Operations,
): readonly (readonly [when: string, command: string])[] {
  if (!call.parked) return [];
  const drop = ['it is not wanted any more', `drop ${key} --reason "…"`] as const;
  if (isUncertain(call, integration)) {
    return [
      ['Siebel has it', `resolve ${key} --done ROW-ID`],
      ['Siebel does not have it', `resolve ${key} --not-done`],
      ...(mayBeDone(call) ? [] : [['the input is wrong, too', `correct ${key} --input input.json`] as const]),
      ['then', `redrive ${key}`],
      drop,
    ];
  }
  if (isNameless(call)) {
    return [
      ...(call.key === undefined ? [] : [['the call that has its key', `show ${shellWord(call.key)}`] as const]),
      ['the message is wrong', `correct ${key} --message message.json`],
      ['it can be sent now', `redrive ${key}`],
      drop,
    ];
  }
  if (call.code === 'EXPIRED') return [['it is still wanted', `redrive ${key} --include-expired`], drop];
  return [
    mayBeDone(call)
      ? ['Siebel has it', `resolve ${key} --done ROW-ID`]
      : ['the input is wrong', `correct ${key} --input input.json`],
    ['the cause is mended', `redrive ${key}`],
    drop,
  ];
}

/** What to mind of a call that Siebel may have done. */
export function warningOf(call: StoredSummary, integration: Operations): string | undefined {
  if (isUncertain(call, integration)) {
    return 'Look at Siebel first: it may have been done, or done in part, and to send it again would do it twice.';
  }
  if (!mayBeDone(call)) return undefined;
  return integration.operations.get(call.operation ?? '')?.kind === 'insert'
    ? 'Siebel may have done it: a redrive looks there first.'
    : 'Siebel may have done it: to do it again does no harm.';
}
