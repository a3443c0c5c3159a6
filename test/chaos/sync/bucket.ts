import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { listenOnLoopback, readBody } from '../../../local-stack/loopback.ts';

/** A request to S3, as far as a fault may depend on it. */
export interface BucketRequest {
  readonly number: number;
  readonly method: string;
  /** Key of the object. */
  readonly key: string;
  /** Of a multipart upload: its beginning, a part, its end. */
  readonly step: 'whole' | 'begin' | 'part' | 'end';
}

export type BucketFault = 'refuse' | 'deny' | 'slow down' | 'lose answer' | { readonly delayMs: number };

/** An object that was stored, in the order in which that happened. */
export interface Stored {
  readonly key: string;
  readonly atMs: number;
}

/** Stands in front of S3, keeps note of what is stored, and fails on request. */
export interface FaultyBucket {
  readonly endpoint: string;
  connect(endpoint: string): void;
  /** Asks for a fault for each write; without an argument, no more. */
  chooseFaults(choose?: (request: BucketRequest) => BucketFault | undefined): void;
  /** Calls the listener when a write has been carried out and its answer is not yet on its way. */
  onDone(listener: (request: BucketRequest) => void): void;
  /** Calls the listener when its answer has left. */
  onAnswered(listener: (request: BucketRequest) => void): void;
  stored(): readonly Stored[];
  close(): Promise<void>;
}

const LARGEST_BODY = 16 * 1_024 * 1_024;

export async function startFaultyBucket(): Promise<FaultyBucket> {
  const agent = new Agent({ keepAlive: true });
  const stored: Stored[] = [];
  let target: URL | undefined;
  let number = 0;
  let choose: (request: BucketRequest) => BucketFault | undefined = () => undefined;
  let tellDone: (request: BucketRequest) => void = () => {};
  let tellAnswered: (request: BucketRequest) => void = () => {};

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(incoming, LARGEST_BODY);
    if (body === 'too-large' || !target) return void response.writeHead(503).end();
    const asked = writeOf(incoming);
    if (!asked) return send(response, await passOn(target, incoming, body, agent));
    number += 1;
    const write = { ...asked, number };
    const fault = choose(write);
    if (fault === 'refuse') return fail(response, 500, 'InternalError');
    if (fault === 'deny') return fail(response, 403, 'AccessDenied');
    if (fault === 'slow down') return fail(response, 503, 'SlowDown');
    if (typeof fault === 'object') await new Promise((resolve) => setTimeout(resolve, fault.delayMs));

    const completes = write.step === 'whole' || write.step === 'end';
    const passed = await passOn(target, incoming, body, agent);
    if (completes && passed.status === 200) stored.push({ key: write.key, atMs: Date.now() });
    tellDone(write);
    if (fault === 'lose answer') return void response.destroy();
    send(response, passed);
    tellAnswered(write);
  }

  const server = createServer((incoming, response) => {
    answer(incoming, response).catch(() => response.destroy());
  });
  const { origin, close } = await listenOnLoopback(server, 0);
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
    stored: () => stored,
    async close() {
      await close();
      agent.destroy();
    },
  };
}

/** The write that a request is; reads are let through. */
function writeOf({ method = '', url = '/' }: IncomingMessage): Omit<BucketRequest, 'number'> | undefined {
  const { pathname, searchParams } = new URL(url, 'http://bucket');
  const key = decodeURIComponent(pathname.split('/').slice(2).join('/'));
  if (method === 'PUT' && key !== '') return { method, key, step: searchParams.has('partNumber') ? 'part' : 'whole' };
  if (method !== 'POST' || key === '') return undefined;
  if (searchParams.has('uploads')) return { method, key, step: 'begin' };
  return searchParams.has('uploadId') ? { method, key, step: 'end' } : undefined;
}

interface Passed {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

function passOn(target: URL, { method, url, headers }: IncomingMessage, body: Buffer, agent: Agent): Promise<Passed> {
  const { expect, ...others } = headers;
  return new Promise((resolve, reject) => {
    const { hostname, port } = target;
    const sent = request({ method, hostname, port, path: url, headers: others, agent }, (answered) => {
      const chunks: Buffer[] = [];
      answered.on('data', (chunk: Buffer) => chunks.push(chunk));
      answered.on('error', reject);
      answered.on('end', () =>
        resolve({ status: answered.statusCode ?? 502, headers: answered.headers, body: Buffer.concat(chunks) }),
      );
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

function send(response: ServerResponse, { status, headers, body }: Passed): void {
  response.writeHead(status, headers).end(body);
}

function fail(response: ServerResponse, status: number, code: string): void {
  response
    .writeHead(status, { 'content-type': 'application/xml' })
    .end(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`);
}
