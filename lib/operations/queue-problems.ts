import type { Integration } from './integration.ts';
import { mappingProblems } from './mapping-problems.ts';
import type { Operation } from './operation.ts';

/** Everything that is wrong with what the queue accepts. */
export function queueProblems({ queue, operations, timed }: Integration): string[] {
  const byTheClock = new Set([...timed.values()].map(({ run }) => run));
  return [
    ...(typeof queue.fifo === 'boolean' ? [] : ['queue.fifo is neither true nor false']),
    ...[...queue.accepts].flatMap((name) => {
      // `timed` says it of those.
      if (byTheClock.has(name)) return [];
      const problem = notForQueues(operations, name);
      return problem ? [`queue.accepts names ${name}, ${problem}`] : [];
    }),
    ...mappingProblems(queue.mappings),
  ];
}

/** Why messages may not ask for an operation: nobody would get its answer, or there is none. */
export function notForQueues(operations: ReadonlyMap<string, Operation>, name: string): string | undefined {
  const operation = operations.get(name);
  if (!operation) return 'which is not an operation';
  if (operation.kind === 'read') return 'which only reads: nobody would get its answer';
  return 'answersRows' in operation
    ? 'which answers row by row, and nobody would get the answer: send a message for each record'
    : undefined;
}
