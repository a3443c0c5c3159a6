import { systemClock } from '../clock.ts';
import { ConfigurationError } from '../errors.ts';
import { allowance, LEAST_CONCURRENCY, type PlannedWay, planned, plannedWays } from './capacity.ts';
import type { Envelope } from './event-mapping.ts';
import type { Integration } from './integration.ts';
import { integrationProblems } from './integration-problems.ts';
import { type OutcomePipe, outcomePipe } from './outcome-events.ts';
import { type PlannedSync, plannedSync, type SyncSchedule, syncSchedules } from './planned-sync.ts';
import type { Route } from './routes.ts';
import { widestWindow } from './sync-job.ts';
import { scheduledTime } from './timed.ts';

/** What the build and the template take from `siebel.config.ts`: plain data, so that nothing is declared twice. */
export interface Deployment {
  readonly queue: {
    /** Messages that one container works on at a time. */
    readonly inFlight: number;
    /** `MaximumConcurrency` of the event source mapping. */
    readonly maximumConcurrency: number;
    /** Whole rounds of `inFlight`, so that no lane of a container runs dry before the others. */
    readonly batchSize: number;
    /** A FIFO queue has none. */
    readonly windowSeconds: number | null;
    readonly fifo: boolean;
    /** Operations that messages may ask for. */
    readonly accepts: readonly string[];
    /** Services that put producers' events on the queue. */
    readonly envelopes: readonly Envelope[];
  };
  readonly api: { readonly reservedConcurrency: number; readonly routes: readonly Route[] };
  /** Ticks of the sync jobs, and the beginnings of their sweeps. */
  readonly schedules: readonly SyncSchedule[];
  /** One message on the queue for each tick. */
  readonly timed: readonly {
    readonly name: string;
    readonly expression: string;
    readonly timezone: string;
    /** EventBridge Scheduler puts the time of the tick into the key: a tick that comes twice is one call. */
    readonly message: { readonly operation: string; readonly key: string; readonly input: unknown };
    /** Of a FIFO queue. */
    readonly messageGroupId: string | null;
  }[];
  readonly sync: PlannedSync;
  readonly backfill: {
    /** `MaximumConcurrency` of the event source mapping: containers of one call at a time. */
    readonly maximumConcurrency: number;
    readonly timeoutSeconds: number;
  };
  readonly outcomeEvents: OutcomePipe | null;
  readonly capacity: {
    readonly siebelConnections: number;
    /** Connections that may be planned, nine tenths of all. */
    readonly allowance: number;
    readonly planned: number;
    readonly callsPerMinute: number | null;
    readonly ways: readonly PlannedWay[];
  };
}

/** What SQS gives at once without a batching window, and a FIFO queue at all. */
const LARGEST_BATCH = 10;
const BACKFILL_TIMEOUT_SECONDS = 300;

/**
 * Checks an integration, and derives everything that the template needs from it; the same input gives the same output.
 *
 * @param nowMs When it is built: schedules that are over by then are refused. Default: now.
 * @throws ConfigurationError that lists everything wrong at once.
 */
export function derive(integration: Integration, nowMs = systemClock.now()): Deployment {
  const problems = integrationProblems(integration, nowMs);
  if (problems.length > 0) throw new ConfigurationError(`siebel.config.ts: ${problems.join('; ')}`);

  const { queue, routes, sync, timed, capacity, outcomeEvents } = integration;
  const { siebelConnections, callsPerMinute = null } = capacity;
  return {
    queue: {
      inFlight: queue.inFlight,
      maximumConcurrency: Math.floor(capacity.queue / queue.inFlight),
      batchSize: LARGEST_BATCH - (LARGEST_BATCH % Math.min(queue.inFlight, LARGEST_BATCH)),
      windowSeconds: queue.fifo ? null : 0,
      fifo: queue.fifo,
      accepts: [...queue.accepts],
      envelopes: [...new Set(queue.mappings.map(({ envelope }) => envelope))],
    },
    api: { reservedConcurrency: capacity.api, routes },
    schedules: syncSchedules(sync),
    timed: [...timed].map(([name, { run, every, timezone, input }]) => ({
      name,
      expression: every,
      timezone,
      message: { operation: run, key: `timed/${name}/${scheduledTime}`, input },
      messageGroupId: queue.fifo ? `timed/${name}` : null,
    })),
    sync: plannedSync(sync, capacity),
    backfill: {
      // Without a job nothing is ever backfilled, and Lambda takes no less.
      maximumConcurrency: Math.max(capacity.backfill, LEAST_CONCURRENCY),
      timeoutSeconds: BACKFILL_TIMEOUT_SECONDS,
    },
    outcomeEvents: outcomePipe(outcomeEvents),
    capacity: {
      siebelConnections,
      allowance: allowance(capacity),
      planned: planned(capacity),
      callsPerMinute,
      ways: plannedWays(capacity, queue.inFlight, widestWindow(sync)),
    },
  };
}
