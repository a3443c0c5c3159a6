import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigurationError, InvalidInputError } from '../../../lib/errors.ts';
import { dataPath, isRecordId, isSegment, queryString } from '../../../lib/siebel/path.ts';

const BASE = new URL('https://siebel.example:9001/siebel/v1.0');
const ACCOUNT = { businessObject: 'Account', businessComponent: 'Account' };

describe('dataPath', () => {
  it.each([
    [ACCOUNT, undefined, '/siebel/v1.0/data/Account/Account'],
    [ACCOUNT, '1-2AB+7', '/siebel/v1.0/data/Account/Account/1-2AB%2B7'],
    [
      { businessObject: 'Order Entry (Sales)', businessComponent: 'Order Entry - Orders' },
      undefined,
      '/siebel/v1.0/data/Order%20Entry%20(Sales)/Order%20Entry%20-%20Orders',
    ],
    [{ businessObject: 'SR #', businessComponent: 'Q&A' }, '1', '/siebel/v1.0/data/SR%20%23/Q%26A/1'],
  ])('encodes each segment once: %j %s', (component, id, path) => {
    expect(dataPath(BASE, component, id)).toBe(path);
  });

  it('takes the base address with or without a slash at its end', () => {
    expect(dataPath(new URL('https://h/crm/'), ACCOUNT)).toBe('/crm/data/Account/Account');
    expect(dataPath(new URL('https://h/'), ACCOUNT)).toBe('/data/Account/Account');
  });

  it.each([
    '',
    '.',
    '..',
    '../x',
    '1-2/..',
    '1/2',
    '1\\2',
    '%2e%2e',
    '1%2F2',
    '1?x=1',
    '1#x',
    '1 2',
    '1\n',
    '1\r\nHost: x',
    '1\0',
    'https://evil.example',
    '1-2AB;x',
    '１-２',
    '-1',
    '+1',
    'x'.repeat(31),
    '1\u2028',
    '1\ud800',
  ])('refuses the Id %j before a URL exists (R52)', (id) => {
    expect(() => dataPath(BASE, ACCOUNT, id)).toThrow(InvalidInputError);
    expect(() => dataPath(BASE, ACCOUNT, id)).toThrow(expect.objectContaining({ code: 'BAD_KEY' }));
  });

  it.each(['', '..', 'Account/Account', 'a\\b', 'a%2fb', ' Account', 'Account ', 'a\tb', 'Ä'])(
    'refuses the component %j',
    (name) => {
      expect(() => dataPath(BASE, { businessObject: name, businessComponent: 'Account' })).toThrow(ConfigurationError);
      expect(() => dataPath(BASE, { businessObject: 'Account', businessComponent: name })).toThrow(ConfigurationError);
    },
  );

  it('gives a path that a URL parser leaves alone and splits into the very same segments, or none', () => {
    const alphabet = [...'aZ09+-._~!$&\'()*,;=:@%/\\?#[] "\n\0é', '..', '%2e', '%2F'];
    const anything = fc.oneof(
      fc.array(fc.constantFrom(...alphabet), { maxLength: 8 }).map((parts) => parts.join('')),
      fc.string({ unit: 'binary', maxLength: 12 }),
      fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9+._-]{0,29}$/),
    );
    let built = 0;
    fc.assert(
      fc.property(anything, anything, (name, id) => {
        let path: string;
        try {
          path = dataPath(BASE, { businessObject: name, businessComponent: 'Account' }, id);
        } catch (error) {
          expect(error instanceof InvalidInputError || error instanceof ConfigurationError).toBe(true);
          return;
        }
        built += 1;
        const parsed = new URL(path, 'https://siebel.example:9001');
        expect(parsed.host).toBe('siebel.example:9001');
        expect([parsed.pathname, parsed.search, parsed.hash]).toEqual([path, '', '']);
        expect(path.slice(1).split('/').map(decodeURIComponent)).toEqual([
          'siebel',
          'v1.0',
          'data',
          name,
          'Account',
          id,
        ]);
      }),
      { numRuns: 10_000 },
    );
    expect(built).toBeGreaterThan(500);
  });
});

describe('isRecordId and isSegment', () => {
  it('accept what Siebel uses', () => {
    expect(['1-2AB+7', '0CR-1Z', '42-ABC.1', 'a_b'].every(isRecordId)).toBe(true);
    expect(['Account', 'Order Entry (Sales)', 'Order Entry - Orders', "Person's Cars", 'SR #'].every(isSegment)).toBe(
      true,
    );
  });

  it('take linear time on long hostile text', () => {
    const startedMs = performance.now();
    isRecordId(`${'1-'.repeat(500_000)}/`);
    isSegment(`${'a '.repeat(500_000)}/`);
    expect(performance.now() - startedMs).toBeLessThan(250);
  });
});

describe('queryString', () => {
  it('encodes blank, plus, hash, ampersand and percent', () => {
    expect(
      queryString([
        ['searchspec', '[SR #] = "a+b & 5%"'],
        ['ViewMode', 'Sales Rep'],
      ]),
    ).toBe('searchspec=%5BSR%20%23%5D%20%3D%20%22a%2Bb%20%26%205%25%22&ViewMode=Sales%20Rep');
  });
});
