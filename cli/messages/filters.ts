import type { Command } from 'commander';
import type { Clock } from '../../lib/clock.ts';
import type { ParkedFilter } from '../../lib/state/parked-query.ts';
import { instantOption, usage, wholeNumber } from '../command.ts';

/** The options by which calls are chosen. */
export interface FilterOptions {
  readonly code?: string;
  readonly operation?: string;
  readonly key?: string;
  readonly since?: number;
  readonly until?: number;
  readonly limit?: number;
}

/** Adds the options that choose calls. */
export function withFilters(command: Command, clock: Pick<Clock, 'now'>): Command {
  return command
    .option('--code <code>', 'only those parked with this code')
    .option('--operation <name>', 'only those of this operation')
    .option('--key <prefix>', 'only those whose key begins so')
    .option('--since <time>', 'parked since: 2026-03-01T12:00:00Z, 2026-03-01, 30m, 2h, 3d', instantOption(clock))
    .option('--until <time>', 'parked until, likewise', instantOption(clock))
    .option('--limit <n>', 'so many at most', wholeNumber);
}

/** The filter of the list of parked calls. */
export function filterOf({ code, operation, key, since, until }: FilterOptions): ParkedFilter {
  return { code, operation, keyPrefix: key, sinceMs: since, untilMs: until };
}

/** Whether any of them was given, a limit aside. */
export function hasFilter({ code, operation, key, since, until }: FilterOptions): boolean {
  return [code, operation, key, since, until].some((value) => value !== undefined);
}

/** What is in the dead-letter queue has no code: nobody has classified it. */
export function refuseCode({ code }: FilterOptions): void {
  if (code !== undefined)
    throw usage('--code does not go with --dead-letters: what lies there was never refused, so has no code');
}

/** A range that ends before it begins holds nothing, and is a slip: `--since 2h --until 3h`. */
export function refuseReversed({ since, until }: FilterOptions): void {
  if (since !== undefined && until !== undefined && since > until) throw usage('--until is before --since');
}
