/** What of an event a test cares about. */
export interface HttpEventOptions {
  readonly method?: string;
  readonly path?: string;
  readonly routeKey?: string;
  readonly pathParameters?: Record<string, string>;
  readonly query?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
  readonly stage?: string;
  readonly authorizer?: unknown;
}

export const REQUEST_ID = 'JKJaXmPLvHcESHA=';
/** What stands for it as a correlation id, which allows fewer characters. */
export const CORRELATION_ID = 'JKJaXmPLvHcESHA-';

/**
 * An event of an HTTP API with payload format 2.0, in the form of the example in the API Gateway Developer Guide, "Create AWS
 * Lambda proxy integrations for HTTP APIs".
 */
export function httpEvent({
  method = 'GET',
  path = '/accounts/1-2AB',
  routeKey = 'GET /accounts/{Id}',
  pathParameters = routeKey.includes('{Id}') ? { Id: '1-2AB' } : {},
  query = '',
  headers = {},
  body,
  isBase64Encoded = false,
  stage = '$default',
  authorizer = { lambda: { clientId: 'api-client', scope: 'siebel.read siebel.write' } },
}: HttpEventOptions = {}): unknown {
  return {
    version: '2.0',
    routeKey,
    rawPath: stage === '$default' ? path : `/${stage}${path}`,
    rawQueryString: query,
    headers: { host: 'id.execute-api.us-east-1.amazonaws.com', 'x-forwarded-for': '203.0.113.7', ...headers },
    ...(Object.keys(pathParameters).length > 0 && { pathParameters }),
    requestContext: {
      accountId: '123456789012',
      apiId: 'api-id',
      authorizer,
      domainName: 'id.execute-api.us-east-1.amazonaws.com',
      domainPrefix: 'id',
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: '203.0.113.7', userAgent: 'agent' },
      requestId: REQUEST_ID,
      routeKey,
      stage,
      time: '12/Mar/2026:19:03:58 +0000',
      timeEpoch: 1_773_342_238_000,
    },
    ...(body !== undefined && { body }),
    isBase64Encoded,
  };
}

/** `PUT /accounts` with this body. */
export function putAccount(body: string, options: HttpEventOptions = {}): unknown {
  return httpEvent({
    method: 'PUT',
    path: '/accounts',
    routeKey: 'PUT /accounts',
    ...options,
    headers: { 'content-type': 'application/json', ...options.headers },
    body,
  });
}

/** `GET /accounts` with this query. */
export function searchAccounts(query: string, options: HttpEventOptions = {}): unknown {
  return httpEvent({ path: '/accounts', routeKey: 'GET /accounts', query, ...options });
}
