import { describe, expect, it } from 'vitest';
import { readParameters } from '../../local-stack/siebel/parameters.ts';

describe('URI parameters', () => {
  it('have names in any case, and the first of two counts', () => {
    const parameters = readParameters('PAGESIZE=3&pageSize=4');

    expect([parameters.get('PageSize'), parameters.get('pagesize')]).toEqual(['3', '3']);
  });

  it('have values as they stand', () => {
    const parameters = readParameters('searchspec=%5BName%5D%20%3D%20%22a%2Bb%22&sortspec=Name+Two');

    expect([parameters.get('searchspec'), parameters.get('sortspec')]).toEqual(['[Name] = "a+b"', 'Name Two']);
  });

  it.each([
    ['true', true],
    ['True', false],
    ['TRUE', false],
    ['y', false],
    ['', false],
  ])('take %s as %s', (value, isTrue) => {
    expect(readParameters(`recordcountneeded=${value}`).isTrue('recordcountneeded')).toBe(isTrue);
  });

  it('are known by the name of the site alone when it gave them one', () => {
    const names = { pagesize: 'Limit', toString: 'x' };

    expect(readParameters('limit=2', names).get('PageSize')).toBe('2');
    expect(readParameters('PageSize=2', names).get('PageSize')).toBeUndefined();
    expect(readParameters('valueOf=2', {}).get('constructor')).toBeUndefined();
  });

  it('count as a fault says, whatever was sent', () => {
    const parameters = readParameters('StartRowNum=40&PageSize=5', {}, { StartRowNum: '0' });

    expect([parameters.get('startrownum'), parameters.get('PageSize')]).toEqual(['0', '5']);
  });
});
