import { describe, expect, it } from 'vitest';
import { NoResponseError, ServiceUnavailableError, UnusableResponseError } from '../../../lib/errors.ts';
import type { CallReport } from '../../../lib/siebel/call.ts';
import { circuit } from '../../../lib/siebel/circuit.ts';
import { permits } from '../../../lib/siebel/permits.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { ACCOUNT, answer, clientOver, type Scripted, settledOn } from './parts.ts';

const DONE = answer(200, { items: { Id: '1-7' } });
const GOOD = answer(200, { items: [{ Id: '1-1' }] });
const lost = new NoResponseError('CONNECTION_LOST', 'lost', { sent: true });
const unsent = new NoResponseError('CONNECT_FAILED', 'refused', { sent: false });

/** A client whose writes ask `beforeWrite`, which notes what had been sent by then. */
function asking(answers: readonly Scripted[], beforeWrite: (turn: number) => void = () => {}) {
  const clock = fakeClock();
  const own = permits({ total: 1, clock });
  const parts = clientOver(answers, { clock, permits: own });
  const sentBefore: number[] = [];
  const reports: CallReport[] = [];
  const options = {
    ...parts.options,
    async beforeWrite() {
      sentBefore.push(parts.http.requests.length);
      beforeWrite(sentBefore.length);
    },
    onCall: (report: CallReport) => reports.push(report),
  };
  return { ...parts, own, options, sentBefore, reports };
}

const insert = ({ client, clock, options }: ReturnType<typeof asking>) =>
  settledOn(clock, client.insert(ACCOUNT, { Name: 'Acme' }, options));
const upsert = ({ client, clock, options }: ReturnType<typeof asking>) =>
  settledOn(clock, client.upsert(ACCOUNT, { Name: 'Acme', Location: '' }, options));

function isFree(own: ReturnType<typeof permits>): boolean {
  const taken = own.take({ waitMs: 0 });
  if (taken instanceof Promise) taken.catch(() => {});
  return !(taken instanceof Promise);
}

