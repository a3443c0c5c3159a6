import type { ChangeMessageVisibilityCommand } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { changeVisibility } from '../../../lib/messaging/visibility.ts';

describe('changeVisibility', () => {
  it('hides one delivery of the queue', async () => {
    const { hide, inputs } = queue();
    await hide('handle-1', 30);
    expect(inputs).toEqual([
      { QueueUrl: 'https://sqs.example.com/1/calls', ReceiptHandle: 'handle-1', VisibilityTimeout: 30 },
    ]);
  });

  it('keeps within what SQS accepts', async () => {
    const { hide, inputs } = queue();
    await hide('h', -1);
    await hide('h', 43_201);
    await hide('h', 1.4);
    expect(inputs.map(({ VisibilityTimeout }) => VisibilityTimeout)).toEqual([0, 43_200, 1]);
  });

  it('passes a failure on', async () => {
    const failure = Object.assign(new Error('no such handle'), { name: 'ReceiptHandleIsInvalid' });
    await expect(queue(failure).hide('handle-1', 30)).rejects.toBe(failure);
  });
});

function queue(failure?: Error) {
  const inputs: ChangeMessageVisibilityCommand['input'][] = [];
  const client = {
    send: async (command: ChangeMessageVisibilityCommand) => {
      inputs.push(command.input);
      if (failure) throw failure;
      return {};
    },
  };
  const hide = changeVisibility({
    queueUrl: new URL('https://sqs.example.com/1/calls'),
    client: client as unknown as NonNullable<Parameters<typeof changeVisibility>[0]['client']>,
  });
  return { hide, inputs };
}
