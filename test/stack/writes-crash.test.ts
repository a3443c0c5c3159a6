import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { contactMessage, PATIENCE } from './stack.ts';
import {
  accountFor,
  checkMessage,
  endedAs,
  endingsOf,
  insertsOf,
  itemOf,
  keyOf,
  parkedAs,
  requestMessage,
  rowsOf,
  runsOf,
  stateOf,
  type WritesStack,
  writesStack,
} from './writes-parts.ts';

const CREATE = 'service-request.create';
/** The lease of a call whose process has died runs out after twelve seconds here. */
const LEASES = { timeout: 30_000, interval: 50 };

let stack: WritesStack;
/** Writes that reached Siebel, by what stands in their bodies. */
const arrived: string[] = [];

const sent = (id: string) =>
  arrived.filter((body) => body.includes(`"${id}"`) || body.includes(`"Account":"Account ${id}"`)).length;
const sandboxOf = (id: string) => stack.functions.queue.sandboxes().find(({ event }) => event?.includes(keyOf(id)));

// One after the other meets its fate, and then all wait together for the leases of the dead.
beforeAll(async () => {
  stack = await writesStack({ visibilityTimeoutSeconds: 2, settings: { SIEBEL_TIMEOUT_MS: '3500' } });
  stack.siebel.chooseFaults(({ method, body }) => {
    if (method !== 'GET') arrived.push(String(body));
    return String(body).includes('"overlapping"') ? { holdAfterCommit: 3_300 } : undefined;
  });

  await killed('committed', requestMessage('committed'), (kill) =>
    stack.siebel.onCommit(({ values }) => values['Integration Id'] === 'committed' && kill()),
  );
  await killed('upserted', contactMessage('upserted'), (kill) =>
    stack.siebel.onCommit(({ values }) => values['Person UId'] === 'upserted' && kill()),
  );
  await accountFor(stack, 'checked');
  await killed('checked', checkMessage('checked'), (kill) =>
    stack.siebel.onCommit(({ kind }) => kind === 'run' && kill()),
  );
  await killed('unsent', requestMessage('unsent'), (kill) => {
    stack.table.onDone(({ key }) => key === itemOf(CREATE, 'unsent') && kill());
  });
  await killed('unstarted', requestMessage('unstarted'), (kill) => {
    stack.table.chooseFaults(() => {
      kill();
      return 'refuse';
    });
  });
  // Else it would die once more, beside the next one.
  await vi.waitFor(async () => expect(await stateOf(stack, CREATE, 'unstarted')).toBe('DONE'), PATIENCE);
  await killed('ended', requestMessage('ended'), (kill) => {
    stack.table.onDone(({ body }) => body.includes('"DONE"') && kill());
  });
  // Needs both containers, and a mapping that has not failed before.
  await stack.send(contactMessage('between'));
  await endedAs(stack, 'between', 'done');
  await stack.send(requestMessage('overlapping'));
  await endedAs(stack, 'overlapping', 'done');
  const thaw = await frozen('frozen');
  await vi.waitFor(async () => expect(await stateOf(stack, CREATE, 'frozen')).toBe('DONE'), LEASES);
  thaw();
  await vi.waitFor(async () => expect(await stack.queued()).toEqual({ waiting: 0, hidden: 0 }), LEASES);
});

afterAll(() => stack?.close());

/** Sends a message whose container is killed at the point that `arm` waits for. */
async function killed(id: string, message: string, arm: (kill: () => void) => unknown): Promise<void> {
  let isDead = false;
  const disarm = arm(() => {
    if (isDead) return;
    const victim = sandboxOf(id);
    isDead = victim !== undefined;
    victim?.kill();
  });
  await stack.send(message);
  await vi.waitFor(() => expect(isDead).toBe(true), PATIENCE);
  if (typeof disarm === 'function') disarm();
  stack.table.chooseFaults();
  stack.table.onDone(() => {});
}

/** Sends an insert whose container stands still when the call is started, and not one byte of it has left. */
async function frozen(id: string): Promise<() => void> {
  let victim: ReturnType<typeof sandboxOf>;
  stack.table.onDone(({ key }) => {
    if (victim || key !== itemOf(CREATE, id)) return;
    victim = sandboxOf(id);
    victim?.freeze();
  });
  await stack.send(requestMessage(id));
  await vi.waitFor(() => expect(victim).toBeDefined(), PATIENCE);
  stack.table.onDone(() => {});
  return () => victim?.thaw();
}

const effectOf = async (id: string) => ({
  sent: sent(id),
  inserts: insertsOf(stack, id).length,
  rows: rowsOf(stack, id),
  state: await stateOf(stack, CREATE, id),
  parked: await parkedAs(stack, id),
});
const ONCE = { sent: 1, inserts: 1, rows: 1, state: 'DONE', parked: [] };

describe('a container that is killed', () => {
  it('between the commit of an insert and its end: found by the look-up, one record (F102, W5)', async () => {
    expect(await effectOf('committed')).toEqual(ONCE);
  });

  it('between the commit of an upsert and its end: sent once more, one record (F102, W5)', async () => {
    expect(sent('upserted')).toBe(2);
    expect(stack.siebel.records('Contact', { 'Person UId': 'upserted' })).toHaveLength(1);
    expect(await stateOf(stack, 'contact.upsert', 'upserted')).toBe('DONE');
  });

  it('between the run of a service that nobody may run twice and its end: parked for a person, run once (F102, W5)', async () => {
    expect([sent('checked'), runsOf(stack, 'checked').length]).toEqual([1, 1]);
    expect(await parkedAs(stack, 'checked')).toMatchObject([{ code: 'OUTCOME_UNKNOWN' }]);
  });

  it('when the call is started and before it is sent: sent once, after the look-up (F103, W3)', async () => {
    expect(await effectOf('unsent')).toEqual(ONCE);
  });

  it('before the call is started: sent once, as if nothing had been (F103, W1, W2)', async () => {
    expect(await effectOf('unstarted')).toEqual(ONCE);
    expect((await stack.stateItem(itemOf(CREATE, 'unstarted')))?.['attempt']).toEqual({ N: '1' });
  });

  it('when the end is stored and before it has answered: acknowledged without a call (W9)', async () => {
    expect(await effectOf('ended')).toEqual(ONCE);
    expect((await stack.stateItem(itemOf(CREATE, 'ended')))?.['attempt']).toEqual({ N: '1' });
  });
});

it('a container that was frozen before it sent, and thaws when another has taken over, sends nothing (F105)', async () => {
  expect(await effectOf('frozen')).toEqual(ONCE);
  expect((await stack.stateItem(itemOf(CREATE, 'frozen')))?.['attempt']).not.toEqual({ N: '1' });
});

it('a message whose visibility runs out while it is worked on meets the lease: it comes again, and is sent once (F117)', async () => {
  expect(await effectOf('overlapping')).toEqual(ONCE);
  expect(endingsOf(stack, 'overlapping').map(({ code }) => code)).toContain('IN_PROGRESS');
});

it('no one of them went to the dead-letter queue', async () => {
  expect(await stack.deadLettered()).toBe(0);
});
