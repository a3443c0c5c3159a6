import type { Delivery } from './delivery.ts';

const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(?:-|$)/;

/**
 * What joins the log lines of one call over all systems: the trace id of the message attribute `traceparent`, else the
 * message id.
 *
 * @see W3C Trace Context, section 3.2: an id of zeros only is invalid.
 */
export function correlationIdOf({ attributes, messageId }: Pick<Delivery, 'attributes' | 'messageId'>): string {
  const given = Object.hasOwn(attributes, 'traceparent') ? attributes['traceparent'] : undefined;
  const traceId = given === undefined ? undefined : TRACEPARENT.exec(given)?.[1];
  return traceId === undefined || /^0+$/.test(traceId) ? messageId : traceId;
}
