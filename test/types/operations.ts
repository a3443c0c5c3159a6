import {
  all,
  attachment,
  businessComponent,
  businessService,
  child,
  date,
  dateTime,
  decimal,
  defineIntegration,
  flag,
  type InputOf,
  integer,
  listOf,
  not,
  type OutputOf,
  oneOf,
  optional,
  propertySet,
  readOnly,
  searchedAs,
  siebelMessage,
  text,
  time,
  unique,
  utcDateTime,
  workflow,
} from '../../lib/operations/index.ts';

// Programs that must and must not compile: read by the type check, never run.

const account = businessComponent('Account/Account', {
  viewMode: 'All',
  userKey: unique('Name', 'Location'),
  fields: {
    Name: text(100),
    Location: text(50),
    Staff: optional(searchedAs('Employees', integer())),
    Revenue: optional(decimal({ digits: 22, scale: 2 })),
    Competitor: optional(flag()),
    'Customer Since': optional(date()),
    Opening: optional(time()),
    'Last Call': optional(dateTime('Europe/Vienna')),
    Tier: optional(oneOf('Gold', 'Silver')),
    'Integration Id': optional(text(30)),
    Updated: readOnly(utcDateTime()),
  },
  searchFields: { 'Contact Last Name': text(50) },
  children: {
    Contact: child({
      linked: true,
      userKey: unique('Person UId'),
      fields: { 'Person UId': text(100), 'Last Name': text(50) },
    }),
    'Service Request': child({
      fields: { Abstract: text(100), 'Integration Id': optional(text(30)) },
      children: { Action: child({ fields: { Type: text(30), Planned: optional(utcDateTime()) } }) },
    }),
    'Account Attachment': child({ fields: { AccntFileName: text(220), Content: optional(attachment(1_000_000)) } }),
  },
});

// Inserts.
// @ts-expect-error an insert says by which fields its record is found again
account.insert();
// @ts-expect-error at least one
account.insert({ naturalKey: [] });
// @ts-expect-error a natural key that is not declared
account.insert({ naturalKey: ['Integration'] });
// @ts-expect-error a natural key that is never sent
account.insert({ naturalKey: ['Updated'] });
// @ts-expect-error attachments find nothing
account.children['Account Attachment'].insert({ naturalKey: ['Content'] });

account.insert({ naturalKey: unique('Integration Id'), sharedKey: true, children: ['Contact'] });
account.children['Service Request'].insert({ naturalKey: unique('Integration Id') });
// @ts-expect-error a unique key that is not declared
account.insert({ naturalKey: unique('Integration') });
// @ts-expect-error a unique key that is never sent
account.insert({ naturalKey: unique('Integration Id', 'Updated') });
// @ts-expect-error attachments find nothing, unique or not
account.children['Account Attachment'].insert({ naturalKey: unique('Content') });
// @ts-expect-error yes or no
account.insert({ naturalKey: ['Integration Id'], sharedKey: 'shared' });
// @ts-expect-error the answers of a batch come row by row: nobody looks its rows up
account.insertMany({ naturalKey: unique('Integration Id') });
const unfilled = account.insert({ naturalKey: unique('Integration Id') });
// @ts-expect-error the natural key is never left out, unique or not
({ Name: 'A', Location: '' }) satisfies InputOf<typeof unfilled>;

// Markers.
const marked = businessComponent('Account/Account', {
  viewMode: 'All',
  marker: 'Integration Ref',
  fields: { Name: text(100) },
  children: { Note: child({ marker: 'Note Ref', fields: { Text: text(100) } }) },
});
const markedInsert = marked.insert({ naturalKey: ['Name'], children: ['Note'] });
// @ts-expect-error the marker is ours alone
({ Name: 'A', 'Integration Ref': 'x' }) satisfies InputOf<typeof markedInsert>;
// @ts-expect-error the marker is found by nobody's input
marked.insert({ naturalKey: ['Integration Ref'] });
// @ts-expect-error a name
businessComponent('Account/Account', { viewMode: 'All', marker: ['Integration Ref'], fields: { Name: text(100) } });
// @ts-expect-error a name
child({ marker: text(30), fields: { Text: text(100) } });

