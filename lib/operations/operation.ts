import type * as z from 'zod/mini';
import type { CallOptions } from '../siebel/call.ts';
import type { SiebelClient } from '../siebel/component.ts';
import type { JsonKind } from '../siebel/values.ts';

/**
 * Whether a call may be sent again when its outcome is unknown: a `read` always, a `repeatable` write because doing it
 * twice changes nothing more (by record Id, or by a user key that is unique at Siebel).
 */
export type OperationKind = 'read' | 'repeatable';

/** A named call to Siebel, declared once in `siebel.config.ts`; every trigger runs operations and nothing else. */
export interface Operation<I = unknown, O = unknown, K extends OperationKind = OperationKind> {
  readonly kind: K;
  /** Checks an input without changing it: unknown members are refused, nothing is stripped or converted. */
  readonly input: z.ZodMiniType<I>;
  /** The members of the input and their JSON types: what a parameter of a URL has to be turned into. */
  readonly inputMembers: ReadonlyMap<string, JsonKind>;
  /** Calls Siebel with an input that `input` has accepted. */
  call(client: SiebelClient, input: I, options: CallOptions): Promise<O>;
}

/** The input of an operation: `InputOf<typeof accountGet>`. */
export type InputOf<Op> = Op extends Operation<infer I, unknown> ? I : never;
/** What an operation answers. */
export type OutputOf<Op> = Op extends { call(...args: never[]): Promise<infer O> } ? O : never;
