import { type InputIssue, InvalidInputError } from '../../lib/errors.ts';
import type { EventMapping, Integration } from '../../lib/operations/index.ts';
import { inputIssues } from '../../lib/operations/input-issues.ts';
import { naturalKeyIssues } from '../../lib/operations/look-up.ts';
import { type QueueMessage, readMessage } from '../../lib/queue/message.ts';

/** A message that the queue function would take, or all that is wrong with it. */
export type CheckedMessage = { readonly message: QueueMessage } | { readonly issues: readonly InputIssue[] };

/**
 * Checks a message body against its contract, what the queue accepts, and the operation's own schema, as the queue
 * function will.
 *
 * @param options.mappings Producers' events that may stand in its place; none unless given.
 */
export function checkMessage(
  body: string,
  integration: Integration,
  { nowMs, mappings = [] }: { nowMs: number; mappings?: readonly EventMapping[] },
): CheckedMessage {
  const { result } = readMessage(body, mappings);
  if (result instanceof InvalidInputError) return { issues: result.issues };
  const issues = [...callIssues(result, integration), ...(isExpired(result, nowMs) ? [EXPIRED] : [])];
  return issues.length > 0 ? { issues } : { message: result };
}

/** Whether the message says that it is not wanted any more. */
export function isExpired({ notAfterMs }: QueueMessage, nowMs: number): boolean {
  return notAfterMs !== undefined && notAfterMs < nowMs;
}

const EXPIRED: InputIssue = {
  pointer: '/notAfter',
  code: 'EXPIRED',
  message: 'has passed: the call would not be made',
};

function callIssues({ operation: name, input }: QueueMessage, integration: Integration): readonly InputIssue[] {
  const operation = integration.operations.get(name);
  if (!operation) {
    return [{ pointer: '/operation', code: 'UNKNOWN_OPERATION', message: 'is not an operation of siebel.config.ts' }];
  }
  if (!integration.queue.accepts.has(name)) {
    return [
      { pointer: '/operation', code: 'OPERATION_NOT_ACCEPTED', message: 'is not in queue.accepts of siebel.config.ts' },
    ];
  }
  return inputIssues(operation.input, input) ?? naturalKeyIssues(operation, input, integration.site);
}
