import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type Answer, answerUnderFault, type Outcome, wireOf } from '../faults/answer.ts';
import { type FaultRule, faultRules } from '../faults/rules.ts';
import type { ServerIdentity } from '../tls.ts';
import { bearerToken } from './access.ts';
import { answerCall, readCall } from './call.ts';
import { findComponent } from './components.ts';
import { connectionCap, type OverCap } from './connection-cap.ts';
import { type IdentityControl, startControl } from './control.ts';
import { fingerprint, introspector } from './introspection.ts';
import { type RequestCounts, type RequestEntry, requestLog } from './request-log.ts';
import { answerError, answerTomcat, payloadOf } from './responses.ts';
import { rowIds } from './row-ids.ts';
import { seed as seedStore } from './seed.ts';
import { DEFAULT_SETTINGS, type SiebelSettings } from './settings.ts';
import { openStore } from './store.ts';

export interface SiebelOptions extends Partial<SiebelSettings> {
  readonly tls: ServerIdentity;
  /** 0: any free port. */
  readonly port?: number;
  readonly controlPort?: number;
  readonly introspectionUrl: string;
  /** Siebel's own application at the identity domain. */
  readonly introspectionClient: { readonly id: string; readonly secret: string };
  /** Certificate of the authority that Siebel trusts, PEM. */
  readonly ca: string;
  /** The identity domain, for the control address: its counts, its faults, revoking its tokens. */
  readonly identity?: IdentityControl;
  /** Accounts; contacts and service requests are a fifth as many each. Default 5 000. */
  readonly records?: number;
  readonly seed?: number;
  /** Requests worked on at a time ("Maximum Possible Connections"). Default 20. */
  readonly maxConnections?: number;
  readonly overCap?: OverCap;
  /** How long an introspection answer is used again. Default 0: every request is introspected. */
  readonly cacheIntrospectionSeconds?: number;
}

export interface SiebelStats extends RequestCounts {
  readonly introspections: number;
  readonly refusedOverCap: number;
  /** Requests that had to wait for another one to end. */
  readonly waitedOverCap: number;
  /** TCP connections accepted. */
  readonly connections: number;
}

/** A running stand-in for Siebel's Application Interface and object manager, over TLS on 127.0.0.1. */
export interface SiebelStandIn {
  /** With context path: `https://127.0.0.1:<port>/siebel/v1.0`. */
  readonly baseUrl: string;
  readonly controlUrl: string;
  requests(): readonly RequestEntry[];
  /** Records as the payload shows them, ordered by row id. The filter holds values by payload name. */
  records(component: string, filter?: Readonly<Record<string, string>>): readonly Readonly<Record<string, string>>[];
  stats(): SiebelStats;
  /** @throws FaultRuleError when the rule is malformed. */
  addFault(rule: unknown): FaultRule;
  faults(): readonly FaultRule[];
  clearFaults(): number;
  close(): Promise<void>;
}

/** The made-up data ends here, so that the same seed gives the same data on every day. */
const SEEDED_AT_MS = Date.UTC(2026, 0, 1);

/** Starts Siebel with made-up data. */
export async function startSiebel(options: SiebelOptions): Promise<SiebelStandIn> {
  const { records = 5_000, seed = 1, maxConnections = 20, overCap = 'queue', cacheIntrospectionSeconds = 0 } = options;
  const settings: SiebelSettings = { ...DEFAULT_SETTINGS, ...options };
  const store = openStore();
  const nextId = rowIds();
  seedStore(store, { records, seed, nowMs: SEEDED_AT_MS, nextId });

  const access = introspector({ ...options, cacheIntrospectionSeconds });
  const cap = connectionCap({ maxConnections, overCap });
  const log = requestLog();
  const faults = faultRules(['siebel']);
  const closing = new AbortController();
  const running = new Set<Promise<void>>();

  const tls = { ...options.tls, minVersion: 'TLSv1.2', keepAliveTimeout: settings.keepAliveMs } as const;
  const server = createServer(tls, (request, response) => {
    const done = serve(request, response).finally(() => running.delete(done));
    running.add(done);
  });
  const wire = wireOf(server, closing.signal);

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const token = bearerToken(request.headers.authorization);
    const entry = log.open(request, token === undefined ? null : fingerprint(token));
    let outcome: Outcome = { cut: 'no answer' };
    try {
      const call = await readCall(request);
      if (!(await cap.enter())) {
        outcome = await answerUnderFault(response, { ...refusal(overCap), wire });
        return;
      }
      try {
        const fault = faults.take({ target: 'siebel', method: call.method, path: call.path });
        if (fault) entry.struck();
        const work = () => answerCall(call, { store, settings, nextId, introspector: access, onUser: entry.ranAs });
        outcome = await answerUnderFault(response, { fault, wire, work });
      } finally {
        cap.leave();
      }
    } catch (error) {
      // A client that left while it was still sending is no fault of the stand-in.
      if (!response.destroyed && !closing.signal.aborted) console.error('siebel stand-in:', error);
      response.destroy();
    } finally {
      entry.close(outcome);
    }
  }

  const standIn = {
    requests: () => log.entries(),
    records(name: string, filter: Readonly<Record<string, string>> = {}) {
      const component = findComponent(name);
      if (!component) throw new Error(`there is no component "${name}"`);
      const rows = store.query(component, { orderBy: 'rowid', limit: -1, offset: 0 });
      const found = rows.map((row) => payloadOf(row, component.fields));
      const wanted = Object.entries(filter);
      return found.filter((record) => wanted.every(([member, value]) => record[member] === value));
    },
    stats: () => ({
      ...log.counts(),
      introspections: access.count(),
      refusedOverCap: cap.counts().refused,
      waitedOverCap: cap.counts().waited,
      connections: wire.connections(),
    }),
    addFault: (rule: unknown) => faults.add(rule),
    faults: () => faults.list(),
    clearFaults: () => faults.clear(),
  };

  async function close(): Promise<void> {
    closing.abort();
    cap.close();
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    access.close();
    await Promise.all([closed, ...running]);
    store.close();
  }

  const { identity, controlPort = 0, port = 0 } = options;
  const stats = () => ({ ...standIn.stats(), ...(identity && { identity: identity.stats() }) });
  const control = await startControl({
    port: controlPort,
    controlled: { ...standIn, stats, faultRules: faults, identity },
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  }).catch(async (error: unknown) => {
    await control.close();
    store.close();
    throw error;
  });

  return {
    ...standIn,
    baseUrl: `https://127.0.0.1:${(server.address() as AddressInfo).port}${settings.contextPath}`,
    controlUrl: control.controlUrl,
    close: async () => {
      await Promise.all([close(), control.close()]);
    },
  };
}

/** How a request above the cap ends, as a fault of the connection or as an answer. */
function refusal(overCap: OverCap) {
  const busy: Answer =
    overCap === '500'
      ? answerError(500, 'Could not open a session in 4 attempts.')
      : answerTomcat(503, 'Service Unavailable');
  return { fault: overCap === 'reset' ? ({ reset: 'before' } as const) : undefined, work: async () => busy };
}
