import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Domain, type SiebelFixture, startDomain, startSiebelFixture } from './siebel-fixture.ts';

const AT = Date.parse('2026-03-14T09:26:53Z');

describe('Siebel stand-in, another user who changes records', () => {
  let domain: Domain;
  let fixture: SiebelFixture;

  beforeAll(async () => {
    domain = await startDomain();
  });
  beforeEach(async () => {
    fixture = await startSiebelFixture(domain, { records: 5 });
  });
  afterEach(() => fixture.close());
  afterAll(() => domain.identity.close());

  const record = (Id: string) => fixture.siebel.records('Account', { Id })[0];

  it('shows what was inserted, changed and deleted, with the instants that were given, in the record of commits too', () => {
    const writer = fixture.siebel.writer('Account', 'JHANSEN');
    const id = writer.insert({ Name: 'Later', Location: 'v1' }, AT);
    expect(record(id)).toMatchObject({ Name: 'Later', Updated: '03/14/2026 09:26:53', 'Updated By Name': 'JHANSEN' });
    expect(writer.update(id, { Location: 'v2' }, AT + 2_000)).toBe(true);
    expect(record(id)).toMatchObject({ Location: 'v2', Updated: '03/14/2026 09:26:55' });
    expect(writer.delete(id)).toBe(true);
    expect(record(id)).toBeUndefined();

    expect(writer.written().map(({ kind, updatedMs, values }) => [kind, updatedMs, values])).toEqual([
      ['insert', AT, { Name: 'Later', Location: 'v1' }],
      ['update', AT + 2_000, { Location: 'v2' }],
      ['delete', null, {}],
    ]);
    expect(fixture.siebel.commits().map(({ kind, id: of, request }) => [kind, of, request])).toEqual([
      ['insert', id, null],
      ['update', id, null],
      ['delete', id, null],
    ]);
  });

  it('lets a record appear with a second that has passed, and never takes its second back', () => {
    const writer = fixture.siebel.writer('Account');
    const id = writer.insert({ Name: 'Long transaction' }, AT);
    writer.update(id, { Location: 'v2' }, AT - 5_000);

    expect(record(id)).toMatchObject({ Location: 'v2', Updated: '03/14/2026 09:26:53' });
    expect(writer.written().map(({ updatedMs }) => updatedMs)).toEqual([AT, AT]);
    expect(writer.written().every(({ seenFromMs }) => seenFromMs > AT)).toBe(true);
  });

  it('does nothing to records that are not there, and knows its components', () => {
    const writer = fixture.siebel.writer('Account');

    expect([writer.update('1-NONE', { Location: 'v1' }), writer.delete('1-NONE')]).toEqual([false, false]);
    expect(writer.written()).toEqual([]);
    expect(() => fixture.siebel.writer('Acount')).toThrow('there is no component "Acount"');
  });

  it('makes several changes visible at once', () => {
    const writer = fixture.siebel.writer('Account');
    const seen: number[] = [];
    fixture.siebel.onCommit(() => seen.push(fixture.siebel.records('Account').length));
    writer.together(() => {
      for (const Name of ['One', 'Two', 'Three']) writer.insert({ Name }, AT);
    });

    expect(seen).toEqual([8, 8, 8]);
  });
});
