import { keyOf } from '../../lib/state/call-items.ts';
import type { StoredCall, StoredSummary } from '../../lib/state/parked-item.ts';
import type { ParkedList } from '../../lib/state/parked-list.ts';
import { MESSAGES, type Run } from '../command.ts';
import { Problem } from '../problem.ts';
import { isNameless } from './reason.ts';

/** Where the name of a call is looked for. */
export interface CallAddress {
  /** The producer's key, or the id of a message. */
  readonly name: string;
  /** Tells calls of one key apart. */
  readonly operation?: string | undefined;
}

/**
 * The call of this name, parked or not.
 *
 * @throws Problem `NO_SUCH_CALL`, `AMBIGUOUS_KEY`.
 */
export async function findCall(parked: ParkedList, address: CallAddress, run: Run): Promise<StoredCall> {
  return theOne(address.name, await callsNamed(parked, address, run));
}

/**
 * The parked call of this name; calls of other operations that are not parked do not count.
 *
 * @throws Problem as `findCall`, and `NOT_PARKED`.
 */
export async function findParked(parked: ParkedList, address: CallAddress, run: Run): Promise<StoredCall> {
  const calls = await callsNamed(parked, address, run);
  const lying = calls.filter((call) => call.parked);
  const [other] = calls;
  if (lying.length === 0 && other) throw notParked(address.name, other);
  return theOne(address.name, lying);
}

async function callsNamed(
  parked: ParkedList,
  { name, operation }: CallAddress,
  run: Run,
): Promise<readonly [StoredCall, ...StoredCall[]]> {
  const found = new Map<string, StoredCall>();
  const look = async (pk: string) => {
    const call = found.has(pk) ? undefined : await parked.read(pk);
    if (call && (operation === undefined || call.operation === operation)) found.set(pk, call);
  };
  // The items themselves first: the index shows what has just been parked a moment later.
  const operations = operation === undefined ? run.runtime.integration.operations.keys() : [operation];
  for (const each of operations) await look(keyOf({ operation: each, key: name }));
  await look(`parked#${name}`);
  for await (const { pk } of parked.list({ named: name, operation }, 'newest first')) await look(pk);

  // A message under its own id may carry the key of a call that is another one: the key is then the call's.
  const all = [...found.values()];
  const own = all.filter((call) => !isNameless(call) || call.messageId === name);
  const [first, ...others] = own.length > 0 ? own : all;
  if (first) return [first, ...others];
  const among = operation === undefined ? '' : ` of the operation "${operation}"`;
  throw new Problem(
    'NO_SUCH_CALL',
    `no call is kept under the key or message id "${name}"${among}; ${MESSAGES} list${run.repeat} shows what is parked`,
  );
}

function theOne(name: string, [call, ...others]: readonly StoredCall[]): StoredCall {
  if (call && others.length === 0) return call;
  throw ambiguous(name, call ? [call, ...others] : others);
}

/** Another delivery or another operator has dealt with the call since it was read. */
export function movedOn(name: string): Problem {
  return new Problem('MOVED_ON', `"${name}" has changed meanwhile, and nothing was done: look at it again with show`);
}

function ambiguous(name: string, calls: readonly StoredSummary[]): Problem {
  const choices = new Set(
    calls.map((call) => (isNameless(call) ? undefined : call.operation) ?? call.messageId ?? call.pk),
  );
  return new Problem(
    'AMBIGUOUS_KEY',
    `"${name}" names ${calls.length} calls: say --operation with one of ${[...choices].join(', ')}, or give the id of the message`,
    { exitCode: 2 },
  );
}

function notParked(name: string, { state }: StoredCall): Problem {
  const why = state === 'REJECTED' ? 'it was dropped or sent again' : `it is ${state}`;
  return new Problem('NOT_PARKED', `"${name}" is not parked: ${why}`);
}
