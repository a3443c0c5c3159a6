import { describe, expect, it } from 'vitest';
import { businessComponent, readOnly, text, utcDateTime } from '../../../../lib/operations/index.ts';
import { DAY, HOUR, JOB, MINUTE, SECOND, TOMBSTONE, type World, world } from './sweep-parts.ts';

const ids = (count: number) => Array.from({ length: count }, (_, index) => `1-${index}`);

async function afterBaseline(count = 30, job = JOB): Promise<World> {
  const at = world({ job });
  at.put(...ids(count).map((id) => ({ id })));
  at.clock.move(HOUR);
  await at.live();
  await at.wholeSweep();
  at.clock.move(DAY);
  await at.live();
  return at;
}

const changed = { code: 'SYNC_JOB_CHANGED', failureClass: 'configuration' };

describe('a sweep of a job that is another one than its live checkpoint was made with (R77)', () => {
  const fields = { Name: text(100), Updated: readOnly(utcDateTime()), Created: readOnly(utcDateTime()) };
  const contacts = businessComponent('Contact/Contact', { viewMode: 'All', fields }).source;

  it.each([
    ['component', { ...JOB, read: contacts }],
    ['cursor field', { ...JOB, cursor: 'Name' }],
  ])('by its %s is not begun', async (_, job) => {
    const at = await afterBaseline();
    at.deploy(job);
    at.siebel.searches.length = 0;

    await expect(at.sweep()).rejects.toMatchObject({
      ...changed,
      message: expect.stringMatching(/siebel sync reset accounts, and once more with --sweep$/),
    });
    expect(at.siebel.searches).toEqual([]);
    expect(at.state.stored()).toMatchObject({ number: 1, known: { number: 1 } });
  });

  it('is not gone on with, and tells of no deletion', async () => {
    const at = await deletionsToLookUp();
    at.deploy({ ...JOB, read: contacts });
    at.siebel.rows.clear();
    at.put({ id: '1-contact' });

    await expect(at.sweep(false)).rejects.toMatchObject(changed);
    expect(at.swept()).toEqual([]);
    expect(at.state.stored().underway?.phase).toBe('waiting');
  });

  it('is found out also while the lease of the live job is held', async () => {
    const at = await deletionsToLookUp();
    const { acquire } = at.liveState;
    at.liveState.acquire = async (...args) => {
      const lease = await acquire(...args);
      const shape = { component: 'Contact/Contact', cursor: 'Updated' };
      return lease && { ...lease, checkpoint: { ...lease.checkpoint, shape } };
    };

    await expect(at.sweep(false)).rejects.toMatchObject(changed);
    expect(at.swept()).toEqual([]);
    at.liveState.acquire = acquire;
    expect(await at.sweep(false)).toMatchObject({ outcome: 'complete', tombstones: 2 });
  });

  /** Two records that one sweep has missed, and the second one is about to look up. */
  async function deletionsToLookUp(): Promise<World> {
    const at = await afterBaseline();
    at.remove('1-1', '1-2');
    await at.wholeSweep();
    at.clock.move(DAY);
    await at.live();
    await at.sweep();
    at.clock.move(5 * MINUTE);
    await at.live();
    return at;
  }
});

describe('a record that a sweep has handed over otherwise than the live job', () => {
  /** Far enough that a sweep comes about within it. */
  const job = { ...JOB, lookbackSeconds: 3 * 86_400 };

  it('and that becomes again what it was, is handed over again by the live job', async () => {
    const at = await afterBaseline(30, job);
    at.put({ id: '1-0', name: 'A1', updatedMs: at.clock.now() - 2 * MINUTE });
    await at.live();
    const line = at.wanted().get('1-0');
    const row = at.siebel.rows.get('1-0');
    expect(at.holds().get('1-0')).toBe(line);
    // An import sets it back, beyond what live runs read again.
    at.put({ id: '1-0', name: 'B', updatedMs: at.clock.now() - 30 * DAY });
    at.clock.move(HOUR);
    await at.live();
    await at.wholeSweep();
    expect(at.holds().get('1-0')).toBe(at.wanted().get('1-0'));

    at.put({ ...row });
    at.clock.move(5 * MINUTE);
    await at.live();

    expect(at.holds().get('1-0')).toBe(line);
    // Nothing else comes twice.
    expect(at.sink.lines.filter(({ id }) => id !== '1-0')).toHaveLength(29);
  });

  it('as a tombstone, and that is undeleted, is so too', async () => {
    const at = await afterBaseline(30, job);
    at.put({ id: '1-0', name: 'A1' });
    at.clock.move(5 * MINUTE);
    await at.live();
    const line = at.wanted().get('1-0');
    const row = at.siebel.rows.get('1-0');
    at.remove('1-0');
    at.clock.move(HOUR);
    await at.live();
    await at.wholeSweep();
    at.clock.move(HOUR);
    await at.live();
    await at.wholeSweep();
    expect(at.holds().get('1-0')).toBe(TOMBSTONE('1-0'));

    at.put({ ...row });
    at.clock.move(5 * MINUTE);
    await at.live();

    expect(at.holds().get('1-0')).toBe(line);
  });

  it('is forgotten by the live checkpoint alone: where it goes on, and what else it remembers, stays', async () => {
    const at = await afterBaseline(30, job);
    at.put({ id: '1-0', name: 'A1' }, { id: '1-1', name: 'A1' });
    at.clock.move(5 * MINUTE);
    await at.live();
    at.put({ id: '1-0', name: 'B', updatedMs: at.clock.now() - 30 * DAY });
    at.clock.move(HOUR);
    await at.sweep();
    at.clock.move(5 * MINUTE);
    await at.live();
    const { emitted: before, ...rest } = at.liveState.stored();
    await at.wholeSweep(false);

    const { emitted, ...restAfter } = at.liveState.stored();
    expect(restAfter).toEqual(rest);
    expect(emitted).toHaveLength((before?.length ?? 0) - 16);
  });
});

