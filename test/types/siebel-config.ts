import {
  businessComponent,
  defineIntegration,
  eventBridge,
  flag,
  type InputOf,
  type OutputOf,
  optional,
  ownSink,
  readOnly,
  type SyncSink,
  s3,
  sqs,
  text,
  unique,
  utcDateTime,
} from '../../lib/operations/index.ts';
import type { SearchSpecification } from '../../lib/siebel/search-specification.ts';

// Programs that must and must not compile: read by the type check, never run.

const fields = {
  Name: text(100),
  Status: optional(text(30)),
  Opened: optional(utcDateTime()),
  Active: flag(),
  Updated: readOnly(utcDateTime()),
};
const account = businessComponent('Account/Account', { viewMode: 'All', userKey: unique('Name'), fields });
const keyless = businessComponent('Contact/Contact', { viewMode: 'All', fields });
const operations = { 'account.get': account.get(), 'account.upsert': account.upsert() };

// @ts-expect-error a view mode that Siebel does not know
businessComponent('Account/Account', { viewMode: 'Everyone', fields });
// @ts-expect-error a user key field that is not declared
businessComponent('Account/Account', { viewMode: 'All', userKey: unique('Nam'), fields });
// @ts-expect-error a user key field that may be left out
businessComponent('Account/Account', { viewMode: 'All', userKey: unique('Status'), fields });
// @ts-expect-error a user key field that is never sent
businessComponent('Account/Account', { viewMode: 'All', userKey: unique('Updated'), fields });
// @ts-expect-error an upsert without a unique user key could create a record twice
keyless.upsert();
// @ts-expect-error a filter that is not declared
account.query({ filters: ['Nam'] });

defineIntegration({
  operations,
  queue: { accepts: ['account.upsert'] },
  api: { 'GET /accounts/{Id}': 'account.get', 'PUT /accounts': 'account.upsert' },
  sync: { accounts: { read: account, cursor: 'Updated', every: 'rate(5 minutes)', to: s3('accounts') } },
});
defineIntegration({
  operations,
  // @ts-expect-error not an operation
  queue: { accepts: ['account.insert'] },
});
defineIntegration({
  operations,
  // @ts-expect-error nobody gets the answer of a read from the queue
  queue: { accepts: ['account.get'] },
});
defineIntegration({
  operations,
  // @ts-expect-error not an operation
  api: { 'GET /accounts': 'account.search' },
});
defineIntegration({
  operations,
  // @ts-expect-error a GET that writes
  api: { 'GET /accounts': 'account.upsert' },
});
defineIntegration({
  operations,
  // @ts-expect-error not a method
  api: { 'FETCH /accounts': 'account.get' },
});
defineIntegration({
  operations,
  // @ts-expect-error a cursor that is no date
  sync: { accounts: { read: account, cursor: 'Name', every: 'rate(5 minutes)', to: s3('accounts') } },
});
defineIntegration({
  operations,
  // @ts-expect-error a cursor that may be unset
  sync: { accounts: { read: account, cursor: 'Opened', every: 'rate(5 minutes)', to: s3('accounts') } },
});

const job = { read: account, cursor: 'Updated', every: 'rate(5 minutes)' } as const;
declare const sink: SyncSink;

defineIntegration({
  operations,
  sync: {
    a: { ...job, to: s3('a'), where: account.field('Name').startsWith('A'), pageSize: 50, window: 4 },
    b: { ...job, to: sqs('changes.fifo'), ownWrites: { field: 'Name', is: 'x' }, lagAlarmMinutes: 30 },
    c: { ...job, to: eventBridge({ source: 'com.example' }), safetyLagSeconds: 30, lookbackSeconds: 900 },
    d: { ...job, to: ownSink('lake', async () => sink), sweep: { every: 'rate(1 day)' }, timezone: 'UTC' },
    e: {
      ...job,
      to: ownSink('lake', () => sink),
      sweep: { every: 'rate(1 day)', timezone: 'Europe/Vienna', maxMissing: 0.5 },
    },
  },
});
defineIntegration({
  operations,
  // @ts-expect-error own writes by a field that is not declared
  sync: { accounts: { ...job, to: s3('accounts'), ownWrites: { field: 'Updated By Name', is: 'INTEGRATION' } } },
});
defineIntegration({
  operations,
  // @ts-expect-error own writes by a field that is no text
  sync: { accounts: { ...job, to: s3('accounts'), ownWrites: { field: 'Updated', is: 'INTEGRATION' } } },
});
defineIntegration({
  operations,
  // @ts-expect-error a condition is built, never written
  sync: { accounts: { ...job, to: s3('accounts'), where: '[Name] = "x"' } },
});
defineIntegration({
  operations,
  // @ts-expect-error a sweep without a schedule
  sync: { accounts: { ...job, to: s3('accounts'), sweep: { maxMissing: 0.5 } } },
});
defineIntegration({
  operations,
  // @ts-expect-error no target
  sync: { accounts: job },
});
// @ts-expect-error an event has a source
eventBridge({ bus: 'crm' });
// @ts-expect-error what is made is a sink
ownSink('lake', () => ({ write: () => {} }));
// @ts-expect-error a condition on a field that is not declared
account.field('Nam');

type Upsert = InputOf<(typeof operations)['account.upsert']>;
type Read = OutputOf<(typeof operations)['account.get']>;

({ Name: 'Acme', Active: true }) satisfies Upsert;
({ Name: 'Acme', Active: true, Status: 'Active', Opened: '2025-03-14T09:26:53Z' }) satisfies Upsert;
// @ts-expect-error a required field is missing
({ Name: 'Acme' }) satisfies Upsert;
// @ts-expect-error a flag is no text
({ Name: 'Acme', Active: 'Y' }) satisfies Upsert;
// @ts-expect-error a field that Siebel sets
({ Name: 'Acme', Active: true, Updated: '2025-03-14T09:26:53Z' }) satisfies Upsert;

export function read(record: Read): [string, string, string, boolean, string] {
  // @ts-expect-error an optional date may be absent
  const opened: string = record.Opened;
  return [record.Id, record.Name, record.Status, record.Active, opened];
}

// @ts-expect-error a search specification is built, never written
export const written: SearchSpecification = '[Name] = "x"';
