import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigurationError, InvalidInputError } from '../../../lib/errors.ts';
import {
  dataPath,
  describePath,
  isRecordId,
  isSegment,
  queryString,
  requestTarget,
  servicePath,
  workflowPath,
} from '../../../lib/siebel/path.ts';
import { cpuMsOf } from '../../support/cpu-time.ts';

const BASE = new URL('https://siebel.example:9001/siebel/v1.0');
const ACCOUNT = { businessObject: 'Account', businessComponent: 'Account' };

// Percent-decoding by RFC 3986 and RFC 3629 alone; anything else than ASCII and whole UTF-8 is an error.
function decoded(segment: string): string {
  const bytes: number[] = [];
  for (let at = 0; at < segment.length; at += 1) {
    if (segment.charAt(at) === '%') {
      const hex = segment.slice(at + 1, at + 3);
      if (!/^[0-9A-F]{2}$/.test(hex)) throw new Error(`no hex digits after % at position ${at}`);
      bytes.push(Number.parseInt(hex, 16));
      at += 2;
    } else {
      if (segment.charCodeAt(at) > 0x7e || segment.charCodeAt(at) < 0x21)
        throw new Error(`not ASCII at position ${at}`);
      bytes.push(segment.charCodeAt(at));
    }
  }
  return new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(bytes));
}

function segmentsOf(path: string): string[] {
  const [first, ...segments] = path.split('/');
  if (first !== '') throw new Error('the path does not begin with a slash');
  return segments.map(decoded);
}

function codeOf(act: () => unknown): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (error instanceof InvalidInputError || error instanceof ConfigurationError) return error.code;
    throw error;
  }
}

const BAD_IDS = [
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
  'describe',
  'Describe',
];

const BAD_NAMES = [
  '',
  '.',
  '..',
  '...',
  '.Account',
  'Account/Account',
  'a\\b',
  'a%2fb',
  'a%2Eb',
  'a%252fb',
  ' Account',
  'Account ',
  'a\tb',
  'a\0b',
  'a\u0085b',
  'a;b',
  'a?b',
  '\u0301a',
  'a\u2028b',
  'a\ud800',
  'a／b',
  'a．b',
  'a\u202eb',
  'x'.repeat(101),
  'describe',
  'DESCRIBE',
];

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
    [
      { businessObject: 'Größe', businessComponent: 'Rabatt 5%' },
      '1',
      '/siebel/v1.0/data/Gr%C3%B6%C3%9Fe/Rabatt%205%25/1',
    ],
    [
      { businessObject: 'AttachmentDocIO', businessComponent: 'Account' },
      '1-2AB+7',
      '/siebel/v1.0/data/AttachmentDocIO/Account/1-2AB%2B7',
    ],
  ])('encodes each segment once: %j %s', (component, id, path) => {
    expect(dataPath(BASE, component, id)).toBe(path);
  });

  it('leads to children and grandchildren of a record', () => {
    const contacts = { ...ACCOUNT, below: [{ id: '1-2AB+7', component: 'Contact' }] };
    const actions = { ...ACCOUNT, below: [...contacts.below, { id: '1-3', component: 'Contact Action' }] };

    expect(dataPath(BASE, contacts)).toBe('/siebel/v1.0/data/Account/Account/1-2AB%2B7/Contact');
    expect(dataPath(BASE, contacts, '1-3')).toBe('/siebel/v1.0/data/Account/Account/1-2AB%2B7/Contact/1-3');
    expect(dataPath(BASE, actions, '1-4')).toBe(
      '/siebel/v1.0/data/Account/Account/1-2AB%2B7/Contact/1-3/Contact%20Action/1-4',
    );
  });

  it('takes the base address with any context, with or without a slash at its end', () => {
    expect(dataPath(new URL('https://h/crm/'), ACCOUNT)).toBe('/crm/data/Account/Account');
    expect(dataPath(new URL('https://h/'), ACCOUNT)).toBe('/data/Account/Account');
    expect(dataPath(new URL('https://h/gateway/crm%20eu/v1.0?x=1#y'), ACCOUNT)).toBe(
      '/gateway/crm%20eu/v1.0/data/Account/Account',
    );
    expect(dataPath(new URL('https://h//evil.example/'), ACCOUNT)).toBe('/evil.example/data/Account/Account');
  });

  it.each(BAD_IDS)('refuses the Id %j before a URL exists, of a record and of its parents (R52)', (id) => {
    expect(() => dataPath(BASE, ACCOUNT, id)).toThrow(InvalidInputError);
    expect(codeOf(() => dataPath(BASE, ACCOUNT, id))).toBe('BAD_KEY');
    expect(codeOf(() => dataPath(BASE, { ...ACCOUNT, below: [{ id, component: 'Contact' }] }))).toBe('BAD_KEY');
  });

  it.each(BAD_NAMES)('refuses the name %j in every place', (name) => {
    const places = [
      () => dataPath(BASE, { businessObject: name, businessComponent: 'Account' }),
      () => dataPath(BASE, { businessObject: 'Account', businessComponent: name }),
      () => dataPath(BASE, { ...ACCOUNT, below: [{ id: '1-2', component: name }] }),
      () => servicePath(BASE, { service: name, method: 'Check' }),
      () => servicePath(BASE, { service: 'Credit Check', method: name }),
      () => workflowPath(BASE, name),
      () => describePath(BASE, { businessObject: name, businessComponent: 'Account' }),
      () => describePath(BASE, { ...ACCOUNT, below: [name] }),
      () => describePath(BASE, { service: name }),
      () => describePath(BASE, { service: 'Credit Check', method: name }),
    ];

    expect(places.map(codeOf)).toEqual(places.map(() => 'CONFIGURATION'));
  });

  it('names no value in its refusal', () => {
    expect(() => dataPath(BASE, ACCOUNT, 'canary/1')).not.toThrow(/canary/);
    expect(() => workflowPath(BASE, 'canary/1')).not.toThrow(/canary/);
  });
});

