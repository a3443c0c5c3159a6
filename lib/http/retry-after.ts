import type { Clock } from '../clock.ts';

const MAX_RETRY_AFTER_MS = 900_000;

/**
 * Milliseconds to wait as a `Retry-After` header asks, from 0 to 900 000; `undefined` when it is absent or unreadable,
 * which is not the same as zero (R48).
 *
 * @param value Seconds, or a date in the form that HTTP servers send: `Tue, 14 Nov 2023 22:13:20 GMT`.
 * @see RFC 9110 section 10.2.3
 */
export function parseRetryAfter(value: string | undefined, clock: Pick<Clock, 'now'>): number | undefined {
  if (value === undefined || value.length > 64) return undefined;
  const text = value.trim();
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1_000, MAX_RETRY_AFTER_MS);
  if (!/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text)) return undefined;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? undefined : Math.min(Math.max(0, atMs - clock.now()), MAX_RETRY_AFTER_MS);
}
