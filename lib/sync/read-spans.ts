import type { Clock } from '../clock.ts';
import { failureClassOf } from '../errors.ts';
import type { SyncJob } from '../operations/index.ts';
import type { CallReport } from '../siebel/call.ts';
import type { ReadOptions, SiebelClient, SiebelRecord } from '../siebel/component.ts';
import { searchNameOf } from '../siebel/search-specification.ts';
import type { Span } from './checkpoint.ts';
import { byTime, giveBack, isEmpty, type Lane, laneOf, moveOn, restOf, takeHalf } from './lanes.ts';
import { recordsIn } from './position.ts';
import { showsRecords } from './shown.ts';

/** What is read: a job's records, or some of their fields, in these ranges. */
export interface SpansToRead<R extends { readonly id: string; readonly atMs: number }> {
  readonly job: Pick<SyncJob, 'read' | 'cursor' | 'where' | 'pageSize'>;
  readonly fields: ReadOptions;
  /** Disjoint. */
  readonly spans: readonly Span[];
  /** Where the last range ends, whether it is still to be read or not. */
  readonly boundMs: number;
  /** Pages that are read at a time. */
  readonly lanes: number;
  /** What checks and reads the pages of one span, in their order. */
  readonly rows: (span: Span) => { read(records: readonly SiebelRecord[]): readonly R[] };
  /** Whether there is time for a page that takes as long as the slowest one did. */
  readonly mayRead: (slowestMs: number) => boolean;
  readonly callDeadlineAtMs: () => number;
  readonly onCall: (report: CallReport) => void;
  /**
   * Takes one page, which may be empty, while the next ones are read; never called twice at a time.
   *
   * @param page.open What is left to be read when these rows are taken.
   * @returns False to stop.
   */
  readonly onPage: (page: { readonly rows: readonly R[]; readonly open: readonly Span[] }) => Promise<boolean>;
  /**
   * Whether an empty page at the bound is in doubt as well: whether Siebel has to show any record, or to say it again
   * besides. Absent: it never is.
   *
   * @param newestMs Of the records that were read; `undefined` when there was none.
   */
  readonly doubtsEnd?: (newestMs: number | undefined) => EndDoubt;
}

export type EndDoubt = 'none' | 'look' | 'ask again';

/**
 * How reading ended, and how many pages it took, the empty ones included. `nothing-seen`: Siebel shows no record of the
 * component at all, and an empty page says nothing then; what it seemed to end is still open.
 */
export interface SpansRead {
  readonly end: 'complete' | 'stopped' | 'nothing-seen';
  readonly pages: number;
}

/** A page takes about this long, as long as none was read. */
const PAGE_MS = 1_000;

/**
 * Reads every record of some ranges of the cursor field, each page from a position instead of an offset (R66, R50). Only
 * an empty page, or Siebel's own `lastpage`, ends the last range.
 *
 * Any other range ends where a record beyond it is seen: each page is asked for up to the bound of all. An empty one says
 * that there is nothing up to the bound, though later ranges have had records; so Siebel must show any record at all, and
 * then say it again.
 *
 * With several lanes, as many ranges are read at a time, and a lane that is done takes over the later half of the range
 * that has most left; when that half begins with an empty page, it is given back. A lane reads its next page while the one
 * before is taken, and no further.
 *
 * @throws What a page failed with, once all lanes have stopped and what they had read whole was taken. Of several
 *   failures one that waiting does not mend; after such a one nothing more is taken.
 */
