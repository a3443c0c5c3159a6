import { ConfigurationError, type InputIssue, UnusableResponseError } from '../errors.ts';
import type { SyncJob } from '../operations/index.ts';
import type { SiebelRecord } from '../siebel/component.ts';
import type { Span } from './checkpoint.ts';
import { instantOf } from './position.ts';

type Source = Pick<SyncJob, 'read' | 'cursor'>;

/** Where one record that was read stands. */
export interface Place {
  readonly id: string;
  /** Value of the cursor field as Siebel writes it, and as an instant. */
  readonly wire: string;
  readonly atMs: number;
}

/** One record that was read, in its place. */
export interface Row extends Place {
  /** What the sink gets. */
  readonly line: string;
  /** What of the record is not as its declaration says; none of it as a rule. */
  readonly issues: readonly InputIssue[];
  /** Written by the integration itself, and left out. */
  readonly own: boolean;
}

/** Reads the pages of one span in their order. */
export interface PlaceReader<R extends Place> {
  read(records: readonly SiebelRecord[]): readonly R[];
}

/** Of a page at most this share may go to quarantine; one record always may. */
const QUARANTINE_SHARE = 0.01;
/** Differences from the declaration that an error names. */
const MAX_PROBLEMS = 10;

/**
 * Checks that the records of a span come as they were asked for: inside it, in the order of cursor and Id, each once.
 *
 * Ids are compared by equality only: their order is the database's, not ours.
 *
 * @throws ConfigurationError `SORT_MISMATCH` when Siebel sorts otherwise than its search compares: a cursor would then
 *   lose records. `CONFIGURATION` when a record lacks Id or cursor field.
 * @throws UnusableResponseError when the same page comes again.
 */
export function placeReader(name: string, job: Source, span: Span): PlaceReader<Place> {
  return orderedReader(name, job, span, (place) => place);
}

/**
 * As `placeReader`, with what the sink gets of each record.
 *
 * @throws ConfigurationError `SYNC_DRIFT` besides, when too many records of a page differ from their declaration.
 */
export function rowReader(name: string, job: SyncJob, span: Span): PlaceReader<Row> {
  const ordered = orderedReader(name, job, span, (place, record) => rowAt(place, job, record));
  return {
    read(records) {
      const rows = ordered.read(records);
      refuseDrift(name, job, rows);
      return rows;
    },
  };
}

/**
 * One record as the sink gets it.
 *
 * @throws ConfigurationError when it lacks Id or cursor field.
 */
export function rowOf(name: string, job: SyncJob, record: SiebelRecord): Row {
  return rowAt(placeIn(name, job, record), job, record);
}

function rowAt(place: Place, { read, ownWrites }: SyncJob, record: SiebelRecord): Row {
  const own = ownWrites !== undefined && wireValue(record, ownWrites.field) === ownWrites.is;
  const decoded = read.decode(record);
  return 'record' in decoded
    ? { ...place, own, line: JSON.stringify(decoded.record), issues: [] }
    : { ...place, own, line: JSON.stringify({ Id: place.id, issues: decoded.issues, record }), issues: decoded.issues };
}

function orderedReader<R extends Place>(
  name: string,
  job: Source,
  { fromMs, afterId, upToMs }: Span,
  make: (place: Place, record: SiebelRecord) => R,
): PlaceReader<R> {
  let lastMs = fromMs ?? Number.NEGATIVE_INFINITY;
  let idsOfSecond = new Set(afterId === undefined ? [] : [afterId]);
  let firstIdOfPage: string | undefined;

  const inOrder = (record: SiebelRecord, earlierInPage: ReadonlySet<string>): R | undefined => {
    const place = placeIn(name, job, record);
    const { id, atMs } = place;
    if (atMs < lastMs || atMs > upToMs) throw sortMismatch(name, job, 'a record stands outside its order or range');
    if (atMs > lastMs) idsOfSecond = new Set();
    else if (idsOfSecond.has(id)) {
      // A join at Siebel may show one record twice in a row of one page.
      if (earlierInPage.has(id)) return undefined;
      throw sortMismatch(name, job, 'a record that was read comes again behind itself');
    }
    lastMs = atMs;
    idsOfSecond.add(id);
    return make(place, record);
  };

  return {
    read(records) {
      const first = records[0] && placeIn(name, job, records[0]);
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
      return records.flatMap((record) => {
        const row = inOrder(record, earlierInPage);
        if (row) earlierInPage.add(row.id);
        return row ? [row] : [];
      });
    },
  };
}

function placeIn(name: string, { read, cursor }: Source, record: SiebelRecord): Place {
  const id = wireValue(record, 'Id');
  const wire = wireValue(record, cursor);
  const atMs = instantOf(wire);
  if (id === '' || atMs === undefined) {
    throw new ConfigurationError(
      `sync job "${name}": a record of ${read.name} came without Id, or without a date and time in ${cursor}; ` +
        'choose a cursor field that every record has',
    );
  }
  return { id, wire, atMs };
}

function wireValue(record: SiebelRecord, name: string): string {
  return Object.hasOwn(record, name) ? (record[name] ?? '') : '';
}

function refuseDrift(name: string, { read }: SyncJob, rows: readonly Row[]): void {
  const quarantined = rows.filter(({ issues }) => issues.length > 0);
  if (quarantined.length <= Math.max(1, Math.floor(rows.length * QUARANTINE_SHARE))) return;
  const messages = quarantined.flatMap(({ issues }) => issues.map(({ message }) => message));
  const problems = [...new Set(messages)].slice(0, MAX_PROBLEMS).join('; ');
  throw new ConfigurationError(
    `sync job "${name}": ${quarantined.length} of ${rows.length} records of a page differ from the declaration of ${read.name}: ` +
      `correct its fields in siebel.config.ts (${problems})`,
    { code: 'SYNC_DRIFT' },
  );
}

function sortMismatch(name: string, { read, cursor }: Source, what: string): ConfigurationError {
  return new ConfigurationError(
    `sync job "${name}": ${what}; ${read.name} is not sorted by ${cursor} and Id as its search compares them, and would lose records`,
    { code: 'SORT_MISMATCH' },
  );
}
