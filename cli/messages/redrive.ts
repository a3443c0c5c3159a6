import { InvalidInputError } from '../../lib/errors.ts';
import type { OperatorQueue, OutgoingMessage } from '../../lib/messaging/operator-queue.ts';
import type { StoredCall, StoredSummary } from '../../lib/state/parked-item.ts';
import { type ParkedList, redriveAtMsOf } from '../../lib/state/parked-list.ts';
import type { Report, Run } from '../command.ts';
import { confirm } from '../confirm.ts';
import { counted } from '../printable.ts';
import { toldOf } from '../problem.ts';
import { isNameless, isUncertain } from './reason.ts';
import { type LeftOut, type RedriveOptions, redriveMessage } from './redrive-message.ts';
import { type RedriveOutcome, redriveReport } from './redrive-report.ts';
import { checkSelection, type Selection, selectCalls } from './select-calls.ts';
import { throttle } from './throttle.ts';

export interface RedriveCommand extends Selection, RedriveOptions {
  /** Messages a second. */
  readonly rate: number;
  readonly dryRun?: boolean | undefined;
  readonly yes?: boolean | undefined;
}

/** How one call fared. */
type Fate = 'sent' | 'moved on' | LeftOut;

/**
 * Sends parked calls again, under their keys, so many a second. Each stays in the list until a consumer starts it, so that
 * nothing is lost whenever this ends, and running it again sends only what is still there.
 */
export async function redriveParked(run: Run, command: RedriveCommand): Promise<Report> {
  checkSelection(command, 'redrive');
  const { dryRun = false } = command;
  const parked = run.runtime.parked();
  const queue = run.runtime.queue();
  const calls = await selectCalls(parked, command, run);
  const likely = calls.filter((call) => command.includeUnknown || !isUncertain(call, run.runtime.integration));
  if (likely.length > 0 && !dryRun) {
    await confirm(`Send ${counted(likely.length, 'parked call')} to ${queue.name} again`, command, run);
  }
  const { signal } = run.interruption;
  run.interruption.hold();
  const next = dryRun ? async () => !signal.aborted : throttle(command.rate, run.clock, signal);

  const outcome: RedriveOutcome = { sent: [], leftOut: [], failed: [], movedOn: [], notTried: calls.length };
  for (const call of calls) {
    if (!(await next())) break;
    outcome.notTried -= 1;
    try {
      const fate = await redriveOne(call, { parked, queue, command, run });
      if (fate === 'sent') outcome.sent.push(call);
      else if (fate === 'moved on') outcome.movedOn.push(call);
      else outcome.leftOut.push({ call, reason: fate });
    } catch (error) {
      const { code, message } = toldOf(error);
      outcome.failed.push({ call, code, message });
      // A message may be refused for itself; anything else would meet the others too.
      if (!(error instanceof InvalidInputError)) break;
    }
    run.terminal.progress(`${calls.length - outcome.notTried} of ${calls.length} …`);
  }
  return redriveReport(outcome, { ...command, dryRun, queueName: queue.name, interrupted: signal.aborted }, run);
}

interface Parts {
  readonly parked: ParkedList;
  readonly queue: OperatorQueue;
  readonly command: RedriveCommand;
  readonly run: Run;
}

async function redriveOne(summary: StoredSummary, { parked, queue, command, run }: Parts): Promise<Fate> {
  const call = await parked.read(summary.pk);
  if (!call?.parked || call.rejectedAtMs !== summary.rejectedAtMs) return 'moved on';
  const correction = call.correctedPk === undefined ? undefined : await parked.readCorrection(call.correctedPk);

  const nowMs = run.clock.now();
  const isKnown = !isUncertain(call, run.runtime.integration);
  const message = redriveMessage(call, { correction, redriveAtMs: redriveAtMsOf(call), nowMs, isKnown }, command);
  if (typeof message === 'string') return message;
  if (command.dryRun) return 'sent';

  const act = { by: run.operator, note: correction === undefined ? undefined : 'with the correction' };
  if (!(await parked.noteRedrive(call, act))) return 'moved on';
  await sendNoted(message, call, { parked, queue, command, run });
  if (isNameless(call)) await parked.leave(call, act);
  return 'sent';
}

async function sendNoted(message: OutgoingMessage, call: StoredCall, { parked, queue, run }: Parts): Promise<void> {
  try {
    await queue.send(message);
  } catch (error) {
    // The note would say that it waits in the queue. Should this fail too, a second redrive mends it.
    await parked.noteNotSent(call, { by: run.operator }).catch(() => undefined);
    throw error;
  }
}
