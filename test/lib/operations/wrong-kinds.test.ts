import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../../lib/errors.ts';
import {
  businessComponent,
  defineIntegration,
  derive,
  event,
  fromEvent,
  oneOf,
  readOnly,
  s3,
  text,
  unique,
  utcDateTime,
} from '../../../lib/operations/index.ts';

const account = businessComponent('Account/Account', {
  viewMode: 'All',
  userKey: unique('Name'),
  fields: { Name: text(10), Updated: readOnly(utcDateTime()) },
});
const DEFINITION = {
  operations: { 'account.get': account.get(), 'account.upsert': account.upsert() },
  queue: {
    fifo: false,
    inFlight: 4,
    accepts: [
      'account.upsert',
      {
        'account.upsert': fromEvent({
          from: event({ type: oneOf('A'), name: text(10) }),
          key: ({ name }) => name,
          input: ({ name }) => ({ Name: name }),
        }),
      },
    ],
  },
  api: { 'GET /accounts/{Id}': 'account.get' },
  sync: {
    accounts: {
      read: account,
      cursor: 'Updated',
      every: 'rate(5 minutes)',
      timezone: 'Europe/Vienna',
      to: s3('accounts'),
      where: account.field('Name').is('Acme'),
      pageSize: 50,
      window: 2,
      safetyLagSeconds: 30,
      lookbackSeconds: 60,
      ownWrites: { field: 'Name', is: 'X' },
      sweep: { every: 'rate(1 day)', timezone: 'UTC', maxMissing: 0.2, compare: 'records' },
      lagAlarmMinutes: 30,
    },
  },
  timed: { nightly: { run: 'account.upsert', every: 'rate(1 day)', timezone: 'UTC', input: { Name: 'Acme' } } },
  capacity: { siebelConnections: 20, queue: 8, api: 5, sync: 2, backfill: 2, tools: 1, callsPerMinute: 600 },
  outcomeEvents: { bus: 'default' },
  site: { parameterNames: {}, headers: {}, workspace: 'dev', quoteEscape: 'refuse', maxPageSize: 50 },
};
const OTHERS: readonly unknown[] = [
  null,
  undefined,
  true,
  0,
  Number.NaN,
  '',
  'x',
  [],
  {},
  () => {},
  Object.create(null),
];

/** Every place of a definition but the inside of what builders make. */
function placesOf(value: unknown, at: readonly string[] = []): (readonly string[])[] {
  const isPlain = Array.isArray(value) || (typeof value === 'object' && value !== null && at.length < 4);
  if (!isPlain || at.at(-2) === 'operations' || at.at(-1) === 'read' || at.at(-1) === 'where') return [at];
  return [at, ...Object.entries(value).flatMap(([name, member]) => placesOf(member, [...at, name]))];
}

function withOther(value: unknown, [name, ...rest]: readonly string[], other: unknown): unknown {
  if (name === undefined) return other;
  const members = value as Record<string, unknown>;
  const changed = withOther(members[name], rest, other);
  return Array.isArray(value)
    ? value.map((member, index) => (String(index) === name ? changed : member))
    : { ...members, [name]: changed };
}

describe('a definition', () => {
  it('is taken as it stands here', () => {
    expect(() => derive(defineIntegration(DEFINITION as never))).not.toThrow();
  });

  it.each(placesOf(DEFINITION).map((at) => [at.join(' > ') || 'the whole', at] as const))(
    'is refused in one list, and not by a defect, whatever stands in the place of %s',
    (_where, at) => {
      for (const other of OTHERS) {
        const thrown = caught(() => derive(defineIntegration(withOther(DEFINITION, at, other) as never)));
        if (thrown !== undefined) expect(thrown, String(thrown)).toBeInstanceOf(ConfigurationError);
      }
    },
  );

  it.each([
    ['sync', { sync: { __proto__: DEFINITION.sync } }, 'sync.__proto__ is no name'],
    ['operations', { operations: { __proto__: DEFINITION.operations } }, 'operations.__proto__ is no name'],
    ['timed', { timed: { nightly: null } }, 'timed.nightly is no timed operation'],
    ['a mapping', { queue: { accepts: [{ 'account.upsert': {} }] } }, 'for account.upsert is not made by fromEvent'],
    ['an entry', { queue: { accepts: [5] } }, 'queue.accepts has an entry that is neither a name nor a mapping'],
    ['accepts', { queue: { accepts: 'account.upsert' } }, 'queue.accepts is not a list'],
    ['an operation', { operations: { 'account.get': {} } }, 'operations.account.get is no operation'],
    ['a half operation', { operations: { x: { call() {} } } }, 'operations.x is no operation'],
    ['a half operation', { operations: { x: { inputMembers: new Map() } } }, 'operations.x is no operation'],
    ['a route', { api: { 'GET /accounts/{Id}': null } }, 'api.GET /accounts/{Id} is not the name of an operation'],
    ['capacity', { capacity: null }, 'capacity is not an object'],
    ['a word', { synch: {} }, 'synch is no word of defineIntegration'],
  ])('says what is wrong with %s', (_what, members, words) => {
    expect(() => derive(defineIntegration({ ...DEFINITION, ...members } as never))).toThrow(words);
  });
});

function caught(work: () => unknown): unknown {
  try {
    work();
    return undefined;
  } catch (error) {
    return error;
  }
}
