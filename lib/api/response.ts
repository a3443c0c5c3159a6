import type { Problem } from './problem.ts';

/** An answer for the gateway (payload 2.0). */
export interface ApiResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Lambda answers at most 6 MB; some of it is ours. */
const MAX_ANSWER_BYTES = 5_900_000;

const HEADERS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

/**
 * A result as JSON, or `undefined` when it is larger than a function may answer.
 *
 * @param location Where the record that was created is read, relative to the request: the answer is then 201.
 */
export function jsonResponse(result: unknown, correlationId: string, location?: string): ApiResponse | undefined {
  const body = JSON.stringify(result) ?? 'null';
  if (Buffer.byteLength(body) > MAX_ANSWER_BYTES) return undefined;
  return {
    statusCode: location === undefined ? 200 : 201,
    headers: {
      ...HEADERS,
      ...named('application/json', correlationId),
      ...(location !== undefined && { location }),
    },
    body,
  };
}

/** A problem as its document. */
export function problemResponse(
  problem: Problem,
  correlationId: string,
  headers: Record<string, string> = {},
): ApiResponse {
  const { status, retryAfterSeconds } = problem;
  return {
    statusCode: status,
    headers: {
      ...HEADERS,
      ...named('application/problem+json', correlationId),
      ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
      ...headers,
    },
    body: JSON.stringify(problem),
  };
}

function named(contentType: string, correlationId: string): Record<string, string> {
  return { 'content-type': contentType, 'x-correlation-id': correlationId };
}
