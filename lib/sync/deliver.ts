import type { Clock } from '../clock.ts';
import { ServiceUnavailableError } from '../errors.ts';
import type { SinkRecord } from './sink.ts';

/** A record on its way. */
export interface SentRecord extends SinkRecord {
  /** Its number among those of its run: equal records of a run have different ones. */
  readonly place: number;
}

/** A record that a service did not take, when it took others of the same request. */
export interface Refusal {
  /** Place in the request, from 0. */
  readonly index: number;
  /** Reason as the service names it. */
  readonly code: string;
  /** It will never take this record. */
  readonly forGood: boolean;
}

/**
 * Sends some records in one request.
 *
 * @returns Those that were not taken. A request that fails as a whole throws what a sink throws.
 */
export type SendRecords = (records: readonly SentRecord[]) => Promise<readonly Refusal[]>;

/** What one request may hold. */
export interface RequestLimits {
  readonly records: number;
  readonly bytes: number;
  /** Bytes of a record in the request, beside its line. */
  readonly bytesBeside: number;
}

/** A record that will not be taken, and why. */
export interface Refused {
  readonly record: SinkRecord;
  readonly code: string;
}

interface Waiting {
  readonly record: SentRecord;
  readonly attempts: number;
}

/** Requests under way at a time. */
const REQUESTS = 4;
const MAX_ATTEMPTS = 8;
/** No new round begins after this. */
const MAX_MS = 30_000;
const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 2_000;

/**
 * Sends records in requests of a service that takes some of a request and refuses others: those go again, alone, until all
 * are taken or refused for good.
 *
 * Records of one Id are sent one after the other, each after the one before was taken, so that a queue that keeps order has
 * something to keep.
 *
 * @returns The records that will not be taken.
 * @throws ServiceUnavailableError `SINK_UNAVAILABLE` when a record was refused eight times, or half a minute was not enough.
 */
export async function deliver(
  records: readonly SentRecord[],
  { send, limits, clock }: { readonly send: SendRecords; readonly limits: RequestLimits; readonly clock: Clock },
): Promise<readonly Refused[]> {
  const startedMs = clock.elapsed();
  const refused: Refused[] = [];
  let waiting: readonly Waiting[] = records.map((record) => ({ record, attempts: 0 }));
  let pauses = 0;

  while (waiting.length > 0) {
    const { requests, left } = requestsOf(waiting, limits);
    const answers = await Promise.allSettled(
      requests.map(async (request) => ({ request, refusals: await send(request.map(({ record }) => record)) })),
    );
    const again: Waiting[] = [];
    let code = '';
    for (const answer of answers) {
      if (answer.status === 'rejected') throw answer.reason;
      for (const refusal of answer.value.refusals) {
        const one = answer.value.request[refusal.index];
        if (!one) continue;
        if (refusal.forGood) refused.push({ record: one.record, code: refusal.code });
        else again.push({ ...one, attempts: one.attempts + 1 });
        if (!refusal.forGood) code = refusal.code;
      }
    }
    waiting = [...again, ...left];
    const isOver = waiting.length > 0 && clock.elapsed() - startedMs > MAX_MS;
    if (isOver || again.some(({ attempts }) => attempts >= MAX_ATTEMPTS)) {
      throw new ServiceUnavailableError(
        'SINK_UNAVAILABLE',
        `the sink has not taken ${waiting.length} of ${records.length} records${code && `, the last for ${code}`}`,
      );
    }
    if (again.length === 0) continue;
    await clock.sleep(Math.min(FIRST_DELAY_MS * 2 ** pauses, MAX_DELAY_MS) * (0.5 + clock.random() / 2));
    pauses += 1;
  }
  return refused;
}

/** Bytes that a record takes in a request. */
export function bytesOf({ line }: SinkRecord, { bytesBeside }: RequestLimits): number {
  return Buffer.byteLength(line) + bytesBeside;
}

/** The requests of one round: none holds more than it may, and no Id stands in them twice. */
function requestsOf(waiting: readonly Waiting[], limits: RequestLimits) {
  const ids = new Set<string>();
  const requests: Waiting[][] = [];
  const left: Waiting[] = [];
  let bytes = 0;
  for (const one of waiting) {
    const { id } = one.record;
    const size = bytesOf(one.record, limits);
    const last = requests.at(-1);
    const fits = last !== undefined && last.length < limits.records && bytes + size <= limits.bytes;
    if (ids.has(id) || (!fits && requests.length === REQUESTS)) {
      // What comes behind it of the same Id must wait as well.
      ids.add(id);
      left.push(one);
    } else {
      ids.add(id);
      if (fits) last.push(one);
      else requests.push([one]);
      bytes = fits ? bytes + size : size;
    }
  }
  return { requests, left };
}
