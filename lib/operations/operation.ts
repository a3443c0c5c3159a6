import type * as z from 'zod/mini';
import type { InputIssue } from '../errors.ts';
import type { LookUpHint, LookUpResult } from '../ledger/ledger.ts';
import type { CallOptions } from '../siebel/call.ts';
import type { SiebelClient } from '../siebel/component.ts';
import type { SiebelSite } from '../siebel/site.ts';
import type { JsonKind } from '../siebel/values.ts';

/**
 * Whether an operation may be run again when its outcome is unknown:
 *
 * - `read`: always, for it changes nothing;
 * - `repeatable`: yes, for doing it twice changes nothing more (by record Id, by a user key that is unique at Siebel, or
 *   because the owner of a service says so);
 * - `insert`: not blindly, for there would be a second record; its natural key finds the first one;
 * - `unrepeatable`: never without a person who has looked.
 */
export type OperationKind = 'read' | 'repeatable' | 'insert' | 'unrepeatable';

/** JSON type of a member of an input: what a parameter of a URL has to be turned into. */
export interface InputMember {
  /** Of a single value, or `json` for something that only a body can carry. */
  readonly type: JsonKind | 'json';
  /** It is a list of such values. Default false. */
  readonly list?: boolean;
}

/** Limits of one run of an operation, and by what its record can be told from all others. */
export interface OperationOptions extends CallOptions {
  /** Written by inserts into the marker field of their component. Default: the marker stays empty. */
  readonly mark?: string | undefined;
}

/** How the record of an insert is found when nobody knows whether it was created. */
export interface LookUp<I = Readonly<Record<string, unknown>>> {
  /** Siebel itself refuses a second record with this natural key. */
  readonly unique: boolean;
  /** Others insert under this natural key, so that the first attempt looks, too (R74). */
  readonly looksFirst: boolean;
  /** What keeps the natural key of an input out of a search (R73); empty when nothing does. */
  issues(input: I, site: SiebelSite): readonly InputIssue[];
  /**
   * Looks at Siebel: at the records with the mark or the natural key of the input, and at nothing else.
   *
   * @throws ConfigurationError for a site or a record of which it cannot be told whether it is ours.
   * @throws Whatever the Siebel client throws. What was not read to its end is never "absent".
   */
  find(
    client: SiebelClient,
    input: I,
    sought: LookUpHint & { readonly mark: string },
    site: SiebelSite,
    options: CallOptions,
  ): Promise<LookUpResult>;
}

/** A named call to Siebel, declared once in `siebel.config.ts`; every trigger runs operations and nothing else. */
export interface Operation<I = unknown, O = unknown, K extends OperationKind = OperationKind> {
  readonly kind: K;
  /** Checks an input without changing it: unknown members are refused, nothing is stripped or converted. */
  readonly input: z.ZodMiniType<I>;
  /** The members of the input and their JSON types. */
  readonly inputMembers: ReadonlyMap<string, InputMember>;
  /** Of an insert: fields of the input by which its record is found again. */
  readonly naturalKey?: readonly string[] | undefined;
  /** Of an insert of one record. */
  readonly lookUp?: LookUp<I> | undefined;
  /** Whether a part of it may have been done though Siebel refuses it. Default: never. */
  mayBePartial?(input: I): boolean;
  /** Calls Siebel with an input that `input` has accepted. */
  call(client: SiebelClient, input: I, options: OperationOptions): Promise<O>;
}

/**
 * An operation on many records, which answers for each of them: some may be done and others refused. Only for callers
 * who look at the answer.
 */
export interface BatchOperation<I = unknown, K extends OperationKind = OperationKind, Row = { readonly Id: string }>
  extends Operation<I, BatchAnswer<Row>, K> {
  readonly answersRows: true;
}

/** What became of each item of a batch, in the order of the items. */
export interface BatchAnswer<Row = { readonly Id: string }> {
  readonly items: readonly (Row | { readonly code: string })[];
}

/** The input of an operation: `InputOf<typeof accountGet>`. */
export type InputOf<Op> = Op extends Operation<infer I, unknown> ? I : never;
/** What an operation answers. */
export type OutputOf<Op> = Op extends { call(...args: never[]): Promise<infer O> } ? O : never;
