import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalHash } from '../../../lib/ledger/payload-hash.ts';
import type { Conduct } from '../ledger/ledger-parts.ts';
import { type Fault, KINDS, type Kind, type Message, type World, world } from './consumer-world.ts';

/** What is known of one call: a sequential model of one worker, without leases, attempts or time. */
type Call = {
  readonly payload: number;
  /** `open`: it was started, and a fault has left open what has become of it. */
  readonly state: 'fresh' | 'open' | 'done' | 'rejected';
};

interface Model {
  readonly calls: Map<string, Call>;
  /** Forward jumps of the wall clock so far: together they stay below what the settle delay has to spare. */
  jumpedMs: number;
}

const SIZE = 6;
const MOST_JUMPED_MS = 200_000;
/** After it no call of Siebel's is under way any more, with every jump of the clock. */
const LATE_MS = 400_000;
/** Codes that a call can end with, and whether it can have taken effect then. */
const CODES: ReadonlyMap<string, 'never' | 'perhaps'> = new Map([
  ['SIEBEL_VALIDATION', 'never'],
  ['EXPIRED', 'never'],
  ['OUTCOME_UNKNOWN', 'perhaps'],
  ['REPEATED_CRASH', 'perhaps'],
]);

const inputOf = (payload: number) => ({ Name: `payload ${payload}` });
const hashOf = ({ payload = -1 }: Message) => canonicalHash(inputOf(payload));
const ids = (messages: readonly Message[]) => messages.map(({ id }) => id);
const idOf = ({ kind, key }: Pick<Message, 'kind' | 'key'>) => `${kind} ${key}`;

/** Whether the table holds an end that lets this message be acknowledged. */
function isSettled(message: Message, { store }: World): boolean {
  if (store.rejections.has(message.id)) return true;
  const item = message.key === undefined ? undefined : store.itemAt(message.key);
  if (!item || item.payloadHash !== hashOf(message)) return false;
  // Of a redrive: it was worked on, or the call has been parked anew since by a message that was there before.
  const { redriveAtMs = 0, rejectedAtMs = 0 } = item;
  if (item.state === 'REJECTED') return Math.max(redriveAtMs, rejectedAtMs) >= (message.redriveAtMs ?? 0);
  return item.state === 'DONE';
}

/** What holds at every instant, whatever has happened. */
function check(real: World): void {
  const effects = Map.groupBy(real.siebel.executed, (key) => key);
  for (const item of real.store.items.values()) {
    const count = effects.get(item.key)?.length ?? 0;
    if (item.operation !== 'repeatable') expect(count, `effects of ${item.key}`).toBeLessThanOrEqual(1);
    if (item.state === 'DONE') expect(count, `effects of ${item.key}, which is done`).toBeGreaterThan(0);
    if (item.state !== 'REJECTED') continue;
    const effect = CODES.get(item.code ?? '');
    expect(effect, `code of ${item.key}: ${item.code}`).toBeDefined();
    if (effect === 'never' && item.operation !== 'repeatable') expect(count, `effects of ${item.key}`).toBe(0);
    // An insert is looked up, unless a message of it that has expired met it started, by one that is not at work any more.
    const expires = [...real.messages.values()].some(
      ({ key, notAfterMs }) => key === item.key && notAfterMs !== undefined,
    );
    if (item.code === 'OUTCOME_UNKNOWN' && !(item.operation === 'insert' && expires)) {
      expect(item.operation).toBe('unrepeatable');
    }
    if (item.code === 'REPEATED_CRASH') expect(real.faults).toBeGreaterThanOrEqual(5);
  }
  for (const message of real.messages.values()) {
    if (message.deleted && !isRedriven(message, real)) {
      expect(isSettled(message, real), `${message.id} is gone, and settled`).toBe(true);
    }
  }
}

/** A redrive begins the call anew: what was acknowledged before lives on in the redrive's own message. */
function isRedriven({ key, redriveAtMs = 0 }: Message, { messages }: World): boolean {
  return [...messages.values()].some((other) => other.key === key && (other.redriveAtMs ?? 0) > redriveAtMs);
}

/** Which messages of a batch come back, when nothing but Siebel's conduct befalls it; what it may be is told in order. */
function foretold(batch: readonly Message[], model: Model, conduct: Conduct, nowMs: number): Map<string, boolean> {
  const comesBack = new Map<string, boolean>();
  const stopped = new Set<string>();
  for (const message of batch) {
    if (message.kind === undefined) {
      comesBack.set(message.id, false);
      continue;
    }
    const id = idOf(message);
    const call = model.calls.get(id) ?? { payload: message.payload ?? 0, state: 'fresh' };
    if (call.state === 'open') continue;
    if (stopped.has(id)) {
      comesBack.set(message.id, true);
      continue;
    }
    comesBack.set(message.id, false);
    // Another input is a conflict, and what has ended is acknowledged: neither changes anything.
    if (call.payload !== message.payload || call.state !== 'fresh') continue;
    if (nowMs > (message.notAfterMs ?? Number.POSITIVE_INFINITY) || conduct === 'refuses') {
      model.calls.set(id, { ...call, state: 'rejected' });
    } else if (conduct === 'answers') {
      model.calls.set(id, { ...call, state: 'done' });
    } else {
      // Nothing was sent; the next of this call waits for its turn.
      model.calls.set(id, call);
      comesBack.set(message.id, true);
      stopped.add(id);
    }
  }
  return comesBack;
}

