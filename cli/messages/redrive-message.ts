import { InvalidInputError } from '../../lib/errors.ts';
import { type Attribute, MAX_ATTRIBUTES, type OutgoingMessage } from '../../lib/messaging/operator-queue.ts';
import { GROUP, REDRIVEN_AT } from '../../lib/queue/call-message.ts';
import { readMessage } from '../../lib/queue/message.ts';
import type { StoredCall } from '../../lib/state/parked-item.ts';
import { isExpired } from './message-check.ts';
import { isNameless } from './reason.ts';

/** Goes with the message before all others. */
const TRACE = 'traceparent';

/** One redrive of a call. */
export interface Redrive {
  /** Corrected body. */
  readonly correction: string | undefined;
  /** Names the refusal that it lifts: later than that, and than every redrive that was started. */
  readonly redriveAtMs: number;
  readonly nowMs: number;
  /** Whether it is known that Siebel has not done it, or does no harm by doing it again. */
  readonly isKnown: boolean;
}

/** Why a call is not sent by a redrive. */
export type LeftOut = 'OUTCOME_UNKNOWN' | 'EXPIRED' | 'NO_BODY';

export interface RedriveOptions {
  readonly includeUnknown?: boolean | undefined;
  readonly includeExpired?: boolean | undefined;
}

/**
 * The message that starts a parked call again: its own body and attributes, or the corrected body. It keeps its key.
 *
 * A message that is kept under its own id carries no redrive: the call that its key names is another one.
 */
export function redriveMessage(
  call: StoredCall,
  { correction, redriveAtMs, nowMs, isKnown }: Redrive,
  { includeUnknown = false, includeExpired = false }: RedriveOptions,
): OutgoingMessage | LeftOut {
  if (!isKnown && !includeUnknown) return 'OUTCOME_UNKNOWN';
  const kept = correction ?? call.body;
  if (kept === undefined || kept === '') return 'NO_BODY';
  const body = wantedBody(kept, includeExpired, nowMs);
  if (body === undefined) return 'EXPIRED';

  const redrive = isNameless(call) ? {} : { [REDRIVEN_AT]: textAttribute(String(redriveAtMs)) };
  return {
    body,
    attributes: { ...redrive, ...keptAttributes(call, MAX_ATTRIBUTES - 1) },
    group: groupOf(call),
    // Another redrive of the same refusal may carry a correction.
    once: `${call.pk}#${redriveAtMs}#${nowMs}`,
  };
}

/** The body, without a `notAfter` that has passed if that is wanted; `undefined` when it must not be sent any more. */
function wantedBody(body: string, includeExpired: boolean, nowMs: number): string | undefined {
  const { result } = readMessage(body);
  // What is no message of ours goes as it is: a producer's event, or one that a newer version may understand.
  if (result instanceof InvalidInputError || !isExpired(result, nowMs)) return body;
  const { operation, key, input } = result;
  return includeExpired ? JSON.stringify({ operation, key, input }) : undefined;
}

function keptAttributes({ attributes }: StoredCall, most: number): Record<string, Attribute> {
  const entries = Object.entries(attributes).filter(
    ([name, value]) => name !== REDRIVEN_AT && name !== GROUP && value !== '',
  );
  entries.sort(([one], [other]) => Number(other === TRACE) - Number(one === TRACE));
  return Object.fromEntries(entries.slice(0, most).map(([name, value]) => [name, textAttribute(value)]));
}

function groupOf({ attributes, key, messageId, pk }: StoredCall): string {
  return (Object.hasOwn(attributes, GROUP) ? attributes[GROUP] : undefined) ?? key ?? messageId ?? pk;
}

function textAttribute(StringValue: string): Attribute {
  return { DataType: 'String', StringValue };
}
