import { describe, expect, it } from 'vitest';
import { NoResponseError, SiebelResponseError } from '../../../lib/errors.ts';
import {
  attachment,
  businessComponent,
  child,
  flag,
  integer,
  optional,
  readOnly,
  text,
  unique,
  utcDateTime,
} from '../../../lib/operations/index.ts';
import { problemsOf, runOperation } from './run-operation.ts';

const account = businessComponent('Account/Account', {
  viewMode: 'All',
  userKey: unique('Name'),
  fields: {
    Name: text(10),
    Competitor: optional(flag()),
    Staff: optional(integer()),
    'Integration Id': optional(text(30)),
    File: optional(attachment(100)),
    Updated: readOnly(utcDateTime()),
  },
});
const refused = new SiebelResponseError('SIEBEL_VALIDATION', 'x', { failureClass: 'message', status: 500 });
const away = new NoResponseError('TIMED_OUT', 'x', { sent: true });

describe('an upsert of many', () => {
  it('answers row by row with an Id, or the code of a refusal', async () => {
    const { answer, calls } = await runOperation(
      account.upsertMany(),
      {
        items: [
          { Name: 'A', Competitor: true },
          { Name: 'B', Staff: null },
        ],
      },
      { upsertMany: [{ id: '1-1' }, { error: refused }] },
    );

    expect(answer).toEqual({ items: [{ Id: '1-1' }, { code: 'SIEBEL_VALIDATION' }] });
    expect(calls).toEqual([
      [
        'upsertMany',
        account.source.address,
        [
          { Name: 'A', Competitor: 'Y' },
          { Name: 'B', Staff: '' },
        ],
      ],
    ]);
  });

  it("fails as a whole for what is no row's own fault, and may then be repeated", async () => {
    const run = runOperation(
      account.upsertMany(),
      { items: [{ Name: 'A' }, { Name: 'B' }] },
      { upsertMany: [{ id: '1-1' }, { error: away }] },
    );
    await expect(run).rejects.toBe(away);
    expect(account.upsertMany().kind).toBe('repeatable');
  });

  it.each([
    [{ items: [] }, ['TOO_FEW_ITEMS /input/items']],
    [{ items: new Array(101).fill({ Name: 'A' }) }, ['TOO_MANY_ITEMS /input/items']],
    [{ items: [{ Name: 'A' }, {}] }, ['MISSING_FIELD /input/items/1/Name']],
    [{ items: [{ Name: 'x'.repeat(11) }] }, ['TOO_LONG /input/items/0/Name']],
    [{ items: [{ Name: 'A', Id: '1-1' }] }, ['UNKNOWN_FIELD /input/items/0/Id']],
    [{ items: { Name: 'A' } }, ['BAD_TYPE /input/items']],
    [[{ Name: 'A' }], ['BAD_TYPE /input']],
    [{}, ['MISSING_FIELD /input/items']],
  ])('refuses %j', (input, expected) => {
    expect(problemsOf(account.upsertMany(), input)).toEqual(expected);
  });
});

describe('an insert of many', () => {
  const insert = account.insertMany({ naturalKey: ['Integration Id'] });

  it('needs the natural key of each, and may not be repeated', async () => {
    const items = [{ Name: 'A', 'Integration Id': 'a' }];
    const { answer, calls } = await runOperation(insert, { items }, { insertMany: [{ id: '1-1' }] });

    expect(answer).toEqual({ items: [{ Id: '1-1' }] });
    expect(calls).toEqual([['insertMany', account.source.address, items]]);
    expect([insert.kind, insert.naturalKey]).toEqual(['insert', ['Integration Id']]);
    expect(problemsOf(insert, { items: [{ Name: 'A' }, { Name: 'B', 'Integration Id': ' ' }] })).toEqual([
      'MISSING_FIELD /input/items/0/Integration Id',
      'MISSING_FIELD /input/items/1/Integration Id',
    ]);
  });
});

describe('a delete of many', () => {
  it('takes Ids, and answers each', async () => {
    const { answer, calls } = await runOperation(
      account.deleteMany(),
      { items: [{ Id: '1-1' }, { Id: '1-2' }] },
      { deleteMany: [{ id: '1-1' }, { error: refused }] },
    );

    expect(answer).toEqual({ items: [{ Id: '1-1' }, { code: 'SIEBEL_VALIDATION' }] });
    expect(calls).toEqual([['deleteMany', account.source.address, ['1-1', '1-2']]]);
    expect(problemsOf(account.deleteMany(), { items: [{ Id: 'a/b' }] })).toEqual(['BAD_KEY /input/items/0/Id']);
  });
});

