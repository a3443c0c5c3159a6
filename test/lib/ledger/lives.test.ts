import fc from 'fast-check';
import { expect, it } from 'vitest';
import { NoResponseError, SiebelResponseError } from '../../../lib/errors.ts';
import type { CallStore } from '../../../lib/ledger/call-item.ts';
import type { CallEnd, LookUpHint, LookUpResult, WriteKind } from '../../../lib/ledger/ledger.ts';
import { ledger } from '../../../lib/ledger/run.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { CALL_MS, LEASE_MARGIN_MS, memoryStore, messageOf, SETTLE_MS, timedOut } from './ledger-parts.ts';

const SEED = Number(process.env['SEED'] ?? 20_265);
const RUNS = 3_000;
const KINDS = ['insert', 'insert', 'repeatable', 'unrepeatable'] as const;

/** What befalls one write, and the look-up of the same delivery. */
const delivery = fc.record({
  write: fc.constantFrom(
    ...(['answers', 'answer lost', 'late', 'late', 'not reached', 'request lost', 'request lost'] as const),
    ...(['refused', '429'] as const),
  ),
  takesMs: fc.integer({ min: 0, max: 10_000 }),
  lateMs: fc.integer({ min: 0, max: 580_000 }),
  lookUpFails: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, fc.constant(true)),
  /** The process dies at this write of its item, before or after it is stored. */
  dies: fc.option(fc.record({ at: fc.integer({ min: 1, max: 3 }), stored: fc.boolean() }), { nil: undefined, freq: 4 }),
  othersInsert: fc.oneof({ weight: 6, arbitrary: fc.constant(false) }, fc.constant(true)),
  /** A person redrives it, when it is parked with anything but an unknown outcome. */
  redrives: fc.boolean(),
  pauseMs: fc.integer({ min: 0, max: 400_000 }),
});
const life = fc.record({
  kind: fc.constantFrom(...KINDS),
  /** Siebel refuses a second record with the natural key. */
  unique: fc.boolean(),
  /** A record of ours is known by a marker; else by the time at which it was created. */
  marker: fc.boolean(),
  looksFirst: fc.constantFrom(false, false, false, true),
  notAfterInMs: fc.option(fc.integer({ min: 0, max: 1_000_000 }), { nil: undefined, freq: 2 }),
  deliveries: fc.array(delivery, { minLength: 14, maxLength: 14 }),
});
type Life = typeof life extends fc.Arbitrary<infer L> ? L : never;

it(`tells the truth of a call at the end of any life: done once, or parked as what it is (R07, R08, R09, seed ${SEED})`, async () => {
  const ends = new Set<string>();
  await fc.assert(
    fc.asyncProperty(life, async (lived) => {
      const { item, code, effects, others } = await endOf(lived);
      ends.add(`${lived.kind} ${item?.state} ${code ?? ''}`);
      if (lived.kind !== 'repeatable') expect(effects, 'effects').toBeLessThanOrEqual(1);
      if (item?.state === 'DONE') expect(effects, 'effects of what is done').toBeGreaterThan(0);
      // Parked with a certain outcome, or refused as too late before it began.
      if (item?.state !== 'DONE' && code !== undefined && !item?.unknown) {
        expect(effects, `effects of what is parked as ${code}`).toBe(0);
      }
      if (code === 'CONFLICT') expect(others, 'the record of others that was in its way').toBe(true);
      if (code === 'CONFLICT_HIDDEN') expect(effects, 'effects of a hidden conflict').toBe(0);
      if (lived.kind === 'unrepeatable' && item?.unknown) expect(code).toBe('OUTCOME_UNKNOWN');
    }),
    { numRuns: RUNS, seed: SEED },
  );

  for (const end of ['insert DONE', 'insert REJECTED CONFLICT', 'unrepeatable REJECTED OUTCOME_UNKNOWN']) {
    expect([...ends].map((what) => what.trim())).toContain(end);
  }
}, 60_000);

