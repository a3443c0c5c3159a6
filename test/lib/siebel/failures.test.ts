import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IntegrationError, SiebelResponseError, UnusableResponseError } from '../../../lib/errors.ts';
import { contentOf } from '../../../lib/siebel/answers.ts';
import { classifyFailure, failureInSuccess, failureText } from '../../../lib/siebel/failures.ts';
import { cpuMsOf } from '../../support/cpu-time.ts';

function classify(status: number, body: unknown) {
  const result = classifyFailure(status, failureText(body));
  return result === 'no-data' ? result : [result.code, result.failureClass];
}

const error = (text: string) => ({ ERROR: text });

// Typed from the failure table of docs/reliability.md, not from the code.
const BY_CODE: [code: string, status: number, expected: unknown][] = [
  ...['SBL-EAI-04381', 'SBL-EAI-04383', 'SBL-DAT-00381', 'SBL-DAT-00382'].flatMap(
    (code): [string, number, unknown][] => [
      [code, 409, ['SIEBEL_CONFLICT', 'message']],
      [code, 500, ['SIEBEL_CONFLICT', 'message']],
    ],
  ),
  ...[
    'SBL-EAI-04389',
    'SBL-EAI-04390',
    'SBL-EAI-04397',
    'SBL-EAI-04401',
    'SBL-EAI-04403',
    'SBL-DAT-00225',
    'SBL-DAT-00359',
    'SBL-DAT-00498',
    'SBL-DAT-00500',
    'SBL-DAT-00501',
    'SBL-DAT-00521',
  ].map((code): [string, number, unknown] => [code, 500, ['SIEBEL_VALIDATION', 'message']]),
  ...[
    'SBL-DAT-00278',
    'SBL-DAT-00279',
    'SBL-DAT-00284',
    'SBL-DAT-00510',
    'SBL-DAT-00542',
    'SBL-DAT-00553',
    'SBL-DAT-00825',
    'SBL-EAI-04421',
  ].map((code): [string, number, unknown] => [code, 403, ['FORBIDDEN', 'message']]),
  ...['SBL-EXL-00151', 'SBL-EXL-99999', 'SBL-APS-00802', 'SBL-IAI-00519'].map((code): [string, number, unknown] => [
    code,
    500,
    ['SIEBEL_BUSINESS', 'message'],
  ]),
  ...[
    'SBL-EAI-50238',
    'SBL-EAI-50257',
    'SBL-EAI-50258',
    'SBL-EAI-50297',
    'SBL-DAT-00144',
    'SBL-DAT-00222',
    'SBL-DAT-00398',
    'SBL-DAT-00416',
  ].map((code): [string, number, unknown] => [code, 500, ['SIEBEL_CONFIGURATION', 'configuration']]),
  ...[
    'SBL-DAT-00523',
    'SBL-EAI-05001',
    'SBL-UIF-00880',
    'SBL-XYZ-12345',
    'SBL-EAI-04451',
    'SBL-BPR-00162',
    'SBL-EAI-04376',
  ].map((code): [string, number, unknown] => [code, 503, ['SIEBEL_UNAVAILABLE', 'environment']]),
  ['SBL-EAI-04378', 404, 'no-data'],
  ['SBL-EAI-04378', 400, 'no-data'],
  ['SBL-CMI-00122', 500, 'no-data'],
];

