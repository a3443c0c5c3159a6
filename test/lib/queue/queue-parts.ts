import type { CallEnd, Refusal } from '../../../lib/ledger/ledger.ts';
import type { Log, LogFields, Metrics } from '../../../lib/logger.ts';
import type { EventMapping } from '../../../lib/operations/event-mapping.ts';
import type { KeyedRun } from '../../../lib/operations/runner.ts';
import { queueBackoff } from '../../../lib/queue/backoff.ts';
import type { Delivery } from '../../../lib/queue/delivery.ts';
import { type QueuedCall, queuedCall } from '../../../lib/queue/queued-call.ts';
import type { CallSettler, Operations } from '../../../lib/queue/settle-call.ts';
import { type FakeClock, fakeClock } from '../../support/fake-clock.ts';

export interface Line extends LogFields {
  readonly level: 'info' | 'warn' | 'error';
  readonly event: string;
}

/** A log that keeps its lines, with the fields it was made with. */
export function keptLog(): Log & { readonly lines: Line[] } {
  const lines: Line[] = [];
  const logWith = (own: LogFields): Log & { readonly lines: Line[] } => ({
    lines,
    info: (event, fields) => void lines.push({ ...own, ...fields, level: 'info', event }),
    warn: (event, fields) => void lines.push({ ...own, ...fields, level: 'warn', event }),
    error: (event, fields) => void lines.push({ ...own, ...fields, level: 'error', event }),
    with: (fields) => logWith({ ...own, ...fields }),
  });
  return logWith({});
}

export function keptMetrics(): Metrics & {
  readonly counts: Map<string, number>;
  /** Counts by name and dimension: `msg.parked code=BAD_JSON`. */
  readonly parted: Map<string, number>;
  readonly measured: [name: string, seconds: number][];
  readonly published: number;
} {
  const counts = new Map<string, number>();
  const parted = new Map<string, number>();
  const measured: [name: string, seconds: number][] = [];
  const add = (to: Map<string, number>, name: string, value: number) => to.set(name, (to.get(name) ?? 0) + value);
  let published = 0;
  return {
    counts,
    parted,
    measured,
    get published() {
      return published;
    },
    count(name, value = 1, by) {
      add(counts, name, value);
      for (const [dimension, word] of Object.entries(by ?? {})) add(parted, `${name} ${dimension}=${word}`, value);
    },
    milliseconds: () => undefined,
    seconds: (name, value) => void measured.push([name, value]),
    publish: () => {
      published += 1;
    },
  };
}

export const DONE: CallEnd = { outcome: 'done', recordId: '1-2AB', repeated: false, reconciled: false };

/**
 * Everything that settling calls needs, with what it did kept for a look.
 *
 * @param options.run How a call ends under the write protocol. Default: done.
 * @param options.refuse How a refusal ends. Default: it is stored.
 */
export function settlerParts({
  run = async () => DONE,
  clock = fakeClock(),
  refuse,
}: {
  run?: Operations['runKeyed'];
  clock?: FakeClock;
  refuse?: (refusal: Refusal) => Promise<CallEnd>;
} = {}) {
  const calls: KeyedRun[] = [];
  const kept: Refusal[] = [];
  const hidden: { receiptHandle: string; seconds: number }[] = [];
  const log = keptLog();
  const metrics = keptMetrics();
  const parts = {
    operations: {
      has: (name) => ['account.upsert', 'account.get', 'request.create'].includes(name),
      runKeyed(call, options) {
        calls.push(call);
        return run(call, options);
      },
    },
    accepts: new Set(['account.upsert', 'request.create']),
    ledger: {
      async refuse(refusal) {
        const { error } = refusal;
        const stored: CallEnd = { outcome: 'parked', code: error.code, error, repeated: false };
        const end = refuse ? await refuse(refusal) : stored;
        kept.push(refusal);
        return end;
      },
    },
    hide: async (receiptHandle, seconds) => void hidden.push({ receiptHandle, seconds }),
    backoff: queueBackoff({ baseSeconds: 30, random: () => 0.5 }),
    clock,
    log,
    metrics,
  } satisfies CallSettler;
  return { parts, calls, kept, hidden, lines: log.lines, metrics, clock };
}

export const INPUT = { Name: 'Harbour Supplies', Location: 'Bremen' };

export function bodyOf(members: Record<string, unknown> = {}): string {
  return JSON.stringify({ operation: 'account.upsert', key: 'crm-export/4711', input: INPUT, ...members });
}

export function delivery(members: Partial<Delivery> = {}): Delivery {
  return {
    messageId: 'message-1',
    receiptHandle: 'handle-1',
    body: bodyOf(),
    receiveCount: 1,
    sentAtMs: 1_699_999_989_500,
    firstSeenAtMs: 1_699_999_990_000,
    groupId: undefined,
    attributes: {},
    ...members,
  };
}

/** A delivery and the call that it asks for. */
export function queued(members: Partial<Delivery> = {}, mappings: readonly EventMapping[] = []): QueuedCall {
  return queuedCall(delivery(members), mappings);
}
