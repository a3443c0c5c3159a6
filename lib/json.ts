export type JsonErrorCode =
  | 'EMPTY_BODY'
  | 'BAD_JSON'
  | 'DUPLICATE_KEY'
  | 'TOO_DEEP'
  | 'TOO_MANY_FIELDS'
  | 'TOO_LONG'
  | 'BAD_CHARACTER'
  | 'BAD_NUMBER';

/** A text is not the JSON that `parseJson` accepts. Whoever asked for the parsing knows whose fault that is. */
export class JsonError extends Error {
  override readonly name = 'JsonError';
  readonly code: JsonErrorCode;
  /** JSON pointer (RFC 6901) to the value where it stopped, `''` for the whole text; cut after 200 characters. */
  readonly pointer: string;

  constructor(code: JsonErrorCode, message: string, pointer = '') {
    super(message);
    this.code = code;
    this.pointer = pointer;
  }
}

export interface JsonLimits {
  /** Arrays and objects inside each other. Default 32. */
  readonly maxDepth?: number;
  /** Members of one object. Default 1 000. */
  readonly maxKeys?: number;
  /** UTF-16 units of one string or member name. Default 65 536. */
  readonly maxStringLength?: number;
  /** Accept numbers that JavaScript cannot hold exactly, for a reader that judges them itself. Default false. */
  readonly anyNumber?: boolean;
}

const MAX_POINTER_LENGTH = 200;
const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const PLAIN_TEXT = /[^"\\\u0000-\u001f]*/y;
const FOUR_HEX_DIGITS = /[0-9a-fA-F]{4}/y;
const LITERALS = new Map<string, readonly [text: string, value: boolean | null]>([
  ['t', ['true', true]],
  ['f', ['false', false]],
  ['n', ['null', null]],
]);
const ESCAPES = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);

/**
 * Parses JSON that comes from outside and is small: messages, request bodies, the secret, token answers.
 *
 * Stricter than `JSON.parse`: a member name stands once in an object, strings hold no control characters except tab,
 * line feed and carriage return and no half of a surrogate pair, numbers are exact, and everything has a limit
 * (R54, R63-R65 in docs/reliability.md). A member named `__proto__` is a member like any other. Takes time in
 * proportion to the length of the text.
 *
 * @param source Text, or its bytes in UTF-8. A byte order mark is refused.
 * @throws JsonError whose message repeats nothing of the text.
 * @see RFC 8259
 */
