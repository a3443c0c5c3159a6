import { Pool } from 'undici';

import type { Clock } from '../clock.ts';
import { NoResponseError } from '../errors.ts';
import { decodeBody } from './body.ts';
import { openConnections } from './connections.ts';
import type { HttpClient } from './exchange.ts';
import { exchangeOn } from './exchange-on-pool.ts';
import { assertSendable } from './sendable.ts';

export interface HttpClientOptions {
  /** Scheme, host and port of every request; what follows is ignored. */
  readonly origin: URL;
  /** Most requests in flight at once, each on a connection of its own. */
  readonly connections: number;
  readonly clock: Clock;
  /** Authorities (PEM) to trust in place of the public ones. */
  readonly ca?: string | readonly string[] | undefined;
  /** Longest time from the call of `request` to the last byte, waiting for a free connection included. */
  readonly totalTimeoutMs: number;
  /** Longest time of name resolution, TCP and TLS together. Default 3 000. */
  readonly connectTimeoutMs?: number;
  /** Largest body, both as it comes and decompressed. */
  readonly maxBodyBytes: number;
  /**
   * Longest time that a connection is kept without use. Default 15 000: below the 20 s of a Tomcat and the 60 s of a
   * load balancer. A server that says less in `Keep-Alive: timeout` is believed.
   */
  readonly keepAliveMs?: number;
}

/** The other side starts its count later than we start ours. */
const KEEP_ALIVE_MARGIN_MS = 2_000;

/**
 * An HTTP/1.1 client for one origin over one pool of connections: the pool is the bound on what is in flight.
 *
 * Opens nothing until the first request. TLS 1.2 or newer, certificates always verified, gzip asked for and undone.
 *
 * @see RFC 9110, RFC 9112
 */
export function httpClient({
  origin: { origin },
  connections,
  clock,
  ca,
  totalTimeoutMs,
  connectTimeoutMs = 3_000,
  maxBodyBytes,
  keepAliveMs = 15_000,
}: HttpClientOptions): HttpClient {
  const open = openConnections({ ca, timeoutMs: connectTimeoutMs, clock });
  let idleLimitMs = keepAliveMs;
  const pool = new Pool(origin, {
    connections,
    connect: open.connect,
    // HTTP/2 would put all requests on one connection, at half the speed.
    allowH2: false,
    pipelining: 1,
    keepAliveTimeout: keepAliveMs,
    keepAliveMaxTimeout: keepAliveMs,
    keepAliveTimeoutThreshold: KEEP_ALIVE_MARGIN_MS,
    // The one time limit below holds for both.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const exchange = exchangeOn({ pool, open, origin, connections, clock, maxBodyBytes });

  return {
    async request(request) {
      assertSendable(request);
      const startedAtMs = clock.elapsed();
      const timeoutMs = Math.min(totalTimeoutMs, request.deadlineAtMs - clock.now());
      if (!(timeoutMs > 0)) {
        throw new NoResponseError('DEADLINE_TOO_CLOSE', `no time is left to call ${origin}`, { sent: false });
      }
      open.endIdle(idleLimitMs);
      const { status, headers, body } = await exchange(request, timeoutMs);
      idleLimitMs = Math.min(keepAliveMs, keepAliveHintMs(headers['keep-alive']));
      return {
        status,
        headers,
        body: decodeBody(body, { contentEncoding: headers['content-encoding'], status, maxBytes: maxBodyBytes }),
        durationMs: clock.elapsed() - startedAtMs,
      };
    },
    close: () => pool.destroy(),
  };
}

function keepAliveHintMs(header: string | undefined): number {
  const seconds = header && /timeout=(\d{1,6})/.exec(header)?.[1];
  return seconds ? Number(seconds) * 1_000 - KEEP_ALIVE_MARGIN_MS : Number.POSITIVE_INFINITY;
}
