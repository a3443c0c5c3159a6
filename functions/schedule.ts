import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { failureClassOf } from '../lib/errors.ts';
import { countFailure, failureFields } from '../lib/failure-fields.ts';
import type { AccessTokenSource } from '../lib/oauth/access-token.ts';
import type { SyncJob } from '../lib/operations/index.ts';
import { runSync, type SyncParts, type SyncReport } from '../lib/sync/run.ts';
import { parseTick } from '../lib/sync/tick.ts';
import { answerDueAtMs, renewalSettled } from './answer-time.ts';
import { lazily } from './lazily.ts';
import * as runtime from './runtime.ts';

/** What the schedule function is made of. */
export interface ScheduleParts extends SyncParts {
  readonly jobs: ReadonlyMap<string, SyncJob>;
  readonly tokens: Pick<AccessTokenSource, 'settled'>;
}

/**
 * Runs one sync job for a tick of its schedule: `{"job": "accounts"}`.
 *
 * @returns What the run did. Throws when it failed: the next tick is the retry.
 */
export function scheduleHandler(parts: ScheduleParts): (event: unknown, context: Context) => Promise<SyncReport> {
  const { jobs, tokens, clock, metrics } = parts;

  return async (event, context) => {
    const startedMs = clock.elapsed();
    const answerAtMs = answerDueAtMs(context, clock);
    const deadlineAtMs = clock.now() + context.getRemainingTimeInMillis();
    let log = parts.log.with({ requestId: context.awsRequestId, correlationId: context.awsRequestId });
    try {
      const { name, job } = parseTick(event, jobs);
      log = log.with({ job: name });
      const report = await runSync(name, job, { deadlineAtMs }, { ...parts, log });
      const { cursor, ...fields } = report;
      const durationMs = Math.round(clock.elapsed() - startedMs);
      log.info('SYNC_RUN_ENDED', { ...fields, cursorAt: cursor?.at, cursorId: cursor?.id, durationMs });
      return report;
    } catch (error) {
      metrics.count('sync.failed');
      log.error('SYNC_RUN_FAILED', failureFields(error));
      countFailure(failureClassOf(error), metrics);
      throw error;
    } finally {
      await renewalSettled(tokens, answerAtMs, clock);
      metrics.publish();
    }
  };
}

const handlerOfContainer = lazily(() => scheduleHandler(runtime.schedule()));

/** The run stops before the deadline by itself, so middy's own timer is off. */
export const handler = middy<unknown, SyncReport>(
  (event: unknown, context: Context) => handlerOfContainer()(event, context),
  { timeoutEarlyInMillis: 0 },
);