/** Lives the life, and waits until Siebel has ended all that it was sent. */
async function endOf({ kind, unique, marker, looksFirst, notAfterInMs, deliveries }: Life) {
  const clock = fakeClock();
  const store = memoryStore();
  const notAfterMs = notAfterInMs === undefined ? undefined : clock.now() + notAfterInMs;
  let records: { readonly ours: boolean; readonly atMs: number }[] = [];
  let late: number[] = [];
  let effects = 0;

  const commit = (atMs: number): boolean => {
    if (kind === 'insert' && unique && records.length > 0) return false;
    effects += 1;
    records = [...records, { ours: true, atMs }];
    return true;
  };
  const catchUp = () => {
    for (const dueAtMs of late.filter((atMs) => atMs <= clock.now())) commit(dueAtMs);
    late = late.filter((dueAtMs) => dueAtMs > clock.now());
  };

  let code: string | undefined;
  let redriveAtMs: number | undefined;
  let receiveCount = 0;
  for (const { write, takesMs, lateMs, lookUpFails, dies, othersInsert, redrives, pauseMs } of deliveries) {
    if (othersInsert && !(unique && records.length > 0)) records = [...records, { ours: false, atMs: clock.now() }];
    receiveCount += 1;
    const lookUp = async ({ firstStartedAtMs }: LookUpHint): Promise<LookUpResult> => {
      catchUp();
      if (lookUpFails) throw new NoResponseError('CONNECT_FAILED', 'no', { sent: false });
      const own = records.find(({ ours, atMs }) => ours && (marker || atMs >= firstStartedAtMs - 5_000));
      if (own) return { found: 'ours', id: '1-1' };
      return { found: records.length > 0 ? 'others' : 'absent' };
    };
    const writeKind: WriteKind =
      kind === 'insert' ? { kind, lookUp, settleMs: SETTLE_MS, unique, looksFirst } : { kind };
    const run = ledger({ store: dyingAt(store, dies), clock, leaseMarginMs: LEASE_MARGIN_MS }).run({
      name: { operation: 'o', key: 'k' },
      payloadHash: 'hash-1',
      write: writeKind,
      message: messageOf({ receiveCount, messageId: `message-${redriveAtMs}`, redriveAtMs }),
      deadlineAtMs: clock.now() + CALL_MS,
      notAfterMs,
      async send(beforeWrite) {
        await beforeWrite();
        catchUp();
        if (write === 'not reached') throw new NoResponseError('CONNECT_FAILED', 'no', { sent: false });
        if (write === '429') throw refusal('SIEBEL_UNAVAILABLE');
        if (write === 'refused') throw refusal('SIEBEL_VALIDATION');
        await clock.sleep(takesMs);
        if (write === 'late') late = [...late, clock.now() + lateMs];
        if (write === 'late' || write === 'request lost') throw timedOut(kind);
        if (!commit(clock.now())) throw refusal('SIEBEL_CONFLICT');
        if (write === 'answer lost') throw timedOut(kind);
        return { recordId: '1-1' };
      },
    });
    let ended: CallEnd | { readonly code: string } | undefined;
    void run.then(
      (end) => (ended = end),
      (error: { code: string }) => (ended = error),
    );
    await clock.advance(CALL_MS + 10_000);
    await clock.advance(pauseMs);

    code = ended && 'code' in ended && (hasOutcome(ended) || ended.code === 'EXPIRED') ? ended.code : undefined;
    if (ended && hasOutcome(ended) && ended.outcome === 'done') break;
    if (code === undefined) continue;
    if (!redrives || code === 'EXPIRED' || code === 'OUTCOME_UNKNOWN') break;
    redriveAtMs = (store.itemAt()?.rejectedAtMs ?? 0) + 1;
    receiveCount = 0;
  }
  await clock.advance(SETTLE_MS);
  catchUp();
  return { item: store.itemAt(), code, effects, others: records.some(({ ours }) => !ours) };
}

function hasOutcome(ended: CallEnd | { readonly code: string }): ended is CallEnd {
  return 'outcome' in ended;
}

function dyingAt(store: CallStore, dies: { readonly at: number; readonly stored: boolean } | undefined): CallStore {
  let writes = 0;
  return {
    ...store,
    async put(...write) {
      writes += 1;
      if (writes !== dies?.at) return store.put(...write);
      if (dies.stored) await store.put(...write);
      return new Promise(() => undefined);
    },
  };
}

function refusal(code: 'SIEBEL_VALIDATION' | 'SIEBEL_CONFLICT' | 'SIEBEL_UNAVAILABLE'): SiebelResponseError {
  const unavailable = code === 'SIEBEL_UNAVAILABLE';
  return new SiebelResponseError(code, 'no', {
    failureClass: unavailable ? 'environment' : 'message',
    status: unavailable ? 429 : 500,
  });
}
