import { beforeEach, describe, expect, it } from 'vitest';
import { type DataResources, dataResources } from './siebel-data.ts';

const REQUESTS = 'Service Request/Service Request';
const ACCOUNTS = 'Account/Account';
const BOUNDED = ['SBL-EAI-04401', 'SBL-DAT-00225'];

describe('Siebel stand-in, records that name others', () => {
  let siebel: DataResources;
  let account: Readonly<Record<string, string>>;

  beforeEach(() => {
    siebel = dataResources({ records: 5 });
    account = siebel.records('Account')[0] ?? {};
  });

  const request = (members: object) => ({ 'SR Number': 'R-1', Abstract: 'Leak', ...members });
  const written = () => siebel.records('Service Request').find((record) => record['SR Number'] === 'R-1');

  it('hold the row id of the account that they name', () => {
    siebel.send('PUT', REQUESTS, request({ Account: account['Name'] }));

    expect(written()).toMatchObject({ Account: account['Name'], 'Account Id': account['Id'] });
    siebel.send('PUT', REQUESTS, request({ Account: '' }));
    expect(written()).toMatchObject({ Account: '', 'Account Id': '' });
  });

  it.each([
    ['an account that there is not', REQUESTS, request({ Account: 'No Such Account At All' })],
    ['an organization that there is not', ACCOUNTS, { Name: 'x', Location: '', Organization: 'No Such Organization' }],
    ['a property of objects', ACCOUNTS, { Name: 'x', Location: '', Organization: 'constructor' }],
  ])('refuses a record that names %s, and writes nothing', (_what, path, record) => {
    const before = [siebel.records('Account'), siebel.records('Service Request')];

    expect(['PUT', 'POST'].map((method) => siebel.send(method, path, record)).map((r) => [r.status, r.codes])).toEqual([
      [500, BOUNDED],
      [500, BOUNDED],
    ]);
    expect([siebel.records('Account'), siebel.records('Service Request')]).toEqual(before);
  });

  it('refuses the change to such a name, and lets other changes pass', () => {
    siebel.send('PUT', REQUESTS, request({ Account: account['Name'] }));

    expect(siebel.send('PUT', REQUESTS, request({ Account: 'Nobody' })).codes).toEqual(BOUNDED);
    expect(siebel.send('PUT', REQUESTS, request({ Status: 'Closed' })).status).toBe(200);
    expect(written()).toMatchObject({ Account: account['Name'], Status: 'Closed' });
  });

  it('takes any name where references are taken, and has no row id for it', () => {
    siebel = dataResources({ records: 5, references: 'taken' });

    expect(siebel.send('PUT', REQUESTS, request({ Account: 'Nobody' })).status).toBe(200);
    expect(written()).toMatchObject({ Account: 'Nobody', 'Account Id': '' });
    expect(siebel.send('PUT', ACCOUNTS, { Name: 'x', Location: '', Organization: 'Nobody' }).status).toBe(200);
  });

  it('takes a row id as it is: a database without foreign keys does not look for it', () => {
    const record = { Name: 'x', Location: '', 'Parent Account Id': '1-NOPE' };

    expect(siebel.send('PUT', ACCOUNTS, record).status).toBe(200);
    expect(siebel.records('Account').at(-1)?.['Parent Account Id']).toBe('1-NOPE');
  });
});
