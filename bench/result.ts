/** One line of a report: what was measured, against what, and whether it is as good as it has to be. */
export interface Result {
  /** Stable id of the target: `C3`. */
  readonly id: string;
  readonly what: string;
  /** What the value is a ratio to, or its unit. */
  readonly base: string;
  readonly value: number;
  readonly quartiles?: readonly [lower: number, upper: number];
  /** Most that it may be, or least where `atLeast` says so. */
  readonly target: number;
  readonly atLeast?: true;
  readonly met: boolean;
}

/** Options of a run that its parts look at. */
export interface BenchOptions {
  readonly rounds: number;
  /** Of the backlog that is drained. */
  readonly messages: number;
  readonly cpu: number | undefined;
}

/** A part of the suite: it measures, may print what it sees on the way, and returns its lines. */
export interface Bench {
  readonly name: string;
  readonly measures: string;
  run(options: BenchOptions): Promise<Result[]>;
}
