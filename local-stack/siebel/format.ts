import type { IncomingHttpHeaders } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { Answer } from '../faults/answer.ts';
import { asProblem } from './formats/problem.ts';
import { fromXml, toXml } from './formats/xml.ts';
import type { SiebelSettings } from './settings.ts';

/** JSON or XML: the content type of the request decides, of reads too. */
export type Format = 'json' | 'xml';

/** The format of a call, or nothing when it is one that Siebel does not speak. */
export function formatOf(headers: IncomingHttpHeaders, { xml }: SiebelSettings): Format | undefined {
  const type = (headers['content-type'] ?? 'application/json').split(';')[0]?.trim().toLowerCase() ?? '';
  if (/[/+]xml$/.test(type)) return xml ? 'xml' : undefined;
  // One page of the guides shows a form's content type over a JSON body.
  return /[/+]json$/.test(type) || type === 'multipart/form-data' ? 'json' : undefined;
}

/**
 * The body as JSON text, whatever format it came in.
 *
 * @throws SiebelError when it is no document of that format.
 */
export function requestBody(body: string, format: Format): string {
  return format === 'xml' && body.trim() !== '' ? JSON.stringify(fromXml(body)) : body;
}

/** The answer as it goes out: in the format of the call, with a cookie and compressed where that is set. */
export function dressed(answer: Answer, headers: IncomingHttpHeaders, settings: SiebelSettings): Answer {
  const told = asProblem(answer, settings);
  const formatted = formatOf(headers, settings) === 'xml' && isJson(told) ? toXml(told) : told;
  const served = settings.cookie ? withHeader(formatted, 'Set-Cookie', COOKIE) : formatted;
  const takesGzip = /\bgzip\b/.test(String(headers['accept-encoding']));
  if (!settings.gzip || !takesGzip || !served.body) return served;
  return { ...withHeader(served, 'Content-Encoding', 'gzip'), body: gzipSync(served.body) };
}

/** The same for everyone: it stands for no session. */
const COOKIE = 'JSESSIONID=4D0C6F3B2A; Path=/siebel; Secure; HttpOnly';

function isJson({ headers }: Answer): boolean {
  return /json/.test(headers?.['Content-Type'] ?? '');
}

function withHeader(answer: Answer, name: string, value: string): Answer {
  return { ...answer, headers: { ...answer.headers, [name]: value } };
}
