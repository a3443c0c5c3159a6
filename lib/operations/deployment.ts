import { ConfigurationError } from '../errors.ts';
import { allowance, type Capacity, planned } from './capacity.ts';
import type { Integration } from './integration.ts';
import { integrationProblems } from './integration-problems.ts';
import type { Route } from './routes.ts';

/** What the build and the template take from `siebel.config.ts`: plain data, so that nothing is declared twice. */
export interface Deployment {
  readonly queue: {
    /** Messages that one container works on at a time. */
    readonly inFlight: number;
    /** `MaximumConcurrency` of the event source mapping. */
    readonly maximumConcurrency: number;
    readonly batchSize: 10;
    readonly windowSeconds: number;
    readonly fifo: boolean;
    /** Operations that messages may ask for. */
    readonly accepts: readonly string[];
  };
  readonly api: { readonly reservedConcurrency: number; readonly routes: readonly Route[] };
  readonly schedules: readonly {
    readonly job: string;
    readonly expression: string;
    readonly timezone: string;
    readonly input: { readonly job: string };
  }[];
  readonly sync: { readonly reservedConcurrency: number };
  readonly capacity: {
    readonly siebelConnections: number;
    /** Connections that may be planned, nine tenths of all. */
    readonly allowance: number;
    readonly planned: number;
    readonly shares: Omit<Capacity, 'siebelConnections'>;
  };
}

/**
 * Checks an integration, and derives everything that the template needs from it; the same input gives the same output.
 *
 * @throws ConfigurationError that lists everything wrong at once.
 */
export function derive(integration: Integration): Deployment {
  const problems = integrationProblems(integration);
  if (problems.length > 0) throw new ConfigurationError(`siebel.config.ts: ${problems.join('; ')}`);

  const { queue, routes, sync, capacity } = integration;
  const { siebelConnections, ...shares } = capacity;
  return {
    queue: {
      inFlight: queue.inFlight,
      maximumConcurrency: Math.floor(capacity.queue / queue.inFlight),
      batchSize: 10,
      windowSeconds: 0,
      fifo: queue.fifo,
      accepts: [...queue.accepts],
    },
    api: { reservedConcurrency: capacity.api, routes },
    schedules: [...sync].map(([job, { every, timezone }]) => ({ job, expression: every, timezone, input: { job } })),
    sync: { reservedConcurrency: capacity.sync },
    capacity: { siebelConnections, allowance: allowance(capacity), planned: planned(capacity), shares },
  };
}