describe('beforeWrite', () => {
  it('is awaited before the request leaves, with token and permit in hand (R06)', async () => {
    const clock = fakeClock();
    const own = permits({ total: 1, clock });
    const parts = clientOver([DONE], { clock, permits: own });
    const seen: unknown[] = [];
    let stored = () => {};
    const beforeWrite = () =>
      new Promise<void>((resolve) => {
        const next = own.take({ waitMs: 0 });
        if (next instanceof Promise) next.catch(() => {});
        seen.push({ sent: parts.http.requests.length, permitLeft: !(next instanceof Promise) });
        stored = resolve;
      });
    const call = parts.client.insert(ACCOUNT, { Name: 'Acme' }, { ...parts.options, beforeWrite });
    await clock.advance(2_000);

    expect(seen).toEqual([{ sent: 0, permitLeft: false }]);
    expect(parts.http.requests).toEqual([]);
    stored();
    await expect(settledOn(clock, call)).resolves.toEqual({ id: '1-7' });
    expect(parts.http.requests).toHaveLength(1);
  });

  it('is not asked when no permit comes or no time is left: nothing has begun', async () => {
    const noPermit = asking([DONE]);
    await noPermit.own.take({ waitMs: 0 });
    await expect(insert(noPermit)).rejects.toMatchObject({ code: 'NO_FREE_CONNECTION' });
    expect(noPermit.sentBefore).toEqual([]);

    const late = asking([DONE]);
    await late.clock.advance(20_000);
    await expect(insert(late)).rejects.toMatchObject({ code: 'DEADLINE_TOO_CLOSE', sent: false });
    expect(late.sentBefore).toEqual([]);
  });

  it('is asked by every kind of write, and never by a read', async () => {
    const answers: readonly Scripted[] = [
      GOOD,
      GOOD,
      DONE,
      DONE,
      answer(200, { items: { Id: '1-1' } }),
      answer(200),
      answer(200, {}),
    ];
    const parts = asking(answers);
    const { client, options } = parts;
    await client.get(ACCOUNT, '1-1', {}, options);
    await client.queryPage(ACCOUNT, { pageSize: 1, startRow: 0 }, options);
    expect(parts.sentBefore).toEqual([]);
    await client.insert(ACCOUNT, { Name: 'a' }, options);
    await client.upsert(ACCOUNT, { Name: 'a' }, options);
    await client.update(ACCOUNT, '1-1', { Name: 'b' }, options);
    await client.delete(ACCOUNT, '1-1', options);
    await client.service({ service: 'S', method: 'M', input: {}, repeatable: false }, options);
    expect(parts.sentBefore).toEqual([2, 3, 4, 5, 6]);
  });

  it.each<[string, readonly Scripted[], readonly unknown[]]>([
    ['a 401', [answer(401), DONE], [undefined, 'after proof']],
    ['a connection that was refused', [unsent, DONE], [undefined, 'after proof']],
    ['a lost answer', [lost, DONE], [undefined, undefined]],
    ['a lost answer and a 401', [lost, answer(401), DONE], [undefined, undefined, undefined]],
    ['a 401 and a lost answer', [answer(401), lost, DONE], [undefined, 'after proof', undefined]],
  ])('is told of a repetition whether all before it was certainly not executed: after %s', async (_, answers, told) => {
    const parts = asking(answers);
    const seen: unknown[] = [];
    const beforeWrite = async (again?: 'after proof') => {
      seen.push(again);
    };
    await settledOn(
      parts.clock,
      parts.client.upsert(ACCOUNT, { Name: 'Acme', Location: '' }, { ...parts.options, beforeWrite }),
    );
    expect(seen).toEqual(told);
  });

  it('is asked again each time the write is sent: after 401, after a failure of the moment', async () => {
    const replayed = asking([answer(401), DONE]);
    await insert(replayed);
    expect(replayed.sentBefore).toEqual([0, 1]);

    const repeated = asking([lost, DONE]);
    await upsert(repeated);
    expect(repeated.sentBefore).toEqual([0, 1]);

    const neverSent = asking([unsent, DONE]);
    await insert(neverSent);
    expect(neverSent.sentBefore).toEqual([0, 1]);
  });

  it('ends the call with what it throws, as it is: nothing is sent, and the permit comes back', async () => {
    const refusals = [
      new Error('a signal of the ledger'),
      new ServiceUnavailableError('STATE_UNAVAILABLE', 'state away'),
      new NoResponseError('CONNECTION_LOST', 'that of somebody else', { sent: true }),
      new NoResponseError('DEADLINE_TOO_CLOSE', 'late', { sent: false }),
      new UnusableResponseError('NOT_JSON', 'html', { status: 200 }),
      'a text',
    ];
    for (const refusal of refusals) {
      for (const write of [insert, upsert]) {
        const parts = asking([DONE], () => {
          throw refusal;
        });
        await expect(write(parts)).rejects.toBe(refusal);
        expect(parts.http.requests).toEqual([]);
        expect(parts.sentBefore).toEqual([0]);
        expect(parts.reports).toEqual([{ attempts: 0, siebelMs: 0, tokenMs: 0 }]);
        expect(isFree(parts.own)).toBe(true);
      }
    }
  });

  it('ends a call that is sent again with what it throws then, when nothing of it can be executed yet', async () => {
    const late = new NoResponseError('DEADLINE_TOO_CLOSE', 'the lease is over', { sent: false });
    for (const [first, write] of [
      [unsent, upsert],
      [unsent, insert],
      [answer(401), insert],
    ] as const) {
      const parts = asking([first, DONE], (turn) => {
        if (turn === 2) throw late;
      });
      await expect(write(parts)).rejects.toBe(late);
      expect(parts.http.requests).toHaveLength(1);
      expect(isFree(parts.own)).toBe(true);
    }
  });

  it('ends a write that may be executed with what came of that, and not with its own no to a second one', async () => {
    for (const no of [new NoResponseError('DEADLINE_TOO_CLOSE', 'late', { sent: false }), new Error('a defect')]) {
      const parts = asking([lost, DONE], (turn) => {
        if (turn === 2) throw no;
      });
      await expect(upsert(parts)).rejects.toBe(lost);
      expect(parts.http.requests).toHaveLength(1);
      expect(isFree(parts.own)).toBe(true);
    }
  });

  it('does not shorten how long a given-up request is held for: that counts from when it was sent', async () => {
    const clock = fakeClock();
    const own = permits({ total: 1, clock, holdMs: 60_000 });
    const parts = clientOver([new NoResponseError('TIMED_OUT', 'late', { sent: true })], { clock, permits: own });
    const beforeWrite = () => clock.sleep(5_000);
    const call = parts.client.insert(ACCOUNT, { Name: 'Acme' }, { ...parts.options, beforeWrite });
    const ended = expect(call).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    await clock.advance(5_000);
    await ended;
    await clock.advance(59_999);
    expect(isFree(own)).toBe(false);
    await clock.advance(1);
    expect(isFree(own)).toBe(true);
  });

  it('shows nothing of Siebel to the circuit, and costs no retry', async () => {
    const clock = fakeClock();
    const own = circuit({ clock });
    let taken = 0;
    const budget = {
      tryTake() {
        taken += 1;
        return true;
      },
      succeeded() {},
    };
    const parts = clientOver([DONE], { clock, circuit: own, retryBudget: budget });
    const beforeWrite = () => Promise.reject(lost);
    for (let call = 0; call < 10; call += 1) {
      await expect(parts.client.upsert(ACCOUNT, { Name: 'a' }, { ...parts.options, beforeWrite })).rejects.toBe(lost);
    }
    expect([own.closed, taken]).toEqual([true, 0]);
  });

  it('does not use up the probe of an open circuit', async () => {
    const clock = fakeClock();
    const own = circuit({ clock, openMs: 1_000 });
    for (let failure = 0; failure < 5; failure += 1) own.enter()('down');
    await clock.advance(1_000);
    const parts = clientOver([DONE], { clock, circuit: own });
    const stopped = { ...parts.options, beforeWrite: () => Promise.reject(new Error('no')) };
    await expect(parts.client.upsert(ACCOUNT, { Name: 'a' }, stopped)).rejects.toThrow('no');
    await expect(parts.client.upsert(ACCOUNT, { Name: 'a' }, parts.options)).resolves.toEqual({ id: '1-7' });
    expect(own.closed).toBe(true);
  });
});
