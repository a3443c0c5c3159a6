import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DescribeEventBusCommand, EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clientSettings } from '../../local-stack/aws/account.ts';
import { type EventBusStandIn, startEventBus } from '../../local-stack/aws/event-bus.ts';

const logFile = join(tmpdir(), `events-${process.pid}.ndjson`);
const ARN = 'arn:aws:events:eu-west-1:000000000000:event-bus/crm';
let bus: EventBusStandIn;
let client: EventBridgeClient;

beforeEach(async () => {
  bus = await startEventBus({ buses: [ARN], logFile });
  client = new EventBridgeClient({ ...clientSettings(bus.endpoint), maxAttempts: 1 });
});

afterEach(async () => {
  client.destroy();
  await bus.close();
  await rm(logFile, { force: true });
});

const entry = (given: object = {}) => ({
  EventBusName: 'crm',
  Source: 'com.example',
  DetailType: 'contacts',
  Detail: '{"Id":"1"}',
  ...given,
});
const put = (...entries: object[]) => client.send(new PutEventsCommand({ Entries: entries }));

describe('the stand-in for EventBridge', () => {
  it('keeps events in their order, and writes each one down', async () => {
    const { FailedEntryCount, Entries } = await put(entry(), entry({ EventBusName: ARN, Detail: '{"Id":"2"}' }));
    await put({ ...entry(), EventBusName: undefined });

    expect(FailedEntryCount).toBe(0);
    expect(Entries).toEqual([{ EventId: expect.any(String) }, { EventId: expect.any(String) }]);
    expect(bus.events()).toEqual([
      { bus: 'crm', source: 'com.example', detailType: 'contacts', detail: { Id: '1' } },
      { bus: 'crm', source: 'com.example', detailType: 'contacts', detail: { Id: '2' } },
      { bus: 'default', source: 'com.example', detailType: 'contacts', detail: { Id: '1' } },
    ]);
    await bus.close();
    const lines = (await readFile(logFile, 'utf8')).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual(bus.events());
  });

  it('takes events for a bus that does not exist, and drops them', async () => {
    expect(await put(entry({ EventBusName: 'gone' }))).toMatchObject({ FailedEntryCount: 0 });
    expect(bus.events()).toEqual([]);
    expect(bus.stats().dropped).toBe(1);
  });

  it('says which buses exist', async () => {
    expect(await client.send(new DescribeEventBusCommand({ Name: 'crm' }))).toMatchObject({ Name: 'crm', Arn: ARN });
    await expect(client.send(new DescribeEventBusCommand({ Name: 'gone' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });

  it('refuses entries one by one', async () => {
    const { FailedEntryCount, Entries = [] } = await put(
      entry({ Detail: 'no JSON' }),
      entry(),
      entry({ Source: 'aws.ec2' }),
      entry({ DetailType: '' }),
      entry({ DetailType: 'x'.repeat(129) }),
    );

    expect(FailedEntryCount).toBe(4);
    expect(Entries.map(({ ErrorCode }) => ErrorCode)).toEqual([
      'MalformedDetail',
      undefined,
      'NotAuthorizedForSourceException',
      'InvalidArgument',
      'InvalidArgument',
    ]);
    expect(bus.events()).toHaveLength(1);
  });

  it('refuses requests with more than ten entries, or not below 256 KiB', async () => {
    const large = entry({ Detail: JSON.stringify('x'.repeat(130 * 1_024)) });
    const beside = 'com.example'.length + 'contacts'.length + '{"x":""}'.length;
    const exact = 256 * 1_024 - beside;
    const ofLength = (length: number) => entry({ Detail: JSON.stringify({ x: 'x'.repeat(length) }) });

    expect(await put(ofLength(exact - 1))).toMatchObject({ FailedEntryCount: 0 });
    await expect(put(ofLength(exact))).rejects.toMatchObject({ name: 'ValidationException' });

    await expect(put(...Array.from({ length: 11 }, () => entry()))).rejects.toMatchObject({
      name: 'ValidationException',
    });
    await expect(put(large, large)).rejects.toMatchObject({ name: 'ValidationException' });
  });

  it('refuses some entries on request, as often as it is told to', async () => {
    bus.refuseEntries('InternalFailure', { times: 1, withText: '"2"' });
    const both = [entry(), entry({ Detail: '{"Id":"2"}' })];

    const answers = [await put(...both), await put(...both)];

    expect(answers.map(({ FailedEntryCount }) => FailedEntryCount)).toEqual([1, 0]);
    expect(bus.stats()).toMatchObject({ requests: 2, refusedEntries: 1 });
  });

  it.each([
    ['throttle', 'ThrottlingException'],
    ['deny', 'AccessDeniedException'],
    ['unavailable', 'InternalException'],
  ] as const)('fails requests on request: %s', async (fault, name) => {
    bus.failRequests(fault, { times: 1 });

    await expect(put(entry())).rejects.toMatchObject({ name });
    await put(entry());
    bus.failRequests(fault);
    bus.recover();
    await put(entry());

    expect(bus.events()).toHaveLength(2);
    expect(bus.stats().faults).toBe(1);
  });
});