describe('a job that was emptied for real (R44)', () => {
  it('is led out of by a reset to an instant before that: the guard asks, and two sweeps tell of all deletions', async () => {
    const at = await afterBaseline();
    at.remove(...ids(30));
    at.clock.move(HOUR);
    expect(await at.live()).toMatchObject({ outcome: 'stopped', code: 'SYNC_NOTHING_SEEN' });
    const fromMs = at.clock.now() - 2 * HOUR;
    const lease = await at.liveState.acquire('accounts', 'live', MINUTE);
    if (!lease) throw new Error('no lease');
    const upToMs = at.clock.now() - MINUTE;
    const begun = { cursor: undefined, floorMs: fromMs, pass: { boundMs: upToMs, open: [{ fromMs, upToMs }] } };
    await at.liveState.save('accounts', 'live', lease, begun, 0);
    await at.liveState.release('accounts', 'live', lease);

    expect(await at.live()).toMatchObject({ outcome: 'complete' });
    await expect(at.wholeSweep()).rejects.toMatchObject({ code: 'SWEEP_GUARD' });
    at.control.now = { runs: [], confirmedSweep: at.state.stored().number };
    expect(await at.sweep(false)).toMatchObject({ outcome: 'complete', tombstones: 0 });
    at.clock.move(DAY);
    await at.live();

    expect(await at.wholeSweep()).toMatchObject({ outcome: 'complete', tombstones: 30 });
    expect(at.holds()).toEqual(new Map(ids(30).map((id) => [id, TOMBSTONE(id)])));
  });
});

describe('a sweep without time for one call', () => {
  it('asks Siebel nothing, and stops', async () => {
    const at = await afterBaseline();
    at.siebel.searches.length = 0;

    // A call may take five seconds, and ten are kept back.
    expect(await at.sweep(true, 14 / 60)).toMatchObject({ outcome: 'stopped', pages: 0 });
    expect(at.siebel.searches).toEqual([]);
  });

  it('does not look deletions up either', async () => {
    const at = await afterBaseline();
    at.put({ id: '1-import', updatedMs: at.clock.now() - 30 * DAY });
    await at.sweep();
    at.clock.move(5 * MINUTE);
    await at.live();
    at.siebel.searches.length = 0;

    expect(await at.sweep(false, 14 / 60)).toMatchObject({ outcome: 'stopped', phase: 'emitting', lookedUp: 0 });
    expect(at.siebel.searches).toEqual([]);
    expect(await at.sweep(false, (15 * SECOND) / MINUTE)).toMatchObject({ outcome: 'complete', found: 1 });
  });
});

describe('a chunk that was taken down and not handed over', () => {
  it('is found again by a sweep that is begun anew in the place of its own', async () => {
    const at = await afterBaseline();
    at.remove('1-7');
    await at.wholeSweep();
    at.clock.move(DAY);
    await at.live();
    at.put({ id: '1-import', updatedMs: at.clock.now() - 30 * DAY });
    const { open } = at.sink;
    at.parts.sink.open = (...args) => ({
      ...open(...args),
      chunk: () => ({ ...open(...args).chunk(), close: () => Promise.reject(new Error('killed')) }),
    });
    await expect(at.wholeSweep()).rejects.toThrow('killed');
    at.parts.sink.open = open;
    const rows = [...at.siebel.rows.values()];
    at.siebel.rows.clear();
    at.clock.move(5 * MINUTE);
    await expect(at.sweep(false)).rejects.toMatchObject({ code: 'SWEEP_GUARD' });
    at.put(...rows);
    at.clock.move(DAY);
    await at.live();

    expect(await at.wholeSweep()).toMatchObject({ outcome: 'complete', sweep: 4, found: 1, tombstones: 1 });
    expect(at.holds().get('1-7')).toBe(TOMBSTONE('1-7'));
    expect(at.holds().get('1-import')).toBe(at.wanted().get('1-import'));
  });
});
