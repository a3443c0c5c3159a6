import type * as z from 'zod/mini';
import { ConfigurationError, SiebelResponseError } from '../errors.ts';
import type { ComponentAddress, ReadOptions } from '../siebel/component.ts';
import { isSegment } from '../siebel/path.ts';
import { isFieldName } from '../siebel/search-specification.ts';
import { type Field, readOnly, text } from '../siebel/values.ts';
import type { ChildDefinition, UserKey } from './definition.ts';
import { ID, PARENTS, RESERVED, type Values } from './members.ts';
import type { InputMember } from './operation.ts';
import { type DecodedRecord, type Fields, listed } from './records.ts';

/** A business component, or a child component of one, as its operations need it: its definition checked. */
export interface DeclaredComponent {
  /** For people: `Account/Account`, `Account/Account > Contact`. */
  readonly name: string;
  /** Of the business component at the top. */
  readonly address: ComponentAddress;
  /** Child components on the way down from there; none for the business component itself. */
  readonly steps: readonly string[];
  readonly fields: ReadonlyMap<string, Field>;
  /** The fields that lists of records carry: all but attachments. */
  readonly listed: ReadonlyMap<string, Field>;
  /** Asks for those. */
  readonly read: ReadOptions;
  /** What searches may ask for: the fields, those that only searches know, and `Id`. */
  readonly searchable: Fields;
  readonly userKey: readonly string[] | undefined;
  /** The field that says by which call a record was inserted. */
  readonly marker: string | undefined;
  /** Its records are linked to their parents, many to many. */
  readonly linked: boolean;
  readonly children: ReadonlyMap<string, DeclaredComponent>;
}

/** Siebel's addresses end at the grandchild. */
const MAX_STEPS = 2;
/** Set by Siebel on every record. */
const SYSTEM_FIELDS: ReadonlySet<string> = new Set([
  'Created',
  'Created By',
  'Created By Name',
  'Updated',
  'Updated By',
  'Updated By Name',
  'DB Last Upd',
]);

/**
 * Checks the definition of a component and everything below it.
 *
 * @throws ConfigurationError that lists everything wrong.
 */
export function declareComponent(name: string, address: ComponentAddress, given: ChildDefinition): DeclaredComponent {
  const problems = [
    ...(isSegment(address.businessObject) && isSegment(address.businessComponent) && name.split('/').length === 2
      ? []
      : [`the name is not of the form 'Business Object/Business Component'`]),
    ...(address.viewMode ? [] : ['no viewMode is given']),
    ...problemsOf(given, 0),
  ];
  if (problems.length > 0) throw new ConfigurationError(`business component ${name}: ${problems.join('; ')}`);
  return declared(name, address, [], given);
}

function declared(
  name: string,
  address: ComponentAddress,
  steps: readonly string[],
  {
    fields: given,
    searchFields = {},
    userKey,
    marker,
    excludeEmptyFields,
    linked = false,
    children = {},
  }: ChildDefinition,
): DeclaredComponent {
  const fields = new Map(Object.entries(given));
  const inLists = listed(fields);
  return {
    name,
    address,
    steps,
    fields,
    listed: inLists,
    read: { fields: [...inLists.keys()], ...(excludeEmptyFields && { excludeEmptyFields }) },
    searchable: { Id: ID_FIELD, ...given, ...searchFields },
    userKey: userKey?.fields,
    marker,
    linked,
    children: new Map(
      Object.entries(children).map(([child, definition]) => [
        child,
        declared(`${name} > ${child}`, address, [...steps, child], definition),
      ]),
    ),
  };
}

const ID_FIELD: Field = /* @__PURE__ */ readOnly({ .../* @__PURE__ */ text(100), schema: ID });

/** The names by which an input says where a record stands: none at the top, then `ParentId`, `GrandparentId` before it. */
function parentNames({ steps }: Pick<DeclaredComponent, 'steps'>): readonly string[] {
  return PARENTS.slice(PARENTS.length - steps.length);
}

/** Members of the schema of an input that say where a record stands. */
export function parentMembers(component: DeclaredComponent): Record<string, z.ZodMiniType> {
  return Object.fromEntries(parentNames(component).map((parent) => [parent, ID]));
}

