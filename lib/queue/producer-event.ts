import { errorNameOf, type InputIssue, InvalidInputError, invalidInput } from '../errors.ts';
import { JsonError } from '../json.ts';
import type { Envelope, EventMapping } from '../operations/event-mapping.ts';
import { envelopeOf, unwrapped } from './envelope.ts';
import { readKey } from './key.ts';
import type { MessageReading } from './message.ts';

/** Where the event stands in the body. */
const PLACE = { none: '', sns: '/Message', eventbridge: '/detail' } as const satisfies Record<Envelope, string>;

/**
 * Reads a producer's own event by the first mapping that it fits: the mapping says which operation it asks for, and gives
 * key and input.
 *
 * @returns As `readMessage`; codes `UNKNOWN_EVENT` with what the nearest mappings miss, `ENVELOPE` when it came in an
 *   envelope that no mapping expects, `MAPPING_FAILED` when a function of the mapping throws, `BAD_KEY` or `TOO_LONG` when
 *   its key cannot be used.
 */
export function readEvent(body: Readonly<Record<string, unknown>>, mappings: readonly EventMapping[]): MessageReading {
  const misses: InputIssue[] = [];
  let expected = false;
  for (const mapping of mappings) {
    const place = PLACE[mapping.envelope];
    const event = contentOf(body, mapping.envelope);
    if (event === undefined) continue;
    expected ||= mapping.envelope !== 'none';
    const reading = event instanceof JsonError ? { issues: [event] } : mapping.read(event);
    if ('event' in reading) return { ...mapped(reading.event, mapping), event };
    misses.push(...reading.issues.map(({ pointer, code, message }) => ({ pointer: place + pointer, code, message })));
  }
  const envelope = expected ? undefined : envelopeOf(body);
  if (envelope) return refused(invalidInput('', 'ENVELOPE', `the body is ${envelope}, which no mapping expects`));
  const unknown = { pointer: '', code: 'UNKNOWN_EVENT', message: 'is no event of those that the queue accepts' };
  return refused(new InvalidInputError([unknown, ...misses]));
}

function contentOf(body: Readonly<Record<string, unknown>>, envelope: Envelope): unknown {
  try {
    return unwrapped(body, envelope);
  } catch (error) {
    if (error instanceof JsonError) return error;
    throw error;
  }
}

function mapped(event: object, mapping: EventMapping): MessageReading {
  const { operation } = mapping;
  const key = made('key', () => mapping.key(event));
  if ('failed' in key) return refused(key.failed, operation);
  const issues: InputIssue[] = [];
  const usable = readKey(key.value, (pointer, code, message) => issues.push({ pointer, code, message }));
  const [issue] = issues;
  if (issue) return refused(new InvalidInputError([issue]), operation);
  if (usable === undefined) return refused(failed('key', undefined), operation);
  const input = made('input', () => mapping.input(event));
  if ('failed' in input) return refused(input.failed, operation, usable);
  return { operation, key: usable, result: { operation, key: usable, input: input.value, schema: 1 } };
}

/** What a function of the mapping makes. */
function made<T>(part: 'key' | 'input', make: () => T): { readonly value: T } | { readonly failed: InvalidInputError } {
  try {
    return { value: make() };
  } catch (error) {
    return { failed: failed(part, error) };
  }
}

/** The text of what a mapping throws may quote the event, and goes nowhere. */
function failed(part: 'key' | 'input', cause: unknown): InvalidInputError {
  const message = `the mapping could not make it of the event (${errorNameOf(cause)})`;
  return new InvalidInputError([{ pointer: `/${part}`, code: 'MAPPING_FAILED', message }], { cause });
}

function refused(result: InvalidInputError, operation?: string, key?: string): MessageReading {
  return { operation, key, result };
}
