import { describe, expect, it } from 'vitest';
import {
  businessService,
  date,
  decimal,
  flag,
  integer,
  listOf,
  oneOf,
  optional,
  propertySet,
  siebelMessage,
  text,
  workflow,
} from '../../../lib/operations/index.ts';
import { problemsOf, runOperation } from './run-operation.ts';

const check = businessService('Credit Check', 'Check', {
  input: {
    Account: text(100),
    Amount: decimal({ digits: 22, scale: 2 }),
    Urgent: optional(flag()),
    Due: optional(date()),
    Applicant: optional(propertySet({ Name: text(50), Phones: listOf({ Number: text(40) }) })),
    Lines: optional(listOf({ Product: text(50), Quantity: integer() })),
  },
  output: {
    Rating: oneOf('A', 'B'),
    Score: optional(integer()),
    Approved: flag(),
    Note: optional(text(10)),
    Applicant: optional(propertySet({ Name: text(50) })),
    Lines: listOf({ Product: text(50), Free: flag() }),
  },
  repeatable: false,
  failure: { Status: ['OK'] },
});
const INPUT = { Account: 'Acme', Amount: '12.50' };
const OUTPUT = { Rating: 'A', Approved: 'Y' };

describe('a business service', () => {
  it('is called with declared arguments as Siebel writes them', async () => {
    const { calls } = await runOperation(
      check,
      {
        ...INPUT,
        Urgent: true,
        Due: '2025-03-14',
        Applicant: { Name: 'Ada', Phones: [{ Number: '1' }] },
        Lines: [{ Product: 'p', Quantity: 2 }],
      },
      { service: OUTPUT },
    );

    expect(calls).toEqual([
      [
        'service',
        {
          service: 'Credit Check',
          method: 'Check',
          input: {
            Account: 'Acme',
            Amount: '12.50',
            Urgent: 'Y',
            Due: '03/14/2025',
            Applicant: { Name: 'Ada', Phones: [{ Number: '1' }] },
            Lines: [{ Product: 'p', Quantity: '2' }],
          },
          failure: { Status: ['OK'] },
          repeatable: false,
        },
      ],
    ]);
  });

  it('answers declared arguments in declared types, and no others', async () => {
    const service = {
      Rating: 'B',
      Score: 712,
      Approved: false,
      Other: 'x',
      Applicant: { Name: 'Ada', Age: '36' },
      Lines: { Product: 'p', Free: 'N' },
    };
    const { answer } = await runOperation(check, INPUT, { service });

    expect(answer).toEqual({
      Rating: 'B',
      Score: 712,
      Approved: false,
      Note: '',
      Applicant: { Name: 'Ada' },
      Lines: [{ Product: 'p', Free: false }],
    });
  });

  it('leaves out what is unset, and makes a list of none', async () => {
    const { answer } = await runOperation(check, INPUT, { service: { ...OUTPUT, Score: '', Applicant: '' } });
    expect(answer).toEqual({ Rating: 'A', Approved: true, Note: '', Lines: [] });
  });

  it('whose answer differs from its declaration is never thought not to have run', async () => {
    const service = { Rating: 'canary', Score: 'canary', Lines: [{ Product: 'p', Free: 'canary' }] };
    await expect(runOperation(check, INPUT, { service })).rejects.toMatchObject({
      code: 'OUTCOME_UNKNOWN',
      failureClass: 'unknown-outcome',
      message: expect.stringMatching(
        /^business service Credit Check\/Check: (?!.*canary).*Rating.*Score.*Approved is missing.*Free/,
      ),
    });
    const reading = businessService('Credit Check', 'Read', { output: { Rating: oneOf('A') }, reads: true });
    await expect(runOperation(reading, {}, { service })).rejects.toMatchObject({
      code: 'CONFIGURATION',
      failureClass: 'configuration',
    });
  });

  it('whose answer lacks an argument altogether is not what was declared: its name may be wrong', async () => {
    const misspelt = businessService('Credit Check', 'Read', {
      output: { Ratng: text(1), Note: optional(text(10)), Lines: listOf({ Product: text(50) }) },
      reads: true,
    });
    await expect(runOperation(misspelt, {}, { service: { Rating: 'A' } })).rejects.toMatchObject({
      failureClass: 'configuration',
      message: expect.stringMatching(/Ratng is missing$/),
    });
    const { answer } = await runOperation(misspelt, {}, { service: { Ratng: '', Lines: {} } });
    // Inside structures, what is unset is left out as a rule.
    expect(answer).toEqual({ Ratng: '', Note: '', Lines: [{ Product: '' }] });
  });

  it.each([
    [{ Note: { Text: 'x' } }, /Note is not a single value/],
    [{ Note: ['x'] }, /Note is not a single value/],
    [{ Applicant: 'Ada' }, /Applicant is not a property set/],
    [{ Applicant: [{ Name: 'A' }, { Name: 'B' }] }, /Applicant is not a property set/],
    [{ Lines: 'p' }, /Lines is not a list of objects/],
    [{ Lines: [{ Product: 'p', Free: 'Y' }, 'p'] }, /Lines is not a list of objects/],
  ])('passes on no answer in which %j stands', async (wrong, message) => {
    await expect(runOperation(check, INPUT, { service: { ...OUTPUT, ...wrong } })).rejects.toThrow(message);
  });

  it.each([
    [{ Account: 'A' }, ['MISSING_FIELD /input/Amount']],
    [{ ...INPUT, Amount: 12.5 }, ['BAD_TYPE /input/Amount']],
    [{ ...INPUT, Colour: 'red' }, ['UNKNOWN_FIELD /input/Colour']],
    [{ ...INPUT, Urgent: null }, ['BAD_TYPE /input/Urgent']],
    [{ ...INPUT, Applicant: { Name: 'A' } }, ['MISSING_FIELD /input/Applicant/Phones']],
    [{ ...INPUT, Lines: [{ Product: 'p', Quantity: '2' }] }, ['BAD_TYPE /input/Lines/0/Quantity']],
    [{ ...INPUT, Lines: { Product: 'p', Quantity: 2 } }, ['BAD_TYPE /input/Lines']],
    [{ ...INPUT, Lines: new Array(1_001).fill({ Product: 'p', Quantity: 1 }) }, ['TOO_MANY_ITEMS /input/Lines']],
  ])('refuses %j', (input, expected) => {
    expect(problemsOf(check, input).slice(0, 1)).toEqual(expected);
  });

  it('says whether it may be repeated, as its owner does', async () => {
    const kinds = [
      businessService('A', 'B', { reads: true }),
      businessService('A', 'B', { repeatable: true }),
      businessService('A', 'B', { repeatable: false }),
    ];
    expect(kinds.map(({ kind }) => kind)).toEqual(['read', 'repeatable', 'unrepeatable']);
    const calls = await Promise.all(kinds.map((operation) => runOperation(operation, {})));
    expect(calls.map(({ calls: [call] }) => call?.[1])).toMatchObject(
      [true, true, false].map((repeatable) => ({ repeatable })),
    );
  });

  it('takes from the query string what it is declared to', async () => {
    const operation = businessService('Siebel Account', 'QueryById', {
      input: { PrimaryRowId: text(15), Detail: optional(text(5)) },
      inQuery: ['PrimaryRowId'],
      viewMode: 'All',
      matchRequestFormat: true,
      reads: true,
    });
    const { calls } = await runOperation(operation, { PrimaryRowId: '1-2+3', Detail: 'x' });
    expect(calls[0]?.[1]).toMatchObject({
      input: { Detail: 'x' },
      parameters: { ViewMode: 'All', PrimaryRowId: '1-2+3' },
      matchRequestFormat: true,
    });
  });

  it('takes JSON numbers and booleans where it is declared to, and no decimal that would be rounded', async () => {
    const price = businessService('Order Pricing', 'Price', {
      input: {
        Quantity: integer(),
        Price: decimal({ digits: 22, scale: 2 }),
        Rush: flag(),
        Due: date(),
        Lines: listOf({ Discount: integer() }),
      },
      jsonValues: true,
      reads: true,
    });
    const input = { Quantity: 2, Price: '12.50', Rush: false, Due: '2025-03-14', Lines: [{ Discount: 5 }] };
    const { calls } = await runOperation(price, input);
    expect(calls[0]?.[1]).toMatchObject({
      input: { Quantity: 2, Price: 12.5, Rush: false, Due: '03/14/2025', Lines: [{ Discount: 5 }] },
    });
    await expect(runOperation(price, { ...input, Price: '12345678901234567.89' })).rejects.toMatchObject({
      issues: [{ pointer: '/input/Price', code: 'BAD_NUMBER' }],
    });
  });

  it('tells which of its arguments only a body can carry', () => {
    expect(Object.fromEntries(check.inputMembers)).toEqual({
      Account: { type: 'string' },
      Amount: { type: 'string' },
      Urgent: { type: 'boolean' },
      Due: { type: 'string' },
      Applicant: { type: 'json' },
      Lines: { type: 'json' },
    });
  });

  it.each([
    [() => businessService('a/b', 'c', { reads: true }), /"a\/b" is a name that Siebel cannot have/],
    [() => businessService('a', '..', { reads: true }), /"\.\." is a name/],
    [() => businessService('a', 'b', {} as never), /say either reads: true, or repeatable/],
    [() => businessService('a', 'b', { reads: true, repeatable: false } as never), /say either/],
    [() => businessService('a', 'b', { repeatable: 'no' } as never), /say either/],
    [() => businessService('a', 'b', { reads: true, failure: { Status: [] } }), /failure\.Status names no value/],
    [() => businessService('a', 'b', { reads: true, inQuery: ['x'] as never }), /inQuery names x/],
    [() => workflow('..', { reads: true }), /workflow \.\.: /],
  ])('is refused when it is declared wrongly', (declare, message) => {
    expect(declare).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION', message: expect.stringMatching(message) }),
    );
  });
});

