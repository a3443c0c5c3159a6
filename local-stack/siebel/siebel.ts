import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type Answer, answerUnderFault, type Outcome, wireOf } from '../faults/answer.ts';
import type { Fault } from '../faults/fault.ts';
import { type FaultRule, faultRules } from '../faults/rules.ts';
import type { ServerIdentity } from '../tls.ts';
import { bearerToken } from './access.ts';
import { answerCall, type Call, readCall } from './call.ts';
import { type Commit, commitRecord } from './commits.ts';
import { findComponent } from './components.ts';
import { connectionCap } from './connection-cap.ts';
import { type IdentityControl, startControl } from './control.ts';
import { dressed } from './format.ts';
import { fingerprint, introspector } from './introspection.ts';
import { liveSettings } from './live-settings.ts';
import { type OpenRequest, type RequestCounts, type RequestEntry, requestLog } from './request-log.ts';
import { answerError, answerTomcat, payloadOf } from './responses.ts';
import { rowIds } from './row-ids.ts';
import { seed as seedStore } from './seed.ts';
import { openSessions } from './sessions.ts';
import { checkSettings } from './setting-checks.ts';
import type { SiebelSettings } from './settings.ts';
import { openStore } from './store.ts';
import { type Writer, writerOf } from './writer.ts';

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
  /** Gets the record of commits, a line of JSON each. */
  readonly commitsFile?: string;
}

/** A request that was read to its end, before anything has been done for it. */
export type ArrivedRequest = Pick<Call, 'method' | 'path' | 'query' | 'body'> & { readonly number: number };

export interface SiebelStats extends RequestCounts {
  readonly introspections: number;
  /** Sessions opened so far. */
  readonly logins: number;
  readonly refusedOverCap: number;
  /** Requests that had to wait for another one to end. */
  readonly waitedOverCap: number;
  /** TCP connections accepted. */
  readonly connections: number;
}

/** A running stand-in for Siebel's Application Interface and object manager, over TLS on 127.0.0.1. */
export interface SiebelStandIn {
  /** With the context path of now: `https://127.0.0.1:<port>/siebel/v1.0`. */
  readonly baseUrl: string;
  readonly controlUrl: string;
  /** Settings that hold now. */
  settings(): SiebelSettings;
  /**
   * Changes settings, from the next request on; without an argument, those of the start hold again.
   *
   * @throws SettingsError when a name or a value is wrong.
   */
  changeSettings(changes?: unknown): SiebelSettings;
  requests(): readonly RequestEntry[];
  /** What took effect since it was started, or after the commit of that number; made-up records are none. */
  commits(since?: number): readonly Commit[];
  /** Calls the listener after each commit, before the request that made it is answered. Gives a way to stop that. */
  onCommit(listener: (commit: Commit) => void): () => void;
  /** Asks for a fault for each request that no rule has struck; without an argument, no more. */
  chooseFaults(choose?: (request: ArrivedRequest) => Fault | undefined): void;
  /** Records as the payload shows them, ordered by row id. The filter holds values by payload name. */
  records(component: string, filter?: Readonly<Record<string, string>>): readonly Readonly<Record<string, string>>[];
  /**
   * Another user, who changes records of a component without a request, at whatever instant its transactions began.
   *
   * @throws Error when there is no such component.
   */
  writer(component: string, user?: string): Writer;
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
  const { records = 5_000, seed = 1 } = options;
  const settings = liveSettings(options);
  const store = openStore();
  const nextId = rowIds();
  seedStore(store, { records, seed, nowMs: SEEDED_AT_MS, nextId });
  const commits = commitRecord(options.commitsFile);
  store.watch((changes, author) => commits.append(changes, author));

  const closing = new AbortController();
  const access = introspector(options);
  const sessions = openSessions(closing.signal);
  const cap = connectionCap();
  const log = requestLog();
  const faults = faultRules(['siebel'], checkSettings);
  const running = new Set<Promise<void>>();
  let chooseFault: (request: ArrivedRequest) => Fault | undefined = () => undefined;

