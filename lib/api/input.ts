import { type InputIssue, InvalidInputError, invalidInput } from '../errors.ts';
import { isObject, JsonError, parseJson } from '../json.ts';
import type { InputMember, Operation } from '../operations/index.ts';
import { issueAt, refusal } from './refusal.ts';
import type { ApiRequest } from './request.ts';
import type { RouteMatch } from './routes.ts';

const MAX_BODY_BYTES = 1_048_576;
const MAX_VALUE_LENGTH = 200;
const MAX_PARAMETERS = 50;
const JSON_TYPE = /^application\/json\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?$/i;
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,128}$/;
const WHOLE_NUMBER = /^-?\d{1,16}$/;

/**
 * The input of the route's operation, made of path, query and body. What the operation does not know is refused here;
 * nothing is stripped, clamped or converted beyond the declared type of a parameter. The operation checks the rest.
 *
 * @throws InvalidInputError with everything wrong with path and query, or with the first thing wrong with the body.
 */
export function inputOf(request: ApiRequest, { values }: RouteMatch, { kind, inputMembers }: Operation): unknown {
  checkIdempotencyKey(request, kind);
  const inQuery = request.method === 'GET';
  const members = new Map([...inputMembers].filter(([name]) => inQuery && !values.has(name)));
  const query = queryValues(request.queryString, members);
  if (inQuery || request.method === 'DELETE') {
    refuseBody(request);
    return fromEntries([...values, ...query]);
  }

  const body = bodyOf(request);
  const twice = Object.keys(body).filter((name) => values.has(name));
  throwIfAny(twice.map((name) => issueAt({ pointer: `/${name}` }, 'UNKNOWN_FIELD', 'is given by the path')));
  return fromEntries([...values, ...Object.entries(body)]);
}

function queryValues(
  queryString: string,
  members: Operation['inputMembers'],
): readonly (readonly [name: string, value: unknown])[] {
  if (queryString === '') return [];
  const parts = queryString.split('&').slice(0, MAX_PARAMETERS + 1);
  if (parts.length > MAX_PARAMETERS) throw refusal('TOO_MANY_FIELDS', `has more than ${MAX_PARAMETERS} parameters`);

  const values = new Map<string, unknown>();
  const issues: InputIssue[] = [];
  for (const part of parts) {
    const [name, text] = decodedPair(part);
    const member = members.get(name);
    const problem = member && textProblem(name, text, member);
    const refuse = (code: string, message: string) => void issues.push(issueAt({ parameter: name }, code, message));
    if (!member) refuse('UNKNOWN_PARAMETER', 'is not a parameter of this address');
    else if (values.has(name) && !member.list) refuse('DUPLICATE_PARAMETER', 'is given more than once');
    else if (problem) refuse(...problem);
    else values.set(name, member.list ? [...listAt(values, name), converted(text, member)] : converted(text, member));
  }
  throwIfAny(issues);
  return [...values];
}

function textProblem(name: string, text: string, { type }: InputMember): [code: string, message: string] | undefined {
  if (text.length > MAX_VALUE_LENGTH) return ['TOO_LONG', `is longer than ${MAX_VALUE_LENGTH} characters`];
  if (type === 'number' && !WHOLE_NUMBER.test(text)) return [numberCode(name), 'is not a whole number'];
  if (type === 'boolean' && text !== 'true' && text !== 'false') {
    return ['BAD_TYPE', 'is neither true nor false'];
  }
  return undefined;
}

function converted(text: string, { type }: InputMember): unknown {
  return type === 'number' ? Number(text) : type === 'boolean' ? text === 'true' : text;
}

/** A parameter that may be given more than once: each time one value of a list. */
function listAt(values: ReadonlyMap<string, unknown>, name: string): readonly unknown[] {
  const list = values.get(name);
  return Array.isArray(list) ? list : [];
}

/** Code of a number that is not one, or is out of range: `limit` is the size of a page. */
export function numberCode(parameter: string): string {
  return parameter === 'limit' ? 'BAD_PAGE_SIZE' : 'BAD_NUMBER';
}

function decodedPair(part: string): readonly [name: string, value: string] {
  const at = part.indexOf('=');
  try {
    const decode = (text: string) => decodeURIComponent(text.replaceAll('+', ' '));
    return at < 0 ? [decode(part), ''] : [decode(part.slice(0, at)), decode(part.slice(at + 1))];
  } catch {
    throw refusal('BAD_PARAMETER', 'the query is not percent-encoded UTF-8');
  }
}

function bodyOf({ headers, body, badBody }: ApiRequest): object {
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw refusal('UNSUPPORTED_MEDIA_TYPE', 'the body is compressed; send it as it is');
  }
  if (!JSON_TYPE.test(headers['content-type']?.trim() ?? '')) {
    throw refusal('UNSUPPORTED_MEDIA_TYPE', 'the body is not said to be application/json in UTF-8');
  }
  if (badBody) throw refusal('BAD_JSON', 'the body is not what it is encoded as');
  if (body && body.length > MAX_BODY_BYTES) {
    throw refusal('TOO_LARGE', `the body is larger than ${MAX_BODY_BYTES} bytes`);
  }

  const json = parsed(body ?? Buffer.alloc(0));
  if (!isObject(json)) throw refusal('BAD_TYPE', 'the body is not a JSON object');
  return json;
}

function parsed(body: Buffer): unknown {
  try {
    return parseJson(body, { maxStringLength: MAX_BODY_BYTES });
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw invalidInput(error.pointer, error.code, error.message);
  }
}

function refuseBody({ body, badBody }: ApiRequest): void {
  if (badBody || (body && body.length > 0)) throw refusal('UNEXPECTED_BODY', 'this request takes no body');
}

// Where a call may be repeated as it is, the key changes nothing; where not, nobody may believe that it makes it safe.
function checkIdempotencyKey({ headers }: ApiRequest, kind: Operation['kind']): void {
  const key = headers['idempotency-key'];
  if (key !== undefined && (kind === 'insert' || kind === 'unrepeatable')) {
    throw refusal(
      'IDEMPOTENCY_KEY_NOT_SUPPORTED',
      'an Idempotency-Key does not make this request safe to repeat: send none',
    );
  }
  if (key !== undefined && !IDEMPOTENCY_KEY.test(key)) {
    throw refusal('BAD_IDEMPOTENCY_KEY', 'the Idempotency-Key is not 1 to 128 visible ASCII characters');
  }
}

// Also for a member named __proto__: fromEntries makes it a member like any other.
function fromEntries(entries: readonly (readonly [string, unknown])[]): unknown {
  return Object.fromEntries(entries);
}

function throwIfAny([first, ...others]: readonly InputIssue[]): void {
  if (first) throw new InvalidInputError([first, ...others]);
}
