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
  readonly dynamodbEndpoint: string;
  readonly stateTable: string;
  readonly s3Endpoint: string;
  readonly syncBucket: string;
  readonly secretsManagerEndpoint: string;
  readonly clientSecretId: string;
  /** The authority that signs the certificates of Siebel and the identity domain (PEM). */
  readonly caFile: string;
  /**
   * `POST <schedulerUrl>/<name>` ticks a sync job, and answers with what its run did, or a timed operation, and answers with
   * the message that is on the queue now.
   */
  readonly schedulerUrl: string;
  /**
   * Lambda's API, as far as it switches the event source mapping on and off; `POST <lambdaEndpoint>/-/functions/queue/kill` kills
   * the containers of a function.
   */
  readonly lambdaEndpoint: string;
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
