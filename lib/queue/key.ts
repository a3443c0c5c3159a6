/** Told of each thing that is wrong: where, its code, and what it is. */
export type Note = (pointer: string, code: string, message: string) => void;

const MAX_KEY_LENGTH = 256;

/** A key that can be used; anything else is noted, unless it is `undefined`. */
export function readKey(value: unknown, note: Note): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'string') note('/key', 'BAD_KEY', 'is not a text');
  else if (value.length > MAX_KEY_LENGTH) note('/key', 'TOO_LONG', `is longer than ${MAX_KEY_LENGTH} characters`);
  else if (!isUsableKey(value))
    note('/key', 'BAD_KEY', 'is not printable ASCII without blanks, or is a URL, or has an empty or dots-only part');
  else if (value.startsWith('-'))
    note('/key', 'BAD_KEY', 'begins with a hyphen, so that a command takes it for an option');
  else if (value.includes('<aws.'))
    note('/key', 'BAD_KEY', 'has a placeholder of the scheduler that nobody has filled in');
  else return value;
  return undefined;
}

/** Keys may have parts, as `orders/4711/3` has; what reads as a URL or a way through directories is a mistake. */
function isUsableKey(value: string): boolean {
  if (!/^[\x21-\x7e]+$/.test(value) || value.includes('\\') || value.includes('://')) return false;
  return value.split('/').every((part) => !/^\.{0,2}$/.test(part));
}
