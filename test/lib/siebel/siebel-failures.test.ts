import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { HttpResponse } from '../../../lib/http/exchange.ts';
import { contentOf, recordsOf } from '../../../lib/siebel/answers.ts';
import type { Answer } from '../../../local-stack/faults/answer.ts';
import { asProblem } from '../../../local-stack/siebel/formats/problem.ts';
import { toXml } from '../../../local-stack/siebel/formats/xml.ts';
import { answerError, answerTomcat } from '../../../local-stack/siebel/responses.ts';
import { fakeClock } from '../../support/fake-clock.ts';

const JSON_TYPE = 'application/json;charset=UTF-8';
const HTML = 'text/html;charset=utf-8';
const NO_DATA = { ERROR: 'There is no data for the requested resource' };

/** What a caller learns: "no data", the code and class of the error and who answered, or the content. */
function learnt(
  status: number,
  body: string | object,
  type = JSON_TYPE,
  headers: Record<string, string> = {},
): unknown {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return learntFrom({ status, headers: { 'content-type': type, ...headers }, body: Buffer.from(text), durationMs: 1 });
}

function learntFrom(response: HttpResponse): unknown {
  try {
    return contentOf(response, fakeClock(), 'Account/Account');
  } catch (error) {
    expect(inspect(error)).not.toContain('Canary');
    const { code, failureClass, answeredBy } = error as Record<'code' | 'failureClass' | 'answeredBy', unknown>;
    return answeredBy === undefined ? [code, failureClass] : [code, failureClass, answeredBy];
  }
}

const INVALID = ['SIEBEL_VALIDATION', 'message', 'siebel'];
const CONFLICT = ['SIEBEL_CONFLICT', 'message', 'siebel'];
const away = (answeredBy: string) => ['SIEBEL_UNAVAILABLE', 'environment', answeredBy];
const misconfigured = (answeredBy: string) => ['SIEBEL_CONFIGURATION', 'configuration', answeredBy];

