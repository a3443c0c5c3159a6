import * as z from 'zod/mini';
import { coded, type Field, fieldOf } from './field.ts';

/**
 * The content of an attachment: Base64 here and on the wire.
 *
 * Siebel answers the address of the content unless the read asks for `inlineAttachments`; an address is a problem here, for
 * addresses in answers are never followed.
 *
 * @param maxBytes Bytes of the content, decoded. Larger content is refused before it is sent (`TOO_LONG`), and a problem
 *   when it is read.
 * @see Siebel REST API Guide, attachments: `inlineattachment`
 */
export function attachment(maxBytes: number): Field<string, false, false, 'attachment'> {
  if (!Number.isSafeInteger(maxBytes) || maxBytes < 1) {
    throw new RangeError('attachment: the size is a whole number of bytes from 1');
  }
  const isSmall = (value: string) => bytesIn(value) <= maxBytes;
  return fieldOf('attachment', {
    json: 'string',
    schema: z.string().check(
      coded('TOO_LONG', `is content of more than ${maxBytes} bytes`, isSmall),
      coded('BAD_TYPE', 'is not content in Base64', (value) => !isSmall(value) || isBase64(value)),
    ),
    toWire(value) {
      if (!isSmall(value) || !isBase64(value)) throw new RangeError('not content in Base64 of the declared size');
      return value;
    },
    fromWire(wire) {
      if (wire === '') return { unset: true };
      if (/^[a-z][a-z0-9+.-]*:\/\//i.test(wire)) return { problem: 'is an address in the place of its content' };
      // Content may come in lines of 76 characters.
      const value = /\s/.test(wire) ? wire.replace(/[\r\n]+/g, '') : wire;
      if (!isSmall(value)) return { problem: `is content of more than ${maxBytes} bytes` };
      return isBase64(value) ? { value } : { problem: 'is not content in Base64' };
    },
  });
}

function bytesIn(base64: string): number {
  const padding = base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0;
  return Math.floor((base64.length * 3) / 4) - padding;
}

// Decoding is lenient in Node: only the one text that encoding gives back is content.
function isBase64(value: string): boolean {
  return value !== '' && Buffer.from(value, 'base64').toString('base64') === value;
}
