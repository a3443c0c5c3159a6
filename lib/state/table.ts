import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Clock } from '../clock.ts';
import type { ParkedCalls } from '../ledger/parked-calls.ts';
import type { SyncState } from '../sync/checkpoint.ts';
import { parkedCalls } from './parked-calls.ts';
import type { StateClient } from './requests.ts';
import { syncState } from './sync-state.ts';

/** Everything that is kept from one invocation to the next. */
export type StateTable = ParkedCalls & SyncState;

/**
 * The one DynamoDB table of this service: partition key `pk`, no sort key, expiry in `expiresAt` (seconds), and a sparse
 * index `parked` over `parkedBucket` and `rejectedAtMs`. Only single-item writes; every item carries `schema`.
 *
 * Every method throws ServiceUnavailableError `STATE_UNAVAILABLE` when the table does not do its part, and
 * ConfigurationError `STATE_DENIED` when it refuses us.
 *
 * @param options.client For tests, or with settings of its own. Default: an own client with 3 attempts of at most 2.5 s.
 */
export function stateTable({
  tableName,
  client = dynamoDbClient(),
  clock,
}: {
  tableName: string;
  client?: StateClient;
  clock: Clock;
}): StateTable {
  return { ...parkedCalls({ tableName, client, clock }), ...syncState({ tableName, client, clock }) };
}

function dynamoDbClient(): DynamoDBClient {
  return new DynamoDBClient({
    maxAttempts: 3,
    // Without the last setting the time limit of a request only writes a warning.
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 1_500, throwOnRequestTimeout: true },
  });
}
