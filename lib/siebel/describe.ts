import { UnusableResponseError } from '../errors.ts';
import { isObject } from '../json.ts';

/** What a describe document says about one business component. Its names can be wrong: see `componentMetadata`. */
export interface ComponentMetadata {
  /** Path of the component as the document names it: `data/Account/Account`. */
  readonly path: string;
  readonly format: 'swagger 2.0' | 'openapi 3.0';
  readonly fields: readonly FieldMetadata[];
  /** Names of child components, in the order of the document. */
  readonly children: readonly string[];
}

/** What a describe document says about one field. */
export interface FieldMetadata {
  /** Name in the payload, as the document has it. */
  readonly name: string;
  /** Siebel's type: `DTYPE_TEXT`. Missing for `Id`, which documents leave untyped. */
  readonly dataType: string | undefined;
  /** Type of ours that suits `dataType`; none for a type that is not known here. */
  readonly suggestion: FieldSuggestion | undefined;
  /** Characters; none when the document says nothing usable. */
  readonly maxLength: number | undefined;
  /** As documents say it: often true of fields that Siebel fills in by itself. */
  readonly required: boolean;
  readonly readOnly: boolean;
}

/** Word of `siebel.config.ts` for a field. */
export type FieldSuggestion =
  | { readonly type: 'text'; readonly maxLength: number | undefined }
  | { readonly type: 'flag' | 'integer' | 'date' | 'time' | 'utcDateTime' | 'dateTime' }
  /** `digits` in all, `scale` of them behind the point; none when the document gives no precision. */
  | { readonly type: 'decimal'; readonly digits: number | undefined; readonly scale: number | undefined };

/** Schemas of answers repeat the fields of the request under these endings. */
const ANSWER_SCHEMA = /_(?:put_post|get_one|get_all|del)_response$/;
const NO_FIELDS: readonly string[] = ['Id', 'Link'];

/**
 * Reads what Siebel answers to `GET …/data/<object>/<component>/describe`: Swagger 2.0 (from 18.7) or OpenAPI 3.0 (from
 * 22.11).
 *
 * For development, never at run time. **The names are no promise**: on a live system more than half of them differed from
 * those in the answers, and some were swapped; so were `DTYPE_UTCDATETIME` fields not in UTC. Check each against a record.
 * No document that was seen names a user key, a pick list or a default.
 *
 * @param document The parsed JSON.
 * @throws UnusableResponseError `UNEXPECTED_SHAPE` when the document is neither, or describes no component.
 * @see Siebel REST API Guide, "Using the Describe Parameter to Return Business Component Metadata"
 */
export function componentMetadata(document: unknown): ComponentMetadata {
  const { format, schemas } = schemasOf(document);
  const [schemaName, schema] = recordSchema(schemas);
  const required = Array.isArray(schema['required']) ? schema['required'] : [];
  const path = pathNamed(document, schemaName);

  const fields: FieldMetadata[] = [];
  const nested: string[] = [];
  for (const [name, property] of members(schema['properties'])) {
    if (NO_FIELDS.includes(name)) continue;
    if (isChild(property)) nested.push(name);
    else fields.push(fieldOf(name, property, required.includes(name)));
  }
  if (fields.length === 0) throw notAsDescribed('a component without fields');
  return { path, format, fields, children: [...new Set([...nested, ...childrenBelow(document, path)])] };
}

/** Type of ours for a field of this Siebel type. */
export function suggestionFor(
  dataType: string | undefined,
  size: {
    readonly maxLength?: number | undefined;
    readonly precision?: number | undefined;
    readonly scale?: number | undefined;
  },
): FieldSuggestion | undefined {
  switch (dataType) {
    case 'DTYPE_TEXT':
    case 'DTYPE_NOTE':
    case 'DTYPE_PHONE':
    case 'DTYPE_ID':
      return { type: 'text', maxLength: size.maxLength };
    case 'DTYPE_BOOL':
      return { type: 'flag' };
    case 'DTYPE_INTEGER':
      return { type: 'integer' };
    case 'DTYPE_NUMBER':
    case 'DTYPE_CURRENCY': {
      // A precision of 0 is what documents write where the repository has none.
      const digits = size.precision === 0 ? undefined : size.precision;
      return { type: 'decimal', digits, scale: digits === undefined ? undefined : size.scale };
    }
    case 'DTYPE_DATE':
      return { type: 'date' };
    case 'DTYPE_TIME':
      return { type: 'time' };
    case 'DTYPE_UTCDATETIME':
      return { type: 'utcDateTime' };
    case 'DTYPE_DATETIME':
      return { type: 'dateTime' };
    default:
      return undefined;
  }
}

