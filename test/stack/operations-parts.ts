import { systemClock as clock } from '../../lib/clock.ts';
import {
  attachment,
  businessComponent,
  businessService,
  child,
  date,
  dateTime,
  decimal,
  defineIntegration,
  flag,
  integer,
  listOf,
  oneOf,
  operationRunner,
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
import type { SiebelOptions } from '../../local-stack/siebel/siebel.ts';
import type { Domain } from '../local-stack/siebel-fixture.ts';
import { siebelOver } from './siebel-client-parts.ts';

export const account = businessComponent('Account/Account', {
  viewMode: 'All',
  userKey: unique('Name', 'Location'),
  fields: {
    Name: text(100),
    Location: text(50),
    'Account Status': optional(
      oneOf('Active', 'Gold', 'Inactive', 'Prospect', 'Candidate', 'Contract Pending', 'Customer', 'Qualified'),
    ),
    Staff: optional(searchedAs('Employees', integer())),
    Competitor: optional(flag()),
    Revenue: optional(searchedAs('Annual Revenue', decimal({ digits: 22, scale: 2 }))),
    'Customer Since': optional(searchedAs('Customer Since Date', date())),
    'Opening Time': optional(time()),
    'Last Call': optional(searchedAs('Last Call Date', dateTime('Europe/Vienna'))),
    Reference: optional(searchedAs('Reference Flag', flag({ yes: 'Yes', no: 'No' }))),
    'Integration Id': optional(text(30)),
    Updated: readOnly(utcDateTime()),
  },
  searchFields: { 'Contact Last Name': text(50) },
  children: {
    Contact: child({
      linked: true,
      userKey: unique('Person UId'),
      fields: {
        'Person UId': text(100),
        'First Name': text(50),
        'Last Name': text(50),
        IsPrimaryMVG: readOnly(optional(flag())),
      },
    }),
    'Service Request': child({
      fields: { Abstract: text(100), Status: optional(text(30)), 'Integration Id': optional(text(100)) },
      children: {
        Action: child({
          fields: {
            'Activity UID': optional(text(30)),
            Type: text(30),
            Description: optional(text(150)),
            Planned: optional(utcDateTime()),
            Done: optional(flag()),
          },
        }),
      },
    }),
    'Account Attachment': child({
      fields: {
        AccntFileName: text(220),
        AccntFileExt: optional(text(10)),
        'Accnt Attachment Id': attachment(100_000),
        AccntFileSize: readOnly(optional(integer())),
      },
    }),
  },
});
const serviceRequest = businessComponent('Service Request/Service Request', {
  viewMode: 'All',
  fields: {
    'SR Number': readOnly(text(64)),
    Abstract: text(100),
    Status: optional(text(30)),
    'Integration Id': optional(text(100)),
  },
  children: {
    Action: child({ fields: { Type: text(30), Description: optional(text(150)), Planned: optional(utcDateTime()) } }),
  },
});
const contacts = account.children.Contact;
const requests = account.children['Service Request'];
const files = account.children['Account Attachment'];

/** Every family of operations on what the stand-in has. */
export const integration = defineIntegration({
  operations: {
    'account.get': account.get(),
    'account.tree': account.get({ children: ['Contact', 'Service Request/Action'] }),
    'account.search': account.query({
      filters: {
        Name: 'startsWith',
        'Account Status': 'oneOf',
        staffFrom: { field: 'Staff', operator: 'atLeast' },
        staffBelow: { field: 'Staff', operator: 'lessThan' },
        since: { field: 'Customer Since', operator: 'atLeast' },
        noRevenue: { field: 'Revenue', operator: 'isNull' },
        revenueFrom: { field: 'Revenue', operator: 'atLeast' },
        anyCase: { field: 'Name', operator: 'isIgnoringCase' },
        contact: { field: 'Contact Last Name', operator: 'is', anyRow: true },
        Id: 'oneOf',
      },
      sort: [{ field: 'Staff', direction: 'desc' }],
    }),
    'account.competitors': account.query({
      where: account.field('Competitor').is(true),
      children: ['Contact'],
      limit: 100,
    }),
    'account.count': account.count({ filters: ['Account Status'], where: account.field('Competitor').is(false) }),
    'account.upsert': account.upsert(),
    'account.upsert-many': account.upsertMany(),
    'account.update': account.update(),
    'account.delete': account.delete(),
    'account.delete-many': account.deleteMany(),
    'contact.list': contacts.query(),
    'contact.count': contacts.count(),
    'contact.get': contacts.get(),
    'contact.upsert': contacts.upsert(),
    'contact.update': contacts.update(),
    'contact.link': contacts.associate(),
    'contact.unlink': contacts.delete(),
    'contact.upsert-many': contacts.upsertMany(),
    'contact.unlink-many': contacts.deleteMany(),
    'request.create-many': requests.insertMany({ naturalKey: ['Integration Id'] }),
    'request.create': requests.insert({ naturalKey: ['Integration Id'] }),
    'request.list': requests.query({ filters: ['Status'] }),
    'action.create': requests.children.Action.insert({ naturalKey: ['Activity UID'] }),
    'action.list': requests.children.Action.query(),
    'action.get': requests.children.Action.get(),
    'action.update': requests.children.Action.update(),
    'action.delete': requests.children.Action.delete(),
    'file.create': files.insert({ naturalKey: ['AccntFileName'] }),
    'file.list': files.query(),
    'file.get': files.get(),
    'service-request.create': serviceRequest.insert({ naturalKey: ['Integration Id'], children: ['Action'] }),
    'service-request.create-many': serviceRequest.insertMany({ naturalKey: ['Integration Id'] }),
    'service-request.get': serviceRequest.get({ children: ['Action'] }),
    'service-request.close': workflow('Close Service Request', {
      input: { 'Object Id': text(15) },
      output: { Status: text(30) },
      // Its author's own code is a refusal, too.
      failure: { 'Error Code': [''] },
      repeatable: false,
    }),
    'credit.check': businessService('Credit Check', 'Check', {
      input: { Account: text(100), Amount: decimal({ digits: 12, scale: 2 }) },
      output: { Rating: oneOf('A', 'B', 'C'), Approved: flag(), 'Check Number': text(30) },
      repeatable: false,
    }),
    'account.by-example': businessService('Siebel Account', 'QueryByExample', {
      input: { SiebelMessage: siebelMessage('Account Interface', 'Account', { Name: text(100) }) },
      output: {
        SiebelMessage: siebelMessage('Account Interface', 'Account', {
          Id: optional(text(15)),
          Name: text(100),
          Location: text(50),
        }),
      },
      viewMode: 'All',
      reads: true,
    }),
    'account.enquiry': workflow('Account Enquiry', {
      input: {
        InOut1: optional(text(50)),
        SiebelMessage: siebelMessage('Account Interface', 'Account', { Name: text(100) }),
      },
      output: {
        InOut1: optional(text(50)),
        SiebelMessage: siebelMessage('Account Interface', 'Account', { Name: text(100), Location: text(50) }),
      },
      reads: true,
    }),
    'activity.record': businessService('Activity Log', 'Record', {
      input: { Description: text(150) },
      repeatable: false,
    }),
    'membership.lookup': businessService('Membership', 'Lookup', {
      input: { 'Member Number': text(100) },
      output: { 'Member Name': text(101) },
      failure: { errorCode: ['0'], Status: ['SUCCESS'] },
      reads: true,
    }),
    'contact.intake': businessService('Contact Intake', 'Submit', {
      input: {
        Contact: propertySet({ 'Person UId': text(100), 'First Name': text(50), 'Last Name': text(50) }),
        'ListOfPhone Number': optional(propertySet({ 'Phone Number': listOf({ Use: text(10), Number: text(40) }) })),
        ListOfNote: optional(propertySet({ Note: listOf({ Text: text(50) }) })),
      },
      output: {
        'Contact Id': text(15),
        'Phone Number': listOf({ Use: text(10), Number: text(40) }),
        'Note Count': integer(),
      },
      repeatable: false,
    }),
    'order.price': businessService('Order Pricing', 'Price', {
      input: { Quantity: integer(), 'Unit Price': decimal({ digits: 12, scale: 2 }), Rush: flag() },
      output: { Total: decimal({ digits: 22, scale: 2 }), Rush: flag(), Priced: flag() },
      jsonValues: true,
      reads: true,
    }),
  },
});

/** Runs those operations over real sockets; one Siebel for one test. */
export async function operationsOn(
  domain: Domain,
  settings: Partial<SiebelOptions> = {},
  parts: Parameters<typeof siebelOver>[2] = {},
) {
  const { client, siebel } = await siebelOver(domain, { records: 60, timeZone: 'Europe/Vienna', ...settings }, parts);
  const runner = operationRunner(integration, () => client);
  const run = <R = Readonly<Record<string, unknown>>>(name: string, input: unknown) =>
    runner.run(name, input, { deadlineAtMs: clock.now() + 20_000 }) as Promise<R>;
  return { run, siebel };
}
