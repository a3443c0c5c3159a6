import { ConfigurationError } from '../errors.ts';
import type { ComponentAddress, SiebelRecord, ViewMode } from '../siebel/component.ts';
import { isSegment } from '../siebel/path.ts';
import { isFieldName } from '../siebel/search-specification.ts';
import { deleteOne, readOne, search, updateOne, upsertOne } from './component-operations.ts';
import type { Operation } from './operation.ts';
import {
  type DecodedRecord,
  decodeRecord,
  type Fields,
  type Mandatory,
  type ReadRecord,
  type SearchInput,
  type UpdateRecord,
  type Writable,
  type WriteRecord,
} from './records.ts';

/** A user key that Siebel itself keeps unique, so that an upsert by it may be repeated. */
export interface UserKey<N extends string = string> {
  readonly unique: true;
  readonly fields: readonly N[];
}

/** Declares that these fields together are unique at Siebel: one record at most has a given combination of them. */
export function unique<const N extends string>(...fields: readonly [N, ...N[]]): UserKey<N> {
  return { unique: true, fields };
}

/** A business component and the operations it offers. */
export interface BusinessComponent<F extends Fields = Fields> {
  /** `Account/Account` */
  readonly name: string;
  readonly address: ComponentAddress;
  readonly viewMode: ViewMode;
  readonly fields: F;
  /** Turns a record of the wire into declared types. Undeclared members are left out; a problem names its field. */
  decode(record: SiebelRecord): DecodedRecord<ReadRecord<F>>;
  /** One record by Id; `NOT_FOUND` when Siebel has none. */
  get(): Operation<{ readonly Id: string }, ReadRecord<F>, 'read'>;
  /** Records whose filters equal the given values, in the order of Id. */
  query<const N extends keyof F & string>(options: {
    readonly filters: readonly N[];
  }): Operation<SearchInput<F, N>, { readonly items: readonly ReadRecord<F>[] }, 'read'>;
  /** Changes the fields that are given, by Id; `NOT_FOUND` when Siebel has no such record. */
  update(): Operation<UpdateRecord<F>, { readonly Id: string }, 'repeatable'>;
  /** Deletes by Id; a record that is gone already is a success. */
  delete(): Operation<{ readonly Id: string }, { readonly Id: string }, 'repeatable'>;
}

/** A business component with a unique user key: it can be created by repeatable upserts. */
export interface KeyedBusinessComponent<F extends Fields = Fields> extends BusinessComponent<F> {
  /** Creates the record with this user key, or updates it; optional fields that are left out stay as they are. */
  upsert(): Operation<WriteRecord<F>, { readonly Id: string }, 'repeatable'>;
}

type Definition<F extends Fields> = {
  /** Whose records the calls may see; always sent, for Siebel's own default shows a technical user nothing. */
  readonly viewMode: ViewMode;
  readonly fields: F;
};
type KeyField<F extends Fields> = Writable<F> & Mandatory<F> & string;

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
 * Declares a business component: what its fields are, and by which key Siebel keeps its records apart.
 *
 * @param name Business object and business component with a slash between them: `Account/Account`.
 * @param definition.userKey Needed for `upsert`: fields that Siebel itself keeps unique together.
 * @throws ConfigurationError that lists everything wrong with the definition.
 */
export function businessComponent<const F extends Fields, const K extends KeyField<F> = never>(
  name: string,
  definition: Definition<F> & { readonly userKey?: UserKey<K> },
): [K] extends [never] ? BusinessComponent<F> : KeyedBusinessComponent<F>;
export function businessComponent<const F extends Fields>(
  name: string,
  { viewMode, fields, userKey }: Definition<F> & { readonly userKey?: UserKey },
): KeyedBusinessComponent<F> {
  const [businessObject = '', businessComponent = '', ...more] = name.split('/');
  const problems = [
    ...(isSegment(businessObject) && isSegment(businessComponent) && more.length === 0
      ? []
      : [`the name is not of the form 'Business Object/Business Component'`]),
    ...problemsOf(fields),
    ...(userKey ? userKeyProblems(userKey, fields) : []),
  ];
  if (problems.length > 0) throw new ConfigurationError(`business component ${name}: ${problems.join('; ')}`);

  const address: ComponentAddress = { businessObject, businessComponent, viewMode };
  const declared = { name, address, viewMode, fields: new Map(Object.entries(fields)) };
  return {
    name,
    address,
    viewMode,
    fields,
    decode: (record: SiebelRecord) => decodeRecord(declared.fields, record) as DecodedRecord<ReadRecord<F>>,
    get: () => readOne(declared) as Operation<{ readonly Id: string }, ReadRecord<F>, 'read'>,
    query: ({ filters }) => search(declared, filters) as Operation<never, never, 'read'>,
    upsert: () => upsertOne(declared) as Operation<never, { readonly Id: string }, 'repeatable'>,
    update: () => updateOne(declared) as Operation<never, { readonly Id: string }, 'repeatable'>,
    delete: () => deleteOne(declared),
  };
}

function problemsOf(fields: Fields): string[] {
  return Object.entries(fields).flatMap(([field, { readOnly }]) => {
    if (!isFieldName(field)) return [`the field ${JSON.stringify(field)} has a name that no field can have`];
    if (field === 'Id' || field === 'limit')
      return [`the field ${field} is not declared: ${field} has a meaning of its own`];
    return SYSTEM_FIELDS.has(field) && !readOnly
      ? [`the field ${field} is set by Siebel: declare it with readOnly(…)`]
      : [];
  });
}

function userKeyProblems(userKey: UserKey, fields: Fields): string[] {
  return userKey.fields.flatMap((field) => {
    const declared = Object.hasOwn(fields, field) ? fields[field] : undefined;
    if (!declared) return [`the user key names ${field}, which is not a declared field`];
    return declared.optional || declared.readOnly
      ? [`the user key field ${field} may not be optional or read-only`]
      : [];
  });
}