export async function readSpans<R extends { readonly id: string; readonly atMs: number }>(
  { siebel, clock }: { readonly siebel: Pick<SiebelClient, 'queryPage'>; readonly clock: Clock },
  what: SpansToRead<R>,
): Promise<SpansRead> {
  const { job, boundMs, lanes: most, mayRead, callDeadlineAtMs, onCall, onPage } = what;
  const query = queryOf(what);
  const limits = () => ({ deadlineAtMs: callDeadlineAtMs(), onCall });
  const waiting = what.spans.filter((span) => !isEmpty(span)).sort(byTime);
  const lanes = new Set<Lane>();
  const working = new Set<Promise<void>>();
  const failures: unknown[] = [];
  /** No further page is asked for. */
  let stopped = false;
  /** No further page is taken. */
  let refused = false;
  let nothingSeen = false;
  let pages = 0;
  let newestMs: number | undefined;
  let slowestMs = PAGE_MS;
  let taking: Promise<void> = Promise.resolve();

  const open = () => [...lanes].map(restOf).concat(waiting).sort(byTime);

  const readPage = async (span: Span) => {
    const startedMs = clock.elapsed();
    const where = recordsIn(span, job);
    const page = await siebel.queryPage(job.read.address, { ...query, where }, limits());
    slowestMs = Math.max(slowestMs, clock.elapsed() - startedMs);
    pages += 1;
    return { records: page.records, last: page.lastPage || page.records.length === 0 };
  };

  const stop = (failure?: { readonly error: unknown }) => {
    stopped = true;
    if (failure) failures.push(failure.error);
    if (failure && failureClassOf(failure.error) !== 'environment') refused = true;
  };

  /**
   * The next page of a lane. `nothing-seen`: it is empty, and Siebel shows no record at all. `given-back`: it is empty, and
   * another lane reads on there. `no-time`: it is in doubt, and there is no time to ask.
   */
  const readBelieved = async (lane: Lane) => {
    const span = { ...lane.reading, upToMs: boundMs };
    const page = await readPage(span);
    if (page.records.length > 0) return page;
    if (giveBack(lane, lanes)) return 'given-back';
    const doubt = lane.upToMs < boundMs ? 'ask again' : (what.doubtsEnd?.(newestMs) ?? 'none');
    if (doubt === 'none') return page;
    if (!mayRead(slowestMs)) return 'no-time';
    if (!(await showsRecords(siebel, job, limits()))) return 'nothing-seen';
    if (doubt === 'look') return page;
    return mayRead(slowestMs) ? readPage(span) : 'no-time';
  };

  /** One page at a time. Rows behind the end of the lane are another's by now. */
  const take = (lane: Lane, rows: readonly R[], last: boolean): Promise<void> => {
    taking = taking.then(async () => {
      if (refused) return;
      const own = rows.filter(({ atMs }) => atMs <= lane.upToMs);
      const end = own.at(-1);
      if (last || own.length < rows.length) lanes.delete(lane);
      else if (end) lane.taken = { fromMs: end.atMs, afterId: end.id };
      try {
        if (await onPage({ rows: own, open: open() })) return;
        stop();
      } catch (error) {
        stop({ error });
      }
      refused = true;
    });
    return taking;
  };

  const read = async (lane: Lane): Promise<void> => {
    const rows = what.rows({ ...restOf(lane), upToMs: boundMs });
    let taken: Promise<void> = Promise.resolve();
    while (!stopped && mayRead(slowestMs)) {
      const answer = await readBelieved(lane);
      await taken;
      if (answer === 'given-back') return;
      if (typeof answer === 'string') {
        nothingSeen ||= answer === 'nothing-seen';
        break;
      }
      const { last } = answer;
      const page = rows.read(answer.records);
      moveOn(lane, page);
      const readToMs = page.at(-1)?.atMs;
      if (readToMs !== undefined) newestMs = Math.max(newestMs ?? readToMs, readToMs);
      lane.ends = last || (readToMs !== undefined && readToMs > lane.upToMs);
      if (lane.ends) lane.recordMs = undefined;
      taken = take(lane, page, last);
      if (lane.ends) return taken;
      occupy();
    }
    stop();
    return taken;
  };

  const start = (lane: Lane): void => {
    lanes.add(lane);
    const work = read(lane)
      .catch((error: unknown) => stop({ error }))
      .finally(() => {
        working.delete(work);
        occupy();
      });
    working.add(work);
  };

  /** Gives every lane something to read, as far as there is anything. */
  function occupy(): void {
    while (!stopped && working.size < most) {
      const next = waiting.shift();
      const lane = next ? laneOf(next) : takeHalf(lanes, job.pageSize);
      if (!lane) return;
      start(lane);
    }
  }

  occupy();
  while (working.size > 0) await Promise.race(working);
  await taking;
  if (failures.length > 0) throw failures.find((failure) => failureClassOf(failure) !== 'environment') ?? failures[0];
  if (nothingSeen) return { end: 'nothing-seen', pages };
  return { end: open().length === 0 ? 'complete' : 'stopped', pages };
}

function queryOf({ job: { read, cursor, pageSize }, fields }: Pick<SpansToRead<never>, 'job' | 'fields'>) {
  return {
    ...fields,
    sort: [
      { field: searchNameOf(cursor, read.fields[cursor]), direction: 'asc' },
      { field: 'Id', direction: 'asc' },
    ],
    pageSize,
    startRow: 0,
  } as const;
}
