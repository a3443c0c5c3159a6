import { describe, expect, it } from 'vitest';
import { sweepDeadlineAtMs } from '../../../../lib/sync/sweep/time-share.ts';

const MINUTE = 60_000;
const invocation = 15 * MINUTE;

describe('a tick of a job works on its sweep', () => {
  it.each([
    ['rate(1 minute)', 7 / 6],
    ['rate(5 minutes)', 4],
    ['rate(15 minutes)', 12],
    ['rate(1 day)', 15],
    ['cron(0/5 * * * ? *)', 4],
    ['cron(0,30 * * * ? *)', 4],
    ['cron(* 8-18 ? * MON-FRI *)', 4],
    ['cron(30 * * * ? *)', 15],
    ['cron(0 3 * * ? *)', 15],
  ])('of %s for %d minutes of an invocation of 15', (every, minutes) => {
    const times = { startedAtMs: 0, nowMs: 10_000, deadlineAtMs: invocation };
    expect(sweepDeadlineAtMs(every, times)).toBe(minutes * MINUTE);
  });

  it('for the time of one call at least when a live run has taken all of it, but not beyond the invocation', () => {
    const late = { startedAtMs: 0, nowMs: 6 * MINUTE, deadlineAtMs: invocation };
    expect(sweepDeadlineAtMs('rate(5 minutes)', late)).toBe(7 * MINUTE);
    // 10 seconds are kept back, and 5 are for what comes before.
    const slower = { ...late, callTimeoutMs: 65_000 };
    expect(sweepDeadlineAtMs('rate(5 minutes)', slower)).toBe(6 * MINUTE + 80_000);
    expect(sweepDeadlineAtMs('rate(5 minutes)', { ...late, deadlineAtMs: 6.2 * MINUTE })).toBe(6.2 * MINUTE);
  });
});
