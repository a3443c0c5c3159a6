import { InvalidInputError, UnusableResponseError } from '../../errors.ts';
import type { SyncJob } from '../../operations/index.ts';
import type { CallReport } from '../../siebel/call.ts';
import type { SiebelClient, SiebelRecord } from '../../siebel/component.ts';
import { all, type Condition, conditions, searchSpecification } from '../../siebel/search-specification.ts';

/** The longest search that Siebel is known to take. A site that takes less is asked for fewer at a time. */
const MAX_LENGTH = 2_000;
/** What stands around one comparison among others: `(…) OR `. */
const AROUND = 6;

const ID = conditions({}).field('Id');

/** What is read by Id: the records of a job, which its own condition must hold for as well. */
type Source = Pick<SyncJob, 'read' | 'where' | 'pageSize'>;

/** The first of these Ids that fit into one search, at least one. */
export function batchOf(
  ids: readonly string[],
  { where, pageSize }: Pick<SyncJob, 'where' | 'pageSize'>,
): readonly string[] {
  // Siebel's own limit is met later; here, only lengths are told.
  const lengthOf = (condition: Condition) =>
    searchSpecification(condition, { maxLength: Number.POSITIVE_INFINITY }).length;
  let left = MAX_LENGTH - AROUND - (where ? lengthOf(all(where, where)) / 2 : 0);
  let count = 0;
  while (count < Math.min(ids.length, pageSize)) {
    left -= lengthOf(ID.is(ids[count] ?? '')) + AROUND;
    if (left < 0) break;
    count += 1;
  }
  return ids.slice(0, Math.max(1, count));
}

/**
 * Looks records up by Id, with all their fields. One that does not come is gone, or the job's condition does not hold for it
 * any more: only an empty page shows that, since a short one may be an administrator's limit.
 *
 * @param ids What `batchOf` gave.
 * @throws Whatever Siebel throws.
 */
export async function recordsById(
  siebel: Pick<SiebelClient, 'queryPage'>,
  job: Source,
  ids: readonly string[],
  options: { readonly deadlineAtMs: () => number; readonly onCall: (report: CallReport) => void },
): Promise<ReadonlyMap<string, SiebelRecord>> {
  const found = new Map<string, SiebelRecord>();
  let left: readonly string[] = ids;
  while (left.length > 0) {
    const page = await pageOf(siebel, job, left, options);
    for (const record of page.records) {
      const id = record['Id'] ?? '';
      if (!ids.includes(id)) {
        const message = 'Siebel gave a record that was not asked for, as if it had not read the search';
        throw new UnusableResponseError('UNEXPECTED_SHAPE', message, { status: 200 });
      }
      // Of a record that a join shows twice, the first row counts, as it does in live runs.
      if (!found.has(id)) found.set(id, record);
    }
    const rest = left.filter((id) => !found.has(id));
    if (page.end || rest.length === left.length) break;
    left = rest;
  }
  return found;
}

async function pageOf(
  siebel: Pick<SiebelClient, 'queryPage'>,
  job: Source,
  ids: readonly string[],
  options: Parameters<typeof recordsById>[3],
): Promise<{ readonly records: readonly SiebelRecord[]; readonly end: boolean }> {
  const { where, read, pageSize } = job;
  const oneOfThem = ID.oneOf(ids);
  const query = { ...read.read, where: where ? all(where, oneOfThem) : oneOfThem, pageSize, startRow: 0 };
  try {
    const { deadlineAtMs, onCall } = options;
    const page = await siebel.queryPage(read.address, query, { deadlineAtMs: deadlineAtMs(), onCall });
    return { records: page.records, end: page.lastPage || page.records.length === 0 };
  } catch (error) {
    if (!isTooLong(error) || ids.length === 1) throw error;
    const half = Math.ceil(ids.length / 2);
    const parts = [];
    for (const some of [ids.slice(0, half), ids.slice(half)]) {
      parts.push(...(await recordsById(siebel, job, some, options)).values());
    }
    return { records: parts, end: true };
  }
}

function isTooLong(error: unknown): boolean {
  return error instanceof InvalidInputError && error.issues.some(({ code }) => code === 'TOO_LONG');
}