const insert = account.insert({ naturalKey: ['Integration Id'], children: ['Contact', 'Service Request/Action'] });
({
  Name: 'A',
  Location: '',
  'Integration Id': 'x',
  Contact: [{ 'Person UId': 'p', 'Last Name': 'L' }],
  'Service Request': [{ Abstract: 'a', Action: [{ Type: 'Call', Planned: null }] }],
}) satisfies InputOf<typeof insert>;
// @ts-expect-error the natural key is never left out
({ Name: 'A', Location: '' }) satisfies InputOf<typeof insert>;
({
  Name: 'A',
  Location: '',
  'Integration Id': 'x',
  // @ts-expect-error a child that is not named
  'Account Attachment': [],
}) satisfies InputOf<typeof insert>;
// @ts-expect-error a child that is not declared
account.insert({ naturalKey: ['Name'], children: ['Activity'] });

// Values.
const upsert = account.upsert();
({
  Name: 'A',
  Location: 'B',
  Staff: 12,
  Revenue: '12.50',
  Tier: null,
  'Last Call': '2025-03-14T09:26:53Z',
}) satisfies InputOf<typeof upsert>;
// @ts-expect-error a decimal is text, never rounded in binary
({ Name: 'A', Location: 'B', Revenue: 12.5 }) satisfies InputOf<typeof upsert>;
// @ts-expect-error not one of the declared values
({ Name: 'A', Location: 'B', Tier: 'Bronze' }) satisfies InputOf<typeof upsert>;
// @ts-expect-error a text is emptied by the empty text
({ Name: 'A', Location: 'B', 'Integration Id': null }) satisfies InputOf<typeof upsert>;
// @ts-expect-error what every record has cannot be emptied
({ Name: null, Location: 'B' }) satisfies InputOf<typeof upsert>;

// Queries.
const search = account.query({
  filters: {
    Name: 'startsWith',
    Tier: 'oneOf',
    'Customer Since': 'isNull',
    updatedSince: { field: 'Updated', operator: 'atLeast' },
    staffFrom: { field: 'Staff', operator: 'atLeast' },
    contact: { field: 'Contact Last Name', operator: 'is', anyRow: true },
  },
  where: all(account.field('Competitor').is(false), not(account.field('Location').is(''))),
  sort: [{ field: 'Updated', direction: 'desc' }],
  limit: 50,
});
({
  Name: 'Ac',
  Tier: ['Gold'],
  'Customer Since': false,
  updatedSince: '2025-03-14T09:26:53Z',
  staffFrom: 10,
  contact: 'Ada',
  limit: 5,
}) satisfies InputOf<typeof search>;
// @ts-expect-error a number
({ staffFrom: '10' }) satisfies InputOf<typeof search>;
// @ts-expect-error a list
({ Tier: 'Gold' }) satisfies InputOf<typeof search>;
// @ts-expect-error no such filter
({ Location: 'Bremen' }) satisfies InputOf<typeof search>;
// @ts-expect-error a number does not start with anything
account.query({ filters: { Staff: 'startsWith' } });
// @ts-expect-error a flag is not less than another
account.query({ filters: { before: { field: 'Competitor', operator: 'lessThan' } } });
// @ts-expect-error not a declared field
account.query({ filters: { x: { field: 'Nam', operator: 'is' } } });
// @ts-expect-error not a declared field
account.query({ sort: [{ field: 'Nam', direction: 'asc' }] });
// @ts-expect-error not a value of the field
account.field('Staff').is('12');
// @ts-expect-error a condition is built, never written
account.query({ where: '[Name] = "x"' });

const tree = account.get({ children: ['Contact', 'Service Request/Action'] });
export function read(record: OutputOf<typeof tree>): (string | undefined)[] {
  // @ts-expect-error not asked for
  const files: unknown = record['Account Attachment'];
  const [request] = record['Service Request'];
  return [typeof files, record.Name, record.Contact[0]?.['Last Name'], request?.Abstract, request?.Action[0]?.Planned];
}
// @ts-expect-error not a declared child
account.get({ children: ['Activity'] });
// @ts-expect-error not a declared grandchild
account.query({ children: ['Contact/Action'] });

