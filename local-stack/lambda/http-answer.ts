import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** An HTTP answer. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string | Buffer;
}

/** The short answer that API Gateway gives by itself. */
export function shortAnswer(status: number, message: string): Answer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ message }) };
}

export const INTERNAL_SERVER_ERROR = shortAnswer(500, 'Internal Server Error');

/**
 * Makes an HTTP answer of what a function answered, payload format 2.0.
 *
 * @returns 500 when the answer is malformed.
 * @see API Gateway developer guide, "Lambda function response for format 2.0"
 */
export function functionAnswer(payload: unknown): Answer {
  if (!isObject(payload) || payload['statusCode'] === undefined) {
    const body = typeof payload === 'string' ? payload : JSON.stringify(payload);
    return { status: 200, headers: { 'content-type': 'application/json' }, body };
  }
  const { statusCode, headers = {}, cookies = [], body = '', isBase64Encoded = false } = payload;
  const status = Number(statusCode);
  const isWellFormed =
    Number.isInteger(status) && status >= 200 && status <= 599 && isObject(headers) && Array.isArray(cookies);
  if (!isWellFormed || typeof body !== 'string') return INTERNAL_SERVER_ERROR;

  const named = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)] as const);
  return {
    status,
    headers: {
      'content-type': 'text/plain;charset=UTF-8',
      ...Object.fromEntries(named.filter(([name]) => name !== 'content-length')),
      ...(cookies.length > 0 ? { 'set-cookie': cookies.map(String) } : {}),
    },
    body: isBase64Encoded ? Buffer.from(body, 'base64') : body,
  };
}

/** Sends it; an answer with headers that HTTP does not allow becomes a 500. */
export function sendAnswer(response: ServerResponse, answer: Answer, requestId: string): number {
  if (response.destroyed) return answer.status;
  const length = [204, 304].includes(answer.status) ? {} : { 'content-length': String(Buffer.byteLength(answer.body)) };
  const headers = { ...answer.headers, ...length, 'apigw-requestid': requestId };
  try {
    response.writeHead(answer.status, headers as OutgoingHttpHeaders);
  } catch {
    if (answer === INTERNAL_SERVER_ERROR) throw new Error('the answer could not be sent');
    return sendAnswer(response, INTERNAL_SERVER_ERROR, requestId);
  }
  response.end(answer.body);
  return answer.status;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
