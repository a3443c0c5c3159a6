import type { Redacted } from '../redacted.ts';

/** A bearer token as the authorization server issued it, with the instants that decide about its use. */
export interface AccessToken {
  readonly value: Redacted<string>;
  /** First 8 hexadecimal digits of the SHA-256 of the value: tells tokens apart in logs. */
  readonly fingerprint: string;
  /** By `Clock.now()`, from before the token request was sent. */
  readonly obtainedAtMs: number;
  /** By `Clock.now()`. */
  readonly expiresAtMs: number;
  /** By `Clock.elapsed()`: the lifetime ends when either clock says so. */
  readonly expiresAtElapsedMs: number;
}

/** What a call needs of a token. */
export interface TokenNeed {
  /** The call's deadline by `Clock.now()`: until then it waits for a token. */
  readonly deadlineAtMs: number;
  /**
   * Longest time that one exchange takes: a token that would end before that, or before the deadline, is not sent (R25).
   * Default: up to the deadline.
   */
  readonly useMs?: number | undefined;
  /** Ends the wait for a token, and the pause before a replay. */
  readonly signal?: AbortSignal | undefined;
}

/** Where `lib/siebel` gets the token for each attempt from. It has never heard of Secrets Manager. */
export interface AccessTokenSource {
  /** Returns at once, without a promise, when a fresh token is in memory. */
  get(need: TokenNeed): AccessToken | Promise<AccessToken>;
  /**
   * Tells that Siebel refused this token with 401, and gives the token for the one replay (R29): a newer one, or the
   * same one after a pause when it is too fresh to be at fault.
   *
   * @throws TokenRequestError `AUTH_LOOP` when no replay makes sense now.
   */
  replace(rejected: AccessToken, need: TokenNeed): Promise<AccessToken>;
  /** Tells that Siebel accepted this token. */
  accepted(token: AccessToken): void;
  /** Resolves when a refresh that runs beside the calls has ended; to be awaited before a handler returns (R55). */
  settled(): Promise<void>;
}
