import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../../../lib/errors.ts';
import { conditions } from '../../../../lib/siebel/search-specification.ts';
import { seenRecords } from '../../../../lib/sync/sweep/seen-objects.ts';
import { sweepStatus } from '../../../../lib/sync/sweep/status.ts';
import {
  ACCOUNT,
  DAY,
  HOUR,
  JOB,
  lineOf,
  MINUTE,
  outage,
  SECOND,
  TOMBSTONE,
  type World,
  world,
} from './sweep-parts.ts';

const many = (count: number) => Array.from({ length: count }, (_, index) => ({ id: `1-${index}` }));

/** A day after the baseline of so many accounts. */
async function afterBaseline(options: Parameters<typeof world>[0] = {}, count = 250): Promise<World> {
  const at = world(options);
  at.put(...many(count));
  at.clock.move(HOUR);
  await at.live();
  await at.wholeSweep();
  at.clock.move(DAY);
  return at;
}

async function nextDay(at: World) {
  const report = await at.wholeSweep();
  at.clock.move(DAY);
  return report;
}

const events = (at: World) => at.log.lines.map(({ event }) => event);

describe('the first sweep', () => {
  it('learns what there is, and hands nothing over', async () => {
    const at = world();
    at.put(...many(250));
    at.clock.move(HOUR);
    await at.live();

    const report = await at.wholeSweep();

    expect(report).toMatchObject({ outcome: 'complete', sweep: 1, found: 0, tombstones: 0 });
    expect(at.swept()).toEqual([]);
    expect(at.log.lines.slice(-2)).toMatchObject([
      { event: 'SWEEP_BASELINE', sweep: 1, records: 250 },
      { event: 'SWEEP_RUN_ENDED', outcome: 'complete' },
    ]);
    expect(at.state.stored()).toMatchObject({ number: 1, known: { number: 1, records: 250 } });
  });

  it('takes what it reads for known, also what was handed over before the job had a sweep', async () => {
    const at = world();
    at.put(...many(250));
    at.clock.move(HOUR);
    await at.live();
    at.sets.objects.clear();

    expect(await nextDay(at)).toMatchObject({ outcome: 'complete', lookedUp: 0, found: 0 });
    at.remove('1-9');
    expect(await nextDay(at)).toMatchObject({ lookedUp: 0 });
    expect(await nextDay(at)).toMatchObject({ tombstones: 1, found: 0 });
  });

  it('counts what live runs have handed over before it: what was deleted since is reported by the second', async () => {
    const at = world();
    at.put(...many(5));
    at.clock.move(HOUR);
    await at.live();
    at.remove('1-4');

    expect([await nextDay(at), await nextDay(at)]).toMatchObject([{ tombstones: 0 }, { tombstones: 1 }]);
  });
});

