import { beforeEach, describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../../lib/errors.ts';
import type { Checkpoint } from '../../../lib/sync/checkpoint.ts';
import type { Underway } from '../../../lib/sync/sweep/content.ts';
import { CURSOR, MINUTE, NOON, syncLine } from './sync-line.ts';

let line: ReturnType<typeof syncLine>;
beforeEach(() => {
  line = syncLine();
});

describe('siebel sync pause and resume', () => {
  it('note who has paused a job since when and why, and let it go on', async () => {
    const paused = await line.json(['pause', 'accounts', '--reason', 'upgrade of Siebel']);
    expect(paused).toEqual({
      code: 0,
      job: 'accounts',
      paused: { by: 'ines', at: '2026-03-01T12:00:00Z', reason: 'upgrade of Siebel' },
      wasPaused: false,
    });
    await line.clock.advance(90 * MINUTE);

    const { code, out } = await line.run(['resume', 'accounts']);

    expect([code, out.split('\n')]).toEqual([
      0,
      [
        'accounts goes on at its next tick; it was paused by ines since 2026-03-01T12:00:00Z: upgrade of Siebel.',
        'At once:  npm run --silent siebel -- sync run accounts',
      ],
    ]);
    expect(line.controls.get('accounts')?.paused).toBeUndefined();
  });

  it('keep who has paused a job first and why, unless another reason is given', async () => {
    const first = { by: 'omar', atMs: NOON - MINUTE, reason: 'upgrade of Siebel' };
    line.controls.set('accounts', { runs: [], paused: first });
    const { code, out } = await line.run(['pause', 'accounts']);
    expect([code, out.split('\n')[0]]).toEqual([
      0,
      'accounts was paused already, by omar since 2026-03-01T11:59:00Z: upgrade of Siebel; that stays so.',
    ]);
    expect(line.acts).toEqual([]);

    const second = await line.run(['pause', 'accounts', '--reason', 'disk is full']);
    expect(second.out).toMatch(
      /^accounts was paused already, by omar .*: upgrade of Siebel; yours takes its place\.$/m,
    );
    expect(line.acts).toEqual([['pause', 'accounts', { by: 'ines', reason: 'disk is full' }]]);
  });

  it('say that a job was not paused', async () => {
    expect(await line.run(['resume', 'contacts'])).toMatchObject({ code: 0, out: 'contacts is not paused.' });
  });

  it('refuse a reason that is empty or too long', async () => {
    for (const reason of ['', 'x'.repeat(501)]) {
      expect(await line.json(['pause', 'accounts', '--reason', reason])).toMatchObject({
        code: 2,
        error: { code: 'USAGE' },
      });
    }
  });
});

describe('siebel sync reset', () => {
  beforeEach(() => line.stored('accounts', { cursor: CURSOR, boundMs: NOON - 3 * MINUTE }));

  it('says what is read again, asks, and forgets', async () => {
    const { code, out, err } = await line.run(['reset', 'accounts'], { answers: ['y'] });

    expect([code, err]).toEqual([0, 'Let accounts read everything again, from the beginning? [y/N] ']);
    expect(out.split('\n').slice(0, 2)).toEqual([
      'accounts reads everything again, from the beginning, from its next run on.',
      'It had come to 2026-03-01T11:57:00Z.',
    ]);
    expect(line.acts).toEqual([['reset', 'accounts', 'live', undefined]]);
  });

  it('goes back to an instant, in whole seconds', async () => {
    const result = await line.json(['reset', 'accounts', '--to', '2h', '--yes']);
    expect(result).toEqual({
      ...{ code: 0, job: 'accounts', was: '2026-03-01T11:57:00Z' },
      ...{ to: '2026-03-01T10:00:00Z', from: '2026-03-01T10:00:00Z' },
    });
    const to = { fromMs: NOON - 120 * MINUTE, boundMs: NOON - 3 * MINUTE };
    expect(line.acts).toEqual([['reset', 'accounts', 'live', to]]);
  });

  it.each([
    ['a lookback before its last bound', { cursor: CURSOR, boundMs: NOON - 3 * MINUTE }, '11:47:00'],
    [
      'the newest record, when that is older',
      { cursor: { value: '03/01/2026 08:00:00', id: '1-2AB' }, boundMs: NOON },
      '08:00:00',
    ],
    [
      'a lookback before the bound of the pass under way',
      {
        cursor: CURSOR,
        pass: { boundMs: NOON - 2 * MINUTE, open: [{ fromMs: NOON - 2 * MINUTE, upToMs: NOON - 2 * MINUTE }] },
      },
      '11:48:00',
    ],
    [
      'what the pass under way has not read',
      {
        cursor: CURSOR,
        boundMs: NOON - 3 * MINUTE,
        pass: { boundMs: NOON - MINUTE, open: [{ fromMs: NOON - 30 * MINUTE, upToMs: NOON - MINUTE }] },
      },
      '11:30:00',
    ],
    [
      'the floor of the job',
      {
        cursor: CURSOR,
        floorMs: NOON - 5 * MINUTE,
        pass: { boundMs: NOON - MINUTE, open: [{ fromMs: NOON - 2 * MINUTE, upToMs: NOON - MINUTE }] },
      },
      '11:55:00',
    ],
    // Nothing that it holds can be believed: then from what is settled.
    [
      'what is settled, when the checkpoint lies in the future',
      { cursor: { value: '03/01/2027 08:00:00', id: '1' }, boundMs: NOON },
      '11:49:00',
    ],
  ])('begins no later than %s: what was committed late is not left out (R77)', async (_, checkpoint, begins) => {
    line.stored('accounts', checkpoint as Checkpoint);
    const from = `2026-03-01T${begins}Z`;

    const { code, out, err } = await line.run(['reset', 'accounts', '--to', '3m'], { answers: ['y'] });

    const told = `again what has changed since 2026-03-01T11:57:00Z, and what may have been committed late since ${from}`;
    expect([code, err]).toEqual([0, `Let accounts read ${told}? [y/N] `]);
    expect(out).toContain(`accounts reads ${told}, from its next run on.`);
    expect(line.acts).toMatchObject([['reset', 'accounts', 'live', { fromMs: Date.parse(from) }]]);
  });

  it.each([
    ['nobody is there to answer', {}, 2, 'CONFIRMATION_NEEDED'],
    ['the answer is no', { answers: ['n'] }, 1, 'NOT_CONFIRMED'],
  ])('does nothing when %s', async (_, conditions, code, problem) => {
    expect(await line.json(['reset', 'accounts'], conditions)).toMatchObject({ code, error: { code: problem } });
    expect(line.acts).toEqual([]);
  });

  it('is refused while a run holds the lease, also one that began meanwhile (R67)', async () => {
    line.stored('accounts', { cursor: CURSOR }, NOON + 30_000);
    const before = await line.run(['reset', 'accounts', '--yes']);
    expect([before.code, before.err]).toEqual([
      1,
      'AT_WORK: a run of "accounts" is at work (its lease lasts until 2026-03-01T12:00:30Z), and nothing was done: ' +
        'wait for its end, or npm run --silent siebel -- sync pause accounts first',
    ]);
    expect(line.acts).toEqual([]);

    // Over by this clock, and taken again in the moment between.
    line.stored('accounts', { cursor: CURSOR }, NOON - 1);
    expect(await line.json(['reset', 'accounts', '--yes'])).toMatchObject({ code: 1, error: { code: 'AT_WORK' } });
  });

  it('never goes forward: what lies between would never be read', async () => {
    expect(await line.run(['reset', 'accounts', '--to', '1m', '--yes'])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^USAGE: --to is later than accounts has come \(2026-03-01T11:57:00Z\)/),
    });
    expect(line.acts).toEqual([]);
  });

  it('never goes over what is left of a read under way, also when newer records were handed over (R77)', async () => {
    const open = [
      { fromMs: NOON - 60 * MINUTE, afterId: '1-1', upToMs: NOON - 40 * MINUTE },
      { fromMs: NOON - 10 * MINUTE, upToMs: NOON - 5 * MINUTE },
    ];
    line.stored('accounts', { cursor: CURSOR, pass: { boundMs: NOON - 5 * MINUTE, open } });
    expect(await line.json(['reset', 'accounts', '--to', '30m', '--yes'])).toMatchObject({ code: 2 });
    line.stored('accounts', { cursor: CURSOR, pass: { boundMs: NOON - 5 * MINUTE, open: [{ upToMs: NOON }] } });
    expect(await line.run(['reset', 'accounts', '--to', '2020-01-01', '--yes'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('(the beginning)'),
    });
    expect(line.acts).toEqual([]);
  });

  it('has nothing to do for a job that has read nothing', async () => {
    expect(await line.json(['reset', 'contacts', '--yes'])).toMatchObject({
      code: 1,
      error: { code: 'NOTHING_READ_YET' },
    });
  });

  it('mends a checkpoint that cannot be read, and takes no other failure for one', async () => {
    line.looks.set('requests', new ConfigurationError('the checkpoint cannot be read'));
    const { code, err } = await line.run(['reset', 'requests', '--to', '2030-01-01', '--yes']);
    expect([code, err]).toEqual([2, expect.stringContaining('USAGE: --to is later')]);
    expect(line.acts).toEqual([]);

    await line.run(['reset', 'requests', '--to', '2h', '--yes']);
    const to = { fromMs: NOON - 120 * MINUTE, boundMs: NOON - 120 * MINUTE };
    expect(line.acts.splice(0)).toEqual([['reset', 'requests', 'live', to]]);

    line.looks.set('requests', new ConfigurationError('no', { code: 'STATE_DENIED' }));
    expect(await line.json(['reset', 'requests', '--yes'])).toMatchObject({ code: 1, error: { code: 'STATE_DENIED' } });
    expect(line.acts).toEqual([]);
  });
});

