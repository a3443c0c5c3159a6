import { isObject } from '../json.ts';

const DEFAULT_LIFETIME_MS = 300_000;
/** For an answer that makes no sense: short enough to be harmless, long enough not to ask all the time. */
const ODD_LIFETIME_MS = 5_000;
const MAX_LIFETIME_MS = 86_400_000;

/**
 * How long a token may be used, up to 24 hours, whatever the answer said (R26).
 *
 * A missing `expires_in` counts as 300 s; zero, negative numbers, fractions and anything that is no number as 5 s. The
 * `exp` claim of a token that can be read as a JWT may shorten that, to no less than 5 s or a second less than
 * `expires_in`, as an earlier one is also what a clock that is wrong looks like.
 *
 * @param expiresIn The member as it came: a number of seconds, or up to ten digits as text.
 * @param options.nowMs Wall clock when the request was sent.
 * @see RFC 6749 section 5.1; RFC 7519 section 4.1.4
 */
export function tokenLifetime(
  expiresIn: unknown,
  { token, nowMs }: { token: string; nowMs: number },
): { readonly lifetimeMs: number; readonly warnings: readonly string[] } {
  const warnings: string[] = [];
  let lifetimeMs = DEFAULT_LIFETIME_MS;
  if (expiresIn === undefined) {
    warnings.push('"expires_in" is missing');
  } else {
    const seconds = typeof expiresIn === 'string' && /^\d{1,10}$/.test(expiresIn) ? Number(expiresIn) : expiresIn;
    const isSensible = typeof seconds === 'number' && Number.isInteger(seconds) && seconds > 0;
    lifetimeMs = isSensible ? Math.min(seconds * 1_000, MAX_LIFETIME_MS) : ODD_LIFETIME_MS;
    if (!isSensible) warnings.push('"expires_in" is not a positive whole number of seconds');
  }

  const leftMs = expiryClaimMs(token) - nowMs;
  if (leftMs < lifetimeMs) {
    // `exp` is a whole second: of a token that lives 5 s, it may leave little more than 4.
    const leastMs = Math.max(1, Math.min(ODD_LIFETIME_MS, lifetimeMs - 1_000));
    if (leftMs < leastMs) warnings.push('"exp" of the token has passed or is about to');
    lifetimeMs = Math.max(leftMs, leastMs);
  }
  return { lifetimeMs, warnings };
}

/** The `exp` claim in milliseconds, or infinity when the token cannot be read. Nothing is trusted for being in it. */
function expiryClaimMs(token: string): number {
  const payload = /^[\w-]+\.([\w-]+)\.[\w-]*$/.exec(token)?.[1];
  if (payload === undefined) return Number.POSITIVE_INFINITY;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString());
    const exp = isObject(claims) ? claims['exp'] : undefined;
    return typeof exp === 'number' && Number.isFinite(exp) ? exp * 1_000 : Number.POSITIVE_INFINITY;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
