import { type InvalidInputError, invalidInput } from '../errors.ts';
import { isObject } from '../json.ts';

/** One SQS message as the event source mapping handed it over: what this room reads of a record. */
export interface Delivery {
  /** Names the message in the batch answer. */
  readonly messageId: string;
  /** Names this one delivery when its visibility is changed. */
  readonly receiptHandle: string;
  /** Empty when there is none; in JSON when it is no text. */
  readonly body: string;
  /** The record has no body that could be read: there is none, or it is no text. */
  readonly bodyProblem?: InvalidInputError | undefined;
  /** Times the message has been received, this one included. */
  readonly receiveCount: number;
  /** When the producer sent it; `undefined` when SQS did not say. */
  readonly sentAtMs: number | undefined;
  /** `undefined` when SQS did not say. */
  readonly firstSeenAtMs: number | undefined;
  /** Group of a FIFO queue; its messages are settled in turn. */
  readonly groupId: string | undefined;
  /** Message attributes: name to text; binary values in base64, as the event has them. */
  readonly attributes: Readonly<Record<string, string>>;
}

const SOURCE = 'aws:sqs';

/**
 * Reads the event of an SQS event source mapping. A record without a body is a delivery all the same, as it must not harm
 * its neighbours.
 *
 * @returns The deliveries in the order of the event; none for an event without records.
 * @throws InvalidInputError `INVALID_EVENT` when it is not such an event, or one record cannot be named in the answer:
 *   then nothing may be acknowledged (R02).
 */
export function readDeliveries(event: unknown): readonly Delivery[] {
  if (!isObject(event) || !Array.isArray(event['Records'])) {
    throw invalidEvent('', 'is not an event of an SQS queue: it has no list "Records"');
  }
  return event['Records'].map((record, index) => readDelivery(record, `/Records/${index}`));
}

function readDelivery(record: unknown, pointer: string): Delivery {
  if (!isObject(record)) throw invalidEvent(pointer, 'is not an object');
  if (record['eventSource'] !== SOURCE) throw invalidEvent(`${pointer}/eventSource`, `is not "${SOURCE}"`);

  const system = isObject(record['attributes']) ? record['attributes'] : {};
  return {
    messageId: filledText(record, 'messageId', pointer),
    receiptHandle: filledText(record, 'receiptHandle', pointer),
    ...readBody(record['body']),
    receiveCount: wholeNumber(system['ApproximateReceiveCount']) || 1,
    sentAtMs: wholeNumber(system['SentTimestamp']),
    firstSeenAtMs: wholeNumber(system['ApproximateFirstReceiveTimestamp']),
    groupId: textOf(system['MessageGroupId']),
    attributes: readAttributes(record['messageAttributes']),
  };
}

function readBody(value: unknown): Pick<Delivery, 'body' | 'bodyProblem'> {
  if (typeof value === 'string') return { body: value };
  if (value === undefined || value === null) {
    return { body: '', bodyProblem: invalidInput('', 'EMPTY_BODY', 'the record has no body') };
  }
  return { body: JSON.stringify(value), bodyProblem: invalidInput('', 'BAD_TYPE', 'the body is not a text') };
}

function readAttributes(attributes: unknown): Record<string, string> {
  if (!isObject(attributes)) return {};
  // fromEntries defines own properties, so an attribute called `__proto__` stays a mere name.
  return Object.fromEntries(
    Object.entries(attributes).flatMap(([name, attribute]) => {
      const value = isObject(attribute)
        ? (textOf(attribute['stringValue']) ?? textOf(attribute['binaryValue']))
        : undefined;
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function filledText(record: Readonly<Record<string, unknown>>, name: string, pointer: string): string {
  const value = record[name];
  if (typeof value !== 'string') throw invalidEvent(`${pointer}/${name}`, 'is not a text');
  if (value === '') throw invalidEvent(`${pointer}/${name}`, 'is empty');
  return value;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function wholeNumber(value: unknown): number | undefined {
  return typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}

function invalidEvent(pointer: string, message: string): InvalidInputError {
  return invalidInput(pointer, 'INVALID_EVENT', message);
}
