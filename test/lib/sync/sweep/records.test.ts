import { describe, expect, it } from 'vitest';
import type { SyncJob } from '../../../../lib/operations/index.ts';
import { businessComponent, optional, readOnly, text, utcDateTime } from '../../../../lib/operations/index.ts';
import type { Checkpoint } from '../../../../lib/sync/checkpoint.ts';
import { runWindow } from '../../../../lib/sync/run-window.ts';
import { DAY, HOUR, JOB, MINUTE, stateOf, TOMBSTONE, type World, world } from './sweep-parts.ts';

const RECORDS: SyncJob = {
  ...JOB,
  sweep: { every: 'rate(1 day)', timezone: 'UTC', maxMissing: 0.1, compare: 'records' },
};
/** The same component with a field less. */
const NARROW: SyncJob = {
  ...RECORDS,
  read: businessComponent('Account/Account', {
    viewMode: 'All',
    fields: { Name: text(100), Updated: readOnly(utcDateTime()), Status: text(20) },
  }).source,
};

/** A day after the baseline of so many accounts. */
async function afterBaseline(options: Parameters<typeof world>[0] = {}, count = 250): Promise<World> {
  const at = world({ job: RECORDS, ...options });
  at.put(...Array.from({ length: count }, (_, index) => ({ id: `1-${index}` })));
  at.clock.move(HOUR);
  await at.live();
  await nextDay(at);
  return at;
}

async function nextDay(at: World) {
  const report = await at.wholeSweep();
  at.clock.move(DAY);
  await at.live();
  return report;
}

async function backfill({ siebel, sink, seen, clock, metrics, log, job }: World): Promise<void> {
  const state = stateOf<Checkpoint>('backfill-1-0001', clock, { cursor: undefined }, structuredClone);
  const what = { window: 'backfill-1-0001', span: { upToMs: clock.now() }, isCancelled: async () => false };
  const limits = { deadlineAtMs: clock.now() + 15 * MINUTE };
  await runWindow('accounts', job, what, limits, { siebel, sink, seen, clock, metrics, log, state });
}

