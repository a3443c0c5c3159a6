import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { contactMessage, PATIENCE } from './stack.ts';
import {
  endedAs,
  endingsOf,
  type Fates,
  fatesOf,
  insertsOf,
  keyOf,
  markerOf,
  NO_DATA,
  parkedAs,
  requestMessage,
  rowsOf,
  siebelError,
  stateOf,
  type WritesStack,
  writesStack,
} from './writes-parts.ts';

const CREATE = 'service-request.create';
/** Siebel's own answers to a second record, by the setting of the site. */
const REFUSALS = [
  ['409', 409],
  ['500 with SBL-EAI-04383', 500],
] as const;

let stack: WritesStack;
let fates: Fates;

beforeAll(async () => {
  stack = await writesStack({ settings: { SIEBEL_TIMEOUT_MS: '3000' } });
  fates = fatesOf(stack);
});

afterAll(() => stack?.close());

const postsOf = (id: string) => fates.arrived(id).filter(({ method }) => method === 'POST').length;
const endings = (id: string, outcome: string) => endingsOf(stack, id).filter((line) => line['outcome'] === outcome);

/** For a loser: it comes back when the winner's lease is over, 7 s + 1 s, and 5 s more for clocks that differ. */
const LEASE_PATIENCE = { ...PATIENCE, timeout: 40_000 };

/** Waits until so many deliveries of a call have ended so. */
async function ended(
  id: string,
  outcome: string,
  times: number,
  patience: { readonly timeout: number } = PATIENCE,
): Promise<void> {
  await vi.waitFor(() => expect(endings(id, outcome).length).toBeGreaterThanOrEqual(times), patience);
}

describe.concurrent('Siebel says that the record exists already (F56, F57, R09)', () => {
  it.each(REFUSALS)('%s, and it is ours: the call is done, without a second record', async (_, duplicateStatus) => {
    const id = `ours ${duplicateStatus}`;
    const settings = { uniqueKeys: 'every', duplicateStatus };
    // The look-ups before the second request do not see what the first has made.
    fates.set(id, { writes: [{ reset: 'after-commit', settings }, { settings }], lookUps: [NO_DATA, NO_DATA] });
    await stack.send(requestMessage(id));
    await endedAs(stack, id, 'done');

    expect(fates.arrived(id).map(({ method }) => method)).toEqual(['POST', 'GET', 'GET', 'POST', 'GET']);
    expect([insertsOf(stack, id).length, rowsOf(stack, id)]).toEqual([1, 1]);
    expect(await stateOf(stack, CREATE, id)).toBe('DONE');
    expect(await parkedAs(stack, id)).toEqual([]);
  });

  it.each(REFUSALS)('%s, and it is another’s: parked CONFLICT after one request', async (_, duplicateStatus) => {
    const id = `other ${duplicateStatus}`;
    await stack.send(requestMessage(id));
    await endedAs(stack, id, 'done');
    fates.set(id, { writes: [{ settings: { uniqueKeys: 'every', duplicateStatus } }] });
    const again = `again ${duplicateStatus}`;
    await stack.send(requestMessage(id).replace(keyOf(id), keyOf(again)));
    await endedAs(stack, again, 'parked');

    expect(postsOf(id)).toBe(2);
    expect([insertsOf(stack, id).length, rowsOf(stack, id)]).toEqual([1, 1]);
    expect(await parkedAs(stack, again)).toMatchObject([{ code: 'CONFLICT', receiveCount: 1 }]);
  });

  it.each(['SBL-EAI-04383', 'SBL-EAI-04381'])('500 with %s, and none is seen: parked CONFLICT_HIDDEN', async (code) => {
    const id = `hidden ${code}`;
    fates.set(id, { writes: [{ status: 500, body: siebelError(code) }] });
    await stack.send(requestMessage(id));
    await endedAs(stack, id, 'parked');
    expect([postsOf(id), rowsOf(stack, id)]).toEqual([1, 0]);
    expect(await parkedAs(stack, id)).toMatchObject([{ code: 'CONFLICT_HIDDEN', receiveCount: 1 }]);
  });
});

