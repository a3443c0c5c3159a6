/** How a field is compared, checked and written. Whatever the type: on the wire every value is a string. */
export type FieldType = 'text' | 'flag' | 'utcDateTime';

export interface Field {
  /** Name in the business component: what `searchspec` and `sortspec` know. */
  readonly name: string;
  /** Name in the base integration object: what `fields` and the payload know. */
  readonly wireName: string;
  readonly type: FieldType;
  readonly maxLength: number;
  readonly required: boolean;
  readonly readOnly: boolean;
  readonly pickList: readonly string[] | undefined;
}

export interface Component {
  readonly businessObject: string;
  readonly name: string;
  readonly fields: readonly Field[];
  /** Each a set of fields that names one record. */
  readonly userKeys: readonly (readonly string[])[];
  /** Whether the database refuses a second row with the same values in the first user key. */
  readonly unique: boolean;
  /** Order of rows when none is asked for. */
  readonly defaultSort: string;
  /** Child components, and the field of the child that holds the row id of the parent. */
  readonly children: Readonly<Record<string, { readonly of: string; readonly by: string }>>;
}

type FieldOptions = Partial<Omit<Field, 'name'>>;

function field(name: string, options: FieldOptions = {}): Field {
  const defaults = { wireName: name, type: 'text', maxLength: 100, required: false, readOnly: false } as const;
  return { name, ...defaults, pickList: undefined, ...options };
}

const SYSTEM_FIELDS = [
  field('Created', { type: 'utcDateTime', readOnly: true }),
  field('Created By Name', { readOnly: true, maxLength: 50 }),
  field('Updated', { type: 'utcDateTime', readOnly: true }),
  field('Updated By Name', { readOnly: true, maxLength: 50 }),
];

const ID = field('Id', { readOnly: true, maxLength: 15 });

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
export const REQUEST_STATUS = ['Cancelled', 'Closed', 'In Progress', 'Open', 'Pending'];
export const REQUEST_PRIORITY = ['1-ASAP', '2-High', '3-Medium', '4-Low'];
const FLAG = ['Y', 'N'];

const account: Component = {
  businessObject: 'Account',
  name: 'Account',
  userKeys: [['Name', 'Location']],
  unique: true,
  defaultSort: 'Name',
  children: {
    Contact: { of: 'Contact/Contact', by: 'Account Id' },
    'Service Request': { of: 'Service Request/Service Request', by: 'Account Id' },
  },
  fields: [
    ID,
    field('Name', { required: true }),
    field('Location', { maxLength: 50 }),
    field('Account Status', { maxLength: 30, pickList: ACCOUNT_STATUS }),
    field('Type', { maxLength: 30, pickList: ACCOUNT_TYPE }),
    field('Main Phone Number', { maxLength: 40 }),
    field('Employees', { wireName: 'Staff', maxLength: 10 }),
    field('Competitor', { type: 'flag', maxLength: 1, pickList: FLAG }),
    field('Primary Organization', { wireName: 'Organization', maxLength: 50 }),
    ...SYSTEM_FIELDS,
  ],
};

const contact: Component = {
  businessObject: 'Contact',
  name: 'Contact',
  userKeys: [['Person UId']],
  unique: true,
  defaultSort: 'Last Name',
  children: { 'Service Request': { of: 'Service Request/Service Request', by: 'Contact Id' } },
  fields: [
    ID,
    field('Person UId', { required: true }),
    field('First Name', { required: true, maxLength: 50 }),
    field('Last Name', { required: true, maxLength: 50 }),
    field('Email Address'),
    field('Work Phone #', { maxLength: 40 }),
    field('Job Title', { maxLength: 75 }),
    field('Account'),
    field('Account Id', { readOnly: true, maxLength: 15 }),
    ...SYSTEM_FIELDS,
  ],
};

const serviceRequest: Component = {
  businessObject: 'Service Request',
  name: 'Service Request',
  userKeys: [['SR Number'], ['Integration Id']],
  unique: true,
  defaultSort: 'SR Number',
  children: {},
  fields: [
    ID,
    field('SR Number', { maxLength: 64 }),
    field('Abstract', { required: true }),
    field('Description', { maxLength: 2_000 }),
    field('Status', { maxLength: 30, pickList: REQUEST_STATUS }),
    field('Priority', { maxLength: 30, pickList: REQUEST_PRIORITY }),
    field('Account'),
    field('Account Id', { readOnly: true, maxLength: 15 }),
    field('Contact Id', { maxLength: 15 }),
    field('Integration Id', { maxLength: 100 }),
    ...SYSTEM_FIELDS,
  ],
};

export const COMPONENTS: readonly Component[] = [account, contact, serviceRequest];

/** Business objects that exist in the repository but were not enabled for REST. */
export const NOT_ENABLED: readonly string[] = ['Opportunity', 'Quote'];

/** The component of this object, or its name where object and component are called alike. */
export function findComponent(businessObject: string, name = businessObject): Component | undefined {
  return COMPONENTS.find((component) => component.businessObject === businessObject && component.name === name);
}

export function fieldNamed(component: Component, name: string): Field | undefined {
  return component.fields.find((candidate) => candidate.name === name);
}

export function fieldOnWire(component: Component, wireName: string): Field | undefined {
  return component.fields.find((candidate) => candidate.wireName === wireName);
}
