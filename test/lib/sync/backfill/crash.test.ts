import type { Context, SQSEvent } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { type BackfillParts, backfillHandler } from '../../../../functions/backfill.ts';
import { windowMessage } from '../../../../lib/sync/backfill/message.ts';
import { changes, MINUTE, NOW_MS, SECOND } from '../sync-parts.ts';
import { backfillParts, planEnding } from './backfill-parts.ts';

const ID = '20231114-aaaaa';
const END = NOW_MS - 60 * MINUTE + SECOND;
const PLAN = planEnding([END - 400 * SECOND, END]);
const RECORDS = changes(800);
const CHUNK = 100;

class Killed extends Error {}

/** A container that dies at its n-th step outwards: before that step has an effect, or after it. */
function containerOf(all: ReturnType<typeof backfillParts>, step: number, when: 'before' | 'after') {
  let steps = 0;
  let isDead = false;
  const outwards = async <T>(work: () => Promise<T>): Promise<T> => {
    if (isDead) return new Promise(() => undefined);
    steps += 1;
    const dies = steps === step;
    if (dies && when === 'before') isDead = true;
    const result = isDead ? undefined : await work();
    if (dies) isDead = true;
    if (isDead) throw new Killed();
    return result as T;
  };
  /** Every method of a part is a step. */
  const stepwise = <P extends object>(part: P): P =>
    new Proxy(part, {
      get(target, name) {
        const value = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => outwards(async () => value.apply(target, args));
      },
    });
  const sink = {
    ...all.sink,
    open: (run: Parameters<typeof all.sink.open>[0]) => {
      const output = all.sink.open(run);
      return { ...output, chunk: () => stepwise(output.chunk()) };
    },
  };
  const parts: BackfillParts = {
    ...all,
    siebel: stepwise(all.siebel),
    state: stepwise(all.state),
    plans: stepwise(all.plans),
    sinkOf: () => sink,
    hide: (...args) => outwards(() => all.hide(...args)),
  };
  return {
    stepsTaken: () => steps,
    isDead: () => isDead,
    /** Whether the message was acknowledged; a dead container answers nothing. */
    async deliver(window: number): Promise<boolean> {
      const body = windowMessage({ job: 'accounts', backfill: ID, window });
      const record = {
        messageId: 'm',
        receiptHandle: 'h',
        body,
        attributes: {},
        messageAttributes: {},
        eventSource: 'aws:sqs',
      };
      const context = { awsRequestId: 'r', getRemainingTimeInMillis: () => 300 * SECOND } as Context;
      const answer = backfillHandler(parts)({ Records: [record] } as unknown as SQSEvent, context);
      const died = (async () => {
        while (!isDead) await new Promise((resolve) => setImmediate(resolve));
        return undefined;
      })();
      const answered = await Promise.race([answer.catch(() => undefined), died]);
      isDead = true;
      return answered !== undefined && answered.batchItemFailures.length === 0;
    },
  };
}

async function stand() {
  const all = backfillParts({ recordsPerChunk: CHUNK });
  all.siebel.put(...RECORDS);
  await all.plans.store('accounts', PLAN, undefined);
  return all;
}

/** Steps of a window that nothing disturbs. */
async function stepsOfAWindow(): Promise<number> {
  const all = await stand();
  const container = containerOf(all, Number.POSITIVE_INFINITY, 'before');
  expect(await container.deliver(1)).toBe(true);
  return container.stepsTaken();
}

describe('a container that is killed', () => {
  it.each(['before', 'after'] as const)(
    'at any step, %s its effect, loses no record and repeats one chunk at most (F135, R68)',
    async (when) => {
      const steps = await stepsOfAWindow();
      expect(steps).toBeGreaterThan(20);

      for (let step = 1; step <= steps; step += 1) {
        const all = await stand();
        await containerOf(all, step, when).deliver(1);
        // The lease of the dead runs out, and the message comes again.
        await all.clock.advance(66 * SECOND);
        const next = containerOf(all, Number.POSITIVE_INFINITY, 'before');
        expect(await next.deliver(1), `step ${step}`).toBe(true);

        const ids = all.sink.closed.flatMap((chunk) => chunk.ids);
        expect(new Set(ids), `step ${step}`).toEqual(new Set(RECORDS.slice(0, 400).map(({ id }) => id)));
        expect(ids.length - 400, `step ${step}`).toBeLessThanOrEqual(CHUNK);
        expect(await all.plans.done('accounts', ID)).toEqual(new Set([1]));
      }
    },
  );

  it('again and again comes on all the same, as long as it stores a chunk in between', async () => {
    const all = await stand();
    let acknowledged = false;
    let lives = 0;
    for (; !acknowledged && lives < 30; lives += 1) {
      acknowledged = await containerOf(all, 18, 'after').deliver(1);
      await all.clock.advance(66 * SECOND);
    }

    expect(acknowledged).toBe(true);
    expect(lives).toBeGreaterThan(1);
    const ids = all.sink.closed.flatMap((chunk) => chunk.ids);
    expect(new Set(ids).size).toBe(400);
    expect(ids.length).toBeLessThanOrEqual(400 + (lives - 1) * CHUNK);
  });

  it('leaves the other window alone', async () => {
    const all = await stand();
    await containerOf(all, 15, 'before').deliver(1);

    expect(await containerOf(all, Number.POSITIVE_INFINITY, 'before').deliver(2)).toBe(true);
    expect(await all.plans.done('accounts', ID)).toEqual(new Set([2]));
  });
});
