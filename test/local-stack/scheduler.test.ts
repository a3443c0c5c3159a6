import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ThrottledError } from '../../local-stack/lambda/host.ts';
import { type Schedule, startScheduler, type Tick, type TickResult } from '../../local-stack/lambda/schedule.ts';
import { parseSchedule, ScheduleExpressionError } from '../../local-stack/lambda/schedule-expression.ts';

/** The next times after a Friday noon. */
function dueTimes(expression: string, { from = '2027-01-01T12:00:00Z', count = 1, timezone = 'UTC' } = {}): string[] {
  const timetable = parseSchedule(expression, { timezone, createdAt: new Date(from) });
  const times: string[] = [];
  for (let after: Date | undefined = new Date(from); times.length < count; ) {
    after = timetable.next(after);
    if (!after) break;
    times.push(after.toISOString().replace('.000', ''));
  }
  return times;
}

describe('an expression', () => {
  it('is due one interval after its creation, for a rate', () => {
    expect(dueTimes('rate(5 minutes)', { count: 3 })).toEqual([
      '2027-01-01T12:05:00Z',
      '2027-01-01T12:10:00Z',
      '2027-01-01T12:15:00Z',
    ]);
    expect(dueTimes('rate(1 hour)')).toEqual(['2027-01-01T13:00:00Z']);
    expect(dueTimes('rate(2 days)')).toEqual(['2027-01-03T12:00:00Z']);
  });

  it.each([
    ['every day at two', 'cron(0 2 * * ? *)', '2027-01-02T02:00:00Z'],
    ['with ? for the day of the month', 'cron(0 2 ? * * *)', '2027-01-02T02:00:00Z'],
    ['Sunday, which is 1', 'cron(0 2 ? * 1 *)', '2027-01-03T02:00:00Z'],
    ['Saturday, which is 7', 'cron(0 2 ? * 7 *)', '2027-01-02T02:00:00Z'],
    ['weekdays by name', 'cron(0 2 ? * MON-FRI *)', '2027-01-04T02:00:00Z'],
    ['weekdays by number', 'cron(0 2 ? * 2-6 *)', '2027-01-04T02:00:00Z'],
    ['a step from a start', 'cron(10/20 * * * ? *)', '2027-01-01T12:10:00Z'],
    ['a step over everything', 'cron(*/15 * * * ? *)', '2027-01-01T12:15:00Z'],
    ['a list', 'cron(7,3 * * * ? *)', '2027-01-01T12:03:00Z'],
    ['a month by name, small letters', 'cron(0 0 1 mar ? *)', '2027-03-01T00:00:00Z'],
    ['a year', 'cron(0 0 1 1 ? 2030)', '2030-01-01T00:00:00Z'],
    ['years in a step', 'cron(0 0 1 1 ? 2028/4)', '2028-01-01T00:00:00Z'],
    ['the last day of the month', 'cron(0 0 L * ? *)', '2027-01-31T00:00:00Z'],
    ['the weekday nearest to the 3rd, a Sunday', 'cron(0 0 3W * ? *)', '2027-01-04T00:00:00Z'],
    ['the last day of the week', 'cron(0 0 ? * L *)', '2027-01-02T00:00:00Z'],
    ['the last Friday of the month', 'cron(0 0 ? * 6L *)', '2027-01-29T00:00:00Z'],
    ['the second Tuesday of the month', 'cron(0 0 ? * 3#2 *)', '2027-01-12T00:00:00Z'],
  ])('of cron: %s', (_, expression, due) => {
    expect(dueTimes(expression)).toEqual([due]);
  });

  it('is read in its time zone, over the change of the clocks', () => {
    const options = { timezone: 'Europe/Berlin', from: '2027-03-26T12:00:00Z', count: 3 };
    expect(dueTimes('cron(0 3 * * ? *)', options)).toEqual([
      '2027-03-27T02:00:00Z',
      '2027-03-28T01:00:00Z',
      '2027-03-29T01:00:00Z',
    ]);
  });

  it('skips a time that the clocks leap over', () => {
    const options = { timezone: 'Europe/Berlin', from: '2027-03-26T12:00:00Z', count: 2 };
    expect(dueTimes('cron(30 2 * * ? *)', options)).toEqual(['2027-03-27T01:30:00Z', '2027-03-29T00:30:00Z']);
  });

  it('is due no more when its years are over', () => {
    expect(dueTimes('cron(0 0 1 1 ? 2020)')).toEqual([]);
  });

  it.each([
    ['a word', 'hourly', /neither rate\(value unit\) nor cron/],
    ['a unit in another language', 'rate(5 minutos)', /whole number and minutes, hours or days/],
    ['a singular for many', 'rate(5 minute)', /must read rate\(5 minutes\)/],
    ['a plural for one', 'rate(1 minutes)', /must read rate\(1 minute\)/],
    ['nought', 'rate(0 minutes)', /whole number/],
    ['a fraction', 'rate(1.5 hours)', /whole number/],
    ['five fields', 'cron(0 2 * * ?)', /six fields/],
    ['both days given', 'cron(0 2 1 * MON *)', /\? as day of month or as day of week/],
    ['both days ?', 'cron(0 2 ? * ? *)', /not as both/],
    ['hour 25', 'cron(0 25 * * ? *)', /"25" is no hours: numbers 0 to 23/],
    ['weekday 0', 'cron(0 2 ? * 0 *)', /"0" is no day of week: numbers 1 to 7 or SUN to SAT/],
    ['? as hour', 'cron(0 ? * * ? *)', /hours cannot be \?/],
    ['a range that runs backwards', 'cron(0 17-9 * * ? *)', /"17-9" is no hours/],
    ['a step of nought', 'cron(0/0 * * * ? *)', /"0\/0" is no minutes/],
    ['a sixth Friday', 'cron(0 0 ? * 6#6 *)', /"6#6" is no day of week/],
    ['a field that is empty', 'cron(0, * * * ? *)', /is no minutes/],
  ])('is refused: %s', (_, expression, message) => {
    expect(() => parseSchedule(expression)).toThrow(ScheduleExpressionError);
    expect(() => parseSchedule(expression)).toThrow(message);
  });

  it('is refused with a time zone that does not exist', () => {
    expect(() => parseSchedule('cron(0 2 * * ? *)', { timezone: 'Mars/Phobos' })).toThrow(/Mars\/Phobos/);
    expect(() => parseSchedule('rate(1 hour)', { timezone: 'Mars/Phobos' })).toThrow(/Mars\/Phobos/);
    expect(() => parseSchedule('cron(0 2 * * ? *)', { timezone: '+02:00' })).toThrow(/no time zone "\+02:00"/);
  });
});

