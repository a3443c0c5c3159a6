import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  type ErrorReference,
  LEDGER,
  NO_RESPONSE,
  SIEBEL_RESPONSE,
  SURROUNDINGS,
  TLS,
  TOKEN_REQUEST,
  UNUSABLE_RESPONSE,
} from '../lib/error-reference.ts';
import { HTTP_REFERENCE, INPUT_REFERENCE, QUEUE_REFERENCE, SCHEDULE_REFERENCE } from '../lib/input-reference.ts';
import { CODE_REFERENCE, REMEDIES } from '../lib/siebel/code-reference.ts';
import { isWrapper, KINDS, SIEBEL_CODES, type SiebelCode } from '../lib/siebel/codes.ts';

const PAGE = fileURLToPath(new URL('../docs/errors.md', import.meta.url));

/** The tables of docs/errors.md by the name in their markers. */
const TABLES: ReadonlyMap<string, () => string> = new Map([
  ['no-response', () => failures(NO_RESPONSE)],
  ['tls', () => failures(TLS)],
  ['unusable-response', () => failures(UNUSABLE_RESPONSE)],
  ['token-request', () => failures(TOKEN_REQUEST)],
  ['siebel-response', () => failures(SIEBEL_RESPONSE)],
  ['ledger', () => failures(LEDGER)],
  ['siebel-codes', siebelCodes],
  ['surroundings', () => failures(SURROUNDINGS)],
  ['input', () => inputs(INPUT_REFERENCE)],
  ['queue', () => inputs(QUEUE_REFERENCE)],
  ['schedule', () => inputs(SCHEDULE_REFERENCE)],
  ['http', () => inputs(HTTP_REFERENCE)],
]);
const MARKED = /(?<=<!-- table: ([a-z-]+) -->\n).*?(?=<!-- end -->)/gs;

/**
 * The page with its tables written anew, each between `<!-- table: name -->` and `<!-- end -->`.
 *
 * @throws Error unless every table has exactly one place.
 */
export function withTables(page: string): string {
  const places = [...page.matchAll(MARKED)].map(([, name]) => name);
  if (places.toSorted().join() !== [...TABLES.keys()].toSorted().join()) {
    throw new Error(
      `the page has places for the tables ${places.join(', ')}; there are ${[...TABLES.keys()].join(', ')}`,
    );
  }
  return page.replace(MARKED, (_old, name: string) => `\n${TABLES.get(name)?.()}\n`);
}

/** With the class in a column of its own where it differs. */
function failures(references: Readonly<Record<string, ErrorReference>>): string {
  const rows = Object.entries(references);
  const classes = new Set(rows.map(([, reference]) => reference.class));
  const of = (reference: ErrorReference) => (classes.size > 1 ? [reference.class] : []);
  return table(
    ['code', ...(classes.size > 1 ? ['class'] : []), 'meaning', 'what to do'],
    rows.map(([code, reference]) => [`\`${code}\``, ...of(reference), reference.meaning, reference.remedy]),
  );
}

function inputs(references: Readonly<Record<string, string>>): string {
  return table(
    ['code', 'meaning'],
    Object.entries(references).map(([code, meaning]) => [`\`${code}\``, meaning]),
  );
}

function siebelCodes(): string {
  return table(
    ['Siebel code', 'what Siebel says', 'our code', 'what to do', 'mark'],
    (Object.keys(SIEBEL_CODES) as SiebelCode[]).map((code) => {
      const { meaning, remedy, certainty } = CODE_REFERENCE[code];
      return [`\`${code}\``, meaning, ourCode(code), remedy ?? REMEDIES[SIEBEL_CODES[code]], certainty];
    }),
  );
}

function ourCode(code: SiebelCode): string {
  const kind = SIEBEL_CODES[code];
  if (kind === 'no-data') return 'none: no records';
  if (kind === 'wrapper') return "the inner code's";
  const ours = `\`${KINDS[kind].code}\``;
  return isWrapper(code) ? `the inner code's, else ${ours}` : ours;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await writeFile(PAGE, withTables(await readFile(PAGE, 'utf8')));
}
