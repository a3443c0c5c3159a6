/** What a comparison compares. */
export type Operand =
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'literal'; readonly text: string; readonly isNumber: boolean }
  | { readonly kind: 'function'; readonly name: FunctionName; readonly of: readonly Operand[]; readonly at: number }
  | {
      readonly kind: 'arithmetic';
      readonly operator: ArithmeticOperator;
      readonly left: Operand;
      readonly right: Operand;
      readonly at: number;
    };

export type ArithmeticOperator = '+' | '-' | '*' | '/';
export type Comparison = '=' | '<>' | '<' | '<=' | '>' | '>=';

/** A parsed search specification, or a part of one that is true, false or unknown. */
export type Expression =
  | { readonly kind: 'and' | 'or'; readonly operands: readonly Expression[] }
  | { readonly kind: 'not'; readonly operand: Expression }
  /** True when a row of the multi-value group that its fields belong to meets the condition. */
  | { readonly kind: 'exists'; readonly operand: Expression; readonly at: number }
  | { readonly kind: 'null'; readonly operand: Operand; readonly negated: boolean }
  | {
      readonly kind: 'like';
      readonly left: Operand;
      readonly right: Operand;
      readonly negated: boolean;
      readonly anyCase: boolean;
    }
  | {
      /** Both sides sound alike, in English. */
      readonly kind: 'sounds';
      readonly left: Operand;
      readonly right: Operand;
      readonly negated: boolean;
    }
  | {
      readonly kind: 'compare';
      readonly operator: Comparison;
      readonly left: Operand;
      readonly right: Operand;
      readonly anyCase: boolean;
    };

/** Functions of the search language, and how many operands each takes. */
export const FUNCTIONS = {
  Today: 0,
  Timestamp: 0,
  LoginName: 0,
  OrganizationName: 0,
  GetProfileAttr: 1,
  LookupValue: 2,
  Len: 1,
  Left: 2,
  Upper: 1,
  Lower: 1,
  IfNull: 2,
} as const;

export type FunctionName = keyof typeof FUNCTIONS;

/** Names of all fields in an expression. */
export function fieldsIn(expression: Expression): string[] {
  switch (expression.kind) {
    case 'and':
    case 'or':
      return expression.operands.flatMap(fieldsIn);
    case 'not':
    case 'exists':
      return fieldsIn(expression.operand);
    case 'null':
      return fieldsOf(expression.operand);
    default:
      return [...fieldsOf(expression.left), ...fieldsOf(expression.right)];
  }
}

function fieldsOf(operand: Operand): string[] {
  switch (operand.kind) {
    case 'field':
      return [operand.name];
    case 'literal':
      return [];
    case 'function':
      return operand.of.flatMap(fieldsOf);
    case 'arithmetic':
      return [...fieldsOf(operand.left), ...fieldsOf(operand.right)];
  }
}
