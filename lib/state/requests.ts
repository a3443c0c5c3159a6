import type { AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ConfigurationError, errorNameOf, type IntegrationError, ServiceUnavailableError } from '../errors.ts';

/** What this room needs of the client: the commands come from the same package, so `send` is all. */
export type StateClient = Pick<DynamoDBClient, 'send'>;

/** One item of the table, as DynamoDB writes it. */
export type Item = Record<string, AttributeValue>;

/** Layout of the items written here; an item with a higher number was written by a newer version of this service. */
export const ITEM_SCHEMA = 1;

/** Errors that waiting does not mend. DynamoDB answers all of them, and throttling too, with HTTP 400: the name decides. */
const REFUSALS: ReadonlySet<string> = new Set([
  'AccessDeniedException',
  'UnrecognizedClientException',
  'InvalidSignatureException',
  'MissingAuthenticationTokenException',
  'ResourceNotFoundException',
  'ValidationException',
  'KMSAccessDeniedException',
  'KMSDisabledException',
  'KMSNotFoundException',
  'KMSInvalidStateException',
]);

/**
 * Sends one conditional write.
 *
 * @returns Its answer, or `undefined` when the condition did not hold: then nothing was written.
 * @throws ServiceUnavailableError, ConfigurationError as `stateError` says.
 */
export async function conditionally<T>(tableName: string, write: () => Promise<T>): Promise<T | undefined> {
  try {
    return await write();
  } catch (error) {
    if (errorNameOf(error) === 'ConditionalCheckFailedException') return undefined;
    throw stateError(tableName, error);
  }
}

/** Sends one request that has no condition. */
export async function send<T>(tableName: string, request: () => Promise<T>): Promise<T> {
  try {
    return await request();
  } catch (error) {
    throw stateError(tableName, error);
  }
}

/**
 * What a failed request to the state table means: `STATE_DENIED` when the table, the permission or the request is wrong,
 * else `STATE_UNAVAILABLE`. The SDK has repeated the request already.
 */
export function stateError(tableName: string, error: unknown): IntegrationError {
  const name = errorNameOf(error);
  if (REFUSALS.has(name)) {
    return new ConfigurationError(
      `state table "${tableName}" refuses this function (${name}): check the name of the table, its keys and the role's permissions`,
      { code: 'STATE_DENIED', cause: error },
    );
  }
  return new ServiceUnavailableError('STATE_UNAVAILABLE', `state table "${tableName}" did not answer (${name})`, {
    cause: error,
  });
}

/** A text as DynamoDB writes it. */
export function text(value: string): AttributeValue {
  return { S: value };
}

/** A number as DynamoDB writes it. */
export function number(value: number): AttributeValue {
  return { N: String(value) };
}
