import type { Context } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { answerDueAtMs, renewalSettled } from '../../functions/answer-time.ts';
import { fakeClock } from '../support/fake-clock.ts';

/** How long a finished answer waited for a renewal, with so much time left. */
async function waited(renewalMs: number, leftMs: number, fails = false) {
  const clock = fakeClock();
  const startedMs = clock.now();
  let endedMs: number | undefined;
  const settled = async () => {
    await clock.sleep(renewalMs);
    if (fails) throw new Error('the renewal has failed');
  };
  const wait = renewalSettled({ settled }, startedMs + leftMs, clock).then(() => {
    endedMs = clock.now();
  });
  await clock.advance(60_000);
  await wait;
  return (endedMs ?? Number.NaN) - startedMs;
}

describe('answerDueAtMs', () => {
  it('is half a second before the end of the invocation', () => {
    const clock = fakeClock();

    expect(answerDueAtMs({ getRemainingTimeInMillis: () => 29_000 } as Context, clock)).toBe(clock.now() + 28_500);
  });
});

describe('renewalSettled', () => {
  it.each([
    ['until the renewal has ended', 300, 28_000, 300],
    ['two seconds at most, however much time is left (R55)', 20_000, 28_000, 2_000],
    ['until the answer is due', 20_000, 700, 700],
    ['not at all when the answer is overdue', 20_000, -100, 0],
  ])('waits %s', async (_, renewalMs, leftMs, expectedMs) => {
    expect(await waited(renewalMs, leftMs)).toBe(expectedMs);
  });

  it('does not fail with the renewal', async () => {
    expect(await waited(300, 28_000, true)).toBe(300);
  });
});
