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
} from '../../lib/operations/index.ts';

const account = businessComponent('Account/Account', {
  viewMode: 'All',
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
  repeatable: false,
});

const closeRequest = workflow('Close Service Request', {
  input: { 'Object Id': text(15) },
  output: { Status: text(30) },
  failure: { 'Error Code': [''] },
  repeatable: false,
});

const orderPlaced = event({ order: text(20), customer: text(60) });

/** An integration for unit tests. Not that of `siebel.config.ts`, which every installation changes. */
export const exampleIntegration = defineIntegration({
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

  queue: {
    accepts: [
      {
        'service-request.create': fromEvent({
          from: orderPlaced,
          envelope: 'eventbridge',
          key: ({ order }) => `orders/${order}`,
          input: ({ order, customer }) => ({ 'Integration Id': order, Abstract: `Order ${order} of ${customer}` }),
        }),
      },
      'account.upsert',
      'contact.upsert',
      'service-request.update',
      'service-request.close',
      'credit.check',
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

  capacity: { siebelConnections: 20, queue: 8, api: 5, sync: 2, backfill: 2, tools: 1 },
});
