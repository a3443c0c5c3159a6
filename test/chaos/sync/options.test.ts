import { describe, expect, it } from 'vitest';
import { parseSyncOptions, SYNC_HELP } from './options.ts';

const parse = (...args: string[]) => parseSyncOptions(args, () => 7);

describe('npm run chaos -- sync', () => {
  it('has the sizes that are promised, and smaller ones on request', () => {
    expect(parse()).toMatchObject({ records: 100_000, changes: 50, kills: 200, seed: 7, window: undefined });
    expect(parse('--short', '--seed', '3')).toMatchObject({ records: 3_000, kills: 3, seed: 3 });
    expect(parse('--short', '--kills', '20', '--window', '4')).toMatchObject({ kills: 20, window: 4 });
    expect(parse('--help')).toBe('help');
  });

  it.each([
    [['--records', '99'], '--records must be a whole number from 100 to 1000000'],
    [['--changes', '-1'], "Option '--changes' argument is ambiguous"],
    [['--kills', 'many'], '--kills must be a whole number from 0 to 10000'],
    [['--seed', '1.5'], '--seed must be a whole number from 0'],
    [['--fault-rate', '0.5'], '--fault-rate must be a number from 0 to 0.2'],
    [['--window', '17'], '--window must be a whole number from 1 to 16'],
    [['--unique', 'on'], "Unknown option '--unique'"],
  ])('refuses %j', (args, problem) => {
    expect(parse(...args)).toMatchObject({ problem: expect.stringContaining(problem) });
  });

  it('explains each option', () => {
    for (const name of ['records', 'changes', 'kills', 'seed', 'fault-rate', 'window', 'short', 'out', 'keep'])
      expect(SYNC_HELP).toContain(`--${name}`);
  });
});
