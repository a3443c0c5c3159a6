import { describe, expect, it } from 'vitest';
import {
  attachment,
  businessComponent,
  child,
  optional,
  readOnly,
  text,
  unique,
  utcDateTime,
} from '../../../lib/operations/index.ts';
import type { SiebelTree } from '../../../lib/siebel/component.ts';
import { problemsOf, runOperation, searchOf } from './run-operation.ts';

const account = businessComponent('Account/Account', {
  viewMode: 'Organization',
  fields: { Name: text(100), 'Integration Id': optional(text(30)) },
  children: {
    Contact: child({
      linked: true,
      userKey: unique('Person UId'),
      fields: { 'Person UId': text(100), 'Last Name': optional(text(50)) },
    }),
    'Service Request': child({
      fields: { Abstract: text(100), 'Integration Id': optional(text(30)) },
      children: { Action: child({ fields: { Type: text(30), Planned: optional(utcDateTime()) } }) },
    }),
    'Account Attachment': child({
      fields: { AccntFileName: text(220), Content: attachment(1_000), Updated: readOnly(utcDateTime()) },
    }),
  },
});
const contact = account.children.Contact;
const request = account.children['Service Request'];
const action = request.children.Action;
const file = account.children['Account Attachment'];

const below = (...below: { id: string; component: string }[]) => ({ ...account.source.address, below });
const CONTACTS = below({ id: '1-1', component: 'Contact' });
const ACTIONS = below({ id: '1-1', component: 'Service Request' }, { id: '1-2', component: 'Action' });

