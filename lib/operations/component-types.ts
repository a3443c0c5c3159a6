import type { ComponentAddress, ReadOptions, SiebelRecord, SortKey } from '../siebel/component.ts';
import type { Condition, Conditions } from '../siebel/search-specification.ts';
import type { Field } from '../siebel/values.ts';
import type { ChildDefinition, None, UserKey } from './definition.ts';
import type { FilterInput, Filters } from './filters.ts';
import type { ById, Items, MaybeId } from './members.ts';
import type { BatchOperation, Operation } from './operation.ts';
import type {
  DecodedRecord,
  Fields,
  Flat,
  InsertRecord,
  Listed,
  Mandatory,
  ReadRecord,
  UpdateFields,
  Writable,
  WriteRecord,
} from './records.ts';

type FieldsOf<D> = D extends { readonly fields: infer F extends Fields } ? F : never;
type ChildrenOf<D> = D extends ChildDefinition<Fields, string, unknown, infer C> ? C : never;
/** `Contact`, `Service Request`, `Service Request/Action` */
type ChildPath<C> = {
  [N in keyof C & string]: N | `${N}/${keyof ChildrenOf<C[N]> & string}`;
}[keyof C & string];
type Head<P> = P extends `${infer H}/${string}` ? H : P;
type Tail<P, N extends string> = P extends `${N}/${infer T}` ? T : never;

/** A record with the children that were asked for: a list each, empty when there are none. */
type ReadTree<F extends Fields, C, P> = ReadRecord<Listed<F>> & ReadBranches<C, P>;
type ReadBranches<C, P> = {
  readonly [N in Head<P> & keyof C & string]: readonly ReadTree<FieldsOf<C[N]>, ChildrenOf<C[N]>, Tail<P, N>>[];
};
/** A record to insert, with lists of children that may be left out. */
type WriteTree<F extends Fields, C, P> = WriteRecord<F> & WriteBranches<C, P>;
type WriteBranches<C, P> = {
  readonly [N in Head<P> & keyof C & string]?: readonly WriteTree<FieldsOf<C[N]>, ChildrenOf<C[N]>, Tail<P, N>>[];
};

/** How the record of an insert is found again; see `insert`. */
type InsertKey<K extends string> = {
  readonly naturalKey: readonly [K, ...K[]] | UserKey<K>;
  readonly sharedKey?: boolean;
};
type Limit = { readonly limit?: number };
type NaturalKey<F extends Fields> = {
  [N in keyof F]: F[N]['kind'] extends 'attachment' ? never : N;
}[Writable<F>] &
  string;

/** All that searches may ask for. */
export type Searchable<F extends Fields, S extends Fields> = F &
  S & { readonly Id: Field<string, false, true, 'text'> };
/** Which records, in which order, and how many. */
export interface QueryOptions<A extends Fields, X> {
  /** What callers may ask for; every filter may be left out. Default: none. */
  readonly filters?: X;
  /** What all records satisfy, whatever callers ask for: made with `field`, `all`, `any`, `not`. */
  readonly where?: Condition;
  /** Default: by `Id`, which also decides between equals. */
  readonly sort?: readonly (SortKey & { readonly field: keyof A & string })[];
  /** How many records when the caller does not say, 1 to 100. Default 20. */
  readonly limit?: number;
}

/**
 * What a component offers wherever it stands; `P` are the members of an input that say where: `ParentId` for a child,
 * `GrandparentId` besides for a grandchild.
 */
export interface RecordOperations<F extends Fields, S extends Fields, P> {
  /** The conditions on a declared field, for a fixed `where`: `account.field('Account Status').is('Active')`. */
  readonly field: Conditions<F & S>['field'];
  /** One record by Id, with the content of its attachments; `NOT_FOUND` when Siebel has none. */
  get(): Operation<Flat<P & ById>, ReadRecord<F>, 'read'>;
  /** Records that satisfy the filters, without attachments. There is no next page: a sync reads everything. */
  query<const X extends Filters<Searchable<F, S>> = readonly []>(
    options?: QueryOptions<Searchable<F, S>, X>,
  ): Operation<Flat<P & FilterInput<Searchable<F, S>, X> & Limit>, Items<ReadRecord<Listed<F>>>, 'read'>;
  /** How many records satisfy the filters. */
  count<const X extends Filters<Searchable<F, S>> = readonly []>(
    options?: Pick<QueryOptions<Searchable<F, S>, X>, 'filters' | 'where'>,
  ): Operation<Flat<P & FilterInput<Searchable<F, S>, X>>, { readonly count: number }, 'read'>;
  /** Changes the fields that are given, by Id; `NOT_FOUND` when Siebel has no such record. */
  update(): Operation<Flat<P & ById & UpdateFields<F>>, ById, 'repeatable'>;
  /** Deletes by Id; a record that is gone already is a success. */
  delete(): Operation<Flat<P & ById>, ById, 'repeatable'>;
}

/** Writes of 1 to 100 records in one request; `Row` is what each answers. */
export interface ManyOperations<F extends Fields, P, Row> {
  /** Creates records: all of them, or none. */
  insertMany<const K extends NaturalKey<F>>(options: {
    readonly naturalKey: readonly [K, ...K[]];
  }): BatchOperation<Flat<P & Items<InsertRecord<F, K>>>, 'insert', Row>;
  /** Deletes by Id. */
  deleteMany(): BatchOperation<Flat<P & Items<ById>>, 'repeatable', ById>;
}
/** The same by a unique user key. */
export interface ManyUpserts<F extends Fields, P, Row> {
  /** Creates records, or updates those with the same user key. */
  upsertMany(): BatchOperation<Flat<P & Items<WriteRecord<F>>>, 'repeatable', Row>;
}

