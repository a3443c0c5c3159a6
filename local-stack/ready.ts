import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Every address and name that an outside client of the running stack needs; the `ready` line of `--json`. */
export interface Ready {
  readonly event: 'ready';
  /** HTTP API: `GET <apiUrl>/accounts?limit=5` with `Authorization: Bearer <apiToken>`. */
  readonly apiUrl: string;
  /** A token for the HTTP API, good for an hour. */
  readonly apiToken: string;
  /** Scope to ask for at `tokenUrl`, with the credentials in `apiClientSecretId`, for another such token. */
  readonly apiTokenScope: string;
  readonly apiClientSecretId: string;
  /** Siebel REST with its context path. */
  readonly siebelUrl: string;
  /** Control address of the Siebel stand-in: `GET <controlUrl>/-/stats`. */
  readonly controlUrl: string;
  readonly tokenUrl: string;
  /** Scope to ask for at `tokenUrl`, with the credentials in `clientSecretId`, for a token that Siebel accepts. */
  readonly tokenScope: string;
  readonly introspectionUrl: string;
  readonly jwksUrl: string;
  readonly sqsEndpoint: string;
  readonly queueUrl: string;
  readonly deadLetterUrl: string;
  /** Where windows of backfills wait, and those that never finished. */
  readonly backfillQueueUrl: string;
  readonly backfillDeadLetterUrl: string;
  /** Address before the names of the queues that sync jobs send to: `<queuesUrl><name>`. */
  readonly queuesUrl: string;
  /** EventBridge, as far as events are put on a bus. */
  readonly eventsEndpoint: string;
  /** File with one line for each event on a bus. */
  readonly eventLog: string;
  readonly dynamodbEndpoint: string;
  readonly stateTable: string;
  readonly s3Endpoint: string;
  readonly syncBucket: string;
  /** As the functions have them. */
  readonly syncSafetyLagSeconds: number;
  readonly syncLookbackSeconds: number;
  readonly secretsManagerEndpoint: string;
  readonly clientSecretId: string;
  /** The authority that signs the certificates of Siebel and the identity domain (PEM). */
  readonly caFile: string;
  /**
   * `POST <schedulerUrl>/<name>` ticks a sync job or, as `<name>-sweep`, its sweep, and answers with what was done; or a timed
   * operation, and answers with the message that is on the queue now.
   */
  readonly schedulerUrl: string;
  /**
   * Lambda's API, as far as it calls functions and switches event source mappings on and off; `POST
   * <lambdaEndpoint>/-/functions/queue/kill` kills the containers of a function.
   */
  readonly lambdaEndpoint: string;
  /** Name of the schedule function, for `POST <lambdaEndpoint>/2015-03-31/functions/<name>/invocations`. */
  readonly scheduleFunction: string;
  /** Region and credentials to give to AWS clients. */
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Folder with one log file per function. */
  readonly logFolder: string;
}

/**
 * Leaves the addresses where `siebel … --local` finds them: `stack-<process id>.json`, readable by this user alone.
 *
 * @returns Takes the file away again.
 */
export async function leaveReadyFile({ event, ...addresses }: Ready, folder: string): Promise<() => Promise<void>> {
  const { pid } = process;
  const file = join(folder, `stack-${pid}.json`);
  await mkdir(folder, { recursive: true });
  // What a process of the same id has left would keep its own mode.
  await rm(file, { force: true });
  await writeFile(file, `${JSON.stringify({ ...addresses, pid }, null, 2)}\n`, { mode: 0o600 });
  return () => rm(file, { force: true });
}
