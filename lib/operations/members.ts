import * as z from 'zod/mini';
import { isRecordId } from '../siebel/path.ts';
import { coded } from '../siebel/values.ts';

/** An input or record with members that only the declaration knows. */
export type Values = Readonly<Record<string, unknown>>;
export type ById = { readonly Id: string };
/** What a write of a child answers: releases before 17 do not tell the Id. */
export type MaybeId = { readonly Id?: string };
export type Items<T> = { readonly items: readonly T[] };

/** Names of an input that say where a record stands; innermost last. */
export const PARENTS: readonly string[] = ['GrandparentId', 'ParentId'];
/** Names that no filter may have, for they mean something in inputs; fields may not be named `Id` either. */
export const RESERVED: ReadonlySet<string> = /* @__PURE__ */ new Set(['limit', ...PARENTS]);

/** Schema of a row id. */
export const ID: z.ZodMiniType<string> = /* @__PURE__ */ z
  .string()
  .check(/* @__PURE__ */ coded('BAD_KEY', 'is not of the form of a Siebel row id', isRecordId));

/**
 * The schema of an input with these members and no others. That they come to `I` is said by the types of operations, which
 * tests hold to it; nothing else vouches for a schema.
 */
export function inputSchema<I>(
  members: Readonly<Record<string, z.ZodMiniType>>,
  ...checks: z.core.$ZodCheck<Record<string, unknown>>[]
): z.ZodMiniType<I> {
  return z.strictObject(members).check(...checks) as z.ZodMiniType as z.ZodMiniType<I>;
}
