import { beforeEach, describe, expect, it } from 'vitest';
import { turns, type Visit } from '../../../lib/ledger/turns.ts';
import { type FakeClock, fakeClock } from '../../support/fake-clock.ts';

let clock: FakeClock;
let visit: () => Visit;
const END_OF_TIME_MS = 1_700_000_000_000 + 60_000;

beforeEach(() => {
  clock = fakeClock();
  visit = turns(clock);
});

describe('the calls of one process', () => {
  it('run beside each other', () => {
    expect([visit(), visit(), visit()].map((call) => call.enter(false))).toEqual([true, true, true]);
  });

  it('keep one out that has to be alone, until they have all left', async () => {
    const [one, two, suspect] = [visit(), visit(), visit()];
    one.enter(false);
    two.enter(false);
    expect(suspect.enter(true)).toBe(false);

    const entered = settled(suspect.wait(true, END_OF_TIME_MS));
    one.leave();
    expect(await entered()).toBe('waits');
    two.leave();
    expect(await entered()).toBe('enters');
  });

  it('are kept out by one that is alone, and come in together when it has left (R75)', async () => {
    const [suspect, one, two] = [visit(), visit(), visit()];
    expect(suspect.enter(true)).toBe(true);
    expect(one.enter(false)).toBe(false);

    const [first, second] = [settled(one.wait(false, END_OF_TIME_MS)), settled(two.wait(false, END_OF_TIME_MS))];
    expect(await first()).toBe('waits');
    suspect.leave();
    expect(await Promise.all([first(), second()])).toEqual(['enters', 'enters']);
  });

  it('do not pass one that waits to be alone', async () => {
    const [one, suspect, late] = [visit(), visit(), visit()];
    one.enter(false);
    const entered = settled(suspect.wait(true, END_OF_TIME_MS));

    expect(late.enter(false)).toBe(false);
    one.leave();
    expect(await entered()).toBe('enters');
  });

  it('are let in one by one when each has to be alone', async () => {
    const [one, two] = [visit(), visit()];
    one.enter(true);
    const entered = settled(two.wait(true, END_OF_TIME_MS));
    expect(await entered()).toBe('waits');

    one.leave();
    expect(await entered()).toBe('enters');
    expect(visit().enter(false)).toBe(false);
  });
});

describe('one call', () => {
  it('may enter again as it has entered, and less than that', () => {
    const [call, other] = [visit(), visit()];
    call.enter(true);
    expect([call.enter(true), call.enter(false)]).toEqual([true, true]);
    expect(other.enter(false)).toBe(false);

    call.leave();
    expect([other.enter(false), other.enter(false)]).toEqual([true, true]);
  });

  it('that is found to be a suspect gives its place up before it waits to be alone', async () => {
    const [call, other] = [visit(), visit()];
    call.enter(false);
    other.enter(false);
    expect(call.enter(true)).toBe(false);
    other.leave();

    expect(call.enter(true)).toBe(true);
  });

  it('that has left twice, or never entered, changes nothing for the others', () => {
    const [call, suspect] = [visit(), visit()];
    visit().leave();
    call.enter(false);
    call.leave();
    call.leave();
    expect(suspect.enter(true)).toBe(true);
    call.leave();
    expect(visit().enter(false)).toBe(false);
  });

  it('gives up when its time is over, and then keeps nobody waiting', async () => {
    const [one, suspect, other] = [visit(), visit(), visit()];
    one.enter(false);
    const entered = settled(suspect.wait(true, clock.now() + 10_000));
    const behind = settled(other.wait(false, END_OF_TIME_MS));
    await clock.advance(9_999);
    expect(await entered()).toBe('waits');

    await clock.advance(1);
    expect(await entered()).toBe('DEADLINE_TOO_CLOSE');
    expect(await behind()).toBe('enters');
    expect(clock.sleeping).toBe(0);
  });
});

/** How a wait has ended by now. */
function settled(wait: Promise<void>): () => Promise<string> {
  let state = 'waits';
  wait.then(
    () => {
      state = 'enters';
    },
    (error: { code: string }) => {
      state = error.code;
    },
  );
  return async () => {
    await clock.advance(0);
    return state;
  };
}
