import { type Component, component, FLAG, field, WORDY_FLAG } from './definition.ts';

export const ACCOUNT_STATUS = [
  'Active',
  'Candidate',
  'Contract Pending',
  'Customer',
  'Gold',
  'Inactive',
  'Prospect',
  'Qualified',
];
export const ACCOUNT_TYPE = ['Commercial', 'Competitor', 'Customer', 'Partner', 'Prospect', 'Residential', 'Supplier'];

const ACCOUNT_TYPE_DISPLAY = {
  deu: {
    Commercial: 'Gewerblich',
    Competitor: 'Wettbewerber',
    Customer: 'Kunde',
    Partner: 'Partner',
    Prospect: 'Interessent',
    Residential: 'Privat',
    Supplier: 'Lieferant',
  },
};

/** Accounts and contacts, many to many. Each side has its own primary row of the other. */
const ACCOUNT_CONTACT = 'Account Contact';

export const account: Component = component(
  [
    field('Name', { required: true }),
    field('Location', { maxLength: 50 }),
    field('Account Status', { maxLength: 30, pickList: ACCOUNT_STATUS }),
    field('Type', { maxLength: 30, pickList: ACCOUNT_TYPE, display: ACCOUNT_TYPE_DISPLAY }),
    field('Main Phone Number', { type: 'phone', maxLength: 40 }),
    field('Employees', { wireName: 'Staff', type: 'integer', maxLength: 10 }),
    field('Competitor', { type: 'flag', maxLength: 1, pickList: FLAG }),
    field('Primary Organization', { wireName: 'Organization', maxLength: 50 }),
    field('Annual Revenue', { wireName: 'Revenue', type: 'decimal', maxLength: 22, scale: 2 }),
    field('Customer Since Date', { wireName: 'Customer Since', type: 'date', maxLength: 10 }),
    field('Opening Time', { type: 'time', maxLength: 8 }),
    field('Last Call Date', { wireName: 'Last Call', type: 'dateTime', maxLength: 19 }),
    field('Reference Flag', { wireName: 'Reference', type: 'flag', maxLength: 3, pickList: WORDY_FLAG }),
    field('Parent Account Id', { type: 'id', maxLength: 15 }),
    field('Primary Contact Id', { type: 'id', maxLength: 15 }),
    field('Integration Id', { maxLength: 30 }),
  ],
  {
    businessObject: 'Account',
    name: 'Account',
    userKeys: [['Name', 'Location'], ['Integration Id']],
    defaultSort: 'Name',
    children: {
      Contact: {
        of: 'Contact/Contact',
        through: { table: ACCOUNT_CONTACT, parent: 'Account Id', child: 'Contact Id', primary: 'Primary Contact Id' },
      },
      'Service Request': { of: 'Service Request/Service Request', by: 'Account Id' },
      'Account Attachment': { of: 'Account/Account Attachment', by: 'Account Id' },
    },
    multiValueFields: [
      { name: 'Contact First Name', child: 'Contact', field: 'First Name' },
      { name: 'Contact Last Name', child: 'Contact', field: 'Last Name' },
    ],
  },
);

export const accountAttachment: Component = component(
  [
    field('AccntFileName', { required: true, maxLength: 220 }),
    field('AccntFileExt', { maxLength: 10 }),
    field('AccntFileSize', { type: 'integer', readOnly: true, maxLength: 15 }),
    field('AccntFileDate', { type: 'utcDateTime', readOnly: true, maxLength: 19 }),
    field('Accnt Attachment Id', { type: 'attachment', maxLength: 7_000_000 }),
    field('Comment', { maxLength: 255 }),
    field('Account Id', { type: 'id', maxLength: 15 }),
  ],
  {
    businessObject: 'Account',
    name: 'Account Attachment',
    userKeys: [['AccntFileName', 'AccntFileExt', 'Account Id']],
    defaultSort: 'AccntFileName',
    hasVisibility: false,
  },
);

export const contact: Component = component(
  [
    field('Person UId', { required: true }),
    field('First Name', { required: true, maxLength: 50 }),
    field('Last Name', { required: true, maxLength: 50 }),
    field('Email Address'),
    field('Work Phone #', { type: 'phone', maxLength: 40 }),
    field('Job Title', { maxLength: 75 }),
    field('Account'),
    field('Account Id', { type: 'id', readOnly: true, maxLength: 15 }),
    field('Birth Date', { type: 'date', maxLength: 10 }),
  ],
  {
    businessObject: 'Contact',
    name: 'Contact',
    userKeys: [['Person UId']],
    defaultSort: 'Last Name',
    children: {
      Account: {
        of: 'Account/Account',
        through: { table: ACCOUNT_CONTACT, parent: 'Contact Id', child: 'Account Id', primary: 'Account Id' },
      },
      'Service Request': { of: 'Service Request/Service Request', by: 'Contact Id' },
    },
    multiValueFields: [{ name: 'Account Location', child: 'Account', field: 'Location' }],
  },
);
