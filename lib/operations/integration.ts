import type { SiebelSite } from '../siebel/site.ts';
import { type Capacity, DEFAULT_CAPACITY } from './capacity.ts';
import type { SyncSource } from './component-types.ts';
import type { Operation, OperationKind } from './operation.ts';
import { type Route, routeOf } from './routes.ts';

/** Where a sync puts its records: `<prefix>/<job>/…` in the sync bucket. */
export interface S3Sink {
  readonly kind: 's3';
  readonly prefix: string;
}

/** Gzip NDJSON objects in the sync bucket under this prefix. */
export function s3(prefix: string): S3Sink {
  return { kind: 's3', prefix };
}

/** One incremental pull: every record of a business component that changed, in the order of its cursor field. */
export interface SyncJob {
  readonly read: SyncSource;
  /** A UTC date-time field that moves with every change, best with an index: `Updated`. */
  readonly cursor: string;
  /** `rate(5 minutes)` or `cron(0 2 * * ? *)`, as EventBridge Scheduler writes them. */
  readonly every: string;
  /** Zone of a cron expression; default `UTC`. */
  readonly timezone: string;
  readonly to: S3Sink;
}

/** What this installation integrates: the content of `siebel.config.ts`. */
export interface Integration {
  readonly operations: ReadonlyMap<string, Operation>;
  readonly queue: {
    readonly fifo: false;
    /** Messages that one container works on at a time. */
    readonly inFlight: number;
    /** Operations that messages may ask for. */
    readonly accepts: ReadonlySet<string>;
  };
  readonly routes: readonly Route[];
  readonly sync: ReadonlyMap<string, SyncJob>;
  readonly capacity: Capacity;
  /** What differs between installations of Siebel. */
  readonly site: SiebelSite;
}

type Operations = Readonly<Record<string, Operation>>;
type NamesOf<Ops extends Operations, K extends OperationKind> = {
  [N in keyof Ops]: Ops[N] extends { readonly kind: K } ? N : never;
}[keyof Ops] &
  string;
/** Writes that may be sent twice and whose answer nobody needs. */
type Acceptable<Ops extends Operations> = {
  [N in keyof Ops]: Ops[N] extends { readonly kind: 'repeatable' }
    ? Ops[N] extends { readonly answersRows: true }
      ? never
      : N
    : never;
}[keyof Ops] &
  string;
/** What a sync job reads: a business component. */
type Readable = { readonly source: SyncSource };
type CursorOf<C> = C extends { readonly source: SyncSource<infer F> }
  ? {
      [N in keyof F]: F[N]['kind'] extends 'utcDateTime' ? (F[N]['optional'] extends true ? never : N) : never;
    }[keyof F]
  : never;

interface SyncDefinition<C extends Readable = Readable> extends Omit<SyncJob, 'read' | 'timezone'> {
  readonly read: C;
  readonly timezone?: string;
}

/** What `siebel.config.ts` says; names of operations and fields are checked by the compiler. */
export interface IntegrationDefinition<Ops extends Operations, Reads extends Readonly<Record<string, Readable>>> {
  /** Every call to Siebel that any trigger may make, by its name: `account.get`. */
  readonly operations: Ops;
  /** Which writes messages on the queue may ask for: those that may be repeated. */
  readonly queue?: {
    readonly fifo?: false;
    readonly accepts: readonly Acceptable<Ops>[];
    /** Messages that one container works on at a time; default 4. */
    readonly inFlight?: number;
  };
  /** Routes of the HTTP API: GET runs reads, PUT, PATCH and DELETE writes that may be repeated, POST anything. */
  readonly api?: { readonly [route in `GET /${string}`]?: NamesOf<Ops, 'read'> } & {
    readonly [route in `POST /${string}`]?: keyof Ops & string;
  } & {
    readonly [route in `${'PUT' | 'PATCH' | 'DELETE'} /${string}`]?: NamesOf<Ops, 'repeatable'>;
  };
  /** Jobs that pull what has changed, by their names. */
  readonly sync?: {
    readonly [J in keyof Reads]: SyncDefinition<Reads[J]> & { readonly cursor: CursorOf<Reads[J]> };
  };
  /** Default: one node of Siebel with 20 connections. */
  readonly capacity?: Capacity;
  /** What differs between installations of Siebel and cannot be seen from outside. Default: nothing does. */
  readonly site?: SiebelSite;
}

const DEFAULT_IN_FLIGHT = 4;

/**
 * Completes what an installation integrates: the default export of `siebel.config.ts`.
 *
 * The compiler checks names and kinds, and `derive` everything else when the functions are built, so that no function
 * carries what only a build needs.
 */
export function defineIntegration<
  const Ops extends Operations,
  const Reads extends Readonly<Record<string, Readable>> = Readonly<Record<string, never>>,
>(definition: IntegrationDefinition<Ops, Reads>): Integration {
  const operations = new Map<string, Operation>(Object.entries(definition.operations));
  const inFlight = definition.queue?.inFlight ?? DEFAULT_IN_FLIGHT;
  const accepts: ReadonlySet<string> = new Set(definition.queue?.accepts);
  const routes = Object.entries<string | undefined>(definition.api ?? {}).map(([routeKey, name = '']) =>
    routeOf(routeKey, name, operations),
  );
  const sync = new Map<string, SyncJob>(
    Object.entries<SyncDefinition>(definition.sync ?? {}).map(([job, { read, timezone = 'UTC', ...given }]) => [
      job,
      { ...given, read: read.source, timezone },
    ]),
  );
  const { capacity = DEFAULT_CAPACITY, site = {} } = definition;
  return { operations, queue: { fifo: false, inFlight, accepts }, routes, sync, capacity, site };
}
