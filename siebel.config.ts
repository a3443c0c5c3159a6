import {
  businessComponent,
  businessService,
  child,
  decimal,
  defineIntegration,
  event,
  eventBridge,
  flag,
  fromEvent,
  oneOf,
  optional,
  readOnly,
  s3,
  text,
  unique,
  utcDateTime,
  workflow,
} from './lib/operations/index.ts';

// The one file that an installation edits: which records of Siebel it integrates, and by which ways in.

const account = businessComponent('Account/Account', {
  viewMode: 'All',
  // The whole user key of the integration object, or Siebel refuses upserts (SBL-EAI-04397). That of a vanilla Siebel's
  // account also holds the primary organization; the stand-in's is Name and Location, unless its setting `accountKey` says more.
  userKey: unique('Name', 'Location'),
  fields: {
    Name: text(100),
    Location: text(50),
    'Account Status': optional(text(30)),
    'Main Phone Number': optional(text(40)),
    Type: optional(text(30)),
    Updated: readOnly(utcDateTime()),
  },
  children: {
    Contact: child({
      linked: true,
      userKey: unique('Person UId'),
      fields: { 'Person UId': text(100), 'First Name': text(50), 'Last Name': text(50) },
    }),
  },
});

const contact = businessComponent('Contact/Contact', {
  viewMode: 'All',
  userKey: unique('Person UId'),
  fields: {
    'Person UId': text(100),
    'First Name': text(50),
    'Last Name': text(50),
    'Email Address': optional(text(100)),
    Account: optional(text(100)),
    Updated: readOnly(utcDateTime()),
  },
});

const serviceRequest = businessComponent('Service Request/Service Request', {
  viewMode: 'All',
  // A field of your own, of 30 characters or more: inserts leave a mark in it, by which the record is told from others' when
  // an answer was lost.
  marker: 'Integration Ref',
  fields: {
    'SR Number': readOnly(text(64)),
    Abstract: text(100),
    Status: optional(text(30)),
    Account: optional(text(100)),
    'Integration Id': optional(text(30)),
    Updated: readOnly(utcDateTime()),
  },
  children: {
    Action: child({
      fields: { Type: text(30), Description: optional(text(150)), Planned: optional(utcDateTime()) },
    }),
  },
});

const creditCheck = businessService('Credit Check', 'Check', {
  input: { Account: text(100), Amount: decimal({ digits: 12, scale: 2 }) },
  output: { Rating: oneOf('A', 'B', 'C'), Approved: flag(), 'Check Number': text(30) },
  failure: { 'Error Code': [''] },
  repeatable: false,
});

const closeRequest = workflow('Close Service Request', {
  input: { 'Object Id': text(15) },
  output: { Status: text(30) },
  failure: { 'Error Code': [''] },
  repeatable: false,
});

/** What the shop announces on EventBridge; a rule there sends it to the queue. */
const orderPlaced = event({ order: text(20), customer: text(60) });

export default defineIntegration({
  operations: {
    'account.get': account.get(),
    'account.search': account.query({
      filters: {
        Name: 'is',
        Location: 'is',
        'Account Status': 'is',
        nameStart: { field: 'Name', operator: 'startsWith' },
      },
    }),
    'account.upsert': account.upsert(),
    'account.contacts': account.children.Contact.query(),
    'contact.get': contact.get(),
    'contact.search': contact.query({ filters: ['Last Name', 'Email Address', 'Account'] }),
    'contact.upsert': contact.upsert(),
    'service-request.get': serviceRequest.get({ children: ['Action'] }),
    'service-request.search': serviceRequest.query({ filters: ['SR Number', 'Status', 'Account', 'Integration Id'] }),
    'service-request.create': serviceRequest.insert({ naturalKey: ['Integration Id'], children: ['Action'] }),
    'service-request.update': serviceRequest.update(),
    'service-request.close': closeRequest,
    'credit.check': creditCheck,
  },

  // Writes that messages on the queue may ask for, by name; and a producer's own event, with the input that it means.
  queue: {
    accepts: [
      'account.upsert',
      'contact.upsert',
      'service-request.update',
      'service-request.close',
      'credit.check',
      {
        'service-request.create': fromEvent({
          from: orderPlaced,
          envelope: 'eventbridge',
          key: ({ order }) => `orders/${order}`,
          input: ({ order, customer }) => ({ 'Integration Id': order, Abstract: `Order ${order} of ${customer}` }),
        }),
      },
    ],
  },

  api: {
    'GET /accounts/{Id}': 'account.get',
    'GET /accounts': 'account.search',
    'PUT /accounts': 'account.upsert',
    'GET /accounts/{ParentId}/contacts': 'account.contacts',
    'GET /service-requests/{Id}': 'service-request.get',
    'POST /service-requests': 'service-request.create',
    'POST /service-requests/close': 'service-request.close',
    'POST /credit-checks': 'credit.check',
  },

  // What has changed in Siebel, by the clock. Accounts are swept each night besides: for deletions, and for records that came in or
  // were set back to a time that the job has passed.
  sync: {
    accounts: {
      read: account,
      cursor: 'Updated',
      every: 'rate(5 minutes)',
      to: s3('accounts'),
      sweep: { every: 'cron(0 3 * * ? *)', timezone: 'Europe/Vienna' },
    },
    contacts: { read: contact, cursor: 'Updated', every: 'rate(5 minutes)', to: s3('contacts') },
    'service-requests': {
      read: serviceRequest,
      cursor: 'Updated',
      every: 'rate(5 minutes)',
      to: eventBridge({ source: 'com.example.siebel' }),
    },
  },

  // Writes by the clock: each tick puts one message on the queue.
  timed: {
    'nightly-credit-check': {
      run: 'credit.check',
      every: 'cron(0 2 * * ? *)',
      timezone: 'Europe/Vienna',
      input: { Account: 'Harbour Supplies', Amount: '10000.00' },
    },
  },

  // The shares may come to nine tenths of Siebel's connections: 18 of the 20 of one node.
  capacity: { siebelConnections: 20, queue: 8, api: 5, sync: 2, backfill: 2, tools: 1 },
});
