import type { Dispatcher, Pool } from 'undici';

import type { Clock } from '../clock.ts';
import { NoResponseError } from '../errors.ts';
import { bodyTooLarge } from './body.ts';
import type { Connections } from './connections.ts';
import type { HttpRequest, HttpResponse } from './exchange.ts';
import { cutOff, failureOf } from './failures.ts';
import { gatheredBody } from './gathered-body.ts';

/** An answer whose body is still as it came. */
export type RawResponse = Pick<HttpResponse, 'status' | 'headers' | 'body'>;

/**
 * Puts one request on the pool and gathers its answer.
 *
 * Takes undici's own steps instead of its `request`, because one of them, `onRequestStart`, runs when a connection is
 * at hand and not one byte has left: there the deadline is looked at once more, and from there on a write may have
 * happened.
 */
export function exchangeOn({
  pool,
  open,
  origin,
  connections,
  clock,
  maxBodyBytes,
}: {
  pool: Pool;
  open: Connections;
  origin: string;
  connections: number;
  clock: Clock;
  maxBodyBytes: number;
}): (request: HttpRequest, timeoutMs: number) => Promise<RawResponse> {
  let running = 0;

  return ({ method, path, headers, body, deadlineAtMs, signal }, timeoutMs) =>
    new Promise((resolve, reject) => {
      const startedAtMs = clock.elapsed();
      const gathered = gatheredBody();
      let sent = false;
      let status: number | undefined;
      let responseHeaders: Readonly<Record<string, string>> = {};
      let controller: Dispatcher.DispatchController | undefined;
      let stopped: NoResponseError | undefined;
      let noteIdle = () => {};

      const clear = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        if (sent) running -= 1;
      };
      const fail = (error: unknown) => {
        clear();
        reject(failureOf(error, { sent, status }, origin));
      };
      const stop = (error: NoResponseError) => {
        stopped = error;
        // Undici forgets a request that it has not begun only when its turn comes: the caller does not wait for that.
        if (controller) controller.abort(error);
        else fail(error);
      };
      const onTimeout = () => stop(tooLate());
      const onAbort = () => stop(new NoResponseError('ABORTED', `the call to ${origin} was aborted`, { sent }));

      const tooLate = (): NoResponseError => {
        if (sent) return new NoResponseError('TIMED_OUT', `${origin} gave no whole answer in time`, { sent });
        return running >= connections
          ? new NoResponseError('NO_FREE_CONNECTION', `all connections to ${origin} stayed busy`, { sent })
          : new NoResponseError('CONNECT_TIMEOUT', `${origin} did not accept a connection in time`, { sent });
      };

      const timer = setTimeout(onTimeout, timeoutMs);
      if (signal?.aborted) return onAbort();
      signal?.addEventListener('abort', onAbort, { once: true });

      pool.dispatch(
        { method, path, headers: { 'accept-encoding': 'gzip', ...headers }, body: body ?? null },
        {
          // What is thrown here is handed to onResponseError, and the connection stays as good as it was.
          onRequestStart(started) {
            if (stopped) throw stopped;
            if (clock.now() >= deadlineAtMs || clock.elapsed() - startedAtMs >= timeoutMs) {
              throw new NoResponseError('DEADLINE_TOO_CLOSE', `no time was left to call ${origin}`, { sent: false });
            }
            controller = started;
            sent = true;
            running += 1;
          },
          onRequestSent() {
            noteIdle = open.noteRequest();
          },
          // What is thrown here and below ends the connection, as the rest of the answer would still come over it.
          onResponseStart(_, statusCode, fields) {
            if (statusCode < 200) return;
            status = statusCode;
            responseHeaders = joined(fields);
            if (Number(responseHeaders['content-length']) > maxBodyBytes) throw bodyTooLarge(status, maxBodyBytes);
          },
          onResponseData(_, chunk) {
            gathered.add(chunk);
            if (status !== undefined && gathered.length > maxBodyBytes) throw bodyTooLarge(status, maxBodyBytes);
          },
          onResponseEnd() {
            clear();
            noteIdle();
            const response = { status: status ?? 0, headers: responseHeaders, body: gathered.whole() };
            if (isCutEmpty(response)) return reject(cutOff(origin, response.status));
            // Undici takes a turn of the event loop before it uses the connection again. A caller that is faster
            // would make it open another.
            queueMicrotask(() => setImmediate(resolve, response));
          },
          onResponseError(_, error) {
            if (!stopped || controller) fail(error);
          },
        },
      );
    });
}

/** A success without a body that has not said so: its connection has ended before the first byte of one. */
function isCutEmpty({ status, headers, body }: RawResponse): boolean {
  if (body.length > 0 || status < 200 || status >= 300 || status === 204) return false;
  return headers['content-length'] === undefined && headers['transfer-encoding'] === undefined;
}

function joined(fields: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value = '']) => [name, typeof value === 'string' ? value : value.join(', ')]),
  );
}
