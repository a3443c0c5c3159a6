import { describe, expect, it } from 'vitest';
import { dataResources } from './siebel-data.ts';

describe('Siebel stand-in, records that change while they are paged', () => {
  function namesByPage(what: 'insert' | 'delete' | 'move' | undefined, sortspec: string): string[] {
    const siebel = dataResources({ records: 30, ...(what && { moving: { everyPages: 1, what } }) });
    const names: string[] = [];
    for (let StartRowNum = 0; ; StartRowNum += 10) {
      const { items } = siebel.get('Account/Account', {
        sortspec,
        PageSize: 10,
        StartRowNum,
        uniformresponse: 'y',
      }).json;
      if (!items) return names;
      names.push(...items.map(({ Name }: { Name: string }) => Name));
    }
  }

  it('shows every record once when nothing moves', () => {
    expect(new Set(namesByPage(undefined, 'Name')).size).toBe(30);
  });

  it('loses a record to offsets when one before them is deleted', () => {
    expect(new Set(namesByPage('delete', 'Name')).size).toBeLessThan(30);
  });

  it('shows a record twice when one before the offset is added', () => {
    const names = namesByPage('insert', 'Name');

    expect(names.length).toBeGreaterThan(new Set(names).size);
  });

  it('moves a changed record behind all others, and loses the one that takes its place', () => {
    const names = namesByPage('move', 'Updated');

    expect(names.filter((name, at) => names.indexOf(name) !== at)).not.toEqual([]);
    expect(new Set(names).size).toBeLessThan(30);
  });

  it('moves nothing for a page that holds all there is, and every so many pages only', () => {
    const siebel = dataResources({ records: 30, moving: { everyPages: 2, what: 'delete' } });
    siebel.get('Account/Account', { PageSize: 100 });
    siebel.get('Account/Account', { PageSize: 10 });
    expect(siebel.records('Account')).toHaveLength(30);
    siebel.get('Account/Account', { PageSize: 10 });
    expect(siebel.records('Account')).toHaveLength(29);
  });
});
