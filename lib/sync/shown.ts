import type { SyncJob } from '../operations/index.ts';
import type { CallReport } from '../siebel/call.ts';
import type { SiebelClient } from '../siebel/component.ts';

/** Until when a call is to be answered, and who is told of it. */
export interface CallLimits {
  readonly deadlineAtMs: number;
  readonly onCall: (report: CallReport) => void;
}

/**
 * Whether Siebel shows any record of a job's component: an empty page says nothing while it shows none (R44), for a
 * responsibility that was taken away looks the same, and so does a component that was renamed.
 *
 * @throws Whatever Siebel throws.
 */
export async function showsRecords(
  siebel: Pick<SiebelClient, 'queryPage'>,
  { read }: Pick<SyncJob, 'read'>,
  limits: CallLimits,
): Promise<boolean> {
  const { records } = await siebel.queryPage(read.address, { fields: ['Id'], pageSize: 1, startRow: 0 }, limits);
  return records.length > 0;
}
