import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { Answer, Outcome } from './answer.ts';
import type { Fault } from './fault.ts';
import { pause } from './pause.ts';

const MIB = 1_048_576;

/** The answer with the headers and the body that the fault makes of it. */
export function distorted(answer: Answer, { headers, truncate, padMiB = 0, compressed }: Fault): Answer {
  const changed = headers ? { ...answer, headers: mergedHeaders(answer.headers, headers) } : answer;
  if (truncate !== 'framed' && padMiB === 0 && !compressed) return changed;
  const plain = Buffer.from(answer.body ?? '');
  const kept = truncate === 'framed' ? plain.subarray(0, Math.floor(plain.length / 2)) : plain;
  const body = padMiB === 0 ? kept : Buffer.concat([kept, Buffer.alloc(padMiB * MIB, ' ')]);
  if (!compressed) return { ...changed, body };
  return { ...changed, headers: mergedHeaders(changed.headers, { 'Content-Encoding': 'gzip' }), body: gzipSync(body) };
}

/** Sends the body byte by byte, chunked, until it is through or the client has left. */
export async function drip(
  response: ServerResponse,
  { answer, pauseMs, closing }: { answer: Answer; pauseMs: number; closing: AbortSignal },
): Promise<Outcome> {
  if (response.destroyed) return { cut: 'no answer' };
  response.writeHead(answer.status, answer.headers);
  for (const byte of Buffer.from(answer.body ?? '')) {
    if (response.destroyed || closing.aborted) return { status: answer.status, cut: 'truncated' };
    response.write(Buffer.of(byte));
    await pause(pauseMs, closing);
  }
  response.end();
  return { status: answer.status };
}

/** Header names count in any case. */
function mergedHeaders(own: Answer['headers'] = {}, others: Readonly<Record<string, string>>) {
  const replaced = new Set(Object.keys(others).map((name) => name.toLowerCase()));
  const kept = Object.entries(own).filter(([name]) => !replaced.has(name.toLowerCase()));
  return { ...Object.fromEntries(kept), ...others };
}
