import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext, type SecureContext } from 'node:tls';
import type { buildConnector } from 'undici';

import type { Clock } from '../clock.ts';

/** The open connections of one client. */
export interface Connections {
  /** Opens one: name resolution, TCP and TLS within one time limit. */
  readonly connect: buildConnector.connector;
  /**
   * Marks the one on which a request has been written since the last call as busy; the answer marks it as idle again.
   * To be called after each request, in the same turn.
   */
  noteRequest(): () => void;
  /**
   * Ends those that have been idle for longer than `limitMs` by either clock. While a container is frozen no timer
   * does that, and the other side may have forgotten them without our hearing of it (R57).
   */
  endIdle(limitMs: number): void;
}

/** A connection could not be made within its time. */
export class ConnectTimeout extends Error {
  override readonly name = 'ConnectTimeout';
}

interface Use {
  busy: boolean;
  bytesWritten: number;
  idleSinceMs: number;
  idleSinceElapsedMs: number;
}

const TCP_KEEP_ALIVE_DELAY_MS = 60_000;

/**
 * @param options.ca Authorities (PEM) to trust in place of the public ones that Node trusts.
 * @param options.timeoutMs From the start of name resolution to the end of the TLS handshake.
 */
export function openConnections({
  ca,
  timeoutMs,
  clock,
}: {
  ca?: string | readonly string[] | undefined;
  timeoutMs: number;
  clock: Clock;
}): Connections {
  const open = new Map<Socket, Use>();
  // Made once: parsing authorities for every connection costs more than the handshake.
  let secureContext: SecureContext | undefined;
  let session: Buffer | undefined;

  const openSocket = ({ hostname, port, protocol }: buildConnector.Options): Socket => {
    if (protocol !== 'https:') return connectTcp({ host: hostname, port: Number(port || 80) });

    secureContext ??= createSecureContext({ minVersion: 'TLSv1.2', ...(ca && { ca: [ca].flat() }) });
    const socket = connectTls({
      host: hostname,
      port: Number(port || 443),
      ...(isIP(hostname) === 0 && { servername: hostname }),
      secureContext,
      ALPNProtocols: ['http/1.1'],
      // Said aloud, so that no environment variable can say otherwise.
      rejectUnauthorized: true,
      ...(session && { session }),
    });
    return socket.on('session', (ticket) => {
      session = ticket;
    });
  };

  const idleNow = (bytesWritten: number): Use => ({
    busy: false,
    bytesWritten,
    idleSinceMs: clock.now(),
    idleSinceElapsedMs: clock.elapsed(),
  });

  return {
    connect(options, callback) {
      const socket = openSocket(options).setNoDelay(true).setKeepAlive(true, TCP_KEEP_ALIVE_DELAY_MS);
      const timer = setTimeout(() => socket.destroy(new ConnectTimeout('no connection in time')), timeoutMs);
      let settled = false;

      const fail = (error?: Error) => {
        clearTimeout(timer);
        open.delete(socket);
        if (!settled) callback(error ?? new Error('connection closed at once'), null);
        settled = true;
      };
      socket.on('error', fail).on('close', () => fail());
      socket.once(options.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
        clearTimeout(timer);
        settled = true;
        open.set(socket, idleNow(socket.bytesWritten));
        callback(null, socket);
      });
    },
    noteRequest() {
      for (const [socket, use] of open) {
        const { bytesWritten } = socket;
        if (bytesWritten === use.bytesWritten) continue;
        use.bytesWritten = bytesWritten;
        use.busy = true;
        return () => Object.assign(use, idleNow(bytesWritten));
      }
      return () => {};
    },
    endIdle(limitMs) {
      for (const [socket, { busy, idleSinceMs, idleSinceElapsedMs }] of open) {
        const idleMs = Math.max(clock.now() - idleSinceMs, clock.elapsed() - idleSinceElapsedMs);
        if (!busy && idleMs > limitMs) socket.destroy();
      }
    },
  };
}
