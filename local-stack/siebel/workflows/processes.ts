import type { Component } from '../components.ts';
import { type Argument, businessFailure, componentNamed, input, output, textOf } from '../services/definition.ts';
import { queryByExample } from '../services/integration-objects.ts';
import { Message } from '../services/message.ts';
import { noSuchRow, plain } from '../siebel-error.ts';
import { insertRecord, updateTree } from '../write.ts';
import type { Process } from './definition.ts';

const ACCOUNT_MESSAGE: Partial<Argument> = { integrationObject: 'Account Interface' };

/** Inserts a record each time it runs. */
const createServiceRequest: Process = {
  name: 'Create Service Request',
  properties: [input('Account Name'), input('Abstract', 'text', { required: true }), output('SR Number')],
  run(properties, context) {
    const account = textOf(properties['Account Name']);
    const payload = { Abstract: textOf(properties['Abstract']), ...(account && { Account: account }) };
    const id = insertRecord(serviceRequests(), payload, context);
    const number = context.store.get(serviceRequests(), id)?.['SR Number'] ?? '';
    return { 'SR Number': number, 'Siebel Operation Object Id': id };
  },
};

/** Takes a message and gives one back. */
const accountEnquiry: Process = {
  name: 'Account Enquiry',
  properties: [
    { name: 'InOut1', kind: 'text', direction: 'both' },
    { name: 'SiebelMessage', kind: 'message', direction: 'both', required: true, ...ACCOUNT_MESSAGE },
  ],
  run(properties, context) {
    const { SiebelMessage: example } = properties;
    if (!(example instanceof Message)) throw plain(500, "The process property 'SiebelMessage' holds no message.");
    return { SiebelMessage: queryByExample(example, context) };
  },
};

/** Tells a refusal by an error code of its author, beside a status that knows nothing of it. */
const closeServiceRequest: Process = {
  name: 'Close Service Request',
  properties: [output('Status')],
  run(properties, context) {
    const id = textOf(properties['Object Id']);
    const request = context.store.get(serviceRequests(), id);
    if (!request || request['Status'] === 'Closed')
      return { Status: 'SUCCESS', ...businessFailure('WF_ERR_NOT_OPEN', 'There is no open service request.') };
    updateTree(serviceRequests(), { id, payload: { Status: 'Closed' } }, context);
    return { Status: 'SUCCESS', 'Siebel Operation Object Id': id };
  },
};

/** Fails in its second step when the record is not there; the first one is then undone. */
const escalateServiceRequest: Process = {
  name: 'Escalate Service Request',
  properties: [],
  run(properties, context) {
    const id = textOf(properties['Object Id']);
    insertRecord(componentNamed('Action'), { Type: 'Call', Description: `Escalation of ${id}` }, context);
    if (!context.store.get(serviceRequests(), id)) throw noSuchRow('Service Request');
    updateTree(serviceRequests(), { id, payload: { Priority: '1-ASAP' } }, context);
    return { 'Siebel Operation Object Id': id };
  },
};

/** Open to users with a responsibility for it only. */
const approveDiscount: Process = {
  name: 'Approve Discount',
  properties: [input('Discount'), output('Approved')],
  responsibility: 'Discount Approver',
  run: () => ({ Approved: 'Y' }),
};

/** In the order of the catalogue: by name. */
export const PROCESSES: readonly Process[] = [
  accountEnquiry,
  approveDiscount,
  closeServiceRequest,
  createServiceRequest,
  escalateServiceRequest,
];

function serviceRequests(): Component {
  return componentNamed('Service Request');
}
