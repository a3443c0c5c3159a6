import { ConfigurationError, type InputIssue, UnusableResponseError } from '../errors.ts';
import type { SyncJob } from '../operations/index.ts';
import type { SiebelRecord } from '../siebel/component.ts';
import { instantOf, type Position } from './position.ts';

/** One record that was read, in its place. */
export interface Row {
  readonly id: string;
  /** Value of the cursor field as Siebel writes it, and as an instant. */
  readonly wire: string;
  readonly atMs: number;
  /** What the sink gets. */
  readonly line: string;
  /** What of the record is not as its declaration says; none of it as a rule. */
  readonly issues: readonly InputIssue[];
}

/** Of a page at most this share may go to quarantine; one record always may. */
const QUARANTINE_SHARE = 0.01;
/** Differences from the declaration that an error names. */
const MAX_PROBLEMS = 10;

/**
 * Turns the pages of one run into rows, and checks that they come as they were asked for: inside the range, in the order
 * of cursor and Id, each once.
 *
 * Ids are compared by equality only: their order is the database's, not ours.
 *
 * @throws ConfigurationError `SORT_MISMATCH` when Siebel sorts otherwise than its search compares: a cursor would then
 *   lose records. `CONFIGURATION` when a record lacks the cursor field, or too many differ from their declaration.
 * @throws UnusableResponseError when the same page comes again.
 */
export function rowReader(
  name: string,
  job: SyncJob,
  { start, boundMs }: { readonly start: Position | undefined; readonly boundMs: number },
): { read(records: readonly SiebelRecord[]): readonly Row[] } {
  let lastMs = start?.atMs ?? Number.NEGATIVE_INFINITY;
  let idsOfSecond = new Set(start?.id === undefined ? [] : [start.id]);
  let firstIdOfPage: string | undefined;

  const place = (record: SiebelRecord, earlierInPage: ReadonlySet<string>): Row | undefined => {
    const { id, wire, atMs } = placeOf(name, job, record);
    if (atMs < lastMs || atMs > boundMs) throw sortMismatch(name, job, 'a record stands outside its order or range');
    if (atMs > lastMs) idsOfSecond = new Set();
    else if (idsOfSecond.has(id)) {
      // A join at Siebel may show one record twice in a row of one page.
      if (earlierInPage.has(id)) return undefined;
      throw sortMismatch(name, job, 'a record that was read comes again behind itself');
    }
    lastMs = atMs;
    idsOfSecond.add(id);

    const decoded = job.read.decode(record);
    return 'record' in decoded
      ? { id, wire, atMs, line: JSON.stringify(decoded.record), issues: [] }
      : { id, wire, atMs, line: JSON.stringify({ Id: id, issues: decoded.issues, record }), issues: decoded.issues };
  };

  return {
    read(records) {
      const first = records[0] && placeOf(name, job, records[0]);
      // Of one second, it may as well be the sort that is at fault: that shows below.
      if (first && first.id === firstIdOfPage && first.atMs < lastMs) {
        throw new UnusableResponseError(
          'UNEXPECTED_SHAPE',
          `sync job "${name}": Siebel gave the same page again, as if it had not read the search`,
          { status: 200 },
        );
      }
      firstIdOfPage = first?.id;

      const earlierInPage = new Set<string>();
      const rows = records.flatMap((record) => {
        const row = place(record, earlierInPage);
        if (row) earlierInPage.add(row.id);
        return row ? [row] : [];
      });
      refuseDrift(name, job, rows);
      return rows;
    },
  };
}

function placeOf(name: string, { read, cursor }: SyncJob, record: SiebelRecord) {
  const id = Object.hasOwn(record, 'Id') ? (record['Id'] ?? '') : '';
  const wire = Object.hasOwn(record, cursor) ? (record[cursor] ?? '') : '';
  const atMs = instantOf(wire);
  if (id === '' || atMs === undefined) {
    throw new ConfigurationError(
      `sync job "${name}": a record of ${read.name} came without Id, or without a date and time in ${cursor}; ` +
        'choose a cursor field that every record has',
    );
  }
  return { id, wire, atMs };
}

function refuseDrift(name: string, { read }: SyncJob, rows: readonly Row[]): void {
  const quarantined = rows.filter(({ issues }) => issues.length > 0);
  if (quarantined.length <= Math.max(1, Math.floor(rows.length * QUARANTINE_SHARE))) return;
  const messages = quarantined.flatMap(({ issues }) => issues.map(({ message }) => message));
  const problems = [...new Set(messages)].slice(0, MAX_PROBLEMS).join('; ');
  throw new ConfigurationError(
    `sync job "${name}": ${quarantined.length} of ${rows.length} records of a page differ from the declaration of ${read.name}: ` +
      `correct its fields in siebel.config.ts (${problems})`,
  );
}

function sortMismatch(name: string, { read, cursor }: SyncJob, what: string): ConfigurationError {
  return new ConfigurationError(
    `sync job "${name}": ${what}; ${read.name} is not sorted by ${cursor} and Id as its search compares them, and would lose records`,
    { code: 'SORT_MISMATCH' },
  );
}
