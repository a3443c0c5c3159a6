import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CallItem, CallStore } from '../../../lib/ledger/call-item.ts';
import type { CallEnd, KeyedCall, WriteKind } from '../../../lib/ledger/ledger.ts';
import { ledger } from '../../../lib/ledger/run.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { callTo, itemOf, LEASE_MARGIN_MS, memoryStore, messageOf, modelSiebel } from './ledger-parts.ts';

const SEED = Number(process.env['SEED'] ?? 20_263);
const NOW = 1_700_000_000_000;
const KINDS = ['repeatable', 'insert', 'unrepeatable'] as const;

/** What two workers may find together. */
const FOUND: Readonly<Record<string, CallItem | undefined>> = {
  nothing: undefined,
  'a new call': itemOf({ state: 'NEW' }),
  'a call whose process has died': itemOf({ leaseUntilMs: NOW - 5_000, sentUntilMs: NOW - 800_000 }),
  'a call that was released': itemOf({ unknown: true, sentUntilMs: NOW - 800_000 }),
};

describe('two workers with one key at one instant', () => {
  it('make one commit, 1,000 times behind a barrier (R12, F86, F113)', async () => {
    for (let round = 0; round < 1_000; round += 1) {
      const kind = KINDS[round % 3] ?? 'insert';
      const found = Object.values(FOUND)[round % 4];
      const together = barrierFor(2);
      const { executed, ends } = await race({ kind, found }, (port) => async (...args) => {
        await together();
        return port(...args);
      });

      expectOneEffect(kind, found, executed, ends);
    }
  });

  it(`make one commit, in whatever order their waits end (R12, seed ${SEED})`, async () => {
    const scenario = fc.record({
      kind: fc.constantFrom(...KINDS),
      found: fc.constantFrom(...Object.keys(FOUND)),
      scheduler: fc.scheduler(),
    });
    await fc.assert(
      fc.asyncProperty(scenario, async ({ kind, found: what, scheduler }) => {
        const found = FOUND[what];
        const racing = race({ kind, found }, (port) => scheduler.scheduleFunction(port));
        const { executed, ends } = await scheduler.waitFor(racing);

        expectOneEffect(kind, found, executed, ends);
      }),
      { numRuns: 1_000, seed: SEED },
    );
  });
});

describe.each(KINDS)('a container that is frozen with a call of the kind %s', (kind) => {
  it.each(['before it sends', 'before it stores'])(
    '%s, sends and stores nothing when it thaws and another has taken over (F117)',
    async (frozen) => {
      const clock = fakeClock();
      const store = memoryStore();
      const siebel = modelSiebel(clock);
      let thaw: () => void = () => undefined;
      const ice = new Promise<void>((resolve) => {
        thaw = resolve;
      });
      const call = callTo(siebel, clock, { kind });
      const send: KeyedCall['send'] = async (beforeWrite) => {
        await beforeWrite();
        const answer = frozen === 'before it stores' ? await call.send(async () => undefined) : undefined;
        await ice;
        if (answer) return answer;
        // The connection is handed over only now, and the clock is looked at once more before the first byte.
        await beforeWrite();
        return call.send(async () => undefined);
      };
      const first = ledger({ store, clock, leaseMarginMs: LEASE_MARGIN_MS })
        .run({ ...call, send })
        .catch((error: unknown) => error);
      await clock.advance(800_000);

      const second = await ledger({ store, clock, leaseMarginMs: LEASE_MARGIN_MS }).run(
        callTo(siebel, clock, { kind }),
      );
      const stored = store.itemAt();
      const before = siebel.requests;
      thaw();

      expect(await first).toMatchObject({ failureClass: 'environment' });
      expect(siebel.requests).toBe(before);
      expect(store.itemAt()).toBe(stored);
      expect(second).toMatchObject({ outcome: kind === 'unrepeatable' ? 'parked' : 'done' });
      if (kind !== 'repeatable') expect(siebel.executed.length).toBeLessThanOrEqual(1);
    },
  );
});

type Port = <A extends unknown[], R>(port: (...args: A) => Promise<R>) => (...args: A) => Promise<R>;

/** Two processes run the call of one key, each of their waits as `port` has it. */
async function race({ kind, found }: { kind: WriteKind['kind']; found: CallItem | undefined }, port: Port) {
  const clock = fakeClock({ nowMs: NOW });
  const store = memoryStore();
  const siebel = modelSiebel(clock);
  if (found) store.items.set('k', found);
  const behind: CallStore = { ...store, read: port(store.read), put: port(store.put) };

  const runs = [1, 2].map(async (worker): Promise<CallEnd | { readonly code: unknown }> => {
    const call = callTo(siebel, clock, { kind, message: messageOf({ messageId: `message-${worker}` }) });
    const { write } = call;
    const waiting = write.kind === 'insert' ? { ...write, lookUp: port(write.lookUp) } : write;
    const send: KeyedCall['send'] = async (beforeWrite) => {
      await beforeWrite();
      return port(() => call.send(async () => undefined))();
    };
    return ledger({ store: behind, clock, leaseMarginMs: LEASE_MARGIN_MS })
      .run({ ...call, write: waiting, send })
      .catch(({ code }: { code: unknown }) => ({ code }));
  });
  const ends = await Promise.all(runs);
  return { executed: siebel.executed.length, ends };
}

function expectOneEffect(
  kind: WriteKind['kind'],
  found: CallItem | undefined,
  executed: number,
  ends: readonly (CallEnd | { readonly code: unknown })[],
): void {
  const isForAPerson = kind === 'unrepeatable' && found?.state === 'STARTED';
  expect(executed).toBe(isForAPerson ? 0 : 1);

  const wanted = isForAPerson ? 'parked' : 'done';
  const [winner, loser] = ends.toSorted((one, other) => rank(one) - rank(other));
  expect(winner).toMatchObject({ outcome: wanted, repeated: false });
  // The other one comes too early, or late enough to be told.
  if (loser && 'outcome' in loser) expect(loser).toMatchObject({ outcome: wanted, repeated: true });
  else expect(loser).toEqual({ code: 'IN_PROGRESS' });
}

function rank(end: CallEnd | { readonly code: unknown }): number {
  if (!('outcome' in end)) return 2;
  return end.repeated ? 1 : 0;
}

/** Lets so many pass together, and everybody after them. */
function barrierFor(many: number): () => Promise<void> {
  let waiting = 0;
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return () => {
    waiting += 1;
    if (waiting === many) open();
    return opened;
  };
}
