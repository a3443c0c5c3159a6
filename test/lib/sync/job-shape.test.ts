import { describe, expect, it } from 'vitest';
import { businessComponent, readOnly, type SyncJob, text, utcDateTime } from '../../../lib/operations/index.ts';
import { checkpointCodec } from '../../../lib/state/checkpoint-text.ts';
import { runSync, runWindow } from '../../../lib/sync/run.ts';
import { changes, idsOf, JOB, MINUTE, NOW_MS, SECOND, syncParts } from './sync-parts.ts';

const FIELDS = { Name: text(100), Updated: readOnly(utcDateTime()), Created: readOnly(utcDateTime()) };
const accounts = (fields: object = FIELDS) =>
  businessComponent('Account/Account', { viewMode: 'All', fields: fields as typeof FIELDS }).source;
const contacts = businessComponent('Contact/Contact', { viewMode: 'All', fields: FIELDS }).source;

type Parts = ReturnType<typeof syncParts>;

function tick(parts: Parts, job: SyncJob, secondsForIt = 900) {
  return runSync('accounts', job, { deadlineAtMs: parts.clock.now() + secondsForIt * SECOND }, parts);
}

/** A job that was cut short in the middle of its first pass. */
async function halfRead() {
  const parts = syncParts();
  const { queryPage } = parts.siebel;
  parts.siebel.queryPage = async (...args) => {
    await parts.clock.advance(2 * SECOND);
    return queryPage(...args);
  };
  parts.siebel.put(...changes(1_000));
  await tick(parts, JOB, 14);
  expect(parts.state.checkpoint.pass?.open).toHaveLength(1);
  return parts;
}

describe('a job that is another one than its checkpoint was made with', () => {
  it.each([
    ['cursor field', { ...JOB, read: accounts(), cursor: 'Created' }, 'the cursor field was Updated and is Created'],
    ['component', { ...JOB, read: contacts }, 'the component was Account/Account and is Contact/Contact'],
  ])('by its %s is refused before anything is read, and goes on once it is put back (R77)', async (_, job, told) => {
    const parts = await halfRead();
    const before = structuredClone(parts.state.checkpoint);
    const { length } = parts.siebel.searches;

    const error = await tick(parts, job).catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ code: 'SYNC_JOB_CHANGED', failureClass: 'configuration' });
    expect(String(error)).toContain(told);
    expect(String(error)).toContain('siebel sync reset accounts');
    expect(parts.siebel.searches).toHaveLength(length);
    expect(parts.state.checkpoint).toEqual(before);

    await tick(parts, JOB);
    expect(new Set(idsOf(parts.sink.lines)).size).toBe(1_000);
  });

  it('is read from the beginning once it was reset', async () => {
    const parts = await halfRead();
    const job = { ...JOB, read: accounts(), cursor: 'Created' };
    await parts.state.reset('accounts', 'live');
    parts.siebel.queryPage = async () => ({ records: [], lastPage: true });

    expect(await tick(parts, job)).toMatchObject({ outcome: 'complete' });
  });

  it('is not one by its fields, filter, page size or pages at a time', async () => {
    const parts = await halfRead();
    const read = accounts({ Name: text(100), Updated: readOnly(utcDateTime()) });

    expect(await tick(parts, { ...JOB, read, pageSize: 50, window: 4 })).toMatchObject({ outcome: 'complete' });
    expect(new Set(idsOf(parts.sink.lines)).size).toBe(1_000);
  });

  it('is refused as a window of a backfill too', async () => {
    const parts = syncParts();
    parts.siebel.put(...changes(150));
    const span = { fromMs: NOW_MS - 120 * MINUTE, upToMs: NOW_MS - MINUTE };
    const what = { window: 'backfill-a-0001', span, isCancelled: async () => false };
    const read = (job: SyncJob, own: Partial<Parts> = {}) =>
      runWindow('accounts', job, what, { deadlineAtMs: parts.clock.now() + 10 * MINUTE }, { ...parts, ...own });
    let pages = 0;
    const cut: typeof parts.siebel.queryPage = async (...args) => {
      pages += 1;
      if (pages === 2) await parts.clock.advance(10 * MINUTE);
      return parts.siebel.queryPage(...args);
    };
    await read(JOB, { siebel: { ...parts.siebel, queryPage: cut } });
    const stored = structuredClone(parts.state.of('backfill-a-0001'));
    expect(stored?.pass).toBeDefined();

    await expect(read({ ...JOB, read: accounts(), cursor: 'Created' })).rejects.toMatchObject({
      code: 'SYNC_JOB_CHANGED',
    });
    expect(parts.state.of('backfill-a-0001')).toEqual(stored);
  });
});

it('the stored text of a checkpoint keeps what the job was', () => {
  const shape = { component: 'Account/Account', cursor: 'Updated' };
  const { text: stored } = checkpointCodec.write({ cursor: undefined, shape, boundMs: NOW_MS }) as { text: string };

  expect(JSON.parse(stored)).toMatchObject({ shape });
  expect(checkpointCodec.read(stored)).toEqual({ cursor: undefined, shape, boundMs: NOW_MS });
});
