import type { SyncJob } from '../../operations/index.ts';
import { refuseAnother } from '../job-shape.ts';
import { runWindow, type SyncParts, type SyncReport } from '../run.ts';
import type { SyncSink } from '../sink.ts';
import type { WindowMessage } from './message.ts';
import { type BackfillPlans, spanOf, windowName } from './plan.ts';

/** Why a message asks for nothing any more. The plan knows which windows are done, so that no window is lost with it. */
export type Obsolete = 'UNKNOWN_JOB' | 'NO_SUCH_PLAN' | 'CANCELLED' | 'NO_SUCH_WINDOW';

/** How the window of a message fared. */
export type WindowEnd = { readonly obsolete: Obsolete } | { readonly report: SyncReport };

export interface WindowParts extends Omit<SyncParts, 'sink' | 'control' | 'drift'> {
  readonly sinkOf: (job: SyncJob) => SyncSink | Promise<SyncSink>;
  readonly plans: Pick<BackfillPlans, 'read' | 'isRunning' | 'noteDone' | 'expire'>;
}

/**
 * Reads the window that a message asks for, from its own checkpoint on, until it is whole, the time is over, or its backfill is
 * cancelled. The same message once more does no harm: one that reads the window holds its lease, and a window that is done is
 * not read again.
 *
 * @throws What Siebel, the state or the sink throw: then the message has to come again.
 */
export async function readWindow(
  { job: name, backfill: id, window: n }: WindowMessage,
  jobs: ReadonlyMap<string, SyncJob>,
  limits: { readonly deadlineAtMs: number },
  parts: WindowParts,
): Promise<WindowEnd> {
  const { plans } = parts;
  const job = jobs.get(name);
  if (!job) return { obsolete: 'UNKNOWN_JOB' };
  const plan = await plans.read(name);
  if (plan?.id !== id || plan.state === 'cancelled') {
    await plans.expire(name, windowName(id, n));
    return { obsolete: plan?.id === id ? 'CANCELLED' : 'NO_SUCH_PLAN' };
  }
  const window = plan.windows[n - 1];
  if (!window) return { obsolete: 'NO_SUCH_WINDOW' };
  refuseAnother(name, job, plan.shape, `siebel sync backfill ${name} --replace`);

  const report = await runWindow(
    name,
    // The plan's share of connections is one for each container.
    { ...job, window: 1 },
    {
      window: windowName(id, n),
      span: spanOf(window),
      counted: window.records,
      isCancelled: async () => !(await plans.isRunning(name, id)),
    },
    limits,
    { ...parts, sink: await parts.sinkOf(job) },
  );
  // Also of a window that was whole before: what was noted may have failed then.
  if (report.outcome === 'complete') await plans.noteDone(name, id, n);
  if (report.outcome === 'complete' || report.outcome === 'cancelled') await plans.expire(name, windowName(id, n));
  return { report };
}
