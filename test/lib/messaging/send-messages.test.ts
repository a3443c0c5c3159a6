import type { SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { sendMessages } from '../../../lib/messaging/send-messages.ts';
import { fakeClock } from '../../support/fake-clock.ts';

const queueUrl = 'https://sqs.eu-west-1.amazonaws.com/123456789012/backfill';

/** @param answers What the queue refuses of each request, by the ids of its entries; the last answer stays. */
function queue(...answers: (readonly { readonly Id: string; readonly Code: string }[] | Error)[]) {
  const clock = fakeClock();
  const sent: string[][] = [];
  const send = async ({ input }: SendMessageBatchCommand) => {
    sent.push((input.Entries ?? []).map(({ MessageBody }) => String(MessageBody)));
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    if (answer instanceof Error) throw answer;
    return { Failed: answer ?? [] };
  };
  return { clock, sent, send: sendMessages({ queueUrl, clock, client: { send: send as never } }) };
}

describe('sendMessages', () => {
  it('sends in one request', async () => {
    const { sent, send } = queue();

    expect(await send(['a', 'b'])).toEqual([]);
    expect(sent).toEqual([['a', 'b']]);
  });

  it('sends again only those that were refused', async () => {
    const { clock, sent, send } = queue([{ Id: '1', Code: 'InternalError' }], []);

    const done = send(['a', 'b', 'c']);
    await clock.advance(1_000);

    expect(await done).toEqual([]);
    expect(sent).toEqual([['a', 'b', 'c'], ['b']]);
  });

  it('tells which were refused five times', async () => {
    const { clock, sent, send } = queue([{ Id: '2', Code: 'InternalError' }]);

    const done = send(['a', 'b', 'c']);
    await clock.advance(10_000);

    expect(await done).toEqual([2]);
    expect(sent).toHaveLength(5);
  });

  it.each([
    ['AccessDeniedException', 'QUEUE_DENIED'],
    ['QueueDoesNotExist', 'QUEUE_DENIED'],
    ['ThrottlingException', 'QUEUE_UNAVAILABLE'],
  ])('tells a person or waiting apart: %s is %s', async (name, code) => {
    await expect(queue(Object.assign(new Error(), { name })).send(['a'])).rejects.toMatchObject({ code });
  });

  it('stops for a refusal of entries that a person must mend', async () => {
    await expect(queue([{ Id: '0', Code: 'KmsDisabled' }]).send(['a'])).rejects.toMatchObject({ code: 'QUEUE_DENIED' });
  });
});