/** The address that an input means. */
export function addressFor(component: DeclaredComponent, input: object): ComponentAddress {
  const { address, steps } = component;
  if (steps.length === 0) return address;
  const ids = parentNames(component).map((parent) => String((input as Values)[parent]));
  return { ...address, below: steps.map((step, index) => ({ id: ids[index] ?? '', component: step })) };
}

/** JSON types of an input: where the record stands, these names as text, these fields. */
export function membersOf(
  component: DeclaredComponent,
  names: readonly string[],
  fields: ReadonlyMap<string, Field> = new Map(),
): [name: string, member: InputMember][] {
  return [
    ...[...parentNames(component), ...names].map((name): [string, InputMember] => [name, { type: 'string' }]),
    ...[...fields].map(([name, { json }]): [string, InputMember] => [name, { type: json }]),
  ];
}

/**
 * A record that is what siebel.config.ts says it is: never passed on half understood.
 *
 * @throws ConfigurationError with every field that differs: asking again would give the same record.
 */
export function trusted<R>({ name }: Pick<DeclaredComponent, 'name'>, decoded: DecodedRecord<R>): R {
  if ('record' in decoded) return decoded.record;
  const problems = decoded.issues.map(({ message }) => message).join('; ');
  throw new ConfigurationError(`${name}: a record differs from its declaration in siebel.config.ts: ${problems}`);
}

export function notFound({ name }: DeclaredComponent): SiebelResponseError {
  const message = `${name}: Siebel has no record with this Id that the integration user may see`;
  return new SiebelResponseError('NOT_FOUND', message, { failureClass: 'message', status: 404 });
}

function problemsOf(given: ChildDefinition, depth: number): string[] {
  const { fields, searchFields = {}, userKey, children = {} } = given;
  return [
    ...fieldProblems(fields),
    ...markerProblems(given),
    ...Object.keys(searchFields).flatMap((field) => [
      ...(Object.hasOwn(fields, field) ? [`the field ${field} is declared twice`] : []),
      ...nameProblems(field, searchFields[field]),
    ]),
    ...(userKey ? userKeyProblems(userKey, fields) : []),
    ...Object.entries(children).flatMap(([child, definition]) => [
      ...(depth >= MAX_STEPS ? [`${child} is deeper than a grandchild, where no address reaches`] : []),
      ...(isSegment(child) ? [] : [`the child ${JSON.stringify(child)} has a name that no component can have`]),
      ...(Object.hasOwn(fields, child) || isReserved(child) ? [`the child ${child} has the name of a field`] : []),
      ...problemsOf(definition, depth + 1).map((problem) => `${child}: ${problem}`),
    ]),
  ];
}

function fieldProblems(fields: Fields): string[] {
  return Object.entries(fields).flatMap(([name, field]) => {
    if (isReserved(name)) return [`the field ${name} is not declared: ${name} has a meaning of its own`];
    return SYSTEM_FIELDS.has(name) && !field.readOnly
      ? [`the field ${name} is set by Siebel: declare it with readOnly(…)`]
      : nameProblems(name, field);
  });
}

function nameProblems(name: string, field: Field | undefined): string[] {
  return [name, field?.searchName ?? name]
    .filter((each, index, names) => names.indexOf(each) === index && !isFieldName(each))
    .map((each) => `the field ${JSON.stringify(each)} has a name that no field can have`);
}

function markerProblems({ marker, fields, searchFields = {}, children = {} }: ChildDefinition): string[] {
  if (marker === undefined) return [];
  const isTaken = [fields, searchFields, children].some((names) => Object.hasOwn(names, marker));
  if (isTaken || isReserved(marker) || SYSTEM_FIELDS.has(marker))
    return [`the marker ${marker} is declared as something else`];
  return isFieldName(marker) ? [] : [`the marker ${JSON.stringify(marker)} has a name that no field can have`];
}

function userKeyProblems({ unique, fields: names }: UserKey, fields: Fields): string[] {
  if (unique !== true || !Array.isArray(names) || names.length === 0) return ['the user key is not made by unique(…)'];
  return names.flatMap((name) => {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (!field) return [`the user key names ${name}, which is not a declared field`];
    return field.optional || field.readOnly ? [`the user key field ${name} may not be optional or read-only`] : [];
  });
}

function isReserved(name: string): boolean {
  return name === 'Id' || RESERVED.has(name);
}