function schemasOf(document: unknown): { format: ComponentMetadata['format']; schemas: unknown } {
  if (!isObject(document)) throw notAsDescribed('no document');
  if (String(document['openapi']).startsWith('3.')) {
    const components = document['components'];
    return { format: 'openapi 3.0', schemas: isObject(components) ? components['schemas'] : undefined };
  }
  // One of the guide's own samples begins with the definitions, without saying which format it is in.
  const assumed = document['openapi'] === undefined && isObject(document['definitions']) ? '2.0' : undefined;
  if ((document['swagger'] ?? assumed) === '2.0') {
    return { format: 'swagger 2.0', schemas: document['definitions'] };
  }
  throw notAsDescribed('neither Swagger 2.0 nor OpenAPI 3.0');
}

/** The schema of a record as it is sent; of several, the one with the shortest name, as children have longer ones. */
function recordSchema(schemas: unknown): readonly [name: string, Readonly<Record<string, unknown>>] {
  const found = members(schemas)
    .filter(([name, schema]) => !ANSWER_SCHEMA.test(name) && members(schema['properties']).length > 0)
    .sort(([left], [right]) => left.length - right.length);
  const [first] = found;
  if (!first) throw notAsDescribed('no component: is it a catalogue?');
  return first;
}

/** `data_Account_Account_` → `data/Account/Account`. Blanks and underscores of names are kept by the paths alone. */
function pathNamed(document: unknown, schemaName: string): string {
  const wanted = withoutSeparators(schemaName);
  const paths = pathsOf(document).filter((path) => withoutSeparators(path) === wanted);
  return paths[0] ?? schemaName.replace(/_+$/, '').replaceAll('_', '/');
}

/** A child is catalogued as `<path>/{key}/<child>` or `<path>/{key}/<child>/describe`. */
function childrenBelow(document: unknown, path: string): string[] {
  return pathsOf(document).flatMap((candidate) => {
    if (!candidate.startsWith(`${path}/`)) return [];
    const [key = '', child, more] = candidate.slice(path.length + 1).split('/');
    return /^\{.*\}$/.test(key) && child !== undefined && (more === undefined || more === 'describe') ? [child] : [];
  });
}

function pathsOf(document: unknown): string[] {
  const { paths, tags } = isObject(document) ? document : {};
  const tagNames = Array.isArray(tags) ? tags.map((tag) => (isObject(tag) ? tag['name'] : undefined)) : [];
  return [...members(paths).map(([path]) => path), ...tagNames]
    .filter((name): name is string => typeof name === 'string')
    .map((name) => name.replace(/^\/+|\/+$/g, ''));
}

function fieldOf(name: string, property: Readonly<Record<string, unknown>>, required: boolean): FieldMetadata {
  const dataType = property['x-siebel-datatype'];
  const known = typeof dataType === 'string' ? dataType : undefined;
  const maxLength = wholeNumber(property['x-maxLength'] ?? property['maxLength']);
  const size = {
    maxLength,
    precision: wholeNumber(property['x-siebel-precision']),
    scale: wholeNumber(property['x-siebel-scale']),
  };
  return {
    name,
    dataType: known,
    suggestion: suggestionFor(known, size),
    maxLength: maxLength === 0 ? undefined : maxLength,
    required,
    readOnly: String(property['x-siebel-readOnly'] ?? property['readOnly']) === 'true',
  };
}

function isChild(property: Readonly<Record<string, unknown>>): boolean {
  return property['type'] === 'array' || isObject(property['properties']) || typeof property['$ref'] === 'string';
}

/** Documents write numbers as text in one format and as numbers in the other. */
function wholeNumber(value: unknown): number | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

function members(value: unknown): (readonly [name: string, Readonly<Record<string, unknown>>])[] {
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, member]) => (isObject(member) ? [[name, member] as const] : []));
}

function withoutSeparators(name: string): string {
  return name.replace(/[/_ ]/g, '').toLowerCase();
}

function notAsDescribed(what: string): UnusableResponseError {
  return new UnusableResponseError('UNEXPECTED_SHAPE', `the describe document holds ${what}`, { status: 200 });
}
