import { Agent, request as httpsRequest } from 'node:https';
import { gunzipSync } from 'node:zlib';
import { gateOf } from './gate.ts';
import type { Tokens } from './tokens.ts';

export interface WireRequest {
  readonly method?: 'GET' | 'PUT' | 'POST' | 'DELETE' | 'PATCH' | 'OPTIONS';
  /** Below the base address, encoded: `/data/Account/Account`. */
  readonly path: string;
  /** Encoded, without `?`. */
  readonly query?: string;
  /** JSON, or text that is sent as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Default: the access token. */
  readonly token?: 'none' | 'wrong';
}

export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** Undefined when the body is no JSON. */
  readonly json: unknown;
  /** Siebel's codes in the body, in their order, each once. */
  readonly codes: readonly string[];
}

/** Sends one request, and gives whatever was answered. */
export type Send = (request: WireRequest) => Promise<WireAnswer>;

export interface Wire {
  readonly send: Send;
  readonly sent: () => number;
  close(): void;
}

/** No answer came: the message names the reason and no address. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

const MAX_BYTES = 16 * 1_048_576;
const WRONG_TOKEN = 'contract-check-no-token-at-all';

/**
 * Requests over TLS exactly as they are written: nothing is tidied up, followed or repeated, but for a request that is
 * refused with 401 while another token can be had.
 *
 * @param options.baseUrl With the context path: `https://host:9001/siebel/v1.0`.
 * @param options.ca PEM of authorities to trust in the place of the usual ones.
 * @param options.parallel Requests at a time; the time limit of one begins when it is sent.
 * @param options.exchange Default: Node's own HTTPS.
 */
export function openWire(options: {
  readonly baseUrl: URL;
  readonly tokens: Tokens;
  readonly ca?: string | undefined;
  readonly timeoutMs: number;
  readonly parallel: number;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly exchange?: typeof exchange | undefined;
}): Wire {
  const { baseUrl, tokens, ca, timeoutMs, parallel, exchange: exchanged = exchange } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: parallel, ...(ca !== undefined && { ca }) });
  const base = baseUrl.pathname.replace(/\/+$/, '');
  const gate = gateOf(parallel);
  let sent = 0;

  const sendWith = async (
    authorization: Readonly<Record<string, string>>,
    { method = 'GET', path, query, body, headers }: WireRequest,
  ): Promise<WireAnswer> => {
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const { status, received, bytes } = await gate(() => {
      sent += 1;
      return exchanged({
        agent,
        host: baseUrl.hostname.replace(/^\[|\]$/g, ''),
        port: baseUrl.port === '' ? 443 : Number(baseUrl.port),
        path: `${base}${path}${query === undefined || query === '' ? '' : `?${query}`}`,
        method,
        headers: {
          Accept: 'application/json',
          'Content-Type': 'application/json',
          ...options.headers,
          ...authorization,
          ...headers,
          ...(text !== undefined && { 'Content-Length': String(Buffer.byteLength(text)) }),
        },
        body: text,
        timeoutMs,
      });
    });
    return answerOf(status, received, textOf(bytes, received['content-encoding']));
  };

  const send: Send = async (request) => {
    if (request.token === 'none') return sendWith({}, request);
    if (request.token === 'wrong') return sendWith({ Authorization: `Bearer ${WRONG_TOKEN}` }, request);
    const token = tokens.current();
    const answer = await sendWith({ Authorization: `Bearer ${token}` }, request);
    const other = answer.status === 401 ? await tokens.inPlaceOf(token) : undefined;
    return other === undefined ? answer : sendWith({ Authorization: `Bearer ${other}` }, request);
  };
  return { send, sent: () => sent, close: () => agent.destroy() };
}

/** An answer from its parts. */
export function answerOf(status: number, headers: WireAnswer['headers'], text: string): WireAnswer {
  const codes = [...new Set(text.match(/\bSBL-[A-Z]{3}-\d{5}\b/g) ?? [])];
  return { status, headers, text, json: parsed(text), codes };
}

/** One exchange on Node's own HTTPS. */
export function exchange(request: {
  readonly agent: Agent;
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly timeoutMs: number;
}): Promise<{ status: number; received: WireAnswer['headers']; bytes: Buffer }> {
  const { body, timeoutMs, ...options } = request;
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException) => reject(new NoAnswer(error.code ?? error.name));
    const sent = httpsRequest({ ...options, signal: AbortSignal.timeout(timeoutMs) }, (response) => {
      const chunks: Buffer[] = [];
      let length = 0;
      response.on('data', (chunk: Buffer) => {
        length += chunk.length;
        if (length <= MAX_BYTES) chunks.push(chunk);
        else response.destroy(Object.assign(new Error(), { code: 'ANSWER_TOO_LARGE' }));
      });
      response.once('error', failed);
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, received: response.headers, bytes: Buffer.concat(chunks) }),
      );
    });
    sent.once('error', failed);
    sent.end(body);
  });
}

/** The text of a body, unpacked: never more of it than an answer may have. */
function textOf(bytes: Buffer, encoding: string | string[] | undefined): string {
  if (encoding !== 'gzip') return bytes.toString('utf8');
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_BYTES }).toString('utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new NoAnswer(code === 'ERR_BUFFER_TOO_LARGE' ? 'ANSWER_TOO_LARGE' : (code ?? 'BAD_GZIP'));
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
