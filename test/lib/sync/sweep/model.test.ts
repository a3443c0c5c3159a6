import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SyncJob } from '../../../../lib/operations/index.ts';
import { liveOrDie, sweepOrDie } from './mortal.ts';
import type { Account } from './siebel-rows.ts';
import { DAY, JOB, MINUTE, SECOND, TOMBSTONE, type World, world } from './sweep-parts.ts';

type Compare = 'cursor' | 'records';

/** So small that a few records take many pages, files, and chunks. */
const SMALL = { pageLimit: 3, recordsPerChunk: 2, entriesPerFile: 5 };
/** In a world of a dozen records everything is more than a tenth. */
const trusting = (compare: Compare): SyncJob => ({
  ...JOB,
  sweep: { every: 'rate(1 day)', timezone: 'UTC', maxMissing: 1, compare },
});
/** Longer than a lease and its margin. */
const LEASE_OVER_MS = 70 * SECOND;

/**
 * Begins a sweep, and goes on with it after live runs until it is whole.
 *
 * @param dieAfterCall The process dies when this request has happened.
 */
async function sweepThrough(at: World, dieAfterCall = Number.POSITIVE_INFINITY) {
  const before = at.state.stored().number;
  let calls = 0;
  let died = false;
  let begin = true;
  for (let runs = 0; begin || at.state.stored().underway; runs += 1) {
    if (runs > 100) throw new Error('a sweep without end');
    const crash = died ? undefined : { atCall: dieAfterCall - calls, moment: 'after' as const };
    const run = await sweepOrDie(at, begin, crash);
    calls += run.calls;
    died ||= run.outcome === 'died';
    at.clock.move(5 * MINUTE);
    await at.live();
    begin = at.state.stored().number === before;
  }
  return { calls, died };
}

async function nextDay(at: World): Promise<void> {
  at.clock.move(DAY);
  await at.live();
  if (at.state.stored().underway) await goOn(at);
  await sweepThrough(at);
}

async function goOn(at: World): Promise<void> {
  for (let runs = 0; at.state.stored().underway; runs += 1) {
    if (runs > 100) throw new Error('a sweep without end');
    at.clock.move(5 * MINUTE);
    await at.live();
    await sweepOrDie(at, false, undefined);
  }
}

describe('a crash', () => {
  // Before one request is after the one before it: the process keeps nothing that counts.
  it.each([
    ['cursor', 5],
    ['records', 6],
  ] as const)(
    'after any request of a sweep that compares the %s loses no deletion and no record, and repeats one chunk at most (R76)',
    async (compare, differences) => {
      const changed = async () => {
        const at = world({ ...SMALL, job: trusting(compare) });
        at.put(...Array.from({ length: 12 }, (_, index) => ({ id: `1-${index}` })));
        await nextDay(at);
        at.remove('1-0', '1-1', '1-2');
        await nextDay(at);
        at.put({ id: '1-3', name: 'set back', updatedMs: at.clock.now() - 300 * DAY });
        at.put({ id: '1-old', name: 'imported', updatedMs: at.clock.now() - 200 * DAY });
        at.put({ id: '1-4', name: 'changed' });
        at.changeSilently('1-5', { name: 'joined' });
        at.clock.move(DAY);
        await at.live();
        return at;
      };
      const undisturbed = await changed();
      const { calls } = await sweepThrough(undisturbed);
      const lines = undisturbed.swept().map(({ line }) => line);
      expect(lines).toHaveLength(differences);
      expect(calls).toBeGreaterThan(60);

      for (let call = 1; call <= calls; call += 1) {
        const at = await changed();

        const { died } = await sweepThrough(at, call);

        expect(died).toBe(true);
        expect(new Set(at.swept().map(({ line }) => line))).toEqual(new Set(lines));
        expect(at.swept().length - lines.length).toBeLessThanOrEqual(SMALL.recordsPerChunk);
        expect(at.falseTombstones).toEqual([]);
      }
    },
  );
});

