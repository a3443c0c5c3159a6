import { isObject } from '../json.ts';
import type { SiebelSite } from '../siebel/site.ts';
import { type Capacity, DEFAULT_CAPACITY } from './capacity.ts';
import { type EventMapping, eventMapping, isMappedEvent, type MappedEvent } from './event-mapping.ts';
import type { InputOf, Operation, OperationKind } from './operation.ts';
import type { OutcomeEvents } from './outcome-events.ts';
import { type Route, routeOf } from './routes.ts';
import { type CursorOf, type Readable, type SyncDefinition, type SyncJob, syncJob, type TextOf } from './sync-job.ts';
import { isOperation, isText, type TakenParts, takenParts } from './taken-parts.ts';
import type { TimedOperation } from './timed.ts';

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
  /** What of the definition could not be taken, in sentences. */
  readonly malformed?: readonly string[];
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
    readonly [J in keyof Reads]: SyncDefinition<Reads[J]> & {
      readonly cursor: CursorOf<Reads[J]>;
      readonly ownWrites?: { readonly field: TextOf<Reads[J]> };
    };
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
  const parts = takenParts(definition);
  const operations = new Map(parts.members('operations', isOperation, 'is no operation'));
  const {
    fifo = false,
    inFlight = DEFAULT_IN_FLIGHT,
    accepts: accepted,
  } = (parts.part('queue') ?? {}) as QueueDefinition;
  const named = acceptedNames(accepted, parts);
  const mappings = acceptedMappings(accepted, parts);
  const timed = new Map(
    parts
      .members('timed', isObject, 'is no timed operation')
      .map(([name, given]): [string, TimedOperation] => [
        name,
        { timezone: 'UTC', ...(given as unknown as Omit<TimedOperation, 'timezone'>) },
      ]),
  );
  const accepts: ReadonlySet<string> = new Set([
    ...named,
    ...mappings.map(({ operation }) => operation),
    ...[...timed.values()].map(({ run }) => run),
  ]);
  const routes = parts
    .members('api', isText, 'is not the name of an operation')
    .map(([routeKey, name]) => routeOf(routeKey, name, operations));
  const sync = new Map(
    parts.members('sync', isObject, 'is no job').map(([job, given]) => [job, syncJob(given as never)]),
  );
  const capacity = (parts.part('capacity') ?? DEFAULT_CAPACITY) as Capacity;
  const site: SiebelSite = parts.part('site') ?? {};
  const { outcomeEvents } = definition ?? {};
  for (const member of Object.keys(definition ?? {}).filter((word) => !WORDS.includes(word))) {
    parts.refuse(`${member} is no word of defineIntegration`);
  }
  const queue = { fifo, inFlight, accepts, mappings };
  return { operations, queue, routes, sync, timed, capacity, outcomeEvents, site, malformed: parts.malformed };
}

interface QueueDefinition {
  readonly fifo?: boolean;
  readonly inFlight?: number;
  readonly accepts?: unknown;
}

function acceptedNames(accepted: unknown, parts: TakenParts): readonly string[] {
  if (Array.isArray(accepted)) return accepted.filter(isText);
  if (accepted !== undefined) parts.refuse('queue.accepts is not a list');
  return [];
}

function acceptedMappings(accepted: unknown, parts: TakenParts): readonly EventMapping[] {
  const others: readonly unknown[] = Array.isArray(accepted) ? accepted.filter((entry) => !isText(entry)) : [];
  return others.flatMap((entry) => {
    if (!isObject(entry)) parts.refuse('queue.accepts has an entry that is neither a name nor a mapping');
    return Object.entries(isObject(entry) ? entry : {}).flatMap(([name, given]) => {
      if (isMappedEvent(given)) return [eventMapping(name, given)];
      parts.refuse(`queue.accepts: the event for ${name} is not made by fromEvent`);
      return [];
    });
  });
}
