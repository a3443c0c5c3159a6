import { beforeEach, describe, expect, it } from 'vitest';
import type { Surroundings } from '../../cli/command.ts';
import { runSiebel } from '../../cli/program.ts';
import type { Runtime } from '../../cli/runtime.ts';
import { ServiceUnavailableError } from '../../lib/errors.ts';
import type { BackfillPlans } from '../../lib/sync/backfill/plan.ts';
import type { SyncLook, SyncState } from '../../lib/sync/checkpoint.ts';
import { type CountedSiebel, countedSiebel } from '../lib/sync/backfill/counted-siebel.ts';
import { plansInMemory } from '../lib/sync/backfill/plans-in-memory.ts';
import { exampleIntegration } from '../support/example-integration.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';
import { recordingClient } from '../support/recording-client.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');
/** A safety lag, a lookback and five minutes before now. */
const SETTLED = '2026-03-01T11:44:00Z';
const DAY = 86_400_000;
const SECOND = 1_000;
const ENV = {
  STAGE: 'local',
  STATE_TABLE: 'state',
  BACKFILL_QUEUE_URL: 'https://sqs.eu-west-1.amazonaws.com/000000000000/backfill',
  SIEBEL_BASE_URL: 'https://siebel.example:9001/siebel/v1.0',
  TOKEN_URL: 'https://idcs-1.identity.example.com/oauth2/v1/token',
  TOKEN_SCOPE: 'data',
  CLIENT_SECRET_ID: 'siebel',
};

/** Forty days with a record every two hours, the last of them a day before now. */
const RECORDS = Array.from({ length: 480 }, (_, index) => NOW - DAY - (479 - index) * 7_200_000);

let clock: FakeClock;
let plans: BackfillPlans;
let siebel: CountedSiebel;
let live: SyncLook | undefined;
let begun: { readonly fromMs: number; readonly boundMs: number }[];
let queue: string[];
let send: (bodies: readonly string[]) => Promise<readonly number[]>;
let interruption: AbortController;
let progress: string[];

beforeEach(() => {
  clock = fakeClock({ nowMs: NOW });
  plans = plansInMemory();
  siebel = countedSiebel(RECORDS);
  live = undefined;
  begun = [];
  queue = [];
  send = async (bodies) => {
    queue.push(...bodies);
    return [];
  };
  interruption = new AbortController();
  progress = [];
});

/** Runs `siebel sync backfill accounts …`. */
async function backfill(args: string, { answers = [] as string[], job = 'accounts' } = {}) {
  const out: string[] = [];
  const err: string[] = [];
  const state: Pick<SyncState, 'look' | 'begin'> = {
    look: async () => live,
    async begin(_job, at) {
      if (live?.checkpoint) return false;
      begun.push(at);
      const pass = { boundMs: at.boundMs, open: [{ fromMs: at.fromMs, upToMs: at.boundMs }] };
      live = { checkpoint: { cursor: undefined, floorMs: at.fromMs, pass }, leaseUntilMs: 0, fence: 0 };
      return true;
    },
  };
  const runtime: Partial<Runtime> = {
    integration: exampleIntegration,
    siebel: () => ({ ...recordingClient().client, ...siebel }),
    syncState: () => state as SyncState,
    backfillPlans: () => plans,
    backfillQueue: () => send,
    syncTimes: () => ({ safetyLagMs: 60_000, lookbackMs: 600_000 }),
  };
  const surroundings: Surroundings = {
    terminal: {
      write: (line) => void out.push(line),
      note: (line) => void err.push(line),
      progress: (line) => void progress.push(line),
      columns: 80,
      asks: answers.length > 0,
      ask: async (question) => {
        err.push(question);
        return answers.shift();
      },
      readInput: async () => Buffer.alloc(0),
    },
    clock,
    env: ENV,
    root: '/nowhere',
    folder: '/nowhere',
    interruption: { signal: interruption.signal, hold: () => undefined },
    operator: 'ines',
    open: () => runtime as Runtime,
  };
  const argv = ['sync', 'backfill', job, ...args.split(' ').filter((word) => word !== '')];
  const code = await runSiebel(argv, surroundings);
  return { code, out: out.join('\n'), err: err.join('\n'), json: () => JSON.parse(out.join('\n')) };
}

const windowsAskedFor = () => queue.map((body) => JSON.parse(body).window);

