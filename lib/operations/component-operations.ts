import * as z from 'zod/mini';
import { ConfigurationError, SiebelResponseError, UnusableResponseError } from '../errors.ts';
import { type ComponentAddress, MAX_PAGE_SIZE, type SiebelRecord, type ViewMode } from '../siebel/component.ts';
import { isRecordId } from '../siebel/path.ts';
import { notQueryable, searchSpecification } from '../siebel/search-specification.ts';
import { coded, type Field, type JsonKind } from '../siebel/values.ts';
import type { Operation } from './operation.ts';
import { decodeRecord, encodeRecord } from './records.ts';

/** A business component as its operations need it, its definition checked. */
export interface DeclaredComponent {
  readonly name: string;
  readonly address: ComponentAddress;
  readonly viewMode: ViewMode;
  readonly fields: ReadonlyMap<string, Field>;
}

type ById = { readonly Id: string };
type Values = Readonly<Record<string, unknown>>;

const ID = z.string().check(coded('BAD_KEY', 'is not of the form of a Siebel row id', isRecordId));
const LIMIT = z.int().check(z.minimum(1), z.maximum(MAX_PAGE_SIZE));
const DEFAULT_LIMIT = 20;

/** `{ Id }` → the record. */
export function readOne(component: DeclaredComponent): Operation<ById, unknown, 'read'> {
  const { address, viewMode, fields } = component;
  return {
    kind: 'read',
    input: z.strictObject({ Id: ID }),
    inputMembers: new Map([['Id', 'string']]),
    async call(client, { Id }, options) {
      const record = await client.get(address, Id, { viewMode, fields: [...fields.keys()] }, options);
      if (!record) throw notFound(component);
      return trusted(component, record);
    },
  };
}

/** `{ <filter>: value, …, limit }` → `{ items }`, those that equal every filter that is given. */
export function search(
  component: DeclaredComponent,
  filters: readonly string[],
): Operation<Values & { readonly limit?: number }, { readonly items: readonly unknown[] }, 'read'> {
  const { address, viewMode, fields } = component;
  const filterFields = new Map(filters.map((filter) => [filter, declaredField(component, filter)]));
  return {
    kind: 'read',
    input: z.strictObject({
      ...mapValues(filterFields, (field) => z.optional(searchValue(field))),
      limit: z.optional(LIMIT),
    }) as never,
    inputMembers: new Map<string, JsonKind>([...jsonKinds(filterFields), ['limit', 'number']]),
    async call(client, { limit = DEFAULT_LIMIT, ...values }, options) {
      const equalities = Object.entries(encodeRecord(filterFields, values)).map(
        ([field, value]) => ({ field, operator: '=', value }) as const,
      );
      const query = {
        viewMode,
        fields: [...fields.keys()],
        sort: [{ field: 'Id', direction: 'asc' }],
        pageSize: limit,
        startRow: 0,
        ...(equalities.length > 0 && {
          searchSpecification: searchSpecification(new Set(filters), { all: equalities }),
        }),
      } as const;
      // A page that is not full may be the last, or all that an administrator's page limit lets through.
      const records: SiebelRecord[] = [];
      for await (const page of client.pages(address, query, options)) {
        records.push(...page);
        if (records.length >= limit) break;
      }
      return { items: records.slice(0, limit).map((record) => trusted(component, record)) };
    },
  };
}

/** `{ <writable field>: value, … }` → `{ Id }`. */
export function upsertOne({ address, fields }: DeclaredComponent): Operation<Values, ById, 'repeatable'> {
  const writable = writableOf(fields);
  return {
    kind: 'repeatable',
    input: z.strictObject(mapValues(writable, (field) => (field.optional ? z.optional(field.schema) : field.schema))),
    inputMembers: new Map(jsonKinds(writable)),
    async call(client, input, options) {
      const { id } = await client.upsert(address, encodeRecord(writable, input), options);
      return { Id: id };
    },
  };
}

/** `{ Id, <field to change>: value, … }` → `{ Id }`. */
export function updateOne(component: DeclaredComponent): Operation<Values & ById, ById, 'repeatable'> {
  const { address, viewMode, fields } = component;
  const writable = writableOf(fields);
  return {
    kind: 'repeatable',
    input: z
      .strictObject({ Id: ID, ...mapValues(writable, (field) => z.optional(field.schema)) })
      .check(coded('MISSING_FIELD', 'names no field to change', (input) => Object.keys(input).length > 1)) as never,
    inputMembers: new Map<string, JsonKind>([['Id', 'string'], ...jsonKinds(writable)]),
    async call(client, { Id, ...values }, options) {
      // Some sites answer an update of an unknown Id by creating a record, so that it is read first.
      if (!(await client.get(address, Id, { viewMode, fields: [] }, options))) throw notFound(component);
      const { id } = await client.update(address, Id, encodeRecord(writable, values), options);
      return { Id: id };
    },
  };
}

/** `{ Id }` → `{ Id }`. */
export function deleteOne({ address }: DeclaredComponent): Operation<ById, ById, 'repeatable'> {
  return {
    kind: 'repeatable',
    input: z.strictObject({ Id: ID }),
    inputMembers: new Map([['Id', 'string']]),
    async call(client, { Id }, options) {
      await client.delete(address, Id, options);
      return { Id };
    },
  };
}

function searchValue(field: Field) {
  return field.json === 'string' ? (field.schema as z.ZodMiniType<string>).check(queryable) : field.schema;
}

const queryable: z.core.CheckFn<string> = ({ value, issues }) => {
  const message = notQueryable(value);
  if (message) issues.push({ code: 'custom', params: { code: 'VALUE_NOT_QUERYABLE' }, message, input: value });
};

function declaredField({ name, fields }: DeclaredComponent, filter: string): Field {
  const field = fields.get(filter);
  if (!field) throw new ConfigurationError(`business component ${name}: the filter ${filter} is not a declared field`);
  return field;
}

// A record that is not what siebel.config.ts says it is: never passed on half understood.
function trusted({ name, fields }: DeclaredComponent, record: SiebelRecord): unknown {
  const decoded = decodeRecord(fields, record);
  if ('record' in decoded) return decoded.record;
  const problems = decoded.issues.map(({ message }) => message).join('; ');
  throw new UnusableResponseError('UNEXPECTED_SHAPE', `${name}: a record differs from its declaration: ${problems}`, {
    status: 200,
  });
}

function notFound({ name }: DeclaredComponent): SiebelResponseError {
  const message = `${name}: Siebel has no record with this Id that the integration user may see`;
  return new SiebelResponseError('NOT_FOUND', message, { failureClass: 'message', status: 404 });
}

function writableOf(fields: ReadonlyMap<string, Field>): ReadonlyMap<string, Field> {
  return new Map([...fields].filter(([, field]) => !field.readOnly));
}

function mapValues<T>(fields: ReadonlyMap<string, Field>, change: (field: Field) => T): Record<string, T> {
  return Object.fromEntries([...fields].map(([name, field]) => [name, change(field)]));
}

function jsonKinds(fields: ReadonlyMap<string, Field>): [name: string, kind: JsonKind][] {
  return [...fields].map(([name, field]) => [name, field.json]);
}
