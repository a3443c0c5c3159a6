import { ConfigurationError, type IntegrationError, invalidInput, ServiceUnavailableError } from '../errors.ts';
import { isRefusal, plainNameOf } from './refusals.ts';

/** Errors that are the message's own. */
const MESSAGE_REFUSALS: ReadonlyMap<string, string> = new Map([
  ['InvalidMessageContents', 'BAD_CHARACTER'],
  ['InvalidParameterValue', 'BAD_TYPE'],
  ['InvalidParameterValueException', 'BAD_TYPE'],
]);

/**
 * Sends one request to a queue.
 *
 * @throws ConfigurationError `QUEUE_DENIED` when the queue, the permission or the request is wrong; InvalidInputError when
 *   it refuses this one message; else ServiceUnavailableError `QUEUE_UNAVAILABLE`. The SDK has repeated the request already.
 */
export async function request<T>(queueUrl: string, send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    throw queueError(queueUrl, error);
  }
}

function queueError(queueUrl: string, error: unknown): IntegrationError {
  const name = plainNameOf(error);
  const messageRefusal = MESSAGE_REFUSALS.get(name);
  if (messageRefusal) {
    // SQS has no name of its own for a body that is too long: only its words tell.
    const isTooLong = error instanceof Error && error.message.includes('shorter than');
    return invalidInput('', isTooLong ? 'TOO_LONG' : messageRefusal, `the queue refuses the message (${name})`);
  }
  if (isRefusal(name)) {
    return new ConfigurationError(
      `queue "${nameOf(queueUrl)}" refuses this request (${name}): check its address, the region and the permissions`,
      { code: 'QUEUE_DENIED', cause: error },
    );
  }
  return new ServiceUnavailableError('QUEUE_UNAVAILABLE', `queue "${nameOf(queueUrl)}" did not answer (${name})`, {
    cause: error,
  });
}

/** Last part of a queue's address. */
export function nameOf(queueUrl: string | URL): string {
  return String(queueUrl).split('/').at(-1) ?? '';
}