/** After a fault the model takes over what the table says, which `check` has judged. */
function adopt(model: Model, { store }: World): void {
  for (const { operation, key, state, payloadHash } of store.items.values()) {
    const payload = [0, 1].find((candidate) => canonicalHash(inputOf(candidate)) === payloadHash) ?? 0;
    const known = { DONE: 'done', REJECTED: 'rejected', NEW: 'fresh', QUEUED: 'fresh', STARTED: 'open' } as const;
    model.calls.set(`${operation} ${key}`, { payload, state: known[state] });
  }
}

type Command = fc.AsyncCommand<Model, World>;

function send(kind: Kind, n: number, payload: number, notAfterInMs: number | undefined): Command {
  return {
    check: () => true,
    toString: () =>
      `send ${kind} ${n} payload ${payload}${notAfterInMs === undefined ? '' : ` for ${notAfterInMs} ms`}`,
    async run(_, real) {
      const key = `${kind}/${n}`;
      const notAfterMs = notAfterInMs === undefined ? undefined : real.clock.now() + notAfterInMs;
      const notAfter = notAfterMs === undefined ? undefined : new Date(notAfterMs).toISOString();
      const body = JSON.stringify({ operation: kind, key, input: inputOf(payload), notAfter });
      real.send({ body, kind, key, payload, notAfterMs });
    },
  };
}

function sendBad(body: string): Command {
  return {
    check: () => true,
    toString: () => `send ${JSON.stringify(body)}`,
    run: async (_, real) => void real.send({ body }),
  };
}

interface DeliveryPlan {
  readonly order: number;
  readonly conduct: Conduct;
  readonly fault: Fault | undefined;
  readonly losesDelete: boolean;
  readonly pauses: readonly number[];
  /** Another container gets the same messages at the same time. */
  readonly twice: boolean;
}

function deliver(plan: DeliveryPlan): Command {
  return {
    check: () => true,
    toString: () => `deliver ${JSON.stringify(plan)}`,
    async run(model, real) {
      const visible = real.visible();
      if (visible.length === 0) return;
      const turned = visible.map((_, index) => visible[(index + plan.order) % visible.length] as Message);
      const batch = (plan.order % 2 === 0 ? turned : turned.toReversed()).slice(0, SIZE);

      real.siebel.conduct = plan.conduct;
      real.siebel.lateMs = LATE_MS;
      const isAlone = !plan.twice && real.frozen === 0;
      const isCalm = isAlone && !plan.fault && ['answers', 'refuses', 'is not reached'].includes(plan.conduct);
      const redriven = batch.some(({ redriveAtMs }) => redriveAtMs !== undefined);
      // Of a batch that takes long it cannot be foretold which of its messages expire meanwhile.
      const expires = batch.some(({ notAfterMs = 0 }) => Math.abs(notAfterMs - real.clock.now()) < 60_000);
      const lines = real.lines.length;
      const expected =
        isCalm && !redriven && !expires
          ? foretold(batch, model, plan.conduct, real.clock.now())
          : new Map<string, boolean>();

      const [answer] = await Promise.all([
        real.deliver(batch, plan),
        plan.twice ? real.deliver(batch, { ...plan, fault: undefined }) : undefined,
      ]);

      check(real);
      if (answer) {
        if (isAlone) {
          const told = real.lines.slice(lines).filter(({ event }) => event === 'CALL_SETTLED');
          expect(told.map(({ messageId }) => messageId).sort()).toEqual(batch.map(({ id }) => id).sort());
          // What waits behind another of its call is not begun, even when it was settled by an earlier delivery.
          const unstarted = new Set(
            told.flatMap(({ messageId, outcome }) => (outcome === 'unstarted' ? [messageId] : [])),
          );
          const plain = batch.filter((message) => !isRedriven(message, real));
          const unsettled = plain.filter((message) => unstarted.has(message.id) || !isSettled(message, real));
          const back = plain.filter(({ id }) => answer.has(id));
          expect(ids(back), 'what comes back is exactly what is not settled (R01)').toEqual(ids(unsettled));
        }
        for (const [id, comesBack] of expected) expect(answer.has(id), `${id} comes back`).toBe(comesBack);
      }
      adopt(model, real);
    },
  };
}

function advance(ms: number): Command {
  return {
    check: () => true,
    toString: () => `advance ${ms} ms`,
    async run(model, real) {
      await real.clock.advance(ms);
      check(real);
      adopt(model, real);
    },
  };
}

