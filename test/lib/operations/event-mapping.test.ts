import { describe, expect, it, onTestFinished } from 'vitest';
import { eventMapping } from '../../../lib/operations/event-mapping.ts';
import {
  event,
  fromEvent,
  integer,
  listOf,
  oneOf,
  optional,
  propertySet,
  text,
} from '../../../lib/operations/index.ts';

const orderPlaced = event({
  type: oneOf('placed'),
  number: text(20),
  customer: propertySet({ name: text(50), employees: optional(integer()) }),
  note: optional(text(10)),
  lines: listOf({ article: text(30), amount: integer({ min: 1 }) }),
});
const mapping = eventMapping(
  'order.create',
  fromEvent({
    from: orderPlaced,
    key: ({ number }) => `orders/${number}`,
    input: ({ customer, note, lines }) => ({
      Account: customer.name,
      Employees: customer.employees,
      Note: note,
      Lines: lines.map(({ article, amount }) => ({ Article: article, Amount: amount })),
    }),
  }),
);
const order = {
  type: 'placed',
  number: '4711',
  customer: { name: 'Acme', vip: true },
  lines: [{ article: 'A-1', amount: 2, colour: 'red' }],
  version: 7,
};
/** Codes by pointer, of what an event lacks. */
const lacks = (given: unknown) => {
  const reading = mapping.read(given);
  return 'issues' in reading ? Object.fromEntries(reading.issues.map(({ pointer, code }) => [pointer, code])) : {};
};
const read = (given: object) => {
  const reading = mapping.read(given);
  if ('issues' in reading) throw new Error(JSON.stringify(reading.issues));
  return reading.event;
};

describe('an event', () => {
  it('is read with members that nobody has declared, at every level', () => {
    expect(lacks(order)).toEqual({});
    expect(mapping.key(read(order))).toBe('orders/4711');
    expect(mapping.input(read(order))).toEqual({ Account: 'Acme', Lines: [{ Article: 'A-1', Amount: 2 }] });
  });

  it('may say null for what it leaves out', () => {
    const given = { ...order, note: null, customer: { name: 'Acme', employees: null } };

    expect(mapping.input(read(given))).toEqual({ Account: 'Acme', Lines: [{ Article: 'A-1', Amount: 2 }] });
    expect(lacks({ ...order, number: null })).toEqual({ '/number': 'MISSING_FIELD' });
  });

  it('is another one when something differs, and each difference has its place', () => {
    expect(
      lacks({ ...order, type: 'cancelled', number: 4711, customer: {}, lines: [{ article: 'A', amount: 0 }] }),
    ).toEqual({
      '/type': 'BAD_TYPE',
      '/number': 'BAD_TYPE',
      '/customer/name': 'MISSING_FIELD',
      '/lines/0/amount': 'BAD_NUMBER',
    });
    expect(lacks({ ...order, note: 'longer than ten' })).toEqual({ '/note': 'TOO_LONG' });
  });

  it.each([[undefined], [null], ['text'], [4711], [[]], [[order]]])('is never %j', (given) => {
    expect(Object.values(lacks(given))).toEqual(['BAD_TYPE']);
  });

  it('with names from the prototype chain stays an object of its own', () => {
    const given = JSON.parse(`{"__proto__": {"number": "0"}, "constructor": 1, ${JSON.stringify(order).slice(1)}`);

    expect(mapping.key(read(given))).toBe('orders/4711');
    expect(lacks(JSON.parse('{"__proto__": {"type": "placed", "number": "4711"}}'))).toMatchObject({
      '/number': 'MISSING_FIELD',
    });
    expect(Object.prototype).not.toHaveProperty('number');
  });
});

describe('a mapping', () => {
  const broken = (key: () => unknown, input: () => unknown) =>
    eventMapping('order.create', fromEvent({ from: orderPlaced, key: key as never, input: input as never }));

  it.each([[undefined], [4711], [null], [['a']]])('gives no key that is %j', (made) => {
    expect(() =>
      broken(
        () => made,
        () => ({}),
      ).key(order),
    ).toThrow(TypeError);
  });

  it.each([[undefined], ['text'], [null], [[{}]]])('gives no input that is %j', (made) => {
    expect(() =>
      broken(
        () => '',
        () => made,
      ).input(order),
    ).toThrow(TypeError);
  });

  it('may not be asynchronous, and a rejection that nobody waits for ends no process', async () => {
    const rejections: unknown[] = [];
    const note = (reason: unknown) => rejections.push(reason);
    process.on('unhandledRejection', note);
    onTestFinished(() => void process.off('unhandledRejection', note));
    const late = async () => {
      throw new Error('late');
    };

    expect(() => broken(late, late).key(order)).toThrow(TypeError);
    expect(() => broken(late, late).input(order)).toThrow(TypeError);
    await new Promise((resolve) => setImmediate(resolve));
    expect(rejections).toEqual([]);
  });

  it('passes on what its functions throw', () => {
    const failing = () => {
      throw new RangeError('no such order');
    };
    expect(() => broken(failing, failing).key(order)).toThrow('no such order');
    expect(() => broken(failing, failing).input(order)).toThrow('no such order');
  });

  it('gives an input as JSON has it, which is what is kept', () => {
    const made = { At: new Date('2025-03-14T09:26:53Z'), Unset: undefined, Rows: [{ Unset: undefined }] };

    expect(
      broken(
        () => '',
        () => made,
      ).input(order),
    ).toStrictEqual({ At: '2025-03-14T09:26:53.000Z', Rows: [{}] });
  });
});
