import { ChangeMessageVisibilityCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { sqsClient } from './sqs-client.ts';

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
  client = sqsClient({ attempts: 2, attemptMs: 1_500 }),
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
