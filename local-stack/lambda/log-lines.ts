import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/** Ends what the runtime client wrote before it asked for the next event; see runtime-client.cjs. */
const MARK = '\x1e';

/**
 * Cuts a stream into lines.
 *
 * @param onLine Each line, and what stands before a mark or the end without a line break.
 * @param onMark Each mark, after all lines that were written before it.
 */
export function readLines(stream: Readable, { onLine, onMark }: { onLine(line: string): void; onMark(): void }): void {
  const decoder = new StringDecoder('utf8');
  let rest = '';

  function take(line: string): void {
    const isMark = line.endsWith(MARK);
    const text = isMark ? line.slice(0, -MARK.length) : line;
    if (text !== '' || !isMark) onLine(text);
    if (isMark) onMark();
  }

  stream.on('data', (chunk: Buffer) => {
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(line);
  });
  stream.on('end', () => {
    rest += decoder.end();
    if (rest !== '') take(rest);
  });
}
