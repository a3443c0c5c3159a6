import { type BatchSinkParts, batchSink } from './batch-sink.ts';
import type { SendRecords } from './deliver.ts';
import type { SinkRun, SyncSink } from './sink.ts';

/**
 * SQS's limits of a request, and of a message.
 *
 * @see Amazon SQS API Reference, SendMessageBatch. Queues may be set to take more; those made earlier take this.
 */
const LIMITS = { records: 10, bytes: 256 * 1024 };

/** What JSON may hold and SQS refuses or replaces; escaped, it means the same in JSON. */
const FORBIDDEN = /[\ufffe\uffff]/g;

/**
 * Sends each record as a message, with the record's line as its body.
 *
 * On a FIFO queue the messages of a record come in the order of its versions. A consumer of another queue keeps, of several
 * messages with one Id, the one with the newest value of the cursor field.
 *
 * @param options.send Sends up to ten records, 256 KiB in all.
 */
export function queueSink({
  send,
  ...parts
}: BatchSinkParts & { readonly send: (run: SinkRun) => SendRecords }): SyncSink {
  return batchSink(parts, {
    sender: send,
    // The attribute `window` counts as well: its name, type and value.
    limits: ({ window }) => ({ ...LIMITS, bytesBeside: Buffer.byteLength(`windowString${window}`) }),
    lineOf: ({ line }) => line.replace(FORBIDDEN, escaped),
  });
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16)}`;
}