describe('a deletion', () => {
  it('is reported by the second whole sweep after it, once, and not by the first (R76)', async () => {
    const at = await afterBaseline();
    at.remove('1-7', '1-8');

    const reports = [await nextDay(at), await nextDay(at), await nextDay(at)];

    expect(reports.map(({ tombstones, found }) => [tombstones, found])).toEqual([
      [0, 0],
      [2, 0],
      [0, 0],
    ]);
    expect(
      at
        .swept()
        .map(({ line }) => line)
        .sort(),
    ).toEqual([TOMBSTONE('1-7'), TOMBSTONE('1-8')]);
    expect(at.metrics.counts.get('sweep.tombstones')).toBe(2);
  });

  it('is not reported of a record that is back when it is looked up', async () => {
    const at = await afterBaseline();
    const account = at.siebel.rows.get('1-7');
    at.remove('1-7');
    await nextDay(at);
    await at.sweep();
    if (account) at.put(account);

    expect(await at.wholeSweep(false)).toMatchObject({ tombstones: 0, found: 0, lookedUp: 1 });
  });

  it('is taken back when the record comes again, with the old instant too', async () => {
    const at = await afterBaseline();
    const account = at.siebel.rows.get('1-7');
    at.remove('1-7');
    await nextDay(at);
    await nextDay(at);
    expect(at.holds().get('1-7')).toBe(TOMBSTONE('1-7'));
    if (account) at.put(account);

    expect(await nextDay(at)).toMatchObject({ found: 1 });
    expect(at.holds()).toEqual(at.wanted());
  });

  it('is what happens to a record for which the condition of the job does not hold any more', async () => {
    const where = conditions(ACCOUNT.source.fields).field('Status').is('Active');
    const at = await afterBaseline({ job: { ...JOB, where } });
    at.put({ id: '1-7', status: 'Closed' });

    expect([await nextDay(at), await nextDay(at)]).toMatchObject([{ tombstones: 0 }, { tombstones: 1 }]);
    expect(at.holds().get('1-7')).toBe(TOMBSTONE('1-7'));
  });

  it('is not said of a record that moves during every sweep and before every live run: each second sweep hands it over', async () => {
    const hot: string[] = [];
    const at = await afterBaseline({ hot });
    hot.push('1-7');

    const reports = [];
    for (let day = 0; day < 6; day += 1) reports.push(await nextDay(at));

    expect(reports.map(({ tombstones }) => tombstones)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(reports.map(({ found }) => found)).toEqual([0, 1, 0, 1, 0, 1]);
    expect(at.falseTombstones).toEqual([]);
  });
});

describe('a change that does not move the cursor on', () => {
  it('is found: a record imported with an old instant, and one that was set back', async () => {
    const at = await afterBaseline();
    at.put({ id: '1-import', name: 'imported', updatedMs: at.clock.now() - 300 * DAY });
    at.put({ id: '1-3', name: 'set back', updatedMs: at.clock.now() - 300 * DAY });
    await at.live();

    expect(await nextDay(at)).toMatchObject({ found: 2, tombstones: 0 });
    expect(at.holds()).toEqual(at.wanted());
    expect(await nextDay(at)).toMatchObject({ found: 0, lookedUp: 0 });
  });

  it('is not what live runs have handed over', async () => {
    const at = await afterBaseline();
    at.put({ id: '1-3', name: 'changed' }, { id: '1-new', name: 'new' });
    at.clock.move(5 * MINUTE);
    await at.live();

    expect(await nextDay(at)).toMatchObject({ lookedUp: 0, found: 0 });
  });

  it('is not what live runs are about to hand over: the sweep waits for them', async () => {
    const at = await afterBaseline();
    at.put({ id: '1-new', name: 'new' });
    at.clock.move(2 * MINUTE);

    expect(await at.sweep()).toMatchObject({ outcome: 'waiting', phase: 'waiting', read: 251 });
    expect(events(at)).toContain('SWEEP_WAITS');
    at.clock.move(5 * MINUTE);
    await at.live();
    expect(await at.sweep(false)).toMatchObject({ outcome: 'complete', lookedUp: 0 });
  });

  it('is not what changes while the sweep reads, before its page and behind it, once the live job has handed it over', async () => {
    const at = await afterBaseline({ pageLimit: 10 });
    const { queryPage } = at.siebel;
    let pages = 0;
    at.siebel.queryPage = async (...args) => {
      pages += 1;
      if (pages === 5) at.put({ id: '1-0', name: 'behind' }, { id: '1-99', name: 'before' });
      return queryPage(...args);
    };

    const report = await at.sweep();

    // One of them was read, the other one was not.
    expect(report).toMatchObject({ outcome: 'waiting', read: 249 });
    expect(await nextDay(at)).toMatchObject({ outcome: 'complete', lookedUp: 0 });
    expect(at.log.lines.at(-2)).toMatchObject({ event: 'SWEEP_ENDED', missing: 0 });
  });

  it('is not what was handed over by a chunk that was on its way while the last sweep made its list', async () => {
    const at = await afterBaseline();
    const listedMs = at.state.stored().known?.list.atMs ?? 0;
    const early = seenRecords({ sets: at.sets, clock: { now: () => listedMs - 10 * MINUTE } });
    at.put({ id: '1-slow', updatedMs: listedMs - 300 * DAY });
    await early.record('accounts', { window: 'live', fence: 99, sequence: 1 }, [
      { id: '1-slow', atMs: listedMs - 300 * DAY },
    ]);

    expect(await nextDay(at)).toMatchObject({ outcome: 'complete', lookedUp: 0 });
  });

  it('of a record that vanishes before it is looked up is nobody’s business', async () => {
    const at = await afterBaseline();
    at.put({ id: '1-import', updatedMs: at.clock.now() - 300 * DAY });
    await at.sweep();
    at.remove('1-import');

    expect(await at.wholeSweep(false)).toMatchObject({ lookedUp: 1, found: 0, tombstones: 0 });
  });

  it('of a record that changes before it is looked up is left to the live job', async () => {
    const at = await afterBaseline();
    at.put({ id: '1-import', updatedMs: at.clock.now() - 300 * DAY });
    await at.sweep();
    at.clock.move(5 * MINUTE);
    await at.live();
    at.put({ id: '1-import', name: 'changed' });
    await at.sweep(false);
    at.clock.move(5 * MINUTE);
    await at.live();

    expect(at.sink.lines.filter(({ id }) => id === '1-import').map(({ window }) => window)).toEqual(['live']);
    expect(await nextDay(at)).toMatchObject({ found: 0 });
  });

  it('by the integration itself is left out once and for all', async () => {
    const at = await afterBaseline({ job: { ...JOB, ownWrites: { field: 'Updated By', is: 'INTEGRATION' } } });
    at.put({ id: '1-own', by: 'INTEGRATION', updatedMs: at.clock.now() - 300 * DAY });
    at.put({ id: '1-live', by: 'INTEGRATION' });
    at.clock.move(5 * MINUTE);
    await at.live();

    expect(await nextDay(at)).toMatchObject({ found: 0, own: 1 });
    expect(await nextDay(at)).toMatchObject({ lookedUp: 0 });
    expect(at.holds().has('1-own')).toBe(false);
  });

  it('to something that differs from the declaration goes to quarantine, once', async () => {
    const at = await afterBaseline({
      transform: (record) => (record['Id'] === '1-odd' ? { ...record, Active: 'maybe' } : record),
    });
    at.put({ id: '1-odd', updatedMs: at.clock.now() - 300 * DAY });

    expect(await nextDay(at)).toMatchObject({ found: 0, quarantined: 1 });
    expect(at.sink.quarantined.map((line) => JSON.parse(line))).toMatchObject([
      { Id: '1-odd', issues: [{ pointer: '/Active' }] },
    ]);
    expect(await nextDay(at)).toMatchObject({ lookedUp: 0, quarantined: 0 });
  });

  it('stops the sweep when a tenth of what it looks up differs from the declaration', async () => {
    const at = await afterBaseline({
      transform: (record) => (record['Name'] === 'odd' ? { ...record, Active: 'maybe' } : record),
    });
    const old = at.clock.now() - 300 * DAY;
    at.put(...many(200).map(({ id }, index) => ({ id: `${id}-new`, name: index < 21 ? 'odd' : 'A', updatedMs: old })));

    await expect(at.wholeSweep()).rejects.toMatchObject({ code: 'SYNC_DRIFT' });
    expect(at.swept()).toEqual([]);
    expect(at.metrics.counts.get('sync.drift')).toBe(1);
  });
});

describe('a run of a sweep', () => {
  it('does nothing, and takes no lease, when no sweep is under way', async () => {
    const at = await afterBaseline();
    const stored = at.state.stored();

    expect(await at.sweep(false)).toMatchObject({ outcome: 'idle', pages: 0 });
    expect((await at.state.look('accounts', 'sweep'))?.fence).toBe(2);
    expect(at.state.stored()).toBe(stored);
  });

  it('goes on where time ran out, reading no page twice', async () => {
    const at = await afterBaseline({ pageLimit: 10 });
    at.siebel.searches.length = 0;

    // Ten seconds are kept back, and a page takes one.
    const reports = [await at.sweep(true, 0.3)];
    while (reports.at(-1)?.outcome === 'stopped') reports.push(await at.sweep(false, 0.3));

    expect(reports.map(({ outcome, read }) => [outcome, read])).toEqual([
      ['stopped', 80],
      ['stopped', 80],
      ['stopped', 80],
      ['waiting', 10],
    ]);
    expect(new Set(at.siebel.searches).size).toBe(at.siebel.searches.length);
  });

  it('goes on with the sweep that is under way when the next one is due', async () => {
    const at = await afterBaseline({ pageLimit: 10 });
    await at.sweep(true, 0.3);

    expect(await at.sweep(true)).toMatchObject({ outcome: 'waiting', sweep: 2, read: 170 });
    expect(events(at)).toContain('SWEEP_GOES_ON');
  });

  it('keeps what it has read when Siebel falls silent', async () => {
    const at = await afterBaseline({ pageLimit: 10 });
    const { queryPage } = at.siebel;
    let pages = 0;
    at.siebel.queryPage = async (...args) => {
      pages += 1;
      if (pages === 6) throw outage();
      return queryPage(...args);
    };

    await expect(at.sweep()).rejects.toMatchObject({ code: 'SINK_UNAVAILABLE' });

    expect(await at.sweep(false)).toMatchObject({ outcome: 'waiting', read: 200 });
  });

  it('lets the one that holds the lease work', async () => {
    const at = await afterBaseline();
    await at.state.acquire('accounts', 'sweep', MINUTE);

    expect(await at.sweep()).toMatchObject({ outcome: 'already-running' });
    expect(at.metrics.counts.get('lease.held')).toBe(1);
  });

  it('hands nothing over once another has taken its place (R67)', async () => {
    const at = await afterBaseline();
    at.put({ id: '1-import', updatedMs: at.clock.now() - 300 * DAY });
    await at.sweep();
    at.clock.move(5 * MINUTE);
    await at.live();
    const { queryPage } = at.siebel;
    at.siebel.queryPage = async (...args) => {
      const page = await queryPage(...args);
      at.clock.move(2 * MINUTE);
      await at.state.acquire('accounts', 'sweep', MINUTE);
      return page;
    };

    expect(await at.sweep(false)).toMatchObject({ outcome: 'lease-lost', found: 0 });
    expect(at.swept()).toEqual([]);
    expect(at.metrics.counts.get('lease.lost')).toBe(1);
  });

  it('does nothing while the job is paused, and stops after its chunk when it is paused meanwhile', async () => {
    const at = await afterBaseline({ recordsPerChunk: 2 });
    at.put(...many(6).map(({ id }) => ({ id, updatedMs: at.clock.now() - 300 * DAY })));
    await at.sweep();
    at.clock.move(5 * MINUTE);
    await at.live();
    const paused = { by: 'operator', atMs: 0 };
    at.control.now = { runs: [], paused };
    const before = at.siebel.searches.length;
    expect(await at.sweep(false)).toMatchObject({ outcome: 'paused' });
    expect(at.siebel.searches).toHaveLength(before);
    expect(at.state.stored().underway?.phase).toBe('waiting');

    at.control.now = { runs: [] };
    const { queryPage } = at.siebel;
    at.siebel.queryPage = async (...args) => {
      at.control.now = { runs: [], paused };
      return queryPage(...args);
    };
    expect(await at.sweep(false)).toMatchObject({ outcome: 'paused', found: 2 });

    at.siebel.queryPage = queryPage;
    at.control.now = { runs: [] };
    expect(await at.sweep(false)).toMatchObject({ outcome: 'complete', found: 4 });
  });

  it('hands over what it found once more when the sink fails, and nothing is lost', async () => {
    const at = await afterBaseline({ recordsPerChunk: 2 });
    at.put(...many(6).map(({ id }) => ({ id, updatedMs: at.clock.now() - 300 * DAY })));
    await at.sweep();
    at.clock.move(5 * MINUTE);
    await at.live();
    const { open } = at.sink;
    let chunks = 0;
    at.sink.open = (run) => {
      const output = open(run);
      return {
        ...output,
        chunk() {
          const chunk = output.chunk();
          return {
            ...chunk,
            close: (range) => {
              chunks += 1;
              return chunks === 2 ? Promise.reject(outage()) : chunk.close(range);
            },
          };
        },
      };
    };

    await expect(at.sweep(false)).rejects.toMatchObject({ code: 'SINK_UNAVAILABLE' });

    expect(await at.sweep(false)).toMatchObject({ outcome: 'complete', found: 4 });
    expect(
      at
        .swept()
        .map(({ line }) => line)
        .sort(),
    ).toEqual(
      many(6)
        .flatMap(({ id }) => at.siebel.rows.get(id) ?? [])
        .map(lineOf)
        .sort(),
    );
  });

  it('stops in good order when Siebel gives records in another order than it compares them', async () => {
    const at = await afterBaseline({ pageLimit: 10 });
    at.put(...many(20).map(({ id }, index) => ({ id, updatedMs: at.clock.now() - HOUR - (index % 7) * SECOND })));
    const { queryPage } = at.siebel;
    at.siebel.queryPage = async (...args) => {
      const page = await queryPage(...args);
      return { ...page, records: [...page.records].reverse() };
    };

    await expect(at.sweep()).rejects.toBeInstanceOf(ConfigurationError);
    expect(at.state.stored().underway).toMatchObject({ phase: 'reading', records: 0 });
  });
});

describe('what a sweep hands over', () => {
  /** A sweep that has compared, and is about to look two records up, one a chunk. */
  async function aboutToLookUp(): Promise<World> {
    const at = await afterBaseline({ recordsPerChunk: 1 });
    const old = at.clock.now() - 300 * DAY;
    at.put({ id: '1-import', updatedMs: old }, { id: '1-other', updatedMs: old });
    await at.sweep();
    at.clock.move(5 * MINUTE);
    await at.live();
    return at;
  }

  it('waits for a live run that is at work, before anything is looked up', async () => {
    const at = await aboutToLookUp();
    const lease = await at.liveState.acquire('accounts', 'live', MINUTE);
    const before = at.siebel.searches.length;

    expect(await at.sweep(false)).toMatchObject({ outcome: 'waiting', phase: 'emitting', lookedUp: 0 });
    expect(at.siebel.searches).toHaveLength(before);
    expect(events(at).slice(-2)).toEqual(['SWEEP_WAITS', 'SWEEP_RUN_ENDED']);

    if (lease) await at.liveState.release('accounts', 'live', lease);
    expect(await at.sweep(false)).toMatchObject({ outcome: 'complete', found: 2 });
  });

  it('is read and handed over while no live run can be at work, so that it is never older than what one handed over before it', async () => {
    const at = await aboutToLookUp();
    const { queryPage } = at.siebel;
    const meanwhile: string[] = [];
    at.siebel.queryPage = async (...args) => {
      at.siebel.queryPage = queryPage;
      const page = await queryPage(...args);
      at.put({ id: '1-import', name: 'set back', updatedMs: at.clock.now() - 400 * DAY });
      meanwhile.push((await at.live()).outcome);
      return page;
    };

    await at.sweep(false);
    expect(meanwhile).toEqual(['already-running']);
    expect((await at.live()).outcome).toBe('complete');
  });

  it('has the fence of the live lease that it was read under: fences put the lines of both in one order', async () => {
    const at = await aboutToLookUp();
    await at.sweep(false);
    at.clock.move(5 * MINUTE);
    at.put({ id: '1-3', name: 'changed' });
    at.clock.move(5 * MINUTE);
    await at.live();

    const [first = 0, ...others] = at.sink.lines.slice(-3).map(({ fence }) => fence);
    expect(at.sink.lines.slice(-3).map(({ window }) => window)).toEqual(['sweep', 'sweep', 'live']);
    expect(others).toEqual([first + 1, first + 2]);
    expect(
      [...at.sets.objects.keys()].filter((name) => name.includes(`-sweep-${String(first).padStart(10, '0')}-`)),
    ).toHaveLength(1);
  });

  it('is given up when the live lease was lost meanwhile (R67)', async () => {
    const at = await aboutToLookUp();
    const { queryPage } = at.siebel;
    at.siebel.queryPage = async (...args) => {
      at.siebel.queryPage = queryPage;
      const page = await queryPage(...args);
      at.clock.move(2 * MINUTE);
      await at.liveState.acquire('accounts', 'live', MINUTE);
      return page;
    };

    expect(await at.sweep(false)).toMatchObject({ outcome: 'waiting', found: 0 });
    expect(at.swept()).toEqual([]);
  });

  it('is not what a live run handed over last with an earlier time than before: whoever reads the output takes that line', async () => {
    const at = await afterBaseline();
    at.put({ id: '1-3', name: 'changed' });
    at.clock.move(2 * MINUTE);
    await at.live();
    at.put({ id: '1-3', name: 'set back', updatedMs: at.clock.now() - 4 * MINUTE });
    at.clock.move(2 * MINUTE);
    await at.live();
    expect(at.holds()).toEqual(at.wanted());

    expect(await nextDay(at)).toMatchObject({ lookedUp: 0 });
  });

  it('makes up for a window of a backfill that handed over an older version than a live run before it', async () => {
    const at = await afterBaseline();
    const olderMs = at.clock.now() - 40 * DAY;
    at.put({ id: '1-3', name: 'newer', updatedMs: olderMs + 20 * DAY });
    expect(await nextDay(at)).toMatchObject({ found: 1 });
    const place = { window: 'backfill-1-0001', fence: 1, sequence: 1 };
    // A reader leaves that line out, so the sweep does.
    await at.seen.record('accounts', place, [{ id: '1-3', atMs: olderMs }]);

    expect(await nextDay(at)).toMatchObject({ lookedUp: 0 });

    // A newer one counts, and one of a record that was not known, or is gone.
    await at.seen.record('accounts', { ...place, sequence: 2 }, [
      { id: '1-3', atMs: olderMs + 30 * DAY },
      { id: '1-ghost', atMs: olderMs },
    ]);
    expect(await nextDay(at)).toMatchObject({ lookedUp: 1, found: 1 });
    expect(await nextDay(at)).toMatchObject({ lookedUp: 1, tombstones: 1 });
  });
});

describe('what is told of a sweep', () => {
  it('is what the last whole one has handed over, and what the sink holds since then', async () => {
    const at = await afterBaseline();
    at.remove('1-7', '1-8');
    await nextDay(at);
    at.put({ id: '1-import', updatedMs: at.clock.now() - 300 * DAY });
    at.put({ id: '1-3', name: 'set back', updatedMs: at.clock.now() - 300 * DAY });
    at.remove('1-9');
    await nextDay(at);

    expect(sweepStatus(at.state.stored())).toMatchObject({
      number: 3,
      phase: 'idle',
      last: {
        number: 3,
        records: 249,
        told: { found: 2, tombstones: 2, quarantined: 0, own: 0, missing: 1 },
      },
    });
  });

  it('is whether a run has begun it', async () => {
    const at = await afterBaseline({ pageLimit: 10 });

    expect(await at.sweep(true, 0.3)).toMatchObject({ begun: true, sweep: 2 });
    expect(await at.sweep(true)).toMatchObject({ begun: false, sweep: 2 });
    expect(await at.wholeSweep(false)).toMatchObject({ begun: false, outcome: 'complete' });
    expect(await at.sweep(false)).toMatchObject({ begun: false, outcome: 'idle' });
  });

  it('is a number that nobody has confirmed before, also after everything was forgotten', async () => {
    const at = world();
    at.control.now = { runs: [], confirmedSweep: 7 };

    expect(await at.sweep()).toMatchObject({ sweep: 8 });
  });
});
