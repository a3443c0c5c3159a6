import type { SiebelClient, SiebelRecord } from '../../../../lib/siebel/component.ts';
import { searchSpecification } from '../../../../lib/siebel/search-specification.ts';

export interface Account {
  readonly id: string;
  readonly name: string;
  readonly updatedMs: number;
  readonly status?: string;
  readonly by?: string;
}

/** Accounts that others insert, change and delete, behind the part of the Siebel client that a sweep uses. */
export interface SiebelRows {
  queryPage: SiebelClient['queryPage'];
  readonly rows: Map<string, Account>;
  readonly searches: string[];
}

export function siebelRows({
  pageLimit = 100,
  beforePage = async () => undefined,
  transform = (record) => record,
}: {
  /** As an administrator may have set it. */
  pageLimit?: number | undefined;
  beforePage?: () => Promise<void>;
  transform?: (record: SiebelRecord) => SiebelRecord;
} = {}): SiebelRows {
  const rows = new Map<string, Account>();
  const searches: string[] = [];
  return {
    rows,
    searches,
    async queryPage(_at, { fields, where, pageSize, startRow }) {
      await beforePage();
      const search = where ? searchSpecification(where) : '';
      searches.push(search);
      if (startRow !== 0) throw new Error('an offset');
      const matches = search === '' ? () => true : conditionOf(search);
      const records = [...rows.values()]
        .sort((one, other) => one.updatedMs - other.updatedMs || (one.id < other.id ? -1 : 1))
        .map(recordOf)
        .filter(matches)
        .slice(0, Math.min(pageSize, pageLimit))
        .map((record) => (fields ? partOf(record, ['Id', ...fields]) : record))
        .map(transform);
      return { records, lastPage: records.length === 0 };
    },
  };
}

function recordOf({ id, name, updatedMs, status = 'Active', by = 'PERSON' }: Account): SiebelRecord {
  return { Id: id, Name: name, Updated: wire(updatedMs), Status: status, 'Updated By': by, Active: 'Y' };
}

function partOf(record: SiebelRecord, names: readonly string[]): SiebelRecord {
  return Object.fromEntries(Object.entries(record).filter(([name]) => names.includes(name)));
}

export function wire(atMs: number): string {
  const [, year, month, day, time] = /^(\d+)-(\d+)-(\d+)T([\d:]+)/.exec(new Date(atMs).toISOString()) ?? [];
  return `${month}/${day}/${year} ${time}`;
}

/** Texts of the wire in an order that is also that of the instants. */
function sortable(field: string, value = ''): string {
  return field === 'Updated' ? value.replace(/^(\d\d)\/(\d\d)\/(\d{4})/, '$3-$1-$2') : value;
}

type Test = (record: SiebelRecord) => boolean;

/** `([Updated] > "…") AND (…)`: parentheses, AND before OR, comparisons. */
function conditionOf(search: string): Test {
  const tokens = search.match(/\(|\)|AND|OR|\[[^\]]+\]|<=|>=|=|>|"[^"]*"/g) ?? [];
  let at = 0;
  const several = (word: string, part: () => Test, hold: (parts: Test[]) => Test) => () => {
    const parts = [part()];
    while (tokens[at] === word) {
      at += 1;
      parts.push(part());
    }
    return hold(parts);
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
    return comparison(field.slice(1, -1), operator, literal.slice(1, -1));
  };
  const all = several('AND', one, (parts) => (record) => parts.every((part) => part(record)));
  const any = several('OR', all, (parts) => (record) => parts.some((part) => part(record)));

  const test = any();
  if (at !== tokens.length) throw new Error(`cannot be read: ${search}`);
  return test;
}

function comparison(field: string, operator: string, literal: string): Test {
  const wanted = sortable(field, literal);
  const value = (record: SiebelRecord) => sortable(field, record[field]);
  switch (operator) {
    case '=':
      return (record) => value(record) === wanted;
    case '>':
      return (record) => value(record) > wanted;
    case '>=':
      return (record) => value(record) >= wanted;
    case '<=':
      return (record) => value(record) <= wanted;
    default:
      throw new Error(`an operator that this grammar does not know: ${operator}`);
  }
}
