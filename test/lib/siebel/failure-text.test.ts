import { describe, expect, it } from 'vitest';
import { failureText, failureTextOf } from '../../../lib/siebel/failure-text.ts';
import { cpuMsOf } from '../../support/cpu-time.ts';

const HTML = 'text/html;charset=utf-8';
const JSON_TYPE = 'application/json;charset=UTF-8';
const TOMCAT =
  '<!doctype html><html lang="en"><head><title>HTTP Status 500 – Internal Server Error</title></head><body><h1>HTTP Status 500 – Internal Server Error</h1><hr class="line" /><p><b>Type</b> Exception Report</p></body></html>';
const NO_DATA = 'There is no data for the requested resource';

function told(body: string | Buffer | object, type: string | undefined = JSON_TYPE) {
  const isText = typeof body === 'string' || Buffer.isBuffer(body);
  const { codes, answeredBy, saysNoData } = failureTextOf({
    headers: type === undefined ? {} : { 'content-type': type },
    body: Buffer.from(isText ? (body as string) : JSON.stringify(body)),
  });
  return { codes, answeredBy, saysNoData };
}
const siebel = (...codes: string[]) => ({ codes, answeredBy: 'siebel', saysNoData: false });
const other = (answeredBy: string) => ({ codes: [], answeredBy, saysNoData: false });

