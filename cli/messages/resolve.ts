import { isRecordId } from '../../lib/siebel/path.ts';
import type { StoredCall } from '../../lib/state/parked-item.ts';
import { MESSAGES, type Report, type Run, usage } from '../command.ts';
import { shellWord } from '../printable.ts';
import { Problem } from '../problem.ts';
import { type CallAddress, findParked, movedOn } from './find-calls.ts';
import { isNameless, isUncertain, mayBeDone, nameOf } from './reason.ts';

/** What a person has found at Siebel. */
export interface Finding {
  /** Row id of the record; `undefined` when it was not done. */
  readonly recordId: string | undefined;
  readonly reason?: string | undefined;
}

/** Writes down what a person has found at Siebel: the call is then done, or may be sent again. */
export async function resolveCall(run: Run, address: CallAddress, { recordId, reason }: Finding): Promise<Report> {
  const parked = run.runtime.parked();
  if (recordId !== undefined && !isRecordId(recordId)) {
    throw usage('--done wants the row id of a record, as 1-3WBJ');
  }
  const call = await findParked(parked, address, run);
  refuseWhatIsKnown(call, run);
  const act = { by: run.operator, note: reason };
  const name = nameOf(call);

  const isWritten =
    recordId === undefined ? await parked.resolveNotDone(call, act) : await parked.resolveDone(call, recordId, act);
  if (!isWritten) throw movedOn(address.name);
  return {
    exitCode: 0,
    json: {
      resolved: { name, operation: call.operation ?? null, done: recordId !== undefined, recordId: recordId ?? null },
    },
    lines: [
      recordId === undefined
        ? `${name} was not done. To send it again: ${MESSAGES} redrive ${shellWord(name)}${run.repeat}`
        : `${name} is done, as record ${recordId}: a message with this key is acknowledged from now on.`,
    ],
  };
}

/** A finding is about what Siebel may have done. To write one down of another call, by a slip, could not be taken back. */
function refuseWhatIsKnown(call: StoredCall, { repeat, runtime: { integration } }: Run): void {
  const name = shellWord(nameOf(call));
  if (isNameless(call)) {
    throw new Problem(
      'NOTHING_TO_RESOLVE',
      `no call was made of the message "${name}", and its key is another call's or none: ${MESSAGES} correct ${name} --message FILE${repeat}, or drop it`,
    );
  }
  if (isUncertain(call, integration) || mayBeDone(call)) return;
  throw new Problem(
    'NOTHING_TO_RESOLVE',
    `it is known that Siebel has not done "${name}" (${call.code}): correct, redrive or drop it; ${MESSAGES} show ${name}${repeat} says what fits`,
  );
}
