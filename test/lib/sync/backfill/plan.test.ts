import { describe, expect, it } from 'vitest';
import { newPlanId, spanOf, windowName } from '../../../../lib/sync/backfill/plan.ts';
import { plansContract } from './plans-contract.ts';
import { plansInMemory } from './plans-in-memory.ts';

describe('plans in memory', () => {
  plansContract(async () => plansInMemory());
});

describe('a plan', () => {
  it('has a name of the day and of chance, which is part of the names of its windows', () => {
    const draws = [0, 0.5, 0.999_999, 0.3, 0.1];
    const id = newPlanId({ now: () => Date.parse('2026-03-01T23:59:59Z'), random: () => draws.shift() ?? 0 });

    expect(id).toBe('20260301-0iza3');
    expect(windowName(id, 7)).toBe('backfill-20260301-0iza3-0007');
    expect(windowName(id, 4_000)).toBe('backfill-20260301-0iza3-4000');
  });

  it('reads a window up to the second before its end', () => {
    expect(spanOf({ toMs: 60_000 })).toEqual({ upToMs: 59_000 });
    expect(spanOf({ fromMs: 0, toMs: 60_000 })).toEqual({ fromMs: 0, upToMs: 59_000 });
  });
});
