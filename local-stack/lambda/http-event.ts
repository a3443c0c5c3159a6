import type { IncomingMessage } from 'node:http';
import { arnOf, LOCAL_ACCOUNT } from '../aws/account.ts';
import type { RouteMatch } from './http-routes.ts';

/** A request as API Gateway has understood it. */
export interface GatewayRequest {
  readonly method: string;
  /** As sent, and with its percent escapes taken out. */
  readonly escapedPath: string;
  readonly path: string;
  readonly query: string;
  /** Names in lower case, repeated headers joined by commas. */
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
  readonly sourceIp: string;
  readonly requestId: string;
  readonly receivedAt: Date;
}

export const API_ID = 'local';

/** Headers that concern one connection only, and the cookies, which have a member of their own. */
const LEFT_OUT = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'te',
  'cookie',
]);

/** @returns Nothing when the path has malformed percent escapes. */
export function readRequest(
  request: IncomingMessage,
  { requestId, traceId }: { requestId: string; traceId: string },
): GatewayRequest | undefined {
  const target = request.url ?? '/';
  const [escapedPath = '/'] = target.split('?', 1);
  const path = unescaped(escapedPath);
  if (path === undefined || !escapedPath.startsWith('/')) return undefined;

  const received = joinedHeaders(request.rawHeaders);
  const sourceIp = request.socket.remoteAddress ?? '127.0.0.1';
  const headers = new Map([...received].filter(([name]) => !LEFT_OUT.has(name)));
  headers.set('x-amzn-trace-id', traceId);
  headers.set('x-forwarded-for', [received.get('x-forwarded-for'), sourceIp].filter(Boolean).join(', '));
  headers.set('x-forwarded-port', '443');
  headers.set('x-forwarded-proto', 'https');
  return {
    method: request.method ?? 'GET',
    escapedPath,
    path,
    query: target.slice(escapedPath.length + 1),
    headers: Object.fromEntries(headers),
    cookies: received.get('cookie')?.split(/; ?|,/).filter(Boolean) ?? [],
    sourceIp,
    requestId,
    receivedAt: new Date(),
  };
}

/** What the event for the function and the one for its authorizer have in common. */
function commonEvent(request: GatewayRequest, { routeKey, pathParameters }: RouteMatch) {
  const parameters = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(request.query)) {
    const earlier = parameters.get(name);
    parameters.set(name, earlier === undefined ? value : `${earlier},${value}`);
  }
  return {
    version: '2.0',
    routeKey,
    rawPath: request.path,
    rawQueryString: request.query,
    ...(request.cookies.length > 0 ? { cookies: request.cookies } : {}),
    headers: request.headers,
    ...(parameters.size > 0 ? { queryStringParameters: Object.fromEntries(parameters) } : {}),
    ...(Object.keys(pathParameters).length > 0 ? { pathParameters } : {}),
    requestContext: {
      accountId: LOCAL_ACCOUNT.accountId,
      apiId: API_ID,
      domainName: `${API_ID}.execute-api.${LOCAL_ACCOUNT.region}.amazonaws.com`,
      domainPrefix: API_ID,
      http: {
        method: request.method,
        path: request.path,
        protocol: 'HTTP/1.1',
        sourceIp: request.sourceIp,
        userAgent: request.headers['user-agent'] ?? '',
      },
      requestId: request.requestId,
      routeKey,
      stage: '$default',
      time: logTime(request.receivedAt),
      timeEpoch: request.receivedAt.getTime(),
    },
  };
}

/**
 * The event for the function, payload format 2.0.
 *
 * @see API Gateway developer guide, "Create AWS Lambda proxy integrations for HTTP APIs"
 */
export function integrationEvent(
  request: GatewayRequest,
  route: RouteMatch,
  { body, authorizer }: { body: Buffer; authorizer: Readonly<Record<string, unknown>> | undefined },
) {
  const { requestContext, ...common } = commonEvent(request, route);
  const isBase64Encoded = body.length > 0 && !isText(request.headers, body);
  return {
    ...common,
    requestContext: authorizer ? { ...requestContext, authorizer: { lambda: authorizer } } : requestContext,
    ...(body.length > 0 ? { body: body.toString(isBase64Encoded ? 'base64' : 'utf8') } : {}),
    isBase64Encoded,
  };
}

/**
 * The event for a request authorizer, payload format 2.0.
 *
 * @see API Gateway developer guide, "Control access to HTTP APIs with AWS Lambda authorizers"
 */
export function authorizerEvent(request: GatewayRequest, route: RouteMatch, identitySource: readonly string[]) {
  const { version, ...common } = commonEvent(request, route);
  const [, path = ''] = / (\/.*)$/.exec(route.routeKey) ?? [];
  const routeArn = arnOf('execute-api', `${API_ID}/$default/${request.method}${path}`);
  return { version, type: 'REQUEST', routeArn, identitySource, ...common };
}

/** Text goes as it is; anything else, and what says it is text and is not, in base64. */
function isText(headers: Readonly<Record<string, string>>, body: Buffer): boolean {
  if (headers['content-encoding'] !== undefined) return false;
  const type = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  const isTextType =
    type === undefined || /^text\/|^application\/(?:json|xml|javascript)$|^application\/.+\+(?:json|xml)$/.test(type);
  return isTextType && Buffer.from(body.toString('utf8')).equals(body);
}

function joinedHeaders(rawHeaders: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = String(rawHeaders[index]).toLowerCase();
    const value = String(rawHeaders[index + 1]);
    const earlier = headers.get(name);
    headers.set(name, earlier === undefined ? value : `${earlier},${value}`);
  }
  return headers;
}

/** `12/Mar/2020:19:03:58 +0000` */
function logTime(at: Date): string {
  const [, day, month, year, time] = /^\w+, (\d+) (\w+) (\d+) ([\d:]+)/.exec(at.toUTCString()) ?? [];
  return `${day}/${month}/${year}:${time} +0000`;
}

function unescaped(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}
