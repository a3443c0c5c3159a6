import { describe, expect, it } from 'vitest';
import { dataResources } from './siebel-data.ts';

const MODES = ['Personal', 'Sales Rep', 'Manager', 'Organization', 'Sub-Organization', 'All', 'Group', 'Catalog'];

describe('Siebel stand-in, view modes by position and organization', () => {
  /** How many of forty accounts a user of this position sees under each view mode. */
  function seen(position?: string): Record<string, number> {
    const positions: Record<string, string> = position === undefined ? {} : { 'siebel-caller': position };
    const siebel = dataResources({ records: 40, positions });
    const counts = MODES.map((ViewMode) => {
      const reply = siebel.get('Account/Account', { ViewMode, recordcountneeded: 'true' });
      return [ViewMode, Number(reply.headers['Total-Record-Count'])];
    });
    return Object.fromEntries(counts);
  }

  it('shows a technical user, who is in no team, those of its organization', () => {
    expect(seen()).toEqual({
      Personal: 0,
      'Sales Rep': 0,
      Manager: 0,
      Organization: 40,
      'Sub-Organization': 40,
      All: 40,
      Group: 0,
      Catalog: 0,
    });
  });

  it.each([
    // Own ones; those of the teams; own ones and those below.
    ['Sales Representative 1', [10, 20, 10, 40, 40]],
    ['Sales Representative 2', [10, 10, 10, 40, 40]],
    ['Sales Manager', [10, 10, 30, 40, 40]],
    ['Sales Director', [0, 0, 38, 40, 40]],
    ['Nordic Representative', [8, 8, 8, 10, 10]],
  ])('shows %s other records under each', (position, [personal, team, manager, organization, sub]) => {
    expect(seen(position)).toEqual({
      Personal: personal,
      'Sales Rep': team,
      Manager: manager,
      Organization: organization,
      'Sub-Organization': sub,
      All: 40,
      Group: 0,
      Catalog: 0,
    });
  });

  it('refuses a view mode that users have no view for, of lists, records and the default', () => {
    const siebel = dataResources({ records: 5, viewModes: ['Organization'] });
    const path = `Account/Account/${siebel.records('Account')[0]?.['Id']}`;
    const replies = [
      siebel.get('Account/Account'),
      siebel.get(path),
      siebel.get(`${path}/Contact`, { ViewMode: '"All"' }),
      siebel.send('GET', 'Account/Account'),
    ];

    expect(replies.map(({ status, codes }) => [status, codes])).toEqual(Array(4).fill([403, ['SBL-DAT-00553']]));
    expect(siebel.get('Account/Account', { ViewMode: 'Organization' }).status).toBe(200);
    expect(siebel.get('Account/Account', { ViewMode: 'Everyone' }).status).toBe(500);
  });

  it('knows the organization of who searches', () => {
    const searchspec = '[Primary Organization] = OrganizationName()';
    const found = (position: string) => {
      const siebel = dataResources({ records: 5, positions: { 'siebel-caller': position } });
      return siebel.get('Account/Account', { searchspec }).status;
    };

    expect([found('Sales Manager'), found('Nordic Representative')]).toEqual([200, 404]);
  });

  it('gives a new record to its maker, and to the organization that it names', () => {
    const siebel = dataResources({ records: 0, positions: { 'siebel-caller': 'Sales Representative 2' } });
    siebel.send('PUT', 'Account/Account', { Name: 'Own', Location: '' });
    siebel.send('PUT', 'Account/Account', { Name: 'Theirs', Location: '', Organization: 'Nordic Organization' });
    const names = (ViewMode: string) =>
      siebel
        .get('Account/Account', { ViewMode, uniformresponse: 'y' })
        .json.items?.map((item: { Name: string }) => item.Name);

    expect(names('Personal')).toEqual(['Own', 'Theirs']);
    expect(names('Organization')).toEqual(['Own']);
    expect(names('Sub-Organization')).toEqual(['Own', 'Theirs']);
  });

  it('answers a hidden record, and what hangs on it, as if it were absent', () => {
    const siebel = dataResources({ records: 40 });
    const id = siebel.records('Account')[0]?.['Id'];
    const absent = siebel.get('Account/Account/1-NONE');

    for (const path of [`Account/Account/${id}`, `Account/Account/${id}/Contact`]) {
      const hidden = siebel.get(path, { ViewMode: 'Manager' });
      expect([hidden.status, hidden.body]).toEqual([absent.status, absent.body]);
      expect(siebel.get(path).status).toBe(200);
    }
  });
});
