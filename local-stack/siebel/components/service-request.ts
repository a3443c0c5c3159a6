import { type Component, component, FLAG, field } from './definition.ts';

export const REQUEST_STATUS = ['Cancelled', 'Closed', 'In Progress', 'Open', 'Pending'];
export const REQUEST_PRIORITY = ['1-ASAP', '2-High', '3-Medium', '4-Low'];
export const ACTION_TYPE = ['Appointment', 'Call', 'Correspondence', 'Research', 'To Do'];
export const ACTION_STATUS = ['Cancelled', 'Done', 'In Progress', 'Not Started'];

export const serviceRequest: Component = component(
  [
    field('SR Number', { maxLength: 64 }),
    field('Abstract', { required: true }),
    field('Description', { maxLength: 2_000 }),
    field('Status', { maxLength: 30, pickList: REQUEST_STATUS }),
    field('Priority', { maxLength: 30, pickList: REQUEST_PRIORITY }),
    field('Account'),
    field('Account Id', { type: 'id', readOnly: true, maxLength: 15 }),
    field('Contact Id', { type: 'id', maxLength: 15 }),
    field('Integration Id', { maxLength: 100 }),
    field('Integration Ref', { maxLength: 30 }),
  ],
  {
    businessObject: 'Service Request',
    name: 'Service Request',
    userKeys: [['SR Number'], ['Integration Id']],
    defaultSort: 'SR Number',
    children: { Action: { of: 'Action/Action', by: 'Activity SR Id' } },
  },
);

export const action: Component = component(
  [
    field('Activity UID', { maxLength: 30 }),
    field('Type', { required: true, maxLength: 30, pickList: ACTION_TYPE }),
    field('Description', { maxLength: 150 }),
    field('Status', { maxLength: 30, pickList: ACTION_STATUS }),
    field('Due', { type: 'dateTime', maxLength: 19 }),
    field('Planned', { type: 'utcDateTime', maxLength: 19 }),
    field('Duration Minutes', { type: 'integer', maxLength: 10 }),
    field('Done Flag', { wireName: 'Done', type: 'flag', maxLength: 1, pickList: FLAG }),
    field('Activity SR Id', { type: 'id', maxLength: 15 }),
    field('Integration Ref', { maxLength: 30 }),
  ],
  {
    businessObject: 'Action',
    name: 'Action',
    userKeys: [['Activity UID']],
    defaultSort: 'Planned',
  },
);
