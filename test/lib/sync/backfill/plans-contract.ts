import { expect, it } from 'vitest';
import { type BackfillPlan, type BackfillPlans, MAX_WINDOWS } from '../../../../lib/sync/backfill/plan.ts';

const SECOND = 1_000;
const HOUR = 3_600_000;
const PLANNED = 1_700_000_000_000;

/** A plan of so many windows of an hour each, the first from the beginning. */
export function planOf(windows: number, changed: Partial<BackfillPlan> = {}): BackfillPlan {
  const toMs = PLANNED - HOUR;
  const endOf = (n: number) => toMs - (windows - n) * HOUR;
  return {
    id: '20231114-aaaaa',
    toMs,
    atMs: PLANNED,
    by: 'ines',
    state: 'running',
    shape: { component: 'Account/Account', cursor: 'Updated' },
    beginsJob: true,
    since: { atMs: PLANNED, records: 0 },
    windows: Array.from({ length: windows }, (_, index) => ({
      n: index + 1,
      ...(index > 0 && { fromMs: endOf(index) }),
      toMs: endOf(index + 1),
      records: 25_000 - index,
    })),
    ...changed,
  };
}

/** What every keeper of plans has to do. */
export function plansContract(make: () => Promise<BackfillPlans>): void {
  const other = planOf(2, { id: '20231114-bbbbb' });

  it('gives back the plan that was stored, and nothing of a job that has none', async () => {
    const plans = await make();
    const plan = planOf(3, { fromMs: PLANNED - 5 * HOUR });
    const whole = { ...plan, windows: plan.windows.map((window) => ({ fromMs: plan.fromMs, ...window })) };

    expect(await plans.store('accounts', whole, undefined)).toBe(true);

    expect(await plans.read('accounts')).toEqual(whole);
    expect(await plans.read('contacts')).toBeUndefined();
  });

  it('keeps the most windows that a plan may have', async () => {
    const plans = await make();
    const plan = planOf(MAX_WINDOWS);

    await plans.store('accounts', plan, undefined);

    expect(await plans.read('accounts')).toEqual(plan);
  });

  it('keeps one plan of two operators who store theirs at once', async () => {
    const plans = await make();

    const stored = await Promise.all([
      plans.store('accounts', planOf(2), undefined),
      plans.store('accounts', other, undefined),
    ]);

    expect(stored.toSorted()).toEqual([false, true]);
    expect((await plans.read('accounts'))?.id).toBe(stored[0] ? planOf(2).id : other.id);
  });

  it('takes the same plan once more as stored, as a request whose answer was lost is sent again (R72)', async () => {
    const plans = await make();
    await plans.store('accounts', planOf(2), undefined);

    expect(await plans.store('accounts', planOf(2), undefined)).toBe(true);
  });

  it('replaces a plan that is what it was when it was looked at, and no other', async () => {
    const plans = await make();
    const { id } = planOf(2);
    await plans.store('accounts', planOf(2), undefined);

    expect(await plans.store('accounts', other, undefined)).toBe(false);
    expect(await plans.store('accounts', other, { id, state: 'cancelled' })).toBe(false);
    expect(await plans.store('accounts', other, { id: 'another', state: 'running' })).toBe(false);
    expect((await plans.read('accounts'))?.id).toBe(id);

    expect(await plans.store('accounts', other, { id, state: 'running' })).toBe(true);
    expect(await plans.read('accounts')).toEqual(other);
  });

  it('cancels and resumes the plan that is the job’s, and none that was replaced', async () => {
    const plans = await make();
    const { id } = planOf(2);
    await plans.store('accounts', planOf(2), undefined);

    expect(await plans.cancel('accounts', id)).toBe(true);
    expect(await plans.isRunning('accounts', id)).toBe(false);
    expect(await plans.read('accounts')).toEqual(planOf(2, { state: 'cancelled' }));

    const since = { atMs: PLANNED + 7 * SECOND, records: 25_000 };
    expect(await plans.resume('accounts', id, since)).toBe(true);
    expect(await plans.isRunning('accounts', id)).toBe(true);
    expect(await plans.read('accounts')).toEqual(planOf(2, { since }));

    expect(await plans.cancel('accounts', other.id)).toBe(false);
    expect(await plans.resume('accounts', other.id, since)).toBe(false);
    expect(await plans.cancel('contacts', id)).toBe(false);
    expect(await plans.isRunning('accounts', other.id)).toBe(false);
    expect(await plans.isRunning('contacts', id)).toBe(false);
    expect(await plans.isRunning('accounts', id)).toBe(true);
  });

  it('notes each window once, apart for every plan', async () => {
    const plans = await make();
    await plans.store('accounts', planOf(3), undefined);

    await plans.noteDone('accounts', planOf(3).id, 2);
    await plans.noteDone('accounts', planOf(3).id, 2);
    await plans.noteDone('accounts', planOf(3).id, 1);

    expect(await plans.done('accounts', planOf(3).id)).toEqual(new Set([1, 2]));
    expect(await plans.done('accounts', other.id)).toEqual(new Set());
    expect(await plans.done('contacts', planOf(3).id)).toEqual(new Set());
  });
}
