import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { PATIENCE } from './stack.ts';
import {
  endingsOf,
  insertsOf,
  itemOf,
  keyOf,
  parkedAs,
  REQUESTS,
  requestMessage,
  rowsOf,
  siebelError,
  stateOf,
  type WritesStack,
  writesStack,
} from './writes-parts.ts';

const CREATE = 'service-request.create';
/** The lease of a call whose end could not be stored runs out after twelve seconds here. */
const LEASES = { timeout: 30_000, interval: 50 };

let stack: WritesStack;

beforeAll(async () => {
  stack = await writesStack();
});

afterAll(() => stack?.close());

const methods = (since: number) => stack.calls(encodeURI(REQUESTS), since).map(({ method }) => method);

const effectOf = async (id: string) => ({
  inserts: insertsOf(stack, id).length,
  rows: rowsOf(stack, id),
  state: await stateOf(stack, CREATE, id),
  parked: await parkedAs(stack, id),
});
const attemptOf = async (id: string) => (await stack.stateItem(itemOf(CREATE, id)))?.['attempt']?.N;
const ONCE = { inserts: 1, rows: 1, state: 'DONE', parked: [] };

it.each(['refuse', 'throttle'] as const)(
  'the state table away before the call (%s): nothing is sent, and the message comes later (F125, R06)',
  async (fault) => {
    const id = `away before ${fault}`;
    await stack.renew();
    stack.table.chooseFaults(() => fault);
    const since = stack.callsSoFar();
    await stack.send(requestMessage(id));
    await expect.poll(() => endingsOf(stack, id).length, PATIENCE).toBeGreaterThanOrEqual(1);
    expect(endingsOf(stack, id)[0]).toMatchObject({
      outcome: 'returned',
      class: 'environment',
      code: 'STATE_UNAVAILABLE',
    });
    expect(stack.calls('/data/', since)).toEqual([]);

    stack.table.chooseFaults();
    await stack.drained();
    expect(methods(since)).toEqual(['POST']);
    expect(await effectOf(id)).toEqual(ONCE);
  },
);

it.each(['STARTED', 'DONE'])(
  'the answer to the write of %s is lost: the item says whose it is (R72)',
  async (state) => {
    const id = `answer lost ${state}`;
    await stack.renew();
    let lost = 0;
    stack.table.chooseFaults(({ operation, body }) => {
      if (operation !== 'PutItem' || !body.includes(`"${state}"`) || lost > 0) return undefined;
      lost += 1;
      return 'lose answer';
    });
    const since = stack.callsSoFar();
    await stack.send(requestMessage(id));
    await stack.drained();
    expect(lost).toBe(1);
    expect(methods(since)).toEqual(['POST']);
    expect(endingsOf(stack, id).map(({ outcome }) => outcome)).toEqual(['done']);
    expect(await effectOf(id)).toEqual(ONCE);
  },
);

describe('the state table away when the end of a call is to be stored', () => {
  // Both calls wait for their leases together.
  beforeAll(async () => {
    await stack.renew();
    stack.siebel.chooseFaults(({ body }) =>
      String(body).includes('"not to be parked"') ? { status: 500, body: siebelError('SBL-DAT-00498') } : undefined,
    );
    stack.table.chooseFaults(({ body }) => (/"(?:DONE|REJECTED)"/.test(body) ? 'refuse' : undefined));
    await stack.send(requestMessage('not to be done'), requestMessage('not to be parked'), '{"operation":');
    await vi.waitFor(() => expect(endingsOf(stack, 'not to be parked').length).toBeGreaterThan(0), PATIENCE);
    await vi.waitFor(() => expect(endingsOf(stack, 'not to be done').length).toBeGreaterThan(0), PATIENCE);
    before = {
      done: await stateOf(stack, CREATE, 'not to be done'),
      inserts: insertsOf(stack, 'not to be done').length,
      parked: await stack.parked(),
      endings: [...endingsOf(stack, 'not to be done'), ...endingsOf(stack, 'not to be parked')],
    };
    stack.table.chooseFaults();
    await vi.waitFor(async () => expect(await stack.queued()).toEqual({ waiting: 0, hidden: 0 }), LEASES);
  }, 60_000);

  let before: { done: unknown; inserts: number; parked: readonly { readonly key: unknown }[]; endings: object[] };

  it('after Siebel’s success: the call stays started, and the look-up finds it (F126)', async () => {
    expect(before).toMatchObject({ done: 'STARTED', inserts: 1 });
    expect(await attemptOf('not to be done')).toBe('2');
    expect(await effectOf('not to be done')).toEqual(ONCE);
  });

  it('after Siebel’s refusal, or before any call: nothing is acknowledged until it is stored (F119, R18)', async () => {
    expect(before.endings).toMatchObject([{ outcome: 'returned' }, { outcome: 'returned' }]);
    expect(before.parked.filter(({ key }) => key === keyOf('not to be parked'))).toEqual([]);
    expect(await parkedAs(stack, 'not to be parked')).toMatchObject([{ code: 'SIEBEL_VALIDATION' }]);
    expect((await stack.parked()).filter(({ code }) => code === 'BAD_JSON')).toHaveLength(1);
    expect(rowsOf(stack, 'not to be parked')).toBe(0);
  });
});
