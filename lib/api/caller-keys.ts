import { createLocalJWKSet, type JSONWebKeySet, type JWK } from 'jose';
import * as z from 'zod/mini';
import type { Clock } from '../clock.ts';
import { ConfigurationError, UnusableResponseError } from '../errors.ts';
import type { HttpClient } from '../http/exchange.ts';
import { parseJson } from '../json.ts';

/** Finds the key that a token says it was signed with. */
export type FindKey = ReturnType<typeof createLocalJWKSet>;

/** The keys of the authorization server that issues callers' tokens. */
export interface CallerKeys {
  /**
   * The keys at hand, fetched when there are none or they are old.
   *
   * @throws NoResponseError, TlsError, UnusableResponseError, ConfigurationError when there are no keys and none can be had.
   */
  get(deadlineAtMs: number): Promise<FindKey>;
  /**
   * The keys once more, for a token that none of those at hand fits; `undefined` when they were fetched a moment ago.
   *
   * @throws As `get`: it is then not known whether the token is good.
   */
  newer(than: FindKey, deadlineAtMs: number): Promise<FindKey | undefined>;
}

const FETCH_INTERVAL_MS = 10_000;
const FRESH_MS = 600_000;
/** When the server does not answer, keys serve for so long. */
const STALE_MS = 86_400_000;
const MAX_KEYS = 50;

interface Instant {
  readonly atMs: number;
  readonly atElapsedMs: number;
}

const KEY_SET = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).check(z.maxLength(MAX_KEYS)) });
/** Members that a public key needs. Others mislead: identity domains say `key_ops` without `verify`. */
const MEMBERS = ['kty', 'kid', 'alg', 'n', 'e', 'crv', 'x', 'y'] as const;

/**
 * Fetches a JWK set from its explicit address, at most once in 10 s whatever tokens come in, and for simultaneous callers
 * once together. Good keys outlive a failed fetch for a day. Ages count by both clocks: a frozen container must not take
 * keys for new that have been withdrawn meanwhile.
 *
 * @param options.http A client for the origin of `url`.
 * @see RFC 7517
 */
export function callerKeys({ http, url, clock }: { http: HttpClient; url: URL; clock: Clock }): CallerKeys {
  let held: (Instant & { readonly find: FindKey }) | undefined;
  let last: (Instant & { readonly failure: unknown }) | undefined;
  let underWay: Promise<FindKey> | undefined;

  const ageMs = ({ atMs, atElapsedMs }: Instant) => Math.max(clock.now() - atMs, clock.elapsed() - atElapsedMs);

  const fetchKeys = async (deadlineAtMs: number): Promise<FindKey> => {
    const instant: Instant = { atMs: clock.now(), atElapsedMs: clock.elapsed() };
    try {
      const path = `${url.pathname}${url.search}`;
      const response = await http.request({
        method: 'GET',
        path,
        headers: { accept: 'application/json' },
        deadlineAtMs,
      });
      const find = createLocalJWKSet(keySetOf(response.status, response.body));
      held = { ...instant, find };
      last = { ...instant, failure: undefined };
      return find;
    } catch (error) {
      last = { ...instant, failure: error };
      throw error;
    }
  };
  const fetchOnce = (deadlineAtMs: number): Promise<FindKey> => {
    underWay ??= fetchKeys(deadlineAtMs).finally(() => {
      underWay = undefined;
    });
    return underWay;
  };
  const isPaused = () => last !== undefined && ageMs(last) < FETCH_INTERVAL_MS;

  return {
    async get(deadlineAtMs) {
      if (held && (ageMs(held) < FRESH_MS || (isPaused() && ageMs(held) < STALE_MS))) return held.find;
      if (!underWay && isPaused() && last?.failure) throw last.failure;
      try {
        return await fetchOnce(deadlineAtMs);
      } catch (error) {
        if (held && ageMs(held) < STALE_MS) return held.find;
        throw error;
      }
    },
    async newer(than, deadlineAtMs) {
      if (held && held.find !== than) return held.find;
      if (!underWay && isPaused()) {
        if (last?.failure) throw last.failure;
        return undefined;
      }
      return fetchOnce(deadlineAtMs);
    },
  };
}

function keySetOf(status: number, body: Buffer): JSONWebKeySet {
  if (status === 401 || status === 403 || status === 404) {
    throw new ConfigurationError(
      `API_TOKEN_KEYS_URL answered HTTP ${status}: correct it, or let the identity domain show its signing certificate without a token`,
    );
  }
  if (status !== 200) {
    throw new UnusableResponseError('UNEXPECTED_SHAPE', `the address of the callers' keys answered HTTP ${status}`, {
      status,
    });
  }
  const result = KEY_SET.safeParse(parsed(body));
  if (!result.success) {
    throw new UnusableResponseError('UNEXPECTED_SHAPE', "the address of the callers' keys answered no JWK set", {
      status,
    });
  }
  return { keys: result.data.keys.map(publicMembers) };
}

function parsed(body: Buffer): unknown {
  try {
    return parseJson(body);
  } catch {
    return undefined;
  }
}

function publicMembers(key: Record<string, unknown>): JWK {
  return Object.fromEntries(
    MEMBERS.flatMap((name) => (typeof key[name] === 'string' ? [[name, key[name]]] : [])),
  ) as JWK;
}
