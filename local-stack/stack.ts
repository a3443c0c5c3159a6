import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { clientSettings } from './aws/account.ts';
import { startDynamoDb } from './aws/dynamodb.ts';
import { type OutcomeEvent, type OutcomePipe, startOutcomePipe } from './aws/outcome-pipe.ts';
import { provision } from './aws/provision.ts';
import { type SecretsManagerStandIn, startSecretsManager } from './aws/secrets-manager.ts';
import { startSqsAndS3 } from './aws/sqs-s3.ts';
import { type Deployment, readDeployment } from './deployment.ts';
import { AWS_ACCESS, functionSettings } from './function-settings.ts';
import { type Identity, startIdentity } from './identity/identity.ts';
import { type EventSourceMapping, eventSourceMapping } from './lambda/event-source-mapping.ts';
import { type LambdaFunction, lambdaFunction } from './lambda/host.ts';
import { startHttpFront } from './lambda/http-front.ts';
import { startLambdaApi } from './lambda/lambda-api.ts';
import { startScheduler } from './lambda/schedule.ts';
import { scheduleQueue } from './lambda/schedule-queue.ts';
import type { Ready } from './ready.ts';
import type { SiebelSettings } from './siebel/settings.ts';
import { type SiebelOptions, type SiebelStandIn, startSiebel } from './siebel/siebel.ts';
import { createAuthority } from './tls.ts';

export type FunctionName = 'queue' | 'schedule' | 'api' | 'authorizer';

export interface LocalStackOptions {
  /** Where the build left the zips and `integration.json`. */
  readonly distFolder: string;
  /** For the authority's certificate and the logs of the functions; made when missing. */
  readonly workFolder: string;
  readonly records?: number;
  readonly seed?: number;
  /** Default 3 600. */
  readonly tokenLifeSeconds?: number;
  /** First of nine ports in a row; 0: any free ones. */
  readonly port?: number;
  /** Whether the queue is a FIFO queue. Default: as siebel.config.ts says. */
  readonly fifo?: boolean;
  /** Pipe that announces calls which were done or parked; null: none. Default: as siebel.config.ts says. */
  readonly outcomeEvents?: OutcomePipe | null;
  /** Time-out of the queue function in seconds. Default 10; messages stay hidden for six times as long. */
  readonly queueTimeoutSeconds?: number;
  /** How long a received message stays hidden. */
  readonly visibilityTimeoutSeconds?: number;
  /** Settings put over those of every function. */
  readonly settings?: Readonly<Record<string, string>>;
  /** What differs between releases and sites of Siebel. */
  readonly siebel?: Partial<SiebelSettings> & Pick<SiebelOptions, 'commitsFile'>;
  /** Gets every line that a function writes, beside the log file. */
  readonly onLog?: (name: FunctionName, line: string) => void;
}

/** Everything outside of the functions, and the functions. */
export interface LocalStack {
  readonly ready: Ready;
  readonly deployment: Deployment;
  readonly identity: Identity;
  readonly siebel: SiebelStandIn;
  readonly secrets: SecretsManagerStandIn;
  readonly functions: Readonly<Record<FunctionName, LambdaFunction>>;
  readonly mapping: EventSourceMapping;
  /** What has been announced of calls, oldest first; always empty without `outcomeEvents` in siebel.config.ts. */
  outcomeEvents(): readonly OutcomeEvent[];
  /** Ends every server and process. */
  close(): Promise<void>;
}

const NAMES = {
  queueName: 'siebel-integration-local-queue',
  deadLetterName: 'siebel-integration-local-dead-letter',
  stateTable: 'siebel-integration-local-state',
  bucket: 'siebel-integration-local-sync',
  clientSecretId: 'siebel-integration/local/client-credentials',
  apiClientSecretId: 'siebel-integration/local/api-client',
} as const;
const FIFO_NAMES = {
  queueName: 'siebel-integration-local-queue.fifo',
  deadLetterName: 'siebel-integration-local-dead-letter.fifo',
} as const;

