import { describe, expect, it } from 'vitest';
import { childWrittenOf, writtenRecordsOf } from '../../../lib/siebel/answers.ts';

const unexpectedShape = expect.objectContaining({ code: 'UNEXPECTED_SHAPE', failureClass: 'environment' });
const link = { rel: 'self', href: 'https://other.example/', name: 'x' };
const CONTACT = [{ id: '1-ACC', component: 'Contact' }];
const ACTION = [
  { id: '1-ACC', component: 'Service Request' },
  { id: '1-SR', component: 'Action' },
];

describe('writtenRecordsOf', () => {
  it('reads the bare array that a batch is answered with, in its order', () => {
    const json = [
      { Id: '1-2', Name: 'B', Link: link },
      { Id: '1-1', Name: 'A', Link: link },
    ];
    expect(writtenRecordsOf(json, 200, 2)).toEqual([
      { Id: '1-2', Name: 'B' },
      { Id: '1-1', Name: 'A' },
    ]);
  });

  it('takes one record that two rows have met', () => {
    expect(writtenRecordsOf([{ Id: '1-1' }, { Id: '1-1' }], 200, 2)).toEqual([{ Id: '1-1' }, { Id: '1-1' }]);
  });

  it.each([
    ['an array in items', { items: [{ Id: '1' }], Link: [] }],
    ['an object in items', { items: { Id: '1', Link: link } }],
    ['a bare record', { Id: '1' }],
  ])('reads one record from %s', (_what, json) => expect(writtenRecordsOf(json, 200, 1)).toEqual([{ Id: '1' }]));

  it.each([
    [undefined, 1],
    [null, 1],
    [{}, 1],
    [[], 1],
    [[{ Id: '1' }], 2],
    [[{ Id: '1' }, { Id: '2' }], 1],
    [[{ Id: '1' }, { ERROR: 'no' }], 2],
    [[{ Id: '1' }, { Name: 'no Id' }], 2],
    ['text', 1],
  ])('refuses %j for %d rows', (json, rows) =>
    expect(() => writtenRecordsOf(json, 200, rows)).toThrow(unexpectedShape),
  );

  it.each([
    ['a bare array', [{ Id: '1-1' }, { Id: '1-2' }]],
    ['an array below the parent', { items: { Id: '1-ACC', Contact: [{ Id: '1-1', Link: [] }, { Id: '1-2' }] } }],
    ['an array under the component', { Contact: [{ Id: '1-1' }, { Id: '1-2' }] }],
  ])('reads children from %s', (_what, json) =>
    expect(writtenRecordsOf(json, 200, 2, CONTACT)).toEqual([{ Id: '1-1' }, { Id: '1-2' }]),
  );

  it('never takes the parent for a child', () => {
    expect(() => writtenRecordsOf({ items: { Id: '1-ACC', Link: link } }, 201, 1, CONTACT)).toThrow(unexpectedShape);
    expect(writtenRecordsOf({ items: { Id: '1-ACC', Contact: { Id: '1-1' } } }, 200, 1, CONTACT)).toEqual([
      { Id: '1-1' },
    ]);
  });
});

describe('childWrittenOf', () => {
  it.each([
    ['the child below its parent', { items: { Id: '1-ACC', Contact: { Id: '1-1', Link: link }, Link: link } }],
    ['an array of one below its parent', { items: { Id: '1-ACC', Contact: [{ Id: '1-1' }] } }],
    ['an array with the parent', { items: [{ Id: '1-ACC', Contact: [{ Id: '1-1' }] }] }],
    ['the parent bare', { Id: '1-ACC', Contact: { Id: '1-1' } }],
    ['the child itself', { items: { Id: '1-1', Link: link } }],
    ['the child in a bare array', [{ Id: '1-1', Link: [link] }]],
    ['the child bare', { Id: '1-1' }],
    ['a child with a field named like its component', { items: { Id: '1-1', Contact: 'by phone' } }],
  ])('finds %s', (_what, json) => expect(childWrittenOf(json, 200, CONTACT)).toEqual({ id: '1-1' }));

  it('knows an answer with the parent alone, of releases before 17', () => {
    expect(childWrittenOf({ items: { Id: '1-ACC', Link: link } }, 201, CONTACT)).toEqual({ id: undefined });
    expect(childWrittenOf({ items: [{ Id: '1-ACC' }] }, 200, CONTACT)).toEqual({ id: undefined });
  });

  it.each([
    ['below its parent', { items: { Id: '1-SR', Action: { Id: '1-A' } } }],
    ['below both', { items: { Id: '1-ACC', 'Service Request': { Id: '1-SR', Action: { Id: '1-A' } } } }],
    ['itself', { items: { Id: '1-A' } }],
  ])('finds a grandchild %s', (_what, json) => expect(childWrittenOf(json, 200, ACTION)).toEqual({ id: '1-A' }));

  it.each([['1-SR'], ['1-ACC']])('never takes %s for the grandchild below it', (Id) =>
    expect(childWrittenOf({ items: { Id } }, 200, ACTION)).toEqual({ id: undefined }),
  );

  it.each([
    [undefined],
    [{}],
    [{ items: {} }],
    [{ items: { Id: '1-ACC', Contact: [{ Id: '1' }, { Id: '2' }] } }],
    [{ items: { Id: '1-ACC', Contact: [] } }],
    [{ items: { Id: '1-ACC', Contact: {} } }],
    [[{ Id: '1' }, { Id: '2' }]],
  ])('refuses %j', (json) => expect(() => childWrittenOf(json, 200, CONTACT)).toThrow(unexpectedShape));
});
