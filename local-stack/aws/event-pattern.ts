/**
 * Whether an event fits a pattern of EventBridge, of which this knows exact values, `prefix`, `anything-but` and `exists`.
 *
 * @throws When the pattern holds anything else.
 * @see EventBridge user guide, "Comparison operators for use in event patterns"
 */
export function matches(pattern: unknown, event: unknown): boolean {
  if (Array.isArray(pattern)) return pattern.some((condition) => holds(condition, event));
  if (typeof pattern !== 'object' || pattern === null)
    throw new Error('an event pattern has lists of conditions at its ends');
  return Object.entries(pattern).every(([name, inner]) => matches(inner, memberOf(event, name)));
}

function holds(condition: unknown, value: unknown): boolean {
  if (typeof condition !== 'object' || condition === null) return value === condition;
  const [[operator, operand], ...others] = Object.entries(condition) as [[string, unknown], ...unknown[]];
  if (others.length > 0) throw new Error('a condition of an event pattern has one operator');
  switch (operator) {
    case 'prefix':
      return typeof value === 'string' && value.startsWith(String(operand));
    case 'anything-but':
      return value !== undefined && ![operand].flat().includes(value);
    case 'exists':
      return (value !== undefined) === operand;
    default:
      throw new Error(`the local stack knows no event pattern with "${operator}"`);
  }
}

/** A member of an object; nothing of anything else. */
export function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}
