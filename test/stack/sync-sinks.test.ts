import { randomBytes, randomUUID } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, DeleteMessageBatchCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { sinkFor } from '../../functions/sinks.ts';
import { systemClock } from '../../lib/clock.ts';
import { eventBridge, ownSink, type SyncTarget, s3, sqs } from '../../lib/operations/index.ts';
import type { SyncSink } from '../../lib/sync/sink.ts';
import { clientSettings, LOCAL_ACCOUNT } from '../../local-stack/aws/account.ts';
import { type EventBusStandIn, startEventBus } from '../../local-stack/aws/event-bus.ts';
import { type SqsAndS3StandIn, startSqsAndS3 } from '../../local-stack/aws/sqs-s3.ts';
import { keptLog, keptMetrics } from '../lib/sync/sync-parts.ts';
import { type AwsFront, type FrontRequest, jsonError, s3Error, startAwsFront } from '../support/aws-front.ts';
import { fileSink, linesInFolder } from '../support/file-sink.ts';
import { sinkContract } from '../support/sink-contract.ts';

const RANGE = {
  from: '2025-03-14T09:26:53Z',
  to: '2025-03-14T10:00:00Z',
  end: { at: '2025-03-14T10:00:00Z', id: '1-9' },
};
const RUN = { job: 'accounts', window: 'live', fence: 1_700_000_012 };
const SOURCE = 'com.example.siebel';

let standIn: SqsAndS3StandIn;
let bus: EventBusStandIn;
let front: AwsFront;
let s3Client: S3Client;
let sqsClient: SQSClient;
let log: ReturnType<typeof keptLog>;
let metrics: ReturnType<typeof keptMetrics>;

beforeAll(async () => {
  standIn = await startSqsAndS3();
  [bus, front] = await Promise.all([startEventBus({ buses: ['crm'] }), startAwsFront(standIn.endpoint)]);
  s3Client = new S3Client({ ...clientSettings(standIn.endpoint), forcePathStyle: true });
  sqsClient = new SQSClient({ ...clientSettings(standIn.endpoint), useQueueUrlAsEndpoint: false });
});

afterAll(async () => {
  s3Client.destroy();
  sqsClient.destroy();
  await Promise.all([front.close(), bus.close()]);
  await standIn.close();
});

