import { describe, expect, it } from 'vitest';
import { callerKeys } from '../../../lib/api/caller-keys.ts';
import { NoResponseError } from '../../../lib/errors.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { KEYS_URL, keyServer } from './caller-tokens.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const away = new NoResponseError('CONNECT_FAILED', 'the address of the keys is away', { sent: false });

function keysOver(answers: () => unknown = () => ({ keys: [] })) {
  const clock = fakeClock();
  const server = keyServer(answers);
  const keys = callerKeys({ http: server, url: KEYS_URL, clock });
  return { clock, server, get: () => keys.get(clock.now() + 8_000), newer: keys.newer };
}

/** Lets time pass by one of the clocks only, as a freeze or a time server does. */
const passes = {
  'the wall clock': (clock: ReturnType<typeof fakeClock>, byMs: number) => clock.setWall(clock.now() + byMs),
  'the monotonic clock': async (clock: ReturnType<typeof fakeClock>, byMs: number) => {
    const nowMs = clock.now();
    await clock.advance(byMs);
    clock.setWall(nowMs);
  },
};

describe.each(Object.entries(passes))('callerKeys, when time passes by %s alone', (_name, pass) => {
  it('fetches keys again once they are ten minutes old: some may have been withdrawn during a freeze', async () => {
    const { clock, server, get } = keysOver();
    await get();

    await pass(clock, 9 * MINUTE_MS);
    await get();
    expect(server.requests).toHaveLength(1);
    await pass(clock, MINUTE_MS);
    await get();

    expect(server.requests).toHaveLength(2);
  });

  it('honours no keys of yesterday when their address is away', async () => {
    let answer: unknown = { keys: [] };
    const { clock, get } = keysOver(() => answer);
    const held = await get();
    answer = away;

    await pass(clock, DAY_MS - 1);
    expect(await get()).toBe(held);
    await pass(clock, 1);

    await expect(get()).rejects.toBe(away);
  });

  it('fetches for an unknown key once 10 s have passed', async () => {
    const { clock, server, get, newer } = keysOver();
    const held = await get();

    await pass(clock, 9_999);
    expect(await newer(held, clock.now() + 8_000)).toBeUndefined();
    await pass(clock, 1);
    await newer(held, clock.now() + 8_000);

    expect(server.requests).toHaveLength(2);
  });
});
