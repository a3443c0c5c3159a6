import { beforeEach, describe, expect, it } from 'vitest';
import { type DataResources, dataResources } from './siebel-data.ts';

const ACCOUNTS = 'Account/Account';

describe('Siebel stand-in, batches', () => {
  let siebel: DataResources;

  beforeEach(() => {
    siebel = dataResources({ records: 5 });
  });

  const many = (count: number) => Array.from({ length: count }, (_, at) => ({ Name: `Batch ${at}`, Location: 'Hull' }));

  it.each(['POST', 'PUT'])('writes a hundred with %s and answers a bare array of ids with one link each', (method) => {
    const reply = siebel.send(method, ACCOUNTS, many(100), { uniformresponse: 'y' });

    expect(reply.status).toBe(200);
    expect(reply.json).toHaveLength(100);
    expect(reply.json[0]).toEqual({
      Id: expect.any(String),
      Link: { rel: 'self', href: expect.any(String), name: 'Account' },
    });
    expect(siebel.records('Account')).toHaveLength(105);
  });

  it.each([101, 0])('refuses %i records in every method', (count) => {
    for (const method of ['POST', 'PUT', 'DELETE']) expect(siebel.send(method, ACCOUNTS, many(count)).status).toBe(400);
    expect(siebel.records('Account')).toHaveLength(5);
  });

  it.each([
    ['a duplicate', 'POST', { Name: 'Batch 0', Location: 'Hull' }, 409, ['SBL-EAI-04383']],
    ['a required field that is empty', 'POST', { Location: 'Hull' }, 400, ['SBL-EAI-04389', 'SBL-DAT-00498']],
    ['no user key', 'PUT', { Type: 'Partner' }, 400, ['SBL-EAI-04397']],
    ['a value of the wrong type', 'PUT', { Name: 'x', Location: '', Staff: 'x' }, 400, ['SBL-DAT-00359']],
    ['an unknown field', 'PUT', { Name: 'x', Location: '', Nope: 'x' }, 400, ['SBL-EAI-50258']],
    ['text in the place of a record', 'PUT', 'x', 400, []],
    ['a row that is not there', 'DELETE', { Id: '1-NONE' }, 400, ['SBL-EAI-04378']],
  ])('does nothing of a batch with %s', (_what, method, bad, status, codes) => {
    const known = siebel.records('Account');
    const good = method === 'DELETE' ? [{ Id: known[0]?.['Id'] }] : many(2);
    const reply = siebel.send(method, ACCOUNTS, [...good, bad]);

    expect([reply.status, reply.codes]).toEqual([status, codes]);
    expect(siebel.records('Account')).toEqual(known);
  });

  it('tells a duplicate by the status that is set, as a record alone does', () => {
    const old = dataResources({ records: 0, duplicateStatus: 500 });
    const replies = [old.send('POST', ACCOUNTS, [...many(1), ...many(1)]), old.send('POST', ACCOUNTS, [{}])];

    expect(replies.map(({ status, codes }) => [status, codes[0]])).toEqual([
      [500, 'SBL-EAI-04383'],
      [400, 'SBL-EAI-04389'],
    ]);
  });

  it('changes by Id, and inserts on an unknown one when the user key is there', () => {
    const [first] = siebel.records('Account');
    const reply = siebel.send('PUT', ACCOUNTS, [
      { Id: first?.['Id'], Staff: '9' },
      { Id: '1-NONE', Name: 'New', Location: '' },
    ]);

    expect(reply.json[0].Id).toBe(first?.['Id']);
    expect(siebel.records('Account')[0]?.['Staff']).toBe('9');
    expect(siebel.records('Account')).toHaveLength(6);
  });

  it('takes no array before 20.6', () => {
    const old = dataResources({ batches: false, records: 0 });

    for (const method of ['POST', 'PUT', 'DELETE']) expect(old.send(method, ACCOUNTS, many(2)).status).toBe(500);
    expect(old.records('Account')).toHaveLength(0);
  });
});

describe('Siebel stand-in, what a write is answered with', () => {
  it.each([
    [{ duplicateStatus: 500 } as const, 500, 1],
    [{ uniqueKeys: false }, 200, 2],
    [{}, 409, 1],
  ])('meets a user key that is taken as set by %o', (settings, status, count) => {
    const siebel = dataResources({ records: 0, ...settings });
    const record = { Name: 'Twice', Location: '' };
    siebel.send('POST', ACCOUNTS, record);

    expect(siebel.send('POST', ACCOUNTS, record).status).toBe(status);
    expect(siebel.records('Account')).toHaveLength(count);
  });

  it('finds several matches of a user key where components refuse no second record', () => {
    const siebel = dataResources({ records: 0, uniqueKeys: false });
    const record = { Name: 'Twice', Location: '' };
    for (const _ of [1, 2]) siebel.send('POST', ACCOUNTS, record);

    expect(siebel.send('PUT', ACCOUNTS, record).codes).toEqual(['SBL-EAI-04390']);
  });

  it('is a 304 without a body for a write that was carried out, where that is set', () => {
    const siebel = dataResources({ records: 1, writeStatus: 304 });
    const id = siebel.records('Account')[0]?.['Id'];
    const replies = [
      siebel.send('POST', ACCOUNTS, { Name: 'New', Location: '' }),
      siebel.send('PUT', `${ACCOUNTS}/${id}`, { Staff: '1' }),
      siebel.send('DELETE', `${ACCOUNTS}/${id}`),
    ];

    expect(replies.map(({ status, body }) => [status, body])).toEqual([
      [304, ''],
      [304, ''],
      [304, ''],
    ]);
    expect(siebel.records('Account').map(({ Name }) => Name)).toEqual(['New']);
    expect(siebel.send('PUT', ACCOUNTS, { Type: 'x' }).status).toBe(500);
  });
});