describe('a world that changes', () => {
  const id = fc.integer({ min: 0, max: 11 }).map((number) => `1-${number}`);
  const crash = (most: number) =>
    fc.option(
      fc.record({
        atCall: fc.integer({ min: 1, max: most }),
        moment: fc.constantFrom('before' as const, 'after' as const),
      }),
      {
        nil: undefined,
        freq: 2,
      },
    );
  const what = <const W extends string>(word: W) => fc.constant(word);
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ what: what('insert'), id }) },
    { weight: 3, arbitrary: fc.record({ what: what('update'), id }) },
    { weight: 3, arbitrary: fc.record({ what: what('delete'), id }) },
    // Its transaction was long.
    { weight: 2, arbitrary: fc.record({ what: what('late'), id, seconds: fc.integer({ min: 1, max: 590 }) }) },
    // An old instant, as imports and remote clients write it.
    { weight: 2, arbitrary: fc.record({ what: what('import'), id, days: fc.integer({ min: 2, max: 90 }) }) },
    // A join shows something else, or what it showed before.
    { weight: 3, arbitrary: fc.record({ what: what('join'), id, name: fc.constantFrom('one', 'other') }) },
    // It comes back as it was.
    { weight: 2, arbitrary: fc.record({ what: what('restore'), id }) },
    { weight: 3, arbitrary: fc.record({ what: what('live'), crash: crash(20) }) },
    {
      weight: 4,
      arbitrary: fc.record({
        what: what('sweep'),
        begin: fc.constantFrom(true, true, false),
        crash: crash(90),
        seconds: fc.constantFrom(900, 900, 13, 16),
      }),
    },
    { weight: 3, arbitrary: fc.record({ what: what('day') }) },
  );

  it.each(['cursor', 'records'] as const)(
    'is what the sink shows of sweeps that compare the %s: no deletion later than two whole sweeps, no silent change lost, no living record deleted, nothing of a live run repeated but what was set back (R76)',
    async (compare) => {
      const met = { tombstones: 0, swept: 0, crashes: 0, joined: 0 };
      await fc.assert(
        fc.asyncProperty(
          fc.array(step, { minLength: 5, maxLength: 40, size: 'max' }),
          fc.constantFrom(1, 3),
          async (steps, window) => {
            const at = world({ ...SMALL, job: { ...trusting(compare), window }, hot: ['1-hot'] });
            const deletions = deletionsOf(at);
            await begin(at);
            let number = 0;
            let crashed = false;
            const survived = ({ outcome }: { readonly outcome: string }) => {
              if (outcome !== 'died') return;
              met.crashes += 1;
              crashed = true;
              at.clock.move(LEASE_OVER_MS);
            };

            for (const each of steps) {
              at.clock.move(7 * SECOND);
              number += 1;
              switch (each.what) {
                case 'live':
                  at.clock.move(5 * MINUTE);
                  survived(await liveOrDie(at, each.crash));
                  break;
                case 'sweep':
                  survived(await sweepOrDie(at, each.begin, each.crash, each.seconds));
                  break;
                case 'day':
                  await nextDay(at);
                  break;
                case 'join':
                  if (compare === 'records') at.changeSilently(each.id, { name: each.name });
                  break;
                default:
                  change(at, each, `state ${number}`, deletions);
              }
              deletions.check();
            }
            if (at.state.stored().underway) await goOn(at);
            for (let day = 0; day < 3; day += 1) await nextDay(at);
            deletions.check();

            const holds = [...at.holds()].filter(([held]) => held !== '1-hot');
            const wanted = at.wanted();
            expect(holds).toEqual(holds.map(([held]) => [held, wanted.get(held) ?? TOMBSTONE(held)]));
            expect([...wanted.keys()].filter((each) => !at.holds().has(each))).toEqual([]);
            expect(at.falseTombstones).toEqual([]);
            // Whoever reads the output puts lines in order by that.
            const fences = at.sink.lines.map(({ fence }) => fence);
            expect(fences).toEqual([...fences].sort((one, other) => one - other));
            // After a crash, a chunk may come twice; and a record that was set back, whose lookback the live job reads besides.
            const setBack = steps.filter((each) => ['late', 'import', 'restore'].includes(each.what)).length;
            if (!crashed) expect(repeatsOf(at).length).toBeLessThanOrEqual(setBack);
            met.tombstones += at.swept().filter(({ line }) => line.includes('deleted')).length;
            met.swept += at.swept().length;
            met.joined += at.swept().filter(({ line }) => /"(one|other)"/.test(line)).length;
          },
        ),
        { numRuns: 40, seed: 20_261_126 },
      );
      expect(met.tombstones).toBeGreaterThan(5);
      expect(met.swept).toBeGreaterThan(40);
      expect(met.crashes).toBeGreaterThan(3);
      if (compare === 'records') expect(met.joined).toBeGreaterThan(10);
    },
  );

  /** A few records that the sink holds, one of which moves before anybody can read it again, and a baseline. */
  async function begin(at: World): Promise<void> {
    at.put({ id: '1-hot' }, ...Array.from({ length: 6 }, (_, index) => ({ id: `1-${index}` })));
    const atMs = at.clock.now();
    at.clock.move(10 * MINUTE);
    at.sink.lines.push({ id: '1-hot', line: '{}', window: 'live', fence: 0 });
    await at.seen.record('accounts', { window: 'live', fence: 0, sequence: 1 }, [{ id: '1-hot', atMs }]);
    await at.live();
    await sweepThrough(at);
  }

  interface Change {
    readonly what: 'insert' | 'update' | 'delete' | 'late' | 'import' | 'restore';
    readonly id: string;
    readonly seconds?: number;
    readonly days?: number;
  }

  function change(
    at: World,
    { what: kind, id: of, seconds = 0, days = 0 }: Change,
    name: string,
    deletions: Deletions,
  ) {
    const stands = at.siebel.rows.has(of);
    const nowMs = at.clock.now();
    if ((kind === 'insert' && !stands) || (kind === 'update' && stands)) at.put({ id: of, name });
    if (kind === 'late') at.put({ id: of, name, updatedMs: nowMs - seconds * SECOND });
    // Each import has an instant of its own: only by that, a sweep tells versions apart.
    if (kind === 'import') at.put({ id: of, name, updatedMs: nowMs - days * DAY });
    if (kind === 'delete' && stands) deletions.remove(of);
    const account = kind === 'restore' && !stands ? deletions.last(of) : undefined;
    if (account) at.siebel.rows.set(of, account);
  }

  type Deletions = ReturnType<typeof deletionsOf>;

  /** Follows what was deleted, and how many whole sweeps have begun since. */
  function deletionsOf(at: World) {
    const deleted = new Map<string, { readonly account: Account; readonly sweep: number }>();
    return {
      last: (of: string) => deleted.get(of)?.account,
      remove(of: string) {
        const account = at.siebel.rows.get(of);
        at.remove(of);
        if (account) deleted.set(of, { account, sweep: at.state.stored().number });
      },
      check() {
        const whole = at.state.stored().known?.number ?? 0;
        for (const [of, { sweep }] of deleted) {
          const isDue = whole >= sweep + 2 && !at.siebel.rows.has(of) && at.holds().has(of);
          if (isDue) expect(at.holds().get(of)).toBe(TOMBSTONE(of));
        }
      },
    };
  }

  /** Lines of sweeps that the sink held already. */
  function repeatsOf(at: World): string[] {
    const last = new Map<string, string>();
    return at.sink.lines.flatMap(({ id: of, line, window }) => {
      const isRepeat = window === 'sweep' && last.get(of) === line;
      last.set(of, line);
      return isRepeat ? [line] : [];
    });
  }
});
