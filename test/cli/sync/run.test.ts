import type { InvokeCommand, InvokeCommandOutput, LambdaClient } from '@aws-sdk/client-lambda';
import { beforeEach, describe, expect, it } from 'vitest';
import { scheduleFunction } from '../../../cli/sync/schedule-function.ts';
import { syncLine } from './sync-line.ts';

let line: ReturnType<typeof syncLine>;
let ticks: unknown[];
beforeEach(() => {
  line = syncLine();
  ticks = [];
});

type Answer = { readonly payload?: unknown; readonly functionError?: string } | Error;

/** `siebel sync …` on a function that answers so. */
function conditions(answer: Answer | (() => Promise<Answer>)) {
  const client = {
    async send({ input }: InvokeCommand) {
      ticks.push([input.FunctionName, JSON.parse(Buffer.from(input.Payload as Uint8Array).toString())]);
      const given = typeof answer === 'function' ? await answer() : answer;
      if (given instanceof Error) throw given;
      const Payload = Buffer.from(JSON.stringify(given.payload ?? null));
      return { StatusCode: 200, Payload, FunctionError: given.functionError } as unknown as InvokeCommandOutput;
    },
  };
  const target = () =>
    scheduleFunction({ name: 'crm-schedule', client: client as unknown as Pick<LambdaClient, 'send'> });
  return { wrap: <R extends object>(runtime: R) => ({ ...runtime, scheduleFunction: target }) };
}

const REPORT = {
  ...{ job: 'accounts', window: 'live', outcome: 'complete', fence: 7, pages: 14, records: 1_234 },
  ...{ repeats: 3, quarantined: 1, own: 0, bound: '2026-03-01T11:59:00Z' },
  objects: ['crm/accounts/live/0000000007-00001.ndjson.gz'],
  cursor: { at: '2026-03-01T11:56:40Z', id: '1-2AB' },
};
const failure = (name: string, more: object = {}) => Object.assign(new Error(`${name} of Lambda`), { name, ...more });

