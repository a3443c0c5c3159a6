import type { Clock } from '../clock.ts';
import { UnusableResponseError } from '../errors.ts';
import type { HttpResponse } from '../http/exchange.ts';
import { parseRetryAfter } from '../http/retry-after.ts';
import { unexpected } from './answered-records.ts';
import { isTooIntricate } from './bulky-json.ts';
import type { FailureMembers } from './call.ts';
import { classifyFailure, failureInSuccess, failureText, failureTextOf } from './failures.ts';

export { type AnsweredRecord, oneRecordOf, outputOf, recordsOf, treesOf, unexpected } from './answered-records.ts';
export { childWrittenOf, writtenRecordsOf } from './written-records.ts';

const JSON_TYPE = /^\s*application\/(?:[a-z0-9.-]+\+)?json\s*(?:;|$)/i;
const PROBLEM_TYPE = /^\s*application\/problem\+json\s*(?:;|$)/i;
const OTHER_CHARSET = /;\s*charset\s*=(?!\s*"?utf-?8"?\s*(?:;|$))/i;
/** Arrays and objects inside each other, and members of one object (R63). */
const MAX_DEPTH = 32;
const MAX_KEYS = 1_000;
/** Made once: it keeps nothing between calls, and takes longer to make than a record to decode. */
const utf8 = /* @__PURE__ */ new TextDecoder('utf-8', { fatal: true });

/**
 * The JSON of a successful answer, or `no-data`.
 *
 * Read strictly: declared as JSON and being JSON, in UTF-8 (one leading byte order mark is dropped), at most 32 levels deep
 * and 1 000 members an object. Strings have no limit of their own, as attachments come as one. Names are data: a member
 * `__proto__` is a member. Links are data as well, and never followed.
 *
 * @param called What was called, for the error's text: `Account/Account`.
 * @param failure Members of a service's output that report a failure. Given for services and workflows alone, to which "no
 *   data" is a failure as well.
 * @throws SiebelResponseError when Siebel, or something in front of it, said no, by status or inside an answer with
 *   status 200.
 * @throws UnusableResponseError `REDIRECTED`, `NOT_JSON`, `BAD_ENCODING`, `BODY_TOO_LARGE`, `UNEXPECTED_SHAPE`; an answer that cannot be
 *   read is never "no data", and 304 is no success.
 */
export function contentOf(
  response: HttpResponse,
  clock: Pick<Clock, 'now'>,
  called?: string,
  failure?: FailureMembers,
): { readonly json: unknown } | 'no-data' {
  const { status, headers } = response;
  if (status >= 300 && status < 400) throw redirected(status);
  if (status === 204) return 'no-data';
  if (status === 206) throw new UnusableResponseError('BODY_TRUNCATED', 'Siebel answered with a part', { status });

  const about = {
    retryAfterMs: parseRetryAfter(headers['retry-after'], clock),
    component: called,
    ofService: failure !== undefined,
  };
  if (status < 200 || status >= 400) return failed(status, failureTextOf(response), about);

  const json = strict(response);
  const found = failureInSuccess(json, failure);
  if (found) return failed(status, found.text, { ...about, declared: found.declared });
  if (PROBLEM_TYPE.test(headers['content-type'] ?? '')) return failed(status, failureText(json), about);
  return { json };
}

function failed(...answer: Parameters<typeof classifyFailure>): 'no-data' {
  const failure = classifyFailure(...answer);
  if (failure !== 'no-data') throw failure;
  return failure;
}

function redirected(status: number): UnusableResponseError {
  const what =
    status === 304 ? '"not modified", which says nothing of what was asked' : 'a redirect, which is never followed';
  return new UnusableResponseError('REDIRECTED', `Siebel answered with ${what}`, { status });
}

function strict({ status, headers, body }: HttpResponse): unknown {
  const type = headers['content-type'] ?? '';
  if (!JSON_TYPE.test(type)) {
    throw new UnusableResponseError(
      'NOT_JSON',
      'Siebel answered with something that is not JSON: is a gateway or sign-in page in between?',
      { status },
    );
  }
  if (OTHER_CHARSET.test(type)) throw badEncoding('in a charset that is not UTF-8', status);
  if (isTooIntricate(body)) {
    const what = "Siebel's answer holds more objects, members or levels than records have";
    throw new UnusableResponseError('BODY_TOO_LARGE', what, { status });
  }
  const json = parsed(decoded(body, status), status);
  if (exceeds(json, MAX_DEPTH)) {
    throw unexpected(status, `more than ${MAX_DEPTH} levels, or more than ${MAX_KEYS} members in one object`);
  }
  return json;
}

function decoded(body: Buffer, status: number): string {
  try {
    return utf8.decode(body);
  } catch {
    throw badEncoding('with bytes that are not UTF-8', status);
  }
}

function parsed(text: string, status: number): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, which may be anybody's data.
    throw new UnusableResponseError('NOT_JSON', 'Siebel answered with JSON that is broken or cut', { status });
  }
}

/** Goes no deeper than the limit, however deep the value is. */
function exceeds(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  const values: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
  if (values !== value && values.length > MAX_KEYS) return true;
  // Most values are texts: they are passed over without a call.
  return values.some((inner) => typeof inner === 'object' && exceeds(inner, levels - 1));
}

function badEncoding(how: string, status: number): UnusableResponseError {
  return new UnusableResponseError('BAD_ENCODING', `Siebel answered ${how}`, { status });
}
