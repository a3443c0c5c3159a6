import type { Argument, RunContext, Values } from '../services/definition.ts';

/** A workflow process that is active, complete, and runs to its end within one call. */
export interface Process {
  readonly name: string;
  /** Its own process properties; every process has the five of {@link STANDARD_PROPERTIES} beside them. */
  readonly properties: readonly Argument[];
  /** Users without this responsibility are refused. */
  readonly responsibility?: string;
  /** Values of properties when it has ended; others keep what they were given. */
  run(properties: Values, context: RunContext): Values;
}

export const STANDARD_PROPERTIES: readonly string[] = [
  'Error Code',
  'Error Message',
  'Object Id',
  'Process Instance Id',
  'Siebel Operation Object Id',
];
