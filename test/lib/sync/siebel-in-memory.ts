import type { SiebelClient, SiebelPage, SiebelRecord } from '../../../lib/siebel/component.ts';
import { searchSpecification } from '../../../lib/siebel/search-specification.ts';

/** One state of a record: what it holds, since when it says so, and from when on others see it. */
export interface Version {
  readonly id: string;
  readonly name: string;
  readonly updatedAtMs: number;
  /** Later than `updatedAtMs` when its transaction was long. */
  readonly visibleAtMs?: number;
}

export interface SiebelInMemory {
  /** Replaced by tests that watch or disturb it. */
  queryPage: SiebelClient['queryPage'];
  /** As an administrator may have set it. */
  pageLimit: number;
  put(...versions: readonly Version[]): void;
  remove(id: string): void;
  /** The newest version of every record, seen or not. */
  newest(): Version[];
  /** Search specifications in the order in which they came; a look at any one record has none. */
  readonly searches: string[];
}

type Compare = (one: string, other: string) => number;
const byCode: Compare = (one, other) => (one < other ? -1 : one > other ? 1 : 0);

/** Rows behind the part of the Siebel client that a sync uses; reads the search by a grammar of its own. */
export function siebelInMemory({
  now,
  pageLimit = 100,
  sorts = byCode,
  compares = byCode,
  transform = (record) => record,
}: {
  now: () => number;
  pageLimit?: number;
  /** How the sort orders Ids, and how `>` does. */
  sorts?: Compare;
  compares?: Compare;
  /** What becomes of a record on its way out. */
  transform?: (record: SiebelRecord) => SiebelRecord;
}): SiebelInMemory {
  const records = new Map<string, Version[]>();
  const searches: string[] = [];

  const visible = () =>
    [...records.values()].flatMap((versions) => {
      const last = versions.findLast(({ updatedAtMs, visibleAtMs = updatedAtMs }) => visibleAtMs <= now());
      return last ? [last] : [];
    });

  const siebel: SiebelInMemory = {
    searches,
    pageLimit,
    put(...versions) {
      for (const version of versions) records.set(version.id, [...(records.get(version.id) ?? []), version]);
    },
    remove: (id) => void records.delete(id),
    newest: () => [...records.values()].flatMap((versions) => versions.slice(-1)),
    async queryPage(_component, { where, sort = [], pageSize, startRow }): Promise<SiebelPage> {
      if (!where && sort.length === 0 && pageSize === 1) {
        const [record] = visible().map(recordOf).map(transform);
        return { records: record ? [record] : [], lastPage: !record };
      }
      const search = where ? searchSpecification(where) : '';
      if (JSON.stringify(sort) !== ORDER || startRow !== 0) throw new Error('not asked for in the order of the cursor');
      searches.push(search);
      const matches = conditionOf(search, compares);
      const found = visible()
        .map(recordOf)
        .filter(matches)
        .sort((one, other) => byTime(one, other) || sorts(one['Id'] ?? '', other['Id'] ?? ''))
        .slice(0, Math.min(pageSize, siebel.pageLimit))
        .map(transform);
      return { records: found, lastPage: found.length === 0 };
    },
  };
  return siebel;
}

const ORDER = '[{"field":"Updated","direction":"asc"},{"field":"Id","direction":"asc"}]';

export function wire(atMs: number): string {
  const [, year, month, day, time] = /^(\d+)-(\d+)-(\d+)T([\d:]+)/.exec(new Date(atMs).toISOString()) ?? [];
  return `${month}/${day}/${year} ${time}`;
}

const written = new WeakMap<Version, SiebelRecord>();

function recordOf(version: Version): SiebelRecord {
  const known = written.get(version);
  if (known) return known;
  const { id, name, updatedAtMs } = version;
  const record = { Id: id, Name: name, Updated: wire(updatedAtMs) };
  written.set(version, record);
  return record;
}

function byTime(one: SiebelRecord, other: SiebelRecord): number {
  return sortable(one['Updated']) - sortable(other['Updated']);
}

const instants = new Map<string, number>();

/** A value on the wire as an instant; read once, for tests ask for thousands of records again and again. */
function sortable(value = ''): number {
  const known = instants.get(value);
  if (known !== undefined) return known;
  const [, month, day, year, time] = /^(\d\d)\/(\d\d)\/(\d{4}) ([\d:]{8})$/.exec(value) ?? [];
  if (!time) throw new Error(`SBL-DAT-00359: ${value}`);
  const atMs = Date.parse(`${year}-${month}-${day}T${time}Z`);
  instants.set(value, atMs);
  return atMs;
}

type Test = (record: SiebelRecord) => boolean;

/** `([Updated] > "…") AND (…)`: parentheses, AND before OR, comparisons. */
function conditionOf(search: string, compares: Compare): Test {
  const tokens = search.match(/\(|\)|AND|OR|\[[^\]]+\]|<=|>=|<>|=|<|>|"[^"]*"/g) ?? [];
  let at = 0;

  const any = (): Test => {
    const parts = [all()];
    while (tokens[at] === 'OR') {
      at += 1;
      parts.push(all());
    }
    return (record) => parts.some((part) => part(record));
  };
  const all = (): Test => {
    const parts = [one()];
    while (tokens[at] === 'AND') {
      at += 1;
      parts.push(one());
    }
    return (record) => parts.every((part) => part(record));
  };
  const one = (): Test => {
    if (tokens[at] === '(') {
      at += 1;
      const inner = any();
      if (tokens[at] !== ')') throw new Error(`no end of parenthesis: ${search}`);
      at += 1;
      return inner;
    }
    const [field = '', operator = '', literal = ''] = tokens.slice(at, at + 3);
    at += 3;
    return comparison(field.slice(1, -1), operator, literal.slice(1, -1), compares);
  };

  const test = any();
  if (at !== tokens.length) throw new Error(`cannot be read: ${search}`);
  return test;
}

function comparison(field: string, operator: string, literal: string, compares: Compare): Test {
  const instant = field === 'Updated' ? sortable(literal) : 0;
  const order = (record: SiebelRecord) =>
    field === 'Updated' ? sortable(record[field]) - instant : compares(record[field] ?? '', literal);
  switch (operator) {
    case '=':
      return (record) => order(record) === 0;
    case '>':
      return (record) => order(record) > 0;
    case '>=':
      return (record) => order(record) >= 0;
    case '<=':
      return (record) => order(record) <= 0;
    default:
      throw new Error(`an operator that this grammar does not know: ${operator}`);
  }
}
