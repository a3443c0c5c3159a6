import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CallStore } from '../../lib/ledger/call-item.ts';
import type { CallEnd, KeyedCall, Ledger } from '../../lib/ledger/ledger.ts';
import { ledger } from '../../lib/ledger/run.ts';
import { callItems } from '../../lib/state/call-items.ts';
import {
  CALL_MS,
  callTo,
  LEASE_MARGIN_MS,
  type ModelSiebel,
  messageOf,
  modelSiebel,
} from '../lib/ledger/ledger-parts.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';
import { type EmptyTable, startDynamoDb } from './dynamodb.ts';

const SEED = Number(process.env['SEED'] ?? 20_262);

let dynamoDb: Awaited<ReturnType<typeof startDynamoDb>>;
let table: EmptyTable;
let clock: FakeClock;
let siebel: ModelSiebel;

beforeAll(async () => {
  dynamoDb = await startDynamoDb();
});

afterAll(() => dynamoDb.close());

beforeEach(async () => {
  table = await dynamoDb.emptyTable();
  clock = fakeClock();
  siebel = modelSiebel(clock);
});

describe('a call over the state table', () => {
  it.each(['repeatable', 'insert', 'unrepeatable'] as const)(
    'of the kind %s is done once, and acknowledged again after that (R13)',
    async (kind) => {
      const call = callTo(siebel, clock, { kind });

      expect(await container().run(call)).toMatchObject({ outcome: 'done', repeated: false });
      expect(await container().run(call)).toMatchObject({ outcome: 'done', recordId: '1-1', repeated: true });
      expect(siebel.requests).toBe(1);
      expect(await table.itemAt('call#account.write#k')).toMatchObject({ state: { S: 'DONE' }, attempt: { N: '1' } });
    },
  );

  it('goes through every state of an insert whose commit comes late (F73)', async () => {
    siebel.conduct = 'loses the request';
    const run = () => container().run(callTo(siebel, clock));
    await expect(run()).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN', retryAfterMs: 720_000 });
    siebel.conduct = 'commits late';
    await clock.advance(720_000);
    await expect(run()).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN', retryAfterMs: 720_000 });
    siebel.conduct = 'answers';
    await clock.advance(719_000);

    expect(await run()).toMatchObject({ outcome: 'done', reconciled: true });
    expect(siebel.rows).toHaveLength(1);
    expect(siebel.requests).toBe(2);
  });

  it('is parked by the refusal of Siebel, redriven with another input, and done', async () => {
    siebel.conduct = 'refuses';
    expect(await container().run(callTo(siebel, clock))).toMatchObject({ code: 'SIEBEL_VALIDATION' });
    siebel.conduct = 'answers';
    const message = messageOf({ messageId: 'message-2', redriveAtMs: clock.now() + 1 });

    expect(await container().run(callTo(siebel, clock, { message, payloadHash: 'hash-2' }))).toMatchObject({
      outcome: 'done',
    });
    const item = await table.itemAt('call#account.write#k');
    expect(item).toMatchObject({ state: { S: 'DONE' }, correctedFrom: { S: 'hash-1' } });
    expect(item).not.toHaveProperty('parkedBucket');
  });

  it('survives a first answer of the table that is lost: the write is known as ours (R72)', async () => {
    let lost = 0;
    const client = {
      send: async (command: never) => {
        const answer = await dynamoDb.client.send(command);
        const isPut = Object.hasOwn((command as { input: object }).input, 'Item');
        if (!isPut) return answer;
        lost += 1;
        throw Object.assign(new Error('socket hang up'), { name: 'TimeoutError' });
      },
    };
    const store = callItems({ tableName: table.tableName, client: client as never, clock });

    expect(await container(store).run(callTo(siebel, clock))).toMatchObject({ outcome: 'done' });
    expect(lost).toBe(2);
    expect(siebel.executed).toHaveLength(1);
  });
});

