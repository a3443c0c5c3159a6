import { describe, expect, it } from 'vitest';
import { type Circuit, circuit, type Showing } from '../../../lib/siebel/circuit.ts';
import { type FakeClock, fakeClock } from '../../support/fake-clock.ts';

function show(it: Circuit, showing: Showing, times = 1): void {
  for (let time = 0; time < times; time += 1) it.enter()(showing);
}

/** What an attempt meets: it is let through, or told how long to wait. */
function met(it: Circuit): number | 'through' {
  try {
    it.enter()('nothing');
    return 'through';
  } catch (error) {
    expect(error).toMatchObject({ code: 'CIRCUIT_OPEN', sent: false, failureClass: 'environment' });
    return (error as { retryAfterMs: number }).retryAfterMs;
  }
}

function opened(clock: FakeClock = fakeClock()) {
  const own = circuit({ clock });
  show(own, 'down', 5);
  return { own, clock };
}

describe('circuit', () => {
  it('opens after five failures in a row, for five seconds', async () => {
    const clock = fakeClock();
    const own = circuit({ clock });
    show(own, 'down', 4);
    expect([own.closed, met(own)]).toEqual([true, 'through']);
    show(own, 'down');
    expect([own.closed, met(own)]).toEqual([false, 5_000]);
    await clock.advance(4_999);
    expect(met(own)).toBe(1);
    await clock.advance(1);
    expect(met(own)).toBe('through');
  });

  it('counts failures in a row: a success in between begins anew, what says nothing does not', () => {
    const own = circuit({ clock: fakeClock() });
    show(own, 'down', 4);
    show(own, 'up');
    show(own, 'down', 4);
    show(own, 'nothing', 10);
    expect(own.closed).toBe(true);
    show(own, 'down');
    expect(own.closed).toBe(false);
  });

  it('lets one probe through, and nobody beside it', async () => {
    const { own, clock } = opened();
    await clock.advance(5_000);
    const probe = own.enter();
    expect([met(own), met(own)]).toEqual([1_000, 1_000]);
    probe('up');
    expect([own.closed, met(own), met(own)]).toEqual([true, 'through', 'through']);
  });

  it('doubles its pause while probes fail, up to thirty seconds', async () => {
    const { own, clock } = opened();
    const pauses: unknown[] = [];
    for (let probe = 0; probe < 5; probe += 1) {
      const pause = met(own);
      pauses.push(pause);
      await clock.advance(Number(pause));
      show(own, 'down');
    }
    expect(pauses).toEqual([5_000, 10_000, 20_000, 30_000, 30_000]);
  });

  it('begins with the short pause again after a success', async () => {
    const { own, clock } = opened();
    await clock.advance(5_000);
    show(own, 'down');
    await clock.advance(10_000);
    show(own, 'up');
    show(own, 'down', 5);
    expect(met(own)).toBe(5_000);
  });

  it('lets another probe through when the first has shown nothing', async () => {
    const { own, clock } = opened();
    await clock.advance(5_000);
    show(own, 'nothing');
    expect([own.closed, met(own)]).toEqual([false, 'through']);
  });

  it('is not opened further by attempts that began before it opened', async () => {
    const clock = fakeClock();
    const own = circuit({ clock });
    const early = Array.from({ length: 8 }, () => own.enter());
    for (const ended of early) ended('down');
    expect(met(own)).toBe(5_000);
    await clock.advance(5_000);
    show(own, 'up');
    expect(own.closed).toBe(true);
  });

  it('is closed by the late success of an attempt that began before it opened', () => {
    const clock = fakeClock();
    const own = circuit({ clock });
    const early = own.enter();
    show(own, 'down', 5);
    early('up');
    expect(own.closed).toBe(true);
  });

  it('has waited while its container was frozen, without any timer', () => {
    const { own, clock } = opened();
    expect(clock.sleeping).toBe(0);
    clock.setWall(clock.now() + 5_000);
    expect(met(own)).toBe('through');
  });

  it('takes the first pause that it is given', async () => {
    const clock = fakeClock();
    const own = circuit({ clock, openMs: 1_000 });
    show(own, 'down', 5);
    expect(met(own)).toBe(1_000);
    for (const pause of [1_000, 2_000, 4_000, 6_000]) {
      await clock.advance(pause);
      show(own, 'down');
    }
    expect(met(own)).toBe(6_000);
  });
});
