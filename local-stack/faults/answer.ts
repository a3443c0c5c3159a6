import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Server as TlsServer } from 'node:tls';
import { distorted, drip } from './distort.ts';
import type { Fault } from './fault.ts';
import { pause } from './pause.ts';

/** One HTTP answer, before it is sent. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** How an exchange ended for the client. `status` is missing when it got none. */
export interface Outcome {
  readonly status?: number;
  readonly cut?: 'reset' | 'truncated' | 'no answer';
}

/** The means of cutting connections of one server, and of ending all waits when it closes. */
export interface Wire {
  /** Ends the TCP connection below this answer with a reset. */
  reset(response: ServerResponse): void;
  /** Aborted when the server closes: nothing is left waiting. */
  readonly closing: AbortSignal;
  /** TCP connections accepted so far. */
  connections(): number;
}

/** Watches the TCP connections of a TLS server, because a TLS socket alone cannot send a reset. */
export function wireOf(server: TlsServer, closing: AbortSignal): Wire {
  const socketByPort = new Map<number, Socket>();
  let connections = 0;
  server.on('connection', (socket: Socket) => {
    const port = socket.remotePort;
    if (port === undefined) return;
    connections += 1;
    socketByPort.set(port, socket);
    socket.once('close', () => socketByPort.delete(port));
  });
  return {
    closing,
    connections: () => connections,
    reset(response) {
      socketByPort.get(response.socket?.remotePort ?? 0)?.resetAndDestroy();
      response.destroy();
    },
  };
}

/** Does the work and sends its answer, with the fault on the way if there is one. */
export async function answerUnderFault(
  response: ServerResponse,
  { fault, wire, work }: { fault: Fault | undefined; wire: Wire; work: () => Promise<Answer> },
): Promise<Outcome> {
  if (!fault) return send(response, await work());
  if (fault.delayMs !== undefined) await pause(fault.delayMs, wire.closing);
  if (fault.reset === 'before') return reset(response, wire);
  if (fault.hang) return untilGivenUp(response, wire);
  if (fault.commitAfterMs !== undefined) {
    wire.reset(response);
    await pause(fault.commitAfterMs, wire.closing);
    await work();
    return { cut: 'reset' };
  }

  const answer = distorted(cannedAnswer(fault) ?? (await work()), fault);

  if (fault.reset === 'after-commit') return reset(response, wire);
  if (fault.holdAfterCommit === true) return untilGivenUp(response, wire);
  if (fault.holdAfterCommit !== undefined) await pause(fault.holdAfterCommit, wire.closing);
  if (fault.truncate === true) return truncate(response, { answer, wire });
  return fault.dripMs === undefined
    ? send(response, answer, fault.lengthOff)
    : drip(response, { answer, pauseMs: fault.dripMs, closing: wire.closing });
}

/** Sends an answer whole. */
export function send(response: ServerResponse, { status, headers = {}, body = '' }: Answer, lengthOff = 0): Outcome {
  if (response.destroyed) return { cut: 'no answer' };
  const bodiless = status === 204 || status === 304;
  const length = Math.max(0, Buffer.byteLength(body) + lengthOff);
  response.writeHead(status, bodiless ? headers : { ...headers, 'Content-Length': length });
  response.end(bodiless ? undefined : body);
  return { status };
}

function cannedAnswer(fault: Fault): Answer | undefined {
  const { status = 200, html, bodyBase64, contentType } = fault;
  const given = bodyBase64 === undefined ? (fault.body ?? (html && HTML_PAGE)) : Buffer.from(bodyBase64, 'base64');
  if (given === undefined) return fault.status === undefined ? undefined : { status };
  if (Buffer.isBuffer(given))
    return { status, headers: { 'Content-Type': contentType ?? 'application/json' }, body: given };
  const body = typeof given === 'string' ? given : JSON.stringify(given);
  const type = html ? 'text/html;charset=utf-8' : typeof given === 'string' ? 'text/plain' : 'application/json';
  return { status, headers: { 'Content-Type': contentType ?? type }, body };
}

const HTML_PAGE =
  '<!doctype html><html lang="en"><head><title>HTTP Status \u2013 Service</title></head><body><h1>This is no JSON</h1></body></html>';

function reset(response: ServerResponse, wire: Wire): Outcome {
  wire.reset(response);
  return { cut: 'reset' };
}

async function untilGivenUp(response: ServerResponse, { closing }: Wire): Promise<Outcome> {
  await new Promise<void>((resolve) => {
    if (response.destroyed || closing.aborted) return resolve();
    response.once('close', resolve);
    closing.addEventListener('abort', () => resolve(), { once: true });
  });
  return { cut: 'no answer' };
}

async function truncate(response: ServerResponse, { answer, wire }: { answer: Answer; wire: Wire }): Promise<Outcome> {
  const body = Buffer.from(answer.body ?? '');
  if (body.length < 2) return reset(response, wire);
  response.writeHead(answer.status, { ...answer.headers, 'Content-Length': body.length });
  await new Promise<void>((resolve) => {
    response.once('close', resolve);
    response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.socket?.end());
  });
  return { status: answer.status, cut: 'truncated' };
}
