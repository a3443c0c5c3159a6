import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { HttpResponse } from '../../../lib/http/exchange.ts';
import { contentOf, oneRecordOf, recordsOf } from '../../../lib/siebel/answers.ts';
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
    'application/problem+json',
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
    expect(() => read(withType('application/json', Buffer.from([0x22, 0xff, 0x22])))).toThrow(
      expect.objectContaining({ code: 'NOT_JSON' }),
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

  it('passes on when to come back', () => {
    expect(() => read(answer(503, '', { 'retry-after': '7' }))).toThrow(
      expect.objectContaining({ retryAfterMs: 7_000 }),
    );
    expect(() => read(answer(503, '', { 'retry-after': 'soon' }))).toThrow(
      expect.objectContaining({ retryAfterMs: undefined }),
    );
  });
});

describe('recordsOf', () => {
  const row = { Id: '1-1', Name: 'Acme' };

  it.each([
    ['an array', { items: [row] }, false],
    ['one object (F81)', { items: row }, false],
    ['a bare record', row, false],
    ['a bare array', [row], false],
    ['the last page', { items: [row], lastpage: 'true' }, true],
    ['not the last page', { items: [row], lastpage: 'false' }, false],
  ])('reads %s', (_what, json, lastPage) => {
    expect(recordsOf(json, 200)).toEqual({ records: [row], lastPage });
  });

  it('takes an empty list for the end', () => {
    expect(recordsOf({ items: [], Link: [] }, 200)).toEqual({ records: [], lastPage: true });
    expect(recordsOf([], 200)).toEqual({ records: [], lastPage: true });
  });

  it.each([
    [{}],
    [null],
    ['text'],
    [7],
    [{ Link: [] }],
    [{ items: null }],
    [{ items: 'x' }],
    [{ items: [1] }],
    [{ items: [[]] }],
    [{ items: [{ Name: 'no Id' }] }],
    [{ items: [{ Id: '' }] }],
    [{ items: [row, null] }],
  ])('refuses %j: it is no list, and no empty one either', (json) =>
    expect(() => recordsOf(json, 200)).toThrow(expect.objectContaining({ code: 'UNEXPECTED_SHAPE' })),
  );

  it('keeps values as text and leaves links and children out', () => {
    const json = {
      items: { Id: '1-1', Staff: 12, VIP: true, Fax: null, City: '', Link: [{ rel: 'self' }], Contact: { Id: '1-9' } },
    };
    expect(recordsOf(json, 200).records).toEqual([{ Id: '1-1', Staff: '12', VIP: 'true', Fax: '', City: '' }]);
  });

  it('is not misled by names of the prototype chain', () => {
    const json: unknown = JSON.parse('{"items":[{"Id":"1-1","__proto__":"x","constructor":"y"}]}');
    const [record] = recordsOf(json, 200).records;
    expect(Object.keys(record ?? {})).toEqual(['Id', '__proto__', 'constructor']);
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  it('survives a body that is nested a million levels deep', () => {
    const json: unknown = JSON.parse(
      `{"items":[{"Id":"1-1","Child":${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}}]}`,
    );
    expect(recordsOf(json, 200).records).toEqual([{ Id: '1-1' }]);
  });
});

describe('oneRecordOf', () => {
  it('refuses none and more than one', () => {
    expect(() => oneRecordOf({ items: [] }, 200)).toThrow(expect.objectContaining({ code: 'UNEXPECTED_SHAPE' }));
    expect(() => oneRecordOf({ items: [{ Id: '1' }, { Id: '2' }] }, 200)).toThrow(
      expect.objectContaining({ code: 'UNEXPECTED_SHAPE' }),
    );
    expect(oneRecordOf({ items: { Id: '1', Link: {} } }, 200)).toEqual({ Id: '1' });
  });
});
