import { type Component, component, field } from './definition.ts';

export const ORDER_STATUS = ['Booked', 'Cancelled', 'Complete', 'Open', 'Pending'];

export const order: Component = component(
  [
    field('Order Number', { maxLength: 30 }),
    field('Revision #', { type: 'integer', maxLength: 10 }),
    field('Status', { maxLength: 30, pickList: ORDER_STATUS }),
    field('Order Date', { type: 'utcDateTime', maxLength: 19 }),
    field('Requested Ship Date', { type: 'date', maxLength: 10 }),
    field('Order Total', { type: 'decimal', maxLength: 22, scale: 7 }),
    field('Account'),
    field('Account Id', { type: 'id', readOnly: true, maxLength: 15 }),
  ],
  {
    businessObject: 'Order Entry (Sales)',
    name: 'Order Entry - Orders',
    userKeys: [['Order Number', 'Revision #']],
    defaultSort: 'Order Number',
    children: {
      'Order Entry - Line Items': { of: 'Order Entry (Sales)/Order Entry - Line Items', by: 'Order Header Id' },
    },
  },
);

export const orderLine: Component = component(
  [
    field('Line Number', { wireName: 'Line #', type: 'integer', required: true, maxLength: 10 }),
    field('Product', { required: true }),
    field('Quantity Requested', { wireName: 'Quantity', type: 'decimal', maxLength: 22, scale: 7 }),
    field('Net Price', { type: 'decimal', maxLength: 22, scale: 2 }),
    field('Order Header Id', { type: 'id', maxLength: 15 }),
  ],
  {
    businessObject: 'Order Entry (Sales)',
    name: 'Order Entry - Line Items',
    userKeys: [['Order Header Id', 'Line Number']],
    defaultSort: 'Line Number',
    hasVisibility: false,
  },
);
