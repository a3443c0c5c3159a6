import { plain } from '../siebel-error.ts';
import { isObject, listOf, type Values } from './definition.ts';

/** A message of an integration object: its root records, with child records by component name, without `ListOf…` sets. */
export class Message {
  readonly integrationObject: string;
  readonly root: string;
  readonly records: readonly Values[];

  constructor(integrationObject: string, root: string, records: readonly Values[]) {
    this.integrationObject = integrationObject;
    this.root = root;
    this.records = records;
  }
}

const WRAPPER = 'ListOf';

/** A value that came in: a message where it has the form of one, and as it is otherwise. */
export function readValue(value: unknown): unknown {
  if (!isObject(value) || typeof value['IntObjectName'] !== 'string') return value;
  const name = value['IntObjectName'];
  const wrapper = value[`${WRAPPER}${name}`];
  const members = isObject(wrapper) ? Object.entries(wrapper) : [];
  if (members.length > 1) throw plain(500, `'${WRAPPER}${name}' holds more than one root component.`);
  const [root, records] = members[0] ?? ['', []];
  return new Message(name, root, listOf(records).map(unwrapped));
}

/** A value that goes out, as the format of the request decides: with `ListOf…` sets, or without them. */
export function writtenValue(value: unknown, { wrap, nextId }: { wrap: boolean; nextId: () => string }): unknown {
  if (!(value instanceof Message)) return value;
  const { integrationObject, root, records } = value;
  if (!wrap) return oneOrMany(records.map(bare));
  return {
    IntObjectFormat: 'Siebel Hierarchical',
    MessageId: nextId(),
    IntObjectName: integrationObject,
    MessageType: 'Integration Object',
    [`${WRAPPER}${integrationObject}`]: { [root]: records.map(wrapped) },
  };
}

/** Arrays of records are child records; everything else is a value of the record itself. */
function unwrapped(record: Values): Values {
  const members = Object.entries(record).flatMap(([name, value]) => {
    if (!name.startsWith(WRAPPER) || !(isObject(value) || value === '')) return [[name, value] as const];
    return isObject(value)
      ? Object.entries(value).map(([child, rows]) => [child, listOf(rows).map(unwrapped)] as const)
      : [];
  });
  return Object.fromEntries(members);
}

function wrapped(record: Values): Values {
  const members = Object.entries(record).map(([name, value]) =>
    Array.isArray(value) ? [`${WRAPPER}${name}`, { [name]: listOf(value).map(wrapped) }] : [name, value],
  );
  return Object.fromEntries(members);
}

function bare(record: Values): Values {
  const members = Object.entries(record).flatMap(([name, value]) => {
    if (!Array.isArray(value)) return [[name, value] as const];
    return value.length === 0 ? [] : [[name, oneOrMany(listOf(value).map(bare))] as const];
  });
  return Object.fromEntries(members);
}

function oneOrMany(records: readonly Values[]): unknown {
  return records.length === 1 ? records[0] : records;
}
