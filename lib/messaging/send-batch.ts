import { createHash } from 'node:crypto';
import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { SinkRun } from '../operations/index.ts';
import type { SendRecords, SentRecord } from '../sync/deliver.ts';
import { fifoId } from './fifo-id.ts';
import { nameOf } from './requests.ts';
import { entryRefusal, toldAsSink } from './sink-failure.ts';
import { sqsClient } from './sqs-client.ts';

type Run = Pick<SinkRun, 'job' | 'window' | 'fence'>;

/**
 * Sends records of a sync job as messages, up to ten at a time. The attribute `window` says which read of the job each one
 * belongs to: `live`, `sweep`, `backfill-<id>-<n>`.
 *
 * On a FIFO queue (`.fifo`) the group is the Id, and what a run sends twice is taken once. A record that has become again
 * what it was is a message of its own, and so is one that another run sends again.
 *
 * @param options.client For tests. Default: an own client with 3 attempts of at most 5 s.
 * @throws ConfigurationError when queue or permission is wrong; ServiceUnavailableError `SINK_UNAVAILABLE`.
 */
export function sendBatch({
  queueUrl,
  client = sqsClient(),
}: {
  readonly queueUrl: string;
  readonly client?: Pick<SQSClient, 'send'>;
}): (run: Run) => SendRecords {
  const isFifo = queueUrl.endsWith('.fifo');
  const what = `queue "${nameOf(queueUrl)}"`;

  const entryOf = (run: Run, record: SentRecord, index: number) => ({
    Id: String(index),
    MessageBody: record.line,
    MessageAttributes: { window: { DataType: 'String', StringValue: run.window } },
    ...(isFifo && { MessageGroupId: fifoId(record.id), MessageDeduplicationId: onceOf(run, record) }),
  });

  return (run) =>
    toldAsSink(what, async (records) => {
      const Entries = records.map((record, index) => entryOf(run, record, index));
      const { Failed = [] } = await client.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
      return Failed.map(({ Id, Code = 'unknown', SenderFault }) =>
        entryRefusal(what, { index: Number(Id), code: Code }, SenderFault),
      );
    });
}

function onceOf({ job, window, fence }: Run, { place, line }: SentRecord): string {
  return createHash('sha256').update([job, window, fence, place, line].join('\n')).digest('hex');
}