describe('siebel sync backfill', () => {
  it('counts, asks, stores one plan and asks for each of its windows', async () => {
    const { code, out, err } = await backfill('--window-records 100', { answers: ['y'] });

    const plan = await plans.read('accounts');
    expect(code).toBe(0);
    expect(plan).toMatchObject({
      id: expect.stringMatching(/^20260301-[a-z0-9]{5}$/),
      toMs: Date.parse(SETTLED),
      atMs: NOW,
      by: 'ines',
      state: 'running',
      since: { atMs: NOW, records: 0 },
    });
    expect(plan?.fromMs).toBeUndefined();
    expect(plan?.windows.reduce((sum, { records }) => sum + records, 0)).toBe(480);
    expect(plan?.windows.length).toBeGreaterThan(4);
    expect(queue).toEqual(plan?.windows.map(({ n }) => `{"job":"accounts","backfill":"${plan.id}","window":${n}}`));
    expect(err).toContain(`Read 480 records of accounts, from the beginning to ${SETTLED}, in`);
    expect(out).toContain(`Backfill ${plan?.id} of accounts`);
    expect(progress.some((line) => /counts, \d+ % of 480 records/.test(line))).toBe(true);
  });

  it('lets a job that never ran begin exactly where its backfill ends', async () => {
    const { out } = await backfill('--yes');

    expect(begun).toEqual([{ fromMs: Date.parse(SETTLED), boundMs: NOW - 60 * SECOND }]);
    expect(out).toContain(`own runs begin at ${SETTLED}`);
  });

  it('lets it begin there also when that is long ago', async () => {
    await backfill('--yes --to 2026-02-01');

    expect(begun).toEqual([{ fromMs: Date.parse('2026-02-01T00:00:00Z'), boundMs: NOW - 60 * SECOND }]);
    expect((await plans.read('accounts'))?.toMs).toBe(Date.parse('2026-02-01T00:00:00Z'));
  });

  it('ends where a job that has a checkpoint reads on, and leaves it alone', async () => {
    live = {
      checkpoint: { cursor: { value: '02/20/2026 08:00:00', id: '1-1' }, boundMs: Date.parse('2026-02-20T09:00:00Z') },
      leaseUntilMs: NOW + 30_000,
      fence: 7,
    };

    await backfill('--yes');

    expect((await plans.read('accounts'))?.toMs).toBe(Date.parse('2026-02-20T08:50:00Z'));
    expect(begun).toEqual([]);
  });

  it('does not run beside a job that reads everything itself, unless it is told where to end', async () => {
    live = { leaseUntilMs: NOW + 30_000, fence: 1 };

    const refused = await backfill('--yes');
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('LIVE_READS_ALL') });
    expect(await plans.read('accounts')).toBeUndefined();

    expect((await backfill('--yes --to 2026-02-01')).code).toBe(0);
    expect(begun).toEqual([]);
  });

  it('refuses an end in what may still be committed', async () => {
    const { code, err } = await backfill('--yes --to 2026-03-01T11:44:01Z');

    expect(code).toBe(2);
    expect(err).toContain(`--to is later than ${SETTLED}`);
  });

  it('finds nothing to read before its beginning', async () => {
    const { code, err } = await backfill('--yes --from 2026-02-02 --to 2026-02-02');

    expect({ code, told: err.includes('NOTHING_TO_BACKFILL') }).toEqual({ code: 1, told: true });
  });

  it('shows windows without storing or sending anything', async () => {
    const { code, out } = await backfill('--dry-run --window-records 100');
    const json = (await backfill('--dry-run --window-records 240 --from 2026-01-01 --json')).json();

    expect(code).toBe(0);
    expect(out).toContain('Dry run: 480 records of accounts, from the beginning');
    expect(json).toMatchObject({ job: 'accounts', dryRun: true, to: SETTLED, records: 480, jobBegins: SETTLED });
    expect(json.windows[0]).toMatchObject({ window: 1, from: '2026-01-01T00:00:00Z' });
    expect(await plans.read('accounts')).toBeUndefined();
    expect({ queue, begun }).toEqual({ queue: [], begun: [] });
  });

  it('does nothing when nobody is there to confirm it, or the answer is no', async () => {
    expect(await backfill('')).toMatchObject({ code: 2, err: expect.stringContaining('CONFIRMATION_NEEDED') });
    expect(await backfill('', { answers: ['n'] })).toMatchObject({
      code: 1,
      err: expect.stringContaining('NOT_CONFIRMED'),
    });
    expect({ queue, begun, plan: await plans.read('accounts') }).toEqual({ queue: [], begun: [], plan: undefined });
  });

  it('says how many records a window needs when there would be too many', async () => {
    siebel = countedSiebel(new Map(Array.from({ length: 4_001 }, (_, index) => [NOW - DAY - index * SECOND, 10])));

    const { code, err } = await backfill('--yes --window-records 10');

    expect(code).toBe(1);
    expect(err).toContain('TOO_MANY_WINDOWS: 40,010 records would need more than 4000 windows: --window-records 1000');
  });

  it.each([
    ['--window-records 0'],
    ['--window-records 1000001'],
    ['--from yesterday'],
    ['--status --cancel'],
    ['--resume --status'],
    ['--cancel --dry-run'],
    ['--cancel --from 2025-05-01'],
    ['--cancel --watch'],
    ['--resume --dry-run'],
    ['--resume --to 2025-05-01'],
    ['--resume --replace'],
    ['--resume --window-records 25000'],
    ['--status --dry-run'],
    ['--dry-run --watch'],
  ])('refuses %s, and does nothing', async (args) => {
    await backfill('--yes');
    queue = [];
    expect(await backfill(args)).toMatchObject({ code: 2, err: expect.stringMatching(/^USAGE: /) });
    expect({ queue, state: (await plans.read('accounts'))?.state }).toEqual({ queue: [], state: 'running' });
  });

  it('refuses a job that there is not, in every form', async () => {
    for (const args of ['--yes', '--dry-run', '--status', '--cancel', '--resume']) {
      expect(await backfill(args, { job: 'orders' })).toMatchObject({
        code: 1,
        err: expect.stringContaining('UNKNOWN_JOB'),
      });
    }
  });
});

