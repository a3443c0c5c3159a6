import type { Clock } from '../../lib/clock.ts';
import { NoResponseError } from '../../lib/errors.ts';
import type { HttpClient, HttpRequest, HttpResponse } from '../../lib/http/exchange.ts';

/**
 * How Siebel is at an instant: well; away, so that connections are refused or the gateway says 503; silent, so that
 * requests are taken and never answered; doing its work and losing the answer; or losing the connections of writes at
 * once and doing the work minutes later.
 */
export type Health = 'well' | 'refuses' | '503' | '503 with Retry-After' | 'silent' | 'loses answers' | 'works late';

/** A change that Siebel has made durable. */
export interface Commit {
  readonly component: string;
  /** Natural or user key of the record. */
  readonly key: string;
  readonly atMs: number;
}

export interface SiebelModel {
  /** The connection of one client: what `lib/http` is to `lib/siebel`. */
  http(totalTimeoutMs: number): HttpClient;
  readonly commits: readonly Commit[];
  /** Requests that have come so far. */
  requests(): number;
  /** Most requests at work at once, those included whose client has given up. */
  mostAtWork(): number;
}

type Fields = Readonly<Record<string, string>>;
interface Row {
  readonly id: string;
  readonly fields: Fields;
  readonly created: string;
}

/** Of each component: the field by which its records are told apart. */
const KEYS: Readonly<Record<string, string>> = { Contact: 'Person UId', 'Service Request': 'Integration Id' };
const USER = 'siebel-caller';

/**
 * A Siebel that upserts contacts by `Person UId` and inserts service requests, by whatever key, as often as it is asked.
 *
 * @param options.latencyMs From the request to its answer; the commit lies in the middle.
 * @param options.healthAt Asked when a request comes.
 * @param options.lateMs When a request that came while Siebel "works late" is carried out: its own limit is ten minutes.
 * @param options.silentWorkMs How long a request is at work that is never answered.
 */
export function siebelModel({
  clock,
  latencyMs = 150,
  healthAt = () => 'well',
  silentWorkMs = 55_000,
  lateMs = 600_000,
}: {
  clock: Clock;
  latencyMs?: number;
  healthAt?: (nowMs: number) => Health;
  silentWorkMs?: number;
  lateMs?: number;
}): SiebelModel {
  /** Records of a component by their key; a second insert makes a second one. */
  const rows = new Map<string, Map<string, Row[]>>();
  const commits: Commit[] = [];
  let requests = 0;
  let atWork = 0;
  let mostAtWork = 0;

  const work = async (request: HttpRequest, health: Health): Promise<HttpResponse> => {
    atWork += 1;
    mostAtWork = Math.max(mostAtWork, atWork);
    const isSilent = health === 'silent';
    await clock.sleep(isSilent ? silentWorkMs : latencyMs / 2);
    const response = isSilent ? undefined : answerTo(request);
    await clock.sleep(isSilent ? 0 : latencyMs / 2);
    atWork -= 1;
    return response === undefined || health === 'loses answers' ? never() : response;
  };

  const answerTo = ({ method, path, body = '' }: HttpRequest): HttpResponse => {
    const { pathname, searchParams } = new URL(path, 'https://siebel');
    const component = decodeURIComponent(pathname.split('/').at(-1) ?? '');
    const own = rows.get(component) ?? new Map<string, Row[]>();
    rows.set(component, own);
    if (method === 'GET') return found([...own.values()].flat(), searchParams.get('searchspec') ?? '');

    const fields = JSON.parse(body) as Fields;
    const key = fields[KEYS[component] ?? ''] ?? '';
    const there = own.get(key) ?? [];
    commits.push({ component, key, atMs: clock.now() });
    const known = method === 'PUT' ? there[0] : undefined;
    const row: Row = known ?? { id: `1-${commits.length}`, fields, created: siebelTime(clock.now()) };
    if (!known) own.set(key, [...there, row]);
    return json(200, { items: { Id: row.id } });
  };

  const found = (all: readonly Row[], specification: string): HttpResponse => {
    // The look-up of an insert: one field or another has this value.
    const wanted = [...specification.matchAll(/\[([^\]]+)\] ?= ?["']([^"']*)["']/g)];
    if (wanted.length === 0) throw new Error(`the model cannot search by ${specification}`);
    const matching = all.filter(({ fields }) => wanted.some(([, field = '', value]) => fields[field] === value));
    if (matching.length === 0) return json(404, { ERROR: 'There is no data for the requested resource' });
    return json(200, {
      items: matching.map(({ id, fields, created }) => ({
        Id: id,
        ...fields,
        Created: created,
        'Created By Name': USER,
      })),
    });
  };

  return {
    commits,
    requests: () => requests,
    mostAtWork: () => mostAtWork,
    http: (totalTimeoutMs) => ({
      async request(request) {
        const timeoutMs = Math.min(totalTimeoutMs, request.deadlineAtMs - clock.now());
        if (timeoutMs <= 0) throw new NoResponseError('DEADLINE_TOO_CLOSE', 'no time is left', { sent: false });
        requests += 1;
        const health = healthAt(clock.now());
        if (health === 'refuses') {
          await clock.sleep(5);
          throw new NoResponseError('CONNECT_FAILED', 'refused', { sent: false });
        }
        if (health === '503' || health === '503 with Retry-After') {
          await clock.sleep(20);
          return json(503, '', health === '503' ? {} : { 'retry-after': '120' });
        }
        if (health === 'works late' && request.method !== 'GET') {
          void clock.sleep(lateMs).then(() => answerTo(request));
          throw new NoResponseError('CONNECTION_LOST', 'reset', { sent: true });
        }
        return inTime(clock, timeoutMs, work(request, health));
      },
      async close() {},
    }),
  };
}

async function inTime(clock: Clock, timeoutMs: number, work: Promise<HttpResponse>): Promise<HttpResponse> {
  const answered = new AbortController();
  const late = clock.sleep(timeoutMs, answered.signal).then(
    () => Promise.reject(new NoResponseError('TIMED_OUT', 'no whole answer in time', { sent: true })),
    () => never<HttpResponse>(),
  );
  try {
    return await Promise.race([work, late]);
  } finally {
    answered.abort();
  }
}

/** `06/30/2026 14:05:09`, in UTC. */
function siebelTime(atMs: number): string {
  const [date = '', time = ''] = new Date(atMs).toISOString().split('T');
  const [year, month, day] = date.split('-');
  return `${month}/${day}/${year} ${time.slice(0, 8)}`;
}

function json(status: number, body: unknown, headers: Record<string, string> = {}): HttpResponse {
  const text = body === '' ? '' : JSON.stringify(body);
  const type: Record<string, string> = text === '' ? {} : { 'content-type': 'application/json;charset=utf-8' };
  return { status, headers: { ...type, ...headers }, body: Buffer.from(text), durationMs: 0 };
}

/** Nothing comes of it any more. */
export function never<T>(): Promise<T> {
  return new Promise(() => undefined);
}