// Children.
const contacts = account.children.Contact;
const actions = account.children['Service Request'].children.Action;
const contactUpsert = contacts.upsert();
const link = contacts.associate();
const actionGet = actions.get();
const files = account.children['Account Attachment'].query();
const file = account.children['Account Attachment'].get();
({ ParentId: '1-1', 'Person UId': 'p', 'Last Name': 'L' }) satisfies InputOf<typeof contactUpsert>;
// @ts-expect-error below which record
({ 'Person UId': 'p', 'Last Name': 'L' }) satisfies InputOf<typeof contactUpsert>;
({ ParentId: '1-1', 'Person UId': 'p' }) satisfies InputOf<typeof link>;
// @ts-expect-error only the user key of the other side
({ ParentId: '1-1', 'Person UId': 'p', 'Last Name': 'L' }) satisfies InputOf<typeof link>;
({ GrandparentId: '1-1', ParentId: '1-2', Id: '1-3' }) satisfies InputOf<typeof actionGet>;
// @ts-expect-error below which grandparent
({ ParentId: '1-2', Id: '1-3' }) satisfies InputOf<typeof actionGet>;
// @ts-expect-error an upsert needs a unique user key
account.children['Service Request'].upsert();
// @ts-expect-error only what exists by itself is linked
account.children['Service Request'].associate();
export function content(list: OutputOf<typeof files>, one: OutputOf<typeof file>): string | undefined {
  // @ts-expect-error lists carry no attachments
  list.items[0]?.Content;
  return one.Content;
}

// Batches.
const many = account.upsertMany();
const gone = account.deleteMany();
({ items: [{ Name: 'A', Location: '' }] }) satisfies InputOf<typeof many>;
({ items: [{ Id: '1-1' }] }) satisfies InputOf<typeof gone>;

// Services and workflows.
const check = businessService('Credit Check', 'Check', {
  input: {
    Account: text(100),
    Amount: decimal({ digits: 22, scale: 2 }),
    Applicant: optional(propertySet({ Name: text(50) })),
    Lines: listOf({ Product: text(50), Quantity: integer() }),
  },
  output: {
    Rating: text(1),
    Approved: flag(),
    Score: optional(integer()),
    Order: siebelMessage('Acme Order', 'Order', {
      'Order Number': text(30),
      'Line Item': listOf({ Product: text(50) }),
    }),
  },
  repeatable: false,
  failure: { Status: ['OK'] },
});
({ Account: 'A', Amount: '12.50', Lines: [{ Product: 'p', Quantity: 1 }] }) satisfies InputOf<typeof check>;
// @ts-expect-error a member of a line is missing
({ Account: 'A', Amount: '12.50', Lines: [{ Product: 'p' }] }) satisfies InputOf<typeof check>;
// @ts-expect-error an argument that it does not take
({ Account: 'A', Amount: '1', Lines: [], Colour: 'red' }) satisfies InputOf<typeof check>;
export function answer(output: OutputOf<typeof check>): [string, boolean, number | undefined, string | undefined] {
  return [output.Rating, output.Approved, output.Score, output.Order[0]?.['Line Item'][0]?.Product];
}
// @ts-expect-error what a second call does has to be said
businessService('Credit Check', 'Check', { input: { Account: text(100) } });
// @ts-expect-error as above
workflow('Create Service Request', { input: { Account: text(100) } });
// @ts-expect-error not an argument
businessService('Credit Check', 'Check', { input: { Account: text(100) }, inQuery: ['Acount'], repeatable: true });

// Kinds.
const operations = {
  'account.get': account.get(),
  'account.search': search,
  'account.upsert': upsert,
  'account.create': insert,
  'account.upsert-many': many,
  'contact.link': link,
  'credit.check': check,
  'credit.read': businessService('Credit Check', 'Read', { reads: true }),
  'credit.set': workflow('Set Credit', { repeatable: true }),
};
defineIntegration({
  operations,
  queue: { accepts: ['account.upsert', 'credit.set', 'account.create', 'credit.check'] },
  api: {
    'GET /accounts/{Id}': 'account.get',
    'POST /accounts': 'account.create',
    'POST /accounts/search': 'account.search',
    'POST /accounts/many': 'account.upsert-many',
    'POST /credit-checks': 'credit.check',
    'GET /credit': 'credit.read',
    'PUT /credit': 'credit.set',
  },
  site: { parameterNames: { PageSize: 'limit' }, quoteEscape: 'doubling' },
});
// @ts-expect-error nobody would get the answers
defineIntegration({ operations, queue: { accepts: ['account.upsert-many'] } });
// @ts-expect-error PUT promises that it may be repeated
defineIntegration({ operations, api: { 'PUT /accounts': 'account.create' } });
// @ts-expect-error GET only reads
defineIntegration({ operations, api: { 'GET /credit-checks': 'credit.check' } });
// @ts-expect-error not an operation
defineIntegration({ operations, api: { 'POST /accounts': 'account.insert' } });
// @ts-expect-error not a parameter of Siebel
defineIntegration({ operations, site: { parameterNames: { Pagesize: 'limit' } } });
