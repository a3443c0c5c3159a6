import { describe, expect, it } from 'vitest';
import { sweepStatus } from '../../../../lib/sync/sweep/status.ts';
import { DAY, HOUR, JOB, MINUTE, type World, world } from './sweep-parts.ts';

const ids = (count: number) => Array.from({ length: count }, (_, index) => `1-${index}`);

async function afterBaseline(count: number, maxMissing = 0.1): Promise<World> {
  const at = world({ job: { ...JOB, sweep: { every: 'rate(1 day)', timezone: 'UTC', maxMissing } } });
  at.put(...ids(count).map((id) => ({ id })));
  at.clock.move(HOUR);
  await at.live();
  await at.wholeSweep();
  at.clock.move(DAY);
  return at;
}

/** Hides accounts as another view mode would. */
function hide(at: World, count: number): () => void {
  const rows = ids(count).flatMap((id) => at.siebel.rows.get(id) ?? []);
  at.remove(...ids(count));
  return () => at.put(...rows);
}

const guard = { code: 'SWEEP_GUARD', failureClass: 'configuration' };

describe('the guard', () => {
  it('refuses a sweep that misses more than a tenth of the known records, and says what to do', async () => {
    const at = await afterBaseline(200);
    hide(at, 21);

    await expect(at.wholeSweep()).rejects.toMatchObject({
      ...guard,
      message: expect.stringMatching(/^sweep 2 .*21 of 200 known records.*siebel sync confirm accounts/),
    });

    expect(at.metrics.counts.get('sweep.guard')).toBe(1);
    expect(at.state.stored()).toMatchObject({ known: { number: 1 }, underway: { phase: 'guarded' } });
    expect(at.swept()).toEqual([]);
    expect(sweepStatus(at.state.stored())).toMatchObject({
      number: 2,
      phase: 'guarded',
      guard: { known: 200, missing: 21 },
      last: { number: 1, records: 200 },
    });
  });

  it.each([
    [200, 20, 'a tenth'],
    [20, 10, 'ten, whatever share that is'],
  ])('lets a sweep of %i pass that misses %i: %s', async (count, missing) => {
    const at = await afterBaseline(count);
    hide(at, missing);

    expect(await at.wholeSweep()).toMatchObject({ outcome: 'complete' });
  });

  it('knows the share that the job says', async () => {
    const at = await afterBaseline(200, 0.5);
    hide(at, 100);
    expect(await at.wholeSweep()).toMatchObject({ outcome: 'complete' });

    const other = await afterBaseline(200, 0.05);
    hide(other, 11);
    await expect(other.wholeSweep()).rejects.toMatchObject(guard);
  });

  it('marks nothing: when the records show again, the next sweep reports none of them', async () => {
    const at = await afterBaseline(200);
    const show = hide(at, 150);
    await expect(at.wholeSweep()).rejects.toMatchObject(guard);
    at.clock.move(DAY);
    await expect(at.wholeSweep()).rejects.toMatchObject(guard);
    show();
    at.clock.move(DAY);

    expect(await at.wholeSweep()).toMatchObject({
      outcome: 'complete',
      sweep: 4,
      tombstones: 0,
      found: 0,
      lookedUp: 0,
    });
  });

  it('is quiet while it waits for an answer, so that live runs are not taken for failures', async () => {
    const at = await afterBaseline(200);
    hide(at, 150);
    await expect(at.wholeSweep()).rejects.toMatchObject(guard);

    expect(await at.sweep(false)).toMatchObject({ outcome: 'guard', pages: 0 });
    expect(at.metrics.counts.get('sweep.guard')).toBe(2);
  });

  it('lets the sweep pass that a person has confirmed, and its deletions be reported by the next one', async () => {
    const at = await afterBaseline(200);
    hide(at, 150);
    await expect(at.wholeSweep()).rejects.toMatchObject(guard);
    at.control.now = { runs: [], confirmedSweep: 2 };

    expect(await at.sweep(false)).toMatchObject({ outcome: 'complete', sweep: 2, pages: 0, tombstones: 0 });
    expect(at.log.lines.map(({ event }) => event)).toContain('SWEEP_CONFIRMED');
    at.clock.move(DAY);
    expect(await at.wholeSweep()).toMatchObject({ outcome: 'complete', sweep: 3, tombstones: 150 });
  });

  it('goes on with the confirmed sweep when the next one is due', async () => {
    const at = await afterBaseline(200);
    hide(at, 150);
    await expect(at.wholeSweep()).rejects.toMatchObject(guard);
    at.control.now = { runs: [], confirmedSweep: 2 };

    expect(await at.sweep(true)).toMatchObject({ outcome: 'complete', sweep: 2, pages: 0 });
  });

  it('takes no confirmation of another sweep', async () => {
    const at = await afterBaseline(200);
    hide(at, 150);
    at.control.now = { runs: [], confirmedSweep: 1 };

    await expect(at.wholeSweep()).rejects.toMatchObject(guard);
    expect(await at.sweep(false)).toMatchObject({ outcome: 'guard' });
  });

  describe('when Siebel shows no record at all any more where the sweep has read some (R44)', () => {
    /** A sweep that looks two deletions up. */
    async function hidden(before?: (at: World) => void) {
      const at = await afterBaseline(200);
      at.remove('1-1', '1-2');
      await at.wholeSweep();
      at.clock.move(DAY);
      await at.sweep();
      at.clock.move(5 * MINUTE);
      await at.live();
      const rows = [...at.siebel.rows.values()];
      at.siebel.rows.clear();
      before?.(at);
      await expect(at.sweep(false)).rejects.toMatchObject({
        ...guard,
        message: expect.stringMatching(/none at all.*siebel sync confirm accounts/),
      });
      return { at, show: () => at.put(...rows) };
    }

    it('reports no deletion, rings, and goes on by itself once records show again', async () => {
      const { at, show } = await hidden();

      expect(at.metrics.counts.get('sweep.guard')).toBe(1);
      expect(sweepStatus(at.state.stored())).toMatchObject({ phase: 'guarded', guard: { nothingShows: true } });
      expect(await at.sweep(false)).toMatchObject({ outcome: 'guard', lookedUp: 0 });
      expect(at.metrics.counts.get('sweep.guard')).toBe(2);
      show();
      expect(await at.sweep(false)).toMatchObject({ outcome: 'complete', tombstones: 2 });
    });

    it('reports them once a person has confirmed that all are gone', async () => {
      const { at } = await hidden();
      at.control.now = { runs: [], confirmedSweep: 3 };

      expect(await at.sweep(false)).toMatchObject({ outcome: 'complete', sweep: 3, tombstones: 2 });
    });

    it('takes nothing for a confirmation that was said before', async () => {
      const { at } = await hidden((at) => {
        at.control.now = { runs: [], confirmedSweep: 3 };
      });

      expect(await at.sweep(false)).toMatchObject({ outcome: 'guard' });
      expect(at.swept()).toEqual([]);
    });

    it('begins anew when the next sweep is due', async () => {
      const { at, show } = await hidden();
      show();
      at.clock.move(DAY);

      expect(await at.wholeSweep()).toMatchObject({ outcome: 'complete', sweep: 4, begun: false, tombstones: 2 });
    });
  });
});
