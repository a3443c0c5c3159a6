import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { clientSettings } from '../aws/account.ts';
import type { Schedule } from './schedule.ts';

/** A queue that schedules put messages on. */
export interface ScheduleQueue {
  /** The target of one schedule; a FIFO queue needs the message group. */
  target(messageGroupId: string | null): Schedule['target'];
  close(): void;
}

/** Opens the queue for schedules, which send their input as the body. */
export function scheduleQueue({
  sqsEndpoint,
  queueUrl,
}: {
  readonly sqsEndpoint: string;
  readonly queueUrl: string;
}): ScheduleQueue {
  const sqs = new SQSClient({ ...clientSettings(sqsEndpoint), useQueueUrlAsEndpoint: false });
  return {
    target: (messageGroupId) => async (input) => {
      const sent = await sqs.send(
        new SendMessageCommand({
          QueueUrl: queueUrl,
          MessageBody: JSON.stringify(input),
          ...(messageGroupId !== null && { MessageGroupId: messageGroupId }),
        }),
      );
      return { payload: { messageId: sent.MessageId, message: input } };
    },
    close: () => sqs.destroy(),
  };
}
