import * as z from 'zod/mini';
import type { InputIssue } from '../errors.ts';
import { isObject } from '../json.ts';
import type { Field } from '../siebel/values.ts';
import type { Argument, ArgumentInput, ListOf, PropertySet } from './arguments.ts';
import { inputIssues } from './input-issues.ts';

/** What a service puts around a producer's event on its way to the queue. */
export type Envelope = 'none' | 'sns' | 'eventbridge';

/** Members of an event by their names: values, objects (`propertySet`) and lists of objects (`listOf`). */
export type EventMembers = Readonly<Record<string, Field | PropertySet | ListOf>>;

/** What a producer's event must hold. Made by `event`. */
export interface EventType<A extends EventMembers = EventMembers> {
  readonly members: A;
}

/** How an event becomes the input of an operation. Made by `fromEvent`. */
export interface MappedEvent<I = unknown, N = PropertyKey> {
  readonly from: EventType;
  readonly envelope: Envelope;
  readonly key: (event: never) => string;
  readonly input: (event: never) => I;
  /** Never there: lets the compiler see members that the operation does not take. */
  readonly memberNames?: N;
}

/** A mapping with the operation that it leads to: what the queue runs. */
export interface EventMapping {
  readonly operation: string;
  readonly envelope: Envelope;
  /** What is used of the event: one that lacks a member which is not optional is not taken for this one. */
  readonly members: EventMembers;
  /** Whether an event is one of these, or all that it lacks (pointers into the event). */
  read(event: unknown): { readonly event: object } | { readonly issues: readonly [InputIssue, ...InputIssue[]] };
  /**
   * The producer's name for this one request.
   *
   * @param event One that `read` has accepted.
   * @throws TypeError when the function of the config file gives no text; and whatever that function throws.
   */
  key(event: object): string;
  /**
   * Input of the operation, not checked yet.
   *
   * @param event One that `read` has accepted.
   * @throws TypeError when the function of the config file gives no object; and whatever that function throws.
   */
  input(event: object): Readonly<Record<string, unknown>>;
}

/**
 * Declares what is used of a producer's event. Members that are not declared are ignored, and those that are null are taken
 * for left out.
 */
export function event<const A extends EventMembers>(members: A): EventType<A> {
  return { members };
}

/**
 * Maps a producer's own event to the input of the operation under whose name it stands in `queue.accepts`.
 *
 * Both functions are pure: the same event gives the same key and the same input, or a message that comes twice would be
 * taken for two.
 *
 * @param mapping.envelope What is around the event: nothing (default), an SNS notification, or an EventBridge event, of
 *   which `detail` is the event.
 * @param mapping.key The same key with the same input is the same request: `orders/4711`.
 * @param mapping.input Members that are `undefined` are left out.
 */
export function fromEvent<A extends EventMembers, I extends object>(mapping: {
  readonly from: EventType<A>;
  readonly envelope?: Envelope;
  readonly key: (event: ArgumentInput<A>) => string;
  readonly input: (event: ArgumentInput<A>) => I;
}): MappedEvent<I, keyof I> {
  return { envelope: 'none', ...mapping };
}

/** Whether a value was made by `fromEvent` from an `event`. */
export function isMappedEvent(value: unknown): value is MappedEvent {
  if (!isObject(value) || !isObject(value['from']) || !isObject(value['from']['members'])) return false;
  return typeof value['key'] === 'function' && typeof value['input'] === 'function';
}

/** The mapping of an operation, ready to read events. */
export function eventMapping(operation: string, { from, envelope, key, input }: MappedEvent): EventMapping {
  const { members } = from;
  let schema: z.ZodMiniType | undefined;
  return {
    operation,
    envelope,
    members,
    read(event) {
      // Made when the first event comes: a cold start has no need of it.
      schema ??= objectOf(members);
      const given = withoutNulls(event);
      const issues = inputIssues(schema, given, []);
      return issues ? { issues } : { event: given as object };
    },
    key(event) {
      const made = settled(key(event as never));
      if (typeof made !== 'string') throw new TypeError('the key function gave no text');
      return made;
    },
    input(event) {
      const made = settled(input(event as never));
      if (typeof made !== 'object' || made === null || Array.isArray(made)) {
        throw new TypeError('the input function gave no object');
      }
      // As JSON has it, which is what is kept and sent again.
      return JSON.parse(JSON.stringify(made));
    },
  };
}

/** What a function gave, unless it is a promise: nobody would hear of its rejection, which ends the process. */
function settled(made: unknown): unknown {
  if (!(made instanceof Promise)) return made;
  made.catch(() => {});
  throw new TypeError('the function of a mapping is asynchronous');
}

/** Without the members that are null, as many producers write what they leave out. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  const members = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(members.map(([name, member]) => [name, withoutNulls(member)]));
}

/** Takes members that are not declared, and leaves them where they are. */
function objectOf(members: EventMembers): z.ZodMiniType {
  return z.object(
    Object.fromEntries(
      Object.entries(members).map(([name, member]): [string, z.ZodMiniType] => {
        const schema = schemaOf(member);
        return [name, member.optional ? z.optional(schema) : schema];
      }),
    ),
  );
}

function schemaOf(member: Argument): z.ZodMiniType {
  if (!('structure' in member)) return member.schema;
  const one = objectOf(member.members as EventMembers);
  return member.structure === 'listOf' ? z.array(one) : one;
}
