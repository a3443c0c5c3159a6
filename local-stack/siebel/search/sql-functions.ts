import type { DatabaseSync } from 'node:sqlite';

/** Name of the SQL function that ignores case, in every alphabet. */
export const FOLD = 'fold';
/** The same for capitals. */
export const UNFOLD = 'unfold';
/** How a word sounds. */
export const SOUND = 'sound';

/** Adds what the search language needs and SQLite has not. */
export function addFunctions(database: DatabaseSync): void {
  const add = (name: string, change: (text: string) => string) =>
    database.function(name, { deterministic: true }, (text) => (text === null ? null : change(String(text))));
  add(FOLD, (text) => text.toLowerCase());
  add(UNFOLD, (text) => text.toUpperCase());
  add(SOUND, soundex);
}

/** Letters that sound alike, by their digit. */
const ALIKE: readonly string[] = ['BFPV', 'CGJKQSXZ', 'DT', 'L', 'MN', 'R'];

/** American Soundex: the first letter, and a digit for each of the next three sounds. Equal ones in a row count once. */
export function soundex(text: string): string {
  const letters = text.toUpperCase().replace(/[^A-Z]/g, '');
  let last = digitOf(letters[0] ?? '');
  let digits = '';
  for (const letter of letters.slice(1)) {
    const digit = digitOf(letter);
    if (digit !== '' && digit !== last) digits += digit;
    // H and W part nothing; a vowel does.
    if (!'HW'.includes(letter)) last = digit;
  }
  return letters.slice(0, 1) + digits.slice(0, 3).padEnd(3, '0');
}

function digitOf(letter: string): string {
  const at = letter === '' ? -1 : ALIKE.findIndex((group) => group.includes(letter));
  return at < 0 ? '' : String(at + 1);
}
