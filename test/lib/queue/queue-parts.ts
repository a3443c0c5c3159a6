import type { ParkedCall } from '../../../lib/ledger/parked-calls.ts';
import type { Log, LogFields, Metrics } from '../../../lib/logger.ts';
import { queueBackoff } from '../../../lib/queue/backoff.ts';
import type { Delivery } from '../../../lib/queue/delivery.ts';
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
  readonly measured: [name: string, seconds: number][];
  readonly published: number;
} {
  const counts = new Map<string, number>();
  const measured: [name: string, seconds: number][] = [];
  let published = 0;
  return {
    counts,
    measured,
    get published() {
      return published;
    },
    count: (name, value = 1) => void counts.set(name, (counts.get(name) ?? 0) + value),
    milliseconds: () => undefined,
    seconds: (name, value) => void measured.push([name, value]),
    publish: () => {
      published += 1;
    },
  };
}

/** Everything that settling calls needs, with what it did kept for a look. */
export function settlerParts({
  run = async () => ({ Id: '1-2AB' }),
  clock = fakeClock(),
  park,
}: {
  run?: Operations['run'];
  clock?: FakeClock;
  park?: (call: ParkedCall) => Promise<void>;
} = {}) {
  const calls: { name: string; input: unknown }[] = [];
  const kept: ParkedCall[] = [];
  const hidden: { receiptHandle: string; seconds: number }[] = [];
  const log = keptLog();
  const metrics = keptMetrics();
  const parts = {
    operations: {
      has: (name) => ['account.upsert', 'account.get'].includes(name),
      run: (name, input, options) => {
        calls.push({ name, input });
        return run(name, input, options);
      },
    },
    accepts: new Set(['account.upsert']),
    parked: {
      park: async (call) => {
        await park?.(call);
        kept.push(call);
      },
    },
    hide: async (receiptHandle, seconds) => void hidden.push({ receiptHandle, seconds }),
    backoff: queueBackoff({ random: () => 0.5 }),
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
