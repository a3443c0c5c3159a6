import { createServer, type IncomingMessage } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

/** What the parent sends first. */
export interface QueueServersOptions {
  readonly tls: { readonly key: string; readonly cert: string };
  /** Between the last byte of a request to Siebel and the first of its answer. */
  readonly siebelMs: number;
  /** The same for a request to the state table. */
  readonly stateMs: number;
}

/** What the process answers when it listens. */
export interface QueueServersReady {
  readonly siebelPort: number;
  readonly statePort: number;
}

/** What the process answers to `counts`, since it was last asked. */
export interface QueueServersCounts {
  readonly calls: number;
  /** Most calls at Siebel at once. */
  readonly mostInFlight: number;
  readonly stateWrites: number;
}

interface PutItem {
  readonly Item: Readonly<Record<string, { readonly S?: string }>>;
  readonly ConditionExpression?: string;
  readonly ExpressionAttributeValues?: Readonly<Record<string, { readonly S?: string }>>;
}

const NONE = { calls: 0, mostInFlight: 0, stateWrites: 0 };

/**
 * A process of its own that is Siebel for upserts, over TLS, and a DynamoDB for one table of items with a `nonce`: a write
 * under the condition of the nonce that was read, or of no item at all.
 */
process.once('message', async ({ tls, siebelMs, stateMs }: QueueServersOptions) => {
  const items = new Map<string, string>();
  let counts = { ...NONE };
  let inFlight = 0;

  const siebel = createTlsServer({ ...tls, keepAliveTimeout: 60_000 }, (request, response) => {
    counts.calls += 1;
    inFlight += 1;
    counts.mostInFlight = Math.max(counts.mostInFlight, inFlight);
    request.resume().once('end', () =>
      setTimeout(() => {
        inFlight -= 1;
        response.writeHead(200, { 'Content-Type': 'application/json;charset=utf-8' });
        response.end('{"items":{"Id":"1-BENCH"}}');
      }, siebelMs),
    );
  });
  const state = createServer({ keepAliveTimeout: 60_000 }, async (request, response) => {
    const {
      Item,
      ConditionExpression = '',
      ExpressionAttributeValues = {},
    } = JSON.parse(await bodyOf(request)) as PutItem;
    counts.stateWrites += 1;
    const pk = Item['pk']?.S ?? '';
    const expected = ConditionExpression.startsWith('nonce') ? ExpressionAttributeValues[':nonce']?.S : undefined;
    const holds = items.get(pk) === expected;
    if (holds) items.set(pk, Item['nonce']?.S ?? '');
    setTimeout(() => {
      response.writeHead(holds ? 200 : 400, { 'Content-Type': 'application/x-amz-json-1.0' });
      response.end(holds ? '{}' : '{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"}');
    }, stateMs);
  });

  for (const server of [siebel, state]) {
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', () => listening()));
  }
  process.on('message', () => {
    process.send?.(counts);
    counts = { ...NONE };
  });
  const ready: QueueServersReady = {
    siebelPort: (siebel.address() as AddressInfo).port,
    statePort: (state.address() as AddressInfo).port,
  };
  process.send?.(ready);
});
process.once('disconnect', () => process.exit());

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += chunk;
  return body;
}
