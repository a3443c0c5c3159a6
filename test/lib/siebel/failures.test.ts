import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SiebelResponseError } from '../../../lib/errors.ts';
import { classifyFailure, failureInSuccess, failureText } from '../../../lib/siebel/failures.ts';

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
    'SBL-DAT-00398',
    'SBL-DAT-00498',
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
  ...['SBL-EXL-00151', 'SBL-APS-00802', 'SBL-IAI-00519'].map((code): [string, number, unknown] => [
    code,
    500,
    ['SIEBEL_BUSINESS', 'message'],
  ]),
  ...['SBL-EAI-50238', 'SBL-EAI-50257', 'SBL-EAI-50258', 'SBL-EAI-50297', 'SBL-DAT-00416'].map(
    (code): [string, number, unknown] => [code, 500, ['SIEBEL_CONFIGURATION', 'configuration']],
  ),
  ...['SBL-EAI-05001', 'SBL-UIF-00880', 'SBL-XYZ-12345', 'SBL-BPR-00162', 'SBL-EAI-04376'].map(
    (code): [string, number, unknown] => [code, 503, ['SIEBEL_UNAVAILABLE', 'environment']],
  ),
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
    expect(classify(404, text)).toBe('no-data');
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
    const startedMs = performance.now();
    expect(classify(500, error(long))).toEqual(['FORBIDDEN', 'message']);
    expect(performance.now() - startedMs).toBeLessThan(250);
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
        message: `Siebel does not know a field of Account/Account: a field name in siebel.config.ts is probably wrong (HTTP 500, ${code})`,
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

  it('gives every answer exactly one class, and no success for a failure', () => {
    const members = fc.dictionary(
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
      fc.oneof(
        fc.string(),
        fc.constantFrom('(SBL-DAT-00498)', 'SBL-XXX-00000', '\n--\n', 'There is no data for the requested resource'),
        fc.integer(),
        fc.constant(null),
      ),
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 100, max: 599 }),
        fc.oneof(members, fc.string(), fc.jsonValue()),
        (status, body) => {
          const result = classifyFailure(status, failureText(body));
          if (result === 'no-data') return;
          expect(['message', 'environment', 'configuration']).toContain(result.failureClass);
          if (status >= 500 && result.siebelCodes.length === 0) expect(result.failureClass).toBe('environment');
        },
      ),
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
});
