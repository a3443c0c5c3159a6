import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { listenOnLoopback, readBody } from '../loopback.ts';
import { type InvocationResult, type LambdaFunction, RequestTooLargeError, ThrottledError } from './host.ts';
import { type Answer, functionAnswer, INTERNAL_SERVER_ERROR, sendAnswer, shortAnswer } from './http-answer.ts';
import { type GatewayRequest, integrationEvent, readRequest } from './http-event.ts';
import { type RouteMatch, routeTable } from './http-routes.ts';
import { type AuthorizerOptions, requestAuthorizer } from './request-authorizer.ts';
import { type ThrottleLimits, throttle } from './throttle.ts';

export interface HttpFrontOptions {
  /** `GET /accounts/{Id}` and so on. */
  readonly routeKeys: readonly string[];
  readonly target: Pick<LambdaFunction, 'invoke'>;
  readonly authorizer?: AuthorizerOptions;
  /** Default: API Gateway's own, 10,000 a second and 5,000 at once. */
  readonly throttling?: ThrottleLimits;
  /** How long a function may take. Default 30 s, which is the most that API Gateway allows. */
  readonly integrationTimeoutMs?: number;
  /**
   * Percent escapes in `pathParameters`: left in, or taken out as they always are in `rawPath`. Reports differ on what
   * API Gateway does, so a function should understand both. Default `escaped`.
   */
  readonly pathParameters?: 'escaped' | 'decoded';
  readonly port?: number;
}

export interface HttpFrontStats {
  readonly requests: number;
  /** Answers by status. */
  readonly byStatus: Readonly<Record<string, number>>;
}

/** API Gateway's HTTP API in front of a function. */
export interface HttpFront {
  readonly url: string;
  stats(): HttpFrontStats;
  close(): Promise<void>;
}

const BODY_LIMIT_BYTES = 10 * 1_024 * 1_024;
/** Request line and headers together. */
const HEAD_LIMIT_BYTES = 10_240;
const INTEGRATION_TIMEOUT_MS = 30_000;

/**
 * Starts it. A request goes through routes, throttling, authorizer and function, and any of them may answer it by
 * itself: 404, 429, 401 or 403 or 500, 413, 503 when the function is busy or late, 500 when it failed.
 *
 * @throws When a route key or an identity source is malformed.
 */
export async function startHttpFront(options: HttpFrontOptions): Promise<HttpFront> {
  const { routeKeys, target, integrationTimeoutMs = INTEGRATION_TIMEOUT_MS, port = 0 } = options;
  const findRoute = routeTable(routeKeys);
  const mayPass = throttle(options.throttling ?? { ratePerSecond: 10_000, burst: 5_000 });
  const authorize = options.authorizer && requestAuthorizer(options.authorizer);
  const byStatus = new Map<string, number>();

  async function answer(incoming: IncomingMessage, requestId: string): Promise<Answer> {
    const traceId = newTraceRoot();
    const request = readRequest(incoming, { requestId, traceId });
    if (!request) return shortAnswer(400, 'Bad Request');
    const found = findRoute(request.method, request.escapedPath);
    if (!found) return shortAnswer(404, 'Not Found');
    if (!mayPass()) return shortAnswer(429, 'Too Many Requests');
    const route = options.pathParameters === 'decoded' ? withDecodedParameters(found) : found;

    const body = await readBody(incoming, BODY_LIMIT_BYTES);
    const decision = await authorize?.(request, route);
    if (decision?.passes === false) return decision.answer;
    if (body === 'too-large') return shortAnswer(413, 'Request Entity Too Large');
    return callFunction(request, route, { body, authorizer: decision?.context, traceId });
  }

  async function callFunction(
    request: GatewayRequest,
    route: RouteMatch,
    { body, authorizer, traceId }: { body: Buffer; authorizer: Caller; traceId: string },
  ): Promise<Answer> {
    try {
      const event = integrationEvent(request, route, { body, authorizer });
      const result = await within(integrationTimeoutMs, target.invoke(event, { traceId }));
      if (result === 'late') return shortAnswer(503, 'Service Unavailable');
      return result.functionError ? INTERNAL_SERVER_ERROR : functionAnswer(result.payload);
    } catch (error) {
      if (error instanceof ThrottledError) return shortAnswer(503, 'Service Unavailable');
      if (error instanceof RequestTooLargeError) return shortAnswer(413, 'Request Entity Too Large');
      return INTERNAL_SERVER_ERROR;
    }
  }

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = randomBytes(11).toString('base64');
    const given = await answer(incoming, requestId);
    // What is left of a body that nobody read would block the connection.
    incoming.resume();
    const status = String(sendAnswer(response, given, requestId));
    byStatus.set(status, (byStatus.get(status) ?? 0) + 1);
  }

  const server = createServer({ maxHeaderSize: HEAD_LIMIT_BYTES }, (incoming, response) => {
    // Only a client that went away ends here.
    handle(incoming, response).catch(() => response.destroy());
  });
  const { origin, close } = await listenOnLoopback(server, port);

  return {
    url: origin,
    stats: () => ({
      requests: [...byStatus.values()].reduce((sum, count) => sum + count, 0),
      byStatus: Object.fromEntries(byStatus),
    }),
    close,
  };
}

type Caller = Readonly<Record<string, unknown>> | undefined;

function within(timeoutMs: number, calling: Promise<InvocationResult>): Promise<InvocationResult | 'late'> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve('late'), timeoutMs);
    calling.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

function withDecodedParameters({ routeKey, pathParameters }: RouteMatch): RouteMatch {
  const decoded = Object.entries(pathParameters).map(([name, value]) => [name, decodeURIComponent(value)]);
  return { routeKey, pathParameters: Object.fromEntries(decoded) };
}

function newTraceRoot(): string {
  return `Root=1-${Math.floor(Date.now() / 1_000).toString(16)}-${randomBytes(12).toString('hex')}`;
}