describe('a child component', () => {
  it('is read, searched, counted and changed below its parent', async () => {
    const wire = { Id: '1-3', 'Person UId': 'p', 'Last Name': 'Lovelace' };
    const at = { ParentId: '1-1' };

    const got = await runOperation(contact.get(), { ...at, Id: '1-3' }, { get: wire });
    const found = await runOperation(
      contact.query({ filters: ['Last Name'] }),
      { ...at, 'Last Name': 'x' },
      { pages: [[wire]] },
    );
    const counted = await runOperation(contact.count(), at, { count: 2 });
    const updated = await runOperation(contact.update(), { ...at, Id: '1-3', 'Last Name': 'King' }, { get: wire });
    const deleted = await runOperation(contact.delete(), { ...at, Id: '1-3' });

    expect(got.answer).toEqual(wire);
    expect(found.answer).toEqual({ items: [wire] });
    expect(searchOf(found.calls[0]?.[2])).toBe('([Last Name] = "x")');
    expect(counted.answer).toEqual({ count: 2 });
    expect(updated.calls).toEqual([
      ['get', CONTACTS, '1-3', { fields: [] }],
      ['update', CONTACTS, '1-3', { 'Last Name': 'King' }],
    ]);
    expect(deleted.calls).toEqual([['delete', CONTACTS, '1-3']]);
    for (const { calls } of [got, found, counted]) expect(calls[0]?.[1]).toEqual(CONTACTS);
  });

  it('is upserted by its user key, inserted, and linked by its user key alone', async () => {
    const at = { ParentId: '1-1' };
    const upserted = await runOperation(contact.upsert(), { ...at, 'Person UId': 'p' });
    const inserted = await runOperation(request.insert({ naturalKey: ['Integration Id'] }), {
      ...at,
      Abstract: 'a',
      'Integration Id': 'i',
    });
    const linked = await runOperation(contact.associate(), { ...at, 'Person UId': 'p' });

    expect(upserted.calls).toEqual([['upsertChild', CONTACTS, { 'Person UId': 'p' }]]);
    expect(inserted.calls).toEqual([
      ['insertChild', below({ id: '1-1', component: 'Service Request' }), { Abstract: 'a', 'Integration Id': 'i' }],
    ]);
    expect(linked.calls).toEqual([['associate', CONTACTS, { 'Person UId': 'p' }]]);
    expect([upserted, inserted, linked].map(({ answer }) => answer)).toEqual(new Array(3).fill({ Id: '1-9' }));
  });

  it('answers without an Id where Siebel names the parent only', async () => {
    const { answer } = await runOperation(
      contact.upsert(),
      { ParentId: '1-1', 'Person UId': 'p' },
      { upsertChild: { id: undefined } },
    );
    expect(answer).toEqual({});
  });

  it('says of each operation whether it may be repeated', () => {
    expect([
      contact.get().kind,
      contact.upsert().kind,
      contact.update().kind,
      contact.delete().kind,
      contact.associate().kind,
      request.insert({ naturalKey: ['Abstract'] }).kind,
    ]).toEqual(['read', 'repeatable', 'repeatable', 'repeatable', 'unrepeatable', 'insert']);
  });

  it('reads attachments with their content one by one, and never in lists', async () => {
    const wire = { Id: '1-4', AccntFileName: 'a', Content: 'aGVsbG8=', Updated: '03/14/2025 09:26:53' };
    const one = await runOperation(file.get(), { ParentId: '1-1', Id: '1-4' }, { get: wire });
    const list = await runOperation(file.query(), { ParentId: '1-1' }, { pages: [[wire]] });

    expect(one.answer).toMatchObject({ Content: 'aGVsbG8=' });
    expect(one.calls[0]?.[3]).toEqual({ fields: ['AccntFileName', 'Content', 'Updated'], inlineAttachments: true });
    expect(list.answer).toEqual({ items: [{ Id: '1-4', AccntFileName: 'a', Updated: '2025-03-14T09:26:53Z' }] });
    expect(list.calls[0]?.[2]).toMatchObject({ fields: ['AccntFileName', 'Updated'] });
  });

  it('refuses an attachment over its size before it is sent, and passes on none that is larger', async () => {
    const large = Buffer.alloc(1_001).toString('base64');
    const insert = file.insert({ naturalKey: ['AccntFileName'] });
    expect(problemsOf(insert, { ParentId: '1-1', AccntFileName: 'a', Content: large })).toEqual([
      'TOO_LONG /input/Content',
    ]);

    const wire = { Id: '1-4', AccntFileName: 'a', Content: large, Updated: '03/14/2025 09:26:53' };
    await expect(runOperation(file.get(), { ParentId: '1-1', Id: '1-4' }, { get: wire })).rejects.toMatchObject({
      code: 'CONFIGURATION',
    });
  });

  it.each([
    [{ Id: '1-3' }, ['MISSING_FIELD /input/ParentId']],
    [{ ParentId: '../1', Id: '1-3' }, ['BAD_KEY /input/ParentId']],
    [{ ParentId: '1-1', GrandparentId: '1-0', Id: '1-3' }, ['UNKNOWN_FIELD /input/GrandparentId']],
  ])('refuses %j', (input, expected) => {
    expect(problemsOf(contact.get(), input)).toEqual(expected);
  });
});

describe('a grandchild component', () => {
  it('stands below grandparent and parent', async () => {
    const { calls } = await runOperation(
      action.get(),
      { GrandparentId: '1-1', ParentId: '1-2', Id: '1-3' },
      { get: { Id: '1-3', Type: 'Call' } },
    );
    expect(calls[0]?.slice(0, 3)).toEqual(['get', ACTIONS, '1-3']);
    expect([...action.get().inputMembers.keys()]).toEqual(['GrandparentId', 'ParentId', 'Id']);
  });
});

