import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EventBusStandIn } from './aws/event-bus.ts';
import type { OutcomeEvent, OutcomePipe } from './aws/outcome-pipe.ts';
import type { SecretsManagerStandIn } from './aws/secrets-manager.ts';
import { NAMES, startStandIns } from './aws/stand-ins.ts';
import { deployFunctions, type FunctionName } from './deployed-functions.ts';
import { type Deployment, readDeployment } from './deployment.ts';
import { AWS_ACCESS, functionSettings, SYNC_TIMES } from './function-settings.ts';
import { type Identity, startIdentity } from './identity/identity.ts';
import { type EventSourceMapping, eventSourceMapping } from './lambda/event-source-mapping.ts';
import type { LambdaFunction } from './lambda/host.ts';
import { startHttpFront } from './lambda/http-front.ts';
import { startLambdaApi } from './lambda/lambda-api.ts';
import { startScheduler } from './lambda/schedule.ts';
import { scheduleQueue } from './lambda/schedule-queue.ts';
import type { Ready } from './ready.ts';
import type { SiebelSettings } from './siebel/settings.ts';
import { type SiebelOptions, type SiebelStandIn, startSiebel } from './siebel/siebel.ts';
import { createAuthority } from './tls.ts';

export type { FunctionName };

export interface LocalStackOptions {
  /** Where the build left the zips and `integration.json`. */
  readonly distFolder: string;
  /** For the authority's certificate and the logs of the functions; made when missing. */
  readonly workFolder: string;
  readonly records?: number;
  readonly seed?: number;
  /** Default 3 600. */
  readonly tokenLifeSeconds?: number;
  /** First of ten ports in a row; 0: any free ones. */
  readonly port?: number;
  /** Whether the queue is a FIFO queue. Default: as siebel.config.ts says. */
  readonly fifo?: boolean;
  /** Pipe that announces calls which were done or parked; null: none. Default: as siebel.config.ts says. */
  readonly outcomeEvents?: OutcomePipe | null;
  /** Time-out of the queue function in seconds. Default 10; messages stay hidden for six times as long. */
  readonly queueTimeoutSeconds?: number;
  /** How long a received message stays hidden. */
  readonly visibilityTimeoutSeconds?: number;
  /** Time-out of the backfill function in seconds. Default: as deployed. */
  readonly backfillTimeoutSeconds?: number;
  /** How long a window of a backfill stays hidden. Default: six times the time-out. */
  readonly backfillVisibilitySeconds?: number;
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
  readonly backfillMapping: EventSourceMapping;
  /** What sync jobs put events on. */
  readonly eventBus: EventBusStandIn;
  /** What has been announced of calls, oldest first; always empty without `outcomeEvents` in siebel.config.ts. */
  outcomeEvents(): readonly OutcomeEvent[];
  /** Ends every server and process. */
  close(): Promise<void>;
}

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
  const { backfillTimeoutSeconds = deployment.backfill.timeoutSeconds } = options;
  const { backfillVisibilitySeconds = backfillTimeoutSeconds * 6 } = options;
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

  const aws = await startStandIns({
    deployment,
    fifo,
    pipe,
    logFolder,
    hidden: { queue: visibilityTimeoutSeconds, backfill: backfillVisibilitySeconds },
    clients: identity,
    ports: { sqsAndS3: port(4), dynamodb: port(5), secrets: port(6), events: port(9) },
    onClose,
  });
  const { endpoint: sqsEndpoint, dynamodbEndpoint, secrets, eventBus } = aws;

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
    queueUrl: aws.queue.queueUrl,
    backfillQueueUrl: aws.backfillQueue.queueUrl,
    queuesUrl: aws.queuesUrl,
    eventsEndpoint: eventBus.endpoint,
    syncBucket: NAMES.bucket,
    secretsManagerEndpoint: secrets.endpoint,
    sqsEndpoint,
    s3Endpoint: sqsEndpoint,
    dynamodbEndpoint,
  });
  const functions = deployFunctions({
    distFolder,
    logFolder,
    deployment,
    timeOuts: { queue: queueTimeoutSeconds, backfill: backfillTimeoutSeconds },
    settings: Object.fromEntries(
      Object.entries(settings).map(([name, own]) => [name, { ...own, ...options.settings }]),
    ),
    onLog: options.onLog,
    onClose,
  });

  const mapping = eventSourceMapping({
    sqsEndpoint,
    ...aws.queue,
    ...deployment.queue,
    windowSeconds: deployment.queue.windowSeconds ?? 0,
    target: functions.queue,
  });
  onClose(() => mapping.stop());
  const backfillMapping = eventSourceMapping({
    sqsEndpoint,
    ...aws.backfillQueue,
    batchSize: 1,
    maximumConcurrency: deployment.backfill.maximumConcurrency,
    target: functions.backfill,
  });
  onClose(() => backfillMapping.stop());
  const lambda = await startLambdaApi({
    functions,
    mappings: [
      { mapping, target: functions.queue, queueArn: aws.queue.queueArn },
      { mapping: backfillMapping, target: functions.backfill, queueArn: aws.backfillQueue.queueArn },
    ],
    port: port(8),
  });
  onClose(() => lambda.close());
  const timedQueue = scheduleQueue({ sqsEndpoint, ...aws.queue });
  onClose(async () => timedQueue.close());
  const scheduler = await startScheduler({
    port: port(7),
    schedules: [
      ...deployment.schedules.map(({ job: _, sweep: __, ...schedule }) => ({
        ...schedule,
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
    sqsEndpoint,
    queueUrl: aws.queue.queueUrl,
    deadLetterUrl: aws.queue.deadLetterUrl,
    backfillQueueUrl: aws.backfillQueue.queueUrl,
    backfillDeadLetterUrl: aws.backfillQueue.deadLetterUrl,
    queuesUrl: aws.queuesUrl,
    eventsEndpoint: eventBus.endpoint,
    eventLog: aws.eventLog,
    dynamodbEndpoint,
    stateTable: NAMES.stateTable,
    s3Endpoint: sqsEndpoint,
    syncBucket: NAMES.bucket,
    syncSafetyLagSeconds: SYNC_TIMES.safetyLagSeconds,
    syncLookbackSeconds: SYNC_TIMES.lookbackSeconds,
    secretsManagerEndpoint: secrets.endpoint,
    clientSecretId: NAMES.clientSecretId,
    caFile,
    schedulerUrl: scheduler.url,
    lambdaEndpoint: lambda.url,
    scheduleFunction: functions.schedule.name,
    ...AWS_ACCESS,
    logFolder,
  };
  const { outcomeEvents } = aws;
  return {
    ready,
    deployment,
    identity,
    siebel,
    secrets,
    functions,
    mapping,
    backfillMapping,
    eventBus,
    outcomeEvents,
    close,
  };
}
