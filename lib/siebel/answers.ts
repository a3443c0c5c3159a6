import type { Clock } from '../clock.ts';
import { UnusableResponseError } from '../errors.ts';
import type { HttpResponse } from '../http/exchange.ts';
import { parseRetryAfter } from '../http/retry-after.ts';
import { isObject } from '../json.ts';
import type { ComponentAddress, SiebelPage, SiebelRecord } from './component.ts';
import { classifyFailure, failureInSuccess, failureText } from './failures.ts';

const JSON_TYPE = /^application\/(?:[a-z0-9.-]+\+)?json\s*(?:;|$)/i;
const OTHER_CHARSET = /;\s*charset\s*=(?!\s*"?utf-?8"?\s*(?:;|$))/i;
/** Of an answer that is no success only this much is read as JSON; it says why in its first lines. */
const MAX_FAILURE_BYTES = 262_144;

/**
 * The JSON of a successful answer, or `no-data`.
 *
 * @param component What was called, for the error's text.
 * @throws SiebelResponseError when Siebel said no, by status or inside an answer with status 200.
 * @throws UnusableResponseError `REDIRECTED`, `NOT_JSON`, `BAD_ENCODING`; an answer that cannot be read is never "no data".
 */
export function contentOf(
  response: HttpResponse,
  clock: Pick<Clock, 'now'>,
  component?: ComponentAddress,
): { readonly json: unknown } | 'no-data' {
  const { status, headers } = response;
  if (status >= 300 && status < 400) {
    throw new UnusableResponseError('REDIRECTED', 'Siebel answered with a redirect, which is never followed', {
      status,
    });
  }
  if (status === 204) return 'no-data';

  const about = {
    retryAfterMs: parseRetryAfter(headers['retry-after'], clock),
    component: component && `${component.businessObject}/${component.businessComponent}`,
  };
  if (status < 200 || status >= 400) return failed(status, failureText(lenient(response.body)), about);

  const json = strict(response);
  const failure = failureInSuccess(json);
  return failure ? failed(status, failure, about) : { json };
}

/**
 * The records of an answer, however Siebel has packed them: an array, one object, a bare record.
 *
 * @throws UnusableResponseError `UNEXPECTED_SHAPE` for anything else; `{}` is no empty list.
 */
export function recordsOf(json: unknown, status: number): SiebelPage {
  if (Array.isArray(json)) return { records: json.map((item) => recordOf(item, status)), lastPage: json.length === 0 };
  if (!isObject(json)) throw unexpected(status, 'neither records nor one record');

  if (!Object.hasOwn(json, 'items')) return { records: [recordOf(json, status)], lastPage: false };
  const items = Array.isArray(json['items']) ? json['items'] : [json['items']];
  const last = Object.hasOwn(json, 'lastpage') && String(json['lastpage']).toLowerCase() === 'true';
  return { records: items.map((item) => recordOf(item, status)), lastPage: last || items.length === 0 };
}

/** The one record of an answer. */
export function oneRecordOf(json: unknown, status: number): SiebelRecord {
  const [record, ...more] = recordsOf(json, status).records;
  if (!record || more.length > 0) throw unexpected(status, 'not exactly one record');
  return record;
}

/** An answer that says yes, but not what it should say. */
export function unexpected(status: number, what: string): UnusableResponseError {
  return new UnusableResponseError('UNEXPECTED_SHAPE', `Siebel's answer holds ${what}`, { status });
}

function failed(...answer: Parameters<typeof classifyFailure>): 'no-data' {
  const failure = classifyFailure(...answer);
  if (failure !== 'no-data') throw failure;
  return failure;
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
  if (OTHER_CHARSET.test(type))
    throw new UnusableResponseError('BAD_ENCODING', 'Siebel answered in a charset that is not UTF-8', { status });
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    // The parser's own message quotes the text, which may be anybody's data.
    throw new UnusableResponseError('NOT_JSON', 'Siebel answered with JSON that is broken or cut', { status });
  }
}

/** JSON when it is JSON, else its text: gateways and Tomcat answer failures in forms of their own. */
function lenient(body: Buffer): unknown {
  const text = new TextDecoder().decode(body.subarray(0, MAX_FAILURE_BYTES));
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function recordOf(item: unknown, status: number): SiebelRecord {
  if (!isObject(item)) throw unexpected(status, 'a list with something that is not a record');
  const values = Object.entries(item).flatMap(([name, value]): [string, string][] => {
    if (typeof value === 'string') return [[name, value]];
    if (value === null) return [[name, '']];
    // Objects and arrays are links and child records.
    return typeof value === 'object' ? [] : [[name, String(value)]];
  });
  const record = Object.fromEntries(values);
  if (!Object.hasOwn(record, 'Id') || record['Id'] === '') throw unexpected(status, 'a record without Id');
  return record;
}
