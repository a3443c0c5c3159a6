import { writeFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { PATIENCE } from './stack.ts';
import {
  endedAs,
  endingsOf,
  type Fates,
  fatesOf,
  insertsOf,
  parkedAs,
  requestMessage,
  rowsOf,
  type WritesStack,
  writesStack,
} from './writes-parts.ts';

const STRAY = 'what nobody should read in a log';

let stack: WritesStack;
let fates: Fates;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'siebel-lifecycle-'));
  const preloaded = join(folder, 'stray.mjs');
  await writeFile(preloaded, strayRejection(join(folder, 'armed')));
  stack = await writesStack({ settings: { NODE_OPTIONS: `--import=${preloaded}`, SIEBEL_TIMEOUT_MS: '3000' } });
  fates = fatesOf(stack);
});

afterAll(async () => {
  await stack?.close();
  await rm(folder, { recursive: true });
});

/** A module that rejects a promise which nobody awaits, once, as soon as a file is there. */
function strayRejection(armed: string): string {
  return `
    const { existsSync, unlinkSync } = process.getBuiltinModule('node:fs');
    setInterval(() => {
      if (!existsSync(${JSON.stringify(armed)})) return;
      unlinkSync(${JSON.stringify(armed)});
      Promise.reject(Object.assign(new Error(${JSON.stringify(STRAY)}), { name: 'StrayTestError' }));
    }, 20).unref();
  `;
}

/** Milliseconds that starts took, by what Lambda reports. */
function initsOf(since: number): number[] {
  return stack.lines
    .slice(since)
    .flatMap(({ line }) => /\tInit Duration: ([\d.]+) ms/.exec(line)?.[1] ?? [])
    .map(Number);
}

const effectOf = async (id: string) => ({
  inserts: insertsOf(stack, id).length,
  rows: rowsOf(stack, id),
  parked: await parkedAs(stack, id),
});
const ONCE = { inserts: 1, rows: 1, parked: [] };

describe('a cold start with every dependency down (F100, R58)', () => {
  it('does not wait for them, the message comes later, and is done once when they are back', async () => {
    await stack.restart('queue');
    const linesBefore = stack.lines.length;
    stack.secrets.failReads('silent');
    stack.identity.faults.add({ target: 'token', times: 0, fault: { hang: true } });
    stack.table.chooseFaults(() => 'refuse');
    await stack.siebelGate.shut();
    try {
      await stack.send(requestMessage('cold'));
      await vi.waitFor(() => expect(endingsOf(stack, 'cold').length).toBeGreaterThan(0), PATIENCE);
      expect(endingsOf(stack, 'cold')[0]).toMatchObject({ outcome: 'returned', class: 'environment' });
      // One that waits for its dependencies would be ended by Lambda, and report no start.
      await vi.waitFor(() => expect(initsOf(linesBefore)).not.toEqual([]), PATIENCE);
    } finally {
      stack.secrets.recover();
      stack.identity.faults.clear();
      stack.table.chooseFaults();
      await stack.siebelGate.open();
    }
    await endedAs(stack, 'cold', 'done');
    expect(await effectOf('cold')).toEqual(ONCE);
  });
});

it('a rejection that nobody awaits ends the process with one redacted line, and the call is found and done (F106)', async () => {
  // Another process that is idle would reject in the place of the one with the call, and end with nobody's call.
  await stack.drained();
  await stack.restart('queue');
  const errorsBefore = stack.functions.queue.stats().errors;
  // The answer never comes: the rejection is due before the call's own time limit, however late the process gets its turn.
  fates.set('stray', { writes: [{ holdAfterCommit: true }] });
  const unheard = stack.siebel.onCommit(({ values }) => {
    if (values['Integration Id'] === 'stray') writeFileSync(join(folder, 'armed'), '');
  });
  await stack.send(requestMessage('stray'));
  await vi.waitFor(() => expect(stack.functions.queue.stats().errors).toBeGreaterThan(errorsBefore), PATIENCE);
  unheard();
  const told = stack.lines.filter(({ line }) => line.includes('StrayTestError'));
  expect(told.map(({ line }) => (line.startsWith('{') ? JSON.parse(line) : line))).toMatchObject([
    { level: 'ERROR', errorName: 'StrayTestError' },
  ]);
  expect(stack.lines.filter(({ line }) => line.includes(STRAY))).toEqual([]);

  await vi.waitFor(() => expect(endingsOf(stack, 'stray')).not.toEqual([]), { ...PATIENCE, timeout: 18_000 });
  await vi.waitFor(() => expect(endingsOf(stack, 'stray').map(({ outcome }) => outcome)).toContain('done'), {
    ...PATIENCE,
    timeout: 18_000,
  });
  expect(fates.arrived('stray').map(({ method }) => method)).toEqual(['POST', 'GET']);
  expect(await effectOf('stray')).toEqual(ONCE);
}, 40_000);

it('a Siebel at its cap refuses what is above it: that waits or comes later, all are done once, none is parked (F64)', async () => {
  const ids = Array.from({ length: 40 }, (_, index) => `over the cap ${index}`);
  const before = stack.siebel.stats().refusedOverCap;
  stack.siebel.changeSettings({ maxConnections: 3, overCap: '503' });
  for (const id of ids) fates.set(id, { writes: [{ delayMs: 30 }] });
  for (let first = 0; first < ids.length; first += 10) {
    await stack.send(...ids.slice(first, first + 10).map((id) => requestMessage(id)));
  }
  await vi.waitFor(() => expect(stack.siebel.stats().refusedOverCap).toBeGreaterThan(before), PATIENCE);
  stack.siebel.changeSettings();
  await stack.drained();
  expect(ids.map((id) => [insertsOf(stack, id).length, rowsOf(stack, id)])).toEqual(ids.map(() => [1, 1]));
  expect((await stack.parked()).length).toBe(0);
  expect(await stack.deadLettered()).toBe(0);
});
