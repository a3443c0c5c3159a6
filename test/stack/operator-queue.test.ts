import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type OperatorQueue, operatorQueue } from '../../lib/messaging/operator-queue.ts';
import { clientSettings } from '../../local-stack/aws/account.ts';
import { provisionQueues } from '../../local-stack/aws/provision.ts';
import { type SqsAndS3StandIn, startSqsAndS3 } from '../../local-stack/aws/sqs-s3.ts';

const OUTGOING = { attributes: {}, group: 'g', once: 'o' };

let aws: SqsAndS3StandIn;
let queue: OperatorQueue;
let queues = 0;
beforeAll(async () => {
  aws = await startSqsAndS3();
});
afterAll(() => aws.close());
beforeEach(async () => {
  queues += 1;
  const names = { queueName: `calls-${queues}`, deadLetterName: `dead-${queues}` };
  const { queueUrl } = await provisionQueues(aws.endpoint, { ...names, visibilityTimeoutSeconds: 600 });
  queue = operatorQueue({ queueUrl, connection: clientSettings(aws.endpoint) });
});

async function seenIn(hiddenSeconds: number, look: (body: string) => Promise<void> = async () => undefined) {
  const seen: string[] = [];
  await queue.browse({ hiddenSeconds }, async ({ body }) => {
    seen.push(body);
    await look(body);
    return { verdict: 'keep' };
  });
  return seen;
}

describe('browsing a queue', () => {
  it('shows each message once, though the first show themselves again before the last was seen', async () => {
    for (const body of ['a', 'b']) await queue.send({ ...OUTGOING, body });
    const slow = (body: string) =>
      body === 'a' ? new Promise<void>((resolve) => setTimeout(resolve, 1_100)) : Promise.resolve();

    expect((await seenIn(1, slow)).toSorted()).toEqual(['a', 'b']);
  });

  it('gives back what it has looked at when the looking fails', async () => {
    for (const body of ['a', 'b', 'c']) await queue.send({ ...OUTGOING, body });

    const failing = seenIn(60, async () => {
      throw new Error('no more');
    });

    await expect(failing).rejects.toThrow('no more');
    expect(await seenIn(60)).toHaveLength(3);
  });

  it('ends where it is told to, and gives back also what it has not shown', async () => {
    for (const body of ['a', 'b', 'c']) await queue.send({ ...OUTGOING, body });
    let looks = 0;

    await queue.browse({ hiddenSeconds: 60 }, async () => {
      looks += 1;
      return { verdict: looks === 1 ? 'delete' : 'keep', done: looks === 2 };
    });

    expect(looks).toBe(2);
    expect(await queue.count()).toBe(2);
    expect(await seenIn(60)).toHaveLength(2);
  });
});
