import type { Message, MessageAttributeValue } from '@aws-sdk/client-sqs';
import { LOCAL_ACCOUNT } from '../aws/account.ts';

/** The event that Lambda makes of received messages. */
export function sqsEvent(messages: readonly Message[], queueArn: string) {
  return { Records: messages.map((message) => recordOf(message, queueArn)) };
}

/** @see AWS Lambda developer guide, "Using Lambda with Amazon SQS": example event */
function recordOf(message: Message, queueArn: string) {
  return {
    messageId: message.MessageId,
    receiptHandle: message.ReceiptHandle,
    body: message.Body ?? '',
    attributes: message.Attributes ?? {},
    messageAttributes: Object.fromEntries(
      Object.entries(message.MessageAttributes ?? {}).map(([name, value]) => [name, attributeOf(value)]),
    ),
    ...(message.MD5OfMessageAttributes ? { md5OfMessageAttributes: message.MD5OfMessageAttributes } : {}),
    md5OfBody: message.MD5OfBody,
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: LOCAL_ACCOUNT.region,
  };
}

function attributeOf({ StringValue, BinaryValue, DataType }: MessageAttributeValue) {
  return {
    ...(StringValue === undefined ? {} : { stringValue: StringValue }),
    ...(BinaryValue === undefined ? {} : { binaryValue: Buffer.from(BinaryValue).toString('base64') }),
    stringListValues: [],
    binaryListValues: [],
    dataType: DataType,
  };
}

/**
 * Reads a partial batch response.
 *
 * Nothing, `{}` and an empty list mean that all went well. An answer that cannot be read, an identifier that is
 * empty or null or of no message in the batch, mean that all failed.
 *
 * @param all Ids of the messages in the batch.
 * @returns Ids of the messages that failed.
 * @see AWS Lambda developer guide, "Implementing partial batch responses": success and failure conditions
 */
export function failedMessages(answer: unknown, all: ReadonlySet<string>): ReadonlySet<string> {
  if (answer === null || answer === undefined) return new Set();
  if (typeof answer !== 'object' || Array.isArray(answer)) return all;
  const failures = (answer as { batchItemFailures?: unknown }).batchItemFailures;
  if (failures === null || failures === undefined) return new Set();
  if (!Array.isArray(failures)) return all;
  const named = failures.map((failure: unknown) => (failure as { itemIdentifier?: unknown } | null)?.itemIdentifier);
  const areKnown = named.every((id) => typeof id === 'string' && all.has(id));
  return areKnown ? new Set(named as string[]) : all;
}
