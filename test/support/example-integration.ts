import {
  businessComponent,
  defineIntegration,
  optional,
  readOnly,
  s3,
  text,
  unique,
  utcDateTime,
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
  fields: {
    'SR Number': readOnly(text(64)),
    Abstract: text(100),
    Status: optional(text(30)),
    Account: optional(text(100)),
    'Integration Id': optional(text(30)),
    Updated: readOnly(utcDateTime()),
  },
});

/** An integration for unit tests. Not that of `siebel.config.ts`, which every installation changes. */
export const exampleIntegration = defineIntegration({
  operations: {
    'account.get': account.get(),
    'account.search': account.query({ filters: ['Name', 'Location', 'Account Status'] }),
    'account.upsert': account.upsert(),
    'contact.get': contact.get(),
    'contact.search': contact.query({ filters: ['Last Name', 'Email Address', 'Account'] }),
    'contact.upsert': contact.upsert(),
    'service-request.get': serviceRequest.get(),
    'service-request.search': serviceRequest.query({ filters: ['SR Number', 'Status', 'Account', 'Integration Id'] }),
    'service-request.update': serviceRequest.update(),
  },

  queue: { accepts: ['account.upsert', 'contact.upsert', 'service-request.update'] },

  api: {
    'GET /accounts/{Id}': 'account.get',
    'GET /accounts': 'account.search',
    'PUT /accounts': 'account.upsert',
  },

  sync: {
    accounts: { read: account, cursor: 'Updated', every: 'rate(5 minutes)', to: s3('accounts') },
  },

  capacity: { siebelConnections: 20, queue: 8, api: 5, sync: 2, backfill: 2, tools: 1 },
});
