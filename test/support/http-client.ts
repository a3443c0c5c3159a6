import type { RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { generate } from 'selfsigned';
import { onTestFinished } from 'vitest';

import { systemClock } from '../../lib/clock.ts';
import { type HttpClientOptions, httpClient } from '../../lib/http/client.ts';
import type { HttpRequest } from '../../lib/http/exchange.ts';
import { type HttpsServer, httpsServer } from './https-server.ts';

export const MAX_BODY_BYTES = 64 * 1024;

/** A server and a client for one test; both end with it. */
export async function serving(
  listener: RequestListener,
  options: Partial<HttpClientOptions> = {},
  serverOptions: Parameters<typeof httpsServer>[1] = {},
) {
  const server = await httpsServer(listener, serverOptions);
  const client = clientFor({ origin: server.origin, ca: server.ca, ...options });
  onTestFinished(async () => {
    await client.close();
    await server.close();
  });
  return {
    server,
    client,
    ca: server.ca,
    get: (path: string, more: Partial<HttpRequest> = {}) => client.request({ ...request(path), ...more }),
  };
}

export function clientFor(options: Partial<HttpClientOptions> & Pick<HttpClientOptions, 'origin'>) {
  return httpClient({
    connections: 2,
    clock: systemClock,
    totalTimeoutMs: 5_000,
    maxBodyBytes: MAX_BODY_BYTES,
    ...options,
  });
}

export function request(path: string): HttpRequest {
  return { method: 'GET', path, deadlineAtMs: Number.POSITIVE_INFINITY };
}

/** How a call fails at a server with this certificate or these TLS settings. */
export async function tlsFailure(
  { own, server: serverOptions = {} }: { own?: SelfSigned; server?: Parameters<typeof httpsServer>[1] },
  clientOptions: Partial<HttpClientOptions> = {},
): Promise<{ failure: unknown; server: HttpsServer }> {
  const identity = own && (await selfSigned(own));
  const server = await httpsServer((_, response) => response.end(), { ...identity, ...serverOptions });
  const client = clientFor({ origin: server.origin, ca: identity?.cert ?? server.ca, ...clientOptions });
  const failure = await client.request(request('/')).catch((error: unknown) => error);
  await client.close();
  await server.close();
  return { failure, server };
}

export interface SelfSigned {
  readonly host?: string;
  readonly notBeforeDate?: Date;
  readonly notAfterDate?: Date;
}

export async function selfSigned({ host, ...dates }: SelfSigned): Promise<{ key: string; cert: string }> {
  const altName = host ? ({ type: 2, value: host } as const) : ({ type: 7, ip: '127.0.0.1' } as const);
  const made = await generate([{ name: 'commonName', value: 'test' }], {
    ...dates,
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [{ name: 'subjectAltName', altNames: [altName] }],
  });
  return { key: made.private, cert: made.cert };
}

/** A server that speaks whatever the test makes it speak. */
export async function tcpServer(
  onConnection: (socket: Socket) => void,
): Promise<AsyncDisposable & { readonly origin: URL }> {
  const open = new Set<Socket>();
  const server = createTcpServer((socket) => {
    open.add(socket);
    socket.on('error', () => {}).on('close', () => open.delete(socket));
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}