describe('a record with its children', () => {
  const tree = (id: string, values: Record<string, string>, children: SiebelTree['children'] = {}): SiebelTree => ({
    values: { Id: id, ...values },
    children,
  });
  const WIRE = tree(
    '1-1',
    { Name: 'Acme' },
    {
      'Service Request': [
        tree('1-2', { Abstract: 'a' }, { Action: [tree('1-3', { Type: 'Call', Planned: '03/14/2025 09:26:53' })] }),
        tree('1-4', { Abstract: 'b' }),
      ],
    },
  );
  const RECORD = {
    Id: '1-1',
    Name: 'Acme',
    'Integration Id': '',
    Contact: [],
    'Service Request': [
      {
        Id: '1-2',
        Abstract: 'a',
        'Integration Id': '',
        Action: [{ Id: '1-3', Type: 'Call', Planned: '2025-03-14T09:26:53Z' }],
      },
      { Id: '1-4', Abstract: 'b', 'Integration Id': '', Action: [] },
    ],
  };
  const children = ['Contact', 'Service Request/Action'] as const;

  it('is read in one call, lists in the place of what is absent', async () => {
    const { answer, calls } = await runOperation(account.get({ children }), { Id: '1-1' }, { hierarchy: [WIRE] });

    expect(answer).toEqual(RECORD);
    expect(calls).toMatchObject([
      [
        'hierarchy',
        account.source.address,
        {
          fields: ['Name', 'Integration Id'],
          pageSize: 100,
          startRow: 0,
          children: {
            Contact: { fields: ['Person UId', 'Last Name'], children: {} },
            'Service Request': {
              fields: ['Abstract', 'Integration Id'],
              children: { Action: { fields: ['Type', 'Planned'] } },
            },
          },
        },
      ],
    ]);
    expect(searchOf(calls[0]?.[2])).toBe('[Id] = "1-1"');
  });

  it('is NOT_FOUND when there is none', async () => {
    await expect(runOperation(account.get({ children }), { Id: '1-1' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it.each([
    ['another record', [tree('1-2', { Name: 'B' })]],
    ['more than one record', [WIRE, tree('1-2', { Name: 'B' })]],
    ['a record without Id', [{ values: { Name: 'A' }, children: {} }]],
  ])('is never taken for %s, as a site answers that does not read the search', async (_what, hierarchy) => {
    await expect(runOperation(account.get({ children }), { Id: '1-1' }, { hierarchy })).rejects.toMatchObject({
      code: 'UNEXPECTED_SHAPE',
    });
  });

  it('is searched for page by page, up to the limit', async () => {
    const hierarchyPages = [[WIRE], [tree('1-5', { Name: 'B' }), tree('1-6', { Name: 'C' })], [tree('1-7', {})]];
    const search = account.query({ children: ['Contact'] });
    const { answer, calls } = await runOperation(search, { limit: 2 }, { hierarchyPages });

    expect(answer.items.map(({ Id }) => Id)).toEqual(['1-1', '1-5']);
    expect(answer.items[0]).toEqual({ Id: '1-1', Name: 'Acme', 'Integration Id': '', Contact: [] });
    expect(calls).toHaveLength(2);
    expect(calls[0]?.[2]).toMatchObject({
      children: { Contact: {} },
      pageSize: 100,
      startRow: 0,
      sort: [{ field: 'Id', direction: 'asc' }],
    });
  });

  it.each([
    [100, 99],
    [50, 49],
  ])('is no answer when one page of %i children may not be all of them', async (maxPageSize, all) => {
    const { get, query } = account;
    const withContacts = (count: number) =>
      tree('1-1', { Name: 'A' }, { Contact: new Array(count).fill(tree('1-2', { 'Person UId': 'p' })) });
    const read = (count: number) =>
      runOperation(get({ children: ['Contact'] }), { Id: '1-1' }, { hierarchy: [withContacts(count)], maxPageSize });
    const found = (count: number) =>
      runOperation(query({ children: ['Contact'] }), {}, { hierarchyPages: [[withContacts(count)]], maxPageSize });

    for (const answered of [read, found]) {
      await expect(answered(all)).resolves.toBeDefined();
      for (const count of [maxPageSize, maxPageSize + 1]) {
        await expect(answered(count)).rejects.toMatchObject({
          code: 'TOO_LARGE',
          retryable: false,
          message: expect.stringContaining(`${maxPageSize} rows of Contact or more`),
        });
      }
    }
  });

  it('is no answer when a child differs from its declaration', async () => {
    const wrong = tree(
      '1-1',
      { Name: 'A' },
      {
        'Service Request': [
          tree('1-2', { Abstract: 'a' }, { Action: [tree('1-3', { Type: 'x', Planned: 'canary' })] }),
        ],
      },
    );
    await expect(runOperation(account.get({ children }), { Id: '1-1' }, { hierarchy: [wrong] })).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: expect.stringMatching(/Account\/Account > Service Request > Action: .*Planned/),
    });
  });

  it('is inserted in one call', async () => {
    const insert = account.insert({ naturalKey: ['Integration Id'], children });
    const { answer, calls } = await runOperation(insert, {
      Name: 'Acme',
      'Integration Id': 'i-1',
      'Service Request': [{ Abstract: 'a', Action: [{ Type: 'Call', Planned: '2025-03-14T09:26:53Z' }] }],
    });

    expect(answer).toEqual({ Id: '1-9' });
    expect(calls).toEqual([
      [
        'insert',
        account.source.address,
        {
          values: { Name: 'Acme', 'Integration Id': 'i-1' },
          children: {
            'Service Request': [
              {
                values: { Abstract: 'a' },
                children: { Action: [{ values: { Type: 'Call', Planned: '03/14/2025 09:26:53' }, children: {} }] },
              },
            ],
          },
        },
      ],
    ]);
    expect(insert.inputMembers.get('Service Request')).toEqual({ type: 'json' });
    expect(
      problemsOf(insert, { Name: 'A', 'Integration Id': 'i', 'Service Request': [{ Abstract: 1, Action: [{}] }] }),
    ).toEqual(['BAD_TYPE /input/Service Request/0/Abstract', 'MISSING_FIELD /input/Service Request/0/Action/0/Type']);
  });

  it.each([
    [() => account.get({ children: ['Activity' as 'Contact'] }), /Activity is not a declared child/],
    [() => account.query({ children: ['Contact/Action' as 'Contact'] }), /Action is not a declared child/],
  ])('is refused where a child is not declared', (declare, message) => {
    expect(declare).toThrow(message);
  });
});

describe('what a child does not have', () => {
  const linkedChild = (linked: boolean, userKey: object) => {
    const Contact = child({ linked, ...userKey, fields: { Name: text(10) } });
    return businessComponent('A/A', { viewMode: 'All', fields: {}, children: { Contact } }).children.Contact;
  };
  const KEY = { userKey: unique('Name') };

  it.each([
    ['without a user key', linkedChild(true, {})],
    ['that is not linked', linkedChild(false, KEY)],
    [
      'that is none',
      businessComponent('A/A', { viewMode: 'All', ...KEY, linked: true, fields: { Name: text(10) } } as never),
    ],
  ])('is associate for a child %s, compiled or not', (_what, component) => {
    expect(linkedChild(true, KEY)).toHaveProperty('associate');
    expect(component).not.toHaveProperty('associate');
  });

  it('is an insert with grandchildren, compiled or not', () => {
    const insert = request.insert as (options: object) => unknown;
    expect(() => insert({ naturalKey: ['Abstract'], children: ['Action'] })).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION', message: expect.stringMatching(/not inserted with children/) }),
    );
  });
});

describe('the declaration of children', () => {
  const fields = { Name: text(10) };
  it.each([
    [{ Name: child({ fields }) }, /the child Name has the name of a field/],
    [{ '..': child({ fields }) }, /a name that no component can have/],
    [{ A: child({ fields: { ParentId: text(15) } }) }, /A: the field ParentId is not declared/],
    [{ A: child({ fields, userKey: unique('Nam' as 'Name') }) }, /A: the user key names Nam/],
    [
      { A: child({ fields, children: { B: child({ fields, children: { C: child({ fields }) } }) } }) },
      /A: B: C is deeper/,
    ],
  ])('is refused when it cannot work', (children, message) => {
    expect(() => businessComponent('Account/Account', { viewMode: 'All', fields, children })).toThrow(message);
  });

  it.each([
    [{ Name: text(5) }, /the field Name is declared twice/],
    [{ 'a]b': text(5) }, /"a\]b" has a name that no field can have/],
  ])('or of fields that only searches know, is refused when it cannot work', (searchFields, message) => {
    expect(() => businessComponent('Account/Account', { viewMode: 'All', fields, searchFields })).toThrow(message);
  });
});
