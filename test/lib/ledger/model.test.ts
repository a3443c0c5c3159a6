import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { CallEnd, WriteKind } from '../../../lib/ledger/ledger.ts';
import { type FakeClock, fakeClock } from '../../support/fake-clock.ts';
import { type Delivered, deliver } from './dropped-worker.ts';
import {
  CALL_MS,
  type Conduct,
  type MemoryStore,
  type ModelSiebel,
  memoryStore,
  messageOf,
  modelSiebel,
  SETTLE_MS,
} from './ledger-parts.ts';

const SEED = Number(process.env['SEED'] ?? 20_264);
const RUNS = 1_000;
const MOST_COMMANDS = 60;

const KEYS: Readonly<Record<string, WriteKind['kind']>> = {
  r: 'repeatable',
  i: 'insert',
  j: 'insert',
  u: 'unrepeatable',
};
const CONDUCTS: readonly Conduct[] = [
  'answers',
  'answers',
  'loses the answer',
  'commits late',
  'loses the request',
  'is not reached',
  'refuses',
];

/** What a sequential reader of the rules knows of a call: nothing of items, leases or attempts. */
interface Known {
  /** How it has ended, as the producer was told. */
  ended?: { readonly outcome: 'done' | 'parked'; readonly code?: string } | undefined;
  /** The input that Siebel has been sent, or that it has ended with. */
  hash?: string | undefined;
  /** Whether a redrive has replaced one of the two inputs by the other, so that both are answered. */
  corrected: 'no' | 'perhaps' | 'yes';
  /** Siebel may still be at work until then, by the monotonic clock. */
  quietAtMs: number;
}

interface Model {
  readonly calls: Record<string, Known>;
}

interface Real {
  readonly clock: FakeClock;
  readonly store: MemoryStore;
  readonly siebel: ModelSiebel;
  readonly seen: Set<string>;
}

/** One delivery of a message, to a process that may die on its way. */
class Deliver implements fc.AsyncCommand<Model, Real> {
  readonly key: string;
  readonly hash: string;
  readonly conduct: Conduct;
  readonly diesAt: number | undefined;
  readonly again: boolean;
  readonly redrive: boolean;

  constructor(
    key: string,
    hash: string,
    conduct: Conduct,
    diesAt: number | undefined,
    again: boolean,
    redrive: boolean,
  ) {
    this.key = key;
    this.hash = hash;
    this.conduct = conduct;
    this.diesAt = diesAt;
    this.again = again;
    this.redrive = redrive;
  }

  // The command line leaves unknown outcomes out.
  check({ calls }: Readonly<Model>): boolean {
    const ended = calls[this.key]?.ended;
    return !this.redrive || (ended?.outcome === 'parked' && ended.code === 'SIEBEL_VALIDATION');
  }

  async run({ calls }: Model, real: Real): Promise<void> {
    const known = calls[this.key] as Known;
    const { store, siebel } = real;
    siebel.conduct = this.conduct;
    const before = { requests: siebel.requests, effects: effectsOf(siebel, this.key) };
    const replaces = known.hash !== undefined && known.hash !== this.hash;
    const item = store.itemAt(this.key);
    const redriveAtMs = Math.max(item?.rejectedAtMs ?? 0, item?.redriveAtMs ?? 0) + 1;
    const met: string[] = [];

    const delivered = await deliver(
      real,
      {
        kind: KEYS[this.key] as WriteKind['kind'],
        key: this.key,
        payloadHash: this.hash,
        message: messageOf({ receiveCount: this.again ? 2 : 1, ...(this.redrive && { redriveAtMs }) }),
      },
      { diesAt: this.diesAt, met: (point) => met.push(point) },
    );
    for (const point of met) real.seen.add(point);
    if ('diedAt' in delivered) real.seen.add(`died at ${delivered.diedAt}`);
    if ('error' in delivered) real.seen.add(`threw ${String((delivered.error as { code?: unknown }).code)}`);

    const sent = siebel.requests - before.requests;
    expect(sent).toBeLessThanOrEqual(1);
    this.#expectNoSecondEffect(known, real, sent);
    this.#expectTold(known, delivered, sent, met);
    if (sent > 0) this.#noteSent(known, real);
    // A redrive that has not come to an end may have opened the call again, with its own input.
    if (this.redrive && !('end' in delivered)) {
      const corrected = known.corrected === 'no' && replaces ? 'perhaps' : known.corrected;
      Object.assign(known, { ended: undefined, hash: undefined, corrected });
    }
  }

