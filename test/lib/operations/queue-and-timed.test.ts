import { describe, expect, it } from 'vitest';
import {
  businessComponent,
  businessService,
  defineIntegration,
  derive,
  event,
  flag,
  fromEvent,
  integer,
  listOf,
  oneOf,
  optional,
  propertySet,
  readOnly,
  scheduledTime,
  text,
  unique,
  utcDateTime,
} from '../../../lib/operations/index.ts';

const account = businessComponent('Account/Account', {
  viewMode: 'All',
  userKey: unique('Name'),
  fields: { Name: text(30), Updated: readOnly(utcDateTime()) },
});
const operations = {
  'account.get': account.get(),
  'account.upsert': account.upsert(),
  'account.create': account.insert({ naturalKey: ['Name'] }),
  'account.many': account.upsertMany(),
  'credit.check': businessService('Credit Check', 'Check', { input: { Account: text(20) }, repeatable: false }),
};
/** Definitions that the compiler refuses, as JavaScript or a cast would let them through. */
const loosely = (definition: object) => derive(defineIntegration({ operations, ...definition } as never));
const order = event({ order: text(20) });
const created = { from: order, key: () => 'k', input: () => ({ Name: 'Acme' }) };
const timed = (entry: object) => ({ timed: { nightly: { run: 'credit.check', every: 'rate(1 day)', ...entry } } });

