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
  /** `POST <schedulerUrl>/<job>` ticks a job and answers with what its run did. */
  readonly schedulerUrl: string;
  /** Region and credentials to give to AWS clients. */
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Folder with one log file per function. */
  readonly logFolder: string;
}
