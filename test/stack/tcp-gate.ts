import { connect, createServer, type Socket } from 'node:net';

/** A way to a server, below TLS, that a test can close and cut. */
export interface TcpGate {
  readonly port: number;
  passTo(port: number): void;
  /** Nobody listens any more: connections are refused, those that are open are cut. */
  shut(): Promise<void>;
  open(): Promise<void>;
  /** Connections that are open now are dead from here on: what comes over them next is answered with a reset. */
  makeStale(): number;
  /** Stale connections that were met. */
  metStale(): number;
  close(): Promise<void>;
}

export async function tcpGate(): Promise<TcpGate> {
  const sockets = new Set<Socket>();
  const stale = new Set<Socket>();
  let target = 0;
  let met = 0;
  let port = 0;

  const server = createServer((socket) => {
    const onward = connect(target, '127.0.0.1');
    sockets.add(socket);
    const end = () => {
      sockets.delete(socket);
      socket.destroy();
      onward.destroy();
    };
    for (const one of [socket, onward]) one.on('error', end).on('close', end);
    onward.on('data', (chunk) => socket.write(chunk));
    socket.on('data', (chunk) => {
      if (!stale.has(socket)) return void onward.write(chunk);
      met += 1;
      socket.resetAndDestroy();
    });
  });
  const listen = () =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => {
        const address = server.address();
        port = typeof address === 'object' && address ? address.port : port;
        resolve();
      });
    });
  const shut = async () => {
    if (!server.listening) return;
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.resetAndDestroy();
    await closed;
  };

  await listen();
  return {
    get port() {
      return port;
    },
    passTo(onwardPort) {
      target = onwardPort;
    },
    shut,
    open: listen,
    makeStale() {
      for (const socket of sockets) stale.add(socket);
      return sockets.size;
    },
    metStale: () => met,
    close: shut,
  };
}