const ACCOUNTS = { name: 'accounts', expression: 'rate(5 minutes)', input: { job: 'accounts' } };

async function scheduler(
  target: (input: unknown) => Promise<TickResult>,
  { schedule = {}, onTick = (_: Tick) => {} }: { schedule?: Partial<Schedule>; onTick?: (tick: Tick) => void } = {},
) {
  const started = await startScheduler({ schedules: [{ ...ACCOUNTS, target, ...schedule }], onTick });
  onTestFinished(() => started.close());
  const call = async (path: string, method = 'POST') => {
    const response = await fetch(`${started.url}${path}`, { method });
    return { status: response.status, body: await response.json() };
  };
  return { started, call };
}

it('ticks by hand, and answers with what the run did', async () => {
  const inputs: unknown[] = [];
  const { call } = await scheduler(async (input) => {
    inputs.push(input);
    return { payload: { records: 5 } };
  });

  expect(await call('/accounts')).toEqual({ status: 200, body: { records: 5 } });
  expect(inputs).toEqual([{ job: 'accounts' }]);
});

it('puts the time of a tick where the keyword stands, to the second and in UTC as EventBridge writes it', async () => {
  const inputs: unknown[] = [];
  const input = { key: 'timed/a/<aws.scheduler.scheduled-time>', input: { Id: '<aws.scheduler.scheduled-time>' } };
  const target = async (given: unknown) => {
    inputs.push(given);
    return { payload: null };
  };
  const { call } = await scheduler(target, { schedule: { input } });

  expect(await call('/accounts?at=2025-03-14T09:26:53Z')).toMatchObject({ status: 200 });
  expect(await call('/accounts?at=2025-03-14T09:26:53Z')).toMatchObject({ status: 200 });
  expect(await call('/accounts')).toMatchObject({ status: 200 });

  const sameTick = { key: 'timed/a/2025-03-14T09:26:53Z', input: { Id: '2025-03-14T09:26:53Z' } };
  expect(inputs).toEqual([
    sameTick,
    sameTick,
    expect.objectContaining({ key: expect.stringMatching(/^timed\/a\/20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) }),
  ]);
});

