import { isObject, parseJson } from '../../lib/json.ts';
import { parseInstant } from '../../lib/queue/instant.ts';
import type { StoredCall } from '../../lib/state/parked-item.ts';
import { MESSAGES, type Report, type Run } from '../command.ts';
import { shellWord } from '../printable.ts';
import { Problem } from '../problem.ts';
import { type CallAddress, findParked, movedOn } from './find-calls.ts';
import { readJson, readText } from './input-file.ts';
import { checkMessage, isExpired } from './message-check.ts';
import { isNameless, mayBeDone, nameOf } from './reason.ts';

/** Files, or `-` for standard input: one of the two. */
export interface Correction {
  readonly input?: string | undefined;
  readonly message?: string | undefined;
  readonly reason?: string | undefined;
}

/** Keeps a corrected input, or a whole message, for the next redrive of a parked call; it is checked first. */
export async function correctCall(run: Run, address: CallAddress, correction: Correction): Promise<Report> {
  const { runtime, clock, operator } = run;
  const parked = runtime.parked();
  const call = await findParked(parked, address, run);
  refuseUnknownOutcome(call, run);
  const isWhole = correction.message !== undefined;
  const body = isWhole
    ? await wholeMessage(call, correction.message, run)
    : bodyWith(call, await readJson(correction.input ?? '-', run));

  const checked = checkMessage(body, runtime.integration, {
    // The producer's notAfter is not part of the input: a redrive tells when it has passed.
    nowMs: isWhole ? clock.now() : Number.NEGATIVE_INFINITY,
    // A producer's own event is corrected as one.
    mappings: runtime.integration.queue.mappings,
  });
  if ('issues' in checked) {
    throw new Problem('INVALID_INPUT', 'the correction is wrong itself, and was not kept', {
      exitCode: 2,
      issues: checked.issues,
    });
  }
  if (!(await parked.correct(call, body, { by: operator, note: correction.reason }))) throw movedOn(address.name);
  const name = nameOf(call);
  const expired = isExpired(checked.message, clock.now()) ? ' --include-expired' : '';
  return {
    exitCode: 0,
    json: { corrected: { name, operation: checked.message.operation, key: checked.message.key } },
    lines: [
      `The correction of ${name} is kept. To send it: ${MESSAGES} redrive ${shellWord(name)}${expired}${run.repeat}`,
      ...(expired ? ['Mind that its notAfter has passed: its producer may not want it any more.'] : []),
      ...(call.redriveSentAtMs === undefined
        ? []
        : ['Mind that it is on the queue already, without the correction: show says when that has ended.']),
    ],
  };
}

/** The call keeps its operation and key, and the instant after which its producer does not want it. */
function bodyWith(call: StoredCall, input: unknown): string {
  if (call.operation === undefined || call.key === undefined) {
    throw new Problem(
      'INVALID_INPUT',
      'this message has no operation or no key: give the whole message with --message',
      {
        exitCode: 2,
      },
    );
  }
  return JSON.stringify({ operation: call.operation, key: call.key, input, notAfter: notAfterOf(call) });
}

/** As the message says it, if it is an instant: another text was a mistake, which the correction mends. */
function notAfterOf({ body = '' }: StoredCall): string | undefined {
  try {
    const message = parseJson(body, { maxStringLength: body.length });
    const notAfter = isObject(message) && Object.hasOwn(message, 'operation') ? message['notAfter'] : undefined;
    return typeof notAfter === 'string' && parseInstant(notAfter) !== undefined ? notAfter : undefined;
  } catch {
    return undefined;
  }
}

async function wholeMessage(call: StoredCall, file: string, run: Run): Promise<string> {
  if (!isNameless(call)) {
    throw new Problem('USAGE', 'this call keeps its operation and key: give the input alone, with --input', {
      exitCode: 2,
    });
  }
  return (await readText(file, run)).trim();
}

/** Another input under a key whose first input may have been done would be a second effect. */
function refuseUnknownOutcome(call: StoredCall, { repeat }: Run): void {
  if (!mayBeDone(call)) return;
  const name = shellWord(nameOf(call));
  throw new Problem(
    'OUTCOME_UNKNOWN',
    `nobody knows whether Siebel has done this call, so its input cannot be another: look at Siebel, then ${MESSAGES} resolve ${name} --done ROW-ID, or --not-done${repeat}`,
  );
}