describe('classifyFailure', () => {
  it.each(BY_CODE)('decides by %s before HTTP %d', (code, status, expected) => {
    expect(classify(status, error(`Something happened.(${code})`))).toEqual(expected);
  });

  it.each([
    [400, ['SIEBEL_UNAVAILABLE', 'environment']],
    [403, ['SIEBEL_CONFIGURATION', 'configuration']],
    [404, ['SIEBEL_CONFIGURATION', 'configuration']],
    [405, ['SIEBEL_CONFIGURATION', 'configuration']],
    [406, ['SIEBEL_CONFIGURATION', 'configuration']],
    [409, ['SIEBEL_CONFLICT', 'message']],
    [413, ['TOO_LARGE', 'message']],
    [414, ['TOO_LARGE', 'message']],
    [415, ['SIEBEL_CONFIGURATION', 'configuration']],
    [429, ['SIEBEL_UNAVAILABLE', 'environment']],
    [500, ['SIEBEL_UNAVAILABLE', 'environment']],
    [502, ['SIEBEL_UNAVAILABLE', 'environment']],
    [503, ['SIEBEL_UNAVAILABLE', 'environment']],
    [504, ['SIEBEL_UNAVAILABLE', 'environment']],
  ])('decides by HTTP %d when there is no code', (status, expected) => {
    expect(classify(status, '<html><title>HTTP Status – Error</title></html>')).toEqual(expected);
    expect(classify(status, '')).toEqual(expected);
  });

  it('tells a refusal of Siebel from one of a gateway (F51)', () => {
    expect(classify(403, error('You do not have access.(SBL-DAT-00825)'))).toEqual(['FORBIDDEN', 'message']);
    expect(classify(403, 'IP address 203.0.113.7 is not allowed')).toEqual(['SIEBEL_CONFIGURATION', 'configuration']);
  });

  it.each([
    'There is no data for the requested resource',
    'There is no data for the requested resource.',
    'THERE IS NO DATA FOR THE REQUESTED RESOURCE',
  ])('takes %j with HTTP 404 for no data (F52)', (text) => {
    expect(classify(404, error(text))).toBe('no-data');
    // A plain text is no answer of a data resource.
    expect(classify(404, text)).toEqual(['SIEBEL_CONFIGURATION', 'configuration']);
  });

  it('never takes another 404 for no data (F53)', () => {
    expect(classify(404, error('Invalid business component name Acount'))).toEqual([
      'SIEBEL_CONFIGURATION',
      'configuration',
    ]);
    expect(classify(404, error('There is no data for the requested resource(SBL-EAI-50257)'))).toEqual([
      'SIEBEL_CONFIGURATION',
      'configuration',
    ]);
  });

  it('never takes a failing server for no data', () => {
    expect(classify(500, error('There is no data for the requested resource'))).toEqual([
      'SIEBEL_UNAVAILABLE',
      'environment',
    ]);
  });

  it('finds the root cause in the last block, past the wrappers', () => {
    const nested =
      "Method 'Post' failed in 'Acme Flow'.(SBL-BPR-00162)\n--\nDue Date is too late.(SBL-DAT-00521)(SBL-EAI-04376)";
    expect(classifyFailure(500, failureText(error(nested)))).toMatchObject({
      code: 'SIEBEL_VALIDATION',
      siebelCodes: ['SBL-BPR-00162', 'SBL-DAT-00521', 'SBL-EAI-04376'],
    });
    expect(classify(500, error('Outer.(SBL-EAI-05001)\n--\nRoot.(SBL-DAT-00825)'))).toEqual(['FORBIDDEN', 'message']);
    expect(classify(500, error('Root.(SBL-DAT-00825)\n--\nOnly wrapped.(SBL-EAI-04376)'))).toEqual([
      'FORBIDDEN',
      'message',
    ]);
    expect(classify(500, error('(SBL-DAT-00498)(SBL-EAI-04389)'))).toEqual(['SIEBEL_VALIDATION', 'message']);
    expect(classify(500, error('(SBL-EAI-04389)(SBL-DAT-00825)'))).toEqual(['FORBIDDEN', 'message']);
    expect(classify(500, error('(SBL-EAI-04376)(SBL-EAI-04389)'))).toEqual(['SIEBEL_VALIDATION', 'message']);
    expect(classify(500, { errorCode: 'SBL-DAT-00825', detail: 'Outer.(SBL-DAT-00498)' })).toEqual([
      'FORBIDDEN',
      'message',
    ]);
  });

  it('reads the problem format, Error Code and renamed members', () => {
    expect(
      classify(500, { type: 'x', title: 'Failed', status: 500, detail: 'No.', errorCode: 'SBL-DAT-00498' }),
    ).toEqual(['SIEBEL_VALIDATION', 'message']);
    expect(classify(200, { 'Error Code': '(SBL-BPR-00162)--(SBL-DAT-00825)', 'Error Message': 'No.' })).toEqual([
      'FORBIDDEN',
      'message',
    ]);
    expect(classify(500, { message: 'success', error: 'Refused.(SBL-DAT-00498)' })).toEqual([
      'SIEBEL_VALIDATION',
      'message',
    ]);
  });

  it('takes a session that could not be opened for a passing failure, without a code', () => {
    expect(classify(500, error('Could not open a session in 4 attempts.'))).toEqual([
      'SIEBEL_UNAVAILABLE',
      'environment',
    ]);
  });

  it('reads a long text at its beginning and its end, in linear time', () => {
    const long = `${'SBL-'.repeat(500_000)}\n--\nRoot.(SBL-DAT-00825)`;
    const workMs = cpuMsOf(() => expect(classify(500, error(long))).toEqual(['FORBIDDEN', 'message']));
    expect(workMs).toBeLessThan(250);
  });

  it('carries nothing of the text into its error', () => {
    const failure = classifyFailure(500, failureText(error('Name "Canary Ltd" is taken.(SBL-DAT-00498)')));
    expect(failure).toBeInstanceOf(SiebelResponseError);
    expect(String(failure)).not.toContain('Canary');
  });

  it.each(['SBL-EAI-50258', 'SBL-DAT-00416'])(
    'says where a field is declared that Siebel does not know (%s)',
    (code) => {
      const text = failureText(error(`Field 'Canary' does not exist.(${code})`));
      expect(classifyFailure(500, text, { component: 'Account/Account' })).toMatchObject({
        code: 'SIEBEL_CONFIGURATION',
        message: `Siebel does not know a field of Account/Account: a field name in siebel.config.ts is probably wrong, or searches know the field by another, for searchedAs (HTTP 500, ${code})`,
      });
    },
  );

  it('names a component that Siebel does not know or show', () => {
    const about = { component: 'Account/Acount' };
    for (const [status, text] of [
      [500, 'No such component Canary.(SBL-EAI-50257)'],
      [404, 'Invalid business component name Canary'],
    ] as const) {
      const failure = classifyFailure(status, failureText(error(text)), about);
      expect(failure).toMatchObject({
        code: 'SIEBEL_CONFIGURATION',
        message: expect.stringContaining('Account/Acount'),
      });
      expect(String(failure)).not.toContain('Canary');
    }
  });

  it('says who answered', () => {
    const spoken = (status: number, body: unknown) => {
      const result = classifyFailure(status, failureText(body));
      return result === 'no-data' ? result : [result.answeredBy, String(result.message).split(' (')[0]];
    };

    expect(spoken(500, error('No.(SBL-DAT-00498)'))).toEqual(['siebel', 'Siebel refused the values']);
    expect(spoken(500, error('Something'))).toEqual(['siebel', 'Siebel failed without a reason that is known']);
    expect(spoken(503, '<!doctype html><title>HTTP Status 503 – Service Unavailable</title>')).toEqual([
      'servlet-container',
      "Siebel's servlet container failed without a reason that is known",
    ]);
    expect(spoken(403, 'IP address 203.0.113.7 is not allowed')).toEqual([
      'gateway',
      'something in front of Siebel forbids the call without a code of Siebel',
    ]);
    expect(spoken(429, '')).toEqual(['unknown', 'Siebel, or something in front of it, asks for fewer requests']);
  });

  it('hands on the first and the last of very many codes', () => {
    const codes = Array.from({ length: 99 }, (_, index) => `(SBL-XXX-${String(index).padStart(5, '0')})`).join('');
    const result = classifyFailure(500, failureText(error(codes)));
    expect(result).toMatchObject({ siebelCodes: { length: 16 } });
    expect((result as SiebelResponseError).siebelCodes.slice(7, 9)).toEqual(['SBL-XXX-00007', 'SBL-XXX-00091']);
  });

  it('takes what its owner has declared a failure for a refusal of the business, unless a known code says otherwise', () => {
    const declared = (body: unknown) => classifyFailure(200, failureText(body), { declared: true });
    expect(declared({ Status: 'ERROR' })).toMatchObject({ code: 'SIEBEL_BUSINESS', failureClass: 'message' });
    expect(declared({ message: '(SBL-XYZ-12345)' })).toMatchObject({ code: 'SIEBEL_BUSINESS' });
    expect(declared({ message: '(SBL-EAI-05001)' })).toMatchObject({ code: 'SIEBEL_UNAVAILABLE' });
    expect(declared({ message: 'Could not open a session in 4 attempts.' })).toMatchObject({
      code: 'SIEBEL_UNAVAILABLE',
    });
  });
});

