import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { retryBudget } from '../../../lib/siebel/retry-budget.ts';

describe('retryBudget', () => {
  it('starts with two retries', () => {
    const budget = retryBudget();
    expect([budget.tryTake(), budget.tryTake(), budget.tryTake()]).toEqual([true, true, false]);
  });

  it('earns one retry by ten successes, not by nine', () => {
    const budget = retryBudget();
    while (budget.tryTake());
    for (let success = 0; success < 9; success += 1) budget.succeeded();
    expect(budget.tryTake()).toBe(false);
    budget.succeeded();
    expect(budget.tryTake()).toBe(true);
  });

  it('saves up ten retries at most', () => {
    const budget = retryBudget();
    for (let success = 0; success < 10_000; success += 1) budget.succeeded();
    let taken = 0;
    while (budget.tryTake()) taken += 1;
    expect(taken).toBe(10);
  });

  it('never gives more than its start and a tenth of the successes', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 300 }), (steps) => {
        const budget = retryBudget();
        let successes = 0;
        let taken = 0;
        for (const success of steps) {
          if (success) {
            budget.succeeded();
            successes += 1;
          } else if (budget.tryTake()) taken += 1;
        }
        expect(taken).toBeLessThanOrEqual(2 + successes / 10);
      }),
    );
  });
});
