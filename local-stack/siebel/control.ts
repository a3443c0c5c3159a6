import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type FaultRule, FaultRuleError, type FaultRules, parseFaultRule } from '../faults/rules.ts';
import { listenOnLoopback } from '../loopback.ts';
import { COMPONENTS, findComponent } from './components.ts';

/** What the control address shows and steers: the stand-in itself, and the identity domain beside it. */
export interface Controlled {
  requests(): unknown;
  records(component: string, filter: Readonly<Record<string, string>>): readonly unknown[];
  stats(): unknown;
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

const LARGEST_BODY = 1_048_576;

/** Starts the control address: plain HTTP on 127.0.0.1, for tests and for people. */
export async function startControl({ controlled, port }: { controlled: Controlled; port: number }): Promise<Control> {
  const server = createServer((request, response) => {
    answer(request, controlled).then(
      ({ status, body }) => sendJson(response, status, body),
      (error: unknown) => {
        const isTheirs = error instanceof BadRequest || error instanceof FaultRuleError;
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
    case 'GET /-/records':
      return { status: 200, body: recordsOf(url, controlled) };
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
    case 'POST /-/tokens/revoke':
      return { status: 200, body: { revoked: controlled.identity?.revokeAll() ?? 0 } };
    default:
      return { status: 404, body: { error: `There is no ${request.method} ${url.pathname} here.`, known: KNOWN } };
  }
}

const KNOWN = [
  'GET /-/requests',
  'GET /-/records?component=Account',
  'GET /-/stats',
  'GET /-/faults',
  'POST /-/faults',
  'DELETE /-/faults',
  'POST /-/tokens/revoke',
];

function recordsOf({ searchParams }: URL, controlled: Controlled) {
  const { component = '', ...filter } = Object.fromEntries(searchParams);
  if (!findComponent(component)) {
    throw new BadRequest(`"component" must be ${COMPONENTS.map(({ name }) => name).join(', ')}`);
  }
  const records = controlled.records(component, filter);
  return { component, count: records.length, records };
}

function listFaults({ faultRules: faults, identity }: Controlled): FaultRule[] {
  return [...faults.list(), ...(identity?.faults.list() ?? [])];
}

/** Takes one rule or several; when one of them is wrong none is added. */
function addFaults(input: unknown, { faultRules: faults, identity }: Controlled): FaultRule[] {
  const rules = Array.isArray(input) ? input : [input];
  const parsed = rules.map(parseFaultRule);
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
    throw new BadRequest('The body must be JSON: a fault rule, or an array of them.');
  }
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(`${JSON.stringify(body, null, 2)}\n`);
}
