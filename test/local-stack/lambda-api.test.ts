import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { expect, it, onTestFinished, vi } from 'vitest';
import { clientSettings } from '../../local-stack/aws/account.ts';
import type { EventSourceMapping } from '../../local-stack/lambda/event-source-mapping.ts';
import { startLambdaApi } from '../../local-stack/lambda/lambda-api.ts';
import { deploy } from './function-zip.ts';

const QUEUE_ARN = 'arn:aws:sqs:eu-central-1:000000000000:calls';
const MAPPINGS = '/2015-03-31/event-source-mappings';
/** Answers with its process, with `{ wait: true }` never, and with `{ fail: true }` by an error. */
const WAIT = `
export const handler = async (event) => {
  if (event.fail) throw new RangeError('no such job');
  if (event.wait) await new Promise((resolve) => setTimeout(resolve, 60_000));
  return process.pid;
};`;

/** The API before a function of its own and a mapping that notes what it is told. */
async function lambdaApi() {
  const { deployed } = deploy(WAIT, { maxConcurrency: 2 });
  const told: boolean[] = [];
  const mapping: Pick<EventSourceMapping, 'state' | 'enable'> = {
    state: () => (told.at(-1) === false ? 'Disabling' : 'Enabled'),
    enable: (enabled) => void told.push(enabled),
  };
  const other = { name: 'backfill', arn: 'arn:aws:lambda:eu-west-1:000000000000:function:backfill' };
  const api = await startLambdaApi({
    functions: { queue: deployed },
    mappings: [
      { mapping, target: deployed, queueArn: QUEUE_ARN },
      { mapping: { state: () => 'Enabled', enable: () => {} }, target: other, queueArn: `${QUEUE_ARN}-backfill` },
    ],
  });
  onTestFinished(() => api.close());
  const call = async (method: string, path: string, body?: object | string) => {
    const text = typeof body === 'object' ? JSON.stringify(body) : body;
    const response = await fetch(api.url + path, { method, ...(text !== undefined && { body: text }) });
    // biome-ignore lint/suspicious/noExplicitAny: answers are of many shapes.
    const answer: any = await response.json();
    return { status: response.status, body: answer };
  };
  return { call, told, deployed, url: api.url };
}

it('switches the event source mapping off and on, as `aws lambda update-event-source-mapping` asks for it', async () => {
  const { call, told, deployed } = await lambdaApi();

  const { body } = await call('GET', `${MAPPINGS}?FunctionName=${deployed.name}`);
  const [{ UUID, ...others }, ...more] = body.EventSourceMappings;
  expect(others).toEqual({ EventSourceArn: QUEUE_ARN, FunctionArn: deployed.arn, State: 'Enabled' });
  expect(more).toEqual([]);
  const all = (await call('GET', `${MAPPINGS}/`)).body.EventSourceMappings;
  expect(all.map(({ FunctionArn }: { FunctionArn: string }) => FunctionArn.split(':').at(-1))).toEqual([
    deployed.name,
    'backfill',
  ]);
  expect((await call('GET', `${MAPPINGS}?FunctionName=backfill`)).body).toEqual({ EventSourceMappings: [all[1]] });
  expect((await call('GET', `${MAPPINGS}?FunctionName=another`)).body).toEqual({ EventSourceMappings: [] });

  expect(await call('PUT', `${MAPPINGS}/${UUID}`, { Enabled: false })).toEqual({
    status: 202,
    body: { UUID, ...others, State: 'Disabling' },
  });
  expect((await call('GET', `${MAPPINGS}/${UUID}`)).body.State).toBe('Disabling');
  expect((await call('PUT', `${MAPPINGS}/${UUID}`, { Enabled: true })).body.State).toBe('Enabled');
  expect(told).toEqual([false, true]);
});

it('refuses what it does not know, and changes nothing', async () => {
  const { call, told } = await lambdaApi();
  const { UUID } = (await call('GET', MAPPINGS)).body.EventSourceMappings[0];

  for (const body of ['', 'off', 'null', {}, { Enabled: 'no' }, { Enabled: false, BatchSize: 1 }]) {
    expect(await call('PUT', `${MAPPINGS}/${UUID}`, body)).toMatchObject({ status: 400, body: { Type: 'User' } });
  }
  for (const [method, path] of [
    ['PUT', `${MAPPINGS}/another`],
    ['DELETE', `${MAPPINGS}/${UUID}`],
    ['GET', '/-/functions/queue/kill'],
    ['POST', '/-/functions/toString/kill'],
    ['POST', '/-/functions//kill'],
  ] as const) {
    expect(await call(method, path, method === 'PUT' ? { Enabled: false } : undefined)).toMatchObject({ status: 404 });
  }
  expect(told).toEqual([]);
});

it('kills the containers of a function, busy and idle ones, and says how many', async () => {
  const { call, deployed } = await lambdaApi();
  expect(await call('POST', '/-/functions/queue/kill')).toEqual({ status: 200, body: { killed: 0 } });
  const busy = deployed.invoke({ wait: true });
  const idle = await deployed.invoke({});
  // At work, and not merely starting: a container killed in its start is started once more.
  await vi.waitFor(() => expect(deployed.sandboxes().filter(({ event }) => event !== undefined)).toHaveLength(1));
  expect(deployed.stats().sandboxes).toBe(2);

  expect(await call('POST', '/-/functions/queue/kill')).toEqual({ status: 200, body: { killed: 2 } });
  expect(await call('POST', '/-/functions/queue/kill')).toEqual({ status: 200, body: { killed: 0 } });

  expect(await busy).toMatchObject({ functionError: 'Unhandled' });
  expect((await deployed.invoke({})).payload).not.toBe(idle.payload);
});

it('calls a function by its name or ARN, and waits, as an SDK client asks for it', async () => {
  const { deployed, url } = await lambdaApi();
  const client = new LambdaClient({ ...clientSettings(url), maxAttempts: 1 });
  onTestFinished(() => client.destroy());
  const invoke = async (FunctionName: string, event: object) => {
    const answer = await client.send(new InvokeCommand({ FunctionName, Payload: Buffer.from(JSON.stringify(event)) }));
    return { error: answer.FunctionError, payload: JSON.parse(answer.Payload?.transformToString() ?? '') };
  };

  const byName = await invoke('queue', {});
  expect(byName).toEqual({ error: undefined, payload: expect.any(Number) });
  expect(await invoke(deployed.arn, {})).toEqual(byName);
  expect(await invoke('queue', { fail: true })).toEqual({
    error: 'Unhandled',
    payload: expect.objectContaining({ errorType: 'RangeError', errorMessage: 'no such job' }),
  });
  await expect(invoke('toString', {})).rejects.toMatchObject({ name: 'ResourceNotFoundException' });

  const busy = [invoke('queue', { wait: true }), invoke('queue', { wait: true })];
  await vi.waitFor(() => expect(deployed.sandboxes().filter(({ event }) => event !== undefined)).toHaveLength(2));
  await expect(invoke('queue', {})).rejects.toMatchObject({ name: 'TooManyRequestsException' });
  for (const sandbox of deployed.sandboxes()) sandbox.kill();
  expect(await Promise.all(busy)).toMatchObject([{ error: 'Unhandled' }, { error: 'Unhandled' }]);
});

it('refuses an event that is no JSON', async () => {
  const { call } = await lambdaApi();

  expect(await call('POST', '/2015-03-31/functions/queue/invocations', '{')).toMatchObject({
    status: 400,
    body: { Type: 'User' },
  });
});
