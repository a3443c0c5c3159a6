import { type BatchSinkParts, batchSink } from './batch-sink.ts';
import type { SendRecords } from './deliver.ts';
import type { SyncSink } from './sink.ts';

/** What all events of a job say of themselves. */
export interface EventLabel {
  readonly source: string;
  readonly detailType: string;
}

const MAX_RECORDS = 10;
/** A request must be smaller than 256 KiB. */
const MAX_BYTES = 256 * 1024 - 1;

/**
 * Puts each record on an event bus, as the detail of an event.
 *
 * A bus keeps no order: a consumer keeps, of several events with one Id, the one with the newest value of the cursor field.
 *
 * @param options.detailType Default: the name of the job.
 * @param options.put Puts up to ten records, less than 256 KiB with what they say of themselves.
 * @see EventBridge user guide, "Calculating PutEvents event entry size"
 */
export function eventSink({
  put,
  source,
  detailType,
  ...parts
}: BatchSinkParts & {
  readonly put: (label: EventLabel) => SendRecords;
  readonly source: string;
  readonly detailType?: string | undefined;
}): SyncSink {
  const labelOf = (job: string): EventLabel => ({ source, detailType: detailType ?? job });
  return batchSink(parts, {
    sender: ({ job }) => put(labelOf(job)),
    limits({ job }) {
      const label = labelOf(job);
      const bytesBeside = Buffer.byteLength(label.source) + Buffer.byteLength(label.detailType);
      return { records: MAX_RECORDS, bytes: MAX_BYTES, bytesBeside };
    },
  });
}