describe('failureTextOf', () => {
  it.each([
    ['a full stop before the code', 'Field is required.(SBL-DAT-00498)'],
    ['no full stop', 'Field is required(SBL-DAT-00498)'],
    ['no parentheses', 'Field is required SBL-DAT-00498'],
    ['the code twice', '(SBL-DAT-00498)(SBL-DAT-00498) SBL-DAT-00498'],
  ])('finds the code of ERROR with %s', (_what, text) =>
    expect(told({ ERROR: text })).toEqual(siebel('SBL-DAT-00498')),
  );

  it('finds ERROR printed without braces', () => {
    expect(told('"ERROR":"Field is required.(SBL-DAT-00498)"')).toEqual(siebel('SBL-DAT-00498'));
    expect(told(`"ERROR": "${NO_DATA}"`)).toEqual({ codes: [], answeredBy: 'siebel', saysNoData: true });
  });

  it('finds glued codes in their order', () => {
    expect(told({ ERROR: 'a(SBL-BPR-00162)\n--\nb.(SBL-DAT-00521)(SBL-EAI-04376)' })).toEqual(
      siebel('SBL-BPR-00162', 'SBL-DAT-00521', 'SBL-EAI-04376'),
    );
    expect(told({ ERROR: 'SBL-DAT-00521SBL-EAI-04376' })).toEqual(siebel('SBL-DAT-00521', 'SBL-EAI-04376'));
  });

  it('parts blocks at a line of two hyphens, and codes alone at the hyphens', () => {
    const blocks = (text: string) => failureText({ ERROR: text }).blocks.map((block) => block.trim());
    expect(blocks('a\n--\nb\r\n--\r\nc')).toEqual(['a', 'b', 'c']);
    expect(blocks('a--b ---- c')).toEqual(['a--b ---- c']);
    expect(failureText({ 'Error Code': '(SBL-BPR-00162)--(SBL-DAT-00825)' }).blocks).toEqual([
      '(SBL-BPR-00162)',
      '(SBL-DAT-00825)',
    ]);
    expect(failureText({ 'Error Code': 'SBL-BPR-00162--SBL-DAT-00825' }).blocks).toEqual([
      'SBL-BPR-00162',
      'SBL-DAT-00825',
    ]);
  });

  it('takes nothing else for a code', () => {
    for (const text of ['SBL-DAT-0049', 'SBL-DAT-004981', 'sbl-dat-00498', 'SBL-DATA-00498', 'SBL DAT 00498']) {
      expect(told({ ERROR: text }).codes).toEqual([]);
    }
  });

  it('reads the problem format', () => {
    const problem = { type: 'x', title: 'Conflict', status: 409, detail: 'a\n--\nb', errorCode: 'SBL-EAI-04383' };
    expect(told(problem, 'application/problem+json;charset=utf-8')).toEqual(siebel('SBL-EAI-04383'));
    const noData = { type: 'x', title: 'Not Found', status: 404, detail: NO_DATA };
    expect(told(noData, 'application/problem+json')).toMatchObject({ answeredBy: 'siebel', saysNoData: true });
    expect(told({ type: 'about:blank', title: 'Forbidden', status: 403 }, 'application/problem+json')).toEqual(
      other('gateway'),
    );
  });

  it.each([
    [{ message: 'success', ERROR: 'No.(SBL-DAT-00498)' }],
    [{ error: 'No.(SBL-DAT-00498)' }],
    [{ error_message: 'No.(SBL-DAT-00498)' }],
    [{ Error: { code: 'SBL-DAT-00498', message: 'No.' } }],
    [{ error: [{ message: 'No.(SBL-DAT-00498)' }] }],
    [[{ ERROR: 'No.(SBL-DAT-00498)' }]],
  ])('finds the code in %j, whatever a proxy has made of it', (body) =>
    expect(told(body)).toEqual(siebel('SBL-DAT-00498')),
  );

  it.each([
    ['an error', '<response><ERROR>No.(SBL-DAT-00498)</ERROR></response>', siebel('SBL-DAT-00498')],
    [
      'a declaration, blanks and references',
      `<?xml version="1.0" encoding="UTF-8"?>\n<response>\n  <error>&lt;No.&gt;(SBL-EAI-04397)</error>\n</response>`,
      siebel('SBL-EAI-04397'),
    ],
    [
      'character data',
      '<response><ERROR><![CDATA[(SBL-DAT-00498) a > b]]></ERROR></response>',
      siebel('SBL-DAT-00498'),
    ],
    [
      'no data',
      `<?xml version="1.0"?><response><ERROR>${NO_DATA}.</ERROR></response>`,
      { codes: [], answeredBy: 'siebel', saysNoData: true },
    ],
    ['an error without a code', '<response><ERROR>Canary</ERROR></response>', other('siebel')],
    ['an error of somebody else', '<Error><Code>AccessDenied</Code></Error>', other('gateway')],
    ['an end that is missing', '<response><ERROR>No.(SBL-DAT-00498)', siebel('SBL-DAT-00498')],
  ])('reads XML with %s', (_what, body, expected) =>
    expect(told(body, 'application/xml;charset=utf-8')).toEqual(expected),
  );

  it('finds the last block in XML', () => {
    const body = Buffer.from('<response><ERROR>a(SBL-BPR-00162)\n--\nb(SBL-DAT-00521)</ERROR></response>');
    expect(failureTextOf({ headers: { 'content-type': 'text/xml' }, body }).blocks).toEqual([
      'a(SBL-BPR-00162)',
      'b(SBL-DAT-00521)',
    ]);
  });

  it("tells the servlet container's page from a gateway's", () => {
    expect(told(TOMCAT, HTML)).toEqual(other('servlet-container'));
    expect(told('<html><body><h1>502 Bad Gateway</h1></body></html>', HTML)).toEqual(other('gateway'));
    expect(told('IP address 203.0.113.7 is not allowed', 'text/plain')).toEqual(other('gateway'));
    expect(told({ message: 'Forbidden' })).toEqual(other('gateway'));
  });

  it.each([[''], ['  \n'], ['{}'], ['[]'], ['{"x":"y"}']])('knows nobody by the body %j', (body) =>
    expect(told(body)).toEqual(other('unknown')),
  );

  it('never takes a page for no data, whatever it says', () => {
    expect(told(`<html><body>${NO_DATA}</body></html>`, HTML).saysNoData).toBe(false);
    expect(told(`<html><body>${NO_DATA}</body></html>`).saysNoData).toBe(false);
    expect(told(NO_DATA, HTML).saysNoData).toBe(false);
    expect(told({ ERROR: NO_DATA }, HTML).saysNoData).toBe(false);
    expect(told({ ERROR: `${NO_DATA} of Acme` }).saysNoData).toBe(false);
  });

  it.each([
    ['JSON said to be HTML', { ERROR: 'No.(SBL-DAT-00498)' }, HTML, siebel('SBL-DAT-00498')],
    ['JSON without a type', { ERROR: 'No.(SBL-DAT-00498)' }, undefined, siebel('SBL-DAT-00498')],
    ['HTML said to be JSON', TOMCAT, JSON_TYPE, other('servlet-container')],
    ['XML said to be JSON', '<response><ERROR>(SBL-DAT-00498)</ERROR></response>', JSON_TYPE, siebel('SBL-DAT-00498')],
    ['text said to be JSON', 'No.(SBL-DAT-00498)', JSON_TYPE, siebel('SBL-DAT-00498')],
    ['JSON that is cut', '{"ERROR":"No.(SBL-DAT-00498)', JSON_TYPE, siebel('SBL-DAT-00498')],
  ])('is not misled by %s', (_what, body, type, expected) => expect(told(body, type)).toEqual(expected));

  it('reads other charsets, a byte order mark, and bytes that are none', () => {
    const text = 'Straße fehlt.(SBL-DAT-00498)';
    const utf16 = Buffer.from(JSON.stringify({ ERROR: text }), 'utf16le');
    expect(told(utf16, 'application/json; charset=utf-16le')).toEqual(siebel('SBL-DAT-00498'));
    expect(told(Buffer.from(JSON.stringify({ ERROR: text }), 'latin1'), 'application/json;charset=iso-8859-1')).toEqual(
      siebel('SBL-DAT-00498'),
    );
    expect(told(Buffer.from(JSON.stringify({ ERROR: text }), 'latin1'))).toEqual(siebel('SBL-DAT-00498'));
    expect(told(`\ufeff${JSON.stringify({ ERROR: text })}`)).toEqual(siebel('SBL-DAT-00498'));
    expect(told({ ERROR: text }, 'application/json; charset=nonsense')).toEqual(siebel('SBL-DAT-00498'));
  });

  it('reads of a huge body the beginning and the end, with the root cause', () => {
    const gap = ' '.repeat(300_000);
    const body = Buffer.from(`No.(SBL-DAT-00498)${gap}(SBL-EXL-00151)${gap}(SBL-EAI-04383)`);
    expect(told(body, 'text/plain').codes).toEqual(['SBL-DAT-00498', 'SBL-EAI-04383']);
  });

  it('reads a long text at its beginning and its end', () => {
    const gap = 'x'.repeat(5_000);
    expect(told({ ERROR: `(SBL-DAT-00498)${gap}(SBL-DAT-00499)${gap}(SBL-EAI-04383)` }).codes).toEqual([
      'SBL-DAT-00498',
      'SBL-EAI-04383',
    ]);
  });

  it('reads hostile markup in linear time', () => {
    const workMs = cpuMsOf(() => {
      for (const part of ['<', '<a', '<!--', '<![CDATA[', '&', '"ERROR":', '[', '{"error":']) {
        told(part.repeat(50_000), 'application/xml');
      }
    });
    expect(workMs).toBeLessThan(500);
  });
});