beforeEach(() => {
  // The sinks make their clients by themselves, from what Lambda and the settings give.
  vi.stubEnv('AWS_REGION', LOCAL_ACCOUNT.region);
  vi.stubEnv('AWS_ACCESS_KEY_ID', LOCAL_ACCOUNT.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', LOCAL_ACCOUNT.secretAccessKey);
  vi.stubEnv('AWS_ENDPOINT_URL_S3', front.endpoint);
  vi.stubEnv('AWS_ENDPOINT_URL_SQS', front.endpoint);
  vi.stubEnv('AWS_ENDPOINT_URL_EVENTBRIDGE', bus.endpoint);
  log = keptLog();
  metrics = keptMetrics();
});

afterEach(() => {
  front.decide();
  bus.recover();
  vi.unstubAllEnvs();
});

async function madeFor(target: SyncTarget, bucket: string): Promise<SyncSink> {
  const queuesUrl = `${standIn.endpoint}/${LOCAL_ACCOUNT.accountId}`;
  return sinkFor(target, { bucket, queuesUrl, clock: systemClock, log, metrics });
}

async function newBucket(): Promise<string> {
  const Bucket = `sync-${randomUUID()}`;
  await s3Client.send(new CreateBucketCommand({ Bucket }));
  return Bucket;
}

async function newQueue(suffix = ''): Promise<string> {
  const QueueName = `changes-${randomUUID()}${suffix}`;
  await sqsClient.send(
    new CreateQueueCommand({ QueueName, ...(suffix !== '' && { Attributes: { FifoQueue: 'true' } }) }),
  );
  return QueueName;
}

async function objectOf(bucket: string, Key: string): Promise<Buffer> {
  const { Body } = await s3Client.send(new GetObjectCommand({ Bucket: bucket, Key }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

async function namesIn(bucket: string): Promise<string[]> {
  const { Contents = [] } = await s3Client.send(new ListObjectsV2Command({ Bucket: bucket }));
  return Contents.map(({ Key = '' }) => Key);
}

async function linesOf(bucket: string, names: readonly string[]): Promise<string[]> {
  const objects = await Promise.all(names.map((name) => objectOf(bucket, name)));
  return objects.flatMap((object) => gunzipSync(object).toString().trimEnd().split('\n'));
}

/** What the manifests name: that, and nothing else, is valid. */
async function named(bucket: string, member: 'objects' | 'quarantine'): Promise<string[]> {
  const manifests = (await namesIn(bucket)).filter((name) => name.endsWith('-manifest.json'));
  const texts = await Promise.all(manifests.map((name) => objectOf(bucket, name)));
  return linesOf(
    bucket,
    texts.flatMap((text) => JSON.parse(String(text))[member].map(({ name }: { name: string }) => name)),
  );
}

async function inQuarantine(bucket: string): Promise<string[]> {
  return linesOf(
    bucket,
    (await namesIn(bucket)).filter((name) => name.startsWith('quarantine/')),
  );
}

/** Takes messages off a queue until it is empty, and keeps them for later questions. */
function consumer(queueName: string) {
  const QueueUrl = `${standIn.endpoint}/${LOCAL_ACCOUNT.accountId}/${queueName}`;
  const bodies: string[] = [];
  return async (): Promise<string[]> => {
    for (;;) {
      const { Messages = [] } = await sqsClient.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
      if (Messages.length === 0) return bodies;
      bodies.push(...Messages.map(({ Body = '' }) => Body));
      const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
      await sqsClient.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
    }
  };
}

const records = (...ids: string[]) =>
  ids.map((id) => ({ id, line: JSON.stringify({ Id: id, Name: `Account ${id}` }) }));

/** A chunk with these records, closed. */
async function handOver(sink: SyncSink, given: readonly { id: string; line: string }[], fence = RUN.fence) {
  const chunk = sink.open({ ...RUN, fence }).chunk();
  try {
    await chunk.write(given);
    return await chunk.close(RANGE);
  } catch (error) {
    await chunk.abort();
    throw error;
  }
}

const breakDown = () => front.decide(() => s3Error(403, 'AccessDenied'));
const mend = () => front.decide();

sinkContract('a bucket', async () => {
  const bucket = await newBucket();
  return {
    sink: await madeFor(s3('crm'), bucket),
    taken: () => named(bucket, 'objects'),
    quarantined: () => named(bucket, 'quarantine'),
    breakDown,
    mend,
    close: () => undefined,
  };
});

describe.each(['', '.fifo'])('queues%s', (suffix) => {
  sinkContract(`a queue${suffix}`, async () => {
    const [bucket, queueName] = await Promise.all([newBucket(), newQueue(suffix)]);
    return {
      sink: await madeFor(sqs(queueName), bucket),
      taken: consumer(queueName),
      quarantined: () => inQuarantine(bucket),
      breakDown: () => front.decide(() => jsonError(403, 'com.amazon.coral.service#AccessDeniedException')),
      mend,
      close: () => undefined,
    };
  });
});

sinkContract('an event bus', async () => {
  const bucket = await newBucket();
  const from = bus.events().length;
  return {
    sink: await madeFor(eventBridge({ bus: 'crm', source: SOURCE }), bucket),
    taken: async () =>
      bus
        .events()
        .slice(from)
        .map(({ detail }) => JSON.stringify(detail)),
    quarantined: () => inQuarantine(bucket),
    breakDown: () => bus.failRequests('deny'),
    mend: () => bus.recover(),
    close: () => undefined,
  };
});

describe('a sync into a bucket, over real sockets', () => {
  it('writes over nothing that is there (R68)', async () => {
    const bucket = await newBucket();
    const target = s3('crm');
    const [name = ''] = await handOver(await madeFor(target, bucket), records('1'));

    // Another life of the job with the same number: its table was lost, and its clock is the same.
    await expect(handOver(await madeFor(s3('crm'), bucket), records('2'))).rejects.toMatchObject({
      code: 'SINK_UNAVAILABLE',
      message: expect.stringContaining(name),
    });
    expect(await named(bucket, 'objects')).toEqual(records('1').map(({ line }) => line));
  });

  it('takes the next number when the answer to its own first attempt was lost (R68)', async () => {
    const bucket = await newBucket();
    let lost = 0;
    front.decide(({ url }) => (url.includes('-00001.') && ++lost === 1 ? 'lose-answer' : 'pass'));

    const names = await handOver(await madeFor(s3('crm'), bucket), records('1'));

    expect(lost).toBe(2);
    expect(names).toEqual(['crm/accounts/live/1700000012-00002.ndjson.gz']);
    expect(await named(bucket, 'objects')).toEqual(records('1').map(({ line }) => line));
  });

  it('sends a large object in parts, and knows it when the answer to completing it was lost (R68)', async () => {
    const bucket = await newBucket();
    const large = Array.from({ length: 26 }, (_, index) => ({
      id: `1-${index}`,
      line: JSON.stringify({ Id: `1-${index}`, Text: randomBytes(500_000).toString('base64') }),
    }));
    let lost = 0;
    const isComplete = ({ method, url }: FrontRequest) => method === 'POST' && url.includes('uploadId=');
    front.decide((request) => (isComplete(request) && ++lost === 1 ? 'lose-answer' : 'pass'));

    const names = await handOver(await madeFor(s3('crm'), bucket), large);

    expect(lost).toBe(2);
    expect(front.seen.filter((line) => line.includes('partNumber='))).toHaveLength(2);
    expect(await linesOf(bucket, names)).toEqual(large.map(({ line }) => line));
  });

  it.each([
    ['a bucket that is not there', 'no-such-bucket', undefined, 'CONFIGURATION'],
    ['a bucket that refuses', undefined, s3Error(403, 'AccessDenied'), 'CONFIGURATION'],
    ['a bucket that has too much to do', undefined, s3Error(503, 'SlowDown'), 'SINK_UNAVAILABLE'],
  ])('says what is wrong with %s', async (_what, name, answer, code) => {
    const bucket = name ?? (await newBucket());
    const sink = await madeFor(s3('crm'), bucket);
    if (answer) front.decide(() => answer);

    await expect(handOver(sink, records('1'))).rejects.toMatchObject({
      code,
      message: expect.stringContaining(`bucket "${bucket}"`),
    });
  });
});

describe('a sync into a queue, over real sockets', () => {
  /** Refuses entries of batches that hold this text, so many times, as SQS does in a response that is otherwise good. */
  function refusing(withText: string, times: number) {
    let left = times;
    const batches: number[] = [];
    front.decide(({ headers, body }) => {
      if (headers['x-amz-target'] !== 'AmazonSQS.SendMessageBatch') return 'pass';
      const { Entries } = JSON.parse(String(body));
      batches.push(Entries.length);
      if (left === 0 || !Entries.some(({ MessageBody }: { MessageBody: string }) => MessageBody.includes(withText))) {
        return 'pass';
      }
      left -= 1;
      const Failed = Entries.map(({ Id }: { Id: string }) => ({ Id, Code: 'InternalError', SenderFault: false }));
      const answer = { Successful: [], Failed };
      return { status: 200, headers: { 'content-type': 'application/x-amz-json-1.0' }, body: JSON.stringify(answer) };
    });
    return batches;
  }

  it('sends again what the queue did not take, and keeps the order of a record on a FIFO queue', async () => {
    const [bucket, queueName] = await Promise.all([newBucket(), newQueue('.fifo')]);
    const sink = await madeFor(sqs(queueName), bucket);
    const versions = Array.from({ length: 12 }, (_, n) => ({ id: 'A', line: JSON.stringify({ Id: 'A', n }) }));
    const others = records(...Array.from({ length: 8 }, (_, index) => `B${index}`));
    const batches = refusing('"n":3', 2);

    await handOver(sink, [...versions, ...others]);

    const bodies = (await consumer(queueName)()).map((body) => JSON.parse(body));
    expect(bodies.filter(({ Id }) => Id === 'A').map(({ n }) => n)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(bodies).toHaveLength(20);
    expect(batches).toHaveLength(14);
  });

  it('hands all over once more after it failed in the middle, so that some come twice and none never (R68)', async () => {
    const [bucket, queueName] = await Promise.all([newBucket(), newQueue()]);
    const sink = await madeFor(sqs(queueName), bucket);
    const given = records(...Array.from({ length: 95 }, (_, index) => `1-${index}`));
    let batches = 0;
    front.decide(() => (++batches > 5 ? jsonError(403, 'com.amazon.coral.service#AccessDeniedException') : 'pass'));
    const take = consumer(queueName);

    await expect(handOver(sink, given, 1)).rejects.toMatchObject({ code: 'CONFIGURATION' });
    front.decide();
    const sentByFirst = (await take()).length;
    await handOver(sink, given, 2);

    expect(sentByFirst).toBe(50);
    expect(await take()).toHaveLength(145);
    expect(new Set(await take())).toEqual(new Set(given.map(({ line }) => line)));
  });

  it.each(['', '.fifo'])('says on each message of a queue%s which read of the job it belongs to', async (suffix) => {
    const [bucket, queueName] = await Promise.all([newBucket(), newQueue(suffix)]);
    await handOver(await madeFor(sqs(queueName), bucket), records('1'));

    const QueueUrl = `${standIn.endpoint}/${LOCAL_ACCOUNT.accountId}/${queueName}`;
    const { Messages } = await sqsClient.send(new ReceiveMessageCommand({ QueueUrl, MessageAttributeNames: ['All'] }));
    expect(Messages).toMatchObject([{ MessageAttributes: { window: { StringValue: 'live' } } }]);
  });

  it('hands over once more on a FIFO queue what has become again what it was', async () => {
    const [bucket, queueName] = await Promise.all([newBucket(), newQueue('.fifo')]);
    const sink = await madeFor(sqs(queueName), bucket);
    const [a, b] = ['a', 'b'].map((Name) => ({ id: '1', line: JSON.stringify({ Id: '1', Name }) }));

    await handOver(sink, [a, b] as never, 1);
    await handOver(sink, [a] as never, 2);

    expect(await consumer(queueName)()).toEqual([a?.line, b?.line, a?.line]);
  });

  it('keeps what is too large for a message in the bucket, and sends the others', async () => {
    const [bucket, queueName] = await Promise.all([newBucket(), newQueue()]);
    const large = { id: '2', line: JSON.stringify({ Id: '2', Text: 'x'.repeat(256 * 1_024) }) };

    await handOver(await madeFor(sqs(queueName), bucket), [...records('1'), large, ...records('3')]);

    expect((await consumer(queueName)()).sort()).toEqual(records('1', '3').map(({ line }) => line));
    expect((await inQuarantine(bucket)).map((line) => JSON.parse(line))).toMatchObject([
      { Id: '2', issues: [{ code: 'TOO_LARGE_FOR_SINK' }], record: { Id: '2' } },
    ]);
    expect(log.lines).toMatchObject([{ event: 'SYNC_RECORDS_REFUSED', records: 1, recordIds: ['2'] }]);
  });

  it.each([
    ['a queue that is not there', 'no-such-queue', undefined, 'CONFIGURATION'],
    [
      'a queue that refuses',
      undefined,
      jsonError(403, 'com.amazon.coral.service#AccessDeniedException'),
      'CONFIGURATION',
    ],
    ['a queue that throttles', undefined, jsonError(400, 'com.amazonaws.sqs#RequestThrottled'), 'SINK_UNAVAILABLE'],
  ])('says what is wrong with %s', async (_what, name, answer, code) => {
    const [bucket, queueName] = await Promise.all([newBucket(), name ?? newQueue()]);
    const sink = await madeFor(sqs(queueName), bucket);
    if (answer) front.decide(() => answer);

    await expect(handOver(sink, records('1'))).rejects.toMatchObject({
      code,
      message: expect.stringContaining(`queue "${queueName}"`),
    });
  });
});

describe('a sync onto an event bus, over real sockets', () => {
  it('puts again the events that were refused, alone', async () => {
    const bucket = await newBucket();
    const before = { events: bus.events().length, ...bus.stats() };
    bus.refuseEntries('ThrottlingException', { times: 2, withText: '"Id":"4"' });

    await handOver(await madeFor(eventBridge({ bus: 'crm', source: SOURCE }), bucket), records(...'123456789'));

    const events = bus.events().slice(before.events);
    expect(events.map(({ detail }) => (detail as { Id: string }).Id).join('')).toBe('123567894');
    expect(events[0]).toEqual({
      bus: 'crm',
      source: SOURCE,
      detailType: 'accounts',
      detail: { Id: '1', Name: 'Account 1' },
    });
    // The bus is asked for first.
    expect(bus.stats().requests - before.requests).toBe(4);
    expect(bus.stats().refusedEntries - before.refusedEntries).toBe(2);
  });

  it('keeps an event that is refused for good in the bucket', async () => {
    const bucket = await newBucket();
    const before = bus.events().length;

    await handOver(await madeFor(eventBridge({ bus: 'crm', source: SOURCE }), bucket), [
      { id: '1', line: '["no object"]' },
      ...records('2'),
    ]);

    expect(bus.events().slice(before)).toHaveLength(1);
    expect((await inQuarantine(bucket)).map((line) => JSON.parse(line))).toMatchObject([
      { Id: '1', issues: [{ code: 'MalformedDetail' }] },
    ]);
    expect(metrics.counts.get('sync.quarantined')).toBe(1);
  });

  it('puts nothing on a bus that is not there, which would drop it without a word', async () => {
    const before = bus.stats().dropped;

    await expect(
      handOver(await madeFor(eventBridge({ bus: 'gone', source: SOURCE }), await newBucket()), records('1')),
    ).rejects.toMatchObject({ code: 'CONFIGURATION', message: expect.stringContaining('event bus "gone"') });
    expect(bus.stats().dropped).toBe(before);
  });

  it.each([
    ['refuses', 'deny', 'CONFIGURATION'],
    ['throttles', 'throttle', 'SINK_UNAVAILABLE'],
    ['fails', 'unavailable', 'SINK_UNAVAILABLE'],
  ] as const)('says what is wrong with a bus that %s', async (_what, fault, code) => {
    const sink = await madeFor(eventBridge({ bus: 'crm', source: SOURCE }), await newBucket());
    bus.failRequests(fault);

    await expect(handOver(sink, records('1'))).rejects.toMatchObject({ code });
  });
});

describe('sinks whose service does not answer', () => {
  it('end each attempt in time, and succeed by the next one', async () => {
    const [bucket, other, queueName] = await Promise.all([newBucket(), newBucket(), newQueue()]);
    const faults = new Set(['PUT', 'POST']);
    front.decide(({ method }) => (faults.delete(method) ? (method === 'PUT' ? 'stall' : 'put-off') : 'pass'));
    bus.failRequests('stalled', { times: 1 });
    const targets = [s3('crm'), sqs(queueName), eventBridge({ source: SOURCE })];
    const sinks = await Promise.all(targets.map((target) => madeFor(target, target.kind === 's3' ? bucket : other)));
    const before = bus.events().length;
    const startedMs = performance.now();

    await Promise.all(sinks.map((sink) => handOver(sink, records('1'))));

    expect(performance.now() - startedMs).toBeLessThan(9_000);
    expect(faults.size).toBe(0);
    expect(await named(bucket, 'objects')).toHaveLength(1);
    expect(await consumer(queueName)()).toHaveLength(1);
    expect(bus.events().length - before).toBe(1);
  });
});

describe('a sink of one’s own', () => {
  it('is made once for a target', async () => {
    let times = 0;
    const target = ownSink('files', () => {
      times += 1;
      return fileSink({ folder: '/nowhere' });
    });

    const [one, other] = await Promise.all([madeFor(target, 'none'), madeFor(target, 'none')]);

    expect(one).toBe(other);
    expect(times).toBe(1);
    expect(await linesInFolder('/nowhere', 'records')).toEqual([]);
  });

  it('is made again after it could not be made', async () => {
    let times = 0;
    const target = ownSink('files', () => {
      times += 1;
      if (times === 1) throw new Error('not now');
      return fileSink({ folder: '/nowhere' });
    });

    await expect(madeFor(target, 'none')).rejects.toMatchObject({ code: 'SINK_UNAVAILABLE' });
    expect((await madeFor(target, 'none')).recordsPerChunk).toBe(1_000);
  });
});
