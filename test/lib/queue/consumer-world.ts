import type { Context, SQSEvent } from 'aws-lambda';
import { queueHandler } from '../../../functions/queue.ts';
import { NoResponseError } from '../../../lib/errors.ts';
import type { WriteKind } from '../../../lib/ledger/ledger.ts';
import { ledger } from '../../../lib/ledger/run.ts';
import { type FakeClock, fakeClock } from '../../support/fake-clock.ts';
import {
  LEASE_MARGIN_MS,
  type MemoryStore,
  type ModelSiebel,
  memoryStore,
  modelSiebel,
  SETTLE_MS,
} from '../ledger/ledger-parts.ts';
import { keptLog, keptMetrics, type Line } from './queue-parts.ts';

const VISIBILITY_MS = 360_000;
const FUNCTION_MS = 60_000;
const TICK_MS = 20;

export type Kind = WriteKind['kind'];
export const KINDS: readonly Kind[] = ['repeatable', 'insert', 'unrepeatable'];

/** One message on the queue. */
export interface Message {
  readonly id: string;
  readonly body: string;
  /** Name of the operation and of the call; absent when the body says neither. */
  readonly kind?: Kind;
  readonly key?: string;
  readonly payload?: number;
  readonly notAfterMs?: number | undefined;
  readonly redriveAtMs?: number | undefined;
  receiveCount: number;
  visibleAtMs: number;
  deleted: boolean;
}

/** What befalls the process at its n-th step, a step being all that it does with the world outside. */
export interface Fault {
  readonly atStep: number;
  /** Frozen for so long, and thawed; absent: dead. */
  readonly frozenMs?: number;
}

/** How one delivery ended: ids that go back; `undefined` when nobody was told. */
export type Answer = ReadonlySet<string> | undefined;

/** Queue, table and Siebel in memory, and containers that come and go. */
export interface World {
  readonly clock: FakeClock;
  readonly store: MemoryStore;
  readonly siebel: ModelSiebel;
  readonly messages: Map<string, Message>;
  readonly lines: readonly Line[];
  /** Deaths and freezes so far. */
  readonly faults: number;
  /** Deliveries whose process is frozen at this moment. */
  readonly frozen: number;
  send(message: Pick<Message, 'body'> & Partial<Message>): Message;
  visible(): Message[];
  /**
   * Hands a batch to a container and acknowledges what it settles.
   *
   * @param options.losesDelete The queue does not learn what was acknowledged.
   * @param options.pauses What the steps of the process take, in turn.
   */
  deliver(
    batch: readonly Message[],
    options?: { fault?: Fault | undefined; losesDelete?: boolean; pauses?: readonly number[] },
  ): Promise<Answer>;
}

