import type { SiebelRecord, ViewMode } from '../siebel/component.ts';
import { conditions } from '../siebel/search-specification.ts';
import { deleteMany, insertMany, upsertMany } from './batch-operations.ts';
import type { BusinessComponent, KeyedBusinessComponent, KeyField } from './component-types.ts';
import { type DeclaredComponent, declareComponent } from './declared-component.ts';
import type { ChildDefinition, Children, Definition, None, UserKey } from './definition.ts';
import { countAll, type LooseQuery, readOne, search } from './read-operations.ts';
import { decodeRecord, type Fields } from './records.ts';
import { associateOne, deleteOne, type InsertOptions, insertOne, updateOne, upsertOne } from './write-operations.ts';

/** Declares that these fields together are unique at Siebel: one record at most has a given combination of them. */
export function unique<const N extends string>(...fields: readonly [N, ...N[]]): UserKey<N> {
  return { unique: true, fields };
}

/**
 * Declares a business component: what its fields are, and by which key Siebel keeps its records apart.
 *
 * @param name Business object and business component with a slash between them: `Account/Account`.
 * @param definition.viewMode Whose records the calls may see; always sent, for Siebel's own default shows a technical
 *   user nothing.
 * @throws ConfigurationError that lists everything wrong with the definition.
 */
export function businessComponent<
  const F extends Fields,
  const K extends KeyField<F> = never,
  const S extends Fields = None,
  const C extends Children = None,
>(
  name: string,
  definition: Definition<F, K, S, C> & { readonly viewMode: ViewMode },
): [K] extends [never] ? BusinessComponent<F, S, C> : KeyedBusinessComponent<F, S, C>;
export function businessComponent(
  name: string,
  { viewMode, ...definition }: Definition & { readonly viewMode: ViewMode },
): object {
  const [businessObject = '', businessComponent = ''] = name.split('/');
  const address = { businessObject, businessComponent, viewMode };
  const component = declareComponent(name, address, definition);
  const { fields } = definition;
  const { read, listed } = component;
  const decode = (record: SiebelRecord) => decodeRecord(listed, record);
  return { ...operationsOf(component), source: { name, address, fields, read, decode } };
}

/** Declares a child component, for the member `children` of the component above it. */
export function child<
  const F extends Fields,
  const K extends KeyField<F> = never,
  const S extends Fields = None,
  const C extends Children = None,
  const L extends boolean = false,
>(definition: ChildDefinition<F, K, S, C, L>): ChildDefinition<F, NoInfer<K>, NoInfer<S>, NoInfer<C>, NoInfer<L>> {
  // NoInfer: what a child lacks must not be made up from the place in which it stands.
  return definition;
}

/**
 * What a component offers wherever it stands, and nothing that its definition does not allow: a config file that was not
 * compiled finds no `upsert` without a key, which would insert at each repetition.
 */
function operationsOf(component: DeclaredComponent): object {
  const { searchable, userKey, linked, steps, children } = component;
  return {
    field: conditions(searchable).field,
    get: ({ children }: LooseQuery = {}) => readOne(component, children),
    query: (options: LooseQuery = {}) => search(component, options),
    count: (options: LooseQuery = {}) => countAll(component, options),
    update: () => updateOne(component),
    delete: () => deleteOne(component),
    insert: ({ naturalKey = [], ...options }: Partial<InsertOptions> = {}) =>
      insertOne(component, { naturalKey, ...options }),
    insertMany: ({ naturalKey = [] }: { naturalKey?: readonly string[] } = {}) => insertMany(component, naturalKey),
    deleteMany: () => deleteMany(component),
    ...(userKey && { upsert: () => upsertOne(component), upsertMany: () => upsertMany(component) }),
    ...(userKey && linked && steps.length > 0 && { associate: () => associateOne(component) }),
    children: Object.fromEntries([...children].map(([name, below]) => [name, operationsOf(below)])),
  };
}