describe('one backfill at a time', () => {
  it('refuses a second one while the first is under way, unless it takes its place', async () => {
    await backfill('--yes --window-records 100');
    const first = (await plans.read('accounts'))?.id;
    const sent = queue.length;
    clock = fakeClock({ nowMs: NOW, random: () => 0.9 });

    const refused = await backfill('--yes --to 2026-02-01');
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('BACKFILL_RUNNING') });
    expect(queue).toHaveLength(sent);

    expect((await backfill('--yes --replace --to 2026-02-01')).code).toBe(0);
    expect((await plans.read('accounts'))?.id).not.toBe(first);
  });

  it('takes the place of one that is whole, or was cancelled', async () => {
    await backfill('--yes');
    const plan = await plans.read('accounts');
    for (const { n } of plan?.windows ?? []) await plans.noteDone('accounts', plan?.id ?? '', n);
    clock = fakeClock({ nowMs: NOW, random: () => 0.9 });

    expect((await backfill('--yes')).code).toBe(0);
    expect((await plans.read('accounts'))?.id).not.toBe(plan?.id);

    await backfill('--cancel');
    clock = fakeClock({ nowMs: NOW, random: () => 0.1 });
    expect((await backfill('--yes')).code).toBe(0);
  });

  it('ends where the one that it replaces was to end, when the job began there', async () => {
    await backfill('--yes');
    // The job has come on since.
    live = { checkpoint: { cursor: undefined, boundMs: NOW + 3_600_000 }, leaseUntilMs: 0, fence: 3 };
    await clock.advance(3_700_000);

    await backfill('--yes --replace');

    expect(await plans.read('accounts')).toMatchObject({ toMs: Date.parse(SETTLED), beginsJob: true });
  });

  it('lets one of two operators through who plan at once', async () => {
    const { store } = plans;
    plans.store = async (job, plan, seen) => {
      plans.store = store;
      clock = fakeClock({ nowMs: NOW, random: () => 0.9 });
      expect((await backfill('--yes')).code).toBe(0);
      return store(job, plan, seen);
    };

    const late = await backfill('--yes');

    expect(late).toMatchObject({ code: 1, err: expect.stringContaining('MOVED_ON') });
    expect(new Set(queue.map((body) => JSON.parse(body).backfill)).size).toBe(1);
    expect(begun).toHaveLength(1);
  });

  it('does not take the place of one that was resumed while the new one was counted', async () => {
    await backfill('--yes');
    await backfill('--cancel');
    const plan = await plans.read('accounts');
    const { count } = siebel;
    siebel = {
      ...siebel,
      count: async (at, query, options) => {
        await plans.resume('accounts', plan?.id ?? '', { atMs: NOW, records: 0 });
        return count(at, query, options);
      },
    };
    clock = fakeClock({ nowMs: NOW, random: () => 0.9 });

    expect(await backfill('--yes')).toMatchObject({ code: 1, err: expect.stringContaining('MOVED_ON') });
    expect((await plans.read('accounts'))?.id).toBe(plan?.id);
  });
});