describe('an insert', () => {
  it('needs its natural key, declared optional or not', () => {
    const insert = account.insert({ naturalKey: ['Integration Id'] });
    expect([insert.kind, insert.naturalKey]).toEqual(['insert', ['Integration Id']]);
    expect(problemsOf(insert, { Name: 'A' })).toEqual(['MISSING_FIELD /input/Integration Id']);
    expect(problemsOf(insert, { Name: 'A', 'Integration Id': '' })).toEqual(['MISSING_FIELD /input/Integration Id']);
    expect(problemsOf(insert, { Name: 'A', 'Integration Id': 'x' })).toEqual([]);
  });

  it('is refused where it is declared with nothing at all, compiled or not', () => {
    for (const declare of [account.insert, account.insertMany] as unknown as (() => unknown)[]) {
      expect(declare).toThrow(
        expect.objectContaining({ code: 'CONFIGURATION', message: expect.stringMatching(/names no field/) }),
      );
    }
  });

  it.each([
    [[], /names no field/],
    [['Nam'], /names Nam, which is not a declared field/],
    [['constructor'], /names constructor/],
    [['Updated'], /Updated may not be read-only or an attachment/],
    [['File'], /File may not be read-only or an attachment/],
  ])('is refused where it is declared with the natural key %j', (naturalKey, message) => {
    expect(() => account.insert({ naturalKey: naturalKey as never })).toThrow(message);
    expect(() => account.insertMany({ naturalKey: naturalKey as never })).toThrow(message);
  });
});

describe('an upsert', () => {
  it('empties an optional field that is no text by null, and refuses null elsewhere', async () => {
    const { calls } = await runOperation(account.upsert(), { Name: 'A', Competitor: null, Staff: null });
    expect(calls[0]?.[2]).toEqual({ Name: 'A', Competitor: '', Staff: '' });
    expect(problemsOf(account.upsert(), { Name: null, 'Integration Id': null })).toEqual([
      'BAD_TYPE /input/Name',
      'BAD_TYPE /input/Integration Id',
    ]);
    expect(problemsOf(account.update(), { Id: '1-1', Name: null })).toEqual(['BAD_TYPE /input/Name']);
  });
});

describe('batches of children', () => {
  const parent = businessComponent('Account/Account', {
    viewMode: 'All',
    fields: { Name: text(10) },
    children: { Contact: child({ userKey: unique('Person UId'), fields: { 'Person UId': text(20) } }) },
  });
  const { Contact: contact } = parent.children;
  const CONTACTS = { ...parent.source.address, below: [{ id: '1-1', component: 'Contact' }] };

  it('stand below their parent, and have no Ids where Siebel names the parent only', async () => {
    const items = [{ 'Person UId': 'a' }, { 'Person UId': 'b' }];
    const at = { ParentId: '1-1' };
    const rows = [{ id: undefined }, { error: refused }];
    const upserted = await runOperation(contact.upsertMany(), { ...at, items }, { upsertMany: rows });
    const inserted = await runOperation(
      contact.insertMany({ naturalKey: ['Person UId'] }),
      { ...at, items },
      { insertMany: [{ id: '1-2' }, { id: '1-3' }] },
    );
    const deleted = await runOperation(
      contact.deleteMany(),
      { ...at, items: [{ Id: '1-2' }] },
      { deleteMany: [{ id: '1-2' }] },
    );

    expect(upserted.answer).toEqual({ items: [{}, { code: 'SIEBEL_VALIDATION' }] });
    expect(inserted.answer).toEqual({ items: [{ Id: '1-2' }, { Id: '1-3' }] });
    expect([upserted, inserted, deleted].flatMap(({ calls }) => calls)).toEqual([
      ['upsertMany', CONTACTS, items],
      ['insertMany', CONTACTS, items],
      ['deleteMany', CONTACTS, ['1-2']],
    ]);
    expect(problemsOf(contact.upsertMany(), { items })).toEqual(['MISSING_FIELD /input/ParentId']);
  });
});
