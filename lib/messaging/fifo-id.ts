import { createHash } from 'node:crypto';

const MAX_ID_LENGTH = 128;

/** Text as an id of a FIFO queue: up to 128 visible characters of ASCII, the text itself where that fits. */
export function fifoId(text: string): string {
  return text.length <= MAX_ID_LENGTH && /^[\x21-\x7e]+$/.test(text)
    ? text
    : createHash('sha256').update(text).digest('hex');
}