describe('cancelling and resuming', () => {
  it('asks again for what is not done, and for nothing else', async () => {
    await backfill('--yes --window-records 100');
    const plan = await plans.read('accounts');
    const { id = '', windows = [] } = plan ?? {};
    await plans.noteDone('accounts', id, 1);
    await plans.noteDone('accounts', id, 3);

    const cancelled = await backfill('--cancel');
    expect(cancelled.code).toBe(0);
    expect(cancelled.out).toContain('cancelled');
    expect((await plans.read('accounts'))?.state).toBe('cancelled');

    queue = [];
    await clock.advance(60 * SECOND);
    expect((await backfill('--resume')).code).toBe(0);
    expect(windowsAskedFor()).toEqual(windows.map(({ n }) => n).filter((n) => n !== 1 && n !== 3));
    const records = (windows[0]?.records ?? 0) + (windows[2]?.records ?? 0);
    expect(await plans.read('accounts')).toMatchObject({
      state: 'running',
      since: { atMs: NOW + 60 * SECOND, records },
    });
  });

  it('lets it run before it asks for the first window, as a container that finds it cancelled acknowledges', async () => {
    await backfill('--yes');
    await backfill('--cancel');
    const states: (string | undefined)[] = [];
    send = async () => {
      states.push((await plans.read('accounts'))?.state);
      return [];
    };

    await backfill('--resume');

    expect(states).toEqual(['running']);
  });

  it('lets the job begin where the backfill ends, had that been left undone', async () => {
    await backfill('--yes');
    live = undefined;
    begun = [];

    await backfill('--resume');

    expect(begun).toEqual([{ fromMs: Date.parse(SETTLED), boundMs: NOW - 60 * SECOND }]);
  });

  it('says so when the job has begun to read everything by itself meanwhile', async () => {
    await backfill('--yes');
    const pass = { boundMs: NOW, open: [{ upToMs: NOW }] };
    live = { checkpoint: { cursor: undefined, pass }, leaseUntilMs: 0, fence: 1 };

    expect((await backfill('--resume')).err).toContain('reads everything too');
  });

  it('says so when there is nothing to cancel, resume or show', async () => {
    for (const args of ['--cancel', '--resume', '--status']) {
      expect(await backfill(args)).toMatchObject({ code: 1, err: expect.stringContaining('NO_BACKFILL') });
    }
  });
});

describe('sending the windows', () => {
  it('sends ten at a time', async () => {
    const sizes: number[] = [];
    send = async (bodies) => {
      sizes.push(bodies.length);
      return [];
    };

    await backfill('--yes --window-records 15');

    const windows = (await plans.read('accounts'))?.windows.length ?? 0;
    expect(windows).toBeGreaterThan(20);
    expect(sizes.slice(0, -1).every((size) => size === 10)).toBe(true);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(windows);
  });

  it('names the windows that the queue did not take, and --resume sends them', async () => {
    send = async (bodies) => {
      queue.push(...bodies.filter((_, place) => place !== 2));
      return [2];
    };

    const { code, json } = await backfill('--yes --window-records 100 --json');

    expect(code).toBe(1);
    expect(json()).toMatchObject({ notSent: [3], interrupted: false });
    expect((await plans.read('accounts'))?.state).toBe('running');
  });

  it('keeps the plan when the queue is away in the middle', async () => {
    let requests = 0;
    send = async (bodies) => {
      requests += 1;
      if (requests === 2) throw new ServiceUnavailableError('QUEUE_UNAVAILABLE', 'queue "backfill" did not answer');
      queue.push(...bodies);
      return [];
    };

    const { code, out } = await backfill('--yes --window-records 15');

    expect(code).toBe(1);
    expect(out).toContain('QUEUE_UNAVAILABLE');
    expect(out).toContain('--resume');
    expect(windowsAskedFor()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('ends between two requests when it is interrupted', async () => {
    send = async (bodies) => {
      queue.push(...bodies);
      interruption.abort();
      return [];
    };

    const { code, out } = await backfill('--yes --window-records 15');

    expect(code).toBe(1);
    expect(queue).toHaveLength(10);
    expect(out).toContain('Interrupted');
  });
});

describe('watching', () => {
  it('shows the rate and the time left, and ends when the backfill is whole', async () => {
    await backfill('--yes --window-records 250');
    const { id = '', windows = [] } = (await plans.read('accounts')) ?? {};
    await clock.advance(10 * SECOND);
    await plans.noteDone('accounts', id, 1);
    const records = windows[0]?.records ?? 0;

    expect((await backfill('--status --json')).json()).toMatchObject({
      backfill: id,
      state: 'running',
      windowsDone: 1,
      recordsDone: records,
      recordsPerSecond: records / 10,
      leftSeconds: (480 - records) / (records / 10),
    });

    const watched = backfill('--status --watch');
    await clock.advance(5 * SECOND);
    for (const { n } of windows) await plans.noteDone('accounts', id, n);
    await clock.advance(5 * SECOND);

    expect((await watched).out).toContain('complete');
    expect(progress.at(-1)).toMatch(/ records a second, \d+ seconds left …$/);
  });

  it('stays from the beginning with --watch, until it is interrupted', async () => {
    const watched = backfill('--yes --watch');
    await clock.advance(7 * SECOND);
    interruption.abort();

    expect(await watched).toMatchObject({ code: 0, out: expect.stringContaining('running') });
  });
});
