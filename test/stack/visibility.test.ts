import type { AddressInfo } from 'node:net';
import { CreateQueueCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { buildApp } from 'fauxqs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { changeVisibility } from '../../lib/messaging/visibility.ts';

const app = buildApp({ logger: false, defaultRegion: 'eu-central-1' });
let client: SQSClient;
let queueUrl: string;

beforeAll(async () => {
  await app.listen({ host: '127.0.0.1', port: 0 });
  client = new SQSClient({
    endpoint: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    useQueueUrlAsEndpoint: false,
    maxAttempts: 1,
  });
  const queue = { QueueName: 'calls', Attributes: { VisibilityTimeout: '600' } };
  queueUrl = (await client.send(new CreateQueueCommand(queue))).QueueUrl ?? '';
});

afterAll(async () => {
  client.destroy();
  await app.close();
});

it('makes a received message visible again when it is hidden for no time', async () => {
  await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: 'one' }));
  const [first] = await receive();
  expect(first?.Body).toBe('one');
  expect(await receive()).toEqual([]);

  await changeVisibility({ queueUrl, client })(first?.ReceiptHandle ?? '', 0);

  expect((await receive()).map(({ MessageId }) => MessageId)).toEqual([first?.MessageId]);
});

it('throws when there is no such queue', async () => {
  const hide = changeVisibility({ queueUrl: `${queueUrl}-gone`, client });
  await expect(hide('handle', 30)).rejects.toMatchObject({ name: expect.stringMatching(/QueueDoesNotExist/) });
});

async function receive() {
  const { Messages = [] } = await client.send(new ReceiveMessageCommand({ QueueUrl: queueUrl, WaitTimeSeconds: 0 }));
  return Messages;
}