describe('siebel sync reset --sweep', () => {
  it('lets the sweeps begin anew, also when what is kept of them cannot be read, and leaves the job alone', async () => {
    line.sweeps.set('accounts', new ConfigurationError('the checkpoint of window "sweep" cannot be read'));
    const { code, out, err } = await line.run(['reset', 'accounts', '--sweep'], { answers: ['y'] });
    expect([code, err]).toEqual([0, expect.stringMatching(/^Let the sweeps of accounts begin anew: .* never told\? /)]);
    expect(out).toContain('sync run accounts --sweep');
    expect(line.acts).toEqual([['resetSweep', 'accounts', 'sweep']]);
  });

  it.each([
    [['accounts', '--sweep'], 2, 'CONFIRMATION_NEEDED'],
    [['accounts', '--sweep', '--to', '2h', '--yes'], 2, 'USAGE'],
    [['requests', '--sweep', '--yes'], 2, 'USAGE'],
  ])('does nothing with %j', async (argv, code, problem) => {
    expect(await line.json(['reset', ...argv])).toMatchObject({ code, error: { code: problem } });
    expect(line.acts).toEqual([]);
  });

  it('is refused while a run of the sweep is at work (R67)', async () => {
    line.sweepLease.isHeld = true;
    const ended = await line.json(['reset', 'accounts', '--sweep', '--yes']);
    expect(ended).toMatchObject({ code: 1, error: { code: 'AT_WORK' } });
  });
});

