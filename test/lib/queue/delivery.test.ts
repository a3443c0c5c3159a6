import { describe, expect, it } from 'vitest';
import { correlationIdOf } from '../../../lib/queue/correlation-id.ts';
import { readDeliveries } from '../../../lib/queue/delivery.ts';

/** The example of the AWS Lambda Developer Guide, "Using Lambda with Amazon SQS", with attributes added. */
const RECORD = {
  messageId: '059f36b4-87a3-44ab-83d2-661975830a7d',
  receiptHandle: 'AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a...',
  body: 'Test message.',
  attributes: {
    ApproximateReceiveCount: '3',
    SentTimestamp: '1545082649183',
    SenderId: 'AIDAIENQZJOLO23YVJ4VO',
    ApproximateFirstReceiveTimestamp: '1545082649185',
  },
  messageAttributes: {
    traceparent: { stringValue: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', dataType: 'String' },
    picture: { binaryValue: 'AQID', dataType: 'Binary' },
  },
  md5OfBody: 'e4e68fb7bd0e697a0ae8f1bb342846b3',
  eventSource: 'aws:sqs',
  eventSourceARN: 'arn:aws:sqs:us-east-2:123456789012:my-queue',
  awsRegion: 'us-east-2',
};

describe('readDeliveries', () => {
  it('reads what SQS says of a message', () => {
    expect(readDeliveries({ Records: [RECORD] })).toEqual([
      {
        messageId: '059f36b4-87a3-44ab-83d2-661975830a7d',
        receiptHandle: 'AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a...',
        body: 'Test message.',
        receiveCount: 3,
        sentAtMs: 1_545_082_649_183,
        firstSeenAtMs: 1_545_082_649_185,
        groupId: undefined,
        attributes: { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', picture: 'AQID' },
      },
    ]);
  });

  it('reads the group of a FIFO queue', () => {
    const record = { ...RECORD, attributes: { ...RECORD.attributes, MessageGroupId: 'account-7' } };
    expect(readDeliveries({ Records: [record] })[0]?.groupId).toBe('account-7');
  });

  it('takes a message without counts for one that is received for the first time', () => {
    const [delivery] = readDeliveries({
      Records: [{ ...RECORD, attributes: undefined, messageAttributes: undefined }],
    });
    expect(delivery).toMatchObject({ receiveCount: 1, sentAtMs: undefined, firstSeenAtMs: undefined, attributes: {} });
  });

  it('gives no deliveries for an event without records (K10)', () => {
    expect(readDeliveries({ Records: [] })).toEqual([]);
  });

  it.each([
    ['undefined', undefined, ''],
    ['null', null, ''],
    ['a text', 'Records', ''],
    ['a list', [RECORD], ''],
    ['a schedule input', { job: 'accounts' }, ''],
    ['records that are no list', { Records: { 0: RECORD } }, ''],
    ['a record that is null', { Records: [null] }, '/Records/0'],
    ['a record of S3', { Records: [{ eventSource: 'aws:s3', s3: {} }] }, '/Records/0/eventSource'],
    ['a record of SNS', { Records: [{ EventSource: 'aws:sns', Sns: {} }] }, '/Records/0/eventSource'],
    ['a record without message id', { Records: [RECORD, { ...RECORD, messageId: undefined }] }, '/Records/1/messageId'],
    ['a record with an empty message id (R02)', { Records: [{ ...RECORD, messageId: '' }] }, '/Records/0/messageId'],
    ['a record without receipt handle', { Records: [{ ...RECORD, receiptHandle: 7 }] }, '/Records/0/receiptHandle'],
  ])('refuses %s as INVALID_EVENT (K10)', (_, event, pointer) => {
    expect(() => readDeliveries(event)).toThrow(
      expect.objectContaining({ code: 'INVALID_EVENT', issues: [expect.objectContaining({ pointer })] }),
    );
  });

  it.each([
    ['is missing', undefined, '', 'EMPTY_BODY'],
    ['is null', null, '', 'EMPTY_BODY'],
    ['is a number', 7, '7', 'BAD_TYPE'],
    ['is an object', { operation: 'account.upsert' }, '{"operation":"account.upsert"}', 'BAD_TYPE'],
  ])('says what is wrong with one record whose body %s, and reads the others (K10)', (_, given, body, code) => {
    const [first, second] = readDeliveries({ Records: [{ ...RECORD, body: given }, RECORD] });
    expect(first).toMatchObject({ messageId: RECORD.messageId, body, bodyProblem: { code, failureClass: 'message' } });
    expect(second).toMatchObject({ body: 'Test message.' });
    expect(second?.bodyProblem).toBeUndefined();
  });

  it('keeps an attribute called __proto__ as a mere name (K04)', () => {
    const messageAttributes = JSON.parse('{"__proto__":{"stringValue":"x","dataType":"String"}}');
    const [delivery] = readDeliveries({ Records: [{ ...RECORD, messageAttributes }] });
    expect(Object.keys(delivery?.attributes ?? {})).toEqual(['__proto__']);
    expect('stringValue' in {}).toBe(false);
  });
});

describe('correlationIdOf', () => {
  const of = (traceparent?: string) =>
    correlationIdOf({ messageId: 'm', attributes: traceparent === undefined ? {} : { traceparent } });

  it('is the trace id of a traceparent', () => {
    expect(of('00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01')).toBe('4bf92f3577b34da6a3ce929d0e0e4736');
  });

  it.each([
    undefined,
    '',
    'x',
    '00-00000000000000000000000000000000-00f067aa0ba902b7-01',
    '00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01',
  ])('is the message id beside the traceparent %s', (traceparent) => {
    expect(of(traceparent)).toBe('m');
  });
});
