import { describe, expect, it } from 'vitest';
import { instantsOf, momentAfter } from '../../../lib/siebel/moment.ts';
import { fakeClock } from '../../support/fake-clock.ts';

describe('momentAfter', () => {
  it('comes after its time and not before', async () => {
    const clock = fakeClock();
    const moment = momentAfter(clock, 1_000);
    await clock.advance(999);
    expect(moment.leftMs()).toBe(1);
    await clock.advance(1);
    expect(moment.leftMs()).toBe(0);
    await clock.advance(1);
    expect(moment.leftMs()).toBe(0);
  });

  it('comes when the wall clock says so, though the process stood still', () => {
    const clock = fakeClock();
    const moment = momentAfter(clock, 1_000);
    clock.setWall(clock.now() + 1_000);
    expect(moment.leftMs()).toBe(0);
  });

  it('comes after its time of the process when the wall clock is set back', async () => {
    const clock = fakeClock();
    const moment = momentAfter(clock, 1_000);
    clock.setWall(clock.now() - 3_600_000);
    expect(moment.leftMs()).toBe(1_000);
    await clock.advance(1_000);
    expect(moment.leftMs()).toBe(0);
  });

  it('counts from a start that lies behind', async () => {
    const clock = fakeClock();
    const start = instantsOf(clock);
    await clock.advance(400);
    expect(momentAfter(clock, 1_000, start).leftMs()).toBe(600);
  });
});
