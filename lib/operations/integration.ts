import { ConfigurationError } from '../errors.ts';
import type { BusinessComponent } from './business-component.ts';
import { type Capacity, checkCapacity, DEFAULT_CAPACITY } from './capacity.ts';
import type { Operation, OperationKind } from './operation.ts';
import { scheduleProblem } from './schedule-expression.ts';

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
export interface SyncJob<C extends BusinessComponent = BusinessComponent> {
  readonly read: C;
  /** A UTC date-time field that moves with every change, best with an index: `Updated`. */
  readonly cursor: string;
  /** `rate(5 minutes)` or `cron(0 2 * * ? *)`, as EventBridge Scheduler writes them. */
  readonly every: string;
  /** Zone of a cron expression; default `UTC`. */
  readonly timezone: string;
  readonly to: S3Sink;
}

export type HttpMethod = 'GET' | 'PUT' | 'PATCH' | 'DELETE';

/** One route of the HTTP API. */
export interface Route {
  readonly method: HttpMethod;
  /** `/accounts/{Id}` */
  readonly path: string;
  /** As API Gateway writes it: `GET /accounts/{Id}`. */
  readonly routeKey: string;
  readonly operation: string;
  /** Scope that the caller's token needs: `siebel.read` or `siebel.write`. */
  readonly scope: string;
}

/** What this installation integrates: the checked content of `siebel.config.ts`. */
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
}

type Operations = Readonly<Record<string, Operation>>;
type NamesOf<Ops extends Operations, K extends OperationKind> = {
  [N in keyof Ops]: Ops[N] extends { readonly kind: K } ? N : never;
}[keyof Ops] &
  string;
type CursorOf<C> =
  C extends BusinessComponent<infer F>
    ? {
        [N in keyof F]: F[N]['kind'] extends 'utcDateTime' ? (F[N]['optional'] extends true ? never : N) : never;
      }[keyof F]
    : never;

/** What `siebel.config.ts` says; names of operations and fields are checked by the compiler. */
export interface IntegrationDefinition<
  Ops extends Operations,
  Reads extends Readonly<Record<string, BusinessComponent>>,
> {
  /** Every call to Siebel that any trigger may make, by its name: `account.get`. */
  readonly operations: Ops;
  /** Which writes messages on the queue may ask for. */
  readonly queue?: {
    readonly fifo?: false;
    readonly accepts: readonly NamesOf<Ops, 'repeatable'>[];
    /** Messages that one container works on at a time; default 4. */
    readonly inFlight?: number;
  };
  /** Routes of the HTTP API: GET runs reads; PUT, PATCH and DELETE run writes. */
  readonly api?: { readonly [route in `GET /${string}`]?: NamesOf<Ops, 'read'> } & {
    readonly [route in `${Exclude<HttpMethod, 'GET'>} /${string}`]?: NamesOf<Ops, 'repeatable'>;
  };
  /** Jobs that pull what has changed, by their names. */
  readonly sync?: {
    readonly [J in keyof Reads]: {
      readonly read: Reads[J];
      readonly cursor: CursorOf<Reads[J]>;
      readonly every: string;
      readonly timezone?: string;
      readonly to: S3Sink;
    };
  };
  /** Default: one node of Siebel with 20 connections. */
  readonly capacity?: Capacity;
}

const DEFAULT_IN_FLIGHT = 4;
const OPERATION_NAME = /^[a-z][a-z0-9-]{0,62}(?:\.[a-z][a-z0-9-]{0,62})?$/;
const JOB_NAME = /^[a-z][a-z0-9-]{0,62}$/;
const ROUTE = /^(GET|PUT|PATCH|DELETE) ((?:\/(?:[a-z0-9-]{1,64}|\{[A-Za-z][A-Za-z0-9]{0,62}\})){1,10})$/;
const PREFIX = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}(?:\/[A-Za-z0-9][A-Za-z0-9_.-]{0,62}){0,5}$/;

/**
 * Checks and completes what an installation integrates: the default export of `siebel.config.ts`.
 *
 * @throws ConfigurationError that lists everything wrong at once.
 */
export function defineIntegration<
  const Ops extends Operations,
  const Reads extends Readonly<Record<string, BusinessComponent>> = Readonly<Record<string, never>>,
