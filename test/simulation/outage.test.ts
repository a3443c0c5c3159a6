import { describe, expect, it } from 'vitest';
import integration from '../../siebel.config.ts';
import { contactMessage, requestMessage, type Scene, scene } from './scene.ts';
import type { Health } from './siebel-model.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
/** Two containers with four calls in flight each. */
const CAP = integration.capacity.queue;
/** Pauses of the circuit end at 30 s: so often a container may ask whether Siebel is there again. */
const PROBES_A_HOUR = 120;
/** Hundreds of thousands of deliveries: a slow machine takes its time. */
const PATIENCE_MS = 120_000;

/** Half upserts, half inserts: what must not be repeated has to come through as well. */
function message(index: number): string {
  return index % 2 === 0 ? contactMessage(`c${index}`) : requestMessage(`r${index}`);
}

/** Sends the messages evenly over a time. */
async function sent(
  { clock, queue }: Scene,
  { messages, overMs }: { messages: number; overMs: number },
): Promise<void> {
  const steps = 200;
  let index = 0;
  for (let step = 1; step <= steps; step += 1) {
    for (const due = Math.floor((messages * step) / steps); index < due; index += 1) queue.send(message(index));
    await clock.advance(overMs / steps);
  }
}

/** Messages that took effect, and those that did so more than once. */
function effectsOf({ siebel }: Scene) {
  const perKey = new Map<string, number>();
  for (const { key } of siebel.commits) perKey.set(key, (perKey.get(key) ?? 0) + 1);
  return { done: perKey.size, twice: [...perKey.values()].filter((count) => count > 1).length };
}

describe('Siebel away for four hours, with thousands of messages waiting (G10, G11, F118)', () => {
  const LASTS_MS = 4 * HOUR_MS;

  // Where Lambda does not slow down, each message is received every five minutes: they come late, or the test takes long.
  it.each<[string, number, Health, { slowsDown: boolean; overMs: number }]>([
    ['it answers 503', 10_000, '503', { slowsDown: true, overMs: LASTS_MS }],
    ['it is silent', 2_000, 'silent', { slowsDown: true, overMs: LASTS_MS }],
    ['it refuses connections, and Lambda does not slow down', 2_000, 'refuses', { slowsDown: false, overMs: HOUR_MS }],
  ])(
    '%s, with %i: nothing is parked, and all is done soon after its return, within the cap',
    async (_, messages, health, { slowsDown, overMs }) => {
      let endsAtMs = Number.POSITIVE_INFINITY;
      const own = scene({ seed: 11, slowsDown, healthAt: (nowMs) => (nowMs < endsAtMs ? health : 'well') });
      const { clock, queue, siebel, calls, source } = own;
      endsAtMs = clock.now() + LASTS_MS;

      await clock.advance(LASTS_MS - overMs);
      await sent(own, { messages, overMs });
      expect(siebel.commits).toEqual([]);
      // The circuit: in four hours no more than its probes, and what it took to open; both containers, and a retry each.
      const probes = 2 * (4 * PROBES_A_HOUR + 20);
      expect(siebel.requests()).toBeGreaterThan(0);
      expect(siebel.requests()).toBeLessThanOrEqual(probes);
      expect(queue.counts().receives).toBeGreaterThan(5 * siebel.requests());

      await own.drained(10 * MINUTE_MS);
      const afterMs = siebel.commits.map(({ atMs }) => atMs - endsAtMs).sort((one, other) => one - other);
      expect(afterMs[0]).toBeLessThanOrEqual(MINUTE_MS);
      expect(afterMs.filter((ms) => ms <= 10 * MINUTE_MS).length).toBeGreaterThanOrEqual(0.95 * messages);

      await own.drained(HOUR_MS);
      expect(effectsOf(own)).toEqual({ done: messages, twice: 0 });
      expect(calls.parked()).toEqual([]);
      expect(queue.counts()).toMatchObject({ left: 0, deadLettered: 0, expired: 0 });
      expect(siebel.mostAtWork()).toBeGreaterThan(CAP / 2);
      expect(siebel.mostAtWork()).toBeLessThanOrEqual(CAP);
      expect(source.counts()).toMatchObject({ timeOuts: 0, deaths: 0, mostContainersBusy: 2 });
    },
    PATIENCE_MS,
  );
});

