import { ChangeMessageVisibilityCommand, SQSClient } from '@aws-sdk/client-sqs';

/** Keeps one delivery of a message out of sight for so many seconds, 0-43,200, counted from now. */
type HideDelivery = (receiptHandle: string, seconds: number) => Promise<void>;

/**
 * Changes the visibility timeout of deliveries of one queue.
 *
 * When that fails, the message comes back after the queue's own visibility timeout, later than wished, and nothing is
 * lost.
 *
 * @param options.client For tests, or with settings of its own. Default: an own client with 2 attempts of at most 2.5 s.
 * @returns A function that throws what the SDK throws.
 * @see Amazon SQS API Reference, ChangeMessageVisibility: a message can be hidden for 12 hours at most in all.
 */
export function changeVisibility({
  queueUrl,
  client = sqsClient(),
}: {
  queueUrl: string | URL;
  client?: Pick<SQSClient, 'send'>;
}): HideDelivery {
  return async (receiptHandle, seconds) => {
    const VisibilityTimeout = Math.min(Math.max(Math.round(seconds), 0), 43_200);
    const command = new ChangeMessageVisibilityCommand({
      QueueUrl: String(queueUrl),
      ReceiptHandle: receiptHandle,
      VisibilityTimeout,
    });
    await client.send(command);
  };
}

function sqsClient(): SQSClient {
  return new SQSClient({
    maxAttempts: 2,
    // The queue's address need not resolve by itself, as on the local stack; on AWS both hosts are the same.
    useQueueUrlAsEndpoint: false,
    // Without the last setting the time limit of a request only writes a warning.
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 1_500, throwOnRequestTimeout: true },
  });
}
