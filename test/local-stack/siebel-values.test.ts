import { describe, expect, it } from 'vitest';
import { type Field, fieldNamed, findComponent } from '../../local-stack/siebel/components.ts';
import { toShown, toStored } from '../../local-stack/siebel/values.ts';
import { dataResources } from './siebel-data.ts';

const fieldOf = (component: string, name: string): Field =>
  fieldNamed(findComponent(component) as never, name) as Field;

describe('Siebel stand-in, values', () => {
  it.each([
    ['Annual Revenue', '12.50', '12.5'],
    ['Annual Revenue', '007', '7'],
    ['Annual Revenue', '-0.00', '0'],
    ['Annual Revenue', '0.005', '0.01'],
    ['Annual Revenue', '99.999', '100'],
    ['Annual Revenue', '-1.10', '-1.1'],
    ['Annual Revenue', '12345678901234567890.12', '12345678901234567890.12'],
    ['Employees', '0012', '12'],
    ['Customer Since Date', '03/14/2026', '2026-03-14'],
    ['Opening Time', '09:30:00', '09:30:00'],
    ['Last Call Date', '03/14/2026 09:26:53', '2026-03-14T09:26:53Z'],
  ])('keeps %s %s as %s', (name, text, stored) => {
    expect(toStored(fieldOf('Account', name), text)).toBe(stored);
  });

  it.each([
    ['Annual Revenue', '1,5'],
    ['Annual Revenue', '1e3'],
    ['Annual Revenue', ''],
    ['Annual Revenue', '0x10'],
    ['Employees', '1.5'],
    ['Employees', 'many'],
    ['Customer Since Date', '2026-03-14'],
    ['Customer Since Date', '02/30/2026'],
    ['Opening Time', '9:30'],
    ['Opening Time', '03/14/2026 09:30:00'],
    ['Last Call Date', 'yesterday'],
  ])('refuses %s %s', (name, text) => {
    expect(() => toStored(fieldOf('Account', name), text)).toThrow('SBL-DAT-00359');
  });

  it('shows date-times on the wall clock of the zone that is set, and reads them so; those in UTC stay', () => {
    const siebel = dataResources({ timeZone: 'America/New_York', records: 1 });
    const id = String(siebel.records('Account')[0]?.['Id']);
    siebel.send('PUT', `Account/Account/${id}`, { 'Last Call': '07/15/2026 08:00:00' });
    const request = siebel.send('PUT', 'Service Request/Service Request', { Abstract: 'x', 'SR Number': 'SR-1' }).json
      .items;
    const action = { Type: 'Call', Planned: '07/15/2026 08:00:00', Due: '07/15/2026 08:00:00' };
    siebel.send('PUT', `Service Request/Service Request/${request.Id}/Action`, action);

    expect(siebel.get(`Account/Account/${id}`).json['Last Call']).toBe('07/15/2026 08:00:00');
    expect(siebel.records('Account')[0]?.['Last Call']).toBe('07/15/2026 12:00:00');
    expect(siebel.records('Action')[0]).toMatchObject({ Planned: '07/15/2026 08:00:00', Due: '07/15/2026 12:00:00' });
    const search = { searchspec: '[Last Call Date] = "07/15/2026 08:00:00"' };
    expect(siebel.get('Account/Account', search).status).toBe(200);
  });

  it('shows, searches and takes values of a list in the language that is set', () => {
    const siebel = dataResources({ languages: 'deu', records: 1 });
    const id = String(siebel.records('Account')[0]?.['Id']);
    const written = siebel.send('PUT', `Account/Account/${id}`, { Type: 'Lieferant' });
    const refused = siebel.send('PUT', `Account/Account/${id}`, { Type: 'Bote' });

    expect([written.status, refused.codes]).toEqual([200, ['SBL-EAI-04401', 'SBL-DAT-00225']]);
    expect(siebel.records('Account')[0]?.['Type']).toBe('Supplier');
    expect(siebel.get(`Account/Account/${id}`).json.Type).toBe('Lieferant');
    expect(siebel.get('Account/Account', { searchspec: '[Type] = "Lieferant"' }).status).toBe(200);
    expect(
      siebel.get('Account/Account', { searchspec: '[Type] = LookupValue("ACCOUNT_TYPE", "Supplier")' }).status,
    ).toBe(200);
  });

  it('takes booleans and numbers of JSON, each in the words of the field', () => {
    const siebel = dataResources({ records: 1 });
    const id = String(siebel.records('Account')[0]?.['Id']);
    siebel.send('PUT', `Account/Account/${id}`, { Competitor: true, Reference: false, Staff: 7, Revenue: 12.5 });

    expect(siebel.records('Account')[0]).toMatchObject({
      Competitor: 'Y',
      Reference: 'No',
      Staff: '7',
      Revenue: '12.5',
    });
  });

  it.each([
    [{ Staff: 'many' }, ['SBL-DAT-00359']],
    [{ Revenue: '1,5' }, ['SBL-DAT-00359']],
    [{ 'Customer Since': '2026-03-14' }, ['SBL-DAT-00359']],
    [{ 'Opening Time': 'noon' }, ['SBL-DAT-00359']],
    [{ Reference: 'Y' }, ['SBL-EAI-04401', 'SBL-DAT-00225']],
  ])('refuses to write %o', (record, codes) => {
    const siebel = dataResources({ records: 1 });
    const reply = siebel.send('PUT', `Account/Account/${siebel.records('Account')[0]?.['Id']}`, record);

    expect([reply.status, reply.codes]).toEqual([500, codes]);
  });

  it('shows a day without a time', () => {
    expect(toShown(fieldOf('Account', 'Customer Since Date'), '2026-03-14')).toBe('03/14/2026');
  });
});
