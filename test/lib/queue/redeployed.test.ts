import { describe, expect, it } from 'vitest';
import { invalidInput, NoResponseError } from '../../../lib/errors.ts';
import { ledger } from '../../../lib/ledger/run.ts';
import { event, eventMapping, fromEvent } from '../../../lib/operations/event-mapping.ts';
import { settleCall } from '../../../lib/queue/settle-call.ts';
import { text } from '../../../lib/siebel/values.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { memoryStore } from '../ledger/ledger-parts.ts';
import { bodyOf, queued, settlerParts } from './queue-parts.ts';

/** A consumer before the ledger, whose operation and mapping may become others between two deliveries. */
function consumer() {
  const clock = fakeClock();
  const store = memoryStore();
  const calls = ledger({ store, clock, leaseMarginMs: 15_000 });
  let sends = 0;
  const deployed = { accepts: true, answers: true };
  const kept = settlerParts({
    clock,
    refuse: (refusal) => calls.refuse(refusal),
    run: ({ name, key, payloadHash = '', message }, { deadlineAtMs }) => {
      if (!deployed.accepts) throw invalidInput('/input/Phone', 'MISSING_FIELD', 'is missing');
      return calls.run({
        name: { operation: name, key },
        payloadHash,
        write: { kind: 'repeatable' },
        message,
        deadlineAtMs,
        async send(beforeWrite) {
          await beforeWrite();
          sends += 1;
          if (!deployed.answers) throw new NoResponseError('TIMED_OUT', 'no answer', { sent: true });
          return { recordId: '1-2AB' };
        },
      });
    },
  });
  const limits = () => ({ deadlineAtMs: clock.now() + 58_000 });
  return {
    ...kept,
    store,
    deployed,
    sends: () => sends,
    deliver: (call: Parameters<typeof settleCall>[0]) => settleCall(call, limits(), kept.parts),
  };
}

describe('a message that comes again after a deployment that refuses it', () => {
  it('is acknowledged when its call is done, and not parked (R05, R13)', async () => {
    const { deliver, deployed, store, metrics } = consumer();
    await deliver(queued());
    deployed.accepts = false;
    expect(await deliver(queued({ receiveCount: 2 }))).toEqual({ outcome: 'done' });
    expect(await deliver(queued({ messageId: 'message-2' }))).toEqual({ outcome: 'done' });
    expect(store.rejections.size).toBe(0);
    expect(Object.fromEntries(metrics.counts)).toEqual({ 'msg.applied': 1, 'msg.repeated': 2 });
  });

  it('is for a person when nobody knows whether its call is done, under the call’s own name', async () => {
    const { deliver, deployed, store, lines } = consumer();
    deployed.answers = false;
    expect(await deliver(queued())).toMatchObject({ outcome: 'returned' });
    deployed.accepts = false;
    expect(await deliver(queued({ receiveCount: 2 }))).toEqual({ outcome: 'parked' });
    expect([...store.rejections.keys()]).toEqual(['crm-export/4711']);
    expect(lines[1]).toMatchObject({ code: 'OUTCOME_UNKNOWN', refusedWith: 'MISSING_FIELD' });
  });

  it('is parked and counted once, however often it is delivered (W8)', async () => {
    const { deliver, deployed, metrics } = consumer();
    deployed.accepts = false;
    await deliver(queued());
    await deliver(queued({ receiveCount: 2 }));
    await deliver(queued({ receiveCount: 3, messageId: 'message-2', body: '{' }));
    await deliver(queued({ receiveCount: 4, messageId: 'message-2', body: '{' }));
    expect(metrics.counts.get('msg.parked')).toBe(2);
    expect(metrics.counts.get('msg.repeated')).toBe(2);
  });
});

describe('a producer’s own event that comes again when its mapping makes another input of it', () => {
  const body = '{"order":"4711"}';
  const mapped = (input: object, receiveCount: number) => {
    const from = event({ order: text(30) });
    const mapping = fromEvent({ from, key: ({ order }) => `orders/${order}`, input: () => input });
    return queued({ body, receiveCount }, [eventMapping('request.create', mapping)]);
  };

  it('is the same call (R05)', async () => {
    const { deliver, deployed, store, sends } = consumer();
    deployed.answers = false;
    expect(await deliver(mapped({ At: '12:00' }, 1))).toMatchObject({ outcome: 'returned' });
    deployed.answers = true;
    expect(await deliver(mapped({ At: '13:00' }, 2))).toEqual({ outcome: 'done' });
    expect(await deliver(mapped({ At: '14:00' }, 3))).toEqual({ outcome: 'done' });
    expect(sends()).toBe(2);
    expect(store.rejections.size).toBe(0);
  });

  it('is corrected by a redrive in our own contract, and then delivered again without harm (R79)', async () => {
    const { deliver, deployed, store, clock, sends } = consumer();
    deployed.accepts = false;
    expect(await deliver(mapped({ At: '12:00' }, 1))).toEqual({ outcome: 'parked' });
    deployed.accepts = true;
    const redrive = { 'siebel-redrive-at': String(clock.now() + 1) };
    const corrected = bodyOf({ operation: 'request.create', key: 'orders/4711', input: { At: '15:00' } });
    expect(await deliver(queued({ body: corrected, messageId: 'message-2', attributes: redrive }))).toEqual({
      outcome: 'done',
    });
    expect(await deliver(mapped({ At: '12:00' }, 2))).toEqual({ outcome: 'done' });
    expect(sends()).toBe(1);
    expect([...store.rejections.keys()]).toEqual(['orders/4711']);
  });
});