describe('other paths', () => {
  it('lead to services, workflows and metadata', () => {
    expect(servicePath(BASE, { service: 'Siebel Account', method: 'SiebelAccountQueryById' })).toBe(
      '/siebel/v1.0/service/Siebel%20Account/SiebelAccountQueryById',
    );
    expect(workflowPath(BASE, 'Close Request')).toBe('/siebel/v1.0/workflow/Close%20Request');
    expect(describePath(BASE, { catalogue: 'data' })).toBe('/siebel/v1.0/data/describe');
    expect(describePath(BASE, ACCOUNT)).toBe('/siebel/v1.0/data/Account/Account/describe');
    expect(describePath(BASE, { ...ACCOUNT, below: ['Contact'] })).toBe(
      '/siebel/v1.0/data/Account/Account/%7Bkey%7D/Contact/describe',
    );
    expect(describePath(BASE, { service: 'Credit Check' })).toBe('/siebel/v1.0/service/Credit%20Check/describe');
    expect(describePath(BASE, { service: 'Credit Check', method: 'Check' })).toBe(
      '/siebel/v1.0/service/Credit%20Check/Check/describe',
    );
  });
});

describe('every path', () => {
  const alphabet = [...'aZ09+-._~!$&\'()*,;=:@%/\\?#[]{} "\n\0é顧', '..', '%2e', '%2F', '%5c', '%00', '%25', '\ud800'];
  const anything = fc.oneof(
    fc.array(fc.constantFrom(...alphabet), { maxLength: 8 }).map((parts) => parts.join('')),
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.constantFrom(...BAD_IDS, ...BAD_NAMES),
    // Mostly legal, so that enough paths are built.
    { weight: 3, arbitrary: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9+._-]{0,29}$/) },
    { weight: 4, arbitrary: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9 #&%()+.,'-]{0,20}[a-z]$/) },
  );
  type Built = readonly [build: () => string, segments: readonly string[]];
  const paths: fc.Arbitrary<Built> = fc.tuple(fc.nat(5), anything, anything, anything).map(([kind, a, b, c]): Built => {
    switch (kind) {
      case 0:
        return [() => dataPath(BASE, { businessObject: a, businessComponent: b }, c), ['data', a, b, c]];
      case 1:
        return [
          () => dataPath(BASE, { ...ACCOUNT, below: [{ id: a, component: b }] }, c),
          ['data', 'Account', 'Account', a, b, c],
        ];
      case 2:
        return [
          () =>
            dataPath(BASE, {
              ...ACCOUNT,
              below: [
                { id: '1', component: a },
                { id: b, component: c },
              ],
            }),
          ['data', 'Account', 'Account', '1', a, b, c],
        ];
      case 3:
        return [() => servicePath(BASE, { service: a, method: b }), ['service', a, b]];
      case 4:
        return [() => workflowPath(BASE, a), ['workflow', a]];
      default:
        return [
          () => describePath(BASE, { businessObject: a, businessComponent: b, below: [c] }),
          ['data', a, b, '{key}', c, 'describe'],
        ];
    }
  });

  it('consists of the very segments that were given, each decoded once, or there is none (10 000 runs)', () => {
    let built = 0;
    fc.assert(
      fc.property(paths, ([build, segments]) => {
        let path = '';
        const code = codeOf(() => {
          path = build();
        });
        if (code !== undefined) {
          expect(code).toMatch(/^(BAD_KEY|CONFIGURATION)$/);
          return;
        }

        built += 1;
        const parsed = new URL(path, 'https://siebel.example:9001');
        expect([parsed.host, parsed.pathname, parsed.search, parsed.hash]).toEqual([
          'siebel.example:9001',
          path,
          '',
          '',
        ]);
        expect(segmentsOf(path)).toEqual(['siebel', 'v1.0', ...segments]);
        // Nothing in it, for a server that decodes once more than it should either.
        expect(segments.filter((segment) => /^\.*$|[/\\\p{Cc}]|%[0-9a-f]{2}/iu.test(segment))).toEqual([]);
      }),
      { numRuns: 10_000 },
    );
    expect(built).toBeGreaterThan(1_000);
  });
});