describe('a Siebel message', () => {
  const order = siebelMessage('Acme Order', 'Order', {
    'Order Number': text(30),
    'Line Item': optional(listOf({ Product: text(50) })),
  });
  const submit = businessService('Order Intake', 'Submit', {
    input: { SiebelMessage: order },
    output: { SiebelMessage: order },
    repeatable: true,
  });
  const ORDERS = [{ 'Order Number': '7-81', 'Line Item': [{ Product: 'p' }] }];

  it('goes out in the wrappers that Siebel wants', async () => {
    const { calls } = await runOperation(submit, { SiebelMessage: ORDERS });
    expect(calls[0]?.[1]).toMatchObject({
      input: {
        SiebelMessage: {
          MessageId: '',
          MessageType: 'Integration Object',
          IntObjectName: 'Acme Order',
          IntObjectFormat: 'Siebel Hierarchical',
          'ListOfAcme Order': {
            Order: [{ 'Order Number': '7-81', 'ListOfLine Item': { 'Line Item': [{ Product: 'p' }] } }],
          },
        },
      },
    });
  });

  it.each([
    [
      'all wrappers',
      {
        SiebelMessage: {
          IntObjectName: 'Acme Order',
          'ListOfAcme Order': {
            Order: { 'Order Number': '7-81', 'ListOfLine Item': { 'Line Item': { Product: 'p' } } },
          },
        },
      },
    ],
    ['no list wrappers', { SiebelMessage: { Order: [{ 'Order Number': '7-81', 'Line Item': [{ Product: 'p' }] }] } }],
    ['no wrapper at all', { Order: { 'Order Number': '7-81', 'Line Item': { Product: 'p' } } }],
    [
      'a list without a message',
      { 'ListOfAcme Order': { Order: [{ 'Order Number': '7-81', 'Line Item': [{ Product: 'p' }] }] } },
    ],
  ])('comes back the same with %s', async (_what, service) => {
    const { answer } = await runOperation(submit, { SiebelMessage: ORDERS }, { service });
    expect(answer).toEqual({ SiebelMessage: ORDERS });
  });

  it('is empty when there is none', async () => {
    const { answer } = await runOperation(submit, { SiebelMessage: [] }, { service: {} });
    expect(answer).toEqual({ SiebelMessage: [] });
  });
});

describe('a workflow', () => {
  it('is run with its process properties', async () => {
    const create = workflow('Create Service Request', {
      input: { Abstract: text(100), Count: optional(integer()) },
      output: { 'Object Id': text(15) },
      failure: { Status: ['SUCCESS'] },
      repeatable: false,
    });
    const { answer, calls } = await runOperation(
      create,
      { Abstract: 'a', Count: 3 },
      { workflow: { 'Object Id': '1-7', 'Error Code': '' } },
    );
    expect(answer).toEqual({ 'Object Id': '1-7' });
    expect(calls).toEqual([
      [
        'workflow',
        {
          process: 'Create Service Request',
          input: { Abstract: 'a', Count: '3' },
          failure: { Status: ['SUCCESS'] },
          repeatable: false,
        },
      ],
    ]);
    expect(create.kind).toBe('unrepeatable');
  });
});
