import {
  Agent,
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http';
import { listenOnLoopback, readBody } from '../loopback.ts';

/** A request to DynamoDB, as far as a fault may depend on it. */
export interface TableRequest {
  readonly number: number;
  /** `GetItem`, `PutItem`, `UpdateItem` … */
  readonly operation: string;
  /** Partition key of its item, when it has one. */
  readonly key: string | undefined;
  readonly body: string;
}

/** What goes wrong: refused or throttled before it did anything, late, or done and its answer lost. */
export type TableFault = 'refuse' | 'throttle' | 'lose answer' | { readonly delayMs: number };

/** Stands in front of DynamoDB and passes everything on, but for the faults that it is told. */
export interface FaultyTable {
  /** In the place of DynamoDB's own. */
  readonly endpoint: string;
  /** Where to pass requests on to. */
  connect(endpoint: string): void;
  /** Asks for a fault for each request; without an argument, no more. */
  chooseFaults(choose?: (request: TableRequest) => TableFault | undefined): void;
  /** Calls the listener when a request has been carried out and its answer is not yet on its way. */
  onDone(listener: (request: TableRequest, status: number) => void): void;
  /** Calls the listener when its answer has left, before whoever asked can have read it. */
  onAnswered(listener: (request: TableRequest, status: number) => void): void;
  /** Requests so far, and how many a fault struck. */
  stats(): { readonly requests: number; readonly struck: number };
  close(): Promise<void>;
}

const LARGEST_BODY = 2 * 1_024 * 1_024;

/** Starts it; it answers nothing before it is connected. */
export async function startFaultyTable({ port = 0 }: { port?: number } = {}): Promise<FaultyTable> {
  const agent = new Agent({ keepAlive: true });
  const counts = { requests: 0, struck: 0 };
  let target: URL | undefined;
  let choose: (request: TableRequest) => TableFault | undefined = () => undefined;
  let tellDone: (request: TableRequest, status: number) => void = () => {};
  let tellAnswered: (request: TableRequest, status: number) => void = () => {};

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(incoming, LARGEST_BODY);
    if (body === 'too-large' || !target) return void response.writeHead(503).end();
    counts.requests += 1;
    const asked = tableRequest(counts.requests, incoming, body);
    const fault = choose(asked);
    if (fault !== undefined) counts.struck += 1;
    if (fault === 'refuse') return fail(response, 500, 'InternalServerError');
    if (fault === 'throttle') return fail(response, 400, 'ThrottlingException');
    if (typeof fault === 'object') await new Promise((resolve) => setTimeout(resolve, fault.delayMs));

    const { status, headers, text } = await passOn(target, { headers: incoming.headers, body }, agent);
    tellDone(asked, status);
    if (fault === 'lose answer') return void response.destroy();
    response.writeHead(status, headers).end(text);
    tellAnswered(asked, status);
  }

  const server = createServer((incoming, response) => {
    answer(incoming, response).catch(() => response.destroy());
  });
  const { origin, close } = await listenOnLoopback(server, port);
  return {
    endpoint: origin,
    connect(endpoint) {
      target = new URL(endpoint);
    },
    chooseFaults(chosen = () => undefined) {
      choose = chosen;
    },
    onDone(listener) {
      tellDone = listener;
    },
    onAnswered(listener) {
      tellAnswered = listener;
    },
    stats: () => ({ ...counts }),
    async close() {
      await close();
      agent.destroy();
    },
  };
}

function tableRequest(number: number, { headers }: IncomingMessage, bytes: Buffer): TableRequest {
  const body = bytes.toString();
  const operation = String(headers['x-amz-target'] ?? '').split('.')[1] ?? '';
  return { number, operation, key: keyIn(body), body };
}

function keyIn(body: string): string | undefined {
  try {
    const { Key, Item } = JSON.parse(body) as Record<'Key' | 'Item', { pk?: { S?: string } } | undefined>;
    return (Key ?? Item)?.pk?.S;
  } catch {
    return undefined;
  }
}

function fail(response: ServerResponse, status: number, name: string): void {
  const type = `com.amazonaws.dynamodb.v20120810#${name}`;
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify({ __type: type }));
}

function passOn(
  target: URL,
  { headers, body }: { headers: IncomingHttpHeaders; body: Buffer },
  agent: Agent,
): Promise<{ status: number; headers: IncomingHttpHeaders; text: Buffer }> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = target;
    const sent = request({ method: 'POST', hostname, port, path: '/', headers, agent }, (answered) => {
      const chunks: Buffer[] = [];
      answered.on('data', (chunk: Buffer) => chunks.push(chunk));
      answered.on('error', reject);
      answered.on('end', () =>
        resolve({ status: answered.statusCode ?? 502, headers: answered.headers, text: Buffer.concat(chunks) }),
      );
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