/** What a sync needs of the business component that it reads. */
export interface SyncSource<F extends Fields = Fields> {
  /** `Account/Account` */
  readonly name: string;
  readonly address: ComponentAddress;
  readonly fields: F;
  /** Asks for what lists of records carry: all fields but attachments. */
  readonly read: ReadOptions;
  /** Turns a record of a list into declared types. Undeclared members are left out; a problem names its field. */
  decode(record: SiebelRecord): DecodedRecord<ReadRecord<Listed<F>>>;
}

/** A business component and the operations it offers. */
export interface BusinessComponent<F extends Fields = Fields, S extends Fields = Fields, C = None>
  extends Omit<RecordOperations<F, S, unknown>, 'get' | 'query'>,
    ManyOperations<F, unknown, ById> {
  /** For `read` of a sync job, which takes the component itself. */
  readonly source: SyncSource<F>;
  /** Child components with the operations they offer. */
  readonly children: ChildComponents<C, { readonly ParentId: string }>;

  /** One record by Id, with the content of its attachments; `NOT_FOUND` when Siebel has none. */
  get(): Operation<ById, ReadRecord<F>, 'read'>;
  /** One record with these children, in one call; without attachments. */
  get<const P extends ChildPath<C>>(options: {
    readonly children: readonly P[];
  }): Operation<ById, ReadTree<F, C, P>, 'read'>;
  /**
   * Records that satisfy the filters, with these children when they are named; without attachments. There is no next page:
   * a sync reads everything.
   */
  query<const X extends Filters<Searchable<F, S>> = readonly [], const P extends ChildPath<C> = never>(
    options?: QueryOptions<Searchable<F, S>, X> & { readonly children?: readonly P[] },
  ): Operation<Flat<FilterInput<Searchable<F, S>, X> & Limit>, Items<ReadTree<F, C, P>>, 'read'>;
  /**
   * Creates a record, with its children when they are named.
   *
   * @param options.naturalKey Fields that tell this record from all others, so that it can be found when nobody knows
   *   whether it was created. Their values are never left out. Made by `unique` where Siebel itself refuses a second record
   *   with the same values: then it is known after seconds, and not after minutes, that a record was not created.
   * @param options.sharedKey Others insert records with the same values too, so that even the first attempt looks before it
   *   inserts. Default false.
   */
  insert<const K extends NaturalKey<F>, const P extends ChildPath<C> = never>(
    options: InsertKey<K> & { readonly children?: readonly P[] },
  ): Operation<InsertRecord<F, K> & WriteBranches<C, P>, ById, 'insert'>;
}

/** A business component with a unique user key: it can be created by repeatable upserts. */
export interface KeyedBusinessComponent<F extends Fields = Fields, S extends Fields = Fields, C = None>
  extends BusinessComponent<F, S, C>,
    ManyUpserts<F, unknown, ById> {
  /** Creates the record with this user key, or updates it; optional fields that are left out stay as they are. */
  upsert(): Operation<WriteRecord<F>, ById, 'repeatable'>;
}

/** The operations of the child components of one level. */
export type ChildComponents<C, P> = {
  readonly [N in keyof C]: C[N] extends ChildDefinition<infer F, infer K, infer S, infer D, infer L>
    ? ChildComponent<F, Extract<S, Fields>, P> &
        ([K] extends [never] ? unknown : KeyedChild<F, P> & (L extends true ? LinkedChild<F, K, P> : unknown)) & {
          readonly children: ChildComponents<D, GrandparentOf<P>>;
        }
    : never;
};
type GrandparentOf<P> = Flat<P & { readonly GrandparentId: string }>;

/** A child component and the operations it offers. */
export interface ChildComponent<F extends Fields, S extends Fields, P>
  extends RecordOperations<F, S, P>,
    ManyOperations<F, P, MaybeId> {
  /** Creates a record below its parent. `Id` is missing where Siebel does not tell it (releases before 17). */
  insert<const K extends NaturalKey<F>>(
    options: InsertKey<K>,
  ): Operation<Flat<P & InsertRecord<F, K>>, MaybeId, 'insert'>;
}
/** A child component with a unique user key. */
export interface KeyedChild<F extends Fields, P> extends ManyUpserts<F, P, MaybeId> {
  /** Creates the record with this user key below its parent, or updates it. `Id` as for `insert`. */
  upsert(): Operation<Flat<P & WriteRecord<F>>, MaybeId, 'repeatable'>;
}
/** A child component whose records are linked to their parents, many to many. */
export interface LinkedChild<F extends Fields, K extends string, P> {
  /** Links the record with this user key to the parent; Siebel creates it when there is none. `Id` as for `insert`. */
  associate(): Operation<
    Flat<P & { readonly [N in K & keyof F]: F[N] extends Field<infer T> ? T : never }>,
    MaybeId,
    'unrepeatable'
  >;
}

export type KeyField<F extends Fields> = Writable<F> & Mandatory<F> & string;
