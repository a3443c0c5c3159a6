import type { EventMapping } from '../operations/event-mapping.ts';
import type { Delivery } from './delivery.ts';
import { type MessageReading, readMessage } from './message.ts';
import type { BatchItem } from './settle-batch.ts';

/** What was asked for: as far as the message says it, or the fault of ours that kept it from being read. */
export type CallReading = Omit<MessageReading, 'result'> & { readonly result: MessageReading['result'] | Defect };

/** A fault of this program, thrown where none is expected. */
export interface Defect {
  readonly defect: unknown;
}

/** A message and the call that it asks for. */
export interface QueuedCall extends BatchItem {
  readonly delivery: Delivery;
  readonly reading: CallReading;
}

/**
 * Reads what a message asks for. Never throws: what goes wrong is met when this one call is settled, and its neighbours
 * are not touched.
 *
 * Calls of one group of a FIFO queue share a lane, and so do calls of one operation and key: they are the same call, and
 * the second finds out how the first has ended.
 */
export function queuedCall(delivery: Delivery, mappings: readonly EventMapping[]): QueuedCall {
  const reading = readingOf(delivery, mappings);
  return { messageId: delivery.messageId, lane: laneOf(delivery, reading), delivery, reading };
}

function readingOf({ body, bodyProblem }: Delivery, mappings: readonly EventMapping[]): CallReading {
  const nothing = { operation: undefined, key: undefined };
  if (bodyProblem) return { ...nothing, result: bodyProblem };
  try {
    return readMessage(body, mappings);
  } catch (defect) {
    return { ...nothing, result: { defect } };
  }
}

function laneOf({ groupId }: Delivery, { operation, key }: CallReading): string | undefined {
  if (groupId !== undefined) return groupId;
  return operation === undefined || key === undefined ? undefined : `${operation}\n${key}`;
}
