import { derive } from '../../lib/operations/deployment.ts';
import deployed from '../../siebel.config.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';
import { type CallsInMemory, callsInMemory } from './calls-in-memory.ts';
import { type ConsumerParts, containers } from './consumer.ts';
import { type EventSource, eventSource } from './event-source.ts';
import { type QueueInMemory, queueInMemory } from './queue-in-memory.ts';
import { type Health, type SiebelModel, siebelModel } from './siebel-model.ts';

/** The queue, the function and Siebel, on one clock that is moved by hand. */
export interface Scene {
  readonly clock: FakeClock;
  readonly queue: QueueInMemory;
  readonly calls: CallsInMemory;
  readonly siebel: SiebelModel;
  readonly source: EventSource;
  /** Messages that one invocation gets. */
  readonly batchSize: number;
  /** Messages whose last line says this outcome, by key. */
  readonly outcomes: ReadonlyMap<string, readonly string[]>;
  /** Moves the clock until the queue is empty, but not for longer than this. */
  drained(withinMs: number): Promise<void>;
}

/** @param options.seed Of the clock's chance: jitter of pauses, of back-off. */
export function scene({
  seed,
  healthAt,
  latencyMs,
  slowsDown,
  onAnswer,
  ...parts
}: {
  seed: number;
  healthAt?: (nowMs: number) => Health;
  latencyMs?: number;
  slowsDown?: boolean;
  onAnswer?: (answer: unknown, ids: ReadonlySet<string>) => void;
} & Pick<ConsumerParts, 'kills'>): Scene {
  const clock = fakeClock({ random: seededRandom(seed) });
  const queue = queueInMemory({ clock });
  const calls = callsInMemory({ clock });
  const siebel = siebelModel({
    clock,
    ...(healthAt === undefined ? {} : { healthAt }),
    ...(latencyMs === undefined ? {} : { latencyMs }),
  });
  const outcomes = new Map<string, string[]>();
  const startContainer = containers({
    ...parts,
    ...{ clock, queue, calls, siebel },
    onLine(event, { key, outcome }) {
      if (event !== 'CALL_SETTLED') return;
      const own = outcomes.get(String(key));
      if (own) own.push(String(outcome));
      else outcomes.set(String(key), [String(outcome)]);
    },
  });
  const { batchSize, maximumConcurrency } = derive(deployed).queue;
  const source = eventSource({
    ...{ queue, clock, startContainer, batchSize, maximumConcurrency },
    ...(slowsDown === undefined ? {} : { slowsDown }),
    ...(onAnswer === undefined ? {} : { onAnswer }),
  });
  return {
    ...{ clock, queue, calls, siebel, source, batchSize, outcomes },
    async drained(withinMs) {
      const untilMs = clock.now() + withinMs;
      while (queue.counts().left > 0 && clock.now() < untilMs) await clock.advance(1_000);
    },
  };
}

export function contactMessage(uid: string): string {
  const input = { 'Person UId': uid, 'First Name': 'Ada', 'Last Name': 'Brandt' };
  return JSON.stringify({ operation: 'contact.upsert', key: uid, input });
}

export function requestMessage(id: string): string {
  const input = { 'Integration Id': id, Abstract: `Request ${id}` };
  return JSON.stringify({ operation: 'service-request.create', key: id, input });
}

/** Mulberry32: the same numbers for the same seed. */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
