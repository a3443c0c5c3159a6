import { beforeEach, describe, expect, it } from 'vitest';
import { invalidInput, ServiceUnavailableError } from '../../../lib/errors.ts';
import type { CallEnd, Refusal } from '../../../lib/ledger/ledger.ts';
import { ledger } from '../../../lib/ledger/run.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { itemOf, type MemoryStore, memoryStore, messageOf, refusalOf } from './ledger-parts.ts';

/** After the refusals here. */
const LATER = 1_700_000_000_001;

const EXPIRED = invalidInput('/notAfter', 'EXPIRED', 'has passed');
const TOO_LONG = invalidInput('/input/Name', 'TOO_LONG', 'is too long');

let store: MemoryStore;
let refuse: (members?: Partial<Refusal>) => Promise<CallEnd>;

beforeEach(() => {
  store = memoryStore();
  const calls = ledger({ store, clock: fakeClock(), leaseMarginMs: 0 });
  refuse = (members) => calls.refuse(refusalOf(members));
});

describe('a message that is refused before it starts', () => {
  it('is kept under the name of its call, with all that a person needs (R18)', async () => {
    const { error } = refusalOf();
    expect(await refuse({ error })).toEqual({ outcome: 'parked', code: 'MISSING_FIELD', error, repeated: false });

    expect(store.itemAt()).toMatchObject({
      operation: 'account.write',
      key: 'k',
      state: 'REJECTED',
      payloadHash: 'hash-1',
      code: 'MISSING_FIELD',
      messageId: 'message-1',
      attempt: 0,
      unknown: false,
    });
    expect(store.rejections.get('k')).toEqual({
      code: 'MISSING_FIELD',
      detail: '/input/Name: is missing',
      issues: [{ pointer: '/input/Name', code: 'MISSING_FIELD', message: 'is missing' }],
      siebelCodes: [],
      rejectedAtMs: 1_700_000_000_000,
      mayBePartial: false,
      message: messageOf(),
    });
  });

  it.each([
    ['operation', { operation: undefined }],
    ['key', { key: undefined }],
  ])('is kept under its id without a usable %s', async (_, missing) => {
    expect(await refuse(missing)).toMatchObject({ outcome: 'parked', code: 'MISSING_FIELD', repeated: false });
    expect(await refuse(missing)).toMatchObject({ outcome: 'parked', code: 'MISSING_FIELD', repeated: true });

    expect(store.items.size).toBe(0);
    expect([...store.rejections.keys()]).toEqual(['message-1']);
  });

  it.each(['NEW', 'QUEUED', 'STARTED', 'DONE', 'REJECTED'] as const)(
    'overwrites no call of its name with another input, in state %s (R05)',
    async (state) => {
      const found = itemOf({ state, payloadHash: 'hash-2' });
      store.items.set('k', found);
      await refuse();

      expect(store.itemAt()).toBe(found);
      expect([...store.rejections.keys()]).toEqual(['message-1']);
    },
  );

  it('is parked once, however often it is delivered', async () => {
    await refuse();
    const parked = store.itemAt();
    await refuse({ error: EXPIRED, message: messageOf({ receiveCount: 2 }) });

    expect(store.itemAt()).toBe(parked);
    expect([...store.rejections.keys()]).toEqual(['k']);
  });

  it.each(['DONE', 'REJECTED'] as const)('is settled by a call with the same input that is %s (R05)', async (state) => {
    const found = itemOf({ state, messageId: 'message-0', recordId: '1-A', code: 'FORBIDDEN' });
    store.items.set('k', found);
    const end = await refuse();

    expect(end).toEqual(
      state === 'DONE'
        ? { outcome: 'done', recordId: '1-A', repeated: true, reconciled: false }
        : { outcome: 'parked', code: 'FORBIDDEN', repeated: true },
    );

    expect(store.itemAt()).toBe(found);
    expect(store.rejections.size).toBe(0);
  });

  it('is parked once when its producer sends it again (R05)', async () => {
    await refuse();
    await refuse({ message: messageOf({ messageId: 'message-2' }) });

    expect([...store.rejections.keys()]).toEqual(['k']);
  });

  it('is parked of its own beside another without a usable input, which may have been anything', async () => {
    await refuse({ payloadHash: undefined });
    await refuse({ payloadHash: undefined, message: messageOf({ messageId: 'message-2' }) });

    expect([...store.rejections.keys()]).toEqual(['k', 'message-2']);
  });

  it.each(['DONE', 'REJECTED'] as const)(
    'is settled by the call that its corrected input has made %s (W8, R79)',
    async (state) => {
      const corrected = itemOf({ state, payloadHash: 'hash-2', correctedFrom: 'hash-1', messageId: 'message-2' });
      store.items.set('k', corrected);
      await refuse();

      expect(store.itemAt()).toBe(corrected);
      expect(store.rejections.size).toBe(0);
    },
  );

  it('is still known when a redrive with a corrected input is refused, too (W8)', async () => {
    await refuse();
    const redrive = messageOf({ messageId: 'message-2', redriveAtMs: LATER });
    await refuse({ message: redrive, payloadHash: 'hash-2', error: TOO_LONG });
    await refuse({ message: messageOf({ receiveCount: 2 }) });

    expect([...store.rejections.keys()]).toEqual(['k']);
    expect(store.itemAt()).toMatchObject({ code: 'TOO_LONG' });
  });

  it.each([
    ['is at work', itemOf({ leaseUntilMs: LATER })],
    ['is at work with its corrected input', itemOf({ payloadHash: 'hash-2', correctedFrom: 'hash-1' })],
  ])('comes again while its call %s', async (_, found) => {
    store.items.set('k', found);

    await expect(refuse()).rejects.toMatchObject({ code: 'IN_PROGRESS' });
    expect(store.itemAt()).toBe(found);
    expect(store.rejections.size).toBe(0);
  });

  it('is for a person when its call was started, and cannot be run any more', async () => {
    store.items.set('k', itemOf({ attempt: 3, sentUntilMs: 7 }));
    const { error } = refusalOf();

    expect(await refuse({ error })).toMatchObject({
      code: 'OUTCOME_UNKNOWN',
      error: { cause: error },
      repeated: false,
    });

    expect(store.itemAt()).toMatchObject({
      ...{ state: 'REJECTED', code: 'OUTCOME_UNKNOWN', unknown: true },
      ...{ attempt: 3, sentUntilMs: 7 },
    });
    expect([...store.rejections.keys()]).toEqual(['k']);
  });

  it('does not hide that its outcome is unknown', async () => {
    const unknown = itemOf({ state: 'REJECTED', code: 'OUTCOME_UNKNOWN', messageId: 'message-1', unknown: true });
    store.items.set('k', unknown);
    await refuse({ error: EXPIRED });

    expect(store.itemAt()).toBe(unknown);
    expect(store.rejections.size).toBe(0);
  });

  it.each(['NEW', 'QUEUED'] as const)('ends its own call that is %s', async (state) => {
    store.items.set('k', itemOf({ state, attempt: 2, audit: 'audited' }));
    await refuse({ error: EXPIRED });

    expect(store.itemAt()).toMatchObject({ state: 'REJECTED', code: 'EXPIRED', attempt: 2, audit: 'audited' });
  });

  it('takes the place of the refusal that its redrive was for, and no other (R79)', async () => {
    await refuse();
    const message = messageOf({ messageId: 'message-2', redriveAtMs: LATER });
    await refuse({ message, payloadHash: 'hash-2', error: TOO_LONG });
    expect(store.itemAt()).toMatchObject({ code: 'TOO_LONG', messageId: 'message-2', redriveAtMs: LATER });

    await refuse({ message: messageOf({ messageId: 'message-3', redriveAtMs: LATER }), payloadHash: 'hash-3' });
    expect(store.itemAt()).toMatchObject({ messageId: 'message-2' });
    expect([...store.rejections.keys()]).toEqual(['k', 'message-3']);
  });

  it('takes no place from a call whose outcome is unknown', async () => {
    store.items.set('k', itemOf({ state: 'REJECTED', messageId: 'message-0', unknown: true }));
    await refuse({ message: messageOf({ redriveAtMs: 5 }) });

    expect(store.itemAt()).toMatchObject({ messageId: 'message-0' });
    expect([...store.rejections.keys()]).toEqual(['message-1']);
  });

  it('tries again when what stood in its way has just been deleted', async () => {
    const { put } = store;
    let tries = 0;
    const calls = ledger({
      store: {
        ...store,
        put: async (...write) => {
          tries += 1;
          return tries === 1 ? { found: undefined } : put(...write);
        },
      },
      clock: fakeClock(),
      leaseMarginMs: 0,
    });
    await calls.refuse(refusalOf());

    expect(store.itemAt()).toMatchObject({ state: 'REJECTED' });
  });

  it('is not settled when it cannot be stored (F119)', async () => {
    const put = () => Promise.reject(new ServiceUnavailableError('STATE_UNAVAILABLE', 'no'));
    const calls = ledger({ store: { ...store, put, park: put }, clock: fakeClock(), leaseMarginMs: 0 });

    await expect(calls.refuse(refusalOf())).rejects.toMatchObject({ code: 'STATE_UNAVAILABLE' });
    await expect(calls.refuse(refusalOf({ key: undefined }))).rejects.toMatchObject({ code: 'STATE_UNAVAILABLE' });
  });
});
