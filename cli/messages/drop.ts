import type { StoredSummary } from '../../lib/state/parked-item.ts';
import type { Report, Run } from '../command.ts';
import { confirm } from '../confirm.ts';
import { counted, table } from '../printable.ts';
import { type Told, toldOf } from '../problem.ts';
import { summaryJson } from './call-json.ts';
import { nameOf, remarksOf } from './reason.ts';
import { checkSelection, type Selection, selectCalls } from './select-calls.ts';

export interface DropOptions extends Selection {
  readonly reason: string;
  readonly dryRun?: boolean | undefined;
  readonly yes?: boolean | undefined;
}

/** Takes calls out of the list of parked ones. They stay refused: a message with their key is acknowledged, unsent. */
export async function dropCalls(run: Run, options: DropOptions): Promise<Report> {
  checkSelection(options, 'drop');
  const { reason, dryRun = false } = options;
  const parked = run.runtime.parked();
  const json = (call: StoredSummary) => summaryJson(call, run.runtime.integration);
  const calls = await selectCalls(parked, options, run);
  if (dryRun || calls.length === 0) {
    return {
      exitCode: 0,
      json: {
        dryRun,
        dropped: [],
        wouldDrop: calls.map(json),
        movedOn: [],
        notTried: 0,
        interrupted: false,
        error: null,
      },
      lines:
        calls.length === 0
          ? ['Nothing that is parked fits.']
          : [
              ...table(
                ['CODE', 'OPERATION', 'KEY OR MESSAGE ID', 'NOTE'],
                calls.map((call) => [
                  call.code ?? '',
                  call.operation ?? '-',
                  nameOf(call),
                  remarksOf(call, run.runtime.integration).join(', '),
                ]),
              ),
              '',
              `Dry run: ${counted(calls.length, 'call')} would be dropped.`,
            ],
    };
  }
  await confirm(`Drop ${counted(calls.length, 'parked call')}`, options, run);

  run.interruption.hold();
  const outcome: Outcome = { dropped: [], movedOn: [], notTried: calls.length, failure: undefined };
  for (const call of calls) {
    if (run.interruption.signal.aborted) break;
    try {
      const isDropped = await parked.drop(call, { by: run.operator, note: reason });
      (isDropped ? outcome.dropped : outcome.movedOn).push(call);
    } catch (error) {
      outcome.failure = toldOf(error);
      break;
    }
    outcome.notTried -= 1;
    run.terminal.progress(`${outcome.dropped.length} of ${calls.length} dropped …`);
  }
  return report(outcome, json);
}

interface Outcome {
  readonly dropped: StoredSummary[];
  readonly movedOn: StoredSummary[];
  /** How many were not come to, the one that failed included. */
  notTried: number;
  failure: Told | undefined;
}

function report(
  { dropped, movedOn, notTried, failure }: Outcome,
  json: (call: StoredSummary) => ReturnType<typeof summaryJson>,
): Report {
  const interrupted = notTried > 0 && failure === undefined;
  const why = failure ? `Stopped: ${failure.code}: ${failure.message}` : 'Interrupted';
  return {
    exitCode: notTried + movedOn.length > 0 ? 1 : 0,
    json: {
      dryRun: false,
      dropped: dropped.map(json),
      wouldDrop: [],
      movedOn: movedOn.map(json),
      notTried,
      interrupted,
      error: failure ? { code: failure.code, message: failure.message } : null,
    },
    lines: [
      `${counted(dropped.length, 'call')} dropped.`,
      ...movedOn.map((call) => `Not dropped, as it has changed meanwhile: ${nameOf(call)}`),
      ...(notTried > 0 ? [`${why}. Not dropped: ${counted(notTried, 'call')}; run it again for them.`] : []),
    ],
  };
}
