import { IntegrationError, invalidInput, SiebelResponseError, UnusableResponseError } from '../errors.ts';
import { type AnsweredRecord, unexpected, writtenRecordsOf } from './answers.ts';
import type { RowResult } from './call.ts';
import { type CallParts, calledName } from './call-parts.ts';
import { type ComponentAddress, MAX_BATCH_SIZE, type SiebelClient, type SiebelRecord } from './component.ts';
import { reportedAsOne } from './one-report.ts';
import { isRecordId } from './path.ts';
import { writeRequest } from './writes.ts';

type Batches = Pick<SiebelClient, 'upsertMany' | 'insertMany' | 'deleteMany'>;
type Singly = Pick<SiebelClient, 'upsert' | 'upsertChild' | 'delete'>;

/**
 * The calls that write several records at once. Siebel documents a batch as all or nothing and its answer as one record
 * for each row; neither is taken for granted where rows can be sent again (R15).
 *
 * @see Siebel REST API Guide, "Batch Operations"
 */
export function batches(calls: CallParts, singly: Singly): Batches {
  return {
    async upsertMany(at, records, options) {
      assertSize(records.length);
      const one = at.below?.length ? singly.upsertChild : singly.upsert;
      return reportedAsOne(options, async (own) => {
        const together = await unlessRefused(() => upsertTogether(calls, at, records, own));
        return eachInTurn(records, (record, row) => together?.[row] ?? rowOf(() => one(at, record, own)));
      });
    },

    async insertMany(at, records, options) {
      assertSize(records.length);
      if (records.some((record) => record['Id'])) throw new RangeError('a record that is inserted has no Id yet');
      const method = at.below?.length ? 'PUT' : 'POST';
      const request = writeRequest(calls, ['unrepeatable', method], at, { body: bodyOf(at, records) });
      return calls.send(request, options, (response) => {
        const answer = calls.content(response, calledName(at));
        if (answer === 'no-data') throw unexpected(response.status, 'no records for those that were sent');
        const written = writtenRecordsOf(answer.json, response.status, records.length, at.below);
        if (new Set(written.map(({ Id }) => Id)).size < written.length)
          throw unexpected(response.status, 'one record for two that were inserted');
        if (written.some((row, index) => isAnother(row, records, index)))
          throw unexpected(response.status, 'records other than those that were inserted, or in another order');
        return written.map(({ Id }) => ({ id: Id }));
      });
    },

    async deleteMany(at, ids, options) {
      assertSize(ids.length);
      if (!ids.every(isRecordId)) throw invalidInput('', 'BAD_KEY', 'an Id is not of the form of a Siebel row id');
      return reportedAsOne(options, async (own) => {
        const done = await unlessRefused(() => deleteTogether(calls, at, ids, own));
        return eachInTurn(ids, (id) => (done ? { id } : rowOf(() => singly.delete(at, id, own).then(() => ({ id })))));
      });
    },
  };
}

/** What became of each row that Siebel has named; `undefined` for the others. */
async function upsertTogether(
  calls: CallParts,
  ...[at, records, options]: Parameters<Batches['upsertMany']>
): Promise<readonly (RowResult | undefined)[]> {
  const request = writeRequest(calls, ['repeatable', 'PUT'], at, { body: bodyOf(at, records) });
  return calls.send(request, options, (response) => {
    const answer = calls.content(response, calledName(at));
    const written =
      answer === 'no-data'
        ? []
        : matching(() => writtenRecordsOf(answer.json, response.status, records.length, at.below));
    // Two rows can have met one record; which of them it is now, only each by itself can tell.
    const isTwice = (id: string) => written.filter(({ Id }) => Id === id).length > 1;
    return written.map((row, index) => (repeats(row, records[index]) && !isTwice(row.Id) ? { id: row.Id } : undefined));
  });
}

/** Whether all of them are gone. */
async function deleteTogether(
  calls: CallParts,
  ...[at, ids, options]: Parameters<Batches['deleteMany']>
): Promise<boolean> {
  const request = writeRequest(calls, ['repeatable', 'DELETE'], at, { body: ids.map((Id) => ({ Id })) });
  return calls.send(request, options, (response) => {
    if (response.status === 200 && response.body.length === 0) return true;
    // "No data" may be said of one row or of all.
    return calls.content(response, calledName(at)) !== 'no-data' || response.status === 204;
  });
}

async function eachInTurn<T>(
  items: readonly T[],
  settle: (item: T, row: number) => RowResult | Promise<RowResult>,
): Promise<readonly RowResult[]> {
  const rows: RowResult[] = [];
  for (const [row, item] of items.entries()) rows.push(await settle(item, row));
  return rows;
}

/** Several children go as a member named like their component, several records as an array. */
function bodyOf(at: ComponentAddress, records: readonly SiebelRecord[]): unknown {
  const child = at.below?.at(-1)?.component;
  return child === undefined ? records : { [child]: records };
}

/** Nothing when Siebel has refused the batch, which it does for one bad row among them or for being a batch. */
async function unlessRefused<T>(batch: () => Promise<T>): Promise<T | undefined> {
  try {
    return await batch();
  } catch (error) {
    if (error instanceof SiebelResponseError && isRefusal(error)) return undefined;
    throw error;
  }
}

/** What releases without batches say to an array is not known: a 500 of Siebel's own is taken for it as well. */
function isRefusal({ failureClass, status, answeredBy, passing }: SiebelResponseError): boolean {
  return failureClass !== 'environment' || (status === 500 && answeredBy === 'siebel' && !passing);
}

/** The result of one row that goes singly. A fault of our own settings would meet every row and ends the call. */
async function rowOf(one: () => Promise<RowResult>): Promise<RowResult> {
  try {
    return await one();
  } catch (error) {
    if (!(error instanceof IntegrationError) || error.failureClass === 'configuration') throw error;
    return { error };
  }
}

function matching(read: () => readonly AnsweredRecord[]): readonly AnsweredRecord[] {
  try {
    return read();
  } catch (error) {
    if (error instanceof UnusableResponseError && error.code === 'UNEXPECTED_SHAPE') return [];
    throw error;
  }
}

/**
 * Whether the row of the answer stands for another record than the one in its place. A value that merely differs is no
 * proof: Siebel trims, completes and reformats what it stores.
 */
function isAnother(written: AnsweredRecord, records: readonly SiebelRecord[], place: number): boolean {
  return !repeats(written, records[place]) && records.some((record) => repeats(written, record));
}

/** Whether the row of the answer can stand for this record: nothing that it repeats may differ. */
function repeats(written: AnsweredRecord, record: SiebelRecord = {}): boolean {
  return Object.entries(record).every(([name, value]) => !Object.hasOwn(written, name) || written[name] === value);
}

function assertSize(rows: number): void {
  if (rows < 1 || rows > MAX_BATCH_SIZE) throw new RangeError(`a batch has 1 to ${MAX_BATCH_SIZE} rows`);
}
