import type { Clock } from '../../lib/clock.ts';
import type { AccessToken } from '../../lib/oauth/access-token.ts';
import { Redacted } from '../../lib/redacted.ts';

/** An access token issued now. */
export function accessToken(
  clock: Pick<Clock, 'now' | 'elapsed'>,
  { value = 'token-1', lifetimeMs = 3_600_000 }: { value?: string; lifetimeMs?: number } = {},
): AccessToken {
  return {
    value: new Redacted(value),
    fingerprint: value,
    obtainedAtMs: clock.now(),
    expiresAtMs: clock.now() + lifetimeMs,
    expiresAtElapsedMs: clock.elapsed() + lifetimeMs,
  };
}
