import type { SiebelSite } from '../siebel/site.ts';
import { type Capacity, DEFAULT_CAPACITY } from './capacity.ts';
import type { SyncSource } from './component-types.ts';
import { type EventMapping, eventMapping, type MappedEvent } from './event-mapping.ts';
import type { InputOf, Operation, OperationKind } from './operation.ts';
import type { OutcomeEvents } from './outcome-events.ts';
import { type Route, routeOf } from './routes.ts';
import type { TimedOperation } from './timed.ts';

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
    /** Messages of one group are settled in the order in which they were sent. */
    readonly fifo: boolean;
    /** Messages that one container works on at a time. */
    readonly inFlight: number;
    /** Operations that messages may ask for: those of mappings and of `timed` as well. */
    readonly accepts: ReadonlySet<string>;
    /** Producers' own events, in the order in which they are tried. */
    readonly mappings: readonly EventMapping[];
  };
  readonly routes: readonly Route[];
  readonly sync: ReadonlyMap<string, SyncJob>;
  readonly timed: ReadonlyMap<string, TimedOperation>;
  readonly capacity: Capacity;
  readonly outcomeEvents?: OutcomeEvents | undefined;
  /** What differs between installations of Siebel. */
  readonly site: SiebelSite;
  /** Members of the definition that mean nothing. */
  readonly unknown?: readonly string[];
}

type Operations = Readonly<Record<string, Operation>>;
type NamesOf<Ops extends Operations, K extends OperationKind> = {
  [N in keyof Ops]: Ops[N] extends { readonly kind: K } ? N : never;
}[keyof Ops] &
  string;
/** Writes whose answer nobody needs. */
type Acceptable<Ops extends Operations> = {
  [N in keyof Ops]: Ops[N] extends { readonly kind: 'read' } | { readonly answersRows: true } ? never : N;
}[keyof Ops] &
  string;
/** What a mapping gives: what may be left out of the input may be `undefined` too. */
type MappedInput<I> = { readonly [N in keyof I]: I[N] | (Record<never, never> extends Pick<I, N> ? undefined : never) };
/** Operations with the producer's event that leads to each. */
type Mappings<Ops extends Operations> = [Acceptable<Ops>] extends [never]
  ? never
  : { readonly [N in Acceptable<Ops>]?: MappedEvent<MappedInput<InputOf<Ops[N]>>, keyof InputOf<Ops[N]>> };
interface TimedDefinition<N extends string, I> extends Omit<TimedOperation, 'run' | 'input' | 'timezone'> {
  readonly run: N;
  readonly timezone?: string;
  readonly input: I;
}
type AnyTimed<Ops extends Operations> = {
  [N in Acceptable<Ops>]: TimedDefinition<N, InputOf<Ops[N]>>;
}[Acceptable<Ops>];
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
  /** Which writes messages on the queue may ask for, in our own form or mapped from a producer's event. */
  readonly queue?: {
    /** A FIFO queue: order within each message group, which is best the record. Default false. */
    readonly fifo?: boolean;
    /** Names of operations, and mappings by the names of operations; an event is the first that it fits. */
    readonly accepts: readonly (Acceptable<Ops> | Mappings<Ops>)[];
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
  /** Writes that run by the clock, by their names: a message on the queue at each tick. */
  readonly timed?: { readonly [name: string]: AnyTimed<Ops> };
  /** Default: one node of Siebel with 20 connections. */
  readonly capacity?: Capacity;
  /** Announces on an event bus that a call was done or parked: its key, operation, code and record. Default: nowhere. */
  readonly outcomeEvents?: OutcomeEvents;
  /** What differs between installations of Siebel and cannot be seen from outside. Default: nothing does. */
  readonly site?: SiebelSite;
}

const DEFAULT_IN_FLIGHT = 4;
const WORDS: readonly string[] = ['operations', 'queue', 'api', 'sync', 'timed', 'capacity', 'outcomeEvents', 'site'];

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
  const accepted = (definition.queue?.accepts ?? []) as readonly (string | Readonly<Record<string, MappedEvent>>)[];
  const mappings = accepted.flatMap((entry) =>
    typeof entry === 'string' ? [] : Object.entries(entry).map((each) => eventMapping(...each)),
  );
  const timed = new Map<string, TimedOperation>(
    Object.entries<TimedDefinition<string, unknown>>(definition.timed ?? {}).map(([name, given]) => [
      name,
      { timezone: 'UTC', ...given },
    ]),
  );
  const accepts: ReadonlySet<string> = new Set([
    ...accepted.filter((entry) => typeof entry === 'string'),
    ...mappings.map(({ operation }) => operation),
    ...[...timed.values()].map(({ run }) => run),
  ]);
  const routes = Object.entries<string | undefined>(definition.api ?? {}).map(([routeKey, name = '']) =>
    routeOf(routeKey, name, operations),
  );
  const sync = new Map<string, SyncJob>(
    Object.entries<SyncDefinition>(definition.sync ?? {}).map(([job, { read, timezone = 'UTC', ...given }]) => [
      job,
      { ...given, read: read.source, timezone },
    ]),
  );
  const { capacity = DEFAULT_CAPACITY, outcomeEvents, site = {} } = definition;
  const fifo = definition.queue?.fifo ?? false;
  const queue = { fifo, inFlight, accepts, mappings };
  const unknown = Object.keys(definition).filter((member) => !WORDS.includes(member));
  return { operations, queue, routes, sync, timed, capacity, outcomeEvents, site, unknown };
}