  const server = createServer({ ...options.tls, minVersion: 'TLSv1.2' }, (request, response) => {
    const done = serve(request, response).finally(() => running.delete(done));
    running.add(done);
  });
  server.keepAliveTimeoutBuffer = 0;
  server.keepAliveTimeout = settings.now().keepAliveMs;
  const wire = wireOf(server, closing.signal);

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const token = bearerToken(request.headers.authorization);
    const entry = log.open(request, token === undefined ? null : fingerprint(token));
    response.once('close', () => {
      if (!response.writableFinished) entry.abandon();
    });
    let outcome: Outcome = { cut: 'no answer' };
    try {
      const call = await readCall(request);
      const { method, path, query, body } = call;
      const byRule = faults.take({ target: 'siebel', method, path });
      const fault = byRule ?? chooseFault({ number: entry.number, method, path, query, body });
      if (fault) entry.struck();
      outcome = await withinCap(call, { fault, response, entry });
    } catch (error) {
      // A client that left while it was still sending is no fault of the stand-in.
      if (!response.destroyed && !closing.signal.aborted) console.error('siebel stand-in:', error);
      response.destroy();
    } finally {
      entry.close(outcome);
    }
  }

  async function withinCap(
    call: Call,
    { fault, response, entry }: { fault: Fault | undefined; response: ServerResponse; entry: OpenRequest },
  ): Promise<Outcome> {
    const own: SiebelSettings = { ...settings.now(), ...fault?.settings };
    if (!(await cap.enter(own))) return answerUnderFault(response, { ...refusal(call, own), wire });
    const { number: request, ranAs: onUser } = entry;
    const parts = { store, nextId, request, introspector: access, sessions, instead: fault?.parameters, onUser };
    try {
      const work = () => answerCall(call, { ...parts, settings: own });
      // What holds when the answer is through counts for its connection.
      server.keepAliveTimeout = own.keepAliveMs;
      return await answerUnderFault(response, { fault, wire, work });
    } finally {
      cap.leave();
    }
  }

  const standIn = {
    settings: () => settings.now(),
    changeSettings(changes?: unknown) {
      const changed = settings.change(changes);
      server.keepAliveTimeout = changed.keepAliveMs;
      return changed;
    },
    requests: () => log.entries(),
    commits: (since = 0) => commits.since(since),
    onCommit: (listener: (commit: Commit) => void) => commits.listen(listener),
    chooseFaults(choose?: (request: ArrivedRequest) => Fault | undefined) {
      chooseFault = choose ?? (() => undefined);
    },
    records(name: string, filter: Readonly<Record<string, string>> = {}) {
      const component = findComponent(name);
      if (!component) throw new Error(`there is no component "${name}"`);
      const rows = store.query(component, { orderBy: 'rowid', limit: -1, offset: 0 });
      const found = rows.map((row) => payloadOf(row, component.fields));
      const wanted = Object.entries(filter);
      return found.filter((record) => wanted.every(([member, value]) => record[member] === value));
    },
    writer: (component: string, user = 'SADMIN') =>
      writerOf(component, { store, settings: settings.now(), user, nextId }),
    stats: () => ({
      ...log.counts(),
      introspections: access.count(),
      logins: sessions.logins(),
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
    commits.close();
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

  const { port: actualPort } = server.address() as AddressInfo;
  return {
    ...standIn,
    get baseUrl() {
      return `https://127.0.0.1:${actualPort}${settings.now().contextPath}`;
    },
    controlUrl: control.controlUrl,
    close: async () => {
      await Promise.all([close(), control.close()]);
    },
  };
}

/** How a request above the cap ends, as a fault of the connection or as an answer in the form of any other. */
function refusal(call: Call, settings: SiebelSettings) {
  const { overCap } = settings;
  const busy: Answer =
    overCap === '500'
      ? answerError(500, 'Could not open a session in 4 attempts.')
      : answerTomcat(503, 'Service Unavailable');
  return {
    fault: overCap === 'reset' ? ({ reset: 'before' } as const) : undefined,
    work: async () => dressed(busy, call.headers, settings),
  };
}
