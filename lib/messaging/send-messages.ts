import { type BatchResultErrorEntry, SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Clock } from '../clock.ts';
import { ConfigurationError } from '../errors.ts';
import { isRefusal } from './refusals.ts';
import { nameOf, request } from './requests.ts';
import { type Connection, sqsClient } from './sqs-client.ts';

/**
 * Sends up to ten messages in one request, of 256 KiB in all.
 *
 * @returns Places, from 0, of those that the queue has not taken.
 */
export type SendMessages = (bodies: readonly string[]) => Promise<readonly number[]>;

const MAX_ATTEMPTS = 5;
const FIRST_DELAY_MS = 100;

/**
 * Puts messages on a queue of ours. Those that it refuses, while it takes others, are sent again, five times in all.
 *
 * What uses it throws ConfigurationError `QUEUE_DENIED`, ServiceUnavailableError `QUEUE_UNAVAILABLE`.
 *
 * @param options.client For tests. Default: an own client with 3 attempts of at most 5 s.
 */
export function sendMessages({
  queueUrl,
  clock,
  connection = {},
  client = sqsClient({ connection }),
}: {
  readonly queueUrl: string;
  readonly clock: Clock;
  readonly connection?: Connection;
  readonly client?: Pick<SQSClient, 'send'>;
}): SendMessages {
  const failedOf = async (bodies: readonly string[], places: readonly number[]): Promise<readonly number[]> => {
    const Entries = places.map((place) => ({ Id: String(place), MessageBody: bodies[place] }));
    const command = new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries });
    const { Failed = [] } = await request(queueUrl, () => client.send(command));
    return Failed.map(({ Id, Code }: BatchResultErrorEntry) => {
      if (isRefusal(Code ?? '')) {
        throw new ConfigurationError(
          `queue "${nameOf(queueUrl)}" refuses messages (${Code}): check its address, the region and the permissions`,
          { code: 'QUEUE_DENIED' },
        );
      }
      return Number(Id);
    });
  };

  return async (bodies) => {
    let waiting: readonly number[] = bodies.map((_body, place) => place);
    for (let attempt = 1; waiting.length > 0; attempt += 1) {
      waiting = await failedOf(bodies, waiting);
      if (attempt === MAX_ATTEMPTS) break;
      if (waiting.length > 0) await clock.sleep(FIRST_DELAY_MS * 2 ** attempt * (0.5 + clock.random() / 2));
    }
    return waiting;
  };
}
