import { describe, expect, it } from 'vitest';
import {
  businessComponent,
  defineIntegration,
  derive,
  eventBridge,
  integer,
  optional,
  ownSink,
  readOnly,
  s3,
  sqs,
  text,
  unique,
  utcDateTime,
} from '../../../lib/operations/index.ts';

const account = businessComponent('Account/Account', {
  viewMode: 'All',
  userKey: unique('Name'),
  fields: {
    Name: text(10),
    Employees: optional(integer()),
    Opened: optional(utcDateTime()),
    Updated: readOnly(utcDateTime()),
    'Updated By Name': readOnly(text(50)),
  },
});
const operations = { 'account.get': account.get() };
const job = { read: account, cursor: 'Updated', every: 'rate(5 minutes)', to: s3('a') };
const sweep = { every: 'rate(1 day)' };
const plan = { siebelConnections: 100, queue: 8, api: 5, sync: 8, backfill: 4, tools: 1 };
/** As JavaScript or a cast would let it through. */
const integrationWith = (sync: object, more: object = {}) =>
  defineIntegration({ operations, sync, capacity: plan, ...more } as never);
const derived = (sync: object, more: object = {}) => derive(integrationWith(sync, more));

describe('a sync job', () => {
  it('gets the defaults of what it does not say', () => {
    const { sync } = integrationWith({ a: job, b: { ...job, sweep } });

    expect(sync.get('a')).toEqual({ ...job, read: account.source, timezone: 'UTC', pageSize: 100, window: 1 });
    expect(sync.get('b')?.sweep).toEqual({ every: 'rate(1 day)', timezone: 'UTC', maxMissing: 0.1 });
  });

  it('gets them as well for what it says is undefined', () => {
    const sweep = { every: 'rate(1 day)', timezone: undefined, maxMissing: undefined };
    const { sync } = integrationWith({
      a: { ...job, timezone: undefined, pageSize: undefined, window: undefined, sweep },
    });

    expect(sync.get('a')).toMatchObject({ timezone: 'UTC', pageSize: 100, window: 1 });
    expect(sync.get('a')?.sweep).toEqual({ every: 'rate(1 day)', timezone: 'UTC', maxMissing: 0.1 });
  });

  it('keeps everything that it says', () => {
    const where = account.field('Name').is('Acme');
    const said = {
      ...job,
      timezone: 'Europe/Vienna',
      where,
      pageSize: 50,
      window: 4,
      safetyLagSeconds: 30,
      lookbackSeconds: 900,
      ownWrites: { field: 'Updated By Name', is: 'INTEGRATION' },
      sweep: { every: 'cron(0 3 ? * SUN *)', timezone: 'Asia/Tokyo', maxMissing: 0.5, compare: 'records' as const },
      lagAlarmMinutes: 60,
    };

    expect(integrationWith({ a: said }).sync.get('a')).toEqual({ ...said, read: account.source });
    expect(() => derived({ a: said })).not.toThrow();
  });

  it.each([
    ['a name in another form', { 'My Job': job }, 'the sync job "My Job" is not named like accounts'],
    ['a cursor that is not declared', { a: { ...job, cursor: 'Changed' } }, 'sync.a.cursor: Changed is not'],
    ['a cursor that is no date', { a: { ...job, cursor: 'Name' } }, 'sync.a.cursor: Name is not'],
    ['a cursor that may be unset', { a: { ...job, cursor: 'Opened' } }, 'sync.a.cursor: Opened is not'],
    [
      'the 31st of February',
      { a: { ...job, every: 'cron(0 0 31 2 ? *)' } },
      'sync.a.every: cron(0 0 31 2 ? *) names a day',
    ],
    ['a zone that does not exist', { a: { ...job, timezone: 'Mars/Olympus' } }, 'sync.a.timezone: "Mars/Olympus"'],
    ['a page of nothing', { a: { ...job, pageSize: 0 } }, 'sync.a.pageSize: is not a whole number from 1 to 100'],
    ['a page that Siebel refuses', { a: { ...job, pageSize: 101 } }, 'sync.a.pageSize'],
    ['a window of nothing', { a: { ...job, window: 0 } }, 'sync.a.window: is not a whole number from 1 to 16'],
    ['a window that is not whole', { a: { ...job, window: 1.5 } }, 'sync.a.window'],
    ['a window beyond the share', { a: { ...job, window: 9 } }, 'sync.a.window (9) is wider than capacity.sync (8)'],
    ['a safety lag below nothing', { a: { ...job, safetyLagSeconds: -1 } }, 'sync.a.safetyLagSeconds'],
    ['a safety lag of a day', { a: { ...job, safetyLagSeconds: 86_400 } }, 'from 0 to 3600'],
    ['a lookback of days', { a: { ...job, lookbackSeconds: 86_401 } }, 'sync.a.lookbackSeconds'],
    [
      'an alarm that rings between two ticks',
      { a: { ...job, lagAlarmMinutes: 6 } },
      'sync.a.lagAlarmMinutes: 6 would always alarm: rate(5 minutes) and the safety lag need at least 7',
    ],
    [
      'an alarm that rings every day',
      { a: { ...job, every: 'cron(0 2 * * ? *)', lagAlarmMinutes: 60 } },
      'need at least 1442',
    ],
    [
      'an alarm within the safety lag',
      { a: { ...job, safetyLagSeconds: 1_800, lagAlarmMinutes: 35 } },
      'need at least 36',
    ],
    ['an alarm at once', { a: { ...job, lagAlarmMinutes: 0 } }, 'sync.a.lagAlarmMinutes'],
    [
      'own writes in an unknown field',
      { a: { ...job, ownWrites: { field: 'By', is: 'X' } } },
      'sync.a.ownWrites.field: By',
    ],
    ['own writes in a number', { a: { ...job, ownWrites: { field: 'Employees', is: 'X' } } }, 'sync.a.ownWrites.field'],
    ['own writes of nobody', { a: { ...job, ownWrites: { field: 'Updated By Name', is: '' } } }, 'sync.a.ownWrites.is'],
    ['a sweep at no time', { a: { ...job, sweep: { every: 'nightly' } } }, 'sync.a.sweep.every'],
    ['a sweep in no zone', { a: { ...job, sweep: { ...sweep, timezone: 'X' } } }, 'sync.a.sweep.timezone'],
    [
      'a sweep once a year',
      { a: { ...job, sweep: { every: 'cron(0 3 1 1 ? *)' } } },
      'sync.a.sweep.every: does not come every month',
    ],
    [
      'a sweep on a fifth Monday',
      { a: { ...job, sweep: { every: 'cron(0 3 ? * 2#5 *)' } } },
      'sync.a.sweep.every: does not come every month',
    ],
    [
      'a schedule that is over',
      { a: { ...job, every: 'cron(0 3 * * ? 2020)' } },
      'sync.a.every: cron(0 3 * * ? 2020) is over',
    ],
    ['a sweep that is a text', { a: { ...job, sweep: 'rate(1 day)' } }, 'sync.a.sweep: is not of the form { every'],
    ['no component', { a: { ...job, read: undefined } }, 'sync.a.read: is no business component'],
    ['a condition that is a text', { a: { ...job, where: "[Name] = 'x'" } }, 'sync.a.where: is no condition like'],
    ['own writes that are a text', { a: { ...job, ownWrites: 'Name' } }, 'sync.a.ownWrites: is not of the form'],
    [
      'own writes of one more word',
      { a: { ...job, ownWrites: { field: 'Name', is: 'X', not: 'Y' } } },
      'sync.a.ownWrites.not: means nothing',
    ],
    ['a prefix that was left out', { a: { ...job, to: s3(undefined as never) } }, 'sync.a.to: the prefix is not'],
    ['a queue that was left out', { a: { ...job, to: sqs(undefined as never) } }, 'sync.a.to: the queue is not named'],
    ['nothing', { a: null }, 'sync.a is no job'],
    ['a list', [job], 'sync is not an object'],
    ['the name __proto__', { __proto__: job }, 'sync.__proto__ is no name'],
    [
      'a sweep that none may vanish from',
      { a: { ...job, sweep: { ...sweep, maxMissing: 0 } } },
      'sync.a.sweep.maxMissing',
    ],
    [
      'a sweep that compares something else',
      { a: { ...job, sweep: { ...sweep, compare: 'all' as 'records' } } },
      "sync.a.sweep.compare: is neither 'cursor' nor 'records'",
    ],
    ['a sweep in per cent', { a: { ...job, sweep: { ...sweep, maxMissing: 10 } } }, 'sync.a.sweep.maxMissing'],
    [
      'a word of a sweep that is none',
      { a: { ...job, sweep: { ...sweep, mostly: 1 } } },
      'sync.a.sweep.mostly: means nothing',
    ],
    ['a word that is none', { a: { ...job, lookBack: 5 } }, 'sync.a.lookBack: means nothing'],
    ['no target', { a: { ...job, to: undefined } }, 'sync.a.to: is none of s3(…)'],
    ['a prefix that climbs', { a: { ...job, to: s3('../a') } }, 'sync.a.to: the prefix is not of the form'],
    [
      'the prefix of sets',
      { a: { ...job, to: s3('sets/a') } },
      'the prefix sets/a is one that the integration itself uses',
    ],
    ['the prefix of quarantine', { a: { ...job, to: s3('quarantine') } }, 'the prefix quarantine is one'],
    [
      'the address of a queue',
      { a: { ...job, to: sqs('https://sqs.example.com/1/q') } },
      'sync.a.to: the queue is not named by',
    ],
    [
      'the ARN of a queue',
      { a: { ...job, to: sqs('arn:aws:sqs:eu-west-1:1:q') } },
      'sync.a.to: the queue is not named by',
    ],
    ['a queue with too long a name', { a: { ...job, to: sqs(`${'q'.repeat(76)}.fifo`) } }, 'at most 80 with .fifo'],
    [
      'a bus of AWS',
      { a: { ...job, to: eventBridge({ bus: 'aws.partner/x', source: 's' }) } },
      'sync.a.to: bus is neither',
    ],
    [
      'a bus with a blank',
      { a: { ...job, to: eventBridge({ bus: 'my bus', source: 's' }) } },
      'sync.a.to: bus is neither',
    ],
    [
      'a source of AWS',
      { a: { ...job, to: eventBridge({ source: 'aws.siebel' }) } },
      'sync.a.to: source is not of the form',
    ],
    ['a source that is empty', { a: { ...job, to: eventBridge({ source: '' }) } }, 'sync.a.to: source'],
    [
      'a long detail type',
      { a: { ...job, to: eventBridge({ source: 's', detailType: 'x'.repeat(129) }) } },
      'sync.a.to: detailType',
    ],
    [
      'an own sink without a name',
      { a: { ...job, to: ownSink('', () => ({}) as never) } },
      'sync.a.to: the own sink is not named',
    ],
    ['an own sink that is none', { a: { ...job, to: ownSink('lake', {} as never) } }, 'has no function that makes it'],
    [
      'a folder in that of another job',
      { a: job, b: { ...job, to: s3('a/a') } },
      'sync.b.to: its folder a/a/b/ and that of sync.a, a/a/, lie',
    ],
    [
      'a folder around that of another job',
      { b: { ...job, to: s3('a/a') }, a: job },
      'sync.a.to: its folder a/a/ and that of sync.b',
    ],
    [
      'a sweep with the name of a job',
      { a: { ...job, sweep }, 'a-sweep': { ...job, to: s3('b') } },
      'sync.a.sweep: its schedule is named a-sweep, which is taken',
    ],
  ])('is refused with %s', (_what, sync, words) => {
    expect(() => derived(sync)).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION', message: expect.stringContaining(words) }),
    );
  });

  it('is told everything that is wrong at once', () => {
    const wrong = {
      ...job,
      cursor: 'X',
      every: 'cron(75 2 * * ? *)',
      pageSize: 0,
      window: 99,
      to: sqs('q q'),
      sweep: { every: '' },
    };

    expect(() =>
      derived({ a: wrong, 'B C': { ...wrong, to: s3('') } }, { capacity: { ...plan, backfill: 1 } }),
    ).toThrow(
      /a\.cursor.*a\.every.*a\.pageSize.*a\.window.*a\.sweep.*a\.to.*"B C".*capacity\.backfill \(1\) is less than 2/s,
    );
  });

  it.each([
    ['folders side by side', { a: job, b: job, ab: job }],
    [
      'queues and buses',
      { a: { ...job, to: sqs('changes.fifo') }, b: { ...job, to: eventBridge({ bus: 'crm/eu', source: 'x' }) } },
    ],
    ['a sink of its own', { a: { ...job, to: ownSink('data-lake', () => ({}) as never) } }],
  ])('may go to %s', (_what, sync) => {
    expect(() => derived(sync)).not.toThrow();
  });
});

