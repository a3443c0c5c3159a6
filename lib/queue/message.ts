import type { InputIssue } from '../errors.ts';
import { InvalidInputError, invalidInput } from '../errors.ts';
import { isObject, JsonError, parseJson, pointerTo } from '../json.ts';
import { envelopeOf } from './envelope.ts';
import { parseInstant } from './instant.ts';

/** What a producer puts on the queue: one call, under the producer's own name for it. */
export interface QueueMessage {
  /** Name in `operations` of siebel.config.ts. */
  readonly operation: string;
  /** The same key with the same input is the same request. */
  readonly key: string;
  /** Not yet validated against the operation. */
  readonly input: Readonly<Record<string, unknown>>;
  /** Later than this the call is not made any more. */
  readonly notAfterMs?: number;
  /** Version of this contract. */
  readonly schema: 1;
}

/** A message body, read as far as it could be read. */
export interface MessageReading {
  /** Present when the body says it in a usable form, even if the rest is wrong. */
  readonly operation: string | undefined;
  /** Present when the body says it in a usable form, even if the rest is wrong. */
  readonly key: string | undefined;
  /** The message, or what keeps the body from being one. */
  readonly result: QueueMessage | InvalidInputError;
}

const MAX_BODY_BYTES = 262_144;
const MAX_OPERATION_LENGTH = 128;
const MAX_KEY_LENGTH = 256;
const SCHEMA = 1;
const FIELDS: ReadonlySet<string> = new Set(['operation', 'key', 'input', 'notAfter', 'schema']);

type Members = Readonly<Record<string, unknown>>;
type Note = (pointer: string, code: string, message: string) => void;

/**
 * Reads the body of a queue message against its contract: `{ operation, key, input, notAfter?, schema? }`.
 *
 * Nothing is coerced, trimmed or dropped. Whether the operation exists and its input is valid, the operation says.
 *
 * @returns The message, or an InvalidInputError with everything that is wrong: codes `EMPTY_BODY`, `BAD_JSON`, `BAD_TYPE`,
 *   `MISSING_FIELD`, `UNKNOWN_FIELD`, `BAD_KEY`, `BAD_TIME`, `BAD_VERSION`, `SCHEMA_VERSION`, `ENVELOPE` and those of
 *   `parseJson`; and what even a refused body was about.
 */
export function readMessage(body: string): MessageReading {
  const members = readMembers(body);
  if (members instanceof InvalidInputError) return { operation: undefined, key: undefined, result: members };

  const issues: InputIssue[] = [];
  const note: Note = (pointer, code, message) => issues.push({ pointer, code, message });
  const operation = readOperation(members, note);
  const key = readKey(members, note);
  const input = readInput(members, note);
  const notAfterMs = readNotAfter(members, note);
  readSchema(members, note);
  for (const name of Object.keys(members)) {
    if (!FIELDS.has(name)) note(pointerTo([name]), 'UNKNOWN_FIELD', 'is not a field of a queue message');
  }

  // A newer contract explains everything else that looks wrong here.
  const newer = issues.find(({ code }) => code === 'SCHEMA_VERSION');
  const [first, ...rest] = newer ? [newer] : issues;
  if (first) return { operation, key, result: new InvalidInputError([first, ...rest]) };
  if (operation === undefined || key === undefined || input === undefined)
    throw new TypeError('a field is missing without an issue');
  const message: QueueMessage = {
    operation,
    key,
    input,
    schema: SCHEMA,
    ...(notAfterMs === undefined ? {} : { notAfterMs }),
  };
  return { operation, key, result: message };
}

function readMembers(body: string): Members | InvalidInputError {
  if (Buffer.byteLength(body) > MAX_BODY_BYTES) {
    return invalidInput('', 'TOO_LONG', `the body has more than ${MAX_BODY_BYTES} bytes`);
  }
  let value: unknown;
  try {
    value = parseJson(body, { maxStringLength: MAX_BODY_BYTES });
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    return invalidInput(error.pointer, error.code, error.message);
  }
  const envelope = envelopeOf(value);
  if (envelope)
    return invalidInput('', 'ENVELOPE', `the body is ${envelope}, not a queue message: send the message itself`);
  if (!isObject(value)) return invalidInput('', 'BAD_TYPE', 'the body is not a JSON object');
  return value;
}

function readOperation(members: Members, note: Note): string | undefined {
  const value = required(members, 'operation', note);
  if (value === undefined) return undefined;
  if (typeof value !== 'string') note('/operation', 'BAD_TYPE', 'is not a text');
  else if (value === '') note('/operation', 'UNKNOWN_OPERATION', 'is empty');
  else if (value.length > MAX_OPERATION_LENGTH)
    note('/operation', 'TOO_LONG', `is longer than ${MAX_OPERATION_LENGTH} characters`);
  else return value;
  return undefined;
}

function readKey(members: Members, note: Note): string | undefined {
  const value = required(members, 'key', note);
  if (value === undefined) return undefined;
  if (typeof value !== 'string') note('/key', 'BAD_KEY', 'is not a text');
  else if (value.length > MAX_KEY_LENGTH) note('/key', 'TOO_LONG', `is longer than ${MAX_KEY_LENGTH} characters`);
  else if (!isUsableKey(value))
    note('/key', 'BAD_KEY', 'is not printable ASCII without blanks, or is a URL, or has an empty or dots-only part');
  else return value;
  return undefined;
}

/** Keys may have parts, as `orders/4711/3` has; what reads as a URL or a way through directories is a mistake. */
function isUsableKey(value: string): boolean {
  if (!/^[\x21-\x7e]+$/.test(value) || value.includes('\\') || value.includes('://')) return false;
  return value.split('/').every((part) => !/^\.{0,2}$/.test(part));
}

function readInput(members: Members, note: Note): Members | undefined {
  const value = required(members, 'input', note);
  if (value === undefined) return undefined;
  if (isObject(value)) return value;
  note('/input', 'BAD_TYPE', 'is not a JSON object');
  return undefined;
}

function readNotAfter(members: Members, note: Note): number | undefined {
  if (!Object.hasOwn(members, 'notAfter')) return undefined;
  const value = members['notAfter'];
  if (typeof value !== 'string') {
    note('/notAfter', 'BAD_TYPE', 'is not a text');
    return undefined;
  }
  const instant = parseInstant(value);
  if (instant === undefined)
    note('/notAfter', 'BAD_TIME', 'is not an ISO 8601 instant with zone, as 2026-03-01T12:00:00Z');
  return instant;
}

function readSchema(members: Members, note: Note): void {
  if (!Object.hasOwn(members, 'schema')) return;
  const value = members['schema'];
  if (typeof value !== 'number' || !Number.isInteger(value) || value < SCHEMA) {
    note('/schema', 'BAD_VERSION', 'is not a whole number from 1');
  } else if (value > SCHEMA) {
    note('/schema', 'SCHEMA_VERSION', `is newer than ${SCHEMA}, the version understood here`);
  }
}

function required(members: Members, name: string, note: Note): unknown {
  if (Object.hasOwn(members, name)) return members[name];
  note(`/${name}`, 'MISSING_FIELD', 'is missing');
  return undefined;
}
