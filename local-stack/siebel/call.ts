import type { IncomingMessage } from 'node:http';
import type { Answer } from '../faults/answer.ts';
import { answerUnauthorized, userOf } from './access.ts';
import { parsePath, type ResourceAddress } from './address.ts';
import { answerDescribe } from './describe/answer-describe.ts';
import { dressed, formatOf, requestBody } from './format.ts';
import type { Introspector } from './introspection.ts';
import { answerMaintenance } from './maintenance.ts';
import { readParameters } from './parameters.ts';
import { answerData, type DataCall, type DataParts } from './resource.ts';
import { answerError, answerTomcat, json } from './responses.ts';
import { answerService } from './services/answer-service.ts';
import type { Sessions } from './sessions.ts';
import { SiebelError } from './siebel-error.ts';
import { answerWorkflow } from './workflows/answer-workflow.ts';

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
  readonly sessions: Sessions;
  /** URI parameters by official name that count in the place of those sent. */
  readonly instead?: Readonly<Record<string, string>> | undefined;
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

/**
 * Takes the way of a request: Tomcat's own refusals, then who is calling, a session for them, the resource, and the form
 * of the answer.
 */
export async function answerCall(call: Call, parts: CallParts): Promise<Answer> {
  const { settings, introspector } = parts;
  const { headers } = call;
  if (settings.maintenance) return answerMaintenance(settings.maintenance);
  const address = parsePath(call.path, settings.contextPath);
  if (address.kind === 'refused') return answerTomcat(address.status, address.reason);

  const scope = address.kind === 'resource' ? address.root : undefined;
  const user = await userOf({ authorization: headers.authorization, scope }, { introspector, settings });
  if (user === undefined) return dressed(answerUnauthorized(settings), headers, settings);
  parts.onUser(user);
  return dressed(await inSession(call, address, user, parts), headers, settings);
}

async function inSession(
  call: Call,
  address: Exclude<ReturnType<typeof parsePath>, { kind: 'refused' }>,
  user: string,
  parts: CallParts,
): Promise<Answer> {
  if (!(await parts.sessions.enter(user, parts.settings))) return answerError(500, NO_SESSION);
  try {
    if (address.kind === 'heartbeat') return json(200, { status: 'ok' });
    return address.kind === 'resource' ? answerResource(call, address, user, parts) : NOT_IMITATED;
  } finally {
    parts.sessions.leave(user);
  }
}

const NO_SESSION = 'Could not open a session in 4 attempts.';
const NOT_IMITATED = answerError(404, 'The requested resource is not imitated here.');

function answerResource(call: Call, address: ResourceAddress, user: string, parts: CallParts): Answer {
  const format = formatOf(call.headers, parts.settings);
  if (format === undefined) return answerTomcat(415, 'Unsupported Media Type');
  if (call.body === undefined) return answerTomcat(413, 'Content Too Large');
  const resourceCall = (body: string): DataCall => ({
    method: call.method,
    segments: address.segments,
    parameters: readParameters(call.query, parts.settings.parameterNames, parts.instead),
    body,
    user,
  });
  try {
    return answerKind(address, resourceCall(requestBody(call.body, format)), parts);
  } catch (error) {
    if (error instanceof SiebelError) return answerError(error.status, error.message);
    throw error;
  }
}

function answerKind(address: ResourceAddress, call: DataCall, parts: CallParts): Answer {
  const { workflows, describe } = parts.settings;
  if (address.describes) return describe === 'none' ? NOT_IMITATED : answerDescribe(call, parts);
  if (address.root === 'data') return answerData(call, parts);
  if (address.root === 'service') return answerService(call, parts);
  // A release that has no such resource does not know the address.
  return workflows ? answerWorkflow(call, parts) : NOT_IMITATED;
}
