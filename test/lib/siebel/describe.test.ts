import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UnusableResponseError } from '../../../lib/errors.ts';
import { componentMetadata, type FieldMetadata, suggestionFor } from '../../../lib/siebel/describe.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures/siebel');

describe('describe document', () => {
  it('reads OpenAPI 3.0 as a live site published it: sizes as text, children among members, tags and paths', () => {
    const { fields, ...rest } = componentMetadata(fixture('describe-openapi-3.json'));

    expect(rest).toEqual({
      path: 'data/Acme Asset/Acme Asset',
      format: 'openapi 3.0',
      children: ['Acme Part', 'Acme Note'],
    });
    expect(fields.map(asLine)).toEqual([
      'Serial # DTYPE_TEXT text(100) max 100 required',
      'Owner Id DTYPE_ID text(15) max 15',
      'Phone DTYPE_PHONE text(40) max 40',
      'Leased DTYPE_BOOL flag max 1',
      'Price DTYPE_CURRENCY decimal(22,7) max 23',
      'Weight DTYPE_NUMBER decimal(?,?)',
      'Wheels DTYPE_INTEGER integer',
      'Bought DTYPE_DATE date max 32',
      'Opens DTYPE_TIME time max 32',
      'Checked DTYPE_DATETIME dateTime max 32',
      'Created DTYPE_UTCDATETIME utcDateTime max 32 required read-only',
      'Updated DTYPE_UTCDATETIME utcDateTime max 32 required read-only',
      'Comment DTYPE_NOTE text(16383) max 16383',
      'Rating Calc DTYPE_ACME – read-only',
    ]);
  });

  it('reads Swagger 2.0 as the guide prints it: sizes as numbers, children among the paths', () => {
    const { fields, ...rest } = componentMetadata(fixture('describe-swagger-2.json'));

    expect(rest).toEqual({
      path: 'data/Account/Account',
      format: 'swagger 2.0',
      children: ['Contact', 'Service Request'],
    });
    expect(fields.map(asLine)).toEqual([
      'Name DTYPE_TEXT text(100) max 100 required',
      'Competitor DTYPE_BOOL flag max 1',
      'Updated DTYPE_UTCDATETIME utcDateTime max 32 read-only',
    ]);
  });

  it('takes definitions without a version for Swagger, as one sample of the guide begins with them', () => {
    const { swagger: _, ...rest } = fixture('describe-swagger-2.json');

    expect(componentMetadata(rest).format).toBe('swagger 2.0');
  });

  it('finds the path through the names of schemas when the document has no paths', () => {
    const definitions = { 'data_Account_Account_{key}_Contact_': { properties: { Name: { type: 'string' } } } };

    expect(componentMetadata({ swagger: '2.0', definitions })).toMatchObject({
      path: 'data/Account/Account/{key}/Contact',
      fields: [{ name: 'Name', dataType: undefined, suggestion: undefined, required: false, readOnly: false }],
    });
  });

  it('takes the parent of several schemas, and no schema of an answer', () => {
    const properties = (name: string) => ({ properties: { [name]: { type: 'string' } } });
    const definitions = {
      'data_A_A_{key}_B_': properties('Of the child'),
      data_A_A_get_one_response: properties('Of the answer'),
      data_A_A_: properties('Of the parent'),
    };

    expect(componentMetadata({ swagger: '2.0', definitions }).fields.map(({ name }) => name)).toEqual([
      'Of the parent',
    ]);
  });

  it('keeps fields whose names mean something to JavaScript', () => {
    const properties = JSON.parse('{"__proto__": {"type": "string", "x-siebel-datatype": "DTYPE_BOOL"}, "Name": {}}');
    const { fields } = componentMetadata({ swagger: '2.0', definitions: { data_A_A_: { properties } } });

    expect(fields.map(({ name }) => name)).toEqual(['__proto__', 'Name']);
  });

  it.each([
    ['nothing', undefined],
    ['text', 'openapi'],
    ['a list', []],
    ['a failure of Siebel', { ERROR: 'No' }],
    ['another version', { swagger: '1.2', definitions: { a: { properties: { Name: {} } } } }],
    ['OpenAPI without schemas', { openapi: '3.0.1', components: {} }],
    ['a catalogue of objects', { swagger: '2.0', tags: [{ name: 'data/Account/describe' }], paths: {} }],
    [
      'schemas of answers only',
      { openapi: '3.0.1', components: { schemas: { a_get_one_response: { properties: { Name: {} } } } } },
    ],
    [
      'a component with nothing but links',
      { swagger: '2.0', definitions: { a: { properties: { Link: {}, Id: {} } } } },
    ],
  ])('refuses %s as UNEXPECTED_SHAPE', (_what, document) => {
    expect(() => componentMetadata(document)).toThrow(expect.objectContaining({ code: 'UNEXPECTED_SHAPE' }));
  });

  it('never fails in another way, whatever JSON it is given', () => {
    const leaf = fc.oneof(
      fc.string({ maxLength: 6 }),
      fc.integer(),
      fc.constantFrom(null, true, 'DTYPE_TEXT', '0', '7'),
    );
    const names = fc.constantFrom(
      'type',
      'properties',
      'required',
      'name',
      '$ref',
      'x-maxLength',
      '__proto__',
      'data_A_A_',
    );
    const some = { maxKeys: 3 };
    const json = fc.oneof(leaf, fc.array(leaf, { maxLength: 2 }), fc.dictionary(names, leaf, some));
    const schema = fc.oneof(json, fc.record({ required: json, properties: fc.dictionary(names, json, some) }));
    const schemas = fc.oneof(json, fc.dictionary(names, schema, some));
    const documents = fc.oneof(
      json,
      fc.record({ swagger: fc.constant('2.0'), definitions: schemas, tags: json }),
      fc.record({ openapi: fc.constant('3.0.1'), components: fc.record({ schemas }), paths: json }),
    );
    const seen = { read: 0, refused: 0 };
    fc.assert(
      fc.property(documents, (document) => {
        try {
          const { fields } = componentMetadata(document);
          seen.read += 1;
          return fields.length > 0 && fields.every(({ maxLength }) => maxLength === undefined || maxLength > 0);
        } catch (error) {
          seen.refused += 1;
          return error instanceof UnusableResponseError;
        }
      }),
      { numRuns: 10_000 },
    );

    expect(Math.min(seen.read, seen.refused)).toBeGreaterThan(500);
  });

  it('suggests nothing for a type that it does not know', () => {
    expect(suggestionFor('DTYPE_NEW', {})).toBeUndefined();
    expect(suggestionFor(undefined, {})).toBeUndefined();
  });
});

function asLine({ name, dataType, suggestion, maxLength, required, readOnly }: FieldMetadata): string {
  const size =
    suggestion?.type === 'text'
      ? `(${suggestion.maxLength ?? '?'})`
      : suggestion?.type === 'decimal'
        ? `(${suggestion.digits ?? '?'},${suggestion.scale ?? '?'})`
        : '';
  return [
    `${name} ${dataType} ${suggestion ? suggestion.type : '–'}${size}`,
    maxLength === undefined ? '' : `max ${maxLength}`,
    required ? 'required' : '',
    readOnly ? 'read-only' : '',
  ]
    .filter(Boolean)
    .join(' ');
}

function fixture(name: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(FIXTURES, name), 'utf8'));
}
