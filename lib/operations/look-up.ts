import { createHash } from 'node:crypto';
import { CLOCK_MARGIN_MS } from '../clock.ts';
import { ConfigurationError, type InputIssue } from '../errors.ts';
import { pointerTo } from '../json.ts';
import type { CallName } from '../ledger/ledger.ts';
import { unexpected } from '../siebel/answers.ts';
import { MAX_PAGE_SIZE, type SiebelRecord } from '../siebel/component.ts';
import { fitsSearch } from '../siebel/parameters.ts';
import { all, any, type Condition, conditions, notQueryable } from '../siebel/search-specification.ts';
import { integrationUserOf, type SiebelSite } from '../siebel/site.ts';
import { type Field, text, utcDateTime } from '../siebel/values.ts';
import { addressFor, type DeclaredComponent } from './declared-component.ts';
import type { Values } from './members.ts';
import type { LookUp, Operation } from './operation.ts';
import type { Branches } from './record-trees.ts';
import { encodeRecord } from './records.ts';
import { isWhole } from './whole-tree.ts';

/** Digits of a mark: what a marker field holds at least. */
const MARK_LENGTH = 30;
const MARK: Field = /* @__PURE__ */ text(MARK_LENGTH);
const CREATED = 'Created';
const CREATED_BY = 'Created By Name';
const UTC: Field = /* @__PURE__ */ utcDateTime();

/** Fields by which the record of an insert is found again, and what is known of them. */
export interface NaturalKey {
  /** Declared and writable, at least one. */
  readonly keys: readonly string[];
  /** Siebel itself refuses a second record with them. */
  readonly unique: boolean;
  /** Others insert records with them, too. */
  readonly sharedKey: boolean;
}

/**
 * What a record is marked with that a call inserts, where its component has a marker field: decimal digits, which are the
 * same in every case that Siebel may force on a field.
 */
export function markOf({ operation, key }: CallName): string {
  const hash = createHash('sha256').update(`${operation}\n${key}`).digest('hex');
  return BigInt(`0x${hash}`).toString().slice(-MARK_LENGTH);
}

/**
 * What keeps an input from being found again (R73): with that, nothing is sent. Empty when nothing does, and for operations
 * that are not looked up.
 *
 * @param input One that the operation's schema accepts.
 */
export function naturalKeyIssues(
  { lookUp }: Pick<Operation, 'lookUp'>,
  input: unknown,
  site: SiebelSite,
): readonly InputIssue[] {
  return lookUp?.issues(input as Values, site) ?? [];
}

/**
 * The look-up of an insert: by the marker or the natural key, at the top or below the parent that the input names.
 *
 * @param branches The children that are inserted along.
 */
export function lookUpOf(
  component: DeclaredComponent,
  { keys, unique, sharedKey }: NaturalKey,
  branches: Branches,
): LookUp {
  return {
    unique,
    looksFirst: sharedKey,
    issues: (input, site) => keyIssues(component, keys, input, site),
    find: finder(component, keys, branches),
  };
}

function finder(component: DeclaredComponent, keys: readonly string[], branches: Branches): LookUp['find'] {
  const { name, marker } = component;

  return async (client, input, { mark, firstStartedAtMs }, site, options) => {
    const user = marker === undefined ? integrationUserOf(site) : undefined;
    const sent = encodeRecord(component.listed, input);
    const ours = marker === undefined ? [...Object.keys(sent), CREATED] : [marker];
    const read = [...new Set([...keys, ...ours, ...(user === undefined ? [] : [CREATED_BY])])];
    const isOurs = (record: SiebelRecord) =>
      marker === undefined
        ? hasValues(component, sent, record) &&
          // Siebel's clock may be behind ours, and counts whole seconds.
          createdAtMs(component, record) >= firstStartedAtMs - CLOCK_MARGIN_MS &&
          (user === undefined || isSame(record[CREATED_BY], user))
        : isSame(record[marker], mark);

    const at = addressFor(component, input);
    const key = Object.fromEntries(keys.map((name) => [name, wireOf(component, name, input)]));
    const where = conditionOf(component, keys, input, mark);
    const sort = [{ field: 'Id', direction: 'asc' }] as const;
    let others = false;
    for await (const page of client.pages(
      at,
      { fields: read, where, sort, pageSize: MAX_PAGE_SIZE, startRow: 0 },
      options,
    )) {
      const id = page.find(isOurs)?.['Id'];
      if (id !== undefined) {
        return { found: (await isWhole(client, at, id, branches, input, options)) ? 'ours' : 'partly', id };
      }
      // A site may have renamed the parameter that carries the search, which is then not read.
      if (!page.every((record) => hasValues(component, key, record)))
        throw unexpected(200, `${name}: a record that was not searched for`);
      others ||= page.length > 0;
    }
    return { found: others ? 'others' : 'absent' };
  };
}

