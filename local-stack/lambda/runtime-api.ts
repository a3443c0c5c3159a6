import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { listenOnLoopback, readBody } from '../loopback.ts';

/** The largest answer of a function, and the largest event that it takes when it is called and waited for. */
export const PAYLOAD_LIMIT_BYTES = 6 * 1_024 * 1_024 + 100;

/** What a runtime process reports. */
export interface RuntimeListener {
  /** It wants the next event: what came before is finished. */
  asksForEvent(): void;
  /** It answered an event; `too-large` when the answer is over the limit. */
  answers(requestId: string, answer: { readonly failed: boolean; readonly body: string | 'too-large' }): void;
  /** The handler could not be loaded. */
  failsToStart(error: string): void;
}

/** An event as the runtime gets it. */
export interface RuntimeEvent {
  readonly requestId: string;
  readonly deadlineMs: number;
  readonly functionArn: string;
  readonly traceId: string;
  readonly clientContext?: unknown;
  readonly body: string;
}

/** The Lambda runtime API as one process sees it. */
export interface RuntimeApi {
  /** Value of `AWS_LAMBDA_RUNTIME_API`. */
  readonly address: string;
  /** Hands an event to the process, which must have asked for one. */
  send(event: RuntimeEvent): void;
  close(): Promise<void>;
}

const PREFIX = '/2018-06-01/runtime';

/**
 * Serves the runtime API to one process.
 *
 * @see AWS Lambda developer guide, "Using the Lambda runtime API for custom runtimes"
 */
export async function serveRuntimeApi(listener: RuntimeListener): Promise<RuntimeApi> {
  let waiting: ServerResponse | undefined;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url?.startsWith(PREFIX) ? request.url.slice(PREFIX.length) : '';
    if (request.method === 'GET' && path === '/invocation/next') {
      waiting = response;
      listener.asksForEvent();
      return;
    }
    const body = await readBody(request, PAYLOAD_LIMIT_BYTES);
    if (body === 'too-large') request.resume();
    const text = body === 'too-large' ? body : body.toString();
    const [, requestId, kind] = /^\/invocation\/([^/]+)\/(response|error)$/.exec(path) ?? [];
    if (request.method !== 'POST' || (path !== '/init/error' && !requestId)) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(text === 'too-large' ? 413 : 202, { 'content-type': 'application/json' }).end('{"status":"OK"}');
    if (requestId) listener.answers(decodeURIComponent(requestId), { failed: kind === 'error', body: text });
    else listener.failsToStart(text);
  }

  const server = createServer((request, response) => {
    // It fails only when the process is gone, which its owner notices by itself.
    answer(request, response).catch(() => response.destroy());
  });
  // The process may think for long between two requests, and holds one connection on which it says nothing.
  server.keepAliveTimeout = 0;
  server.headersTimeout = 0;
  server.requestTimeout = 0;
  const { port, close } = await listenOnLoopback(server);

  return {
    address: `127.0.0.1:${port}`,
    send(event) {
      const response = waiting;
      if (!response) throw new Error('the runtime has not asked for an event');
      waiting = undefined;
      response
        .writeHead(200, {
          'content-type': 'application/json',
          'lambda-runtime-aws-request-id': event.requestId,
          'lambda-runtime-deadline-ms': String(event.deadlineMs),
          'lambda-runtime-invoked-function-arn': event.functionArn,
          'lambda-runtime-trace-id': event.traceId,
          ...(event.clientContext === undefined
            ? {}
            : { 'lambda-runtime-client-context': JSON.stringify(event.clientContext) }),
        })
        .end(event.body);
    },
    close,
  };
}
