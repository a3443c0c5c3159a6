import { isObject, parseJson } from '../json.ts';
import type { Envelope } from '../operations/event-mapping.ts';

/** Members that a producer's message never has together, and the service whose envelope does. */
const ENVELOPES: readonly (readonly [members: readonly string[], name: string, envelope?: Envelope])[] = [
  [['detail-type', 'detail', 'source'], 'an EventBridge event', 'eventbridge'],
  [['Type', 'MessageId', 'Message'], 'an SNS notification', 'sns'],
  [['Records'], 'a notification of an AWS service'],
  [['specversion', 'type', 'source'], 'a CloudEvent'],
  [['s3BucketName', 's3Key'], 'a pointer into S3'],
];

/**
 * Tells which service's envelope a message body is, or `undefined` when it is none. Nothing that an envelope points to
 * is ever fetched.
 */
export function envelopeOf(value: unknown): string | undefined {
  // The extended client library writes ["software.amazon.payloadoffloading.PayloadS3Pointer", { … }].
  if (Array.isArray(value)) {
    return typeof value[0] === 'string' && value[0].endsWith('PayloadS3Pointer') ? 'a pointer into S3' : undefined;
  }
  if (!isObject(value) || Object.hasOwn(value, 'operation')) return undefined;
  return ENVELOPES.find(([members]) => members.every((member) => Object.hasOwn(value, member)))?.[1];
}

/**
 * The event inside an envelope of this kind, or `undefined` when the body is in none.
 *
 * @throws JsonError when an SNS notification does not carry JSON.
 */
export function unwrapped(body: Readonly<Record<string, unknown>>, envelope: Envelope): unknown {
  if (envelope === 'none') return body;
  const members = ENVELOPES.find(([, , kind]) => kind === envelope)?.[0];
  if (!members?.every((member) => Object.hasOwn(body, member))) return undefined;
  if (envelope === 'eventbridge') return body['detail'];
  const { Message: text } = body;
  return typeof text === 'string' ? parseJson(text, { maxStringLength: text.length }) : undefined;
}
