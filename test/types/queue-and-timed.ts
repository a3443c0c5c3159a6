import {
  businessComponent,
  businessService,
  child,
  decimal,
  defineIntegration,
  event,
  fromEvent,
  integer,
  listOf,
  optional,
  propertySet,
  scheduledTime,
  text,
  unique,
} from '../../lib/operations/index.ts';

// Programs that must and must not compile: read by the type check, never run.

const request = businessComponent('Service Request/Service Request', {
  viewMode: 'All',
  fields: { Abstract: text(100), Account: optional(text(100)), 'Integration Id': optional(text(30)) },
  children: { Action: child({ fields: { Type: text(30) } }) },
});
const account = businessComponent('Account/Account', {
  viewMode: 'All',
  userKey: unique('Name'),
  fields: { Name: text(100), Employees: optional(integer()) },
});
const operations = {
  'account.get': account.get(),
  'account.upsert': account.upsert(),
  'account.many': account.upsertMany(),
  'request.create': request.insert({ naturalKey: ['Integration Id'], children: ['Action'] }),
  'credit.check': businessService('Credit Check', 'Check', {
    input: { Account: text(100), Amount: decimal({ digits: 12, scale: 2 }) },
    repeatable: false,
  }),
  'credit.read': businessService('Credit Check', 'Read', { input: { Account: text(100) }, reads: true }),
};
const order = event({
  number: text(20),
  customer: propertySet({ name: text(100), employees: optional(integer()) }),
  note: optional(text(200)),
  lines: listOf({ article: text(30) }),
});

defineIntegration({ operations, queue: { accepts: ['account.upsert', 'request.create', 'credit.check'] } });
defineIntegration({ operations, queue: { fifo: true, accepts: ['account.upsert'] } });
defineIntegration({
  operations,
  // @ts-expect-error nobody gets the answer of a read
  queue: { accepts: ['credit.read'] },
});
defineIntegration({
  operations,
  // @ts-expect-error nobody gets the answers row by row
  queue: { accepts: ['account.many'] },
});
defineIntegration({
  operations: { 'account.get': account.get() },
  // @ts-expect-error the only operation reads
  queue: { accepts: ['account.get'] },
});

defineIntegration({
  operations,
  queue: {
    accepts: [
      'account.upsert',
      {
        'request.create': fromEvent({
          from: order,
          envelope: 'eventbridge',
          key: ({ number }) => `orders/${number}`,
          input: ({ number, customer, note, lines }) => ({
            'Integration Id': number,
            Abstract: note ?? `Order ${number}`,
            // Optional there and here.
            Account: note,
            Action: lines.map(({ article }) => ({ Type: `${customer.name} ${article}` })),
          }),
        }),
        'account.upsert': fromEvent({
          from: order,
          key: ({ number }) => number,
          input: ({ customer }) => ({ Name: customer.name, Employees: customer.employees }),
        }),
      },
    ],
  },
});
defineIntegration({
  operations,
  queue: {
    accepts: [
      {
        // @ts-expect-error the natural key is missing
        'request.create': fromEvent({ from: order, key: ({ number }) => number, input: () => ({ Abstract: 'x' }) }),
      },
    ],
  },
});
defineIntegration({
  operations,
  queue: {
    accepts: [
      {
        // @ts-expect-error a name is no number
        'account.upsert': fromEvent({ from: order, key: ({ number }) => number, input: () => ({ Name: 4711 }) }),
      },
    ],
  },
});
defineIntegration({
  operations,
  queue: {
    accepts: [
      {
        // @ts-expect-error a field that the operation does not take
        'account.upsert': fromEvent({ from: order, key: () => '', input: () => ({ Name: 'x', Nmae: 'y' }) }),
      },
    ],
  },
});
defineIntegration({
  operations,
  queue: {
    accepts: [
      {
        // @ts-expect-error a read
        'account.get': fromEvent({ from: order, key: ({ number }) => number, input: ({ number }) => ({ Id: number }) }),
      },
    ],
  },
});
// @ts-expect-error a member that is not declared
fromEvent({ from: order, key: ({ total }) => total, input: () => ({}) });
// @ts-expect-error a key is a text
fromEvent({ from: order, key: ({ lines }) => lines.length, input: () => ({}) });
// @ts-expect-error an envelope that is not known
fromEvent({ from: order, envelope: 'cloudevents', key: ({ number }) => number, input: () => ({}) });
// @ts-expect-error what an event lacks may be undefined
fromEvent({ from: order, key: ({ note }) => note, input: () => ({}) });

defineIntegration({
  operations,
  timed: {
    'nightly-check': { run: 'credit.check', every: 'cron(0 2 * * ? *)', input: { Account: 'Acme', Amount: '1.00' } },
    'daily-request': {
      run: 'request.create',
      every: 'rate(1 day)',
      timezone: 'Europe/Vienna',
      input: { 'Integration Id': `day/${scheduledTime}`, Abstract: 'Daily check' },
    },
  },
});
defineIntegration({
  operations,
  // @ts-expect-error an argument is missing
  timed: { 'nightly-check': { run: 'credit.check', every: 'rate(1 day)', input: { Account: 'Acme' } } },
});
defineIntegration({
  operations,
  timed: {
    // @ts-expect-error a read, whose answer nobody gets
    'nightly-read': { run: 'credit.read', every: 'rate(1 day)', input: { Account: 'Acme' } },
  },
});
defineIntegration({
  operations,
  timed: {
    'nightly-upsert': {
      run: 'account.upsert',
      every: 'rate(1 day)',
      // @ts-expect-error the input of another operation
      input: { Account: 'Acme', Amount: '1.00' },
    },
  },
});