describe('a queue', () => {
  it('accepts every kind of write: by name, mapped from an event, and by the clock', () => {
    const { queue } = defineIntegration({
      operations,
      queue: { accepts: ['account.upsert', { 'account.create': fromEvent(created) }] },
      timed: { nightly: { run: 'credit.check', every: 'rate(1 day)', input: { Account: 'Acme' } } },
    });

    expect([...queue.accepts].sort()).toEqual(['account.create', 'account.upsert', 'credit.check']);
    expect(queue.mappings.map(({ operation, envelope }) => [operation, envelope])).toEqual([
      ['account.create', 'none'],
    ]);
    expect(queue.fifo).toBe(false);
  });

  it('tries mappings in the order in which they stand', () => {
    const { queue } = defineIntegration({
      operations,
      queue: {
        accepts: [
          { 'account.create': fromEvent({ ...created, envelope: 'sns' }) },
          {
            'account.upsert': fromEvent(created),
            'account.create': fromEvent({ ...created, envelope: 'eventbridge' }),
          },
        ],
      },
    });

    expect(queue.mappings.map(({ operation, envelope }) => [operation, envelope])).toEqual([
      ['account.create', 'sns'],
      ['account.upsert', 'none'],
      ['account.create', 'eventbridge'],
    ]);
  });

  it.each([
    ['a read', { accepts: [{ 'account.get': fromEvent(created as never) }] }, /account\.get, which only reads/],
    ['an unknown name', { accepts: [{ toString: fromEvent(created) }] }, /toString, which is not an operation/],
    [
      'an event that every message is',
      { accepts: [{ 'account.create': fromEvent({ ...created, from: event({ order: optional(text(20)) }) }) }] },
      /the event for account\.create has no member that it needs/,
    ],
    [
      'an envelope that is not known',
      { accepts: [{ 'account.create': fromEvent({ ...created, envelope: 'cloudevents' as never }) }] },
      /the event for account\.create has an envelope that is none of none, sns, eventbridge/,
    ],
    ['an order that is a word', { fifo: 'yes', accepts: [] }, /queue\.fifo is neither true nor false/],
  ])('is refused with %s', (_what, queue, message) => {
    expect(() => loosely({ queue })).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION', message: expect.stringMatching(message) }),
    );
  });

  it.each(['operation', 'maybe'])('is refused with an event that looks like our own message: %s', (which) => {
    const operation = which === 'maybe' ? optional(text(9)) : text(9);
    const from = event({ order: text(20), operation });

    expect(() => loosely({ queue: { accepts: [{ 'account.create': fromEvent({ ...created, from }) }] } })).toThrow(
      /the event for account\.create has a member operation, by which our own messages are told/,
    );
    const inEnvelope = fromEvent({ ...created, from, envelope: 'sns' });
    expect(loosely({ queue: { accepts: [{ 'account.create': inEnvelope }] } }).queue.envelopes).toEqual(['sns']);
  });

  describe('with two mappings', () => {
    type Members = Parameters<typeof event>[0];
    const inOrder = (first: Members, second: Members, envelopes: readonly ['sns', 'sns' | 'eventbridge']) =>
      loosely({
        queue: {
          accepts: [
            { 'account.create': fromEvent({ ...created, from: event(first), envelope: envelopes[0] }) },
            { 'account.upsert': fromEvent({ ...created, from: event(second), envelope: envelopes[1] }) },
          ],
        },
      });
    const same = ['sns', 'sns'] as const;
    const lines = (...names: readonly string[]) =>
      listOf(Object.fromEntries(names.map((name) => [name, text(10)] as const)));
    const placed = oneOf('order.placed');

    it.each<[string, Members, Members]>([
      ['needs fewer members', { order: text(20) }, { order: text(60), customer: text(9) }],
      ['may have what the second needs', { order: text(20), by: optional(text(9)) }, { order: text(20), by: text(9) }],
      ['takes any text', { type: text(9) }, { type: oneOf('a'), order: text(9) }],
      ['takes texts that are dates', { at: text(9) }, { at: utcDateTime(), order: text(9) }],
      ['needs fewer members in a list', { lines: lines('article') }, { lines: lines('article', 'count') }],
    ])('is refused when the first takes what is meant for the second: %s', (_what, first, second) => {
      expect(() => inOrder(first, second, same)).toThrow(
        'the event for account.upsert is taken by the mapping for account.create, which stands before it and needs fewer ' +
          'members: put the one for account.upsert first',
      );
      expect(inOrder(second, first, same).queue.accepts).toHaveLength(2);
    });

    it.each<[string, Members, Members]>([
      ['the same members', { order: text(20) }, { order: text(20) }],
      ['texts of other lengths', { order: text(20) }, { order: text(60), by: optional(text(9)) }],
      ['the same value', { type: placed, order: text(9) }, { order: text(9), type: placed }],
    ])('is refused when nothing tells them apart: %s', (_what, first, second) => {
      for (const [one, other] of [
        [first, second],
        [second, first],
      ] as const) {
        expect(() => inOrder(one, other, same)).toThrow(/needs the same members: declare one by which they differ/);
      }
    });

    it.each<[string, Members, Members]>([
      ['by a member that only the first needs', { order: text(9), by: text(9) }, { order: text(9) }],
      ['by members that both need', { order: text(9) }, { complaint: text(9), customer: text(9) }],
      ['by a value', { type: placed, order: text(9) }, { type: oneOf('order.changed'), order: text(9), by: text(9) }],
      ['by a value, then any other', { type: placed }, { type: text(20), order: text(9) }],
      ['by the type of a value', { order: integer() }, { order: text(9), customer: text(9) }],
      ['by the type of an optional one', { order: text(9), by: optional(flag()) }, { order: text(9), by: text(9) }],
      ['by what is a list', { lines: lines('article') }, { lines: propertySet({ article: text(9) }), order: text(9) }],
      ['by a value or a list', { lines: text(9) }, { lines: lines('article') }],
    ])('is taken when they are told apart: %s', (_what, first, second) => {
      expect(inOrder(first, second, same).queue.accepts).toHaveLength(2);
    });

    it('is taken when they come in different envelopes', () => {
      const { queue } = inOrder({ order: text(20) }, { order: text(20) }, ['sns', 'eventbridge']);

      expect(queue.envelopes).toEqual(['sns', 'eventbridge']);
    });
  });

  it('has no batching window when it is a FIFO queue, and says which services send to it', () => {
    const accepts = [{ 'account.create': fromEvent({ ...created, envelope: 'sns' }) }] as const;
    const { queue } = derive(defineIntegration({ operations, queue: { fifo: true, accepts } }));

    expect(queue).toMatchObject({ fifo: true, windowSeconds: null, envelopes: ['sns'], batchSize: 8 });
  });
});

