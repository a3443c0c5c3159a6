import { describe, expect, it } from 'vitest';
import { oneRecordOf, outputOf, recordsOf, treesOf } from '../../../lib/siebel/answers.ts';

const unexpectedShape = expect.objectContaining({ code: 'UNEXPECTED_SHAPE', failureClass: 'environment' });

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

  it.each([
    [12, '12'],
    [-0.5, '-0.5'],
    [9_007_199_254_740_991, '9007199254740991'],
    [1234567890123.45, '1234567890123.45'],
  ])('writes the number %d as text', (number, text) => {
    expect(recordsOf({ Id: '1-1', Revenue: number }, 200).records).toEqual([{ Id: '1-1', Revenue: text }]);
  });

  it.each(['12345678901234567890', '9007199254740993', '0.12345678901234567', '1e-7', '1e400'])(
    'refuses the number %s, which may have lost digits',
    (number) => {
      const json: unknown = JSON.parse(`{"Id":"1-1","Revenue":${number}}`);
      expect(() => recordsOf(json, 200)).toThrow(expect.objectContaining({ code: 'UNEXPECTED_SHAPE' }));
    },
  );

  it.each([7, true, { Id: '1' }, null, '../x', 'a/b', '1-1\r\nx: y', 'x'.repeat(31), 'describe'])(
    'refuses %j as an Id',
    (Id) => {
      expect(() => recordsOf({ items: [{ Id }] }, 200)).toThrow(expect.objectContaining({ code: 'UNEXPECTED_SHAPE' }));
    },
  );

  it('refuses the same Id twice on one page', () => {
    const items = [row, { Id: '1-2' }, { Id: '1-1', Name: 'Acme' }];
    expect(() => recordsOf({ items }, 200)).toThrow(
      expect.objectContaining({ code: 'UNEXPECTED_SHAPE', message: "Siebel's answer holds the same Id twice" }),
    );
  });

  it('reads how many records there are in all, when Siebel says so in digits', () => {
    const total = (value: string) => recordsOf({ items: [row] }, 200, { 'total-record-count': value }).total;
    expect(['0', '41', ' 41 '].map(total)).toEqual([0, 41, 41]);
    expect(['', '-1', '1.5', 'many', '9'.repeat(16)].map(total)).toEqual(Array(5).fill(undefined));
    expect(recordsOf({ items: [row] }, 200, {})).not.toHaveProperty('total');
  });

  it('keeps links as data that nobody follows', () => {
    const items = [{ ...row, Link: { href: 'https://evil.example/siebel/v1.0/data/Account/Account/1-1' } }];
    expect(recordsOf({ items, Link: items[0]?.Link }, 200).records).toEqual([row]);
  });

  it('is not misled by names of the prototype chain', () => {
    const json: unknown = JSON.parse('{"items":[{"Id":"1-1","__proto__":"x","constructor":"y"}]}');
    const [record] = recordsOf(json, 200).records;
    expect(Object.keys(record ?? {})).toEqual(['Id', '__proto__', 'constructor']);
    expect(Object.getPrototypeOf(record)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  it('survives a body that is nested a hundred thousand levels deep', () => {
    const json: unknown = JSON.parse(`{"items":[{"Id":"1-1","Child":${'['.repeat(100_000)}${']'.repeat(100_000)}}]}`);
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

describe('treesOf', () => {
  it('reads no child, one child and several children alike', () => {
    const json = {
      items: [
        { Id: '1-1', Name: 'Acme', Contact: { Id: '1-9', 'Last Name': 'Ray' } },
        { Id: '1-2', Contact: [{ Id: '1-9' }, { Id: '1-8', Link: [] }], Link: [{ rel: 'self' }] },
        { Id: '1-3', Contact: [] },
        { Id: '1-4' },
      ],
    };
    const leaf = (values: Record<string, string>) => ({ values, children: {} });

    expect(treesOf(json, 200)).toEqual([
      { values: { Id: '1-1', Name: 'Acme' }, children: { Contact: [leaf({ Id: '1-9', 'Last Name': 'Ray' })] } },
      { values: { Id: '1-2' }, children: { Contact: [leaf({ Id: '1-9' }), leaf({ Id: '1-8' })] } },
      { values: { Id: '1-3' }, children: { Contact: [] } },
      { values: { Id: '1-4' }, children: {} },
    ]);
  });

  it('reads several levels', () => {
    const json = { Id: '1', Request: { Id: '2', Action: [{ Id: '3' }, { Id: '4', Note: { Id: '5' } }] } };
    expect(treesOf(json, 200)[0]?.children['Request']?.[0]?.children['Action']?.[1]).toEqual({
      values: { Id: '4' },
      children: { Note: [{ values: { Id: '5' }, children: {} }] },
    });
  });

  it.each([
    [{}],
    [null],
    [{ items: [{ Name: 'no Id' }] }],
    [{ items: [{ Id: '1', Contact: {} }] }],
    [{ items: [{ Id: '1', Contact: ['x'] }] }],
    [{ items: [{ Id: '1', Contact: [[{ Id: '2' }]] }] }],
    [{ items: [{ Id: '1' }, { Id: '1' }] }],
    [{ items: [{ Id: '1', Contact: [{ Id: '2' }, { Id: '2' }] }] }],
  ])('refuses %j', (json) => expect(() => treesOf(json, 200)).toThrow(unexpectedShape));

  it('takes any name for a name', () => {
    const json: unknown = JSON.parse('{"Id":"1","__proto__":{"Id":"2"},"constructor":[{"Id":"3"}]}');
    const [tree] = treesOf(json, 200);
    expect(Object.keys(tree?.children ?? {})).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(tree?.children)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>)['Id']).toBeUndefined();
  });
});

describe('outputOf', () => {
  it('gives output arguments from the top and from items', () => {
    expect(outputOf({ Rating: 'A' }, 200)).toEqual({ Rating: 'A' });
    expect(outputOf({ items: { Account: { Id: '1' } }, Link: [] }, 200)).toEqual({ Account: { Id: '1' } });
    expect(outputOf({ NumOutputObjects: '1', items: { Account: [] } }, 200)).toEqual({
      NumOutputObjects: '1',
      Account: [],
    });
    expect(outputOf({}, 200)).toEqual({});
  });

  it('leaves several rows where they are', () => {
    expect(outputOf({ items: [{ a: '1' }, { a: '2' }] }, 200)).toEqual({ items: [{ a: '1' }, { a: '2' }] });
  });

  it('takes any name for a name', () => {
    const output = outputOf(JSON.parse('{"items":{"__proto__":{"x":"1"},"constructor":"y"},"z":"1"}'), 200);
    expect(Object.keys(output)).toEqual(['z', '__proto__', 'constructor']);
    expect(Object.getPrototypeOf(output)).toBe(Object.prototype);
  });

  it.each([[[]], ['text'], [null], [7]])('refuses %j', (json) =>
    expect(() => outputOf(json, 200)).toThrow(unexpectedShape),
  );

  it('refuses one name in both places', () => {
    expect(() => outputOf({ Rating: 'A', items: { Rating: 'B' } }, 200)).toThrow(unexpectedShape);
  });
});
