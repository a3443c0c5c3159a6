import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { paceOf } from './sync/pace.ts';
import { syncRun } from './sync/run.ts';

/** Another one for a search: `npm run chaos -- sync --short` draws and prints it. */
const SEED = 1;
const SIZE = { records: 3_000, kills: 3 };

it(`misses no change and no deletion of 3,000 records while they are changed and containers die, seed ${SEED} (G18, R66, R68, R76, R77, F133, F134, F135)`, {
  timeout: 90_000,
}, async () => {
  const workFolder = await mkdtemp(join(tmpdir(), 'siebel-chaos-sync-'));
  onTestFinished(() => rm(workFolder, { recursive: true, force: true }));
  const result = await syncRun({ ...SIZE, ...paceOf(SIZE), changes: 50, seed: SEED, faultRate: 0.06, workFolder });

  expect(result.violations).toEqual([]);
  // What never happened shows nothing.
  const { changes, struck } = result;
  expect(struck.killed).toBe(SIZE.kills);
  expect(
    [changes.late, changes.veryLate, changes.bulks, struck.table + struck.bucket].every((times) => times > 0),
  ).toBe(true);
  expect(changes.changes).toBeGreaterThan(500);
  expect(result.deleted).toBeGreaterThan(20);
  expect(result.lines).toBeGreaterThan(4_000);
});
