import { badSearch } from '../siebel-error.ts';

export type Token =
  | { readonly kind: 'field' | 'word' | 'string' | 'number'; readonly text: string; readonly at: number }
  | {
      readonly kind: 'symbol';
      readonly text: '(' | ')' | ',' | '=' | '<>' | '<' | '<=' | '>' | '>=' | '~=' | '~' | '+' | '-' | '*' | '/';
      readonly at: number;
    }
  | { readonly kind: 'end'; readonly text: ''; readonly at: number };

type Symbol = Extract<Token, { kind: 'symbol' }>['text'];

const SYMBOLS: readonly Symbol[] = ['<>', '<=', '>=', '~=', '(', ')', ',', '=', '<', '>', '~', '+', '-', '*', '/'];
const WORD = /[A-Za-z_][A-Za-z0-9_]*/y;
const NUMBER = /\d+(\.\d+)?/y;
const BLANK = /\s+/y;

/**
 * Cuts a search specification into tokens. Positions count from 1, as Siebel's texts do.
 *
 * A quote ends the literal that began with the same quote: there is no escape, unless `doubling` is switched on.
 */
export function tokensOf(source: string, { doubling = false }: { doubling?: boolean } = {}): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < source.length) {
    const blank = match(BLANK, source, at);
    if (blank) {
      at += blank.length;
      continue;
    }
    const token = tokenAt(source, at, doubling);
    tokens.push(token.token);
    at = token.next;
  }
  tokens.push({ kind: 'end', text: '', at: source.length + 1 });
  return tokens;
}

function tokenAt(source: string, at: number, doubling: boolean): { token: Token; next: number } {
  const first = source[at] ?? '';
  if (first === '[') {
    const end = source.indexOf(']', at);
    if (end < 0) throw badSearch('"[" without "]"', at + 1);
    return { token: { kind: 'field', text: source.slice(at + 1, end), at: at + 1 }, next: end + 1 };
  }
  if (first === '"' || first === "'") return literalAt(source, at, doubling);
  const number = match(NUMBER, source, at);
  if (number) return { token: { kind: 'number', text: number, at: at + 1 }, next: at + number.length };
  const word = match(WORD, source, at);
  if (word) return { token: { kind: 'word', text: word, at: at + 1 }, next: at + word.length };
  const symbol = SYMBOLS.find((candidate) => source.startsWith(candidate, at));
  if (symbol) return { token: { kind: 'symbol', text: symbol, at: at + 1 }, next: at + symbol.length };
  throw badSearch(`unexpected ${JSON.stringify(first)}`, at + 1);
}

function literalAt(source: string, at: number, doubling: boolean): { token: Token; next: number } {
  const quote = source[at] ?? '';
  let text = '';
  let from = at + 1;
  for (;;) {
    const end = source.indexOf(quote, from);
    if (end < 0) throw badSearch('a literal without end', at + 1);
    text += source.slice(from, end);
    if (!doubling || source[end + 1] !== quote) {
      return { token: { kind: 'string', text, at: at + 1 }, next: end + 1 };
    }
    text += quote;
    from = end + 2;
  }
}

function match(pattern: RegExp, source: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(source)?.[0];
}
