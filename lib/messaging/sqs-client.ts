import { SQSClient } from '@aws-sdk/client-sqs';

/** How to reach AWS, where the SDK's own ways are not to decide. */
export interface Connection {
  readonly endpoint?: string;
  readonly region?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/**
 * A client whose every request ends in time: attempts of at most a second more than `attemptMs`.
 *
 * @param options.attempts Default: 3.
 * @param options.attemptMs Of one attempt, without connecting. Default: 4 s.
 */
export function sqsClient({
  connection = {},
  attempts = 3,
  attemptMs = 4_000,
}: {
  readonly connection?: Connection;
  readonly attempts?: number;
  readonly attemptMs?: number;
} = {}): SQSClient {
  return new SQSClient({
    ...connection,
    maxAttempts: attempts,
    // The queue's address need not resolve by itself, as on the local stack; on AWS both hosts are the same.
    useQueueUrlAsEndpoint: false,
    // Without the last setting the time limit of a request only writes a warning; the one of the socket ends an answer that
    // stops in its middle.
    requestHandler: {
      connectionTimeout: 1_000,
      requestTimeout: attemptMs,
      socketTimeout: attemptMs,
      throwOnRequestTimeout: true,
    },
  });
}
