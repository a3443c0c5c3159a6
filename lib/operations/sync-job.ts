import { isObject } from '../json.ts';
import type { Condition } from '../siebel/search-specification.ts';
import type { SyncSource } from './component-types.ts';
import type { SyncSink } from './sync-sink.ts';

/** Objects in the sync bucket: `<prefix>/<job>/…`. */
export interface S3Target {
  readonly kind: 's3';
  readonly prefix: string;
}

/** Messages on an existing queue of this account and region. */
export interface SqsTarget {
  readonly kind: 'sqs';
  readonly queueName: string;
}

/** Events on an existing bus of this account and region. */
export interface EventBridgeTarget {
  readonly kind: 'eventbridge';
  readonly bus: string;
  readonly source: string;
  /** Default: the name of the job. */
  readonly detailType?: string | undefined;
}

/** A sink of the installation's own. */
export interface OwnTarget {
  readonly kind: 'own';
  readonly name: string;
  readonly make: () => Promise<SyncSink> | SyncSink;
}

/** Where a sync puts its records. */
export type SyncTarget = S3Target | SqsTarget | EventBridgeTarget | OwnTarget;

/** Gzip NDJSON objects in the sync bucket under this prefix. */
export function s3(prefix: string): S3Target {
  return { kind: 's3', prefix };
}

/**
 * One message a record on an existing queue of this account and region. On a FIFO queue, the name of which ends in
 * `.fifo`, the versions of one record come in order.
 */
export function sqs(queueName: string): SqsTarget {
  return { kind: 'sqs', queueName };
}

/**
 * One event a record on an existing event bus of this account and region.
 *
 * @param to.bus Default `default`.
 * @param to.source What rules tell these events by: `com.example.siebel`.
 * @param to.detailType Default: the name of the job.
 */
export function eventBridge({
  bus = 'default',
  source,
  detailType,
}: {
  readonly bus?: string;
  readonly source: string;
  readonly detailType?: string;
}): EventBridgeTarget {
  return { kind: 'eventbridge', bus, source, detailType };
}

/**
 * A sink of one's own; docs/sync.md shows one, and the contract test that it has to pass.
 *
 * @param name For log lines.
 * @param make Called once a container, at the first run.
 */
export function ownSink(name: string, make: () => Promise<SyncSink> | SyncSink): OwnTarget {
  return { kind: 'own', name, make };
}

/** Reads all records, and tells of deletions, and of records that came in or were set back to a time that the job has passed. */
export interface Sweep {
  /** `rate(1 day)` or `cron(0 3 ? * SUN *)`, as EventBridge Scheduler writes them. */
  readonly every: string;
  /** Zone of a cron expression; default `UTC`. */
  readonly timezone: string;
  /** Share of the known records, above 0 and up to 1, that may be missing at a sweep before a person is asked. Default 0.1. */
  readonly maxMissing: number;
  /**
   * `cursor`: reads Id and cursor field. `records`: reads all declared fields, and finds as well what leaves the cursor field
   * as it was, for instance a value that a join shows. Default `cursor`.
   */
  readonly compare?: 'cursor' | 'records' | undefined;
}

/** One incremental pull: every record of a business component that changed, by its cursor field. */
export interface SyncJob {
  readonly read: SyncSource;
  /** A UTC date-time field that moves with every change, best with an index: `Updated`. */
  readonly cursor: string;
  /** `rate(5 minutes)` or `cron(0 2 * * ? *)`, as EventBridge Scheduler writes them. */
  readonly every: string;
  /** Zone of a cron expression; default `UTC`. */
  readonly timezone: string;
  readonly to: SyncTarget;
  /** Which records; made with `account.field(…)`, `all`, `any`, `not`. Default: all that the view mode shows. */
  readonly where?: Condition | undefined;
  /** Records of one page, 1 to 100. Default 100. */
  readonly pageSize: number;
  /** Pages that one run reads at a time, 1 to 16. Default 1. */
  readonly window: number;
  /** How far behind now a run reads, 0 to 3 600. Default: `SYNC_SAFETY_LAG_SECONDS`. */
  readonly safetyLagSeconds?: number | undefined;
  /** How far behind the last bound a run starts again, 0 to 86 400. Default: `SYNC_LOOKBACK_SECONDS`. */
  readonly lookbackSeconds?: number | undefined;
  /** Records in which this field has this value are left out, against echo: `Updated By Name` and the integration's user. */
  readonly ownWrites?: { readonly field: string; readonly is: string } | undefined;
  readonly sweep?: Sweep | undefined;
  /**
   * Lag that alarms: at least a period, the safety lag and a minute. Default: three periods of a rate, half an hour, and the job's
   * own safety lag; no alarm for a cron expression.
   */
  readonly lagAlarmMinutes?: number | undefined;
}

/** What a sync job reads: a business component. */
export type Readable = { readonly source: SyncSource };

/** A job as `siebel.config.ts` says it: what has a default may be left out. */
export interface SyncDefinition<C extends Readable = Readable>
  extends Omit<SyncJob, 'read' | 'timezone' | 'pageSize' | 'window' | 'sweep'> {
  readonly read: C;
  readonly timezone?: string;
  readonly pageSize?: number;
  readonly window?: number;
  readonly sweep?: SweepDefinition;
}

type SweepDefinition = Pick<Sweep, 'every'> & Partial<Sweep>;

/** Names of fields that a record of a component always has and that move with its changes. */
export type CursorOf<C> = C extends { readonly source: SyncSource<infer F> }
  ? {
      [N in keyof F]: F[N]['kind'] extends 'utcDateTime' ? (F[N]['optional'] extends true ? never : N) : never;
    }[keyof F]
  : never;

/** Names of declared texts of a component. */
export type TextOf<C> = C extends { readonly source: SyncSource<infer F> }
  ? { [N in keyof F]: F[N]['kind'] extends 'text' ? N : never }[keyof F]
  : never;

const PAGE_SIZE = 100;
const MAX_MISSING = 0.1;

/** A job with its defaults filled in. What is of another kind than it can be is left as it is, for `derive` to tell. */
export function syncJob({ read, sweep, ...given }: SyncDefinition): SyncJob {
  const { timezone = 'UTC', pageSize = PAGE_SIZE, window = 1, ...others } = given;
  return {
    timezone,
    pageSize,
    window,
    ...others,
    read: read?.source,
    ...(sweep !== undefined && { sweep: isObject(sweep) ? completed(sweep) : sweep }),
  };
}

function completed({ timezone = 'UTC', maxMissing = MAX_MISSING, ...others }: SweepDefinition): Sweep {
  return { timezone, maxMissing, ...others };
}

/** Calls that one container of the schedule function makes at a time: the window of the widest job. */
export function widestWindow(jobs: ReadonlyMap<string, SyncJob>): number {
  return Math.max(1, ...[...jobs.values()].map(({ window }) => window));
}
