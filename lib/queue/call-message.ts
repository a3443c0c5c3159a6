import type { Clock } from '../clock.ts';
import type { CallMessage } from '../ledger/ledger.ts';
import type { Delivery } from './delivery.ts';

/** Message attribute of a redrive by the command line: names the refusal that it lifts, in milliseconds since the Unix epoch. */
export const REDRIVEN_AT = 'siebel-redrive-at';
/** Under this name the group of a FIFO queue is kept beside the attributes, so that a redrive can send it again. */
export const GROUP = 'MessageGroupId';

/** What the ledger keeps of a message, so that it can be sent again. */
export function callMessageOf(delivery: Delivery, clock: Pick<Clock, 'now'>): CallMessage {
  const { messageId, body, receiveCount, groupId, attributes } = delivery;
  return {
    messageId,
    body,
    attributes: groupId === undefined ? attributes : { ...attributes, [GROUP]: groupId },
    receiveCount,
    firstSeenAtMs: delivery.firstSeenAtMs ?? clock.now(),
    redriveAtMs: redriveOf(attributes),
  };
}

/** An attribute that is no instant is none. */
function redriveOf(attributes: Readonly<Record<string, string>>): number | undefined {
  const value = Object.hasOwn(attributes, REDRIVEN_AT) ? attributes[REDRIVEN_AT] : undefined;
  return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}