/** What is searched for; the natural key besides the marker shows records of others. */
function conditionOf(
  { searchable, marker }: DeclaredComponent,
  keys: readonly string[],
  input: Values,
  mark: string,
): Condition {
  const { field } = conditions({ ...searchable, ...(marker !== undefined && { [marker]: MARK }) });
  const is = (name: string, value: unknown) => (field(name) as { is(value: unknown): Condition }).is(value);
  const byKey = all(...(keys.map((key) => is(key, input[key])) as [Condition, ...Condition[]]));
  return marker === undefined ? byKey : any(is(marker, mark), byKey);
}

/** What keeps a natural key out of a search, field by field, or all of it together. */
function keyIssues(
  component: DeclaredComponent,
  keys: readonly string[],
  input: Values,
  site: SiebelSite,
): readonly InputIssue[] {
  const refused = (path: readonly string[], message: string): InputIssue => ({
    pointer: pointerTo(['input', ...path]),
    code: 'VALUE_NOT_QUERYABLE',
    message,
  });
  const issues = keys.flatMap((key) => {
    const wire = wireOf(component, key, input);
    const problem =
      wire === wire.trim() ? notQueryable(wire, site) : 'begins or ends with a blank, which Siebel may drop';
    return problem === undefined ? [] : [refused([key], `${problem}: the record could not be found by it`)];
  });
  if (issues.length > 0) return issues;
  // Without a marker the look-up reads all that was sent.
  const read = component.marker === undefined ? Object.keys(encodeRecord(component.listed, input)) : [];
  return fitsSearch(conditionOf(component, keys, input, '0'.repeat(MARK_LENGTH)), site, read)
    ? []
    : [refused([], 'has a natural key that is too long for a search')];
}

/** Whether a record that was met has the values that were sent, whatever Siebel makes of blanks and case. */
function hasValues(component: DeclaredComponent, sent: SiebelRecord, record: SiebelRecord): boolean {
  return Object.entries(sent).every(([name, value]) => {
    const { fromWire, toWire, json, kind } = declared(component, name);
    // What is not shown is not set.
    const shown = record[name] ?? '';
    const met = fromWire(shown);
    const wire = 'value' in met ? toWire(met.value) : shown;
    const isNumber = json === 'number' || kind === 'decimal';
    return isNumber ? Number(wire) === Number(value) : isSame(wire, value);
  });
}

function isSame(met: string | undefined, sent: string): boolean {
  return met?.trim().toLowerCase() === sent.trim().toLowerCase();
}

/** A record that does not say when it was created is older than any call. */
function createdAtMs({ name, fields }: DeclaredComponent, record: SiebelRecord): number {
  const own = fields.get(CREATED);
  const created = (own?.kind === 'dateTime' ? own : UTC).fromWire(record[CREATED] ?? '');
  if ('problem' in created) throw new ConfigurationError(`${name}: ${CREATED} ${created.problem}`);
  return 'value' in created ? Date.parse(String(created.value)) : Number.NEGATIVE_INFINITY;
}

function wireOf(component: DeclaredComponent, key: string, input: Values): string {
  return declared(component, key).toWire(input[key]);
}

function declared({ name, fields }: DeclaredComponent, key: string): Field {
  const field = fields.get(key);
  if (!field) throw new Error(`${name}: ${key} is not declared`);
  return field;
}
