import type { Clock } from '../lib/clock.ts';
import { ConfigurationError } from '../lib/errors.ts';
import type { Log, Metrics } from '../lib/logger.ts';
import { putEvents } from '../lib/messaging/put-events.ts';
import { sendBatch } from '../lib/messaging/send-batch.ts';
import type { SyncTarget } from '../lib/operations/index.ts';
import { eventSink } from '../lib/sync/event-sink.ts';
import { madeByOwner } from '../lib/sync/own-sink.ts';
import { queueSink } from '../lib/sync/queue-sink.ts';
import { bucketQuarantine, s3Sink } from '../lib/sync/s3-sink.ts';
import type { SyncSink } from '../lib/sync/sink.ts';

/** What the sinks of a function are made of. */
export interface SinkSettings {
  /** Name of the sync bucket; records that other targets do not take go there as well. */
  readonly bucket: string;
  /** Address below which the account's queues lie: `https://sqs.eu-west-1.amazonaws.com/123456789012`. */
  readonly queuesUrl?: URL | string | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

const made = new WeakMap<SyncTarget, Promise<SyncSink>>();

/**
 * The sink of a job's target: made when a job first asks for it, then kept as long as the container lives.
 *
 * The build leaves senders out that no job of `siebel.config.ts` needs (scripts/bundle-plugins.ts).
 */
export function sinkFor(target: SyncTarget, settings: SinkSettings): Promise<SyncSink> {
  const known = made.get(target);
  if (known) return known;
  const sink = Promise.resolve().then(() => makeSink(target, settings));
  made.set(target, sink);
  sink.catch(() => made.delete(target));
  return sink;
}

function makeSink(target: SyncTarget, { bucket, queuesUrl, ...parts }: SinkSettings): Promise<SyncSink> | SyncSink {
  switch (target.kind) {
    case 's3':
      return s3Sink({ bucket, prefix: target.prefix });
    case 'sqs': {
      if (queuesUrl === undefined)
        throw new ConfigurationError('SYNC_QUEUES_URL is missing: where the queues of jobs lie');
      const queueUrl = `${String(queuesUrl).replace(/\/$/, '')}/${target.queueName}`;
      return queueSink({ ...parts, quarantine: bucketQuarantine({ bucket }), send: sendBatch({ queueUrl }) });
    }
    case 'eventbridge': {
      const { bus, source, detailType } = target;
      const put = putEvents({ bus });
      return eventSink({ ...parts, quarantine: bucketQuarantine({ bucket }), put, source, detailType });
    }
    case 'own':
      return madeByOwner(target, parts.clock);
  }
}
