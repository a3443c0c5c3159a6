import {
  Agent,
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as it arrived. */
export interface FrontRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** An answer. */
export interface FrontAnswer {
  readonly status: number;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: Buffer | string;
}

/** What becomes of a request: passed on, perhaps with its answer lost; answered here, in part or whole; or put off for ever. */
export type Verdict = 'pass' | 'lose-answer' | 'stall' | 'put-off' | FrontAnswer;

/** A server in front of a stand-in for AWS that fails on request. */
export interface AwsFront {
  readonly endpoint: string;
  /** Requests in order: `PUT /bucket/key`. */
  readonly seen: string[];
  /** Decides about each request from now on, or (without a rule) passes all on. */
  decide(rule?: (request: FrontRequest) => Verdict): void;
  close(): Promise<void>;
}

/** Starts it before a stand-in. */
export async function startAwsFront(target: string): Promise<AwsFront> {
  const agent = new Agent({ keepAlive: true });
  const seen: string[] = [];
  let decide: (request: FrontRequest) => Verdict = () => 'pass';

  const pass = ({ method, url, headers, body }: FrontRequest): Promise<FrontAnswer> =>
    new Promise((resolve, reject) => {
      const sent = request(`${target}${url}`, { method, headers, agent }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 502, headers: response.headers, body: Buffer.concat(chunks) }),
        );
      });
      sent.on('error', reject);
      sent.end(body);
    });

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const { method = '', url = '', headers } = incoming;
    const one = { method, url, headers, body: Buffer.concat(chunks) };
    seen.push(`${method} ${url}`);
    const verdict = decide(one);
    if (verdict === 'put-off') return putOff(response);
    if (verdict === 'stall') return void response.writeHead(200, { 'content-type': 'application/xml' }).write('<');
    const { status, headers: answered, body } = typeof verdict === 'string' ? await pass(one) : verdict;
    if (verdict === 'lose-answer') return void response.destroy();
    response.writeHead(status, answered).end(body);
  }

  const server = createServer((incoming, response) => {
    answer(incoming, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  return {
    endpoint: `http://127.0.0.1:${port}`,
    seen,
    decide(rule = () => 'pass') {
      decide = rule;
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      agent.destroy();
      await closed;
    },
  };
}

/** "Processing", again and again: the connection is never idle. */
function putOff(response: ServerResponse): void {
  const again = setInterval(() => response.writeProcessing(), 500);
  response.on('close', () => clearInterval(again));
}

/** An error as S3 writes it. */
export function s3Error(status: number, code: string): FrontAnswer {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>of this test</Message></Error>`;
  return { status, headers: { 'content-type': 'application/xml' }, body };
}

/** An error as services write it that speak JSON. */
export function jsonError(status: number, type: string): FrontAnswer {
  const headers = { 'content-type': 'application/x-amz-json-1.0' };
  return { status, headers, body: JSON.stringify({ __type: type, message: 'of this test' }) };
}