function jump(ms: number): Command {
  return {
    check: ({ jumpedMs }) => ms < 0 || jumpedMs + ms <= MOST_JUMPED_MS,
    toString: () => `jump of the wall clock by ${ms} ms`,
    async run(model, real) {
      model.jumpedMs += Math.max(0, ms);
      real.clock.setWall(real.clock.now() + ms);
    },
  };
}

/** The queue delivers a message that was deleted: it may, as its servers agree late. */
function deliverDeleted(n: number): Command {
  return {
    check: () => true,
    toString: () => `deliver a deleted message again (${n})`,
    async run(_, real) {
      const deleted = [...real.messages.values()].filter((message) => message.deleted);
      const message = deleted[n % Math.max(1, deleted.length)];
      if (message) Object.assign(message, { deleted: false, visibleAtMs: real.clock.elapsed() });
    },
  };
}

/** An operator sends a parked call again, unless it may have taken effect and nobody can find out. */
function redrive(n: number): Command {
  return {
    check: () => true,
    toString: () => `redrive (${n})`,
    async run(_, real) {
      const parked = [...real.store.items.values()].filter(
        ({ state, operation, code }) =>
          state === 'REJECTED' &&
          (code === 'SIEBEL_VALIDATION' || (code === 'REPEATED_CRASH' && operation !== 'unrepeatable')),
      );
      const item = parked[n % Math.max(1, parked.length)];
      if (!item) return;
      const { operation, key } = item;
      const payload = [0, 1].find((candidate) => canonicalHash(inputOf(candidate)) === item.payloadHash) ?? 0;
      const body = JSON.stringify({ operation, key, input: inputOf(payload) });
      // It lifts the rejection that the operator has seen, and no later one.
      const redriveAtMs = Math.max(item.rejectedAtMs ?? 0, item.redriveAtMs ?? 0) + 1;
      real.send({ body, kind: operation as Kind, key, payload, redriveAtMs });
    },
  };
}

const fault = fc.record(
  {
    atStep: fc.integer({ min: 1, max: 16 }),
    frozenMs: fc.constantFrom(30_000, 90_000, 500_000, 2_000_000),
  },
  { requiredKeys: ['atStep'] },
) as fc.Arbitrary<Fault>;
const plan = fc.record({
  order: fc.nat(7),
  conduct: fc.constantFrom<Conduct>(
    'answers',
    'answers',
    'loses the answer',
    'commits late',
    'is not reached',
    'loses the request',
    'refuses',
  ),
  fault: fc.option(fault, { nil: undefined, freq: 2 }),
  losesDelete: fc.boolean(),
  pauses: fc.array(fc.constantFrom(0, 10, 50, 1_000), { maxLength: 4 }),
  twice: fc.boolean(),
});
const commands = [
  fc
    .tuple(
      fc.constantFrom(...KINDS),
      fc.nat(1),
      fc.constantFrom(0, 0, 0, 1),
      fc.option(fc.constantFrom(-1_000, 100_000), { nil: undefined, freq: 6 }),
    )
    .map((parts) => send(...parts)),
  fc.constantFrom('', '{', '[]', '{"operation":"insert"}').map(sendBad),
  plan.map(deliver),
  plan.map(deliver),
  fc.constantFrom(1_000, 70_000, 370_000, 800_000).map(advance),
  fc.constantFrom(-30_000, -4_000, 4_000, 30_000).map(jump),
  fc.nat(20).map(deliverDeleted),
  fc.nat(20).map(redrive),
];

describe('the consumer, beside a sequential model', () => {
  it('loses nothing and applies nothing twice, whatever befalls messages, processes and clocks', async () => {
    const seen = { messages: 0, faults: 0, codes: new Set<string>() };
    await fc.assert(
      fc.asyncProperty(fc.commands(commands, { maxCommands: 60, size: 'max' }), async (run) => {
        const real = world();
        await fc.asyncModelRun(() => ({ model: { calls: new Map(), jumpedMs: 0 } satisfies Model, real }), run);

        // In quiet times everything comes to its end, within the receives that R75 and the settle delay need.
        real.siebel.conduct = 'answers';
        for (let round = 0; round < 60 && [...real.messages.values()].some(({ deleted }) => !deleted); round += 1) {
          const batch = real.visible().slice(0, SIZE);
          if (batch.length > 0) await real.deliver(batch);
          else await real.clock.advance(60_000);
        }
        check(real);
        const left = [...real.messages.values()].filter(({ deleted }) => !deleted);
        expect(left.map(({ id, receiveCount }) => [id, receiveCount])).toEqual([]);

        seen.messages += real.messages.size;
        seen.faults += real.faults;
        for (const { code } of real.store.rejections.values()) seen.codes.add(code);
      }),
      { numRuns: 300, seed: 20_261_126 },
    );
    expect(seen.messages).toBeGreaterThan(1_000);
    expect(seen.faults).toBeGreaterThan(200);
    expect([...seen.codes]).toEqual(
      expect.arrayContaining(['SIEBEL_VALIDATION', 'EXPIRED', 'OUTCOME_UNKNOWN', 'CONFLICT']),
    );
  });
});
