import { createHash } from 'node:crypto';
import { isObject } from '../json.ts';

/**
 * SHA-256, in hexadecimal, of an input in canonical form: members sorted by code unit, no white space. Two inputs have the
 * same hash when they are the same JSON value, however it was written down (R05).
 *
 * @param input JSON as received, before defaults: a deployment that changes those must not change the hash.
 */
export function canonicalHash(input: unknown): string {
  return createHash('sha256').update(canonical(input)).digest('hex');
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (!isObject(value)) return JSON.stringify(value) ?? 'null';
  const members = Object.keys(value)
    .filter((name) => value[name] !== undefined)
    .sort();
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join()}}`;
}
