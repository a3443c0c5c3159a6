import { queueHandler } from '../../functions/queue.ts';
import type { Clock } from '../../lib/clock.ts';
import type { HttpClient } from '../../lib/http/exchange.ts';
import type { CallStore } from '../../lib/ledger/call-item.ts';
import { ledger } from '../../lib/ledger/run.ts';
import type { Log, Metrics } from '../../lib/logger.ts';
import type { AccessTokenSource } from '../../lib/oauth/access-token.ts';
import {
  businessComponent,
  defineIntegration,
  operationRunner,
  optional,
  text,
  unique,
} from '../../lib/operations/index.ts';
import { Redacted } from '../../lib/redacted.ts';
import { circuit } from '../../lib/siebel/circuit.ts';
import { siebelClient } from '../../lib/siebel/client.ts';
import { permits } from '../../lib/siebel/permits.ts';
import type { Container } from './event-source.ts';
import type { QueueInMemory } from './queue-in-memory.ts';
import { never, type SiebelModel } from './siebel-model.ts';

/** A write that may be repeated, and one that may not. */
const integration = defineIntegration({
  operations: {
    'contact.upsert': businessComponent('Contact/Contact', {
      viewMode: 'All',
      userKey: unique('Person UId'),
      fields: { 'Person UId': text(100), 'First Name': text(50), 'Last Name': text(50) },
    }).upsert(),
    'service-request.create': businessComponent('Service Request/Service Request', {
      viewMode: 'All',
      marker: 'Integration Ref',
      fields: { 'Integration Id': text(30), Abstract: text(100), Status: optional(text(30)) },
    }).insert({ naturalKey: ['Integration Id'] }),
  },
  queue: { accepts: ['contact.upsert', 'service-request.create'] },
});

// What lib/config.ts gives where nothing is set.
const SIEBEL_TIMEOUT_MS = 20_000;
const ABANDONED_HOLD_MS = 60_000;
const CIRCUIT_OPEN_MS = 5_000;
const SETTLE_MS = 720_000;
const LEASE_MARGIN_MS = 15_000;

/** Calls at Siebel that one container may have at a time. */
export const { inFlight: IN_FLIGHT } = integration.queue;

export interface ConsumerParts {
  readonly clock: Clock;
  readonly siebel: SiebelModel;
  readonly calls: CallStore;
  readonly queue: QueueInMemory;
  /** Bodies of requests that end the process of the container that sends them. */
  readonly kills?: (body: string) => boolean;
  /** Told of each log line of all containers. */
  readonly onLine?: (event: string, fields: Readonly<Record<string, unknown>>) => void;
}

/** Starts containers: the handler as it is deployed, put together as `functions/runtime.ts` does, over other ports. */
export function containers({ queue, calls, siebel, kills = () => false, ...parts }: ConsumerParts): () => Container {
  return () => {
    const life = Promise.withResolvers<void>();
    let dead = false;
    /** A process that has died learns of nothing any more, so that no line of its code runs on. */
    const mortal =
      <A extends unknown[], R>(work: (...args: A) => Promise<R>) =>
      async (...args: A): Promise<R> => {
        if (dead) return never();
        try {
          const result = await work(...args);
          return dead ? await never<R>() : result;
        } catch (error) {
          if (dead) return never();
          throw error;
        }
      };

    const clock: Clock = { ...parts.clock, sleep: mortal((ms, signal) => parts.clock.sleep(ms, signal)) };
    const wire = siebel.http(SIEBEL_TIMEOUT_MS);
    const http: HttpClient = {
      ...wire,
      request: mortal(async (request) => {
        if (kills(request.body ?? '')) {
          dead = true;
          life.resolve();
          return never();
        }
        return wire.request(request);
      }),
    };
    const log = linesTo(parts.onLine);
    const places = permits({ total: IN_FLIGHT, holdMs: ABANDONED_HOLD_MS, clock });
    const client = siebelClient({
      http,
      tokens: oneToken(),
      timeoutMs: SIEBEL_TIMEOUT_MS,
      baseUrl: new URL('https://siebel.example.com/siebel/v1.0'),
      permits: places,
      circuit: circuit({ openMs: CIRCUIT_OPEN_MS, clock }),
      site: integration.site,
      clock,
      log,
    });
    const store: CallStore = {
      read: mortal((...args) => calls.read(...args)),
      put: mortal((...args) => calls.put(...args)),
      park: mortal((...args) => calls.park(...args)),
    };
    const own = ledger({ store, clock, leaseMarginMs: LEASE_MARGIN_MS });
    const handler = queueHandler({
      operations: operationRunner(integration, () => client, own, { settleMs: SETTLE_MS }),
      ledger: own,
      accepts: integration.queue.accepts,
      mappings: integration.queue.mappings,
      inFlight: IN_FLIGHT,
      backoffSeconds: 30,
      mostAtSiebel: places.highest,
      hide: mortal(async (receiptHandle, seconds) => queue.changeVisibility(receiptHandle, seconds)),
      tokens: oneToken(),
      clock,
      log,
      metrics: noMetrics,
    });
    return { handler, died: life.promise };
  };
}

function oneToken(): AccessTokenSource {
  const token = {
    value: new Redacted('token'),
    fingerprint: '00000000',
    obtainedAtMs: 0,
    expiresAtMs: Number.MAX_SAFE_INTEGER,
    expiresAtElapsedMs: Number.MAX_SAFE_INTEGER,
  };
  return { get: () => token, replace: async () => token, accepted: () => {}, settled: async () => {} };
}

function linesTo(onLine: ConsumerParts['onLine'] = () => {}): Log {
  const log: Log = {
    info: (event, fields = {}) => onLine(event, fields),
    warn: (event, fields = {}) => onLine(event, fields),
    error: (event, fields = {}) => onLine(event, fields),
    with: () => log,
  };
  return log;
}

const noMetrics: Metrics = { count() {}, milliseconds() {}, seconds() {}, publish() {} };