describe('siebel sync run', () => {
  it('sends the tick of the schedule, and says what the run did', async () => {
    const { code, out, err } = await line.run(['run', 'accounts'], conditions({ payload: REPORT }));

    expect([code, err, ticks]).toEqual([0, '', [['crm-schedule', { job: 'accounts' }]]]);
    expect(out.split('\n')).toEqual([
      'accounts has read everything up to 2026-03-01T11:59:00Z. 1,234 records handed over in 0 seconds, from 14 pages.',
      '3 records had been handed over before, and were left out.',
      '1 record kept apart in quarantine: not as siebel.config.ts declares the component.',
      'Newest record: 2026-03-01T11:56:40Z, 1-2AB.',
      '  crm/accounts/live/0000000007-00001.ndjson.gz',
    ]);
  });

  it('gives programs the whole answer of the function', async () => {
    expect(await line.json(['run', 'accounts'], conditions({ payload: REPORT }))).toEqual({
      ...{ code: 0, job: 'accounts', sweep: false, tookMs: 0 },
      run: REPORT,
    });
  });

  it.each([
    ['stopped', 0, 'accounts has stopped in time, with more to read: the next tick goes on where it is.'],
    ['paused', 1, 'accounts is paused; npm run --silent siebel -- sync resume accounts lets it go on.'],
    ['already-running', 1, 'Another run of accounts is at work, so this one has done nothing.'],
    ['lease-lost', 1, 'Another run has taken accounts over'],
  ])('tells of a run that ended %s, with exit code %i', async (outcome, exitCode, words) => {
    const { code, out } = await line.run(['run', 'accounts'], conditions({ payload: { ...REPORT, outcome } }));
    expect([code, out.startsWith(words)]).toEqual([exitCode, true]);
  });

  it('tells why a run has stopped before its time, with exit code 1', async () => {
    for (const [why, words] of [
      [
        'SYNC_NOTHING_SEEN',
        /^Siebel shows accounts no record at all, .*view mode.* sync reset accounts --to T, T an instant before/,
      ],
      ['SYNC_OTHER', /^accounts has stopped: SYNC_OTHER, .*docs\/errors/],
    ] as const) {
      const payload = { ...REPORT, outcome: 'stopped', code: why };
      const { code, out } = await line.run(['run', 'accounts'], conditions({ payload }));
      expect([code, out]).toEqual([1, expect.stringMatching(words)]);
    }
  });

  it('begins a sweep of a job that declares one, and of no other', async () => {
    const sweep = {
      job: 'accounts',
      outcome: 'complete',
      sweep: 2,
      pages: 30,
      read: 2_900,
      found: 6,
      tombstones: 4,
      objects: [],
    };

    const { code, out } = await line.run(['run', 'accounts', '--sweep'], conditions({ payload: sweep }));
    const refused = await line.json(['run', 'requests', '--sweep'], conditions({ payload: sweep }));

    expect([code, out]).toEqual([
      0,
      'The sweep of accounts is whole after 0 seconds.\n2,900 records read, 6 records and 4 deletions handed over.',
    ]);
    expect(refused).toMatchObject({ code: 2, error: { code: 'USAGE' } });
    expect(ticks).toEqual([['crm-schedule', { job: 'accounts', sweep: true }]]);
  });

  it.each([
    ['waiting', 0, /^A sweep of accounts is under way already .* none was begun[\s\S]*sync run accounts$/],
    ['guard', 1, /held back[\s\S]*sync confirm accounts$/],
    ['idle', 1, /^No sweep of accounts is under way/],
    ['already-running', 1, /^Another run is at work on the sweep/],
  ])('tells of a sweep that ended %s, with exit code %i', async (outcome, exitCode, words) => {
    const answer = conditions({ payload: { job: 'accounts', outcome, pages: 0 } });
    const { code, out } = await line.run(['run', 'accounts', '--sweep'], answer);
    expect([code, out]).toEqual([exitCode, expect.stringMatching(words)]);
  });

  it('tells of a sweep that has read everything', async () => {
    const payload = { outcome: 'waiting', read: 2_900, begun: true };
    const { out } = await line.run(['run', 'accounts', '--sweep'], conditions({ payload }));
    expect(out.split('\n').slice(0, 2)).toEqual([
      'The sweep of accounts has read everything after 0 seconds. The next run that comes as far goes on with it.',
      '2,900 records read, 0 records and 0 deletions handed over.',
    ]);
  });

  it.each([
    [{ outcome: 'idle', found: 0, tombstones: 0 }, 0, []],
    [
      { outcome: 'complete', found: 0, tombstones: 700 },
      0,
      ['The sweep of accounts is whole.', 'By the sweep: 0 records and 700 deletions handed over.'],
    ],
    [
      { outcome: 'stopped', found: 1, tombstones: 2 },
      0,
      [
        expect.stringMatching(/has stopped in time: the next run/),
        'By the sweep: 1 record and 2 deletions handed over.',
      ],
    ],
    [
      { outcome: 'waiting', found: 0, tombstones: 0, read: 0, begun: false },
      0,
      [expect.stringMatching(/^The sweep of accounts has read everything\./), expect.stringMatching(/sync run/)],
    ],
    [{ outcome: 'guard' }, 1, [expect.stringMatching(/held back/), expect.stringMatching(/sync confirm accounts$/)]],
    [
      { outcome: 'failed', code: 'SWEEP_GUARD' },
      1,
      [expect.stringMatching(/held back/), expect.stringMatching(/sync confirm accounts$/)],
    ],
    [{ outcome: 'failed', code: 'SWEEP_SETS' }, 1, [expect.stringMatching(/has failed: SWEEP_SETS/)]],
    [{ outcome: 'lease-lost' }, 0, [expect.stringMatching(/^Another run has taken over the sweep/)]],
  ])('tells of the sweep %j that a run has gone on with, with exit code %i', async (sweep, exitCode, words) => {
    const { code, out } = await line.run(
      ['run', 'accounts'],
      conditions({ payload: { ...REPORT, objects: [], sweep } }),
    );
    expect([code, out.split('\n').slice(4)]).toEqual([exitCode, words]);
  });

  it.each(['at once', 'later'])('ends when it is interrupted %s, and says that the run goes on', async (when) => {
    const controller = new AbortController();
    const answer = async () => {
      if (when === 'later') setImmediate(() => controller.abort());
      else controller.abort();
      return new Promise<Answer>(() => {});
    };
    const ended = await line.json(['run', 'accounts'], { ...conditions(answer), signal: controller.signal });
    expect(ended).toMatchObject({
      code: 1,
      error: {
        code: 'INTERRUPTED',
        message: expect.stringMatching(/function crm-schedule had answered: its run goes on.*sync status accounts/),
      },
    });
  });

  it.each([
    ['SYNC_DRIFT: 12 of 1,000 records differ', 'SYNC_DRIFT'],
    ['Siebel: no answer', null],
  ])('gives programs the code with which a run has failed: %s', async (errorMessage, runCode) => {
    const payload = { errorType: 'ConfigurationError', errorMessage };
    const { error } = await line.json(['run', 'accounts'], conditions({ payload, functionError: 'Unhandled' }));
    expect(error).toMatchObject({ code: 'RUN_FAILED', run: { code: runCode, error: 'ConfigurationError' } });
  });

  it.each([
    ['ResourceNotFoundException', 'FUNCTION_AWAY', /check its name and the region/],
    ['ResourceConflictException', 'FUNCTION_AWAY', /deployment/],
    ['TooManyRequestsException', 'FUNCTION_AWAY', /at work/],
    ['AccessDeniedException', 'FUNCTION_DENIED', /lambda:InvokeFunction/],
    ['UnrecognizedClientException', 'FUNCTION_DENIED', /lambda:InvokeFunction/],
    ['CredentialsProviderError', 'FUNCTION_DENIED', /AWS_PROFILE/],
    ['ServiceException', 'NO_ANSWER', /may be under way.*sync status accounts/],
    ['TimeoutError', 'NO_ANSWER', /may be under way/],
  ])('says of %s what to do: %s', async (name, problem, message) => {
    const { code, error } = await line.json(['run', 'accounts'], conditions(failure(name)));
    expect([code, error.code, ticks.length]).toEqual([1, problem, 1]);
    expect(error.message).toMatch(message);
  });

  it('says when nobody answers at all', async () => {
    const { error } = await line.json(['run', 'accounts'], conditions(failure('Error', { code: 'ECONNREFUSED' })));
    expect(error).toMatchObject({ code: 'FUNCTION_AWAY', message: expect.stringContaining('ECONNREFUSED') });
  });

  it('tells why a run failed, and where to look', async () => {
    const payload = { errorType: 'ConfigurationError', errorMessage: 'bucket "sync" refuses this function', trace: [] };
    const { code, err } = await line.run(['run', 'accounts'], conditions({ payload, functionError: 'Unhandled' }));
    expect([code, err]).toEqual([
      1,
      'RUN_FAILED: the run failed in function crm-schedule: ConfigurationError: bucket "sync" refuses this function; ' +
        'npm run --silent siebel -- sync status accounts shows how far it has come',
    ]);
  });

  it('takes what another function answers for no run', async () => {
    const { code, error } = await line.json(['run', 'accounts'], conditions({ payload: { statusCode: 200 } }));
    expect([code, error.code]).toEqual([1, 'RUN_FAILED']);
  });

  it('shows that it is still waiting', async () => {
    const told: string[] = [];
    const answered = Promise.withResolvers<Answer>();
    const running = line.run(['run', 'accounts'], {
      ...conditions(() => answered.promise),
      onProgress: (words) => told.push(words),
    });
    await line.clock.advance(1_000);
    await line.clock.advance(1_000);
    answered.resolve({ payload: REPORT });

    expect((await running).out).toContain('handed over in 2 seconds');
    expect(told).toEqual(['accounts runs for 1 second …', 'accounts runs for 2 seconds …']);
  });
});
