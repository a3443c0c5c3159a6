import { badSearch } from '../siebel-error.ts';
import { type Comparison, type Expression, FUNCTIONS, type FunctionName, type Operand } from './expression.ts';
import { type Token, tokensOf } from './tokens.ts';

const COMPARISONS: readonly string[] = ['=', '<>', '<', '<=', '>', '>='];
const KEYWORDS: readonly string[] = ['AND', 'OR', 'NOT', 'LIKE', 'SOUNDSLIKE', 'IS', 'NULL', 'EXISTS'];
const DEEPEST = 100;

/** Parentheses hold a condition or an operand, and only what follows tells which. */
type Node = { readonly condition: Expression } | { readonly operand: Operand };

/**
 * Parses Siebel's search language: parentheses bind before arithmetic, that before comparisons, then NOT, AND, OR.
 * Words in any case.
 *
 * @throws SiebelError with SBL-DAT-00501 that says what was met, and where.
 */
export function parseSearch(source: string, options: { doubling?: boolean } = {}): Expression {
  const tokens = tokensOf(source, options);
  let position = 0;
  let depth = 0;

  const expression = conditionIn(or());
  if (current().kind !== 'end') throw unexpected();
  return expression;

  function or(): Node {
    return chain('OR', and);
  }

  function and(): Node {
    return chain('AND', not);
  }

  function chain(word: 'AND' | 'OR', next: () => Node): Node {
    const first = next();
    if (!isWord(word)) return first;
    const operands = [conditionIn(first)];
    while (takeWord(word)) operands.push(conditionIn(next()));
    return { condition: { kind: word === 'OR' ? 'or' : 'and', operands } };
  }

  function not(): Node {
    return takeWord('NOT') ? { condition: { kind: 'not', operand: conditionIn(deeper(not)) } } : comparison();
  }

  function comparison(): Node {
    const node = sum();
    // A condition in parentheses is whole; whatever follows an operand compares it.
    if ('condition' in node) return node;
    if (!isComparison()) return node;
    return { condition: compared(node.operand) };
  }

  function isComparison(): boolean {
    const { kind, text } = current();
    if (kind === 'word') return ['IS', 'NOT', 'LIKE', 'SOUNDSLIKE'].includes(text.toUpperCase());
    return kind === 'symbol' && (COMPARISONS.includes(text) || text.startsWith('~'));
  }

  function compared(left: Operand): Expression {
    if (takeWord('IS')) {
      const negated = takeWord('NOT');
      if (!takeWord('NULL')) throw unexpected();
      return { kind: 'null', operand: left, negated };
    }
    const negated = takeWord('NOT');
    if (takeWord('LIKE')) return { kind: 'like', left, right: operandIn(sum()), negated, anyCase: false };
    if (takeWord('SOUNDSLIKE')) return { kind: 'sounds', left, right: operandIn(sum()), negated };
    if (takeSymbol('~')) {
      if (!takeWord('LIKE')) throw unexpected();
      return { kind: 'like', left, right: operandIn(sum()), negated, anyCase: true };
    }
    if (negated) throw unexpected();
    if (takeSymbol('~=')) return { kind: 'compare', operator: '=', left, right: operandIn(sum()), anyCase: true };
    const operator = current().text as Comparison;
    position += 1;
    return { kind: 'compare', operator, left, right: operandIn(sum()), anyCase: false };
  }

  function sum(): Node {
    return arithmetic(['+', '-'], product);
  }

  function product(): Node {
    return arithmetic(['*', '/'], primary);
  }

  function arithmetic(operators: readonly ('+' | '-' | '*' | '/')[], next: () => Node): Node {
    let node = next();
    for (;;) {
      const { at } = current();
      const operator = operators.find(takeSymbol);
      if (!operator) return node;
      const left = operandIn(node);
      node = { operand: { kind: 'arithmetic', operator, left, right: operandIn(next()), at } };
    }
  }

  function primary(): Node {
    const token = current();
    if (token.kind === 'word' && KEYWORDS.includes(token.text.toUpperCase())) return exists();
    position += 1;
    if (token.kind === 'field') return { operand: { kind: 'field', name: token.text } };
    if (token.kind === 'string' || token.kind === 'number')
      return { operand: { kind: 'literal', text: token.text, isNumber: token.kind === 'number' } };
    if (token.kind === 'word') return { operand: wordOperand(token) };
    if (token.kind === 'symbol' && token.text === '(') return inParentheses();
    if (token.kind === 'symbol' && token.text === '-') {
      const zero = { kind: 'literal', text: '0', isNumber: true } as const;
      return {
        operand: { kind: 'arithmetic', operator: '-', left: zero, right: operandIn(deeper(primary)), at: token.at },
      };
    }
    position -= 1;
    throw unexpected();
  }

  function exists(): Node {
    const { at } = current();
    if (!takeWord('EXISTS') || !takeSymbol('(')) throw unexpected();
    return { condition: { kind: 'exists', operand: conditionIn(inParentheses()), at } };
  }

  function inParentheses(): Node {
    const inner = deeper(or);
    if (!takeSymbol(')')) throw unexpected();
    return inner;
  }

  /** A single word without brackets is a field too, unless it is called. */
  function wordOperand({ text, at }: Token): Operand {
    if (!takeSymbol('(')) return { kind: 'field', name: text };
    const name = (Object.keys(FUNCTIONS) as FunctionName[]).find((known) => known.toLowerCase() === text.toLowerCase());
    if (!name) throw badSearch(`the function ${text} is not supported here`, at);
    const of: Operand[] = [];
    while (of.length < FUNCTIONS[name]) {
      if (of.length > 0 && !takeSymbol(',')) throw unexpected();
      of.push(operandIn(deeper(sum)));
    }
    if (!takeSymbol(')')) throw unexpected();
    return { kind: 'function', name, of, at };
  }

  function deeper(parse: () => Node): Node {
    depth += 1;
    if (depth > DEEPEST) throw badSearch('nested too deeply', current().at);
    const node = parse();
    depth -= 1;
    return node;
  }

  function conditionIn(node: Node): Expression {
    if ('condition' in node) return node.condition;
    throw unexpected();
  }

  function operandIn(node: Node): Operand {
    if ('operand' in node) return node.operand;
    throw unexpected();
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
