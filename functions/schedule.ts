import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { failureClassOf, IntegrationError } from '../lib/errors.ts';
import { countFailure, failureFields } from '../lib/failure-fields.ts';
import type { Log } from '../lib/logger.ts';
import type { AccessTokenSource } from '../lib/oauth/access-token.ts';
import type { SyncJob } from '../lib/operations/index.ts';
import { driftProbe } from '../lib/sync/drift.ts';
import { type Limits, runSync, type SyncParts, type SyncReport } from '../lib/sync/run.ts';
import { codeOf } from '../lib/sync/run-report.ts';
import type { SyncSink } from '../lib/sync/sink.ts';
import type { SweepReport } from '../lib/sync/sweep/sweep.ts';
import { sweepDeadlineAtMs } from '../lib/sync/sweep/time-share.ts';
import { parseTick } from '../lib/sync/tick.ts';
import { answerDueAtMs, renewalSettled } from './answer-time.ts';
import { lazily } from './lazily.ts';
import * as runtime from './runtime.ts';

/** What a live tick did beside its run: for the sweep under way, if any. */
export interface TickReport extends SyncReport {
  readonly sweep?: SweepReport | { readonly outcome: 'failed'; readonly code: string };
}

/** Compares what Siebel holds with what the sink holds. */
export interface Sweeps {
  /**
   * @param what.begin Begins a sweep; else goes on with the one that is under way, if any.
   * @param parts What this run hands records over to, and where it tells what it does.
   */
  run(
    name: string,
    job: SyncJob,
    what: { readonly begin: boolean },
    limits: Limits,
    parts: { readonly sink: SyncSink; readonly log: Log },
  ): Promise<SweepReport>;
}

/** What the schedule function is made of. */
export interface ScheduleParts extends Omit<SyncParts, 'sink'> {
  readonly jobs: ReadonlyMap<string, SyncJob>;
  readonly tokens: Pick<AccessTokenSource, 'settled'>;
  /** Where the records of a job go. */
  readonly sinkOf: (job: SyncJob) => Promise<SyncSink> | SyncSink;
  readonly sweep: Sweeps;
}

/**
 * Runs one sync job for a tick of its schedule: `{"job": "accounts"}`. When it has come to its bound and a sweep of the job
 * is under way, that one goes on in a share of the time that is left. `{"job": "accounts", "sweep": true}` begins a sweep.
 *
 * @returns What the run did, or the sweep. Throws when it failed, with the code before the text: the next tick is the retry.
 */
export function scheduleHandler(
  parts: ScheduleParts,
): (event: unknown, context: Context) => Promise<TickReport | SweepReport> {
  const { jobs, tokens, clock, metrics, sinkOf, sweep, callTimeoutMs } = parts;
  const drift = driftProbe(parts);

  const tellFailure = (code: string, error: unknown, log: Log) => {
    log.error(code, failureFields(error));
    countFailure(failureClassOf(error), metrics);
  };

  const runLive = async (name: string, job: SyncJob, limits: Limits, log: Log): Promise<SyncReport> => {
    const startedMs = clock.elapsed();
    try {
      const report = await runSync(name, job, limits, { ...parts, sink: await sinkOf(job), drift, log });
      const { cursor, ...fields } = report;
      const durationMs = Math.round(clock.elapsed() - startedMs);
      log.info('SYNC_RUN_ENDED', { ...fields, cursorAt: cursor?.at, cursorId: cursor?.id, durationMs });
      return report;
    } catch (error) {
      metrics.count('sync.failed', 1, { job: name });
      tellFailure('SYNC_RUN_FAILED', error, log);
      throw error;
    }
  };

  const runSweep = async (
    name: string,
    job: SyncJob,
    { begin, startedAtMs, deadlineAtMs }: Limits & { readonly begin: boolean; readonly startedAtMs: number },
    log: Log,
  ): Promise<SweepReport> => {
    const untilMs = sweepDeadlineAtMs(job.every, { startedAtMs, nowMs: clock.now(), deadlineAtMs, callTimeoutMs });
    try {
      return await sweep.run(name, job, { begin }, { deadlineAtMs: untilMs }, { sink: await sinkOf(job), log });
    } catch (error) {
      tellFailure('SWEEP_FAILED', error, log);
      throw error;
    }
  };

  const tick = async (event: unknown, limits: Limits, log: Log): Promise<TickReport | SweepReport> => {
    const startedAtMs = clock.now();
    const { name, job, sweep: begin } = tickOf(event, log);
    const ofJob = log.with({ job: name });
    if (begin) return await runSweep(name, job, { begin, startedAtMs, ...limits }, ofJob);

    const report = await runLive(name, job, limits, ofJob);
    if (!job.sweep || report.outcome !== 'complete') return report;
    // What was synced stays so: a sweep that fails has an alarm of its own.
    const swept = await runSweep(name, job, { begin, startedAtMs, ...limits }, ofJob).catch((error) => ({
      outcome: 'failed' as const,
      code: codeOf(error),
    }));
    return swept.outcome === 'idle' ? report : { ...report, sweep: swept };
  };

  const tickOf = (event: unknown, log: Log): ReturnType<typeof parseTick> => {
    try {
      return parseTick(event, jobs);
    } catch (error) {
      metrics.count('sync.failed');
      tellFailure('SYNC_RUN_FAILED', error, log);
      throw error;
    }
  };

  return async (event, context) => {
    const answerAtMs = answerDueAtMs(context, clock);
    const limits = { deadlineAtMs: clock.now() + context.getRemainingTimeInMillis() };
    const log = parts.log.with({ requestId: context.awsRequestId, correlationId: context.awsRequestId });
    try {
      return await tick(event, limits, log);
    } catch (error) {
      throw withCode(error);
    } finally {
      await renewalSettled(tokens, answerAtMs, clock);
      metrics.publish();
    }
  };
}

/** Lambda tells the caller name and text of a failure, and nothing else of it. */
function withCode(error: unknown): unknown {
  if (!(error instanceof IntegrationError)) return error;
  const { name, code } = error;
  return Object.assign(new Error(`${code}: ${error.message}`, { cause: error }), { name, code });
}

const handlerOfContainer = lazily(() => scheduleHandler(runtime.schedule()));

/** The run stops before the deadline by itself, so middy's own timer is off. */
export const handler = middy<unknown, TickReport | SweepReport>(
  (event: unknown, context: Context) => handlerOfContainer()(event, context),
  { timeoutEarlyInMillis: 0 },
);