describe('Siebel away for sixty hours (R19)', () => {
  const LASTS_MS = 60 * HOUR_MS;
  const MESSAGES = 16;

  it(
    'lets no message use up its receives, though Lambda does not slow down',
    async () => {
      let endsAtMs = Number.POSITIVE_INFINITY;
      const own = scene({ seed: 60, slowsDown: false, healthAt: (nowMs) => (nowMs < endsAtMs ? '503' : 'well') });
      const { clock, queue, siebel, calls } = own;
      endsAtMs = clock.now() + LASTS_MS;
      // All there from the beginning: none is received more often.
      for (let index = 0; index < MESSAGES; index += 1) queue.send(message(index));

      await clock.advance(LASTS_MS);
      const { highestReceiveCount } = queue.counts();
      expect(highestReceiveCount).toBeGreaterThan(60 * 10);
      expect(highestReceiveCount).toBeLessThan(1_000);
      expect(siebel.requests()).toBeLessThanOrEqual(2 * (60 * PROBES_A_HOUR + 20));

      await own.drained(HOUR_MS);
      expect(effectsOf(own)).toEqual({ done: MESSAGES, twice: 0 });
      expect(calls.parked()).toEqual([]);
      expect(queue.counts()).toMatchObject({ left: 0, deadLettered: 0, expired: 0 });
      expect(siebel.mostAtWork()).toBeLessThanOrEqual(CAP);
    },
    PATIENCE_MS,
  );
});

it('inserts that Siebel carries out ten minutes after their connections were lost are there once (F73, R08)', async () => {
  const MESSAGES = 40;
  let health: Health = 'works late';
  const own = scene({ seed: 73, healthAt: () => health });
  for (let index = 0; index < MESSAGES; index += 1) own.queue.send(requestMessage(`r${index}`));
  await own.clock.advance(10 * SECOND_MS);
  const lost = own.siebel.requests();
  expect(lost).toBeGreaterThan(0);
  expect(own.siebel.commits).toEqual([]);
  health = 'well';
  // Each comes once more before Siebel is at work on the first: a look-up finds nothing yet.
  await own.clock.advance(5 * MINUTE_MS);
  for (let index = 0; index < MESSAGES; index += 1) own.queue.send(requestMessage(`r${index}`));
  await own.drained(2 * HOUR_MS);

  expect(own.siebel.commits).toHaveLength(MESSAGES);
  expect(effectsOf(own)).toEqual({ done: MESSAGES, twice: 0 });
  expect(own.calls.parked()).toEqual([]);
});

it('an hour in which every answer is lost applies nothing twice and parks nothing (G3)', async () => {
  const MESSAGES = 500;
  let endsAtMs = Number.POSITIVE_INFINITY;
  const own = scene({ seed: 3, healthAt: (nowMs) => (nowMs < endsAtMs ? 'loses answers' : 'well') });
  endsAtMs = own.clock.now() + HOUR_MS;
  await sent(own, { messages: MESSAGES, overMs: HOUR_MS });
  await own.drained(2 * HOUR_MS);

  const inserts = own.siebel.commits.filter(({ component }) => component === 'Service Request');
  expect(inserts.length).toBe(MESSAGES / 2);
  expect(new Set(inserts.map(({ key }) => key)).size).toBe(MESSAGES / 2);
  expect(effectsOf(own).done).toBe(MESSAGES);
  expect(own.calls.parked()).toEqual([]);
  expect(own.queue.counts()).toMatchObject({ left: 0, deadLettered: 0 });
  expect(own.siebel.mostAtWork()).toBeLessThanOrEqual(CAP);
});
