import type { HttpRequest } from './exchange.ts';

const PATH = /^\/[\x21-\x7e]*$/;
const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e]*$/;
/** Where a message ends and what becomes of its connection is for the client alone to say. */
const HEADERS_OF_THE_CLIENT = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Refuses what cannot be put on the wire as it is, before it comes near the pool: a request that undici refuses keeps
 * its connection taken for good.
 *
 * @throws Error for a defect of whoever has built the request; it holds nothing of the path and of the values.
 * @see RFC 9112 section 3.2.1, RFC 9110 section 5
 */
export function assertSendable({ path, headers = {} }: Pick<HttpRequest, 'path' | 'headers'>): void {
  if (!PATH.test(path)) throw new Error('the path of a request is not one slash and visible ASCII characters');

  for (const [name, value] of Object.entries(headers)) {
    if (!HEADER_NAME.test(name)) throw new Error('the name of a request header is not a token');
    if (HEADERS_OF_THE_CLIENT.has(name.toLowerCase())) throw new Error(`the request header ${name} is not for callers`);
    if (typeof value !== 'string' || !HEADER_VALUE.test(value)) {
      throw new Error(`the value of the request header ${name} has a character that headers must not have`);
    }
  }
}
