/** A condition in SQL and the values to bind. Literals of the caller never become SQL text. */
export interface Condition {
  readonly sql: string;
  readonly values: readonly string[];
}

/** All of them together; nothing when there are none. */
export function allOf(conditions: readonly (Condition | undefined)[]): Condition | undefined {
  const present = conditions.filter((condition) => condition !== undefined);
  const [first, ...others] = present;
  if (!first || others.length === 0) return first;
  return {
    sql: `(${present.map(({ sql }) => sql).join(' AND ')})`,
    values: present.flatMap(({ values }) => values),
  };
}
