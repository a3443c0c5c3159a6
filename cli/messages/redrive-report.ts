import type { StoredSummary } from '../../lib/state/parked-item.ts';
import { MESSAGES, type Report, type Run } from '../command.ts';
import { counted, table } from '../printable.ts';
import { summaryJson } from './call-json.ts';
import { isNameless, nameOf, remarksOf } from './reason.ts';
import type { LeftOut } from './redrive-message.ts';

/** What a redrive did, or would have done. */
export interface RedriveOutcome {
  readonly sent: StoredSummary[];
  readonly leftOut: { readonly call: StoredSummary; readonly reason: LeftOut }[];
  readonly failed: { readonly call: StoredSummary; readonly code: string; readonly message: string }[];
  /** Dealt with meanwhile by somebody else. */
  readonly movedOn: StoredSummary[];
  /** How many were not come to. */
  notTried: number;
}

interface Circumstances {
  readonly names: readonly string[];
  readonly dryRun: boolean;
  readonly queueName: string;
  readonly interrupted: boolean;
}

/** Of more names than these only the number is told. */
const MAX_NAMED = 20;
const WHY: Readonly<Record<LeftOut, string>> = {
  OUTCOME_UNKNOWN:
    'nobody knows whether Siebel has done it, or a part of it: look, then `resolve`; or --include-unknown',
  EXPIRED: 'its notAfter has passed; --include-expired sends it all the same',
  NO_BODY: 'its message is not kept: `correct` it, or `drop` it',
};

/** Exit code 0 when everything that was asked for was done: what a filter leaves out was not asked for, what is named was. */
export function redriveReport(outcome: RedriveOutcome, circumstances: Circumstances, run: Run): Report {
  const { sent, leftOut, failed, movedOn, notTried } = outcome;
  const { names, dryRun } = circumstances;
  const { integration } = run.runtime;
  const json = (call: StoredSummary) => summaryJson(call, integration);
  const interrupted = circumstances.interrupted && notTried > 0;
  const isAllDone = failed.length + movedOn.length + notTried === 0 && (names.length === 0 || leftOut.length === 0);
  return {
    exitCode: isAllDone ? 0 : 1,
    json: {
      dryRun,
      sent: dryRun ? [] : sent.map(json),
      wouldSend: dryRun ? sent.map(json) : [],
      leftOut: leftOut.map(({ call, reason }) => ({ ...json(call), reason })),
      failed: failed.map(({ call, code, message }) => ({ ...json(call), error: { code, message } })),
      movedOn: movedOn.map(json),
      notTried,
      interrupted,
    },
    lines: [...sentLines(outcome, circumstances, run), ...troubleLines(outcome, interrupted, run)],
  };
}

function sentLines(
  { sent, leftOut, failed, movedOn }: RedriveOutcome,
  { dryRun, queueName }: Circumstances,
  { runtime: { integration } }: Run,
): string[] {
  const none = sent.length + leftOut.length + failed.length + movedOn.length === 0;
  if (none) return ['Nothing that is parked fits.'];
  if (dryRun) {
    const rows = sent.map((call) => [
      call.code ?? '',
      call.operation ?? '-',
      nameOf(call),
      remarksOf(call, integration).join(', '),
    ]);
    const shown = rows.length === 0 ? [] : [...table(['CODE', 'OPERATION', 'KEY OR MESSAGE ID', 'NOTE'], rows), ''];
    return [...shown, `Dry run: ${counted(sent.length, 'call')} would be sent to ${queueName}.`];
  }
  const waiting = 'Each stays in the list until a consumer starts it; to run this again does no harm.';
  const gone = sent.filter(isNameless);
  return [
    `${counted(sent.length, 'call')} sent to ${queueName}.${sent.length > gone.length ? ` ${waiting}` : ''}`,
    ...(gone.length > 0 ? [`Out of the list, as what has become of it is kept under its key: ${namesOf(gone)}.`] : []),
  ];
}

function troubleLines(
  { leftOut, failed, movedOn, notTried }: RedriveOutcome,
  interrupted: boolean,
  run: Run,
): string[] {
  const reasons = [...new Set(leftOut.map(({ reason }) => reason))];
  return [
    ...reasons.map((reason) => {
      const calls = leftOut.filter((each) => each.reason === reason).map(({ call }) => call);
      return `Left out: ${namesOf(calls)}: ${WHY[reason]}.`;
    }),
    ...(movedOn.length > 0 ? [`Not sent, as others have dealt with it meanwhile: ${namesOf(movedOn)}.`] : []),
    ...failed.map(({ call, code, message }) => `Not sent: ${nameOf(call)}: ${code}: ${message}`),
    ...(notTried > 0
      ? [
          `${interrupted ? 'Interrupted' : 'Stopped'}: ${counted(notTried, 'call')} not tried. ${MESSAGES} list${run.repeat} shows what is left.`,
        ]
      : []),
  ];
}

function namesOf(calls: readonly StoredSummary[]): string {
  return calls.length > MAX_NAMED ? counted(calls.length, 'call') : calls.map(nameOf).join(', ');
}
