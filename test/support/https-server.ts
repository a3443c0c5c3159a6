import type { RequestListener } from 'node:http';
import { createServer, type ServerOptions } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

import { type Authority, createAuthority } from '../../local-stack/tls.ts';

/** A server for one test, to be told what to answer. */
export interface HttpsServer extends AsyncDisposable {
  readonly origin: URL;
  readonly ca: string;
  /** TLS connections accepted since the start. */
  readonly connections: number;
  /** Requests that have arrived since the start. */
  readonly requests: number;
  /** Ends every connection that no request is using, without a word to the other side's HTTP client. */
  endIdleConnections(): void;
  close(): Promise<void>;
}

let shared: Promise<Authority> | undefined;

/** The authority that signs for all servers of one test file: making one takes a while. */
export function testAuthority(): Promise<Authority> {
  shared ??= createAuthority();
  return shared;
}

/** Listens on 127.0.0.1, on a port of its own. */
export async function httpsServer(listener: RequestListener, options: ServerOptions = {}): Promise<HttpsServer> {
  const authority = await testAuthority();
  const identity = options.cert ? {} : await authority.issue('127.0.0.1');
  const sockets = new Set<Socket>();
  let connections = 0;
  let requests = 0;

  const server = createServer({ keepAliveTimeout: 60_000, ...identity, ...options }, (request, response) => {
    requests += 1;
    listener(request, response);
  });
  server.on('secureConnection', () => {
    connections += 1;
  });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });

  return {
    origin: new URL(`https://127.0.0.1:${port}`),
    ca: authority.caPem,
    get connections() {
      return connections;
    },
    get requests() {
      return requests;
    },
    endIdleConnections: () => server.closeIdleConnections(),
    close,
    [Symbol.asyncDispose]: close,
  };
}
