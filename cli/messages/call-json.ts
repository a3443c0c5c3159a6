import type { Integration } from '../../lib/operations/index.ts';
import type { StoredCall, StoredSummary } from '../../lib/state/parked-item.ts';
import { instant } from '../printable.ts';
import { isUncertain, nameOf } from './reason.ts';

/** What `--json` says of a call in a list; members that do not apply are null. */
export function summaryJson(call: StoredSummary, integration: Pick<Integration, 'operations'>) {
  return {
    name: nameOf(call),
    operation: call.operation ?? null,
    key: call.key ?? null,
    messageId: call.messageId ?? null,
    state: call.state,
    parked: call.parked,
    code: call.code ?? null,
    detail: call.detail ?? null,
    siebelCodes: call.siebelCodes,
    receiveCount: call.receiveCount ?? null,
    firstSeenAt: instantOrNull(call.firstSeenAtMs),
    parkedAt: instantOrNull(call.rejectedAtMs),
    outcomeUnknown: isUncertain(call, integration),
    mayBePartial: call.mayBePartial,
    checkedNotDone: call.checkedNotDone,
    correctedAt: instantOrNull(call.correctedAtMs),
    redriveSentAt: instantOrNull(call.redriveSentAtMs),
  };
}

/** What `--json` says of one call. */
export function callJson(
  call: StoredCall,
  correction: string | undefined,
  integration: Pick<Integration, 'operations'>,
) {
  return {
    ...summaryJson(call, integration),
    recordId: call.recordId ?? null,
    issues: call.issues,
    body: call.body ?? null,
    attributes: call.attributes,
    correctedBody: correction ?? null,
    audit: call.audit.map(({ atMs, by, action, note }) => ({ at: instant(atMs), by, action, note: note ?? null })),
  };
}

/** An instant, or null. */
export function instantOrNull(atMs: number | undefined): string | null {
  return atMs === undefined ? null : instant(atMs);
}
