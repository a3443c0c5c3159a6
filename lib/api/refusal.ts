import { type InputIssue, InvalidInputError } from '../errors.ts';

/** Where in a request something is wrong, for an issue that no JSON pointer can name. */
export type Place = { readonly parameter: string } | { readonly pointer: string };

/** Status of what this room refuses by itself; every other code of a bad request is 400. */
const STATUS: ReadonlyMap<string, number> = new Map([
  ['NO_ROUTE', 404],
  ['METHOD_NOT_ALLOWED', 405],
  ['TOO_LARGE', 413],
  ['UNSUPPORTED_MEDIA_TYPE', 415],
]);

/** HTTP status of a request that was refused with this code. */
export function statusOfRefusal(code: string): number {
  return STATUS.get(code) ?? 400;
}

/** A request that is refused as a whole, before any operation is asked. */
export function refusal(code: string, message: string, place: Place = { pointer: '' }): InvalidInputError {
  return new InvalidInputError([issueAt(place, code, message)]);
}

/** An issue of a parameter keeps its name behind `?`, which no JSON pointer begins with. */
export function issueAt(place: Place, code: string, message: string): InputIssue {
  return { pointer: 'parameter' in place ? `?${place.parameter.slice(0, 100)}` : place.pointer, code, message };
}
