import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../../lib/errors.ts';
import { type QueueMessage, readMessage } from '../../../lib/queue/message.ts';
import { bodyOf, INPUT } from './queue-parts.ts';

describe('readMessage', () => {
  it('reads operation, key and input, and takes an absent schema for 1', () => {
    expect(messageOf(bodyOf())).toEqual({
      operation: 'account.upsert',
      key: 'crm-export/4711',
      input: INPUT,
      schema: 1,
    });
  });

  it('reads notAfter as an instant', () => {
    expect(messageOf(bodyOf({ notAfter: '2026-03-01T13:00:00+01:00', schema: 1 })).notAfterMs).toBe(1_772_366_400_000);
  });

  it('keeps values as they are: no trimming, no conversion', () => {
    const input = { Name: '  Bäckerei \t\n 42 ', Location: null, n: 1.5, list: [' '] };
    expect(messageOf(bodyOf({ input })).input).toEqual(input);
  });

  it.each([
    ['an empty body (K01)', '', 'EMPTY_BODY', ''],
    ['a blank body (K01)', ' \n', 'EMPTY_BODY', ''],
    ['broken JSON (K01)', '{"operation":', 'BAD_JSON', '/operation'],
    ['text that is not JSON (K01)', 'account.upsert', 'BAD_JSON', ''],
    ['two documents (K01)', `${bodyOf()}${bodyOf()}`, 'BAD_JSON', ''],
    ['a byte order mark (K01)', `\ufeff${bodyOf()}`, 'BAD_JSON', ''],
    ['a number (K02)', '42', 'BAD_TYPE', ''],
    ['null (K02)', 'null', 'BAD_TYPE', ''],
    ['a list (K02)', '[]', 'BAD_TYPE', ''],
    ['a body above 256 KiB (K05)', bodyOf({ input: { Name: 'x'.repeat(262_144) } }), 'TOO_LONG', ''],
    ['an operation that is a number (K02)', bodyOf({ operation: 7 }), 'BAD_TYPE', '/operation'],
    ['an operation that is null (K02)', bodyOf({ operation: null }), 'BAD_TYPE', '/operation'],
    ['an empty operation (K07)', bodyOf({ operation: '' }), 'UNKNOWN_OPERATION', '/operation'],
    ['an operation of 129 characters (K05)', bodyOf({ operation: 'x'.repeat(129) }), 'TOO_LONG', '/operation'],
    ['a key that is a number (K08)', bodyOf({ key: 4711 }), 'BAD_KEY', '/key'],
    ['an empty key (K08)', bodyOf({ key: '' }), 'BAD_KEY', '/key'],
    ['a key with a blank (K08)', bodyOf({ key: 'a b' }), 'BAD_KEY', '/key'],
    ['a key with a line break (K08)', bodyOf({ key: 'a\nb' }), 'BAD_KEY', '/key'],
    ['a key that is a URL (K08)', bodyOf({ key: 'https://host/4711' }), 'BAD_KEY', '/key'],
    ['a key that climbs out of a directory (K08)', bodyOf({ key: 'a/../b' }), 'BAD_KEY', '/key'],
    ['a key that starts with a slash (K08)', bodyOf({ key: '/etc/passwd' }), 'BAD_KEY', '/key'],
    ['a key that a command takes for an option (K08)', bodyOf({ key: '--all' }), 'BAD_KEY', '/key'],
    ['a key with a placeholder in it (K08)', bodyOf({ key: 'a/<aws.scheduler.scheduled-time>' }), 'BAD_KEY', '/key'],
    ['a key with a backslash (K08)', bodyOf({ key: '..\\a' }), 'BAD_KEY', '/key'],
    ['a key of 257 characters (K05)', bodyOf({ key: 'k'.repeat(257) }), 'TOO_LONG', '/key'],
    ['an input that is a list (K02)', bodyOf({ input: [] }), 'BAD_TYPE', '/input'],
    ['an input that is null (K02)', bodyOf({ input: null }), 'BAD_TYPE', '/input'],
    ['an input that is text (K02)', bodyOf({ input: '{}' }), 'BAD_TYPE', '/input'],
    ['a missing operation (K07)', bodyOf({ operation: undefined }), 'MISSING_FIELD', '/operation'],
    ['a missing key (K07)', bodyOf({ key: undefined }), 'MISSING_FIELD', '/key'],
    ['a missing input (K07)', bodyOf({ input: undefined }), 'MISSING_FIELD', '/input'],
    ['a field too many (K07)', bodyOf({ priority: 1 }), 'UNKNOWN_FIELD', '/priority'],
    ['a field in another spelling (K07)', bodyOf({ notafter: '2026-03-01T12:00:00Z' }), 'UNKNOWN_FIELD', '/notafter'],
    ['a field named like a prototype member (K04)', bodyOf({ constructor: 1 }), 'UNKNOWN_FIELD', '/constructor'],
    ['a message with a member of an envelope', bodyOf({ Records: [] }), 'UNKNOWN_FIELD', '/Records'],
    ['a field whose name needs escaping in a pointer', bodyOf({ 'a/b~c': 1 }), 'UNKNOWN_FIELD', '/a~1b~0c'],
    ['a time that is a number (K02)', bodyOf({ notAfter: 1_772_366_400_000 }), 'BAD_TYPE', '/notAfter'],
    ['a time without zone (K16)', bodyOf({ notAfter: '2026-03-01T12:00:00' }), 'BAD_TIME', '/notAfter'],
    ['a newer schema (K09)', bodyOf({ schema: 2 }), 'SCHEMA_VERSION', '/schema'],
    ['schema 0 (K09)', bodyOf({ schema: 0 }), 'BAD_VERSION', '/schema'],
    ['a broken schema number (K09)', bodyOf({ schema: 1.5 }), 'BAD_VERSION', '/schema'],
    ['a schema that is text (K09)', bodyOf({ schema: '1' }), 'BAD_VERSION', '/schema'],
    ['an EventBridge event (K09)', '{"detail-type":"a","source":"b","detail":{}}', 'ENVELOPE', ''],
    ['an SNS notification (K09)', '{"Type":"Notification","MessageId":"1","Message":"{}"}', 'ENVELOPE', ''],
    ['a notification of S3 (K09)', '{"Records":[{"eventSource":"aws:s3"}]}', 'ENVELOPE', ''],
    ['a CloudEvent (K09)', '{"specversion":"1.0","type":"a","source":"b","id":"1"}', 'ENVELOPE', ''],
    [
      'a pointer into S3 (F124)',
      '["software.amazon.payloadoffloading.PayloadS3Pointer",{"s3BucketName":"b","s3Key":"k"}]',
      'ENVELOPE',
      '',
    ],
  ])('refuses %s', (_, body, code, pointer) => {
    const error = refusalOf(body);
    expect(error.code).toBe(code);
    expect(error.issues[0].pointer).toBe(pointer);
    expect(error.failureClass).toBe('message');
  });

  it('refuses duplicate keys (K03)', () => {
    expect(refusalOf('{"operation":"a","operation":"b","key":"k","input":{}}').code).toBe('DUPLICATE_KEY');
  });

  it('takes __proto__ for a field that it does not know, and leaves Object.prototype alone (K04)', () => {
    const error = refusalOf('{"operation":"a","key":"k","input":{},"__proto__":{"polluted":true}}');
    expect(error.issues).toMatchObject([{ pointer: '/__proto__', code: 'UNKNOWN_FIELD' }]);
    expect('polluted' in {}).toBe(false);
  });

  it('does not find a required field on the prototype chain', () => {
    expect(
      refusalOf('{"__proto__":{"operation":"account.upsert","key":"k","input":{}}}').issues.map(({ code }) => code),
    ).toEqual(['MISSING_FIELD', 'MISSING_FIELD', 'MISSING_FIELD', 'UNKNOWN_FIELD']);
  });

  it('tells everything that is wrong at once', () => {
    const error = refusalOf(bodyOf({ operation: undefined, key: 1, input: 2, notAfter: 3, schema: 0, other: 4 }));
    expect(error.issues.map(({ pointer }) => pointer)).toEqual([
      '/operation',
      '/key',
      '/input',
      '/notAfter',
      '/schema',
      '/other',
    ]);
  });

  it('says of a newer contract only that it is newer', () => {
    expect(refusalOf(bodyOf({ schema: 2, key: 7, shiny: true })).issues.map(({ code }) => code)).toEqual([
      'SCHEMA_VERSION',
    ]);
  });

  it('repeats no value of the body', () => {
    const canary = 'canary-7f3a';
    for (const members of [{ operation: [canary] }, { key: `${canary} ` }, { input: canary }, { notAfter: canary }]) {
      expect(JSON.stringify(refusalOf(bodyOf(members)).issues)).not.toContain(canary);
    }
    expect(refusalOf(`{"operation": ${canary}`).message).not.toContain(canary);
  });

  it.each(['orders/4711/3', 'a', 'A.b:c@d+e=f,g-h_i', '{"a":1}', 'k'.repeat(256)])('accepts the key %s', (key) => {
    expect(messageOf(bodyOf({ key })).key).toBe(key);
  });

  it('gives operation and key of a message whose rest is wrong', () => {
    const reading = readMessage(bodyOf({ input: 1 }));
    expect(reading).toMatchObject({ operation: 'account.upsert', key: 'crm-export/4711' });
    expect(reading.result).toBeInstanceOf(InvalidInputError);
  });

  it('gives neither of a body that is not JSON', () => {
    expect(readMessage('{')).toMatchObject({ operation: undefined, key: undefined });
  });

  it('gives no key that could not stand in the table', () => {
    expect(readMessage(bodyOf({ key: 'k'.repeat(3_000) })).key).toBeUndefined();
  });
});

function messageOf(body: string): QueueMessage {
  const { result } = readMessage(body);
  if (result instanceof InvalidInputError) throw result;
  return result;
}

function refusalOf(body: string): InvalidInputError {
  const { result } = readMessage(body);
  if (result instanceof InvalidInputError) return result;
  throw new Error('the body was accepted');
}