describe('two containers with one key at one instant', () => {
  it.each(['repeatable', 'insert', 'unrepeatable'] as const)(
    'make one commit of the kind %s, behind a barrier: when the call is new, and when its lease is over (R12, F86, F113)',
    async (kind) => {
      for (let round = 1; round <= 25; round += 1) {
        const key = `round-${round}`;
        const fresh = await race(key, kind, 1);
        expect(commitsOf(key)).toBe(1);
        expect(fresh.filter((end) => end.outcome === 'done' && !end.repeated)).toHaveLength(1);

        const dead = `dead-${round}`;
        await die(dead, kind);
        await race(dead, kind, 2);
        expect(commitsOf(dead)).toBe(kind === 'repeatable' ? 1 : 0);
      }
    },
  );

  /** Two calls that reach the table together: neither writes before both are there. */
  async function race(
    key: string,
    kind: 'repeatable' | 'insert' | 'unrepeatable',
    receiveCount: number,
  ): Promise<Partial<CallEnd>[]> {
    const barrier = barrierFor(2);
    const behind = (store: CallStore): CallStore => {
      let waited = false;
      return {
        ...store,
        async put(...write) {
          if (!waited) await barrier();
          waited = true;
          return store.put(...write);
        },
      };
    };
    const call = (): KeyedCall => callTo(siebel, clock, { kind, key, message: messageOf({ receiveCount }) });
    const runs = [1, 2].map(() => container(behind(storeOf())).run(call()));
    const ends = await Promise.allSettled(runs);
    return ends.map((end) => {
      if (end.status === 'fulfilled') return end.value;
      expect(end.reason).toMatchObject({ failureClass: expect.stringMatching(/environment|unknown-outcome/) });
      return {};
    });
  }

  /** A container that has died after step 1, and whose lease is over. */
  async function die(key: string, kind: 'repeatable' | 'insert' | 'unrepeatable'): Promise<void> {
    const started = new Promise<void>((resolve) => {
      const send: KeyedCall['send'] = async (beforeWrite) => {
        await beforeWrite();
        resolve();
        return new Promise(() => undefined);
      };
      void container().run(callTo(siebel, clock, { kind, key, send }));
    });
    await started;
    await clock.advance(CALL_MS + 22_000);
  }

  function commitsOf(key: string): number {
    return siebel.executed.filter((marker) => marker === `marker ${key}`).length;
  }
});

describe('calls under a state table that fails at random', () => {
  it(`take effect once each (seed ${SEED})`, async () => {
    let seed = SEED;
    const random = () => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
      return seed / 0x7fffffff;
    };
    const faults = { before: 0, after: 0 };
    const client = {
      send: async (command: never) => {
        const chance = random();
        if (chance < 0.1) {
          faults.before += 1;
          throw Object.assign(new Error('slow down'), { name: 'ThrottlingException' });
        }
        const answer = await dynamoDb.client.send(command);
        if (chance < 0.25) {
          faults.after += 1;
          throw Object.assign(new Error('no answer'), { name: 'TimeoutError' });
        }
        return answer;
      },
    };
    const store = callItems({ tableName: table.tableName, client: client as never, clock });

    const keys = Array.from({ length: 60 }, (_, index) => `key-${index}`);
    for (const key of keys) {
      let end: CallEnd | undefined;
      for (let delivery = 1; !end; delivery += 1) {
        expect(delivery).toBeLessThan(20);
        const message = messageOf({ receiveCount: delivery });
        end = await passingTime(container(store).run(callTo(siebel, clock, { key, message }))).catch(() => undefined);
        await clock.advance(760_000);
      }
      expect(end).toMatchObject({ outcome: 'done' });
    }

    expect([...siebel.executed].sort()).toEqual(keys.map((key) => `marker ${key}`).sort());
    expect(faults.before).toBeGreaterThan(5);
    expect(faults.after).toBeGreaterThan(5);
  });
});

/** Lets the clock go on whenever somebody waits for it: the table is real, and answers in its own time. */
async function passingTime<T>(work: Promise<T>): Promise<T> {
  let works = true;
  const ended = () => {
    works = false;
  };
  work.then(ended, ended);
  while (works) {
    if (clock.sleeping > 0) await clock.advance(500);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return work;
}

function storeOf(): CallStore {
  return callItems({ tableName: table.tableName, client: dynamoDb.client, clock });
}

/** The ledger of a process of its own. */
function container(store = storeOf()): Ledger {
  return ledger({ store, clock, leaseMarginMs: LEASE_MARGIN_MS });
}

/** Opens when so many wait at it. */
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
