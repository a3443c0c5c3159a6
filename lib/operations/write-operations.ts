import { ConfigurationError } from '../errors.ts';
import { coded } from '../siebel/values.ts';
import { addressFor, type DeclaredComponent, membersOf, notFound, parentMembers } from './declared-component.ts';
import type { UserKey } from './definition.ts';
import { lookUpOf } from './look-up.ts';
import { type ById, ID, inputSchema, type MaybeId, type Values } from './members.ts';
import type { InputMember, Operation } from './operation.ts';
import { branchesOf, encodeTree, treeMembers } from './record-trees.ts';
import { encodeRecord, writable, writeMembers } from './records.ts';

/** `{ <writable field>: value, … }` → `{ Id }`. */
export function upsertOne(component: DeclaredComponent): Operation<Values, MaybeId, 'repeatable'> {
  const { fields, steps } = component;
  return {
    kind: 'repeatable',
    input: inputSchema({ ...parentMembers(component), ...writeMembers(fields) }),
    inputMembers: new Map(membersOf(component, [], writable(fields))),
    async call(client, input, options) {
      const at = addressFor(component, input);
      const record = encodeRecord(fields, input);
      const upsert = steps.length > 0 ? client.upsertChild : client.upsert;
      return answerOf((await upsert(at, record, options)).id);
    },
  };
}

/** `{ Id, <field to change>: value, … }` → `{ Id }`. */
export function updateOne(component: DeclaredComponent): Operation<Values & ById, ById, 'repeatable'> {
  const { fields } = component;
  const place = { ...parentMembers(component), Id: ID };
  const placeMembers = Object.keys(place).length;
  return {
    kind: 'repeatable',
    input: inputSchema(
      { ...place, ...writeMembers(fields, { changes: true }) },
      coded('MISSING_FIELD', 'names no field to change', (input) => Object.keys(input).length > placeMembers),
    ),
    inputMembers: new Map(membersOf(component, ['Id'], writable(fields))),
    async call(client, { Id, ...values }, options) {
      const at = addressFor(component, values);
      // Some sites answer an update of an unknown Id by creating a record, so that it is read first.
      if (!(await client.get(at, Id, { fields: [] }, options))) {
        // A call that has been done before is done, also when its record has been deleted since.
        await options.beforeWrite?.();
        throw notFound(component);
      }
      const { id } = await client.update(at, Id, encodeRecord(fields, values), options);
      return { Id: id };
    },
  };
}

/** `{ Id }` → `{ Id }`. */
export function deleteOne(component: DeclaredComponent): Operation<ById, ById, 'repeatable'> {
  return {
    kind: 'repeatable',
    input: inputSchema({ ...parentMembers(component), Id: ID }),
    inputMembers: new Map(membersOf(component, ['Id'])),
    async call(client, input, options) {
      await client.delete(addressFor(component, input), input.Id, options);
      return { Id: input.Id };
    },
  };
}

/** How inserted records are found again, and what is inserted with them. */
export interface InsertOptions {
  readonly naturalKey: readonly string[] | UserKey;
  readonly sharedKey?: boolean;
  readonly children?: readonly string[];
}

/** `{ <writable field>: value, …, <child>: [{ … }] }` → `{ Id }`. */
export function insertOne(
  component: DeclaredComponent,
  { naturalKey: given, sharedKey = false, children = [] }: InsertOptions,
): Operation<Values, MaybeId, 'insert'> {
  const { fields, steps, marker } = component;
  if (steps.length > 0 && children.length > 0) {
    throw new ConfigurationError(`business component ${component.name}: is not inserted with children of its own`);
  }
  const branches = branchesOf(component, children);
  const unique = 'unique' in given;
  const naturalKey = checkedKey(component, unique ? given.fields : given);
  return {
    kind: 'insert',
    naturalKey,
    lookUp: lookUpOf(component, { keys: naturalKey, unique, sharedKey }, branches),
    mayBePartial: (input) =>
      [...branches.below.keys()].some((child) => Array.isArray(input[child]) && input[child].length > 0),
    input: inputSchema({ ...parentMembers(component), ...treeMembers(branches, naturalKey) }),
    inputMembers: new Map<string, InputMember>([
      ...membersOf(component, [], writable(fields)),
      ...[...branches.below.keys()].map((child): [string, InputMember] => [child, { type: 'json' }]),
    ]),
    async call(client, input, options) {
      const at = addressFor(component, input);
      const { mark } = options;
      const values = { ...encodeRecord(fields, input), ...(marker !== undefined && mark && { [marker]: mark }) };
      if (steps.length > 0) return answerOf((await client.insertChild(at, values, options)).id);
      const record = children.length > 0 ? { ...encodeTree(branches, input), values } : values;
      return answerOf((await client.insert(at, record, options)).id);
    },
  };
}

/** `{ ParentId, <field of the user key>: value, … }` → `{ Id }` of the record that is linked now. */
export function associateOne(component: DeclaredComponent): Operation<Values, MaybeId, 'unrepeatable'> {
  const { fields, userKey = [] } = component;
  const key = new Map([...fields].filter(([name]) => userKey.includes(name)));
  return {
    kind: 'unrepeatable',
    input: inputSchema({ ...parentMembers(component), ...writeMembers(key) }),
    inputMembers: new Map(membersOf(component, [], key)),
    call: async (client, input, options) =>
      answerOf((await client.associate(addressFor(component, input), encodeRecord(key, input), options)).id),
  };
}

/**
 * Fields by which the record of an insert is found again.
 *
 * @throws ConfigurationError when there is none, or one is not a writable field that searches can ask for.
 */
export function checkedKey({ name, fields }: DeclaredComponent, naturalKey: readonly string[]): readonly string[] {
  const refuse = (what: string) => new ConfigurationError(`business component ${name}: the natural key ${what}`);
  if (naturalKey.length === 0) throw refuse('names no field');
  for (const key of naturalKey) {
    const field = fields.get(key);
    if (!field) throw refuse(`names ${key}, which is not a declared field`);
    if (field.readOnly || field.kind === 'attachment')
      throw refuse(`field ${key} may not be read-only or an attachment`);
  }
  return naturalKey;
}

function answerOf(id: string | undefined): MaybeId {
  return id === undefined ? {} : { Id: id };
}