>(definition: IntegrationDefinition<Ops, Reads>): Integration {
  const operations = new Map<string, Operation>(Object.entries(definition.operations));
  const inFlight = definition.queue?.inFlight ?? DEFAULT_IN_FLIGHT;
  const accepts: ReadonlySet<string> = new Set(definition.queue?.accepts);
  const routes = Object.entries<string | undefined>(definition.api ?? {}).map(([key, name]) =>
    routeOf(key, name, operations),
  );
  const sync = new Map<string, SyncJob>(
    Object.entries<Omit<SyncJob, 'timezone'> & { timezone?: string }>(definition.sync ?? {}).map(([job, given]) => [
      job,
      { ...given, timezone: given.timezone ?? 'UTC' },
    ]),
  );
  const capacity = definition.capacity ?? DEFAULT_CAPACITY;

  const problems = [
    ...operationProblems(operations),
    ...acceptProblems(accepts, operations),
    ...routes.flatMap((route) => ('problem' in route ? [route.problem] : [])),
    ...ambiguities(routes.flatMap((route) => ('problem' in route ? [] : [route]))),
    ...[...sync].flatMap(([job, given]) => jobProblems(job, given)),
    ...checkCapacity(capacity, inFlight),
  ];
  if (problems.length > 0) throw new ConfigurationError(`siebel.config.ts: ${problems.join('; ')}`);

  return {
    operations,
    queue: { fifo: false, inFlight, accepts },
    routes: routes.flatMap((route) => ('problem' in route ? [] : [route])),
    sync,
    capacity,
  };
}

function operationProblems(operations: ReadonlyMap<string, Operation>): string[] {
  return [...operations.keys()]
    .filter((name) => !OPERATION_NAME.test(name))
    .map((name) => `the operation ${JSON.stringify(name)} is not named like account.get`);
}

function acceptProblems(accepts: ReadonlySet<string>, operations: ReadonlyMap<string, Operation>): string[] {
  return [...accepts].flatMap((name) => {
    const operation = operations.get(name);
    if (!operation) return [`queue.accepts names ${name}, which is not an operation`];
    return operation.kind === 'read'
      ? [`queue.accepts names ${name}, which only reads: nobody would get its answer`]
      : [];
  });
}

function routeOf(
  routeKey: string,
  name: string | undefined,
  operations: ReadonlyMap<string, Operation>,
): Route | { readonly problem: string } {
  const [, method, path] = ROUTE.exec(routeKey) ?? [];
  if (!method || !path)
    return { problem: `the route ${JSON.stringify(routeKey)} is not of the form 'GET /accounts/{Id}'` };
  const operation = name === undefined ? undefined : operations.get(name);
  if (name === undefined || !operation)
    return { problem: `the route ${routeKey} names ${name}, which is not an operation` };
  if ((method === 'GET') !== (operation.kind === 'read')) {
    return { problem: `the route ${routeKey} names ${name}: GET runs reads, and the other methods run writes` };
  }
  const parameters = path.match(/(?<=\{)[^}]+/g) ?? [];
  const unknown = parameters.find((parameter) => operation.inputMembers.get(parameter) !== 'string');
  if (unknown) return { problem: `the route ${routeKey} gives {${unknown}}, which ${name} does not take as text` };
  if (new Set(parameters).size < parameters.length)
    return { problem: `the route ${routeKey} gives one parameter twice` };

  const scope = operation.kind === 'read' ? 'siebel.read' : 'siebel.write';
  return { method: method as HttpMethod, path, routeKey, operation: name, scope };
}

function ambiguities(routes: readonly Route[]): string[] {
  const shapes = new Map<string, string>();
  return routes.flatMap(({ routeKey }) => {
    const shape = routeKey.replace(/\{[^}]+\}/g, '{}');
    const other = shapes.get(shape);
    shapes.set(shape, routeKey);
    return other ? [`the routes ${other} and ${routeKey} are the same to API Gateway`] : [];
  });
}

function jobProblems(job: string, { read, cursor, every, timezone, to }: SyncJob): string[] {
  const field = Object.hasOwn(read.fields, cursor) ? read.fields[cursor] : undefined;
  const schedule = scheduleProblem(every, timezone);
  return [
    ...(JOB_NAME.test(job) ? [] : [`the sync job ${JSON.stringify(job)} is not named like accounts`]),
    ...(field?.kind === 'utcDateTime' && !field.optional
      ? []
      : [`sync.${job}.cursor: ${cursor} is not a utcDateTime() field that every record has`]),
    ...(schedule ? [`sync.${job}.${schedule}`] : []),
    ...(PREFIX.test(to.prefix) ? [] : [`sync.${job}.to: the prefix is not of the form accounts or crm/accounts`]),
  ];
}
