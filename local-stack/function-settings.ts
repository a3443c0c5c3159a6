import { LOCAL_ACCOUNT } from './aws/account.ts';

/** Addresses and names that the functions get as settings. */
export interface Surroundings {
  readonly siebelUrl: string;
  readonly tokenUrl: string;
  readonly tokenScope: string;
  readonly jwksUrl: string;
  readonly issuer: string;
  readonly apiAudience: string;
  readonly caFile: string;
  readonly clientSecretId: string;
  readonly stateTable: string;
  readonly queueUrl: string;
  readonly backfillQueueUrl: string;
  /** Address before the names of queues, with a slash at its end. */
  readonly queuesUrl: string;
  readonly eventsEndpoint: string;
  readonly syncBucket: string;
  readonly secretsManagerEndpoint: string;
  readonly sqsEndpoint: string;
  readonly s3Endpoint: string;
  readonly dynamodbEndpoint: string;
}

/** What the functions get, and what the command line is told of it. */
export const SYNC_TIMES = { safetyLagSeconds: 1, lookbackSeconds: 5 } as const;

/**
 * The environment of each function, with the names that infra/environment.yml uses.
 *
 * Waiting times are short, so that a person at a terminal sees things come back; their order of size is that of the
 * defaults.
 */
export function functionSettings(around: Surroundings): Record<string, Record<string, string>> {
  const siebel = {
    STAGE: 'local',
    SIEBEL_BASE_URL: around.siebelUrl,
    SIEBEL_CA_FILE: around.caFile,
    SIEBEL_ABANDONED_HOLD_SECONDS: '2',
    SIEBEL_CIRCUIT_OPEN_SECONDS: '1',
    TOKEN_URL: around.tokenUrl,
    TOKEN_SCOPE: around.tokenScope,
    TOKEN_CA_FILE: around.caFile,
    TOKEN_TRUST_MS: '1000',
    TOKEN_REPLACE_INTERVAL_MS: '1000',
    CLIENT_SECRET_ID: around.clientSecretId,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: around.secretsManagerEndpoint,
  };
  const sync = {
    ...siebel,
    STATE_TABLE: around.stateTable,
    SYNC_BUCKET: around.syncBucket,
    SYNC_QUEUES_URL: around.queuesUrl,
    SYNC_SAFETY_LAG_SECONDS: String(SYNC_TIMES.safetyLagSeconds),
    SYNC_LOOKBACK_SECONDS: String(SYNC_TIMES.lookbackSeconds),
    AWS_ENDPOINT_URL_DYNAMODB: around.dynamodbEndpoint,
    AWS_ENDPOINT_URL_S3: around.s3Endpoint,
    AWS_ENDPOINT_URL_SQS: around.sqsEndpoint,
    AWS_ENDPOINT_URL_EVENTBRIDGE: around.eventsEndpoint,
  };
  return {
    queue: {
      ...siebel,
      STATE_TABLE: around.stateTable,
      QUEUE_URL: around.queueUrl,
      QUEUE_BACKOFF_SECONDS: '2',
      SIEBEL_SETTLE_SECONDS: '2',
      CALL_LEASE_MARGIN_SECONDS: '1',
      AWS_ENDPOINT_URL_SQS: around.sqsEndpoint,
      AWS_ENDPOINT_URL_DYNAMODB: around.dynamodbEndpoint,
    },
    schedule: sync,
    backfill: { ...sync, BACKFILL_QUEUE_URL: around.backfillQueueUrl, QUEUE_BACKOFF_SECONDS: '2' },
    api: siebel,
    authorizer: {
      STAGE: 'local',
      API_TOKEN_ISSUER: around.issuer,
      API_TOKEN_AUDIENCE: around.apiAudience,
      API_TOKEN_KEYS_URL: around.jwksUrl,
      API_TOKEN_CA_FILE: around.caFile,
    },
  };
}

/** Region and credentials for whoever talks to the stand-ins for AWS. */
export const AWS_ACCESS = {
  region: LOCAL_ACCOUNT.region,
  accessKeyId: LOCAL_ACCOUNT.accessKeyId,
  secretAccessKey: LOCAL_ACCOUNT.secretAccessKey,
};