it('takes only an instant for the time of a tick by hand', async () => {
  const target = vi.fn();
  const { call } = await scheduler(target);

  for (const at of ['now', '2025-03-14', '2025-03-14T09:26:53.5Z', '2025-13-14T09:26:53Z', '']) {
    expect(await call(`/accounts?at=${at}`)).toMatchObject({
      status: 400,
      body: { message: expect.stringMatching(/^at is/) },
    });
  }
  expect(target).not.toHaveBeenCalled();
});

it('tells by hand of a run that failed, and of a function that is busy', async () => {
  const payload = { errorType: 'Error', errorMessage: 'no' };
  const failing = await scheduler(async () => ({ payload, functionError: 'Unhandled' }));
  const busy = await scheduler(async () => {
    throw new ThrottledError('Rate Exceeded.');
  });

  expect(await failing.call('/accounts')).toEqual({ status: 502, body: payload });
  expect(await busy.call('/accounts')).toEqual({ status: 429, body: { message: 'Rate Exceeded.' } });
});

it('says what there is to tick', async () => {
  const { call } = await scheduler(vi.fn());

  expect(await call('/contacts')).toEqual({
    status: 404,
    body: { message: 'there is no schedule "contacts"; there are: accounts' },
  });
  expect(await call('/%zz')).toMatchObject({ status: 404 });
  expect(await call('/accounts', 'GET')).toEqual({ status: 405, body: { message: 'POST /accounts ticks it' } });
  expect(await call('/', 'GET')).toMatchObject({
    status: 200,
    body: { schedules: [{ name: 'accounts', expression: 'rate(5 minutes)', next: expect.stringMatching(/^\d{4}-/) }] },
  });
});

it('ticks by the clock, again and again, whether or not a run fails', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  onTestFinished(() => void vi.useRealTimers());
  const ticks: Tick[] = [];
  const failure = new ThrottledError('busy');
  const invoke = vi.fn(async (): Promise<TickResult> => ({ payload: null }));
  invoke.mockRejectedValueOnce(failure);
  const { started } = await scheduler(invoke, { onTick: (tick) => ticks.push(tick) });

  await vi.advanceTimersByTimeAsync(299_000);
  expect(invoke).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(2_000);
  await vi.advanceTimersByTimeAsync(300_000);

  expect(ticks).toEqual([
    { name: 'accounts', by: 'clock', error: failure },
    { name: 'accounts', by: 'clock', result: { payload: null } },
  ]);
  await started.close();
  await vi.advanceTimersByTimeAsync(900_000);
  expect(invoke).toHaveBeenCalledTimes(2);
});

it('gives by the clock the time at which the tick was due, however late it is', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: new Date('2027-01-01T00:00:00Z') });
  onTestFinished(() => void vi.useRealTimers());
  const target = vi.fn(async (_input: unknown): Promise<TickResult> => ({ payload: null }));
  const input = { at: '<aws.scheduler.scheduled-time>' };
  await scheduler(target, { schedule: { expression: 'cron(0 2 * * ? *)', input } });

  await vi.advanceTimersByTimeAsync(27 * 3_600_000);

  expect(target.mock.calls).toEqual([[{ at: '2027-01-01T02:00:00Z' }], [{ at: '2027-01-02T02:00:00Z' }]]);
});

it('waits longer than the longest timer', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: new Date('2027-01-01T00:00:00Z') });
  onTestFinished(() => void vi.useRealTimers());
  const invoke = vi.fn(async (): Promise<TickResult> => ({ payload: null }));
  await scheduler(invoke, { schedule: { expression: 'cron(0 0 1 7 ? 2027)' } });

  await vi.advanceTimersByTimeAsync(180 * 86_400_000);
  expect(invoke).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(2 * 86_400_000);
  expect(invoke).toHaveBeenCalledTimes(1);
});

it('does not start with an expression that AWS refuses', async () => {
  const schedules = [{ ...ACCOUNTS, target: vi.fn(), expression: 'rate(5 minutos)' }];

  await expect(startScheduler({ schedules })).rejects.toThrow(ScheduleExpressionError);
});
