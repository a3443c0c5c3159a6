/** URI parameters: names in any case, values as they stand; what is not known is ignored. */
export interface Parameters {
  /** By official name, whatever the site calls it. */
  get(name: string): string | undefined;
  /** `true` written in lower case; anything else is silently false. */
  isTrue(name: string): boolean;
}

type Names = Readonly<Record<string, string>>;

/**
 * Reads a query string. A bare `+` is a blank.
 *
 * @param siteNames Official name in lower case → the name that the site gave it, by which alone it is then known.
 * @param instead Values by official name that count in the place of those sent.
 */
export function readParameters(query: string, siteNames: Names = {}, instead: Names = {}): Parameters {
  const sent = firstByLowerCase(new URLSearchParams(query));
  const replaced = firstByLowerCase(Object.entries(instead));
  const get = (name: string) => {
    const official = name.toLowerCase();
    const siteName = Object.hasOwn(siteNames, official) ? siteNames[official] : undefined;
    return replaced.get(official) ?? sent.get((siteName ?? official).toLowerCase());
  };
  return { get, isTrue: (name) => get(name) === 'true' };
}

function firstByLowerCase(pairs: Iterable<readonly [string, string]>): Map<string, string> {
  const values = new Map<string, string>();
  for (const [name, value] of pairs) {
    if (!values.has(name.toLowerCase())) values.set(name.toLowerCase(), value);
  }
  return values;
}