describe('the plan of the sync jobs', () => {
  it('has as many containers as the share allows for the widest window (R49)', () => {
    expect(derived({ a: job }).sync.reservedConcurrency).toBe(8);
    expect(derived({ a: job, b: { ...job, window: 3 } }).sync.reservedConcurrency).toBe(2);
    expect(derived({ a: { ...job, window: 8 } }).sync.reservedConcurrency).toBe(1);
  });

  it('counts calls a minute by those containers', () => {
    const { capacity } = derived({ a: { ...job, window: 4 } }, { capacity: { ...plan, callsPerMinute: 260 } });

    expect(capacity.ways.find(({ way }) => way === 'sync')).toEqual({
      way: 'sync',
      connections: 8,
      containers: 2,
      inFlight: 4,
      callsPerMinute: 40,
    });
  });

  it('has an event source mapping of the least size where nothing can be backfilled', () => {
    const { backfill, sync, schedules } = derived({}, { capacity: { ...plan, backfill: 0 } });

    expect(backfill).toEqual({ maximumConcurrency: 2, timeoutSeconds: 300 });
    expect(sync).toMatchObject({ reservedConcurrency: 8, prefixes: [], queues: [], buses: [], sweeps: false });
    expect(schedules).toEqual([]);
  });

  it('names each target once', () => {
    const { sync } = derived({
      a: { ...job, to: sqs('q') },
      b: { ...job, to: sqs('q') },
      c: { ...job, to: eventBridge({ source: 'x' }) },
      d: { ...job, to: eventBridge({ bus: 'crm', source: 'x' }) },
      e: { ...job, to: s3('crm/eu') },
      f: { ...job, to: s3('crm/eu') },
    });

    expect(sync).toMatchObject({ queues: ['q'], buses: ['default', 'crm'], prefixes: ['crm/eu'] });
  });

  it.each([
    ['rate(5 minutes)', undefined, 45],
    ['rate(1 hour)', undefined, 210],
    ['rate(2 days)', undefined, 8_670],
    ['rate(3 days)', undefined, undefined],
    ['cron(0 2 * * ? *)', undefined, undefined],
    ['cron(0 2 * * ? *)', 1_500, 1_500],
    ['rate(5 minutes)', 7, 7],
    ['rate(5 minutes)', 20, 20],
  ])('watches the lag of a job of %s, told %s, at %s minutes', (every, lagAlarmMinutes, minutes) => {
    expect(derived({ a: { ...job, every, ...(lagAlarmMinutes && { lagAlarmMinutes }) } }).sync.lagAlarms).toEqual(
      minutes === undefined ? [] : [{ job: 'a', minutes, ownSafetyLag: false }],
    );
  });

  it('watches no lag that is less than the safety lag of the job', () => {
    expect(derived({ a: { ...job, safetyLagSeconds: 3_600 } }).sync.lagAlarms).toEqual([
      { job: 'a', minutes: 105, ownSafetyLag: true },
    ]);
  });
});
