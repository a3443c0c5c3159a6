import * as z from 'zod/mini';
import { type InputIssue, invalidInput } from '../errors.ts';
import { isObject, pointerTo } from '../json.ts';
import type { JsonObject } from '../siebel/call.ts';
import type { Field, ValueOf } from '../siebel/values.ts';
import { inputSchema } from './members.ts';
import { recordIssue } from './records.ts';

/** Arguments of a business service or workflow, or members of a structure in one, by their names at Siebel. */
export type Arguments = Readonly<Record<string, Argument>>;
/** A single value, or a structure. */
export type Argument = Field | Structure;
export type Structure = PropertySet | ListOf | SiebelMessage;

interface StructureOf<A, O extends boolean> {
  readonly members: A;
  /** May be left out of an input, and be missing in an output. */
  readonly optional: O;
}
/** A property set: an object. */
export interface PropertySet<A = Arguments, O extends boolean = boolean> extends StructureOf<A, O> {
  readonly structure: 'propertySet';
}
/** Any number of property sets or records of one kind: a list of objects. */
export interface ListOf<A = Arguments, O extends boolean = boolean> extends StructureOf<A, O> {
  readonly structure: 'listOf';
}
/** An integration object instance: the list of its root records. */
export interface SiebelMessage<A = Arguments, O extends boolean = boolean> extends StructureOf<A, O> {
  readonly structure: 'siebelMessage';
  readonly integrationObject: string;
  readonly root: string;
}

type Names<A, O extends boolean> = { [N in keyof A]: A[N] extends { readonly optional: O } ? N : never }[keyof A];
type InputValue<A> = A extends Field
  ? ValueOf<A>
  : A extends PropertySet<infer M>
    ? ArgumentInput<M>
    : A extends { readonly members: infer M }
      ? readonly ArgumentInput<M>[]
      : never;
type OutputValue<A> = A extends Field
  ? ValueOf<A>
  : A extends PropertySet<infer M>
    ? ArgumentOutput<M>
    : A extends { readonly members: infer M }
      ? readonly ArgumentOutput<M>[]
      : never;
/** Members that an output always has: texts and lists are empty when they are unset. */
type Always<A> = {
  [N in keyof A]: A[N] extends { readonly kind: 'text' } | { readonly structure: 'listOf' | 'siebelMessage' }
    ? N
    : never;
}[keyof A];

/** Input of a call with these arguments. */
export type ArgumentInput<A> = { readonly [N in Names<A, false>]: InputValue<A[N]> } & {
  readonly [N in Names<A, true>]?: InputValue<A[N]>;
};
/** Output of a call with these arguments. */
export type ArgumentOutput<A> = { readonly [N in Names<A, false> | Always<A>]: OutputValue<A[N]> } & {
  readonly [N in Exclude<Names<A, true>, Always<A>>]?: OutputValue<A[N]>;
};

/** A property set with these members: an object here and at Siebel. */
export function propertySet<const A extends Arguments>(members: A): PropertySet<A, false> {
  return { structure: 'propertySet', members, optional: false };
}

/**
 * Any number of objects with these members. Siebel answers none, an object or a list for none, one or many; here it is a
 * list. Inside a `siebelMessage` it is a child component, in the wrapper `ListOf<name>` that it has there.
 */
export function listOf<const A extends Arguments>(members: A): ListOf<A, false> {
  return { structure: 'listOf', members, optional: false };
}

/**
 * A message with an integration object: the list of its root records. What surrounds them is added and taken off.
 *
 * @param integrationObject `Account Interface`
 * @param root Name of the root component: `Account`.
 * @see Siebel REST API Guide, business services: integration objects as arguments
 */
export function siebelMessage<const A extends Arguments>(
  integrationObject: string,
  root: string,
  members: A,
): SiebelMessage<A, false> {
  return { structure: 'siebelMessage', integrationObject, root, members, optional: false };
}

const MAX_ROWS = 1_000;

/** Schema of an input with these arguments. */
export function argumentSchema(members: Arguments): z.ZodMiniType<JsonObject> {
  return inputSchema(
    Object.fromEntries(
      Object.entries(members).map(([name, argument]): [string, z.ZodMiniType] => {
        const schema = schemaOf(argument);
        return [name, argument.optional ? z.optional(schema) : schema];
      }),
    ),
  );
}

function schemaOf(argument: Argument): z.ZodMiniType {
  if (!('structure' in argument)) return argument.schema;
  const one = argumentSchema(argument.members);
  return argument.structure === 'propertySet' ? one : z.array(one).check(z.maxLength(MAX_ROWS));
}

/** How arguments are written. */
interface ArgumentStyle {
  /** Lists stand in wrappers, as in an integration object. Default false. */
  readonly inMessage?: boolean;
  /** Numbers and flags are JSON numbers and booleans, not text. Default false. */
  readonly jsonValues?: boolean;
}

/**
 * An accepted input as Siebel takes it.
 *
 * @throws InvalidInputError `BAD_NUMBER` for a decimal that no JSON number holds exactly, where one has to.
 */
