import type { SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { sendBatch } from '../../../lib/messaging/send-batch.ts';

const RECORDS = [
  { id: '1-1', line: '{"Id":"1-1"}', place: 1 },
  { id: '1-2', line: '{"Id":"1-2"}', place: 2 },
];
const RUN = { job: 'contacts', window: 'live', fence: 1_700_000_012 };
const LIVE = { window: { DataType: 'String', StringValue: 'live' } };

function queue(
  name: string,
  { failed = [] as object[], failure = undefined as Error | undefined, fence = RUN.fence } = {},
) {
  const inputs: SendMessageBatchCommand['input'][] = [];
  const send = async ({ input }: SendMessageBatchCommand) => {
    inputs.push(input);
    if (failure) throw failure;
    return { Failed: failed };
  };
  const queueUrl = `https://sqs.eu-west-1.amazonaws.com/123456789012/${name}`;
  return { inputs, send: sendBatch({ queueUrl, client: { send: send as never } })({ ...RUN, fence }) };
}

describe('sendBatch', () => {
  it('sends the lines as they are, and says which read of the job they belong to', async () => {
    const { inputs, send } = queue('changes');

    expect(await send(RECORDS)).toEqual([]);
    expect(inputs).toEqual([
      {
        QueueUrl: 'https://sqs.eu-west-1.amazonaws.com/123456789012/changes',
        Entries: [
          { Id: '0', MessageBody: '{"Id":"1-1"}', MessageAttributes: LIVE },
          { Id: '1', MessageBody: '{"Id":"1-2"}', MessageAttributes: LIVE },
        ],
      },
    ]);
  });

  it('groups by Id on a FIFO queue', async () => {
    const { inputs, send } = queue('changes.fifo');

    await send([...RECORDS, { id: 'Id with blanks', line: '{"Id":"1-1"}', place: 3 }]);

    expect(inputs[0]?.Entries?.map(({ MessageGroupId }) => MessageGroupId)).toEqual([
      '1-1',
      '1-2',
      // printf 'Id with blanks' | sha256sum
      'ca0532ea88eded8bdcc8294242c55dc00ee6f0227912d65d8991dbbcd82d5d9a',
    ]);
  });

  it('lets a FIFO queue drop what is sent twice, and not a record that has become again what it was', async () => {
    const { inputs, send } = queue('changes.fifo');
    const [first] = RECORDS;
    const again = { id: '1-1', line: '{"Id":"1-1"}', place: 3 };

    await send(RECORDS);
    await send(RECORDS);
    await send([again]);

    const ids = inputs.map(({ Entries = [] }) => Entries.map((entry) => entry.MessageDeduplicationId));
    expect(again.line).toBe(first?.line);
    // printf '%s\n%s\n%s\n%s\n%s' contacts live 1700000012 1 '{"Id":"1-1"}' | sha256sum
    const once = [
      '11228058b2ac3651f66bd5ae30c52d56ccea8d3dac8e47feeaff72b08382fa97',
      '7e9277fee305f9f1505c5d85dce53c99f589b8231590f366ff8b5325b364e99b',
    ];
    expect(ids).toEqual([once, once, ['782f806fba94cc481bc5bdd5dc9eb24544d2c9eeb1155d6a28405a91b0ab7b5f']]);
  });

  it('sets nothing aside when the queue stops answering while a request is taken apart', async () => {
    const send = async ({ input: { Entries = [] } }: SendMessageBatchCommand) => {
      throw Object.assign(new Error(), { name: Entries.length > 1 ? 'InvalidMessageContents' : 'TimeoutError' });
    };
    const sender = sendBatch({ queueUrl: 'https://sqs.example.com/1/changes', client: { send: send as never } })(RUN);

    await expect(sender(RECORDS)).rejects.toMatchObject({ code: 'SINK_UNAVAILABLE' });
  });

  it('lets through what another run sends, be it another life of the job with the same number', async () => {
    const [one, other, stranger] = [queue('changes.fifo'), queue('changes.fifo', { fence: 7 }), queue('changes.fifo')];

    await one.send(RECORDS.slice(0, 1));
    await other.send(RECORDS.slice(0, 1));
    await stranger.send([{ id: '1-1', line: '{"Id":"1-1","Name":"other"}', place: 1 }]);

    const ids = [one, other, stranger].map(({ inputs }) => inputs[0]?.Entries?.[0]?.MessageDeduplicationId);
    expect(new Set(ids).size).toBe(3);
  });

  it.each([
    ['InternalError', false, false],
    ['RequestThrottled', true, false],
    ['KMS.ThrottlingException', true, false],
    ['KmsThrottled', true, false],
    ['OverLimit', true, false],
    ['InvalidMessageContents', true, true],
    ['AWS.SimpleQueueService.InvalidMessageContents', true, true],
    ['InvalidParameterValueException', true, true],
    ['MissingParameter', true, true],
    ['SomethingNew', true, true],
    ['SomethingNew', false, false],
    ['InvalidMessageContents', undefined, true],
  ])('tells refusals that pass from those that do not: %s, of the sender: %s', async (Code, SenderFault, forGood) => {
    const failed = [{ Id: '1', Code, SenderFault }];

    expect(await queue('changes', { failed }).send(RECORDS)).toMatchObject([{ index: 1, forGood }]);
  });

  it.each(['InvalidMessageContents', 'InvalidParameterValue', 'BatchRequestTooLong'])(
    'takes a request apart that is refused for what it holds: %s',
    async (name) => {
      const sizes: number[] = [];
      const send = async ({ input: { Entries = [] } }: SendMessageBatchCommand) => {
        sizes.push(Entries.length);
        if (Entries.some(({ MessageBody }) => MessageBody?.includes('1-2'))) {
          throw Object.assign(new Error('of this test'), { name });
        }
        return { Failed: Entries.map(({ Id }) => ({ Id, Code: 'InternalError', SenderFault: false })) };
      };
      const sender = sendBatch({ queueUrl: 'https://sqs.example.com/1/changes', client: { send: send as never } })(RUN);

      expect(await sender([...RECORDS, { id: '1-3', line: '{}', place: 3 }])).toEqual([
        { index: 0, code: 'InternalError', forGood: false },
        { index: 1, code: name, forGood: true },
        { index: 2, code: 'InternalError', forGood: false },
      ]);
      expect(sizes).toEqual([3, 1, 1, 1]);
    },
  );

  it.each([
    ['AWS.SimpleQueueService.NonExistentQueue', 'CONFIGURATION', 'configuration'],
    ['QueueDoesNotExist', 'CONFIGURATION', 'configuration'],
    ['AccessDeniedException', 'CONFIGURATION', 'configuration'],
    ['KmsDisabled', 'CONFIGURATION', 'configuration'],
    ['KMS.AccessDeniedException', 'CONFIGURATION', 'configuration'],
    ['KMS.OptInRequired', 'CONFIGURATION', 'configuration'],
    ['ThrottlingException', 'SINK_UNAVAILABLE', 'environment'],
    ['TimeoutError', 'SINK_UNAVAILABLE', 'environment'],
  ])('tells a person or waiting apart: %s is %s', async (name, code, failureClass) => {
    const failure = Object.assign(new Error('arn:aws:iam::123456789012:role/x'), { name });

    const error = await queue('changes', { failure })
      .send(RECORDS)
      .catch((thrown) => thrown);

    expect(error).toMatchObject({ code, failureClass });
    expect(error.message).toContain('queue "changes"');
    expect(error.message).not.toContain('arn:');
  });

  it.each(['KmsAccessDenied', 'KMS.AccessDeniedException', 'AccessDenied', 'AWS.SimpleQueueService.NonExistentQueue'])(
    'stops for a refusal of entries that a person must mend: %s',
    async (Code) => {
      const failed = [{ Id: '1', Code, SenderFault: true }];

      await expect(queue('changes', { failed }).send(RECORDS)).rejects.toMatchObject({ code: 'CONFIGURATION' });
    },
  );
});
