import { join } from 'node:path';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Deployment } from '../deployment.ts';
import { clientSettings } from './account.ts';
import { startDynamoDb } from './dynamodb.ts';
import { type EventBusStandIn, startEventBus } from './event-bus.ts';
import { type OutcomeEvent, type OutcomePipe, startOutcomePipe } from './outcome-pipe.ts';
import { type Provisioned, provision, provisionQueues } from './provision.ts';
import { type SecretsManagerStandIn, startSecretsManager } from './secrets-manager.ts';
import { startSqsAndS3 } from './sqs-s3.ts';

/** Names that do not change with the options. */
export const NAMES = {
  stateTable: 'siebel-integration-local-state',
  bucket: 'siebel-integration-local-sync',
  clientSecretId: 'siebel-integration/local/client-credentials',
  apiClientSecretId: 'siebel-integration/local/api-client',
} as const;
const QUEUE = 'siebel-integration-local-queue';
const DEAD_LETTERS = 'siebel-integration-local-dead-letter';
const BACKFILL_QUEUE = 'siebel-integration-local-backfill';
const BACKFILL_DEAD_LETTERS = 'siebel-integration-local-backfill-dead-letter';

export interface StandInOptions {
  readonly deployment: Deployment;
  readonly fifo: boolean;
  readonly pipe: OutcomePipe | null;
  readonly logFolder: string;
  /** How long a received message stays hidden, in seconds. */
  readonly hidden: { readonly queue: number; readonly backfill: number };
  readonly clients: Readonly<Record<'callerClient' | 'apiClient', { readonly id: string; readonly secret: string }>>;
  readonly ports: Readonly<Record<'sqsAndS3' | 'dynamodb' | 'secrets' | 'events', number>>;
  readonly onClose: (end: () => Promise<void>) => void;
}

/** Stand-ins for AWS with what the template would create in them. */
export interface StandIns {
  /** Of SQS and S3. */
  readonly endpoint: string;
  readonly dynamodbEndpoint: string;
  readonly secrets: SecretsManagerStandIn;
  readonly eventBus: EventBusStandIn;
  readonly eventLog: string;
  readonly queue: Provisioned;
  readonly backfillQueue: Provisioned;
  /** Address before the names of queues, with a slash at its end. */
  readonly queuesUrl: string;
  /** What the pipe has announced of calls, oldest first. */
  outcomeEvents(): readonly OutcomeEvent[];
}

/** Starts SQS, S3, DynamoDB, Secrets Manager and EventBridge. */
export async function startStandIns({
  deployment,
  fifo,
  pipe,
  logFolder,
  hidden,
  clients,
  ports,
  onClose,
}: StandInOptions): Promise<StandIns> {
  const eventLog = join(logFolder, 'events.log');
  const [sqsAndS3, dynamodb, secrets, eventBus] = await Promise.all([
    startSqsAndS3({ port: ports.sqsAndS3 }),
    startDynamoDb({ port: pipe ? 0 : ports.dynamodb }),
    startSecretsManager({ port: ports.secrets }),
    startEventBus({ buses: deployment.sync.buses, logFile: eventLog, port: ports.events }),
  ]);
  for (const started of [sqsAndS3, dynamodb, secrets, eventBus]) onClose(() => started.close());
  const logFile = join(logFolder, 'outcome-events.log');
  const outcomes = pipe
    ? await startOutcomePipe({ pipe, dynamodbEndpoint: dynamodb.endpoint, logFile, port: ports.dynamodb })
    : undefined;
  if (outcomes) onClose(() => outcomes.close());
  const dynamodbEndpoint = outcomes?.endpoint ?? dynamodb.endpoint;

  await storeSecrets(secrets.endpoint, clients);
  const { endpoint } = sqsAndS3;
  const ending = fifo ? '.fifo' : '';
  const queue = await provision(
    { sqsEndpoint: endpoint, s3Endpoint: endpoint, dynamodbEndpoint },
    {
      stateTable: NAMES.stateTable,
      bucket: NAMES.bucket,
      queueName: QUEUE + ending,
      deadLetterName: DEAD_LETTERS + ending,
      visibilityTimeoutSeconds: hidden.queue,
      targetQueues: deployment.sync.queues,
    },
  );
  const backfillQueue = await provisionQueues(endpoint, {
    queueName: BACKFILL_QUEUE,
    deadLetterName: BACKFILL_DEAD_LETTERS,
    visibilityTimeoutSeconds: hidden.backfill,
  });
  return {
    endpoint,
    dynamodbEndpoint,
    secrets,
    eventBus,
    eventLog,
    queue,
    backfillQueue,
    queuesUrl: new URL('.', queue.queueUrl).href,
    outcomeEvents: () => outcomes?.events() ?? [],
  };
}

/** What an operator puts into Secrets Manager: the caller's credentials, and those of a caller of the HTTP API. */
async function storeSecrets(endpoint: string, { callerClient, apiClient }: StandInOptions['clients']): Promise<void> {
  const client = new SecretsManagerClient(clientSettings(endpoint));
  const stored = [
    [NAMES.clientSecretId, callerClient],
    [NAMES.apiClientSecretId, apiClient],
  ] as const;
  try {
    for (const [Name, { id, secret }] of stored) {
      const SecretString = JSON.stringify({ clientId: id, clientSecret: secret });
      await client.send(new CreateSecretCommand({ Name, SecretString }));
    }
  } finally {
    client.destroy();
  }
}