export function parseJson(
  source: string | Uint8Array,
  { maxDepth = 32, maxKeys = 1_000, maxStringLength = 65_536, anyNumber = false }: JsonLimits = {},
): unknown {
  const text = typeof source === 'string' ? source : decodeUtf8(source);
  const path: (string | number)[] = [];
  let at = 0;

  const fail = (code: JsonErrorCode, message: string): never => {
    throw new JsonError(code, message, pointerTo(path));
  };
  const badJson = () => fail('BAD_JSON', at < text.length ? `unexpected character at ${at}` : 'ends too early');

  /** What matches at the current place, which it moves behind the match. */
  const take = (pattern: RegExp): string => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0] ?? '';
    at += found.length;
    return found;
  };
  const skipSpace = () => {
    SPACE.lastIndex = at;
    SPACE.test(text);
    at = SPACE.lastIndex;
  };
  const expect = (character: string) => {
    if (text[at] !== character) badJson();
    at += 1;
  };
  const takeIf = (character: string): boolean => {
    if (text[at] !== character) return false;
    at += 1;
    return true;
  };

  const parseValue = (depth: number): unknown => {
    const first = text[at] ?? '';
    if (first === '"') return parseString();
    if (first === '{') return parseObject(depth + 1);
    if (first === '[') return parseArray(depth + 1);
    const literal = LITERALS.get(first);
    if (!literal) return parseNumber();
    if (!text.startsWith(literal[0], at)) badJson();
    at += literal[0].length;
    return literal[1];
  };

  const parseObject = (depth: number): Record<string, unknown> => {
    if (depth > maxDepth) fail('TOO_DEEP', `is nested deeper than ${maxDepth} levels`);
    const result: Record<string, unknown> = {};
    expect('{');
    skipSpace();
    if (takeIf('}')) return result;
    for (let count = 1; ; count += 1) {
      if (count > maxKeys) fail('TOO_MANY_FIELDS', `has more than ${maxKeys} members`);
      if (text[at] !== '"') badJson();
      const key = parseString();
      path.push(key);
      if (Object.hasOwn(result, key)) fail('DUPLICATE_KEY', 'stands twice in one object');
      skipSpace();
      expect(':');
      skipSpace();
      setOwn(result, key, parseValue(depth));
      path.pop();
      skipSpace();
      if (takeIf('}')) return result;
      expect(',');
      skipSpace();
    }
  };

  const parseArray = (depth: number): unknown[] => {
    if (depth > maxDepth) fail('TOO_DEEP', `is nested deeper than ${maxDepth} levels`);
    const result: unknown[] = [];
    expect('[');
    skipSpace();
    if (takeIf(']')) return result;
    for (;;) {
      path.push(result.length);
      result.push(parseValue(depth));
      path.pop();
      skipSpace();
      if (takeIf(']')) return result;
      expect(',');
      skipSpace();
    }
  };

  const parseNumber = (): number => {
    const digits = take(NUMBER);
    if (digits === '') badJson();
    const value = Number(digits);
    if (!anyNumber && !(Math.abs(value) <= Number.MAX_SAFE_INTEGER)) fail('BAD_NUMBER', 'is a number out of range');
    return value;
  };

  const parseString = (): string => {
    expect('"');
    let result = '';
    for (;;) {
      result += take(PLAIN_TEXT);
      if (result.length > maxStringLength) fail('TOO_LONG', `is longer than ${maxStringLength} characters`);
      if (takeIf('"')) break;
      if (text[at] === '\\') result += parseEscape();
      else if (isForbidden(text.charCodeAt(at))) fail('BAD_CHARACTER', 'contains a control character');
      else badJson();
    }
    if (!result.isWellFormed()) fail('BAD_CHARACTER', 'contains half of a surrogate pair');
    return result;
  };

  const parseEscape = (): string => {
    expect('\\');
    const letter = text[at] ?? '';
    const character = letter === 'u' ? parseUnicodeEscape() : ESCAPES.get(letter);
    if (character === undefined) return badJson();
    if (isForbidden(character.charCodeAt(0))) fail('BAD_CHARACTER', 'contains a control character');
    at += 1;
    return character;
  };

  /** Leaves the place at the last digit. */
  const parseUnicodeEscape = (): string => {
    at += 1;
    const digits = take(FOUR_HEX_DIGITS);
    if (digits === '') badJson();
    at -= 1;
    return String.fromCharCode(Number.parseInt(digits, 16));
  };

  skipSpace();
  if (at === text.length) fail('EMPTY_BODY', 'is empty');
  const value = parseValue(0);
  skipSpace();
  if (at < text.length) badJson();
  return value;
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    // Keeps a byte order mark, which is then no JSON.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new JsonError('BAD_JSON', 'is not UTF-8');
  }
}

/** C0 controls, except those that text has a use for. */
function isForbidden(charCode: number): boolean {
  return charCode < 0x20 && charCode !== 0x09 && charCode !== 0x0a && charCode !== 0x0d;
}

// Assigning to `__proto__` would set the prototype.
function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    target[key] = value;
  }
}

/** Whether a JSON value is an object with members: no list and not null. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * JSON pointer (RFC 6901) along these names and indexes: `/input/Name`. Cut after 200 characters, as the names may be
 * anybody's and the pointer goes into log lines.
 */
export function pointerTo(path: readonly PropertyKey[]): string {
  const token = (step: PropertyKey) =>
    String(step).slice(0, MAX_POINTER_LENGTH).replaceAll('~', '~0').replaceAll('/', '~1');
  const pointer = path.map((step) => `/${token(step)}`).join('');
  return pointer.length > MAX_POINTER_LENGTH ? `${pointer.slice(0, MAX_POINTER_LENGTH)}…` : pointer;
}