describe('a sweep that compares records', () => {
  it.each([1, 3])('finds what changed without moving the cursor, once (window %i)', async (window) => {
    const at = await afterBaseline({ job: { ...RECORDS, window }, pageLimit: 10 });
    at.changeSilently('1-7', { name: 'another name by a join' });

    expect([await nextDay(at), await nextDay(at)]).toMatchObject([{ found: 1 }, { lookedUp: 0, found: 0 }]);
    expect(at.swept()).toHaveLength(1);
    expect(at.holds()).toEqual(at.wanted());
  });

  it('does so where one that compares the cursor does not', async () => {
    const at = await afterBaseline({ job: JOB });
    at.changeSilently('1-7', { name: 'another name by a join' });

    expect(await nextDay(at)).toMatchObject({ lookedUp: 0, found: 0 });
  });

  it('hands over what stands when it is handed over, and not what it has read', async () => {
    const at = await afterBaseline();
    at.changeSilently('1-7', { name: 'read' });
    at.changeSilently('1-8', { name: 'read' });
    await at.sweep();
    at.changeSilently('1-7', { name: 'since' });
    // The sink has this one.
    at.changeSilently('1-8', { name: 'A' });

    expect(await at.wholeSweep(false)).toMatchObject({ lookedUp: 2, found: 1 });
    expect(at.holds()).toEqual(at.wanted());
    at.clock.move(DAY);
    expect(await nextDay(at)).toMatchObject({ lookedUp: 0 });
  });

  it('knows what live runs have handed over', async () => {
    const at = await afterBaseline();
    at.put({ id: '1-3', name: 'changed' }, { id: '1-new', name: 'new' });
    at.clock.move(5 * MINUTE);
    await at.live();
    at.changeSilently('1-3', { name: 'changed silently' });
    at.clock.move(5 * MINUTE);
    await at.live();

    expect(await nextDay(at)).toMatchObject({ lookedUp: 0, found: 0 });
    expect(at.holds()).toEqual(at.wanted());
  });

  it('knows what the window of a backfill has handed over', async () => {
    const at = await afterBaseline();
    at.changeSilently('1-3', { name: 'changed' });
    await backfill(at);
    expect(at.holds()).toEqual(at.wanted());

    expect(await nextDay(at)).toMatchObject({ lookedUp: 0, found: 0 });
  });

  it('finds what changed after a window of a backfill had handed it over', async () => {
    const at = await afterBaseline();
    await backfill(at);
    at.changeSilently('1-3', { name: 'changed' });

    expect(await nextDay(at)).toMatchObject({ found: 1 });
  });

  it('remembers what live runs hand over beside it', async () => {
    const at = await afterBaseline();
    await at.sweep();
    at.put({ id: '1-3', name: 'changed' });
    at.clock.move(5 * MINUTE);
    await at.live();
    expect(await nextDay(at)).toMatchObject({ outcome: 'complete', found: 0 });
    at.changeSilently('1-3', { name: 'since' });

    expect(await nextDay(at)).toMatchObject({ found: 1 });
  });

  it('leaves to live runs what they read again, so that an older state never comes after a newer one', async () => {
    const at = await afterBaseline();
    const tell = async (name: string) => {
      at.changeSilently('1-3', { name });
      at.clock.move(1.5 * MINUTE);
      await at.live();
    };
    at.put({ id: '1-3' });
    await tell('one');
    expect(await at.sweep()).toMatchObject({ outcome: 'waiting', read: 250 });
    await tell('other');
    at.changeSilently('1-3', { name: 'third' });
    const { queryPage } = at.siebel;
    at.siebel.queryPage = async (...args) => {
      const page = await queryPage(...args);
      if (at.siebel.rows.get('1-3')?.name === 'third') await tell('newer');
      return page;
    };

    expect(await at.sweep(false)).toMatchObject({ outcome: 'complete', lookedUp: 1, found: 0 });
    expect(at.holds()).toEqual(at.wanted());

    at.siebel.queryPage = queryPage;
    at.clock.move(DAY);
    await at.live();
    at.changeSilently('1-3', { name: 'one' });
    expect(await nextDay(at)).toMatchObject({ found: 1 });
    expect(at.holds()).toEqual(at.wanted());
  });

  it('finds a deletion by the second sweep, and a record that comes back as another one', async () => {
    const at = await afterBaseline();
    const account = at.siebel.rows.get('1-7');
    at.remove('1-7', '1-8');
    await nextDay(at);
    await at.sweep();
    if (account) at.put({ ...account, name: 'back' });

    expect(await at.wholeSweep(false)).toMatchObject({ found: 1, tombstones: 1 });
    expect(at.holds().get('1-8')).toBe(TOMBSTONE('1-8'));
    at.remove('1-8');
    at.clock.move(DAY);
    expect(await nextDay(at)).toMatchObject({ lookedUp: 0 });
  });

  it('leaves out what the integration itself has written, once and for all', async () => {
    const at = await afterBaseline({ job: { ...RECORDS, ownWrites: { field: 'Updated By', is: 'INTEGRATION' } } });
    at.put({ id: '1-live', by: 'INTEGRATION' });
    at.clock.move(5 * MINUTE);
    await at.live();
    expect(await nextDay(at)).toMatchObject({ lookedUp: 0 });

    at.changeSilently('1-live', { name: 'joined' });

    expect([await nextDay(at), await nextDay(at)]).toMatchObject([{ found: 0, own: 1 }, { lookedUp: 0 }]);
    expect(at.holds().has('1-live')).toBe(false);
  });

  it('has what differs from the declaration in quarantine once, though many of a page do, and hands it over when it is mended', async () => {
    let isOdd = (_id: string) => false;
    const at = await afterBaseline({
      transform: (record) => (isOdd(record['Id'] ?? '') ? { ...record, Active: 'maybe' } : record),
    });
    isOdd = (id) => ['1-1', '1-2', '1-3'].includes(id);

    expect([await nextDay(at), await nextDay(at)]).toMatchObject([
      { found: 0, quarantined: 3 },
      { lookedUp: 0, quarantined: 0 },
    ]);
    expect(at.sink.quarantined).toHaveLength(3);

    isOdd = (id) => id === '1-1';
    expect(await nextDay(at)).toMatchObject({ lookedUp: 2, found: 2, quarantined: 0 });
  });

  it('takes the first row of a record that a join shows twice, as live runs do', async () => {
    const at = await afterBaseline();
    const { queryPage } = at.siebel;
    at.siebel.queryPage = async (...args) => {
      const page = await queryPage(...args);
      const records = page.records.flatMap((record) =>
        record['Id'] === '1-3' ? [record, { ...record, Name: 'of another row' }] : [record],
      );
      return { ...page, records };
    };
    expect(await nextDay(at)).toMatchObject({ lookedUp: 0 });

    at.changeSilently('1-3', { name: 'changed' });

    expect([await nextDay(at), await nextDay(at)]).toMatchObject([{ found: 1 }, { lookedUp: 0 }]);
    expect(at.holds()).toEqual(at.wanted());
  });
});

