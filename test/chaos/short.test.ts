import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { FAULT_KINDS } from './fault-plan.ts';
import { chaosRun } from './run.ts';

/** Another one for a search: `npm run chaos -- --short` draws and prints it. */
const SEED = 1;

it(`loses nothing and applies nothing twice of 500 messages under 20 % faults, seed ${SEED} (G1, G9, F73, F102, F103, F119, F120)`, {
  timeout: 90_000,
}, async () => {
  const workFolder = await mkdtemp(join(tmpdir(), 'siebel-chaos-'));
  onTestFinished(() => rm(workFolder, { recursive: true, force: true }));
  const options = { messages: 500, seed: SEED, faultRate: 0.2, uniqueKeys: false, fifo: false };
  const result = await chaosRun({ ...options, workFolder, patienceMs: 60_000 });

  expect(result.violations).toEqual([]);
  // A fault that never struck shows nothing.
  expect(FAULT_KINDS.filter((kind) => result.fired[kind] === 0)).toEqual([]);
  expect([result.fired.token, result.fired.introspection].every((times) => times > 0)).toBe(true);
  expect(result.applied).toBeGreaterThan(400);
  expect(result.coldStarts).toBeGreaterThan(2);
  expect(result.highestInFlight).toBeGreaterThan(4);
});
