import { SiebelError, stepFailed } from '../siebel-error.ts';
import { insertRecord } from '../write.ts';
import {
  type BusinessService,
  businessFailure,
  componentNamed,
  input,
  isObject,
  listOf,
  output,
  type RunContext,
  textOf,
} from './definition.ts';

/** Rates a customer. Every check is kept as an activity, so a repeated call does it again. */
export const creditCheck: BusinessService = {
  name: 'Credit Check',
  methods: {
    Check: {
      arguments: [
        input('Account', 'text', { required: true }),
        input('Amount', 'text', { required: true }),
        output('Rating'),
        output('Approved'),
        output('Check Number'),
        output('Error Code'),
        output('Error Message'),
      ],
      run(values, context) {
        const account = textOf(values['Account']);
        const amount = Number(textOf(values['Amount']) || Number.NaN);
        if (Number.isNaN(amount)) return businessFailure('SBL-DAT-00498', "'Amount' is a required argument.");
        const [found] = context.store.find(componentNamed('Account'), { Name: account });
        if (!found) return businessFailure('(SBL-BPR-00162)--(SBL-CMI-00122)', 'There is no such account.');
        if (amount > 1_000_000) return businessFailure('CRD_ERR_LIMIT', 'The amount is above the limit of a check.');
        const number = recordActivity({ type: 'Research', description: `Credit check of ${account}` }, context);
        const rating = amount <= 10_000 ? 'A' : amount <= 100_000 ? 'B' : 'C';
        const approved = rating === 'C' ? 'N' : 'Y';
        return { Rating: rating, Approved: approved, 'Check Number': number, ...businessFailure('', '') };
      },
    },
  },
};

/** Keeps a line of a log, and has nothing to say to it. */
export const activityLog: BusinessService = {
  name: 'Activity Log',
  methods: {
    Record: {
      arguments: [input('Description', 'text', { required: true })],
      run(values, context) {
        recordActivity({ type: 'To Do', description: textOf(values['Description']) }, context);
        return undefined;
      },
    },
  },
};

/** Takes property sets and several lists beside each other. */
export const contactIntake: BusinessService = {
  name: 'Contact Intake',
  methods: {
    Submit: {
      arguments: [
        input('Contact', 'set', { required: true }),
        input('ListOfPhone Number', 'set'),
        input('ListOfNote', 'set'),
        output('Contact Id'),
        output('Phone Number', 'set'),
        output('Note Count'),
      ],
      run(values, context) {
        const phones = rowsIn(values['ListOfPhone Number'], 'Phone Number');
        const notes = rowsIn(values['ListOfNote'], 'Note');
        const work = phones.find(({ Use: use }) => use === 'Work') ?? phones[0];
        const contact = isObject(values['Contact']) ? values['Contact'] : {};
        const phone = work ? { 'Work Phone #': textOf(work['Number']) } : {};
        const id = insertRecord(componentNamed('Contact'), { ...contact, ...phone }, context);
        return {
          'Contact Id': id,
          ...(phones.length > 0 && { 'Phone Number': phones.length === 1 ? phones[0] : phones }),
          'Note Count': String(notes.length),
        };
      },
    },
  },
};

/** Takes JSON numbers and booleans only, and gives text. */
export const orderPricing: BusinessService = {
  name: 'Order Pricing',
  methods: {
    Price: {
      arguments: [
        input('Quantity', 'number', { required: true }),
        input('Unit Price', 'number', { required: true }),
        input('Rush', 'flag'),
        output('Total'),
        output('Rush'),
        output('Priced'),
      ],
      run({ Quantity: quantity, 'Unit Price': unitPrice, Rush: rush = false }) {
        if (typeof quantity !== 'number' || typeof unitPrice !== 'number' || typeof rush !== 'boolean')
          throw new SiebelError(500, 'The price cannot be found: an argument has the wrong type.(SBL-EXL-00151)');
        const total = quantity * unitPrice * (rush ? 1.1 : 1);
        return { Total: total.toFixed(2), Rush: rush ? 'Y' : 'N', Priced: 'true' };
      },
    },
  },
};

/** Tells its failures by members that its author made up. */
export const membership: BusinessService = {
  name: 'Membership',
  methods: {
    Lookup: {
      arguments: [
        input('Member Number', 'text', { required: true }),
        output('errorCode'),
        output('errorMessage'),
        output('Status'),
        output('Member Name'),
      ],
      run(values, { store }) {
        const [found] = store.find(componentNamed('Contact'), { 'Person UId': textOf(values['Member Number']) });
        if (!found) return { errorCode: '404', errorMessage: 'There is no such member.', Status: 'ERROR' };
        const name = `${found['First Name']} ${found['Last Name']}`;
        return { errorCode: '0', errorMessage: '', Status: 'SUCCESS', 'Member Name': name };
      },
    },
  },
};

/** Fails inside, unless it is given a postal code of five digits. */
export const territoryAssignment: BusinessService = {
  name: 'Territory Assignment',
  methods: {
    Assign: {
      arguments: [input('Postal Code', 'text', { required: true }), output('Territory')],
      run(values) {
        const code = textOf(values['Postal Code']);
        if (!/^\d{5}$/.test(code))
          throw stepFailed('Assign', 'Territory Assignment', {
            text: 'The postal code has no territory.',
            code: 'SBL-EXL-00151',
          });
        return { Territory: Number(code) < 50_000 ? 'North' : 'South' };
      },
    },
  },
};

/** Open to users with a responsibility for it only. */
export const priceAdministration: BusinessService = {
  name: 'Price Administration',
  methods: {
    'Set Price': {
      arguments: [
        input('Product', 'text', { required: true }),
        input('Price', 'text', { required: true }),
        output('Price'),
        output('Changed By'),
      ],
      responsibility: 'Price Administrator',
      run: (values, { user }) => ({ Price: textOf(values['Price']), 'Changed By': user }),
    },
  },
};

/** Something that a call leaves behind, so that calls can be counted. Gives its row id. */
function recordActivity({ type, description }: { type: string; description: string }, context: RunContext): string {
  return insertRecord(componentNamed('Action'), { Type: type, Description: description }, context);
}

function rowsIn(set: unknown, name: string) {
  return listOf(isObject(set) ? set[name] : undefined);
}
