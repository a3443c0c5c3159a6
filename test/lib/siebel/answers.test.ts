import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { HttpResponse } from '../../../lib/http/exchange.ts';
import { contentOf } from '../../../lib/siebel/answers.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { answer, noData } from './parts.ts';

const read = (response: HttpResponse) => contentOf(response, fakeClock());
const withType = (type: string, body: Buffer | string = '{}'): HttpResponse => ({
  status: 200,
  headers: type ? { 'content-type': type } : {},
  body: Buffer.from(body),
  durationMs: 1,
});

describe('contentOf', () => {
  it('takes 204 and the no-data answer for no data (F52, F55)', () => {
    expect(read(answer(204))).toBe('no-data');
    expect(read(noData)).toBe('no-data');
  });

  it.each([
    'application/json',
    'application/json;charset=UTF-8',
    'Application/JSON; charset="utf-8"',
    ' application/hal+json',
  ])('reads %s', (type) => expect(read(withType(type))).toEqual({ json: {} }));

  it.each([
    'text/html;charset=utf-8',
    'text/plain',
    'application/xml',
    'application/jsonp',
    'application/json-seq',
    '',
  ])('refuses the content type %j with 200 (F66, R42)', (type) =>
    expect(() => read(withType(type))).toThrow(
      expect.objectContaining({ code: 'NOT_JSON', failureClass: 'environment' }),
    ),
  );

  it('refuses another charset, and bytes that are not UTF-8', () => {
    expect(() => read(withType('application/json; charset=iso-8859-1'))).toThrow(
      expect.objectContaining({ code: 'BAD_ENCODING' }),
    );
    expect(() => read(withType('application/json; charset="utf-16"'))).toThrow(
      expect.objectContaining({ code: 'BAD_ENCODING' }),
    );
    for (const bytes of [
      [0x22, 0xff, 0x22],
      [0x22, 0xc3, 0x28, 0x22],
      [0x22, 0xed, 0xa0, 0x80, 0x22],
    ]) {
      expect(() => read(withType('application/json', Buffer.from(bytes)))).toThrow(
        expect.objectContaining({ code: 'BAD_ENCODING', failureClass: 'environment' }),
      );
    }
  });

  it('refuses what would become far more than a page of records, before it is parsed', () => {
    const many = JSON.stringify({ a: Array(500_100).fill(0) });
    expect(() => read(withType('application/json', many))).toThrow(expect.objectContaining({ code: 'BODY_TOO_LARGE' }));
    expect(read(withType('application/json', many.slice(0, 800_000).replace(/,?0?$/, ']}')))).toHaveProperty('json');
  });

  it('takes a part for cut', () => {
    expect(() => read({ ...answer(200, { items: [] }), status: 206 })).toThrow(
      expect.objectContaining({ code: 'BODY_TRUNCATED', status: 206 }),
    );
  });

  it('drops one leading byte order mark', () => {
    expect(read(withType('application/json', '\ufeff{"items":[]}'))).toEqual({ json: { items: [] } });
  });

  it.each(['', '{"items":[{"Id":"1-1"', '<html>', '{"a":}'])(
    'refuses the body %j with 200 and quotes none of it (F68, R43)',
    (body) => {
      let thrown: unknown;
      try {
        read(withType('application/json', body));
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toMatchObject({ code: 'NOT_JSON' });
      expect(inspect(thrown)).not.toContain('1-1');
    },
  );

  it.each([301, 302, 304, 307])('never follows or believes HTTP %d (F77)', (status) => {
    expect(() => read(answer(status, '', { location: 'https://evil.example/' }))).toThrow(
      expect.objectContaining({ code: 'REDIRECTED', failureClass: 'environment' }),
    );
  });

  it('finds a failure inside a 200 (F61)', () => {
    expect(() => read(answer(200, { ERROR: 'Required.(SBL-DAT-00498)' }))).toThrow(
      expect.objectContaining({ code: 'SIEBEL_VALIDATION' }),
    );
    expect(() => read(answer(200, { ERROR: 'Something' }))).toThrow(
      expect.objectContaining({ code: 'SIEBEL_UNAVAILABLE' }),
    );
  });

  it.each([
    ['ERROR beside a message of success', { message: 'success', ERROR: 'No.(SBL-DAT-00498)' }, 'SIEBEL_VALIDATION'],
    ['ERROR inside items', { items: { ERROR: 'No.(SBL-DAT-00825)' } }, 'FORBIDDEN'],
    [
      'an Error Code',
      { Status: 'SUCCESS', 'Error Code': 'SBL-DAT-00521', 'Error Message': 'Canary' },
      'SIEBEL_VALIDATION',
    ],
    ['an Error Code beside items', { items: { 'Error Code': '(SBL-BPR-00162)--(SBL-EAI-04383)' } }, 'SIEBEL_CONFLICT'],
    ["an author's own Error Code", { 'Error Code': 'WF_ERR_12', 'Error Message': 'Canary' }, 'SIEBEL_UNAVAILABLE'],
    ['a renamed member with a code', { error: 'Canary (SBL-DAT-00498)' }, 'SIEBEL_VALIDATION'],
  ])('takes a 200 with %s for a failure', (_what, body, code) => {
    const thrown = caught(() => read(answer(200, body)));
    expect(thrown).toMatchObject({ code, status: 200, answeredBy: 'siebel' });
    expect(inspect(thrown)).not.toContain('Canary');
  });

  it('takes a problem document for a failure whatever the status says', () => {
    const problem = { title: 'Internal Server Error', status: 500, detail: 'Canary', errorCode: 'SBL-EAI-04397' };
    const answered = (body: object) => withType('application/problem+json;charset=utf-8', JSON.stringify(body));

    expect(caught(() => read(answered(problem)))).toMatchObject({ code: 'SIEBEL_VALIDATION' });
    expect(caught(() => read({ ...answered(problem), status: 500 }))).toMatchObject({ code: 'SIEBEL_VALIDATION' });
    expect(caught(() => read(answered({})))).toMatchObject({ code: 'SIEBEL_UNAVAILABLE' });
  });

  it('lets the owner of a service say which members report a failure', () => {
    const failure = { errorCode: ['', '0'], Status: ['OK'] };
    const call = (body: object) => contentOf(answer(200, body), fakeClock(), 'Membership.Lookup', failure);

    for (const body of [{ errorCode: '0', Status: 'OK' }, { errorCode: null }, { errorCode: 0 }, { Other: 'x' }]) {
      expect(call(body)).toEqual({ json: body });
    }
    for (const body of [{ errorCode: '7' }, { Status: 'ERROR', errorCode: '0' }, { items: { Status: 'ok' } }]) {
      expect(caught(() => call(body))).toMatchObject({ code: 'SIEBEL_BUSINESS', failureClass: 'message' });
    }
    expect(caught(() => call({ errorCode: 'SBL-EAI-05001' }))).toMatchObject({ code: 'SIEBEL_UNAVAILABLE' });
    const author = { 'Error Code': 'WF_ERR_12', 'Error Message': 'not open' };
    expect(caught(() => call(author))).toMatchObject({ code: 'SIEBEL_UNAVAILABLE' });
    const declaring = () => contentOf(answer(200, author), fakeClock(), 'Approve', { 'Error Code': [''] });
    expect(caught(declaring)).toMatchObject({ code: 'SIEBEL_BUSINESS', failureClass: 'message' });
    expect(contentOf(answer(200, {}), fakeClock(), 'Membership.Lookup', { toString: ['x'] })).toEqual({ json: {} });
    expect(call({ toString: 'x', constructor: 'y' })).toEqual({ json: { toString: 'x', constructor: 'y' } });
  });

  it('does not take a value of a record for a failure', () => {
    for (const record of [
      { Id: '1-1', 'Error Code': '42', 'Error Message': 'of the device' },
      { Id: '1-1', message: 'see SBL-DAT-00498' },
    ]) {
      expect(read(answer(200, record))).toEqual({ json: record });
      expect(read(answer(200, { items: record }))).toEqual({ json: { items: record } });
      expect(read(answer(200, { items: [record] }))).toEqual({ json: { items: [record] } });
    }
  });

  it('takes 32 levels and no more, however deep it is', () => {
    const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;

    expect(read(answer(200, nested(32)))).toMatchObject({ json: expect.any(Array) });
    for (const levels of [33, 100_000]) {
      expect(() => read(answer(200, nested(levels)))).toThrow(
        expect.objectContaining({ code: 'UNEXPECTED_SHAPE', failureClass: 'environment' }),
      );
    }
  });

  it('takes 1 000 members in an object and no more, and any number of rows', () => {
    const members = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`f${index}`, '']));
    const many = Array.from({ length: 1_001 }, () => '');

    expect(read(answer(200, { items: [members(1_000)], many }))).toMatchObject({ json: { many } });
    expect(() => read(answer(200, { items: [members(1_001)] }))).toThrow(
      expect.objectContaining({ code: 'UNEXPECTED_SHAPE' }),
    );
  });

  it('takes a value of a megabyte as it is', () => {
    const value = 'x'.repeat(1_048_576);
    expect(read(answer(200, { Id: '1-1', File: value }))).toEqual({ json: { Id: '1-1', File: value } });
  });

  it('says of 304 that it shows nothing', () => {
    expect(caught(() => read(answer(304)))).toMatchObject({
      status: 304,
      message: expect.stringContaining('not modified'),
    });
  });

  it('passes on when to come back', () => {
    expect(() => read(answer(503, '', { 'retry-after': '7' }))).toThrow(
      expect.objectContaining({ retryAfterMs: 7_000 }),
    );
    expect(() => read(answer(503, '', { 'retry-after': 'soon' }))).toThrow(
      expect.objectContaining({ retryAfterMs: undefined }),
    );
  });
});

function caught(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error('it did not throw');
}