describe('siebel sync confirm', () => {
  const heldBack: Underway = {
    ...{ phase: 'guarded', atMs: NOON - 60 * MINUTE, boundMs: NOON - 61 * MINUTE, read: [], records: 7_000 },
    ...{ readAtMs: NOON, liveBoundMs: NOON, list: { fence: 1, atMs: NOON }, events: [], known: [], todo: [] },
    counts: { known: 10_000, missing: 3_000, gone: 12, found: 5, next: 10_000 },
  };

  it('shows what it would do, asks, and lets this one sweep pass (R76)', async () => {
    line.sweeps.set('accounts', { number: 4, underway: heldBack });

    const { code, out, err } = await line.run(['confirm', 'accounts'], { answers: ['yes'] });

    expect(code).toBe(0);
    expect(err.split('\n')).toEqual([
      'Sweep 4 of accounts, of 2026-03-01T11:00:00Z, is held back: it did not find 3,000 of 10,000 known records (30 %).',
      expect.stringContaining('View mode, filter or permissions may hide them'),
      'Once confirmed, 3,000 count as missing, and are handed over as deleted when the next sweep does not find them either. ' +
        '12 records that two sweeps did not find to be looked up at once; what Siebel does not have is handed over as deleted.',
      'Let sweep 4 of accounts pass? [y/N] ',
    ]);
    expect(line.acts).toEqual([['confirmSweep', 'accounts', 4]]);
    expect(out).toContain('sync run accounts');
  });

  it('shows it and does nothing when nobody answers', async () => {
    line.sweeps.set('accounts', { number: 4, underway: heldBack });
    const { code, err } = await line.run(['confirm', 'accounts']);
    expect([code, err]).toEqual([2, expect.stringMatching(/3,000 of 10,000[\s\S]*CONFIRMATION_NEEDED: /)]);
    expect(line.acts).toEqual([]);
  });

  it('is refused when no sweep is held back, also while one compares or hands over', async () => {
    const totals = { found: 0, tombstones: 0, quarantined: 0, own: 0, added: 0 };
    line.sweeps.set('accounts', { number: 4, underway: { ...heldBack, phase: 'emitting', done: 0, totals } });
    expect(await line.json(['confirm', 'accounts', '--yes'])).toMatchObject({ error: { code: 'NOTHING_TO_CONFIRM' } });
    line.sweeps.set('accounts', { number: 4 });
    for (const job of ['accounts', 'contacts']) {
      const { code, error } = await line.json(['confirm', job, '--yes']);
      expect([code, error.code]).toEqual([1, 'NOTHING_TO_CONFIRM']);
    }
    expect(line.acts).toEqual([]);
  });

  it('is pointed to by the status of the job', async () => {
    line.sweeps.set('accounts', { number: 4, underway: heldBack });
    const { out } = await line.run(['status', 'accounts']);
    expect(out).toContain('it did not find 3,000 of 10,000 known records (30 %)');
    expect(out).toContain('sync confirm accounts');
    expect((await line.run(['status'])).out).toMatch(/accounts .*sweep held back/);
    expect(await line.json(['status', 'accounts'])).toMatchObject({ sweep: { heldBack: { confirmed: false } } });
  });

  it('says what a word means when Siebel shows no record any more, and takes none of before for it', async () => {
    const totals = { found: 0, tombstones: 2, quarantined: 0, own: 0, added: 0 };
    const held = (wasConfirmed: boolean) => ({ ...heldBack, held: { done: 1, totals, wasConfirmed } }) as Underway;
    line.sweeps.set('accounts', { number: 4, underway: held(false) });
    const { code, err } = await line.run(['confirm', 'accounts', '--yes']);
    expect([code, err.split('\n')]).toEqual([
      0,
      [
        expect.stringMatching(/^Sweep 4 .* is held back: Siebel shows none of its records any more/),
        expect.stringContaining('View mode'),
        expect.stringMatching(/^Once confirmed, all that it looks up .* 12 records at most\.$/),
      ],
    ]);
    expect(line.acts.splice(0)).toEqual([['confirmSweep', 'accounts', 4]]);

    line.sweeps.set('accounts', { number: 4, underway: held(true) });
    line.controls.set('accounts', { runs: [], confirmedSweep: 4 });
    expect((await line.run(['status'])).out).toMatch(/accounts .*sweep held back$/m);
    expect(await line.json(['confirm', 'accounts', '--yes'])).toMatchObject({
      error: {
        code: 'NOTHING_TO_CONFIRM',
        message: expect.stringMatching(/goes on by itself.*reset accounts --sweep/),
      },
    });
    expect(line.acts).toEqual([]);
  });

  it('shows in the status that this sweep may pass, and the one after it may not', async () => {
    line.sweeps.set('accounts', { number: 4, underway: heldBack });
    line.controls.set('accounts', { runs: [], confirmedSweep: 4 });
    const { out } = await line.run(['status', 'accounts']);
    expect(out).toMatch(/^sweep +sweep 4 of .* is confirmed, and goes on with the next run that has read everything/m);
    expect(out).not.toMatch(/held back|sync confirm/);
    expect((await line.run(['status'])).out).toMatch(/accounts .*sweep confirmed$/m);
    expect(await line.json(['status', 'accounts'])).toMatchObject({ sweep: { heldBack: { confirmed: true } } });

    line.sweeps.set('accounts', { number: 5, underway: heldBack });
    expect((await line.run(['status'])).out).toMatch(/accounts .*sweep held back$/m);
  });
});
