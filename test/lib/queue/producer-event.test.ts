import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../../lib/errors.ts';
import { type Envelope, event, eventMapping, fromEvent } from '../../../lib/operations/event-mapping.ts';
import { readMessage } from '../../../lib/queue/message.ts';
import { integer, text } from '../../../lib/siebel/values.ts';
import { bodyOf, INPUT } from './queue-parts.ts';

const ORDER = { order: '4711', line: 3, place: 'Bremen' };

/** Functions of a config file that no compiler has looked at. */
interface Mapping {
  envelope?: Envelope;
  key?: (event: { order: string; line: number }) => unknown;
  input?: (event: { place: string }) => unknown;
}

/** `orders/4711/3` to an input with the place. */
function orderMapping({
  envelope = 'none',
  key = ({ order, line }) => `orders/${order}/${line}`,
  input = ({ place }) => ({ Name: place }),
}: Mapping = {}) {
  const from = event({ order: text(30), line: integer(), place: text(50) });
  return eventMapping(
    'request.create',
    fromEvent({ from, envelope, key: key as () => string, input: input as () => object }),
  );
}

const eventBridge = (detail: unknown) => ({
  version: '0',
  id: '12345678-1234-1234-1234-111122223333',
  'detail-type': 'Order placed',
  source: 'shop',
  account: '123456789012',
  time: '2026-03-01T12:00:00Z',
  region: 'eu-central-1',
  resources: [],
  detail,
});
const sns = (Message: unknown) => ({
  Type: 'Notification',
  MessageId: '22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324',
  TopicArn: 'arn:aws:sns:eu-central-1:123456789012:orders',
  Message,
  Timestamp: '2026-03-01T12:00:00.000Z',
});

describe('a producer’s own event', () => {
  it.each([
    ['as it is', 'none', ORDER],
    ['in an EventBridge event', 'eventbridge', eventBridge(ORDER)],
    ['in an SNS notification', 'sns', sns(JSON.stringify(ORDER))],
  ] as const)('becomes operation, key and input by its mapping, %s', (_, envelope, body) => {
    expect(readMessage(JSON.stringify(body), [orderMapping({ envelope })])).toEqual({
      operation: 'request.create',
      key: 'orders/4711/3',
      result: { operation: 'request.create', key: 'orders/4711/3', input: { Name: 'Bremen' }, schema: 1 },
      event: ORDER,
    });
  });

  it('is kept as it was received, with what is not used of it', () => {
    const event = { ...ORDER, colour: 'red', note: null };
    expect(readMessage(JSON.stringify(event), [orderMapping()]).event).toEqual(event);
    expect(readMessage(bodyOf(), [orderMapping()]).event).toBeUndefined();
  });

  it('may have members that nobody has declared', () => {
    expect(readMessage(JSON.stringify({ ...ORDER, colour: 'red' }), [orderMapping()])).toMatchObject({
      key: 'orders/4711/3',
    });
  });

  it('is taken for the first mapping that it fits', () => {
    const invoice = eventMapping(
      'account.upsert',
      fromEvent({ from: event({ invoice: text(30) }), key: ({ invoice }) => invoice, input: () => INPUT }),
    );
    const read = (body: object) => readMessage(JSON.stringify(body), [invoice, orderMapping()]).operation;
    expect([read({ invoice: '1' }), read(ORDER), read({ ...ORDER, invoice: '1' })]).toEqual([
      'account.upsert',
      'request.create',
      'account.upsert',
    ]);
  });

  it('leaves our own contract as it is: a member `operation` decides', () => {
    expect(readMessage(bodyOf(), [orderMapping()])).toMatchObject({ key: 'crm-export/4711', result: { input: INPUT } });
    expect(refusalOf(JSON.stringify({ ...ORDER, operation: 'account.upsert' })).code).toBe('MISSING_FIELD');
  });
});

