import { describe, expect, it } from 'vitest';
import { ServiceUnavailableError } from '../../../lib/errors.ts';
import { keepLease } from '../../../lib/sync/kept-lease.ts';
import { runSync, runWindow, type SyncReport } from '../../../lib/sync/run.ts';
import type { SyncSink } from '../../../lib/sync/sink.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { changes, idsOf, JOB, MINUTE, NOW_MS, SECOND, syncParts } from './sync-parts.ts';

describe('the lease of a run', () => {
  it('is extended every third of it while the run waits, unless that was just done, and no more behind its end (R67, R55)', async () => {
    const clock = fakeClock();
    const renewed: number[] = [];
    const kept = keepLease({
      renew: async () => {
        renewed.push(clock.elapsed() / SECOND);
        return true;
      },
      leaseMs: MINUTE,
      clock,
    });

    await clock.advance(50 * SECOND);
    await kept.extend(async () => true);
    await clock.advance(70 * SECOND);
    await kept.end();
    await clock.advance(10 * MINUTE);

    expect(renewed).toEqual([20, 40, 80, 100, 120]);
    expect(clock.sleeping).toBe(0);
  });

  it('ends only when an extension that is under way has', async () => {
    const clock = fakeClock();
    let letGo: (isOurs: boolean) => void = () => undefined;
    const renew = () => new Promise<boolean>((resolve) => (letGo = resolve));
    const kept = keepLease({ renew, leaseMs: MINUTE, clock });
    await clock.advance(20 * SECOND);
    let hasEnded = false;
    const end = kept.end().then(() => (hasEnded = true));
    await clock.advance(SECOND);

    expect(hasEnded).toBe(false);

    letGo(true);
    await end;
  });

  it('is lost for good when an extension says so, and not when one fails', async () => {
    const clock = fakeClock();
    const answers = [() => Promise.reject(new ServiceUnavailableError('STATE_UNAVAILABLE', 'away')), async () => false];
    let asked = 0;
    const renew = async () => {
      asked += 1;
      return (answers.shift() ?? (async () => true))();
    };
    const kept = keepLease({ renew, leaseMs: MINUTE, clock });

    await clock.advance(20 * SECOND);
    expect(kept.isLost).toBe(false);
    await clock.advance(20 * SECOND);
    expect(kept.isLost).toBe(true);

    await clock.advance(5 * MINUTE);
    let written = 0;
    const write = async () => {
      written += 1;
      return true;
    };
    expect([await kept.isOurs(MINUTE), await kept.extend(write), asked, written]).toEqual([false, false, 2, 0]);
    await kept.end();
  });
});

describe('a run that waits for longer than its lease', () => {
  /** Ticks each minute for an hour, while the one before may still be at work. */
  async function hourOf(parts: ReturnType<typeof syncParts>, own: Partial<ReturnType<typeof syncParts>>) {
    const reports: SyncReport[] = [];
    for (let minute = 0; minute < 60; minute += 1) {
      const limits = { deadlineAtMs: parts.clock.now() + 15 * MINUTE };
      void runSync('accounts', JOB, limits, { ...parts, ...own, callTimeoutMs: 285 * SECOND }).then((report) =>
        reports.push(report),
      );
      await parts.clock.advance(MINUTE);
    }
    await parts.clock.advance(15 * MINUTE);
    return reports;
  }

  it('for a page keeps it, and others find it at work (R67)', async () => {
    const parts = syncParts();
    parts.siebel.put(...changes(5));
    const { queryPage } = parts.siebel;
    parts.siebel.queryPage = async (...args) => {
      await parts.clock.sleep(130 * SECOND);
      return queryPage(...args);
    };

    const reports = await hourOf(parts, {});

    expect(new Set(reports.map(({ outcome }) => outcome))).toEqual(new Set(['complete', 'already-running']));
    expect(idsOf(parts.sink.lines)).toHaveLength(5);
    expect(parts.clock.sleeping).toBe(0);
  });

  /** Closing a chunk takes so long. */
  const slowSink = (parts: ReturnType<typeof syncParts>, closeMs: number): typeof parts.sink => ({
    ...parts.sink,
    open(run: Parameters<SyncSink['open']>[0]) {
      const output = parts.sink.open(run);
      const chunk = () => {
        const inner = output.chunk();
        const close: typeof inner.close = async (range) => {
          await parts.clock.sleep(closeMs);
          return inner.close(range);
        };
        return { ...inner, close };
      };
      return { ...output, chunk };
    },
  });

  it('for its sink keeps it, and hands every record over once (R67, R68)', async () => {
    const parts = syncParts();
    parts.siebel.put(...changes(5));

    const reports = await hourOf(parts, { sink: slowSink(parts, 130 * SECOND) });

    expect(reports.map(({ outcome }) => outcome)).not.toContain('lease-lost');
    expect(idsOf(parts.sink.lines)).toHaveLength(5);
  });

  it('does so as a window of a backfill too', async () => {
    const parts = syncParts();
    parts.siebel.put(...changes(5));
    const span = { fromMs: NOW_MS - 120 * MINUTE, upToMs: NOW_MS - MINUTE };
    const what = { window: 'backfill-a-0001', span, isCancelled: async () => false };
    const read = () =>
      runWindow(
        'accounts',
        JOB,
        what,
        { deadlineAtMs: parts.clock.now() + 10 * MINUTE },
        {
          ...parts,
          sink: slowSink(parts, 200 * SECOND),
        },
      );
    const first = read();
    await parts.clock.advance(2 * MINUTE);

    expect(await read()).toMatchObject({ outcome: 'already-running' });

    await parts.clock.advance(10 * MINUTE);
    expect(await first).toMatchObject({ outcome: 'complete', records: 5 });
    expect(parts.clock.sleeping).toBe(0);
  });
});