describe.concurrent('one key', () => {
  it('in two messages, one after the other: one effect, and the second is acknowledged without a call (F112, R13)', async () => {
    await stack.send(requestMessage('in turn'));
    await endedAs(stack, 'in turn', 'done');
    await stack.send(requestMessage('in turn'));
    await ended('in turn', 'done', 2);
    expect(fates.arrived('in turn').map(({ method }) => method)).toEqual(['POST']);
    expect(insertsOf(stack, 'in turn')).toHaveLength(1);
    expect(await parkedAs(stack, 'in turn')).toEqual([]);
  });

  it('in two messages, worked on by two containers together: one effect, the loser comes again later (F86, F113, R12)', {
    timeout: 60_000,
  }, async () => {
    fates.set('together', { writes: [{ holdAfterCommit: 2_200 }] });
    await stack.send(requestMessage('together'));
    await vi.waitFor(() => expect(insertsOf(stack, 'together')).toHaveLength(1), PATIENCE);
    await stack.send(requestMessage('together'));
    await vi.waitFor(() => expect(endings('together', 'returned')[0]).toMatchObject({ code: 'IN_PROGRESS' }), PATIENCE);
    await ended('together', 'done', 2, LEASE_PATIENCE);
    expect(fates.arrived('together').map(({ method }) => method)).toEqual(['POST']);
    expect([insertsOf(stack, 'together').length, rowsOf(stack, 'together')]).toEqual([1, 1]);
    expect(await parkedAs(stack, 'together')).toEqual([]);
  });

  it('with another input is parked CONFLICT without a call, and the first stays done (R05)', async () => {
    await stack.send(requestMessage('other input'));
    await endedAs(stack, 'other input', 'done');
    await stack.send(requestMessage('other input', { Abstract: 'Another one' }));
    await endedAs(stack, 'other input', 'parked');
    expect(fates.arrived('other input')).toHaveLength(1);
    expect(await stateOf(stack, CREATE, 'other input')).toBe('DONE');
    expect((await stack.parked()).filter(({ body }) => body?.includes('Another one'))).toMatchObject([
      { code: 'CONFLICT', receiveCount: 1 },
    ]);
  });

  it('is one call in any spelling of its JSON (R04, R05)', async () => {
    await stack.send(requestMessage('spelling'));
    await endedAs(stack, 'spelling', 'done');
    const { operation, key, input } = JSON.parse(requestMessage('spelling'));
    const reversed = Object.fromEntries(Object.entries(input).reverse());
    await stack.send(JSON.stringify({ input: reversed, key, operation }, null, 2));
    await ended('spelling', 'done', 2);
    expect(fates.arrived('spelling')).toHaveLength(1);
    expect(await parkedAs(stack, 'spelling')).toEqual([]);
  });

  it('beside another that inserts the same natural key: one record, and one of them is parked CONFLICT (F86)', async () => {
    const slow = { delayMs: 200, settings: { uniqueKeys: 'every' } };
    fates.set('natural', { writes: [slow, slow] });
    const one = requestMessage('natural');
    await stack.send(one, one.replace(keyOf('natural'), keyOf('natural too')));
    await vi.waitFor(
      () => expect([...endings('natural', 'parked'), ...endings('natural too', 'parked')]).toHaveLength(1),
      PATIENCE,
    );
    await vi.waitFor(
      () => expect([...endings('natural', 'done'), ...endings('natural too', 'done')]).toHaveLength(1),
      PATIENCE,
    );
    expect([insertsOf(stack, 'natural').length, rowsOf(stack, 'natural')]).toEqual([1, 1]);
    const parked = [...(await parkedAs(stack, 'natural')), ...(await parkedAs(stack, 'natural too'))];
    expect(parked).toMatchObject([{ code: 'CONFLICT' }]);
  });

  it('is in the marker of the record that it has made', async () => {
    await stack.send(requestMessage('marked'));
    await endedAs(stack, 'marked', 'done');
    expect(stack.siebel.records('Service Request', { 'Integration Id': 'marked' })).toMatchObject([
      { 'Integration Ref': markerOf(CREATE, keyOf('marked')) },
    ]);
  });
});

describe('the queue', () => {
  it('loses a deletion: the message comes back and is acknowledged, one effect (F120)', async () => {
    let lost = 0;
    const losesDelete = ({ Body = '' }: { Body?: string | undefined }) => {
      if (Body.includes('"test/kept"')) lost += 1;
      return true;
    };
    stack.mapping.disturb({ losesDelete });
    await stack.send(requestMessage('kept'), contactMessage('kept'));
    await vi.waitFor(() => expect(lost).toBeGreaterThanOrEqual(2), PATIENCE);
    stack.mapping.disturb();
    await stack.drained();
    expect(insertsOf(stack, 'kept')).toHaveLength(1);
    expect(endings('kept', 'done').length).toBeGreaterThanOrEqual(4);
    expect(
      fates
        .arrived('kept')
        .map(({ method }) => method)
        .sort(),
    ).toEqual(['POST', 'PUT']);
  });

  it('delivers messages twice, in other batches and in another order: one effect each (F112)', async () => {
    const ids = Array.from({ length: 20 }, (_, index) => `doubled ${index}`);
    let counted = 0;
    const often = () => {
      counted += 1;
      return counted % 3 === 0;
    };
    stack.mapping.disturb({ deliversTwice: () => true, holdsBack: often });
    await stack.send(...ids.slice(0, 10).map((id) => requestMessage(id)));
    await stack.send(...ids.slice(10).map((id) => requestMessage(id)));
    await vi.waitFor(() => expect(ids.flatMap((id) => insertsOf(stack, id))).toHaveLength(20), PATIENCE);
    stack.mapping.disturb();
    await stack.drained();
    expect(ids.map((id) => [insertsOf(stack, id).length, rowsOf(stack, id)])).toEqual(ids.map(() => [1, 1]));
    expect(ids.filter((id) => endings(id, 'done').length > 1).length).toBeGreaterThan(0);
    expect((await stack.parked()).filter(({ key }) => key?.includes(keyOf('doubled')))).toEqual([]);
  });

  it('hands one key over twice in one batch: worked on in turn, one effect (F112, F113)', async () => {
    await stack.mapping.stop();
    await stack.send(requestMessage('in one batch'), requestMessage('in one batch'));
    const { messages, failed } = await stack.handOver();
    expect([messages.length, failed.length]).toEqual([2, 0]);
    expect(insertsOf(stack, 'in one batch')).toHaveLength(1);
    expect(fates.arrived('in one batch').map(({ method }) => method)).toEqual(['POST']);
    expect(await stack.deadLettered()).toBe(0);
  });
});
