import * as z from 'zod/mini';
import { invalidInput } from '../errors.ts';

/** One HTTP request as the rest of this room sees it, whatever form the gateway gave it. */
export interface ApiRequest {
  /** The gateway's id of this request. */
  readonly requestId: string;
  /** The caller's own id of what this belongs to, or the request id. */
  readonly correlationId: string;
  readonly method: string;
  /** Without the stage: `/accounts/1-2AB+7`. */
  readonly path: string;
  /** Route that the gateway has chosen: `GET /accounts/{Id}`. */
  readonly routeKey: string;
  /** Values of the path, decoded. */
  readonly pathParameters: Readonly<Record<string, string>>;
  /** As it came, without the question mark. */
  readonly queryString: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The bytes of the body; `undefined` when there is none, or none that can be decoded (`badBody`). */
  readonly body: Buffer | undefined;
  /** The body was said to be base64 and is not. */
  readonly badBody: boolean;
  /** Who calls, as the authorizer says. */
  readonly clientId: string | undefined;
}

const TEXTS = z.record(z.string(), z.string());
const EVENT = z.object({
  version: z.literal('2.0'),
  routeKey: z.string(),
  rawPath: z.string(),
  rawQueryString: z.optional(z.string()),
  headers: z.optional(TEXTS),
  pathParameters: z.optional(TEXTS),
  body: z.optional(z.nullable(z.string())),
  isBase64Encoded: z.optional(z.boolean()),
  requestContext: z.object({
    requestId: z.string(),
    stage: z.string(),
    http: z.object({ method: z.string() }),
    authorizer: z.optional(
      z.object({ lambda: z.optional(z.nullable(z.object({ clientId: z.optional(z.string()) }))) }),
    ),
  }),
});

const CORRELATION_ID = /^[A-Za-z0-9._-]{1,64}$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/;

/**
 * Reads the event of an HTTP API (payload 2.0): case of headers, base64, stage in the path, correlation id. `X-Forwarded-*` and
 * headers that claim another method are not looked at.
 *
 * @throws InvalidInputError `INVALID_EVENT` for anything else: then it is not a caller who is at fault.
 * @see API Gateway Developer Guide, "Create AWS Lambda proxy integrations for HTTP APIs": payload format version 2.0
 */
export function readRequest(event: unknown): ApiRequest {
  const result = EVENT.safeParse(event);
  if (!result.success) {
    throw invalidInput('', 'INVALID_EVENT', 'the event is not that of an HTTP API with payload format 2.0');
  }
  const { routeKey, rawPath, rawQueryString = '', pathParameters = {}, body, isBase64Encoded, ...rest } = result.data;
  const { requestId, stage, http, authorizer } = rest.requestContext;
  const headers = lowerCased(rest.headers ?? {});
  const given = headers.get('x-correlation-id');
  const badBody = isBase64Encoded === true && typeof body === 'string' && !BASE64.test(body);

  return {
    requestId,
    correlationId: given !== undefined && CORRELATION_ID.test(given) ? given : correlationIdFrom(requestId),
    method: http.method.toUpperCase(),
    path: withoutStage(rawPath, stage),
    routeKey,
    pathParameters,
    queryString: rawQueryString,
    headers: Object.fromEntries(headers),
    body: badBody || !body ? undefined : Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8'),
    badBody,
    clientId: authorizer?.lambda?.clientId,
  };
}

function lowerCased(headers: Readonly<Record<string, string>>): Map<string, string> {
  return new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function withoutStage(path: string, stage: string): string {
  const prefix = `/${stage}`;
  return stage !== '$default' && (path === prefix || path.startsWith(`${prefix}/`))
    ? path.slice(prefix.length) || '/'
    : path;
}

/** The gateway's request id in characters that may come back to us as a correlation id. */
function correlationIdFrom(requestId: string): string {
  return requestId.replace(/[^A-Za-z0-9._-]/g, '-');
}
