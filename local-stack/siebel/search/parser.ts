import { badSearch } from '../siebel-error.ts';
import { type Token, tokensOf } from './tokens.ts';

export type Operand =
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'function'; readonly name: 'Today' | 'Timestamp' | 'LoginName' };

export type Comparison = '=' | '<>' | '<' | '<=' | '>' | '>=';

export type Expression =
  | { readonly kind: 'and' | 'or'; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'not'; readonly operand: Expression }
  | { readonly kind: 'null'; readonly operand: Operand; readonly negated: boolean }
  | {
      readonly kind: 'like';
      readonly left: Operand;
      readonly right: Operand;
      readonly negated: boolean;
      readonly anyCase: boolean;
    }
  | {
      readonly kind: 'compare';
      readonly operator: Comparison;
      readonly left: Operand;
      readonly right: Operand;
      readonly anyCase: boolean;
    };

const COMPARISONS: readonly string[] = ['=', '<>', '<', '<=', '>', '>='];
const FUNCTIONS = ['Today', 'Timestamp', 'LoginName'] as const;
const DEEPEST = 100;

/** Parses Siebel's search language: parentheses bind before NOT, NOT before AND, AND before OR. Words in any case. */
export function parseSearch(source: string, options: { doubling?: boolean } = {}): Expression {
  const tokens = tokensOf(source, options);
  let position = 0;
  let depth = 0;

  const expression = or();
  if (current().kind !== 'end') throw unexpected();
  return expression;

  function or(): Expression {
    let left = and();
    while (takeWord('OR')) left = { kind: 'or', left, right: and() };
    return left;
  }

  function and(): Expression {
    let left = not();
    while (takeWord('AND')) left = { kind: 'and', left, right: not() };
    return left;
  }

  function not(): Expression {
    depth += 1;
    if (depth > DEEPEST) throw badSearch('nested too deeply', current().at);
    const found = takeWord('NOT') ? ({ kind: 'not', operand: not() } as const) : primary();
    depth -= 1;
    return found;
  }

  function primary(): Expression {
    if (isWord('EXISTS')) throw badSearch('EXISTS needs a multi-value field, and there is none', current().at);
    if (!takeSymbol('(')) return comparison();
    const inner = or();
    if (!takeSymbol(')')) throw unexpected();
    return inner;
  }

  function comparison(): Expression {
    const left = operand();
    if (takeWord('IS')) {
      const negated = takeWord('NOT');
      if (!takeWord('NULL')) throw unexpected();
      return { kind: 'null', operand: left, negated };
    }
    const negated = takeWord('NOT');
    if (takeWord('LIKE')) return { kind: 'like', left, right: operand(), negated, anyCase: false };
    if (takeSymbol('~')) {
      if (!takeWord('LIKE')) throw unexpected();
      return { kind: 'like', left, right: operand(), negated, anyCase: true };
    }
    if (negated) throw unexpected();
    if (takeSymbol('~=')) return { kind: 'compare', operator: '=', left, right: operand(), anyCase: true };
    const { kind, text } = current();
    if (kind !== 'symbol' || !COMPARISONS.includes(text)) throw unexpected();
    position += 1;
    return { kind: 'compare', operator: text as Comparison, left, right: operand(), anyCase: false };
  }

  function operand(): Operand {
    const token = current();
    position += 1;
    if (token.kind === 'field') return { kind: 'field', name: token.text };
    if (token.kind === 'string' || token.kind === 'number') return { kind: 'literal', text: token.text };
    position -= 1;
    if (token.kind !== 'word' || isKeyword(token.text)) throw unexpected();
    position += 1;
    // A single word without brackets is a field too, unless it is called.
    if (!takeSymbol('(')) return { kind: 'field', name: token.text };
    const name = FUNCTIONS.find((known) => known.toLowerCase() === token.text.toLowerCase());
    if (!name || !takeSymbol(')')) throw badSearch(`the function ${token.text} is not supported here`, token.at);
    return { kind: 'function', name };
  }

  function current(): Token {
    return tokens[position] ?? { kind: 'end', text: '', at: source.length + 1 };
  }

  function isWord(word: string): boolean {
    return current().kind === 'word' && current().text.toUpperCase() === word;
  }

  function takeWord(word: string): boolean {
    if (!isWord(word)) return false;
    position += 1;
    return true;
  }

  function takeSymbol(symbol: string): boolean {
    if (current().kind !== 'symbol' || current().text !== symbol) return false;
    position += 1;
    return true;
  }

  function unexpected(): Error {
    const { kind, text, at } = current();
    return badSearch(kind === 'end' ? 'unexpected end' : `unexpected ${JSON.stringify(text)}`, at);
  }
}

function isKeyword(word: string): boolean {
  return ['AND', 'OR', 'NOT', 'LIKE', 'IS', 'NULL', 'EXISTS'].includes(word.toUpperCase());
}