describe('the first sweep that compares records', () => {
  it('finds nothing, and does not forget what live runs have handed over: a silent change since comes with the second', async () => {
    const at = world({ job: RECORDS });
    at.put({ id: '1-1' }, { id: '1-2' });
    at.clock.move(HOUR);
    await at.live();
    // From here on, live runs read no more of it.
    at.clock.move(HOUR);
    await at.live();
    at.clock.move(DAY);
    at.changeSilently('1-1', { name: 'joined' });
    await at.live();

    expect([await nextDay(at), await nextDay(at), await nextDay(at)]).toMatchObject([
      { found: 0 },
      { found: 1 },
      { lookedUp: 0 },
    ]);
    expect(at.holds()).toEqual(at.wanted());
  });

  it.each([
    ['compared the cursor', JOB, RECORDS],
    ['had another declaration', NARROW, RECORDS],
  ])(
    'after sweeps that %s takes versions as they are, and finds deletions and other Ids all the same',
    async (_what, before, after) => {
      const at = await afterBaseline({ job: before });
      at.remove('1-7');
      await nextDay(at);
      at.changeSilently('1-5', { name: 'before' });
      at.put({ id: '1-import', updatedMs: at.clock.now() - 300 * DAY });
      at.deploy(after);

      expect(await nextDay(at)).toMatchObject({ lookedUp: 2, found: 1, tombstones: 1 });

      at.changeSilently('1-6', { name: 'since' });
      at.changeSilently('1-import', { name: 'since' });
      expect([await nextDay(at), await nextDay(at)]).toMatchObject([{ found: 2 }, { lookedUp: 0 }]);
      expect(at.holds().get('1-6')).toBe(at.wanted().get('1-6'));
    },
  );

  it('after another declaration in the middle of a sweep finds nothing that did not change', async () => {
    const at = await afterBaseline({ pageLimit: 10 });
    await at.sweep(true, 0.3);
    at.deploy(NARROW);
    at.put({ id: '1-3', name: 'changed' });

    expect(await nextDay(at)).toMatchObject({ outcome: 'complete', lookedUp: 0 });
    expect(await nextDay(at)).toMatchObject({ lookedUp: 0 });
    at.changeSilently('1-3', { name: 'since' });
    at.changeSilently('1-200', { name: 'since' });
    expect([await nextDay(at), await nextDay(at)]).toMatchObject([{ found: 2 }, { lookedUp: 0 }]);
  });

  it('after it was switched off compares the cursor again', async () => {
    const at = await afterBaseline();
    at.deploy(JOB);
    at.changeSilently('1-3', { name: 'changed' });

    expect([await nextDay(at), await nextDay(at)]).toMatchObject([{ lookedUp: 0 }, { lookedUp: 0 }]);
  });

  it('counts a field as declared otherwise when it may be absent now', async () => {
    const { read } = RECORDS;
    const at = await afterBaseline();
    at.deploy({ ...RECORDS, read: { ...read, fields: { ...read.fields, Status: optional(text(20)) } } });
    at.changeSilently('1-3', { name: 'before' });

    expect(await nextDay(at)).toMatchObject({ lookedUp: 0 });
  });
});
