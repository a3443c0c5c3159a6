/** Where the access token comes from. */
export interface Tokens {
  readonly current: () => string;
  /** A token in the place of one that Siebel has refused; undefined when none is to be had. */
  readonly inPlaceOf: (refused: string) => Promise<string | undefined>;
  /** Every token of this run, for taking them out of what is printed. */
  readonly all: () => readonly string[];
}

/** One token that nobody renews. */
export function fixedToken(token: string): Tokens {
  return { current: () => token, inPlaceOf: async () => undefined, all: () => [token] };
}

/**
 * A token that is asked for again when Siebel refuses it, as it does at the end of the token's life.
 *
 * A token younger than a minute is not replaced: Siebel refuses it for another reason, such as a scope that it lacks.
 *
 * @param options.now Milliseconds that only grow.
 * @throws Whatever the first request throws. A later one that fails leaves the token as it is.
 */
export async function renewedToken(
  request: () => Promise<string>,
  { now = () => performance.now(), leastAgeMs = 60_000 }: { now?: () => number; leastAgeMs?: number } = {},
): Promise<Tokens> {
  const tokens = [await request()];
  const current = () => tokens.at(-1) ?? '';
  let askedAtMs = now();
  let asking: Promise<void> | undefined;
  const renew = async () => {
    askedAtMs = now();
    const token = await request().catch(() => undefined);
    if (token !== undefined) tokens.push(token);
    asking = undefined;
  };
  return {
    current,
    all: () => tokens,
    async inPlaceOf(refused) {
      if (current() === refused && now() - askedAtMs >= leastAgeMs) asking = renew();
      await asking;
      return current() === refused ? undefined : current();
    },
  };
}