describe('a timed operation', () => {
  it('becomes a message with the time of its tick in the key, so that a tick that comes twice is one call (R04)', () => {
    const { timed } = derive(
      defineIntegration({
        operations,
        timed: {
          nightly: {
            run: 'credit.check',
            every: 'cron(0 2 * * ? *)',
            timezone: 'Europe/Vienna',
            input: { Account: 'A' },
          },
        },
      }),
    );

    expect(timed).toEqual([
      {
        name: 'nightly',
        expression: 'cron(0 2 * * ? *)',
        timezone: 'Europe/Vienna',
        message: {
          operation: 'credit.check',
          key: 'timed/nightly/<aws.scheduler.scheduled-time>',
          input: { Account: 'A' },
        },
        messageGroupId: null,
      },
    ]);
  });

  it('has a message group of its own on a FIFO queue', () => {
    const queue = { fifo: true, accepts: [] };
    const { timed } = loosely({
      queue,
      timed: { nightly: { run: 'credit.check', every: 'rate(1 day)', input: { Account: 'A' } } },
    });

    expect(timed.map(({ messageGroupId }) => messageGroupId)).toEqual(['timed/nightly']);
  });

  it('may have the time of the tick in its input, which is checked as it will be', () => {
    const input = (Name: string) => ({ run: 'account.create', input: { Name } });

    expect(loosely(timed(input(`day/${scheduledTime}`))).timed).toHaveLength(1);
    expect(() => loosely(timed(input(`a day too long ${scheduledTime}`)))).toThrow(
      /timed\.nightly: \/input\/Name is longer than 30 characters/,
    );
  });

  it.each([
    [
      'a read',
      { run: 'account.get', input: { Id: '1-1' } },
      /timed\.nightly\.run names account\.get, which only reads/,
    ],
    ['an unknown operation', { run: 'a.b', input: {} }, /timed\.nightly\.run names a\.b, which is not an operation/],
    ['a batch', { run: 'account.many', input: {} }, /account\.many, which answers row by row/],
    ['a wrong schedule', { every: 'nightly', input: { Account: 'A' } }, /timed\.nightly\.every/],
    ['a wrong zone', { timezone: 'Mars/Phobos', input: { Account: 'A' } }, /timed\.nightly\.timezone/],
    ['an offset for a zone', { timezone: '+02:00', input: { Account: 'A' } }, /timezone: "\+02:00" is not a time zone/],
    ['no input', {}, /timed\.nightly\.input is missing/],
    ['a wrong input', { input: { Account: 5 } }, /timed\.nightly: \/input\/Account is not of type string/],
    [
      'an input of another try',
      { input: { Account: '<aws.scheduler.attempt-number>' } },
      /no keyword of EventBridge Scheduler but scheduledTime/,
    ],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: what osls would fill in.
    ['what osls would fill in', { input: { Account: '${env:HOME}' } }, /may not hold \$\{/],
    [
      'an insert of the same record at each tick',
      { run: 'account.create', input: { Name: 'Acme' } },
      /the same natural key at each tick: put scheduledTime into Name/,
    ],
  ])('is refused: %s', (_what, entry, message) => {
    expect(() => loosely(timed(entry))).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION', message: expect.stringMatching(message) }),
    );
  });

  it('is refused with a name that no schedule can have, or that a sync job has', () => {
    const entry = { run: 'credit.check', every: 'rate(1 day)', input: { Account: 'A' } };
    const sync = {
      accounts: { read: account, cursor: 'Updated', every: 'rate(1 day)', to: { kind: 's3', prefix: 'a' } },
    };

    expect(() => loosely({ timed: { 'Nightly Check': entry } })).toThrow(
      /"Nightly Check" is not named like nightly-check/,
    );
    expect(() => loosely({ sync, timed: { accounts: entry } })).toThrow(/timed\.accounts has the name of a sync job/);
  });

  it('is told of once, and not as one that the queue accepts too', () => {
    expect(() => loosely(timed({ run: 'account.get', input: { Id: '1-1' } }))).toThrow(/^(?!.*queue\.accepts)/s);
  });
});
