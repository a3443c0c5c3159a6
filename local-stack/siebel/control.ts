import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { FaultRuleError } from '../faults/fault.ts';
import { type FaultRule, type FaultRules, parseFaultRule } from '../faults/rules.ts';
import { listenOnLoopback } from '../loopback.ts';
import { ByHandError, changeByHand, type Records, shownRecords } from './by-hand.ts';
import { RELEASES } from './releases.ts';
import { checkSettings, SettingsError } from './setting-checks.ts';
import type { SiebelSettings } from './settings.ts';

/** What the control address shows and steers: the stand-in itself, and the identity domain beside it. */
export interface Controlled extends Records {
  requests(): unknown;
  commits(since: number): readonly unknown[];
  stats(): unknown;
  settings(): SiebelSettings;
  changeSettings(changes?: unknown): SiebelSettings;
  readonly faultRules: FaultRules;
  readonly identity: IdentityControl | undefined;
}

/** What the control address needs of the identity domain. */
export interface IdentityControl {
  readonly faults: FaultRules;
  stats(): unknown;
  revokeAll(): number;
}

export interface Control {
  /** Base address; the paths below it begin with `/-/`. */
  readonly controlUrl: string;
  close(): Promise<void>;
}

class BadRequest extends Error {}

const LARGEST_BODY = 8_388_608;

/** Starts the control address: plain HTTP on 127.0.0.1, for tests and for people. */
export async function startControl({ controlled, port }: { controlled: Controlled; port: number }): Promise<Control> {
  const server = createServer((request, response) => {
    answer(request, controlled).then(
      ({ status, body }) => sendJson(response, status, body),
      (error: unknown) => {
        const isTheirs = [BadRequest, ByHandError, FaultRuleError, SettingsError].some((kind) => error instanceof kind);
        sendJson(response, isTheirs ? 400 : 500, { error: error instanceof Error ? error.message : 'failed' });
      },
    );
  });
  const { origin, close } = await listenOnLoopback(server, port);
  return { controlUrl: origin, close };
}

async function answer(request: IncomingMessage, controlled: Controlled): Promise<{ status: number; body: unknown }> {
  const url = new URL(request.url ?? '/', 'http://control');
  switch (`${request.method} ${url.pathname}`) {
    case 'GET /-/requests':
      return { status: 200, body: { requests: controlled.requests() } };
    case 'GET /-/commits':
      return { status: 200, body: { commits: commitsOf(url, controlled) } };
    case 'GET /-/records':
      return { status: 200, body: shownRecords(url, controlled) };
    case 'POST /-/records':
      return { status: 201, body: changeByHand('POST', url, await readJson(request), controlled) };
    case 'PATCH /-/records':
      return { status: 200, body: changeByHand('PATCH', url, await readJson(request), controlled) };
    case 'DELETE /-/records':
      return { status: 200, body: changeByHand('DELETE', url, undefined, controlled) };
    case 'GET /-/stats':
      return { status: 200, body: controlled.stats() };
    case 'GET /-/faults':
      return { status: 200, body: { faults: listFaults(controlled) } };
    case 'POST /-/faults':
      return { status: 201, body: { faults: addFaults(await readJson(request), controlled) } };
    case 'DELETE /-/faults':
      return {
        status: 200,
        body: { removed: controlled.faultRules.clear() + (controlled.identity?.faults.clear() ?? 0) },
      };
    case 'GET /-/settings':
      return { status: 200, body: shownSettings(controlled.settings()) };
    case 'PATCH /-/settings':
      return { status: 200, body: shownSettings(controlled.changeSettings(await readJson(request))) };
    case 'DELETE /-/settings':
      return { status: 200, body: shownSettings(controlled.changeSettings()) };
    case 'POST /-/tokens/revoke':
      return { status: 200, body: { revoked: controlled.identity?.revokeAll() ?? 0 } };
    default:
      return { status: 404, body: { error: `There is no ${request.method} ${url.pathname} here.`, known: KNOWN } };
  }
}

const KNOWN = [
  'GET /-/requests',
  'GET /-/commits?since=0',
  'GET /-/records?component=Account',
  'POST /-/records?component=Account',
  'PATCH /-/records?component=Account&Id=…',
  'DELETE /-/records?component=Account&Id=…',
  'GET /-/stats',
  'GET /-/faults',
  'POST /-/faults',
  'DELETE /-/faults',
  'GET /-/settings',
  'PATCH /-/settings',
  'DELETE /-/settings',
  'POST /-/tokens/revoke',
];

/** With what has no value shown as `null`, and the names that `release` takes. */
function shownSettings(settings: SiebelSettings) {
  const shown = Object.entries(settings).map(([name, value]) => [name, value ?? null]);
  return { settings: Object.fromEntries(shown), releases: Object.keys(RELEASES) };
}

function commitsOf({ searchParams }: URL, controlled: Controlled) {
  const since = searchParams.get('since') ?? '0';
  if (!/^\d{1,15}$/.test(since)) throw new BadRequest('"since" must be the number of a commit, 0 for all');
  return controlled.commits(Number(since));
}

function listFaults({ faultRules: faults, identity }: Controlled): FaultRule[] {
  return [...faults.list(), ...(identity?.faults.list() ?? [])];
}

/** Takes one rule or several; when one of them is wrong none is added. */
function addFaults(input: unknown, { faultRules: faults, identity }: Controlled): FaultRule[] {
  const rules = Array.isArray(input) ? input : [input];
  const parsed = rules.map((rule) => parseFaultRule(rule, checkSettings));
  return parsed.map((rule) => {
    if (rule.target === 'siebel') return faults.add(rule);
    if (!identity) throw new BadRequest('There is no identity domain beside this stand-in.');
    return identity.faults.add(rule);
  });
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) {
    body += chunk;
    if (body.length > LARGEST_BODY) throw new BadRequest('The body is too large.');
  }
  try {
    return JSON.parse(body);
  } catch {
    throw new BadRequest('The body must be JSON.');
  }
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(`${JSON.stringify(body, null, 2)}\n`);
}
