import type { Log, Metrics } from '../../lib/logger.ts';
import type { AccessTokenSource } from '../../lib/oauth/access-token.ts';
import { Redacted } from '../../lib/redacted.ts';

/** One token that never ends, so that what is measured asks for none. */
export function oneToken(): AccessTokenSource {
  const token = {
    value: new Redacted('bench'),
    fingerprint: '00000000',
    obtainedAtMs: 0,
    expiresAtMs: Number.MAX_SAFE_INTEGER,
    expiresAtElapsedMs: Number.MAX_SAFE_INTEGER,
  };
  return { get: () => token, replace: async () => token, accepted: () => {}, settled: async () => {} };
}

export const noLog: Log = { info() {}, warn() {}, error() {}, with: () => noLog };
export const noMetrics: Metrics = { count() {}, milliseconds() {}, seconds() {}, publish() {} };
