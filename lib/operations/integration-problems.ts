import { checkCapacity } from './capacity.ts';
import type { Integration, SyncJob } from './integration.ts';
import type { Operation, OperationKind } from './operation.ts';
import { routeProblems } from './route-problems.ts';
import { scheduleProblem } from './schedule-expression.ts';
import { siteProblems } from './site-problems.ts';

const OPERATION_NAME = /^[a-z][a-z0-9-]{0,62}(?:\.[a-z][a-z0-9-]{0,62})?$/;
const JOB_NAME = /^[a-z][a-z0-9-]{0,62}$/;
const PREFIX = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}(?:\/[A-Za-z0-9][A-Za-z0-9_.-]{0,62}){0,5}$/;

/** Everything that is wrong with an integration and that no compiler sees; empty when nothing is. */
export function integrationProblems({ operations, queue, routes, sync, capacity, site }: Integration): string[] {
  return [
    ...operationProblems(operations),
    ...acceptProblems(queue.accepts, operations),
    ...routeProblems(routes, operations),
    ...[...sync].flatMap(([job, given]) => jobProblems(job, given)),
    ...checkCapacity(capacity, queue.inFlight),
    ...siteProblems(site),
  ];
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
    const problem = NOT_FOR_QUEUES[operation.kind] ?? ('answersRows' in operation ? ANSWERS_ROWS : undefined);
    return problem ? [`queue.accepts names ${name}, ${problem}`] : [];
  });
}

/** Why an operation of this kind is not offered to messages, which may be delivered twice. */
const NOT_FOR_QUEUES: Readonly<Partial<Record<OperationKind, string>>> = {
  read: 'which only reads: nobody would get its answer',
  insert:
    'which inserts: a message that comes twice would insert twice. Offer it as a route POST, or upsert by a unique user key',
  unrepeatable: 'which may not be repeated, and a message may come twice. Offer it as a route POST',
};
const ANSWERS_ROWS = 'which answers row by row, and nobody would get the answer: send a message for each record';

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
