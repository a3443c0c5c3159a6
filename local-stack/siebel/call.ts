import type { IncomingMessage } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { Answer } from '../faults/answer.ts';
import { answerUnauthorized, userOf } from './access.ts';
import { parsePath } from './address.ts';
import type { Introspector } from './introspection.ts';
import { readParameters } from './parameters.ts';
import { answerData, type DataParts } from './resource.ts';
import { answerError, answerTomcat, json } from './responses.ts';

/** One request, read whole. */
export interface Call {
  readonly method: string;
  /** As sent: not decoded. */
  readonly path: string;
  readonly query: string;
  readonly headers: IncomingMessage['headers'];
  /** Missing when it was too large. */
  readonly body: string | undefined;
}

export interface CallParts extends DataParts {
  readonly introspector: Introspector;
  /** Told the Siebel user as soon as it is known. */
  readonly onUser: (user: string) => void;
}

const LARGEST_BODY = 5_242_880;

/** Reads a request to its end. */
export async function readCall(request: IncomingMessage): Promise<Call> {
  const { method = 'GET', url = '', headers } = request;
  const mark = url.indexOf('?');
  const [path, query] = mark < 0 ? [url, ''] : [url.slice(0, mark), url.slice(mark + 1)];
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= LARGEST_BODY) chunks.push(chunk);
  }
  const body = length > LARGEST_BODY ? undefined : Buffer.concat(chunks).toString('utf8');
  return { method, path, query, headers, body };
}

/** Takes the way of a request: Tomcat's own refusals, then who is calling, then the resource. */
export async function answerCall(call: Call, parts: CallParts): Promise<Answer> {
  const answer = await uncompressed(call, parts);
  const takesGzip = /\bgzip\b/.test(String(call.headers['accept-encoding']));
  if (!parts.settings.gzip || !takesGzip || !answer.body) return answer;
  return { ...answer, headers: { ...answer.headers, 'Content-Encoding': 'gzip' }, body: gzipSync(answer.body) };
}

async function uncompressed(call: Call, parts: CallParts): Promise<Answer> {
  const { method, path, query, headers, body } = call;
  const { settings, introspector } = parts;
  const address = parsePath(path, settings.contextPath);
  if (address.kind === 'refused') return answerTomcat(address.status, address.reason);

  const user = await userOf({ authorization: headers.authorization, scope: address.scope }, { introspector, settings });
  if (user === undefined) return answerUnauthorized(settings);
  parts.onUser(user);

  if (address.kind === 'heartbeat') return json(200, { status: 'ok' });
  if (address.kind === 'other') return answerError(404, 'The requested resource is not imitated here.');
  // The content type decides the format of every call, reads too; XML is not imitated.
  if (/xml/i.test(headers['content-type'] ?? '')) return answerTomcat(415, 'Unsupported Media Type');
  if (body === undefined) return answerTomcat(413, 'Content Too Large');
  return answerData({ method, segments: address.segments, parameters: readParameters(query), body, user }, parts);
}