describe('a body that no mapping fits', () => {
  it.each([
    ['another event', { invoice: '1' }, 'UNKNOWN_EVENT', ''],
    ['an event that lacks a member', { ...ORDER, line: undefined }, 'UNKNOWN_EVENT', ''],
    ['an empty object', {}, 'UNKNOWN_EVENT', ''],
    [
      'a name of the prototype chain (K04)',
      JSON.parse('{"__proto__":{"order":"1","line":1,"place":"B"}}'),
      'UNKNOWN_EVENT',
      '',
    ],
    ['an EventBridge event where none is expected (K09)', eventBridge(ORDER), 'ENVELOPE', ''],
    ['an SNS notification where none is expected (K09)', sns(JSON.stringify(ORDER)), 'ENVELOPE', ''],
    ['a notification of S3 (K09)', { Records: [{ eventSource: 'aws:s3' }] }, 'ENVELOPE', ''],
    ['a pointer into S3 (F124)', ['software.amazon.payloadoffloading.PayloadS3Pointer', {}], 'ENVELOPE', ''],
    ['a list (K02)', [ORDER], 'BAD_TYPE', ''],
    ['a number (K02)', 4711, 'BAD_TYPE', ''],
  ])('is refused: %s', (_, body, code, pointer) => {
    expect(refusalOf(JSON.stringify(body)).issues[0]).toMatchObject({ code, pointer });
  });

  it('is told what it lacks, by the place in the body', () => {
    const lacking = { ...ORDER, line: 'three' };
    const issues = (body: object, envelope: Envelope) =>
      refusalOf(JSON.stringify(body), { envelope }).issues.map(({ code, pointer }) => [code, pointer]);
    const unknown = ['UNKNOWN_EVENT', ''];
    expect(issues(lacking, 'none')).toEqual([unknown, ['BAD_TYPE', '/line']]);
    expect(issues(eventBridge(lacking), 'eventbridge')).toEqual([unknown, ['BAD_TYPE', '/detail/line']]);
    expect(issues(sns(JSON.stringify(lacking)), 'sns')).toEqual([unknown, ['BAD_TYPE', '/Message/line']]);
    expect(issues(sns('{"order":'), 'sns')).toEqual([unknown, ['BAD_JSON', '/Message/order']]);
    expect(issues(sns('{"order":"1","order":"2"}'), 'sns')).toEqual([unknown, ['DUPLICATE_KEY', '/Message/order']]);
    expect(issues(sns({ order: '4711' }), 'sns')).toEqual([['ENVELOPE', '']]);
    expect(issues(eventBridge('Bremen'), 'eventbridge')[0]).toEqual(unknown);
  });
});

describe('a mapping that fails', () => {
  const failing: readonly (readonly [string, Mapping, string, string, string | undefined])[] = [
    ['throws for the key', { key: boom }, 'MAPPING_FAILED', '/key', undefined],
    ['gives no text for the key', { key: () => 4711 }, 'MAPPING_FAILED', '/key', undefined],
    ['gives nothing for the key', { key: () => undefined }, 'MAPPING_FAILED', '/key', undefined],
    ['gives an empty key (K08)', { key: () => '' }, 'BAD_KEY', '/key', undefined],
    ['gives a key with a blank (K08)', { key: () => 'a b' }, 'BAD_KEY', '/key', undefined],
    ['gives a key that is a path (K08)', { key: () => '../secret' }, 'BAD_KEY', '/key', undefined],
    ['gives a key that is too long (K05)', { key: () => 'k'.repeat(257) }, 'TOO_LONG', '/key', undefined],
    ['throws for the input', { input: boom }, 'MAPPING_FAILED', '/input', 'orders/4711/3'],
    ['gives no object for the input', { input: () => 'text' }, 'MAPPING_FAILED', '/input', 'orders/4711/3'],
    ['gives a list for the input', { input: () => [] }, 'MAPPING_FAILED', '/input', 'orders/4711/3'],
    ['gives what JSON cannot hold', { input: () => ({ Name: 1n }) }, 'MAPPING_FAILED', '/input', 'orders/4711/3'],
  ];

  it.each(failing)('is a failure of the message with its own reason: it %s', (_, mapping, code, pointer, key) => {
    const reading = readMessage(JSON.stringify(ORDER), [orderMapping(mapping)]);
    expect(reading).toMatchObject({ operation: 'request.create', key, event: ORDER });
    const refusal = refusalOf(JSON.stringify(ORDER), mapping);
    expect(refusal.issues).toMatchObject([{ code, pointer }]);
    expect(refusal.failureClass).toBe('message');
    expect(refusal.message + JSON.stringify(refusal.issues)).not.toContain('canary-7f3a');
  });
});

function boom(): never {
  throw new RangeError('canary-7f3a');
}

function refusalOf(body: string, mapping?: Mapping): InvalidInputError {
  const { result } = readMessage(body, [orderMapping(mapping)]);
  if (result instanceof InvalidInputError) return result;
  throw new Error('the body was accepted');
}
