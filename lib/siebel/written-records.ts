import { isObject } from '../json.ts';
import { type AnsweredRecord, itemsOf, listOf, recordOf, recordsOf, unexpected } from './answered-records.ts';
import type { ChildStep, WrittenChild } from './component.ts';

type Members = Readonly<Record<string, unknown>>;

/**
 * The records that a write of several has met, in the order in which they came, each with its Id. One Id may come twice:
 * two rows can have met one record.
 *
 * @param below The steps of the address, when children were written.
 * @throws UnusableResponseError `UNEXPECTED_SHAPE` unless there are exactly as many as were sent; also for the answer of
 *   releases before 17, which names only the parent.
 */
export function writtenRecordsOf(
  json: unknown,
  status: number,
  sent: number,
  below: readonly ChildStep[] = [],
): readonly AnsweredRecord[] {
  const items = below.length === 0 ? itemsOf(json, status) : (childrenOf(json, status, below) ?? []);
  const records = items.map((item) => recordOf(item, status));
  if (records.length !== sent) throw unexpected(status, `${records.length} records for the ${sent} that were sent`);
  return records;
}

/**
 * The child record that a write below another record has met. Siebel answers with the child itself, or with its parent and
 * in it, under the child component's name, the child; before release 17 with the parent alone.
 *
 * @param below The steps of the address, the child component last.
 * @returns `undefined` for an answer that names only the parent.
 */
export function childWrittenOf(json: unknown, status: number, below: readonly ChildStep[]): WrittenChild {
  const children = childrenOf(json, status, below);
  if (children === undefined) return { id: undefined };
  const [child, ...more] = recordsOf(children, status).records;
  if (!child || more.length > 0) throw unexpected(status, 'not exactly one child record');
  return { id: child.Id };
}

/** The child records of an answer, as they came; `undefined` when it names only what stands above them. */
function childrenOf(json: unknown, status: number, below: readonly ChildStep[]): readonly unknown[] | undefined {
  const component = below.at(-1)?.component ?? '';
  const items = itemsOf(json, status);
  const [item] = items;
  if (items.length !== 1 || !isObject(item)) return items;

  const children = memberIn(item, component, below.length);
  if (children !== undefined) return listOf(children);
  return below.some(({ id }) => id === item['Id']) ? undefined : items;
}

/** The member of this name, also inside the records that lead there: a grandchild may come inside its parent's parent. */
function memberIn(record: Members, name: string, levels: number): unknown {
  if (holdsRecords(record, name)) return record[name];
  if (levels <= 1) return undefined;
  for (const [inner, value] of Object.entries(record)) {
    const found = inner !== 'Link' && isObject(value) ? memberIn(value, name, levels - 1) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A field may have the name of a component. */
function holdsRecords(record: Members, name: string): boolean {
  return Object.hasOwn(record, name) && typeof record[name] === 'object' && record[name] !== null;
}
