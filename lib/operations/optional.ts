import { type Field, type FieldKind, optional as optionalField } from '../siebel/values.ts';
import type { ListOf, PropertySet, SiebelMessage, Structure } from './arguments.ts';

/**
 * What may be left out: of a write, where the record then keeps what it has, or of the input of a service; and what a record
 * or an output may lack.
 */
export function optional<T, R extends boolean, K extends FieldKind>(
  field: Field<T, boolean, R, K>,
): Field<T, true, R, K>;
export function optional<A>(set: PropertySet<A>): PropertySet<A, true>;
export function optional<A>(list: ListOf<A>): ListOf<A, true>;
export function optional<A>(message: SiebelMessage<A>): SiebelMessage<A, true>;
export function optional(declared: Field | Structure): Field | Structure {
  return 'structure' in declared ? { ...declared, optional: true } : optionalField(declared);
}