export function world(): World {
  const clock = fakeClock();
  const store = memoryStore();
  const siebel = modelSiebel(clock);
  const messages = new Map<string, Message>();
  const log = keptLog();
  let faults = 0;
  let frozen = 0;
  let sent = 0;

  /** A container with one invocation to come. A process that has died learns of nothing any more. */
  const container = (fault: Fault | undefined, pauses: readonly number[]) => {
    const died = Promise.withResolvers<'died'>();
    let dead = false;
    let thawed: Promise<void> | undefined;
    let steps = 0;
    const step = async () => {
      steps += 1;
      const pauseMs = pauses[steps % Math.max(1, pauses.length)] ?? 0;
      if (pauseMs > 0) await clock.sleep(pauseMs);
      if (steps === fault?.atStep) {
        faults += 1;
        if (fault.frozenMs === undefined) {
          dead = true;
          died.resolve('died');
        } else {
          frozen += 1;
          thawed = clock.sleep(fault.frozenMs).then(() => {
            frozen -= 1;
          });
        }
      }
      await thawed;
      if (dead) await new Promise(() => undefined);
    };
    /** Something may befall the process before the world hears of it, and before it hears of the world. */
    const outside =
      <A extends unknown[], R>(work: (...args: A) => Promise<R>) =>
      async (...args: A): Promise<R> => {
        await step();
        const result = await work(...args);
        await step();
        return result;
      };

    const calls = ledger({
      store: { ...store, put: outside(store.put), park: outside(store.park) },
      clock,
      leaseMarginMs: LEASE_MARGIN_MS,
    });
    const handler = queueHandler({
      operations: {
        has: (name) => (KINDS as readonly string[]).includes(name),
        runKeyed({ name, key, payloadHash = '', notAfterMs, message }, { deadlineAtMs }) {
          const kind = name as Kind;
          const request = { kind, naturalKey: key, marker: key };
          return calls.run({
            name: { operation: name, key },
            payloadHash,
            write:
              kind === 'insert'
                ? { kind, lookUp: outside(() => siebel.lookUp(request)), settleMs: SETTLE_MS }
                : { kind },
            message,
            deadlineAtMs,
            notAfterMs,
            async send(beforeWrite) {
              await beforeWrite();
              // As the HTTP client has it, when a connection is at hand.
              if (clock.now() >= deadlineAtMs) throw new NoResponseError('DEADLINE_TOO_CLOSE', 'late', { sent: false });
              return siebel.write(request, step);
            },
          });
        },
      },
      accepts: new Set(KINDS),
      mappings: [],
      ledger: calls,
      hide: outside(async (receiptHandle, seconds) => {
        const [id = '', receive] = receiptHandle.split('/');
        const message = messages.get(id);
        if (message?.receiveCount === Number(receive)) message.visibleAtMs = clock.elapsed() + seconds * 1_000;
      }),
      mostAtSiebel: () => 0,
      tokens: { settled: async () => {} },
      inFlight: 4,
      backoffSeconds: 30,
      clock,
      log,
      metrics: keptMetrics(),
    });
    return { handler, died: died.promise };
  };

  return {
    clock,
    store,
    siebel,
    messages,
    lines: log.lines,
    get faults() {
      return faults;
    },
    get frozen() {
      return frozen;
    },
    send(message) {
      sent += 1;
      const own = { id: `m${sent}`, receiveCount: 0, visibleAtMs: clock.elapsed(), deleted: false, ...message };
      messages.set(own.id, own);
      return own;
    },
    visible: () =>
      [...messages.values()].filter(({ deleted, visibleAtMs }) => !deleted && visibleAtMs <= clock.elapsed()),
    async deliver(batch, { fault, losesDelete = false, pauses = [] } = {}) {
      for (const message of batch) {
        message.receiveCount += 1;
        message.visibleAtMs = clock.elapsed() + VISIBILITY_MS;
      }
      const receives = new Map(batch.map(({ id, receiveCount }) => [id, receiveCount]));
      const endsAtMs = clock.elapsed() + FUNCTION_MS;
      const context = { awsRequestId: 'r', getRemainingTimeInMillis: () => endsAtMs - clock.elapsed() } as Context;
      const frozenBefore = frozen;
      const { handler, died } = container(fault, pauses);
      const ended = handler(eventOf(batch), context).then(
        ({ batchItemFailures }) => new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)),
        (error) => (error.code === 'BATCH_FAILED' ? new Set(batch.map(({ id }) => id)) : Promise.reject(error)),
      );
      const ending: { answer?: ReadonlySet<string>; over: boolean } = { over: false };
      const over = Promise.race([ended, died]).then((end) => {
        ending.over = true;
        if (end !== 'died') ending.answer = end;
      });
      // Lambda stops what has not answered in its time; a process that thaws later runs on all the same.
      while (!ending.over && clock.elapsed() < endsAtMs && frozen <= frozenBefore) await clock.advance(TICK_MS);
      if (ending.over) await over;
      const { answer } = ending;
      if (!answer) return undefined;

      for (const { id } of batch) {
        const message = messages.get(id);
        if (message && !answer.has(id) && !losesDelete && message.receiveCount === receives.get(id))
          message.deleted = true;
      }
      return answer;
    },
  };
}

function eventOf(batch: readonly Message[]): SQSEvent {
  return {
    Records: batch.map(({ id, body, receiveCount, redriveAtMs }) => ({
      messageId: id,
      receiptHandle: `${id}/${receiveCount}`,
      body,
      eventSource: 'aws:sqs',
      attributes: { ApproximateReceiveCount: String(receiveCount) },
      messageAttributes:
        redriveAtMs === undefined
          ? {}
          : { 'siebel-redrive-at': { stringValue: String(redriveAtMs), dataType: 'String' } },
    })),
  } as unknown as SQSEvent;
}
