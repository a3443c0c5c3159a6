import { isObject } from '../json.ts';
import type { Operation } from './operation.ts';

type Members = Readonly<Record<string, unknown>>;

/** What an installation has written, taken apart so that no member is of a kind that it cannot be. */
export interface TakenParts {
  /** What was left out because it was of another kind, one sentence each. */
  readonly malformed: readonly string[];
  refuse(problem: string): void;
  /** A part that is an object, if it is there. */
  part(name: string): Members | undefined;
  /** Named members of a part. Those that are of another kind are told, as `<part>.<name> <problem>`. */
  members<T>(name: string, is: (value: unknown) => value is T, problem: string): [name: string, value: T][];
}

/** Takes a definition apart; the compiler has checked the kinds, unless there was a cast, or none. */
export function takenParts(definition: unknown): TakenParts {
  const malformed: string[] = [];
  const whole: Members = isObject(definition) ? definition : {};
  if (whole !== definition) malformed.push('what defineIntegration gets is not an object');
  const part = (name: string) => {
    const given = Object.hasOwn(whole, name) ? whole[name] : undefined;
    if (given === undefined || isObject(given)) return given;
    malformed.push(`${name} is not an object`);
    return undefined;
  };
  return {
    malformed,
    refuse: (problem) => void malformed.push(problem),
    part,
    members<T>(name: string, is: (value: unknown) => value is T, problem: string) {
      const given = part(name) ?? {};
      // `{ __proto__: job }` has no member at all.
      if (inherits(given)) malformed.push(`${name}.__proto__ is no name`);
      return Object.entries(given).flatMap(([member, value]): [string, T][] => {
        if (is(value)) return [[member, value]];
        malformed.push(`${name}.${member} ${problem}`);
        return [];
      });
    },
  };
}

/** Whether a value was made by `account.upsert()` and the like. */
export function isOperation(value: unknown): value is Operation {
  return isObject(value) && value['inputMembers'] instanceof Map && typeof value['call'] === 'function';
}

export function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function inherits(given: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(given);
  return typeof prototype === 'object' && prototype !== null && Object.getPrototypeOf(prototype) !== null;
}
