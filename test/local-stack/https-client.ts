import { type IncomingHttpHeaders, request } from 'node:http';
import { Agent, request as secureRequest } from 'node:https';

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly bytes: Buffer;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the server sent
  json(): any;
}

export interface CallOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
}

/** A plain client over Node's own HTTP, so that the local stack is not tested by the code it is there to test. */
export function httpsClient(caPem: string, { maxSockets = 50 } = {}) {
  const agent = new Agent({ keepAlive: true, ca: caPem, maxSockets });
  return {
    call(url: string, { method = 'GET', headers = {}, body, signal }: CallOptions = {}): Promise<Reply> {
      return new Promise((resolve, reject) => {
        const isSecure = url.startsWith('https:');
        const [, host = '', port = '', path = '/'] = /^https?:\/\/([^:/]+):(\d+)(.*)$/.exec(url) ?? [];
        // Not through `URL`, which would tidy up the paths that a server must be able to refuse.
        // Node sends the length of a body by itself for PUT and POST, not for DELETE.
        const length = body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) };
        const sendHeaders = { ...headers, ...length };
        const options = {
          host,
          port,
          path,
          method,
          headers: sendHeaders,
          ...(isSecure && { agent }),
          ...(signal && { signal }),
        };
        const sent = (isSecure ? secureRequest : request)(options, (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.once('error', reject);
          response.once('end', () => {
            const { statusCode: status = 0, headers: received } = response;
            const bytes = Buffer.concat(chunks);
            const text = bytes.toString('utf8');
            resolve({ status, headers: received, body: text, bytes, json: () => JSON.parse(text) });
          });
        });
        sent.once('error', reject);
        sent.end(body);
      });
    },
    close: () => agent.destroy(),
  };
}

export type HttpsClient = ReturnType<typeof httpsClient>;

export function basic({ id, secret }: { id: string; secret: string }): Record<string, string> {
  return {
    Authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
    'Content-Type': 'application/x-www-form-urlencoded',
  };
}

export function form(members: Readonly<Record<string, string>>): string {
  return new URLSearchParams(members).toString();
}

/** A query string with blanks as `%20`. */
export function query(members: Readonly<Record<string, string | number>>): string {
  return Object.entries(members)
    .map(([name, value], index) => `${index === 0 ? '?' : '&'}${name}=${encodeURIComponent(value)}`)
    .join('');
}
