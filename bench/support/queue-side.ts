import type { Context, SQSEvent } from 'aws-lambda';
import { queueHandler } from '../../functions/queue.ts';
import { systemClock as clock } from '../../lib/clock.ts';
import { httpClient } from '../../lib/http/client.ts';
import { ledger } from '../../lib/ledger/run.ts';
import { businessComponent, defineIntegration, operationRunner, text, unique } from '../../lib/operations/index.ts';
import { siebelClient } from '../../lib/siebel/client.ts';
import { permits } from '../../lib/siebel/permits.ts';
import { callItems } from '../../lib/state/call-items.ts';
import { stateTable } from '../../lib/state/table.ts';
import { noLog, noMetrics, oneToken } from './silent.ts';

/** What the parent sends first. */
export interface QueueSideOptions {
  readonly siebelPort: number;
  readonly statePort: number;
  readonly ca: string;
  /** Messages that are worked on at a time. */
  readonly inFlight: number;
}

/** One piece of work, and what its messages are called. */
export interface QueueSideJob {
  /** `batch` is one event for the handler; `calls` are the same upserts without the consumer, one behind the other. */
  readonly work: 'batch' | 'calls';
  readonly keys: readonly string[];
}

export interface QueueSideResult {
  readonly ms: number;
  /** Messages that go back to the queue. */
  readonly failed: number;
}

const REMAINING_MS = 60_000;

const integration = defineIntegration({
  operations: {
    'contact.upsert': businessComponent('Contact/Contact', {
      viewMode: 'All',
      userKey: unique('Person UId'),
      fields: { 'Person UId': text(100), 'First Name': text(50), 'Last Name': text(50) },
    }).upsert(),
  },
  queue: { accepts: ['contact.upsert'] },
});

process.once('message', (options: QueueSideOptions) => {
  const { run, handler } = consumer(options);
  process.on('message', async ({ work, keys }: QueueSideJob) => {
    const startedMs = performance.now();
    let failed = 0;
    if (work === 'batch') {
      const answer = await handler(eventOf(keys), contextOf());
      failed = answer.batchItemFailures.length;
    } else {
      for (const key of keys) await run('contact.upsert', inputOf(key), { deadlineAtMs: clock.now() + REMAINING_MS });
    }
    const result: QueueSideResult = { ms: performance.now() - startedMs, failed };
    process.send?.(result);
  });
  process.send?.('ready');
});
process.once('disconnect', () => process.exit());

/** What the queue function is in one container, without its token endpoint and its log. */
function consumer({ siebelPort, statePort, ca, inFlight }: QueueSideOptions) {
  const origin = new URL(`https://127.0.0.1:${siebelPort}`);
  const limits = { connections: inFlight, totalTimeoutMs: 20_000, maxBodyBytes: 8 * 1_024 * 1_024 };
  const places = permits({ total: inFlight, clock });
  const client = siebelClient({
    http: httpClient({ origin, ca, clock, ...limits }),
    tokens: oneToken(),
    baseUrl: new URL('/siebel/v1.0', origin),
    permits: places,
    clock,
  });
  const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' };
  const connection = { endpoint: `http://127.0.0.1:${statePort}`, region: 'eu-west-1', credentials };
  const store = callItems(stateTable({ tableName: 'bench', clock, connection }));
  const own = ledger({ store, clock, leaseMarginMs: 15_000 });
  const operations = operationRunner(integration, () => client, own, { settleMs: 720_000 });
  const handler = queueHandler({
    ...{ operations, inFlight, backoffSeconds: 30, clock, log: noLog, metrics: noMetrics },
    ledger: own,
    accepts: integration.queue.accepts,
    mappings: integration.queue.mappings,
    mostAtSiebel: places.highest,
    hide: async () => undefined,
    tokens: oneToken(),
  });
  return { handler, run: operations.run };
}

function inputOf(key: string): object {
  return { 'Person UId': key, 'First Name': 'Ada', 'Last Name': 'Brandt' };
}

function eventOf(keys: readonly string[]): SQSEvent {
  return {
    Records: keys.map((key) => ({
      messageId: key,
      receiptHandle: key,
      body: JSON.stringify({ operation: 'contact.upsert', key, input: inputOf(key) }),
      attributes: {
        ApproximateReceiveCount: '1',
        SentTimestamp: String(clock.now()),
        SenderId: 'bench',
        ApproximateFirstReceiveTimestamp: String(clock.now()),
      },
      messageAttributes: {},
      md5OfBody: '',
      eventSource: 'aws:sqs',
      eventSourceARN: 'arn:aws:sqs:eu-west-1:123456789012:bench',
      awsRegion: 'eu-west-1',
    })),
  };
}

function contextOf(): Context {
  const endsAtMs = clock.now() + REMAINING_MS;
  return { awsRequestId: 'bench', getRemainingTimeInMillis: () => endsAtMs - clock.now() } as Context;
}