  /** R07, R08, R13: what is sent, by what has been sent before. */
  #expectNoSecondEffect(known: Known, { clock, siebel }: Real, sent: number): void {
    const effects = effectsOf(siebel, this.key);
    if (KEYS[this.key] !== 'repeatable') expect(effects).toBeLessThanOrEqual(1);
    if (sent === 0) return;
    if (known.ended) expect(this.redrive).toBe(true);
    if (KEYS[this.key] === 'insert') expect(clock.elapsed()).toBeGreaterThanOrEqual(known.quietAtMs);
    if (KEYS[this.key] === 'unrepeatable') expect(known.quietAtMs).toBe(0);
    if (known.hash !== undefined && !this.redrive) expect(this.hash).toBe(known.hash);
  }

  /** R05, R13, R79: what the producer is told. */
  #expectTold(known: Known, delivered: Delivered, sent: number, met: readonly string[]): void {
    if ('diedAt' in delivered) return;
    if (known.ended && !this.redrive) {
      const answer = expect.objectContaining({ end: expect.objectContaining({ ...known.ended, repeated: true }) });
      const conflict = expect.objectContaining({ error: expect.objectContaining({ code: 'CONFLICT' }) });
      const isAnswered = known.corrected === 'yes' || (known.corrected === 'no' && known.hash === this.hash);
      const either = known.corrected === 'perhaps' && 'end' in delivered;
      expect(delivered).toEqual(isAnswered || either ? answer : conflict);
      return;
    }
    if ('error' in delivered) {
      const { code, failureClass } = delivered.error as { code: string; failureClass: string };
      if (failureClass === 'message') expect({ code, sent }).toEqual({ code: 'CONFLICT', sent: 0 });
      else expect(['environment', 'unknown-outcome']).toContain(failureClass);
      return;
    }
    const { end } = delivered;
    if (end.outcome === 'done' && !end.repeated && !end.reconciled) expect(sent).toBe(1);
    this.#noteEnd(known, end, met);
  }

  #noteEnd(known: Known, end: CallEnd, met: readonly string[]): void {
    if (end.outcome === 'done') known.ended = { outcome: 'done' };
    else {
      const codes = [
        'SIEBEL_VALIDATION',
        'REPEATED_CRASH',
        ...(KEYS[this.key] === 'unrepeatable' ? ['OUTCOME_UNKNOWN'] : []),
      ];
      expect(codes).toContain(end.code);
      known.ended = { outcome: 'parked', code: end.code };
    }
    expect(met.at(-1)).toBe('to be acknowledged');
    // Both inputs may be told it, and which of them has ended so is not said.
    if (end.repeated && known.corrected !== 'no') return;
    if (known.hash !== undefined && known.hash !== this.hash) known.corrected = 'yes';
    known.hash = this.hash;
  }

  #noteSent(known: Known, { clock }: Real): void {
    known.hash = this.hash;
    // Siebel says no, or gets nothing: then nothing is at work.
    if (this.conduct === 'refuses' || this.conduct === 'is not reached') return;
    known.quietAtMs = clock.elapsed() + SETTLE_MS;
  }

  toString(): string {
    const how = [
      this.again && 'again',
      this.redrive && 'redriven',
      this.diesAt !== undefined && `dies at ${this.diesAt}`,
    ];
    return `deliver ${this.key} ${this.hash}, Siebel ${this.conduct}${how
      .filter(Boolean)
      .map((what) => `, ${what}`)
      .join('')}`;
  }
}

/** Time passes, on both clocks. */
class Advance implements fc.AsyncCommand<Model, Real> {
  readonly byMs: number;

  constructor(byMs: number) {
    this.byMs = byMs;
  }

  check(): boolean {
    return true;
  }

  async run(_: Model, { clock }: Real): Promise<void> {
    await clock.advance(this.byMs);
  }

  toString(): string {
    return `advance ${this.byMs}`;
  }
}

/** The wall clock alone is set: back by any time, ahead by as much as two containers may differ. */
class Jump implements fc.AsyncCommand<Model, Real> {
  readonly byMs: number;

  constructor(byMs: number) {
    this.byMs = byMs;
  }

  check(): boolean {
    return true;
  }

