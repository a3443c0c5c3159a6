import type { Clock } from '../clock.ts';
import type { SyncJob } from '../operations/index.ts';
import type { CallReport } from '../siebel/call.ts';
import { MAX_PAGE_SIZE, type SiebelClient, type SiebelRecord } from '../siebel/component.ts';
import { searchNameOf } from '../siebel/search-specification.ts';
import { type Position, recordsBehind } from './position.ts';

/** Reads the pages of one run. */
export interface PageReader {
  /** @returns The records of one page; `last` when none can follow. */
  readBehind(
    position: Position | undefined,
    deadlineAtMs: number,
  ): Promise<{ readonly records: readonly SiebelRecord[]; readonly last: boolean }>;
  /** Pages read, the empty one at the end included. */
  readonly pages: number;
  /** Of the pages read up to now; 1 000 before the first. */
  readonly slowestMs: number;
}

/** Reads a job's records up to the bound, sorted by cursor and Id, each page from a position instead of an offset (R66, R50). */
export function pageReader({
  siebel,
  job: { read: source, cursor },
  boundMs,
  clock,
  onCall,
}: {
  readonly siebel: Pick<SiebelClient, 'queryPage'>;
  readonly job: SyncJob;
  readonly boundMs: number;
  readonly clock: Clock;
  readonly onCall: (report: CallReport) => void;
}): PageReader {
  const query = {
    ...source.read,
    sort: [
      { field: searchNameOf(cursor, source.fields[cursor]), direction: 'asc' },
      { field: 'Id', direction: 'asc' },
    ],
    pageSize: MAX_PAGE_SIZE,
    startRow: 0,
  } as const;
  let pages = 0;
  let slowestMs = 1_000;

  return {
    async readBehind(position, deadlineAtMs) {
      const startedMs = clock.elapsed();
      const where = recordsBehind(position, { read: source, cursor, boundMs });
      const page = await siebel.queryPage(source.address, { ...query, where }, { deadlineAtMs, onCall });
      slowestMs = Math.max(slowestMs, clock.elapsed() - startedMs);
      pages += 1;
      return { records: page.records, last: page.lastPage || page.records.length === 0 };
    },
    get pages() {
      return pages;
    },
    get slowestMs() {
      return slowestMs;
    },
  };
}
