import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { type Audit, bucket } from './bucket.ts';
import { atMsOf, idOf, type Records, recordText } from './records.ts';
import { pageOf } from './siebel-search.ts';

/** What the parent sends first, and again for whatever is to be another way. */
export interface SyncServersOptions {
  readonly tls: { readonly key: string; readonly cert: string };
}

/** What the process answers when it listens. */
export interface SyncServersReady {
  readonly siebelPort: number;
  readonly bucketPort: number;
  readonly statePort: number;
}

/** How the stand-ins are from now on; the bucket is empty again. Answered with `ready`. */
export interface SyncServersSetting {
  readonly records: Records;
  /** Between the last byte of a request to Siebel and the first of its answer. */
  readonly pageMs: number;
  /** The same for content that is written to the bucket. */
  readonly putMs: number;
  /** This one of the requests to Siebel fails with 503, counted from 1. */
  readonly failing?: number;
}

/** What the process answers to `counts`, since it was set. */
export interface SyncServersCounts extends Audit {
  /** Requests for a page of more than one record, or for one without fields: those of the floor and of probes are left out. */
  readonly pages: number;
  /** Of those, requests that were under way while an object was being written to the bucket. */
  readonly pagesWhileWriting: number;
  readonly mostInFlight: number;
  readonly failed: number;
}

const NO_DATA = JSON.stringify({ ERROR: 'There is no data for the requested resource' });
const NONE = { pages: 0, pagesWhileWriting: 0, mostInFlight: 0, failed: 0 };

/** A process of its own that is Siebel over TLS, a bucket and a DynamoDB. It has nothing else to do, so it costs all sides the same. */
process.once('message', async ({ tls }: SyncServersOptions) => {
  const content = bucket(() => {
    counts.pagesWhileWriting += inFlight;
  });
  let setting: SyncServersSetting = { records: { count: 0, newestAtMs: 0 }, pageMs: 0, putMs: 0 };
  let counts = { ...NONE };
  let inFlight = 0;
  let requests = 0;

  const siebel = createTlsServer({ ...tls, keepAliveTimeout: 60_000 }, (request, response) => {
    const { searchParams } = new URL(request.url ?? '/', 'https://siebel');
    requests += 1;
    const fails = requests === setting.failing;
    if (fails) counts.failed += 1;
    if (searchParams.get('PageSize') !== '1') {
      counts.pages += 1;
      if (content.writing() > 0) counts.pagesWhileWriting += 1;
    }
    inFlight += 1;
    counts.mostInFlight = Math.max(counts.mostInFlight, inFlight);
    const [status, body] = fails ? [503, '{"ERROR":"Service unavailable"}'] : page(searchParams, setting.records);
    request.resume().once('end', () => setTimeout(answer, setting.pageMs));

    function answer() {
      inFlight -= 1;
      response.writeHead(status as number, { 'Content-Type': 'application/json;charset=utf-8' });
      response.end(body);
    }
  });
  const state = dynalite({ createTableMs: 0 });

  const ready: SyncServersReady = {
    siebelPort: await listening(siebel),
    bucketPort: await listening(content.server),
    statePort: await listening(state as unknown as Server),
  };
  await createTable(ready.statePort);

  process.on('message', (question: SyncServersSetting | 'counts') => {
    if (question === 'counts') {
      const answer: SyncServersCounts = { ...counts, ...content.audit() };
      process.send?.(answer);
      return;
    }
    setting = question;
    content.putMs = question.putMs;
    content.empty();
    counts = { ...NONE };
    requests = 0;
    process.send?.('ready');
  });
  process.send?.(ready);
});
process.once('disconnect', () => process.exit());

function page(parameters: URLSearchParams, records: Records): readonly [status: number, body: string] {
  const { first, last } = pageOf(parameters, records);
  if (first >= last) return [404, NO_DATA];
  const items: string[] = [];
  for (let number = first; number < last; number += 1) {
    items.push(recordText(idOf(number), atMsOf(number, records)));
  }
  return [200, `{"items":[${items.join(',')}],"Link":[]}`];
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', () => done()));
  return (server.address() as AddressInfo).port;
}

async function createTable(port: number): Promise<void> {
  const client = new DynamoDBClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
  });
  await client.send(
    new CreateTableCommand({
      TableName: 'bench',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    }),
  );
  client.destroy();
}
