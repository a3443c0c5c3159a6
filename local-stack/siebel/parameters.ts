/** URI parameters: names in any case, values as they stand; what is not known is ignored. */
export interface Parameters {
  get(name: string): string | undefined;
  /** `true` written in lower case; anything else is silently false. */
  isTrue(name: string): boolean;
}

/** Reads a query string. A bare `+` is a blank. */
export function readParameters(query: string): Parameters {
  const values = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    if (!values.has(name.toLowerCase())) values.set(name.toLowerCase(), value);
  }
  const get = (name: string) => values.get(name.toLowerCase());
  return { get, isTrue: (name) => get(name) === 'true' };
}
