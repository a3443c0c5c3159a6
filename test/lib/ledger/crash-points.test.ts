import { describe, expect, it } from 'vitest';
import type { CallEnd, WriteKind } from '../../../lib/ledger/ledger.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { type Delivered, deliver } from './dropped-worker.ts';
import { CALL_MS, type Conduct, itemOf, memoryStore, messageOf, modelSiebel } from './ledger-parts.ts';

/**
 * Every point at which the write path waits for something, with the crash that a death there is: the table in
 * docs/reliability.md, and the points between its rows. A point that is not here, or that no test dies at, is a failure.
 */
const POINTS: Readonly<Record<string, string>> = {
  received: 'W1',
  'token and permit in hand': 'W2',
  'read asked': 'before W3',
  'read answered': 'before W3',
  'start asked': 'before W3',
  'start not stored': 'before W3: its key is known',
  'start stored': 'W3',
  'let go': 'W3',
  'bytes out': 'W4',
  executed: 'W5',
  'answer read': 'W6',
  'failure read': 'W7, when it is a refusal',
  'REJECTED asked': 'W7',
  'REJECTED stored': 'W8',
  'DONE asked': 'W6',
  'DONE stored': 'W9',
  'to be acknowledged': 'W8 W9',
  'claim asked': 'before W10',
  'claim stored': 'W10',
  'look-up asked': 'W10',
  'look-up answered': 'W10',
  'send again asked': 'before W11',
  'send again stored': 'W11',
  'NEW asked': 'after W3: proof that nothing was sent',
  'NEW stored': 'as before the start',
  'unknown asked': 'after W4, alive',
  'unknown stored': 'after W4, released',
};

const CONDUCTS: readonly Conduct[] = [
  'answers',
  'loses the answer',
  'commits late',
  'loses the request',
  'is not reached',
  'refuses',
];

interface Scenario {
  readonly kind: WriteKind['kind'];
  /** Of the first delivery; Siebel answers every later one, unless it refuses. */
  readonly conduct: Conduct;
  /** Siebel refuses a second record with the same natural key. */
  readonly unique: boolean;
  /** A 202 was answered for it (W12). */
  readonly queued: boolean;
  /** Who delivers it again: the queue, or a producer who does not know that it has arrived. */
  readonly again: 'queue' | 'producer';
}

const SCENARIOS: readonly Scenario[] = (['repeatable', 'insert', 'unrepeatable'] as const).flatMap((kind) =>
  CONDUCTS.flatMap((conduct) =>
    [true, false].flatMap((queued) =>
      (['queue', 'producer'] as const).flatMap((again) =>
        (kind === 'insert' ? [true, false] : [false]).map((unique) => ({ kind, conduct, unique, queued, again })),
      ),
    ),
  ),
);

describe('a process that dies on the write path', () => {
  const met = new Set<string>();
  const diedFirst = new Set<string>();
  const diedSecond = new Set<string>();

  it.each(SCENARIOS)(
    'at every point, alone and once more while it recovers, loses and doubles nothing: $kind, Siebel $conduct, unique $unique, queued $queued, again by the $again',
    async (scenario) => {
      let first = 0;
      for (let dies = true; dies; first += 1) {
        const alone = await settle(scenario, [first]);
        dies = alone.diedAt.length > 0;
        if (dies) diedFirst.add(alone.diedAt[0] ?? '');

        for (let second = 0, again = dies; again; second += 1) {
          const pair = await settle(scenario, [first, second]);
          again = pair.diedAt.length > 1;
          if (again) diedSecond.add(pair.diedAt[1] ?? '');
        }
      }
      expect(first).toBeGreaterThan(5);
    },
  );

  it('meets exactly the points that are named (W1, W2, W3, W4, W5, W6, W7, W8, W9, W10, W11, W12)', () => {
    expect([...met].sort()).toEqual(Object.keys(POINTS).sort());
  });

  it('has died at each of them, and once more at each of them while another death was recovered from', () => {
    expect([...diedFirst].sort()).toEqual(Object.keys(POINTS).sort());
    expect([...diedSecond].sort()).toEqual(Object.keys(POINTS).sort());
  });

  /**
   * Delivers until the message is acknowledged.
   *
   * @param deaths Number of the point at which a process dies, counted over all deliveries; and of the next one, counted from
   *   the first death on.
   */
  async function settle(scenario: Scenario, deaths: readonly number[]): Promise<{ diedAt: readonly string[] }> {
    const clock = fakeClock();
    const store = memoryStore();
    const siebel = modelSiebel(clock, scenario);
    if (scenario.queued) store.items.set('k', itemOf({ state: 'QUEUED', attempt: 0 }));
    siebel.conduct = scenario.conduct;

    const diedAt: string[] = [];
    let end: CallEnd | undefined;
    let passed = 0;
    for (let delivery = 1; !end; delivery += 1) {
      expect(delivery).toBeLessThan(60);
      const message = messageOf({ receiveCount: scenario.again === 'queue' ? delivery : 1 });
      const death = deaths[diedAt.length];
      const diesAt = death === undefined ? undefined : death - passed;
      const delivered = await deliver(
        { store, siebel, clock },
        { kind: scenario.kind, message },
        {
          diesAt,
          met: (point) => {
            met.add(point);
            passed += 1;
          },
        },
      );
      if ('end' in delivered) end = delivered.end;
      if ('diedAt' in delivered) {
        diedAt.push(delivered.diedAt);
        passed = 0;
      } else if (scenario.conduct !== 'refuses') siebel.conduct = 'answers';
      await clock.advance(waitAfter(delivered));
    }
    // What Siebel has been sent has come to its end.
    await clock.advance(1_000_000);
    expectOneEffect(scenario, end, siebel.executed.length, `died at ${diedAt.join(', then ')}`);
    return { diedAt };
  }
});

/** As soon as anyone may touch the call again. */
function waitAfter(delivered: Delivered): number {
  if ('diedAt' in delivered) return CALL_MS + 22_000;
  const retryAfterMs = 'error' in delivered ? (delivered.error as { retryAfterMs?: number }).retryAfterMs : undefined;
  return retryAfterMs ?? 1_000;
}

function expectOneEffect({ kind, conduct }: Scenario, end: CallEnd, effects: number, how: string): void {
  if (conduct === 'refuses') {
    const unknown = kind === 'unrepeatable' && end.outcome === 'parked' && end.code === 'OUTCOME_UNKNOWN';
    expect({ how, end }).toMatchObject({
      end: { outcome: 'parked', code: unknown ? 'OUTCOME_UNKNOWN' : 'SIEBEL_VALIDATION' },
    });
    expect({ how, effects }).toEqual({ how, effects: 0 });
    return;
  }
  if (kind === 'unrepeatable' && end.outcome === 'parked') {
    expect({ how, end }).toMatchObject({ end: { code: 'OUTCOME_UNKNOWN' } });
    expect(effects, how).toBeLessThanOrEqual(1);
    return;
  }
  expect({ how, end }).toMatchObject({ end: { outcome: 'done' } });
  // A repeatable call sets the same values once more.
  if (kind === 'repeatable') expect(effects, how).toBeGreaterThanOrEqual(1);
  else expect({ how, effects }).toEqual({ how, effects: 1 });
}
