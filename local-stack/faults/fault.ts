/**
 * What happens to a request that a rule strikes. Members combine: `delayMs` comes first; `status`, `body`, `bodyBase64`
 * and `html` answer in the place of the server, which then does no work; the rest acts on whatever answer there is.
 */
export interface Fault {
  /** Answer with this status. 200 when only a body is given. */
  readonly status?: number;
  /** Body of that answer: a string as it stands, anything else as JSON. */
  readonly body?: unknown;
  /** Bytes of that answer that are no text, such as broken UTF-8. */
  readonly bodyBase64?: string;
  /** Content type of that answer. Default `application/json` for JSON and bytes, `text/plain` for a string. */
  readonly contentType?: string;
  /** More headers of the answer, such as `Retry-After`, or others in the place of its own: a lying `Content-Type`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** An HTML page in the place of JSON, as gateways and Tomcat send it; status 200 unless `status` says otherwise. */
  readonly html?: true;

  /** Wait this long before anything else. */
  readonly delayMs?: number;
  /** Do nothing and never answer. */
  readonly hang?: true;
  /** Cut the connection with a TCP reset: before any work, or after it was done. */
  readonly reset?: 'before' | 'after-commit';
  /** Cut the connection at once, and do the work so much later. */
  readonly commitAfterMs?: number;
  /** Do the work, then hold the answer: for so many milliseconds, or (`true`) until the client gives up. */
  readonly holdAfterCommit?: true | number;

  /** Send only the first half of the body: then cut the connection, or (`framed`) say that this was all. */
  readonly truncate?: true | 'framed';
  /** Put so many MiB of blanks behind the body. */
  readonly padMiB?: number;
  /** Compress the body, whatever the client takes; with `padMiB` a bomb. */
  readonly compressed?: true;
  /** Say a length that is so many bytes off: with more the client waits, with less it finds bytes that belong to nothing. */
  readonly lengthOff?: number;
  /** Send the body byte by byte with so long a pause after each, without a length. */
  readonly dripMs?: number;

  /** Siebel: settings for this request alone. */
  readonly settings?: object;
  /** Siebel: URI parameters that count in the place of those sent, such as `StartRowNum` 0 for pages without end. */
  readonly parameters?: Readonly<Record<string, string>>;
}

/** A fault that cannot be understood. The message says what to write. */
export class FaultRuleError extends Error {
  override readonly name = 'FaultRuleError';
}

/** Whether a member's value may stand there, and what may, in words. */
export type Members = Readonly<Record<string, readonly [isValid: (value: unknown) => boolean, expected: string]>>;

const LONGEST_MS = 3_600_000;

export const isText = (value: unknown) => typeof value === 'string' && value !== '';
export const isCount = (value: unknown) => Number.isInteger(value) && (value as number) >= 0;
const isMilliseconds = (value: unknown) => isCount(value) && (value as number) <= LONGEST_MS;
const isTexts = (value: unknown) => isObject(value) && Object.values(value).every((text) => typeof text === 'string');
const TRUE = [(value: unknown) => value === true, 'true'] as const;
const MILLISECONDS = [isMilliseconds, `milliseconds up to ${LONGEST_MS}`] as const;

/** Every member that a fault may have. */
export const FAULT_MEMBERS: { readonly [Member in keyof Required<Fault>]: Members[string] } = {
  status: [
    (value) => isCount(value) && (value as number) >= 200 && (value as number) <= 599,
    'a number from 200 to 599',
  ],
  body: [(value) => value !== undefined, 'a string or JSON'],
  bodyBase64: [(value) => isText(value) && /^[A-Za-z0-9+/]+={0,2}$/.test(String(value)), 'bytes in Base64'],
  contentType: [isText, 'a content type'],
  headers: [isTexts, 'an object of strings'],
  html: TRUE,
  delayMs: MILLISECONDS,
  hang: TRUE,
  reset: [(value) => [true, 'before', 'after-commit'].includes(value as string), 'true, "before" or "after-commit"'],
  commitAfterMs: MILLISECONDS,
  holdAfterCommit: [(value) => value === true || isMilliseconds(value), 'true or milliseconds'],
  truncate: [(value) => value === true || value === 'framed', 'true or "framed"'],
  padMiB: [(value) => isCount(value) && (value as number) <= 256, 'a whole number up to 256'],
  compressed: TRUE,
  lengthOff: [(value) => Number.isInteger(value) && Math.abs(value as number) <= 1_000_000, 'a whole number'],
  dripMs: MILLISECONDS,
  settings: [isObject, 'an object of settings'],
  parameters: [isTexts, 'an object of strings'],
};

/** Refuses what is no object, has a member that is not listed, or a value that may not stand there. */
export function checkedMembers(input: unknown, members: Members, what: string): Record<string, unknown> {
  if (!isObject(input)) throw new FaultRuleError(`${what} must be a JSON object`);
  for (const [name, value] of Object.entries(input)) {
    const member = Object.hasOwn(members, name) ? members[name] : undefined;
    if (!member) throw new FaultRuleError(`${what} has no member "${name}"; it has ${Object.keys(members).join(', ')}`);
    const [isValid, expected] = member;
    if (!isValid(value)) throw new FaultRuleError(`"${name}" must be ${expected}`);
  }
  return { ...input };
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
