import { inputIssues } from './input-issues.ts';
import type { Integration } from './integration.ts';
import type { Operation } from './operation.ts';
import { notForQueues } from './queue-problems.ts';
import { scheduleProblem } from './schedule-expression.ts';
import { scheduledTime, type TimedOperation } from './timed.ts';

const NAME = /^[a-z][a-z0-9-]{0,62}$/;
/** As EventBridge writes the time of a tick. */
const EXAMPLE_TIME = '2025-03-14T09:26:00Z';

/** Everything that is wrong with the timed operations of an integration. */
export function timedProblems(
  { timed, sync, operations }: Pick<Integration, 'timed' | 'sync' | 'operations'>,
  nowMs: number,
): string[] {
  return [...timed].flatMap(([name, given]) => {
    const schedule = scheduleProblem(given.every, given.timezone, nowMs);
    return [
      ...(NAME.test(name) ? [] : [`the timed operation ${JSON.stringify(name)} is not named like nightly-check`]),
      ...(sync.has(name) ? [`timed.${name} has the name of a sync job`] : []),
      ...(schedule ? [`timed.${name}.${schedule}`] : []),
      ...runProblems(name, given, operations),
    ];
  });
}

function runProblems(
  name: string,
  { run, input }: TimedOperation,
  operations: ReadonlyMap<string, Operation>,
): string[] {
  const operation = operations.get(run);
  const refused = notForQueues(operations, run);
  if (!operation || refused)
    return [`timed.${name}.run names ${typeof run === 'string' ? run : 'no text'}, ${refused}`];

  const text = JSON.stringify(input) ?? '';
  const atATick = text.replaceAll(scheduledTime, EXAMPLE_TIME);
  const problem = placeholderProblem(atATick) ?? repeatedKeyProblem(operation, input);
  const issues = text === '' ? [] : (inputIssues(operation.input, JSON.parse(atATick)) ?? []);
  return [
    ...(text === '' ? [`timed.${name}.input is missing`] : []),
    ...(problem ? [`timed.${name}.input ${problem}`] : []),
    ...issues.map(({ pointer, message }) => `timed.${name}: ${pointer} ${message}`),
  ];
}

function placeholderProblem(text: string): string | undefined {
  if (text.includes('<aws.scheduler.')) {
    return 'may hold no keyword of EventBridge Scheduler but scheduledTime: a tick that comes twice must be the same twice';
  }
  return text.includes('${') ? 'may not hold ${, which the deployment would fill in' : undefined;
}

function repeatedKeyProblem({ kind, naturalKey = [] }: Operation, input: unknown): string | undefined {
  const values = (typeof input === 'object' && input !== null ? input : {}) as Readonly<Record<string, unknown>>;
  const moves = naturalKey.some((field) => String(values[field]).includes(scheduledTime));
  return kind === 'insert' && !moves
    ? `has the same natural key at each tick: put scheduledTime into ${naturalKey.join(' or ')}`
    : undefined;
}
