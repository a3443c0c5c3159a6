import type { RunRecord } from '../../lib/sync/checkpoint.ts';

const MINUTE_MS = 60_000;

/** `0.4 seconds`, `45 seconds`, `2.5 minutes`, `3 hours`, `2 days`: as exact as a person wants it. */
export function duration(ms: number): string {
  const tenths = Math.max(ms > 0 ? 0.1 : 0, Math.round(ms / 100) / 10);
  const seconds = tenths < 10 ? tenths : Math.round(tenths);
  if (seconds < 90) return `${seconds} second${seconds === 1 ? '' : 's'}`;
  if (seconds < 90 * 60) return `${Number((seconds / 60).toFixed(seconds < 600 ? 1 : 0))} minutes`;
  if (seconds < 48 * 3_600) return `${Number((seconds / 3_600).toFixed(1))} hours`;
  return `${Math.round(seconds / 86_400)} days`;
}

/** Milliseconds in minutes, to a tenth. */
export function minutes(ms: number): number {
  return Math.round((ms / MINUTE_MS) * 10) / 10;
}

/** Records a second; `undefined` of a run that was too short to say. */
export function recordsPerSecond({
  records,
  durationMs,
}: Pick<RunRecord, 'records' | 'durationMs'>): number | undefined {
  return records > 0 && durationMs >= 1_000 ? Math.round((records * 10_000) / durationMs) / 10 : undefined;
}

/** `1,234` */
export function thousands(count: number): string {
  return count.toLocaleString('en-US');
}