  async run(_: Model, { clock, seen }: Real): Promise<void> {
    clock.setWall(clock.now() + this.byMs);
    seen.add(this.byMs < 0 ? 'jumped back' : 'jumped ahead');
  }

  toString(): string {
    return `jump ${this.byMs}`;
  }
}

it(`behaves as a sequential reader of the rules expects, through deaths and jumps of the clock (F110, seed ${SEED})`, async () => {
  const seen = new Set<string>();
  const deliveries = fc
    .tuple(
      fc.constantFrom(...Object.keys(KEYS)),
      fc.constantFrom('hash-1', 'hash-1', 'hash-1', 'hash-2'),
      fc.constantFrom(...CONDUCTS),
      fc.option(fc.oneof(fc.nat({ max: 24 }), fc.integer({ min: 9, max: 14 })), { nil: undefined, freq: 2 }),
      fc.boolean(),
      fc.constantFrom(false, false, true),
    )
    .map((members) => new Deliver(...members));
  const commands = fc.commands(
    [
      deliveries,
      deliveries,
      deliveries,
      fc.constantFrom(1_000, CALL_MS, CALL_MS + 22_000, 300_000, SETTLE_MS, SETTLE_MS).map((byMs) => new Advance(byMs)),
      fc.constantFrom(-3_600_000, -5_000, -5_000, -1, 1, 1, 1, 1).map((byMs) => new Jump(byMs)),
    ],
    { maxCommands: MOST_COMMANDS, size: 'max' },
  );

  let runs = 0;
  await fc.assert(
    fc.asyncProperty(commands, fc.boolean(), async (sequence, unique) => {
      runs += 1;
      const clock = fakeClock();
      const real: Real = { clock, store: memoryStore(), siebel: modelSiebel(clock, { unique }), seen };
      const calls: Record<string, Known> = Object.fromEntries(
        Object.keys(KEYS).map((key) => [key, { corrected: 'no' as const, quietAtMs: 0 }]),
      );
      await fc.asyncModelRun(() => ({ model: { calls }, real }), sequence);
      await drain(calls, real);
    }),
    { numRuns: RUNS, seed: SEED },
  );

  expect(runs).toBe(RUNS);
  for (const what of [
    'jumped back',
    'jumped ahead',
    'died at start stored',
    'died at executed',
    'died at send again stored',
  ]) {
    expect([...seen]).toContain(what);
  }
  for (const what of [
    'threw CONFLICT',
    'threw IN_PROGRESS',
    'threw OUTCOME_UNKNOWN',
    'threw CONNECT_FAILED',
    'threw TIMED_OUT',
  ]) {
    expect([...seen]).toContain(what);
  }
}, 60_000);

/** Delivers each call until it has ended: nothing may be left open, or have taken effect otherwise than was told. */
async function drain(calls: Readonly<Record<string, Known>>, real: Real): Promise<void> {
  const { clock, siebel } = real;
  siebel.conduct = 'answers';
  for (const [key, { ended, hash = 'hash-1' }] of Object.entries(calls)) {
    let end: Partial<CallEnd> | undefined = ended;
    for (let delivery = 2; !end; delivery += 1) {
      expect(delivery).toBeLessThan(100);
      const payloadHash = real.store.itemAt(key)?.payloadHash ?? hash;
      const delivered = await deliver(
        real,
        { kind: KEYS[key] as WriteKind['kind'], key, payloadHash, message: messageOf({ receiveCount: delivery }) },
        { met: () => undefined },
      );
      if ('end' in delivered) end = delivered.end;
      await clock.advance(SETTLE_MS);
    }
    await clock.advance(SETTLE_MS);

    const effects = effectsOf(siebel, key);
    const code = end.outcome === 'parked' && 'code' in end ? end.code : undefined;
    if (code === 'SIEBEL_VALIDATION' && KEYS[key] !== 'repeatable')
      expect({ key, effects }).toEqual({ key, effects: 0 });
    if (end.outcome === 'done' && KEYS[key] !== 'repeatable') expect({ key, effects }).toEqual({ key, effects: 1 });
    if (end.outcome === 'done') expect(effects).toBeGreaterThanOrEqual(1);
    if (KEYS[key] !== 'repeatable') expect(effects).toBeLessThanOrEqual(1);
  }
}

function effectsOf(siebel: ModelSiebel, key: string): number {
  return siebel.executed.filter((marker) => marker === `marker ${key}`).length;
}
