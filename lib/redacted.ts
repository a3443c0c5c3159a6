const REDACTED = '[redacted]';

/**
 * Holds a value that must never be printed: string conversion, `JSON.stringify` and `util.inspect` all show `[redacted]`.
 *
 * The one way out is `reveal()`, so every use of a secret can be found by searching for that word.
 */
export class Redacted<T> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  /** The value itself, for the moment it goes on the wire. */
  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return REDACTED;
  }
}
