import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OutcomePipe } from './aws/outcome-pipe.ts';

/** What the build derived from `siebel.config.ts`, as far as the stack needs it: `dist/integration.json`. */
export interface Deployment {
  readonly queue: {
    readonly maximumConcurrency: number;
    readonly batchSize: number;
    /** A FIFO queue has none. */
    readonly windowSeconds: number | null;
    readonly fifo: boolean;
    readonly accepts: readonly string[];
  };
  readonly api: {
    readonly reservedConcurrency: number;
    readonly routes: readonly { readonly method: string; readonly path: string; readonly routeKey: string }[];
  };
  /** Ticks of sync jobs, and the beginnings of their sweeps. */
  readonly schedules: readonly {
    readonly name: string;
    readonly job: string;
    readonly sweep: boolean;
    readonly expression: string;
    readonly timezone: string;
    readonly input: unknown;
  }[];
  readonly timed: readonly {
    readonly name: string;
    readonly expression: string;
    readonly timezone: string;
    readonly message: unknown;
  }[];
  readonly outcomeEvents: OutcomePipe | null;
  readonly sync: {
    readonly reservedConcurrency: number;
    readonly window: number;
    /** Names of queues and event buses that jobs hand records to. */
    readonly queues: readonly string[];
    readonly buses: readonly string[];
  };
  readonly backfill: { readonly maximumConcurrency: number; readonly timeoutSeconds: number };
  readonly capacity: { readonly siebelConnections: number; readonly planned: number };
}

/** Reads what the build left in its folder. */
export function readDeployment(distFolder: string): Deployment {
  return JSON.parse(readFileSync(join(distFolder, 'integration.json'), 'utf8')) as Deployment;
}
