import type { InputIssue } from '../errors.ts';
import { InvalidInputError, invalidInput } from '../errors.ts';
import { isObject, JsonError, parseJson, pointerTo } from '../json.ts';
import type { EventMapping } from '../operations/event-mapping.ts';
import { envelopeOf } from './envelope.ts';
import { parseInstant } from './instant.ts';
import { type Note, readKey } from './key.ts';
import { readEvent } from './producer-event.ts';

/** What a producer puts on the queue: one call, under the producer's own name for it. */
export interface QueueMessage {
  /** Name in `operations` of siebel.config.ts. */
  readonly operation: string;
  /** The same key with the same input is the same request. */
  readonly key: string;
  /** Not yet validated against the operation. */
  readonly input: Readonly<Record<string, unknown>>;
  /** Later than this the call is not made any more. */
  readonly notAfterMs?: number | undefined;
  /** Version of this contract. */
  readonly schema: 1;
}

/** A message body, read as far as it could be read. */
export interface MessageReading {
  /** Present when the body says it in a usable form, even if the rest is wrong. */
  readonly operation: string | undefined;
  /** Present when the body says it in a usable form, even if the rest is wrong. */
  readonly key: string | undefined;
  /** A producer's own event out of its envelope, as received; absent of our own contract, and of what fits no mapping. */
  readonly event?: unknown;
  /** The message, or what keeps the body from being one. */
  readonly result: QueueMessage | InvalidInputError;
}

const MAX_BODY_BYTES = 262_144;
const MAX_OPERATION_LENGTH = 128;
const SCHEMA = 1;
const FIELDS: ReadonlySet<string> = new Set(['operation', 'key', 'input', 'notAfter', 'schema']);

type Members = Readonly<Record<string, unknown>>;

/**
 * Reads the body of a queue message against its contract: `{ operation, key, input, notAfter?, schema? }`; or, where there
 * are mappings, a producer's own event, which is any object without a member `operation`.
 *
 * Nothing is coerced, trimmed or dropped. Whether the operation exists and its input is valid, the operation says.
 *
 * @param mappings Producers' events that the queue accepts, in the order in which they are tried. Default none.
 * @returns The message, or an InvalidInputError with everything that is wrong: codes `EMPTY_BODY`, `BAD_JSON`, `BAD_TYPE`,
 *   `MISSING_FIELD`, `UNKNOWN_FIELD`, `BAD_KEY`, `BAD_TIME`, `BAD_VERSION`, `SCHEMA_VERSION`, `ENVELOPE`, `UNKNOWN_EVENT`,
 *   `MAPPING_FAILED` and those of `parseJson`; and what even a refused body was about.
 */
export function readMessage(body: string, mappings: readonly EventMapping[] = []): MessageReading {
  const members = readMembers(body, mappings.length > 0);
  if (members instanceof InvalidInputError) return { operation: undefined, key: undefined, result: members };
  if (mappings.length > 0 && !Object.hasOwn(members, 'operation')) return readEvent(members, mappings);

  const issues: InputIssue[] = [];
  const note: Note = (pointer, code, message) => issues.push({ pointer, code, message });
  const operation = readOperation(members, note);
  const key = readKey(required(members, 'key', note), note);
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
  return { operation, key, result: { operation, key, input, notAfterMs, schema: SCHEMA } };
}

function readMembers(body: string, mayBeEvent: boolean): Members | InvalidInputError {
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
  const envelope = mayBeEvent && isObject(value) ? undefined : envelopeOf(value);
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
