import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NoResponseError } from '../../../lib/errors.ts';
import { runSync } from '../../../lib/sync/run.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { runOrDie } from './mortal-run.ts';
import type { Version } from './siebel-in-memory.ts';
import { changes, idsOf, JOB, MINUTE, NOW_MS, SECOND, syncParts } from './sync-parts.ts';

type Parts = ReturnType<typeof syncParts>;

/** Every newest state of every record has been handed over. */
function expectNoGap(parts: Parts, newest: readonly Version[]): void {
  const seen = new Set(parts.sink.lines.map((line) => `${JSON.parse(line).Id} ${JSON.parse(line).Name}`));
  expect(newest.map(({ id, name }) => `${id} ${name}`).filter((version) => !seen.has(version))).toEqual([]);
}

describe('a crash', () => {
  const records = changes(215, { stepMs: 5 * SECOND, lastBeforeNowMs: 2 * MINUTE });

  it.each([
    ['before', 1, 60],
    ['after', 1, 60],
    ['before', 4, undefined],
    ['after', 4, undefined],
  ] as const)(
    '%s any of its requests loses no record, and repeats one chunk at most, with %i pages at a time (R68, F135)',
    async (moment, window, expected) => {
      const job = { ...JOB, window };
      const whole = syncParts({ pageLimit: 10, recordsPerChunk: 190 });
      whole.siebel.put(...records);
      const { calls } = await runOrDie(whole, undefined, { job });
      expect(calls).toBe(expected ?? calls);
      expect(calls).toBeGreaterThan(50);

      for (let atCall = 1; atCall <= calls; atCall += 1) {
        const parts = syncParts({ pageLimit: 10, recordsPerChunk: 190 });
        parts.siebel.put(...records);

        const { died } = await runOrDie(parts, { atCall, moment }, { job });
        await parts.clock.advance(5 * MINUTE);
        await runOrDie(parts, undefined, { job });

        expect(died).toBe(true);
        expectNoGap(parts, records);
        expect(parts.sink.lines.length - records.length).toBeLessThanOrEqual(100);
        expect(new Set(parts.sink.lines).size).toBe(records.length);
      }
    },
  );

  it('while recovering from a crash loses no record either', async () => {
    const few = changes(250, { lastBeforeNowMs: 2 * MINUTE });
    for (let first = 1; first <= 14; first += 1) {
      for (let second = 1; second <= 14; second += 1) {
        const parts = syncParts();
        parts.siebel.put(...few);

        await runOrDie(parts, { atCall: first, moment: 'after' });
        await parts.clock.advance(5 * MINUTE);
        await runOrDie(parts, { atCall: second, moment: 'before' });
        await parts.clock.advance(5 * MINUTE);
        await runOrDie(parts, undefined);

        expectNoGap(parts, few);
      }
    }
  });

  it('keeps others out for a minute and a margin, and no longer', async () => {
    const parts = syncParts();
    parts.siebel.put(...changes(10));
    // Behind control and lease.
    await runOrDie(parts, { atCall: 3, moment: 'before' });

    await parts.clock.advance(64 * SECOND);
    const early = await runSync('accounts', JOB, { deadlineAtMs: parts.clock.now() + MINUTE }, parts);
    await parts.clock.advance(SECOND);
    const later = await runSync('accounts', JOB, { deadlineAtMs: parts.clock.now() + MINUTE }, parts);

    expect([early.outcome, later.outcome]).toEqual(['already-running', 'complete']);
  });
});

describe('a stream of changes', () => {
  const crash = fc.record({
    atCall: fc.integer({ min: 1, max: 12 }),
    moment: fc.constantFrom('before' as const, 'after' as const),
  });
  const change = fc.record({
    id: fc.integer({ min: 0, max: 14 }).map((number) => `1-${number}`),
    /** Seconds from the start of the interval before a tick to the commit, and how long its transaction took. */
    second: fc.integer({ min: 0, max: 299 }),
    tookSeconds: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 600 })),
  });
  const tick = fc.record({
    changes: fc.array(change, { maxLength: 12 }),
    crash: fc.option(crash, { nil: undefined }),
    /** Siebel answers no further page of this run. */
    silentFromPage: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
    secondsForIt: fc.constantFrom(900, 8, 12),
    /** Time without changes after it. */
    quietMinutes: fc.constantFrom(0, 0, 0, 4, 16),
  });

  it('is handed over without a gap through crashes, failures, late commits, short runs and small pages (R66-R68, R77)', async () => {
    let crashes = 0;
    let failures = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(tick, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 5 }),
        async (ticks, pageLimit) => {
          const clock = fakeClock({ nowMs: NOW_MS });
          const parts = syncParts({ clock, pageLimit });
          const pages = slowPages(parts, 2 * SECOND);
          let number = 0;
          let cursorAt = '';

          for (const { changes: made, crash: dies, silentFromPage, secondsForIt, quietMinutes } of ticks) {
            const startMs = clock.now();
            for (const { id, second, tookSeconds } of [...made].sort((one, other) => one.second - other.second)) {
              number += 1;
              const visibleAtMs = startMs + second * SECOND;
              commit(parts, {
                id,
                name: `state ${number}`,
                updatedAtMs: visibleAtMs - tookSeconds * SECOND,
                visibleAtMs,
              });
            }
            await clock.advance(5 * MINUTE);
            pages.left = silentFromPage ?? Number.POSITIVE_INFINITY;
            if (secondsForIt === 900) {
              if ((await runOrDie(parts, dies).catch(failed)).died) crashes += 1;
            } else {
              const limits = { deadlineAtMs: clock.now() + secondsForIt * SECOND };
              await runSync('accounts', JOB, limits, parts).catch(failed);
            }
            // Within one month, texts of dates sort as the dates do.
            const { value = '' } = parts.state.checkpoint.cursor ?? {};
            expect(value >= cursorAt).toBe(true);
            cursorAt = value;
            await clock.advance(quietMinutes * MINUTE);
          }
          pages.left = Number.POSITIVE_INFINITY;
          await clock.advance(12 * MINUTE);
          await runOrDie(parts, undefined);

          expectNoGap(parts, parts.siebel.newest());
          expect(idsOf(parts.sink.lines).length).toBeLessThan(1_000);
        },
      ),
      { numRuns: 150 },
    );
    expect(crashes).toBeGreaterThan(40);
    expect(failures).toBeGreaterThan(40);

    function failed(error: unknown): { died: boolean } {
      expect(error).toBeInstanceOf(NoResponseError);
      failures += 1;
      return { died: false };
    }
  });

  /** A record is locked while one transaction holds it: the next change of it is later in every way. */
  function commit(parts: Parts, version: Version): void {
    const before = parts.siebel.newest().find(({ id }) => id === version.id);
    const updatedAtMs = Math.max(version.updatedAtMs, (before?.visibleAtMs ?? 0) + SECOND);
    parts.siebel.put({ ...version, updatedAtMs, visibleAtMs: Math.max(updatedAtMs, version.visibleAtMs ?? 0) });
  }

  /** So many pages more are answered, each after a while. */
  function slowPages(parts: Parts, pageMs: number): { left: number } {
    const pages = { left: Number.POSITIVE_INFINITY };
    const { queryPage } = parts.siebel;
    parts.siebel.queryPage = async (...args) => {
      await parts.clock.advance(pageMs);
      pages.left -= 1;
      if (pages.left < 0) throw new NoResponseError('TIMED_OUT', 'silence', { sent: true });
      return queryPage(...args);
    };
    return pages;
  }
});
