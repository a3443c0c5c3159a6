import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { recordText } from './records.ts';

/** What the parent sends first. */
export interface RecordServerOptions {
  readonly tls: { readonly key: string; readonly cert: string };
}

const RECORD = recordText('1-1', 0);

/** A process of its own that answers every request at once with one record. It has nothing else to do, so it costs both sides the same. */
process.once('message', ({ tls }: RecordServerOptions) => {
  const server = createServer({ ...tls, keepAliveTimeout: 60_000 }, (request, response) => {
    request.resume().once('end', () => {
      response.writeHead(200, { 'Content-Type': 'application/json;charset=utf-8' });
      response.end(RECORD);
    });
  });
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
});
process.once('disconnect', () => process.exit());
