import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';

/** What the parent sends first. */
export interface PagesServerOptions {
  readonly tls: { readonly key: string; readonly cert: string };
  /** Records that there are. */
  readonly records: number;
  /** Between the last byte of a request and the first of its answer. */
  readonly delayMs: number;
}

/** A record of some 1.4 KB, so that a page of 100 is 140 KB: about what an account with thirty fields takes. */
const FIELDS = Object.fromEntries(
  Array.from({ length: 30 }, (_, number) => [`Field ${number}`, 'Harbour Supplies, Aberdeen '.padEnd(34, 'x')]),
);
const RECORD = JSON.stringify({ Id: '*', ...FIELDS, Link: [] }).split('*');
const NO_DATA = JSON.stringify({ ERROR: 'There is no data for the requested resource' });

/**
 * A process of its own that answers pages as Siebel does: an array of records by `StartRowNum` and `PageSize`, and 404
 * behind the last one; one record for any other path. It has nothing to do but that, so it costs both sides the same.
 */
process.once('message', ({ tls, records, delayMs }: PagesServerOptions) => {
  const server = createServer({ ...tls, keepAliveTimeout: 60_000 }, (request, response) => {
    const { searchParams } = new URL(request.url ?? '/', 'https://siebel');
    const first = Number(searchParams.get('StartRowNum') ?? -1);
    const [status, body] = first < 0 ? ([200, record('1-1')] as const) : page(first, records, searchParams);
    request.resume().once('end', () => setTimeout(answer, delayMs));

    function answer() {
      response.writeHead(status, { 'Content-Type': 'application/json;charset=utf-8' });
      response.end(body);
    }
  });
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
});
process.once('disconnect', () => process.exit());

function page(first: number, records: number, parameters: URLSearchParams): readonly [status: number, body: string] {
  const last = Math.min(records, first + Number(parameters.get('PageSize')));
  if (first >= last) return [404, NO_DATA];
  const items = Array.from({ length: last - first }, (_, offset) => record(`1-${(first + offset).toString(36)}`));
  return [200, `{"items":[${items.join(',')}],"Link":[]}`];
}

function record(id: string): string {
  return RECORD.join(id);
}