describe('what Siebel and those in front of it answer', () => {
  it.each<[fault: string, what: string, got: unknown, expected: unknown]>([
    ['F51', '403 with a code', learnt(403, { ERROR: 'Canary(SBL-DAT-00825)' }), ['FORBIDDEN', 'message', 'siebel']],
    ['F51', '403 of a gateway', learnt(403, 'IP Canary is refused', 'text/plain'), misconfigured('gateway')],
    ['F52', 'a list that is 404', learnt(404, NO_DATA), 'no-data'],
    ['F53', '404 for a name', learnt(404, { ERROR: 'Invalid component Canary' }), misconfigured('siebel')],
    [
      'F53',
      '404 of Tomcat',
      learnt(404, answerText(answerTomcat(404, 'Not Found')), HTML),
      misconfigured('servlet-container'),
    ],
    ['F55', '204', learnt(204, ''), 'no-data'],
    ['F56', '409', learnt(409, { ERROR: 'Canary' }), CONFLICT],
    ['F57', '500 for a match', learnt(500, { ERROR: 'Canary(SBL-EAI-04383)' }), CONFLICT],
    ['F57', '500 for a duplicate', learnt(500, { ERROR: 'Canary(SBL-EAI-04381)' }), CONFLICT],
    ['F58', '500 for a value', learnt(500, { ERROR: 'Canary.(SBL-DAT-00498)(SBL-EAI-04389)' }), INVALID],
    ['F59', 'a change meanwhile', learnt(500, { ERROR: 'Canary(SBL-DAT-00523)' }), away('siebel')],
    ['F60', '500 without a code', learnt(500, { ERROR: 'Canary' }), away('siebel')],
    ['F60', '500 with a code that nobody knows', learnt(500, { ERROR: 'Canary(SBL-XYZ-00001)' }), away('siebel')],
    ['F61', '200 with an error', learnt(200, { ERROR: 'Canary(SBL-DAT-00498)' }), INVALID],
    ['F62', '503 of a restart', learnt(503, answerText(answerTomcat(503, 'Canary')), HTML), away('servlet-container')],
    ['F62', '500 of a restart', learnt(500, { ERROR: 'Could not open a session in 4 attempts.' }), away('siebel')],
    ['F63', '502', learnt(502, '<html><h1>502 Bad Gateway</h1></html>', HTML), away('gateway')],
    ['F63', '504', learnt(504, ''), away('unknown')],
    ['F65', '429', learnt(429, { message: 'Too Many Requests' }), away('gateway')],
    ['F66', 'a sign-in page', learnt(200, '<html>Canary</html>', HTML), ['NOT_JSON', 'environment']],
    ['F66', 'a sign-in page said to be JSON', learnt(200, '<html>Canary</html>'), ['NOT_JSON', 'environment']],
    ['F67', 'XML', learnt(200, '<response/>', 'application/xml'), ['NOT_JSON', 'environment']],
    ['F67', 'JSON said to be text', learnt(200, { items: [] }, 'text/plain'), ['NOT_JSON', 'environment']],
    ['F69', 'JSON that is cut', learnt(200, '{"items":[{"Id":"Canary"'), ['NOT_JSON', 'environment']],
    [
      'F77',
      'a redirect',
      learnt(302, '', JSON_TYPE, { location: 'https://other.example/' }),
      ['REDIRECTED', 'environment'],
    ],
    ['F77', '304', learnt(304, ''), ['REDIRECTED', 'environment']],
  ])('%s: %s', (_fault, _what, got, expected) => expect(got).toEqual(expected));

  it('waits as long as a gateway asks (F65)', () => {
    expect(() =>
      contentOf({ status: 429, headers: { 'retry-after': '30' }, body: Buffer.alloc(0), durationMs: 1 }, fakeClock()),
    ).toThrow(expect.objectContaining({ retryAfterMs: 30_000 }));
  });

  it('takes odd items for what they are (F81)', () => {
    expect(recordsOf({ items: { Id: '1-1' } }, 200).records).toEqual([{ Id: '1-1' }]);
    for (const items of [{}, null, 'Canary', [[]], { Id: { Id: '1' } }]) {
      expect(() => recordsOf({ items }, 200)).toThrow(expect.objectContaining({ code: 'UNEXPECTED_SHAPE' }));
    }
  });
});

describe('the same failure in every form that the stand-in writes', () => {
  const nested = "Method 'Canary' failed.(SBL-BPR-00162)\n--\n<Canary> & Co.(SBL-DAT-00521)(SBL-EAI-04376)";
  const plain = { problemFormat: false, statusMap: {} };
  const problem = { problemFormat: true, statusMap: { 'SBL-DAT-00521': 400 } };

  it.each<[what: string, answer: Answer]>([
    ['JSON', answerError(500, nested)],
    ['a mapped status', asProblem(answerError(500, nested), { ...plain, statusMap: { 'SBL-DAT-00521': 422 } })],
    ['a problem document', asProblem(answerError(500, nested), problem)],
    ['XML', toXml(answerError(500, nested))],
    ['a problem document in XML', toXml(asProblem(answerError(500, nested), problem))],
  ])('reads it from %s', (_what, answer) => expect(learntFrom(asResponse(answer))).toEqual(INVALID));

  it('reads no data from JSON, a problem document and XML', () => {
    const noData = answerError(404, NO_DATA.ERROR);
    for (const answer of [noData, asProblem(noData, problem), toXml(noData), toXml(asProblem(noData, problem))]) {
      expect(learntFrom(asResponse(answer))).toBe('no-data');
    }
  });
});

function answerText({ body = '' }: Answer): string {
  return String(body);
}

function asResponse({ status, headers = {}, body = '' }: Answer): HttpResponse {
  const lowered = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
  return { status, headers: Object.fromEntries(lowered), body: Buffer.from(body), durationMs: 1 };
}
