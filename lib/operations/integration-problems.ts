import { checkCapacity } from './capacity.ts';
import type { Integration, SyncJob } from './integration.ts';
import type { Operation } from './operation.ts';
import { outcomeProblems } from './outcome-events.ts';
import { queueProblems } from './queue-problems.ts';
import { routeProblems } from './route-problems.ts';
import { scheduleProblem } from './schedule-expression.ts';
import { siteProblems } from './site-problems.ts';
import { timedProblems } from './timed-problems.ts';

const OPERATION_NAME = /^[a-z][a-z0-9-]{0,62}(?:\.[a-z][a-z0-9-]{0,62})?$/;
const JOB_NAME = /^[a-z][a-z0-9-]{0,62}$/;
const PREFIX = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}(?:\/[A-Za-z0-9][A-Za-z0-9_.-]{0,62}){0,5}$/;

/** Everything that is wrong with an integration and that no compiler sees; empty when nothing is. */
export function integrationProblems(integration: Integration): string[] {
  const { operations, queue, routes, sync, capacity, outcomeEvents, site, unknown = [] } = integration;
  return [
    ...unknown.map((word) => `${word} is no word of defineIntegration`),
    ...operationProblems(operations),
    ...queueProblems(integration),
    ...routeProblems(routes, operations),
    ...[...sync].flatMap(([job, given]) => jobProblems(job, given)),
    ...timedProblems(integration),
    ...checkCapacity(capacity, queue.inFlight),
    ...outcomeProblems(outcomeEvents),
    ...siteProblems(site),
  ];
}

function operationProblems(operations: ReadonlyMap<string, Operation>): string[] {
  return [...operations.keys()]
    .filter((name) => !OPERATION_NAME.test(name))
    .map((name) => `the operation ${JSON.stringify(name)} is not named like account.get`);
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
