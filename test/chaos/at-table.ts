import type { TableFault, TableRequest } from '../../local-stack/faults/state-table.ts';
import type { CallBook } from './call-book.ts';
import type { Containers } from './containers.ts';
import { callName } from './produced.ts';

/** The SDK's attempts at one request. */
const ATTEMPTS = 3;

/** What befalls writes to the state table, before and after they took effect. */
export interface AtTable {
  onRequest(request: TableRequest): TableFault | undefined;
  onDone(request: TableRequest, status: number): void;
  onAnswered(request: TableRequest, status: number): void;
}

/** @param options.beyondLeaseMs How long a container is frozen so that others may take over its calls. */
export function atTable(book: CallBook, containers: Containers, { beyondLeaseMs }: { beyondLeaseMs: number }): AtTable {
  return {
    onRequest(request) {
      const written = writtenBy(request, book);
      if (!written) return undefined;
      const { call, isStart } = written;
      const made = book.countsOf(call);
      if (isStart) made.starts += 1;
      else made.ends += 1;
      const fault = book.faultOf(call);
      // Once, and the SDK's next attempt goes through; or as often as it tries.
      if (!fault) return undefined;
      const { kind, extent } = fault;
      const nth = isStart ? made.starts : made.ends;
      if (kind === 'parking refused') return !isStart && nth <= ATTEMPTS ? book.struck(kind, 'refuse') : undefined;
      if (nth > (extent < 0.5 ? 1 : ATTEMPTS)) return undefined;
      if (kind === 'table slow') return book.struck(kind, { delayMs: 200 + Math.round(extent * 800) });
      if (isStart && kind === 'start refused') return book.struck(kind, 'refuse');
      if (isStart && kind === 'start answer lost') return book.struck(kind, 'lose answer');
      if (!isStart && kind.startsWith('end')) book.disturb(call);
      if (!isStart && kind === 'end refused') return book.struck(kind, extent > 0.75 ? 'throttle' : 'refuse');
      if (!isStart && kind === 'end answer lost') return book.struck(kind, 'lose answer');
      return undefined;
    },
    onDone(request, status) {
      const written = status === 200 ? writtenBy(request, book) : undefined;
      if (!written) return;
      const { call, isStart } = written;
      const kind = book.faultOf(call)?.kind;
      const { starts, ends } = book.countsOf(call);
      if (isStart && starts === 1 && kind === 'killed after start') containers.kill(kind, call);
      if (!isStart && ends === 1 && kind === 'killed after end') containers.kill(kind, call);
    },
    onAnswered(request, status) {
      const written = status === 200 ? writtenBy(request, book) : undefined;
      if (!written?.isStart || book.faultOf(written.call)?.kind !== 'frozen beyond the lease') return;
      // With the answer before it, and the deadline behind it when it reads it.
      if (book.countsOf(written.call).starts === 1)
        containers.freeze('frozen beyond the lease', written.call, beyondLeaseMs);
    },
  };
}

/** The call whose item a request writes, or the message that it parks; and whether it starts the call. */
function writtenBy(
  { operation, key = '', body }: TableRequest,
  book: CallBook,
): { call: string; isStart: boolean } | undefined {
  if (operation !== 'PutItem') return undefined;
  const [, name, of] = /^call#([^#]+)#(.*)$/.exec(key) ?? [];
  const call = name !== undefined && of !== undefined ? callName(name, of) : book.callIn(body);
  return call === undefined ? undefined : { call, isStart: body.includes('"state":{"S":"STARTED"}') };
}