/** What may stand in a failure: members of Siebel and of proxies, codes known and unknown, words that decide, and anything. */
const textParts = fc.oneof(
  fc.string(),
  fc.constantFrom(
    '(SBL-DAT-00498)',
    'SBL-XXX-00000',
    '(SBL-EAI-04376)',
    '(SBL-EAI-04378)',
    '\n--\n',
    '--',
    '(SBL-',
    'There is no data for the requested resource',
    'Could not open a session in 4 attempts.',
    '<html>',
    '<response><ERROR>',
    '</ERROR>',
    '<![CDATA[',
    '{"ERROR":"',
    '"}',
    '\ufeff',
    '\ud800',
  ),
);
const texts = fc.array(textParts, { maxLength: 6 }).map((parts) => parts.join(''));
const bodies = fc.oneof(
  fc.dictionary(
    fc.constantFrom(
      'ERROR',
      'error',
      'message',
      'Error Code',
      'errorCode',
      'detail',
      'title',
      'x',
      '__proto__',
      'items',
    ),
    fc.oneof(texts, fc.integer(), fc.constant(null), fc.jsonValue({ maxDepth: 2 })),
  ),
  texts,
  fc.jsonValue(),
);
const CLASS_OF = {
  SIEBEL_UNAVAILABLE: 'environment',
  SIEBEL_VALIDATION: 'message',
  SIEBEL_BUSINESS: 'message',
  SIEBEL_CONFLICT: 'message',
  SIEBEL_CONFIGURATION: 'configuration',
  FORBIDDEN: 'message',
  TOO_LARGE: 'message',
} as const;
/** All that a message may hold: our own sentences, the status, codes. */
const OUR_WORDS =
  /^(?:Siebel|Siebel's servlet container|something in front of Siebel|Siebel, or something in front of it,) [a-z][A-Za-z0-9 :,._-]* \(HTTP \d{3}(?:, SBL-[A-Z]{3}-\d{5})*\)$/;

describe('codes that a text quotes', () => {
  it.each<[string, unknown]>([
    ["Value 'x (SBL-EAI-50297) y' is not valid.(SBL-EAI-04401)", ['SIEBEL_VALIDATION', 'message']],
    ["Value 'x (SBL-EAI-50297)' is not valid.(SBL-EAI-04401)(SBL-EAI-04376)", ['SIEBEL_VALIDATION', 'message']],
    ["Value 'x\n--\nSBL-DAT-00416 y' is not valid.(SBL-EAI-04401)", ['SIEBEL_VALIDATION', 'message']],
    ["Value 'x\n--\nSBL-DAT-00416\n--\n' is not valid.(SBL-EAI-04401)", ['SIEBEL_VALIDATION', 'message']],
    ["Value 'SBL-EAI-05001' is not valid.(SBL-EAI-04401)", ['SIEBEL_VALIDATION', 'message']],
    ["Value '(SBL-EAI-04378)' is not valid.(SBL-EAI-04401) ", ['SIEBEL_VALIDATION', 'message']],
    ["Failed.(SBL-EAI-04376)\n--\nValue '(SBL-EAI-50297)' is bad.(SBL-DAT-00498)", ['SIEBEL_VALIDATION', 'message']],
    ["Invalid value 'x (SBL-EAI-05001)--SBL-' for a field.(SBL-EAI-04389)", ['SIEBEL_VALIDATION', 'message']],
    ["Invalid value 'x (SBL-EAI-50297)\n--\n' for a field.(SBL-EAI-04389)", ['SIEBEL_VALIDATION', 'message']],
    ["Invalid value 'x (SBL-EAI-04378)\n--\n' for a field.(SBL-EAI-04389)", ['SIEBEL_VALIDATION', 'message']],
    // Beside a wrapper a code inside may say why the values were refused.
    ["Failed.(SBL-BPR-00162)\n--\n'X' is required (SBL-DAT-00498) [17]", ['SIEBEL_VALIDATION', 'message']],
    ["Failed.(SBL-BPR-00162)\n--\n'(SBL-EAI-50297)' is odd", ['SIEBEL_UNAVAILABLE', 'environment']],
    // Nothing but the quoted code: it is better than none, except that it never says that there is nothing.
    ['Value SBL-DAT-00498 is not valid', ['SIEBEL_VALIDATION', 'message']],
    ["Value '(SBL-EAI-04378)' is not valid", ['SIEBEL_UNAVAILABLE', 'environment']],
  ])('do not decide: %j', (text, expected) => {
    expect(classify(500, error(text))).toEqual(expected);
  });

  it.each(['<html><body>(SBL-EAI-04378)</body></html>', 'There is none.(SBL-EAI-04378)'])(
    'are no answer of a data resource on a page or in a plain text: %j',
    (body) => {
      expect(classify(502, body)).toEqual(['SIEBEL_UNAVAILABLE', 'environment']);
    },
  );
});

describe('"no data" for a service', () => {
  it('is a failure that carries the codes, and none for a data resource', () => {
    const text = failureText(error('No.(SBL-BPR-00162)--(SBL-CMI-00122)'));
    expect(classifyFailure(500, text)).toBe('no-data');
    expect(classifyFailure(500, text, { component: 'Credit Check.Check', ofService: true })).toMatchObject({
      code: 'NOT_FOUND',
      failureClass: 'message',
      message: 'Siebel has no record for Credit Check.Check (HTTP 500, SBL-BPR-00162, SBL-CMI-00122)',
      siebelCodes: ['SBL-BPR-00162', 'SBL-CMI-00122'],
    });
  });
});

describe('every status with every body', () => {
  it('has exactly one result, whose words are all ours', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 599 }), bodies, fc.boolean(), (status, body, declared) => {
        const result = classifyFailure(status, failureText(body), { declared });
        if (result === 'no-data') return;
        expect(result).toBeInstanceOf(SiebelResponseError);
        expect(result.failureClass).toBe(CLASS_OF[result.code as keyof typeof CLASS_OF]);
        expect(result.retryable).toBe(result.failureClass === 'environment');
        expect(result.message).toMatch(OUR_WORDS);
        expect(result.cause).toBeUndefined();
        if (status >= 500 && result.siebelCodes.length === 0 && !declared)
          expect(result.failureClass).toBe('environment');
      }),
      { numRuns: 10_000 },
    );
  });

  it('is one of three from the bytes on, under any content type: content, no data, one error of ours', () => {
    const types = fc.constantFrom(
      '',
      'application/json',
      'application/json;charset=iso-8859-1',
      'application/problem+json',
      'text/html;charset=utf-8',
      'text/plain; charset="utf-16le"',
      'application/xml; charset=no-such-charset',
    );
    const bytes = fc.oneof(
      bodies.map((body) => Buffer.from(typeof body === 'string' ? body : (JSON.stringify(body) ?? ''))),
      fc.uint8Array({ maxLength: 40 }).map((values) => Buffer.from(values)),
    );
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 599 }), types, bytes, (status, type, body) => {
        const response = { status, headers: type === '' ? {} : { 'content-type': type }, body, durationMs: 1 };
        try {
          const content = contentOf(response, { now: () => 0 }, 'Account/Account', { Status: ['OK'] });
          if (content !== 'no-data') expect(status >= 200 && status < 300).toBe(true);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(IntegrationError);
          expect(thrown instanceof SiebelResponseError || thrown instanceof UnusableResponseError).toBe(true);
          expect((thrown as Error).cause).toBeUndefined();
        }
      }),
      { numRuns: 10_000 },
    );
  });
});

describe('failureInSuccess', () => {
  it.each([
    [{ ERROR: 'x' }, true],
    [{ 'Error Code': 'WF_ERR_1' }, true],
    [{ 'Error Code': '', 'Error Message': '' }, false],
    [{ Id: '1-1', 'Error Code': '42' }, false],
    [{ items: [] }, false],
    [[], false],
    [null, false],
    ['ERROR', false],
  ])('sees in %j: %s (R45)', (body, failed) => {
    expect(failureInSuccess(body) !== undefined).toBe(failed);
  });

  it.each([
    { ERROR: 'x' },
    { 'Error Code': 'WF_ERR_1' },
    { errorCode: '7', message: 'No.' },
    { Status: 'ERROR' },
    { items: { Status: 'ERROR' } },
  ])('is said by Siebel, as nobody in front of it speaks so: %j', (body) => {
    const members = { errorCode: [''], Status: ['OK'] };
    expect(failureInSuccess(body, members)?.text.answeredBy).toBe('siebel');
  });
});