export function encodeArguments(members: Arguments, input: JsonObject, style: ArgumentStyle = {}): JsonObject {
  const { inMessage = false, jsonValues = false } = style;
  return Object.fromEntries(
    Object.entries(members).flatMap(([name, argument]): [string, unknown][] => {
      const value = Object.hasOwn(input, name) ? input[name] : undefined;
      if (value === undefined) return [];
      if (!('structure' in argument))
        return [[name, jsonValues ? jsonValue(name, argument, value) : argument.toWire(value)]];

      const { structure, members: inner } = argument;
      if (structure === 'propertySet') return [[name, encodeArguments(inner, value as JsonObject, style)]];
      const rows = (value as readonly JsonObject[]).map((row) =>
        encodeArguments(inner, row, { ...style, inMessage: inMessage || structure === 'siebelMessage' }),
      );
      if (structure === 'siebelMessage') return [[name, messageOf(argument, rows)]];
      if (rows.length === 0) return [];
      return inMessage ? [[`ListOf${name}`, { [name]: rows }]] : [[name, rows]];
    }),
  );
}

function jsonValue(name: string, field: Field, value: unknown): unknown {
  if (field.kind !== 'decimal') return field.json === 'string' ? field.toWire(value) : value;
  const number = Number(value);
  // 12.50 and 12.5 are the same number, in every digit.
  const shortest = String(value).includes('.') ? String(value).replace(/\.?0+$/, '') : String(value);
  if (String(number) === shortest) return number;
  throw invalidInput(pointerTo(['input', name]), 'BAD_NUMBER', 'has more digits than a JSON number can hold');
}

function messageOf({ integrationObject, root }: SiebelMessage, rows: readonly JsonObject[]): JsonObject {
  return {
    MessageId: '',
    MessageType: 'Integration Object',
    IntObjectName: integrationObject,
    IntObjectFormat: 'Siebel Hierarchical',
    [`ListOf${integrationObject}`]: { [root]: rows },
  };
}

/**
 * An output in declared types, or everything that differs from the declaration. An argument that is not there at all differs
 * unless it is optional or a list, for its name may be wrong.
 *
 * @param options.inStructure Members of structures may be left out when they are text, and unset. Default false.
 */
export function decodeArguments(
  members: Arguments,
  output: unknown,
  { inStructure = false }: { readonly inStructure?: boolean } = {},
): { readonly values: JsonObject; readonly issues: readonly InputIssue[] } {
  const given = isObject(output) ? output : {};
  const issues: InputIssue[] = [];
  const values: [string, unknown][] = [];
  for (const [name, argument] of Object.entries(members)) {
    const decoded =
      'structure' in argument
        ? structureOf(name, argument, given)
        : singleOf(argument, member(given, name), inStructure);
    if (decoded.issues) issues.push(...decoded.issues);
    if (decoded.problem) issues.push(recordIssue(name, decoded.problem));
    else if (decoded.value !== undefined) values.push([name, decoded.value]);
    else if (!argument.optional) issues.push(recordIssue(name, 'is not set'));
  }
  return { values: Object.fromEntries(values), issues };
}

interface DecodedMember {
  readonly value?: unknown;
  readonly problem?: string;
  readonly issues?: readonly InputIssue[];
}

function singleOf(field: Field, wire: unknown, inStructure: boolean): DecodedMember {
  if (wire === undefined && !field.optional && !inStructure) return { problem: 'is missing' };
  if (typeof wire === 'object' && wire !== null) return { problem: 'is not a single value' };
  // Some services answer JSON numbers and booleans.
  const decoded = field.fromWire(wire === undefined || wire === null ? '' : String(wire));
  if ('problem' in decoded) return { problem: decoded.problem };
  return 'value' in decoded ? { value: decoded.value } : {};
}

function structureOf(name: string, argument: Structure, given: JsonObject): DecodedMember {
  if (argument.structure === 'propertySet') {
    const set = unlisted(member(given, name));
    if (set === undefined || set === '') return {};
    if (!isObject(set)) return { problem: 'is not a property set' };
    const { values, issues } = decodeArguments(argument.members, set, { inStructure: true });
    return { value: values, issues };
  }
  const found = argument.structure === 'listOf' ? listIn(given, name) : messageRows(argument, given, name);
  const rows = found === undefined || found === null || found === '' ? [] : Array.isArray(found) ? found : [found];
  if (!rows.every(isObject)) return { problem: 'is not a list of objects' };
  const decoded = rows.map((row) => decodeArguments(argument.members, row, { inStructure: true }));
  return { value: decoded.map(({ values }) => values), issues: decoded.flatMap(({ issues }) => issues) };
}

/** Under its own name, or in the wrapper that messages have around it. */
function listIn(given: JsonObject, name: string): unknown {
  const wrapper = member(given, `ListOf${name}`);
  return isObject(wrapper) ? member(wrapper, name) : member(given, name);
}

/**
 * The root records of a message: in all of its wrappers, in some, or in none when Siebel has taken them off. One record then
 * stands in the place of the output itself, several stand in `items`.
 */
function messageRows({ integrationObject, root, members }: SiebelMessage, given: JsonObject, name: string): unknown {
  const message = member(given, name);
  const within = isObject(message) ? message : given;
  const list = member(within, `ListOf${integrationObject}`);
  const rows = member(isObject(list) ? list : within, root);
  if (rows !== undefined || isObject(message)) return rows;
  if (Array.isArray(given['items'])) return given['items'];
  return Object.keys(members).some((each) => Object.hasOwn(given, each)) ? given : undefined;
}

function member(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function unlisted(value: unknown): unknown {
  return Array.isArray(value) && value.length === 1 ? value[0] : value;
}
