import type { Fields } from './records.ts';

/** A user key that Siebel itself keeps unique, so that an upsert by it may be repeated. */
export interface UserKey<N extends string = string> {
  readonly unique: true;
  readonly fields: readonly N[];
}

/** Nothing declared: no children, no search fields, no arguments. */
export type None = Readonly<Record<never, never>>;

/** What `siebel.config.ts` says of a component, at the top or below. */
export interface Definition<F extends Fields = Fields, K extends string = string, S = Fields, C = Children> {
  /** All that is read and written, by the names of Siebel's records. */
  readonly fields: F;
  /** Fields that searches know and records do not carry, such as those of multi-value groups. */
  readonly searchFields?: S | undefined;
  /** Needed for `upsert`, `upsertMany` and `associate`: fields that Siebel itself keeps unique together. */
  readonly userKey?: UserKey<K> | undefined;
  /**
   * A text field of at least 30 characters that nothing else writes, and that searches can ask for, best with an index:
   * inserts out of messages write into it by which call they are, and are told from all others by it. Not one of `fields`.
   * Default: none, and such a record is told by its natural key, its time and its user.
   */
  readonly marker?: string | undefined;
  /** Answers come without fields that are unset, which is less to carry for wide records. Default false. */
  readonly excludeEmptyFields?: boolean | undefined;
  /** Child components by their names in addresses and records. */
  readonly children?: C | undefined;
}

/** The same of a child component: made by `child`. */
export interface ChildDefinition<
  F extends Fields = Fields,
  K extends string = string,
  S = Fields,
  C = Children,
  L extends boolean = boolean,
> extends Definition<F, K, S, C> {
  /** Its records exist by themselves and are linked to their parents, many to many: offers `associate`. Default false. */
  readonly linked?: L | undefined;
}

/** Child components by their names in addresses and records. */
export interface Children {
  readonly [name: string]: ChildDefinition;
}
