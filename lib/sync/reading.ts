import type { Clock } from '../clock.ts';
import { failureClassOf } from '../errors.ts';
import type { Metrics } from '../logger.ts';
import type { SyncJob } from '../operations/index.ts';
import type { CallReport } from '../siebel/call.ts';
import type { SiebelClient } from '../siebel/component.ts';
import type { Handover } from './handover.ts';
import { type EndDoubt, readSpans } from './read-spans.ts';
import { rowReader } from './rows.ts';

/** How the reading of a pass ended; `halted`: the run was told to stop; `nothing-seen`: as `readSpans` says. */
export type PassEnd = 'complete' | 'stopped' | 'nothing-seen' | 'halted' | 'lease-lost';

/** When a run has to have done what. */
export interface RunTimes {
  /** Whether there is time for a page that takes so long. */
  mayRead(pageMs: number): boolean;
  callDeadlineAtMs(): number;
  readonly onCall: (report: CallReport) => void;
}

/** Kept back for the sink, the checkpoint and the end of the invocation. */
const RESERVE_MS = 5_000;

/** @param options.callTimeoutMs Longest time of one call to Siebel with its second attempt. */
export function runTimes(
  { clock, metrics }: { readonly clock: Clock; readonly metrics: Metrics },
  handover: Pick<Handover, 'slowestStoreMs'>,
  { deadlineAtMs, callTimeoutMs }: { readonly deadlineAtMs: number; readonly callTimeoutMs: number },
): RunTimes {
  const latestAnswerAtMs = () => deadlineAtMs - RESERVE_MS - handover.slowestStoreMs;
  return {
    mayRead: (pageMs) => clock.now() + pageMs <= latestAnswerAtMs(),
    callDeadlineAtMs: () => Math.min(clock.now() + callTimeoutMs, latestAnswerAtMs()),
    onCall({ attempts, siebelMs }) {
      if (attempts > 0) metrics.milliseconds('siebel.call', siebelMs);
    },
  };
}

/**
 * Reads what is left of the pass that a handover is at, hands it over, and stores how far that has come.
 *
 * @param doubtsEnd As for `readSpans`.
 * @throws What a page failed with. After failures of the surroundings, what came whole before them is kept; after any other
 *   it is in doubt, and read once more when that is mended.
 */
export async function readPass(
  name: string,
  job: SyncJob,
  {
    handover,
    times,
    doubtsEnd,
  }: {
    readonly handover: Handover;
    readonly times: RunTimes;
    readonly doubtsEnd: (newestMs: number | undefined) => EndDoubt;
  },
  parts: { readonly siebel: Pick<SiebelClient, 'queryPage'>; readonly clock: Clock },
): Promise<PassEnd> {
  let halted = false;
  const read = () =>
    readSpans(parts, {
      job,
      fields: job.read.read,
      spans: handover.pass.open,
      boundMs: handover.pass.boundMs,
      lanes: job.window,
      rows: (span) => rowReader(name, job, span),
      ...times,
      doubtsEnd,
      async onPage(page) {
        const goesOn = await handover.take(page);
        if (!goesOn) halted = true;
        return goesOn;
      },
    });

  try {
    const { end } = await read();
    if (handover.isLost) return 'lease-lost';
    if ((end === 'complete' || handover.isBehind) && !(await handover.store())) return 'lease-lost';
    return halted ? 'halted' : end;
  } catch (error) {
    const isWhole = failureClassOf(error) === 'environment' && !handover.hasFailed && !handover.isLost;
    if (isWhole && handover.isBehind) await handover.store().catch(() => false);
    throw error;
  } finally {
    await handover.abort();
  }
}
