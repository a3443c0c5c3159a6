import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
} from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { operatorQueue } from '../../../lib/messaging/operator-queue.ts';

/** A queue that gives the oldest first, as SQS mostly does; its time passes with what is done with it. */
function queueOf(count: number, { hiddenByOthers = 0, msPerLook = 0, msPerReceive = 0 } = {}) {
  let nowMs = 0;
  const lying = Array.from({ length: count + hiddenByOthers }, (_, index) => ({
    id: `m${index}`,
    visibleAtMs: index < count ? 0 : Number.POSITIVE_INFINITY,
  }));
  const hidden: number[] = [];
  const answers = async (command: object) => {
    if (command instanceof ReceiveMessageCommand) {
      const { VisibilityTimeout = 0 } = command.input;
      hidden.push(VisibilityTimeout);
      nowMs += msPerReceive;
      const given = lying.filter(({ visibleAtMs }) => visibleAtMs <= nowMs).slice(0, 10);
      for (const message of given) message.visibleAtMs = nowMs + VisibilityTimeout * 1_000;
      return { Messages: given.map(({ id }) => ({ MessageId: id, Body: id, ReceiptHandle: id })) };
    }
    if (command instanceof DeleteMessageCommand) {
      const place = lying.findIndex(({ id }) => id === command.input.ReceiptHandle);
      lying.splice(place, 1);
      return {};
    }
    if (command instanceof ChangeMessageVisibilityCommand) {
      const message = lying.find(({ id }) => id === command.input.ReceiptHandle);
      if (message) message.visibleAtMs = nowMs;
      return {};
    }
    if (command instanceof GetQueueAttributesCommand) {
      const visible = lying.filter(({ visibleAtMs }) => visibleAtMs <= nowMs).length;
      return {
        Attributes: {
          ApproximateNumberOfMessages: String(visible),
          ApproximateNumberOfMessagesNotVisible: String(lying.length - visible),
        },
      };
    }
    throw new TypeError('a command that this queue does not know');
  };
  const client = { send: answers } as unknown as NonNullable<Parameters<typeof operatorQueue>[0]['client']>;
  const queue = operatorQueue({ queueUrl: 'https://sqs.example.com/1/dead', client });
  return {
    lying,
    hidden,
    /** Looks at everything; keeps those with these numbers, and deletes the others. */
    async browse(isKept: (number: number) => boolean, hiddenSeconds = 60, signal?: AbortSignal) {
      const seen: string[] = [];
      const browsed = await queue.browse({ hiddenSeconds, ...(signal && { signal }) }, async ({ messageId }) => {
        nowMs += msPerLook;
        seen.push(messageId);
        return { verdict: isKept(Number(messageId.slice(1))) ? 'keep' : 'delete' };
      });
      return { seen, ...browsed };
    },
  };
}

describe('browsing a queue that gives the oldest first', () => {
  it('goes on when what was kept shows itself again before the rest was seen', async () => {
    const queue = queueOf(1_000, { msPerLook: 200 });

    const { seen, unseen } = await queue.browse((number) => number < 10, 64);

    expect([seen.length, new Set(seen).size, unseen]).toEqual([1_000, 1_000, 0]);
    expect(queue.lying.map(({ id }) => id)).toEqual(Array.from({ length: 10 }, (_, index) => `m${index}`));
  });

  it('hides what it keeps for longer and longer, and so comes to the last of very many', async () => {
    // All are kept, and the first are back long before the last was seen.
    const queue = queueOf(2_000, { msPerReceive: 100 });

    const { seen, unseen } = await queue.browse(() => true, 10);

    expect([new Set(seen).size, unseen]).toEqual([2_000, 0]);
  });

  it('comes to an end when it cannot see the last, and says how many those are', async () => {
    // Slower than any hiding: the same ten come each time.
    const queue = queueOf(500, { msPerReceive: 7_200_000 });

    const { seen, unseen } = await queue.browse(() => true, 1_000);

    expect([seen.length, unseen]).toEqual([10, 490]);
    // Never for more than an hour, as this process may be killed.
    expect(queue.hidden).toEqual([1_000, 1_000, 2_000, 3_600]);
  });

  it('ends after the message under way when it is interrupted, and before the first when it was', async () => {
    const [during, before] = [queueOf(25), queueOf(25)];
    const interruption = new AbortController();

    const looked = await during.browse(
      () => {
        interruption.abort();
        return true;
      },
      60,
      interruption.signal,
    );
    const nothing = await before.browse(() => true, 60, interruption.signal);

    expect([looked.seen, nothing.seen]).toEqual([['m0'], []]);
    expect(before.hidden).toEqual([]);
  });

  it('says how many another process hides', async () => {
    const queue = queueOf(25, { hiddenByOthers: 7 });
    expect(await queue.browse((number) => number % 2 === 0)).toMatchObject({ unseen: 7 });
  });

  it('does not take what it has deleted for hidden', async () => {
    const queue = queueOf(25);
    expect(await queue.browse(() => false)).toMatchObject({ unseen: 0 });
  });
});