/**
 * Starts the whole stack: identity domain, Siebel, stand-ins for AWS, and the functions from their zips.
 *
 * Everything listens on 127.0.0.1. A start that fails ends what it had started.
 */
export async function startLocalStack(options: LocalStackOptions): Promise<LocalStack> {
  const endings: (() => Promise<void>)[] = [];
  const closing = async () => {
    for (const end of endings.splice(0).reverse()) await end().catch(() => {});
  };
  try {
    return await assemble(options, (end) => endings.push(end), closing);
  } catch (error) {
    await closing();
    throw error;
  }
}

async function assemble(
  options: LocalStackOptions,
  onClose: (end: () => Promise<void>) => void,
  close: () => Promise<void>,
): Promise<LocalStack> {
  const { distFolder, workFolder, queueTimeoutSeconds = 10 } = options;
  const { visibilityTimeoutSeconds = queueTimeoutSeconds * 6 } = options;
  const port = (offset: number) => (options.port ? options.port + offset : 0);
  const deployment = readDeployment(distFolder);
  const { fifo = deployment.queue.fifo, outcomeEvents: pipe = deployment.outcomeEvents } = options;
  const logFolder = join(workFolder, 'logs');
  await mkdir(logFolder, { recursive: true });

  const authority = await createAuthority();
  const tls = await authority.issue();
  const caFile = join(workFolder, 'ca.pem');
  await writeFile(caFile, authority.caPem);

  const identity = await startIdentity({
    tls,
    port: port(3),
    ...(options.tokenLifeSeconds === undefined ? {} : { tokenLifeSeconds: options.tokenLifeSeconds }),
  });
  onClose(() => identity.close());
  const siebel = await startSiebel({
    tls,
    port: port(1),
    controlPort: port(2),
    introspectionUrl: identity.introspectionUrl,
    introspectionClient: identity.siebelClient,
    ca: authority.caPem,
    identity,
    maxConnections: deployment.capacity.siebelConnections,
    ...(options.records === undefined ? {} : { records: options.records }),
    ...(options.seed === undefined ? {} : { seed: options.seed }),
    ...options.siebel,
  });
  onClose(() => siebel.close());
  identity.setSiebelBaseUrl(siebel.baseUrl);
  const siebelScopes = ['data', 'service', 'workflow'].map((root) => identity.scope.replace(/data$/, root)).join(' ');

  const [sqsAndS3, dynamodb, secrets] = await Promise.all([
    startSqsAndS3({ port: port(4) }),
    startDynamoDb({ port: pipe ? 0 : port(5) }),
    startSecretsManager({ port: port(6) }),
  ]);
  onClose(() => sqsAndS3.close());
  onClose(() => dynamodb.close());
  onClose(() => secrets.close());
  const outcomes = pipe
    ? await startOutcomePipe({
        pipe,
        dynamodbEndpoint: dynamodb.endpoint,
        logFile: join(logFolder, 'outcome-events.log'),
        port: port(5),
      })
    : undefined;
  if (outcomes) onClose(() => outcomes.close());
  const dynamodbEndpoint = outcomes?.endpoint ?? dynamodb.endpoint;
  await storeSecrets(secrets.endpoint, identity);
  const queues = await provision(
    { sqsEndpoint: sqsAndS3.endpoint, s3Endpoint: sqsAndS3.endpoint, dynamodbEndpoint },
    { ...NAMES, ...(fifo && FIFO_NAMES), visibilityTimeoutSeconds },
  );

  const settings = functionSettings({
    siebelUrl: siebel.baseUrl,
    tokenUrl: identity.tokenUrl,
    tokenScope: siebelScopes,
    jwksUrl: identity.jwksUrl,
    issuer: identity.issuer,
    apiAudience: identity.apiAudience,
    caFile,
    clientSecretId: NAMES.clientSecretId,
    stateTable: NAMES.stateTable,
    queueUrl: queues.queueUrl,
    syncBucket: NAMES.bucket,
    secretsManagerEndpoint: secrets.endpoint,
    sqsEndpoint: sqsAndS3.endpoint,
    s3Endpoint: sqsAndS3.endpoint,
    dynamodbEndpoint,
  });
  const deploy = (name: FunctionName, timeoutSeconds: number, maxConcurrency: number): LambdaFunction => {
    const log = createWriteStream(join(logFolder, `${name}.log`));
    const deployed = lambdaFunction({
      name,
      zipFile: join(distFolder, `${name}.zip`),
      environment: { ...settings[name], ...options.settings },
      timeoutSeconds,
      maxConcurrency,
      onLog(line) {
        log.write(`${line}\n`);
        options.onLog?.(name, line);
      },
    });
    onClose(() => new Promise((resolve) => log.end(() => resolve())));
    onClose(() => deployed.close());
    return deployed;
  };
  const functions = {
    queue: deploy('queue', queueTimeoutSeconds, deployment.queue.maximumConcurrency),
    schedule: deploy('schedule', 900, deployment.sync.reservedConcurrency),
    api: deploy('api', 29, deployment.api.reservedConcurrency),
    authorizer: deploy('authorizer', 10, 10),
  };

  const mapping = eventSourceMapping({
    sqsEndpoint: sqsAndS3.endpoint,
    ...queues,
    ...deployment.queue,
    windowSeconds: deployment.queue.windowSeconds ?? 0,
    target: functions.queue,
  });
  onClose(() => mapping.stop());
  const { queueArn } = queues;
  const lambda = await startLambdaApi({ functions, mapping, target: functions.queue, queueArn, port: port(8) });
  onClose(() => lambda.close());
  const timedQueue = scheduleQueue({ sqsEndpoint: sqsAndS3.endpoint, ...queues });
  onClose(async () => timedQueue.close());
  const scheduler = await startScheduler({
    port: port(7),
    schedules: [
      ...deployment.schedules.map(({ job, ...schedule }) => ({
        ...schedule,
        name: job,
        target: (input: unknown) => functions.schedule.invoke(input),
      })),
      ...deployment.timed.map(({ message, ...schedule }) => ({
        ...schedule,
        input: message,
        target: timedQueue.target(fifo ? `timed/${schedule.name}` : null),
      })),
    ],
  });
  onClose(() => scheduler.close());
  const front = await startHttpFront({
    port: port(0),
    routeKeys: deployment.api.routes.map(({ routeKey }) => routeKey),
    target: functions.api,
    authorizer: { target: functions.authorizer },
  });
  onClose(() => front.close());

  const ready: Ready = {
    event: 'ready',
    apiUrl: front.url,
    apiToken: await identity.issueApiToken(),
    apiTokenScope: identity.apiScope,
    apiClientSecretId: NAMES.apiClientSecretId,
    siebelUrl: siebel.baseUrl,
    controlUrl: siebel.controlUrl,
    tokenUrl: identity.tokenUrl,
    tokenScope: siebelScopes,
    introspectionUrl: identity.introspectionUrl,
    jwksUrl: identity.jwksUrl,
    sqsEndpoint: sqsAndS3.endpoint,
    queueUrl: queues.queueUrl,
    deadLetterUrl: queues.deadLetterUrl,
    dynamodbEndpoint,
    stateTable: NAMES.stateTable,
    s3Endpoint: sqsAndS3.endpoint,
    syncBucket: NAMES.bucket,
    secretsManagerEndpoint: secrets.endpoint,
    clientSecretId: NAMES.clientSecretId,
    caFile,
    schedulerUrl: scheduler.url,
    lambdaEndpoint: lambda.url,
    ...AWS_ACCESS,
    logFolder,
  };
  const outcomeEvents = () => outcomes?.events() ?? [];
  return { ready, deployment, identity, siebel, secrets, functions, mapping, outcomeEvents, close };
}

/** What an operator puts into Secrets Manager: the caller's credentials, and those of a caller of the HTTP API. */
async function storeSecrets(endpoint: string, { callerClient, apiClient }: Identity): Promise<void> {
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
