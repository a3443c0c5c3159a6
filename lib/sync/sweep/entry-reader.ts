import type { SiebelRecord } from '../../siebel/component.ts';
import type { Span } from '../checkpoint.ts';
import { placeReader, rowOf } from '../rows.ts';
import type { SetEntry } from './set-entries.ts';
import type { Work } from './work.ts';

/**
 * Reads the pages of one span as entries, in the order and with the checks of `placeReader`. Records that differ from their
 * declaration have a version like all others: pages of a sweep mix what came one by one.
 */
export function entryReader(
  { name, job, versionOf }: Pick<Work, 'name' | 'job' | 'versionOf'>,
  span: Span,
): { read(records: readonly SiebelRecord[]): readonly SetEntry[] } {
  const places = placeReader(name, job, span);
  return {
    read(records) {
      const read = places.read(records);
      if (!versionOf) return read.map(({ id, atMs }) => ({ id, atMs }));
      // Of a record that a join shows twice, the first row counts, as it does in live runs.
      const versions = new Map<string, string>();
      for (const record of records) {
        const { id, line } = rowOf(name, job, record);
        if (!versions.has(id)) versions.set(id, versionOf(line));
      }
      return read.map(({ id, atMs }) => ({ id, atMs, version: versions.get(id) }));
    },
  };
}
