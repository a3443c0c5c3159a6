import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { Agent, request } from 'node:https';
import { httpsServer } from './https-server.ts';

/** A request as it arrived. */
export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly authorization: string;
  readonly body: string;
}

/** An answer in the place of the server behind, made from the request that it answers. */
export type Echo = (seen: Seen) => {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
};

/** A server over TLS that keeps what it is sent, and passes it on. */
export interface RecordingProxy {
  readonly origin: string;
  /** The authority of its own certificate, PEM. */
  readonly ca: string;
  readonly seen: readonly Seen[];
  /** Where it passes requests on to. */
  passTo(origin: string, ca: string): void;
  /** Answers by itself from now on, or (without an echo) passes on again. */
  answerWith(echo?: Echo): void;
  /** Requests answered by the echo given last. */
  echoed(): number;
  close(): Promise<void>;
}

/** @param options.rewrite Changes the `Authorization` header on the way. */
export async function recordingProxy({
  rewrite = (authorization: string) => authorization,
} = {}): Promise<RecordingProxy> {
  const seen: Seen[] = [];
  let target = { origin: '', ca: '' };
  let echo: Echo | undefined;
  let echoed = 0;
  const agent = new Agent({ keepAlive: true });

  const pass = ({ method, url, authorization, body }: Seen, { headers }: IncomingMessage) =>
    new Promise<{ status: number; headers: OutgoingHttpHeaders; body: Buffer | string }>((resolve, reject) => {
      const passed = { ...headers, ...(authorization && { authorization: rewrite(authorization) }) };
      const sent = request(`${target.origin}${url}`, { method, headers: passed, ca: target.ca, agent });
      sent.on('error', reject);
      sent.on('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 502, headers: response.headers, body: Buffer.concat(chunks) });
        });
      });
      sent.end(body);
    });

  const server = await httpsServer(async (incoming, response) => {
    try {
      let body = '';
      for await (const chunk of incoming.setEncoding('utf8')) body += chunk;
      const { method = '', url = '', headers } = incoming;
      const one = { method, url, authorization: headers.authorization ?? '', body };
      seen.push(one);
      if (echo) echoed += 1;
      const answer = echo ? echo(one) : await pass(one, incoming);
      response.writeHead(answer.status, answer.headers).end(answer.body);
    } catch {
      response.destroy();
    }
  });

  return {
    origin: server.origin.origin,
    ca: server.ca,
    seen,
    passTo(origin, ca) {
      target = { origin, ca };
    },
    answerWith(given) {
      echo = given;
      echoed = 0;
    },
    echoed: () => echoed,
    async close() {
      agent.destroy();
      await server.close();
    },
  };
}
