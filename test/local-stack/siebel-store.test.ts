import { afterAll, describe, expect, it } from 'vitest';
import { type Association, type Component, findChild, findComponent } from '../../local-stack/siebel/components.ts';
import { rowIds } from '../../local-stack/siebel/row-ids.ts';
import { seed } from '../../local-stack/siebel/seed.ts';
import { openStore } from '../../local-stack/siebel/store.ts';
import { columnsOf } from '../../local-stack/siebel/tables.ts';
import { dataResources } from './siebel-data.ts';

describe('Siebel stand-in, store', () => {
  const store = openStore();
  const account = findComponent('Account') as Component;
  const contacts = findChild(account, 'Contact')?.link.through as Association;
  afterAll(() => store.close());

  it('keeps empty text as not set, and finds it so', () => {
    store.insert(account, { Id: '1-A', Name: 'A', Location: '' });

    expect(store.get(account, '1-A')).toMatchObject({ Name: 'A', Location: null });
    expect(store.find(account, { Location: '' })).toHaveLength(1);
  });

  it('ties two records once, and shows the tie from both sides', () => {
    const accounts = findChild(findComponent('Contact') as Component, 'Account')?.link.through as Association;
    store.link(contacts, '1-A', '1-P');
    store.link(accounts, '1-P', '1-A');

    expect([store.tied(contacts, '1-A'), store.tied(accounts, '1-P')]).toEqual([['1-P'], ['1-A']]);
    expect([store.unlink(accounts, '1-P', '1-A'), store.isLinked(contacts, '1-A', '1-P')]).toEqual([true, false]);
  });

  it('takes all of a transaction back when it throws', () => {
    const work = () =>
      store.transaction(() => {
        store.insert(account, { Id: '1-B', Name: 'B' });
        throw new Error('no');
      });

    expect(work).toThrow('no');
    expect(store.get(account, '1-B')).toBeUndefined();
  });

  it('has columns for whose a record is, which no payload shows', () => {
    const siebel = dataResources({ records: 1 });

    expect(columnsOf(account).slice(-2)).toEqual(['~Team', '~Organizations']);
    expect(Object.keys(siebel.records('Account')[0] ?? {}).some((name) => name.startsWith('~'))).toBe(false);
  });
});

describe('Siebel stand-in, made-up records', () => {
  it('hang together: actions on requests, files on accounts, lines on orders, contacts on one or two accounts', () => {
    const siebel = dataResources({ records: 100 });
    const ids = (name: string) => new Set(siebel.records(name).map(({ Id }) => Id));
    const parents = (name: string, by: string) => siebel.records(name).map((row) => row[by]);

    expect(
      ['Action', 'Account Attachment', 'Order Entry - Orders', 'Order Entry - Line Items'].map(
        (name) => ids(name).size,
      ),
    ).toEqual([19, 6, 10, 19]);
    expect(parents('Action', 'Activity SR Id').every((id) => ids('Service Request').has(id))).toBe(true);
    const names = new Map(siebel.records('Account').map((row) => [row['Id'], row['Name']]));
    for (const name of ['Contact', 'Service Request', 'Order Entry - Orders'])
      for (const row of siebel.records(name)) expect(row['Account']).toBe(names.get(row['Account Id']));
    expect(parents('Account Attachment', 'Account Id').every((id) => ids('Account').has(id))).toBe(true);
    expect(
      parents('Order Entry - Line Items', 'Order Header Id').every((id) => ids('Order Entry - Orders').has(id)),
    ).toBe(true);
  });

  it('are kept as a write would keep them', () => {
    const siebel = dataResources({ records: 100 });
    for (const [name, key] of [
      ['Account', 'Account/Account'],
      ['Order Entry - Orders', 'Order Entry (Sales)/Order Entry - Orders'],
    ] as const) {
      const component = findComponent(name) as Component;
      const readOnly = component.fields.filter((field) => field.readOnly).map((field) => field.wireName);
      for (const record of siebel.records(name)) {
        const sent = Object.fromEntries(Object.entries(record).filter(([member]) => !readOnly.includes(member)));
        expect(siebel.send('PUT', `${key}/${record['Id']}`, sent).status).toBe(200);
      }
    }
    const fresh = dataResources({ records: 100 });
    const values = (of: typeof siebel) =>
      of.records('Account').map(({ Updated, 'Updated By Name': _, ...rest }) => rest);
    expect(values(siebel)).toEqual(values(fresh));
  });

  it('number five thousand accounts in less than a second of work', () => {
    const store = openStore();
    const before = process.cpuUsage();
    seed(store, { records: 5_000, seed: 1, nowMs: Date.UTC(2026, 0, 1), nextId: rowIds() });
    // Time at work, not time that passed: other programs may keep the machine busy.
    const { user, system } = process.cpuUsage(before);
    store.close();

    expect((user + system) / 1_000).toBeLessThan(1_000);
  });
});
