import { checkCapacity } from './capacity.ts';
import type { Integration } from './integration.ts';
import type { Operation } from './operation.ts';
import { outcomeProblems } from './outcome-events.ts';
import { queueProblems } from './queue-problems.ts';
import { routeProblems } from './route-problems.ts';
import { siteProblems } from './site-problems.ts';
import { syncProblems, usableWindow } from './sync-problems.ts';
import { timedProblems } from './timed-problems.ts';

const OPERATION_NAME = /^[a-z][a-z0-9-]{0,62}(?:\.[a-z][a-z0-9-]{0,62})?$/;

/**
 * Everything that is wrong with an integration and that no compiler sees; empty when nothing is.
 *
 * @param nowMs Schedules that are over by then are wrong, too.
 */
export function integrationProblems(integration: Integration, nowMs: number): string[] {
  const { operations, queue, routes, capacity, outcomeEvents, site, malformed = [] } = integration;
  return [
    ...malformed,
    ...operationProblems(operations),
    ...queueProblems(integration),
    ...routeProblems(routes, operations),
    ...syncProblems(integration, nowMs),
    ...timedProblems(integration, nowMs),
    ...checkCapacity(capacity, queue.inFlight, usableWindow(integration)),
    ...outcomeProblems(outcomeEvents),
    ...siteProblems(site),
  ];
}

function operationProblems(operations: ReadonlyMap<string, Operation>): string[] {
  return [...operations.keys()]
    .filter((name) => !OPERATION_NAME.test(name))
    .map((name) => `the operation ${JSON.stringify(name)} is not named like account.get`);
}
