import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import type { Clock } from '../clock.ts';
import type { StateClient } from './requests.ts';

/**
 * The one DynamoDB table of this service, for `callItems` and `syncState`: partition key `pk`, no sort key, expiry in
 * `expiresAt` (seconds), and a sparse index `parked` over `parkedBucket` and `rejectedAtMs`. Only single-item writes;
 * every item carries `schema`.
 *
 * What uses it throws ServiceUnavailableError `STATE_UNAVAILABLE` when the table does not do its part, and
 * ConfigurationError `STATE_DENIED` when it refuses us.
 */
export interface StateTable {
  readonly tableName: string;
  readonly client: StateClient;
  readonly clock: Clock;
}

/** Where DynamoDB is, for whoever does not run in the account's own surroundings. */
export type StateConnection = Pick<DynamoDBClientConfig, 'endpoint' | 'region' | 'credentials'>;

/** The table of this name, with a client of its own: 3 attempts of at most 2.5 s. */
export function stateTable({
  tableName,
  clock,
  connection,
}: Omit<StateTable, 'client'> & { readonly connection?: StateConnection }): StateTable {
  const client = new DynamoDBClient({
    ...connection,
    maxAttempts: 3,
    // Without the last setting the time limit of a request only writes a warning.
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 1_500, throwOnRequestTimeout: true },
  });
  return { tableName, client, clock };
}