describe('isRecordId and isSegment', () => {
  it('accept what Siebel uses', () => {
    expect(['1-2AB+7', '0CR-1Z', '42-ABC.1', 'a_b'].every(isRecordId)).toBe(true);
    expect(
      [
        'Account',
        'Order Entry (Sales)',
        'Order Entry - Orders',
        "Person's Cars",
        'SR #',
        'Rabatt 5%',
        'Größe',
        '顧客',
      ].every(isSegment),
    ).toBe(true);
  });

  it('take linear time on long hostile text', () => {
    const workMs = cpuMsOf(() => {
      isRecordId(`${'1-'.repeat(500_000)}/`);
      isSegment(`${'a '.repeat(500_000)}/`);
      isSegment(`a${'%'.repeat(1_000_000)}`);
    });
    expect(workMs).toBeLessThan(250);
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

  it('refuses half of a character pair, which no URL can hold', () => {
    expect(codeOf(() => queryString([['PrimaryRowId', 'a\ud83d']]))).toBe('BAD_CHARACTER');
  });

  it('gives back every parameter to a server that decodes it once', () => {
    const parameter = fc.tuple(fc.string({ unit: 'grapheme', minLength: 1 }), fc.string({ unit: 'grapheme' }));
    fc.assert(
      fc.property(fc.array(parameter, { minLength: 1 }), (parameters) => {
        const read = queryString(parameters)
          .split('&')
          .map((pair) => pair.split('=').map(decoded));
        expect(read).toEqual(parameters);
      }),
    );
  });
});

describe('requestTarget', () => {
  const parameters = [
    ['PageSize', '10'],
    ['ViewMode', 'All'],
    ['__proto__', 'x'],
  ] as const;

  it('puts path and parameters together', () => {
    expect(requestTarget('/x', parameters)).toBe('/x?PageSize=10&ViewMode=All&__proto__=x');
    expect(requestTarget('/x', [])).toBe('/x');
  });

  it('uses the names that administrators have given to parameters', () => {
    expect(requestTarget('/x', parameters, { parameterNames: { PageSize: 'page limit' } })).toBe(
      '/x?page%20limit=10&ViewMode=All&__proto__=x',
    );
    const inherited = Object.create({ ViewMode: 'inherited' });
    expect(requestTarget('/x', parameters, { parameterNames: inherited })).toBe(
      '/x?PageSize=10&ViewMode=All&__proto__=x',
    );
  });

  it('refuses an address over the limit, and says how long it is', () => {
    const long = [['searchspec', 'x'.repeat(7_986)]] as const;

    expect(requestTarget('/x', long)).toHaveLength(8_000);
    expect(codeOf(() => requestTarget('/xy', long))).toBe('TOO_LONG');
    expect(() => requestTarget('/xy', long)).toThrow(/has 8001 characters, and 8000 are allowed/);
    expect(codeOf(() => requestTarget('/x', parameters, { maxUrlLength: 20 }))).toBe('TOO_LONG');
  });
});
