/** How many times the base each further receive waits; the last one stays. */
const STEPS = [1, 2, 4, 8, 10] as const;
const JITTER = 0.1;
const MAX_RETRY_AFTER_SECONDS = 900;
/** Up to this receive a wish of the other side is taken as it is. */
const TRUSTED_RECEIVES = 5;
/**
 * Longest wish after that. With a minute of work each, 1,000 receives then end before a retention of seven days: what
 * never succeeds reaches the dead-letter queue, where longer pauses would let it expire.
 */
const MAX_LASTING_SECONDS = 500;
/** A rotation of the client secret is over within minutes: until this receive, look more often. */
const ROTATION_RECEIVES = 30;
const UNSTARTED_SHORT_RECEIVES = 2;

/** Says how long a returned message stays hidden before SQS delivers it again. All results are whole seconds. */
export interface Backoff {
  /**
   * After a failure of the surroundings: 30, 60, 120, 240, then 300 s, ± 10 %, by the receive count.
   *
   * @param options.retryAfterMs What the other side asked for, 0–900 s. It is obeyed as it is for five receives; after
   *   that never less than the steps, so that a server which always says "one second" cannot use up the receives (R19),
   *   and at most 500 s of it, so that they are used up before the message expires.
   * @param options.clientRefused The authorization server refuses the client secret, which a rotation mends soon: 5–15 s,
   *   or what was asked for when that is longer, for thirty receives; then as any failure.
   */
  afterFailure(options: { receiveCount: number; retryAfterMs?: number | undefined; clientRefused?: boolean }): number;
  /**
   * Until something decides that has nothing to do with load: the lease of another delivery is over, or a look-up is
   * believed. 1–900 s and up to a tenth more, so that it is not asked too early; the steps when nobody knows how long. After
   * five receives never less than the steps, so that what stays undecided does not use up the receives.
   */
  untilDecided(options: { receiveCount: number; retryAfterMs?: number | undefined }): number;
  /** After a fault of our own settings, which a person must mend: 300 s. */
  afterMisconfiguration(): number;
  /** For a message that was handed over but not begun: 1–5 s, twice at most, then the steps. */
  unstarted(options: { receiveCount: number }): number;
}

/**
 * Makes the back-off of a queue.
 *
 * @param options.baseSeconds First step, 1–900; the longest is ten times as long.
 * @param options.random From 0 up to, not including, 1.
 */
export function queueBackoff({ baseSeconds, random }: { baseSeconds: number; random: () => number }): Backoff {
  const step = (receiveCount: number) => {
    const factor = STEPS[Math.min(Math.max(receiveCount, 1), STEPS.length) - 1] ?? 1;
    return atLeastOne(baseSeconds * factor * (1 - JITTER + 2 * JITTER * random()));
  };
  /** A wish that is a number, in whole seconds; anything else is none. */
  const wishedSeconds = (retryAfterMs: number | undefined, longest: number) =>
    retryAfterMs !== undefined && Number.isFinite(retryAfterMs)
      ? Math.min(Math.max(Math.ceil(retryAfterMs / 1_000), 0), longest)
      : undefined;
  return {
    afterFailure({ receiveCount, retryAfterMs, clientRefused = false }) {
      const longest = receiveCount <= TRUSTED_RECEIVES ? MAX_RETRY_AFTER_SECONDS : MAX_LASTING_SECONDS;
      const wished = wishedSeconds(retryAfterMs, longest);
      if (clientRefused && receiveCount <= ROTATION_RECEIVES)
        return Math.max(wished ?? 0, atLeastOne((baseSeconds / 30) * (5 + 10 * random())));
      if (wished === undefined) return step(receiveCount);
      return receiveCount <= TRUSTED_RECEIVES ? wished : Math.max(wished, step(receiveCount));
    },
    untilDecided({ receiveCount, retryAfterMs }) {
      const wished = wishedSeconds(retryAfterMs, MAX_RETRY_AFTER_SECONDS);
      if (wished === undefined) return step(receiveCount);
      const wait = Math.min(Math.max(1, Math.ceil(wished * (1 + JITTER * random()))), MAX_RETRY_AFTER_SECONDS);
      return receiveCount <= TRUSTED_RECEIVES ? wait : Math.max(wait, step(receiveCount));
    },
    afterMisconfiguration: () => baseSeconds * 10,
    unstarted: ({ receiveCount }) =>
      receiveCount <= UNSTARTED_SHORT_RECEIVES ? 1 + Math.floor(5 * random()) : step(receiveCount),
  };
}

function atLeastOne(seconds: number): number {
  return Math.max(1, Math.round(seconds));
}
