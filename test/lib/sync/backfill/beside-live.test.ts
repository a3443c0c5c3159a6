import type { Context, SQSEvent } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { backfillHandler } from '../../../../functions/backfill.ts';
import { settledUntil } from '../../../../lib/sync/backfill/live-start.ts';
import { windowMessage } from '../../../../lib/sync/backfill/message.ts';
import { runSync } from '../../../../lib/sync/run.ts';
import { controlInMemory, JOB, MINUTE, NOW_MS, SECOND } from '../sync-parts.ts';
import { backfillParts, planEnding } from './backfill-parts.ts';

const ID = '20231114-aaaaa';
const TIMES = { safetyLagMs: MINUTE, lookbackMs: 10 * MINUTE };
const SETTLED = settledUntil(NOW_MS, TIMES);
const WINDOWS = 4;
/** Windows end in the middle of the records, a second apart at the last. */
const PLAN = planEnding([SETTLED - 20 * MINUTE, SETTLED - 10 * MINUTE, SETTLED - SECOND, SETTLED]);

/** Draws the same numbers each time. */
function drawing(seed: number): (below: number) => number {
  let state = seed * 7_919 + 1;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return Math.floor((state / 2_147_483_647) * below);
  };
}

/** A backfill and a live job of 400 records, disturbed by nothing but changes, some of which commit late. */
async function stand(seed: number) {
  const parts = backfillParts({ recordsPerChunk: 50 });
  const { clock, siebel, state, sink } = parts;
  const draw = drawing(seed);
  const live = { ...parts, ...TIMES, control: controlInMemory(clock) };
  let changes = 0;

  const change = (id: string, updatedAtMs: number) => {
    changes += 1;
    const visibleAtMs = updatedAtMs + draw(3) * draw(5 * MINUTE);
    siebel.put({ id, name: `change ${changes}`, updatedAtMs, visibleAtMs });
  };
  // Half of them lie within a minute of where the backfill ends and the job begins.
  for (let index = 0; index < 400; index += 1) {
    const aroundMs = index % 2 === 0 ? SETTLED - 30 * MINUTE + draw(30) * MINUTE : SETTLED - MINUTE;
    change(`1-${index}`, Math.floor((aroundMs + draw(2 * MINUTE)) / SECOND) * SECOND);
  }
  await parts.plans.store('accounts', PLAN, undefined);
  expect(await state.begin('accounts', { fromMs: SETTLED, boundMs: NOW_MS - TIMES.safetyLagMs })).toBe(true);

  const handler = backfillHandler(parts);
  return {
    draw,
    clock,
    change: () => change(`1-${draw(420)}`, Math.floor(clock.now() / SECOND) * SECOND),
    tick: () => runSync('accounts', JOB, { deadlineAtMs: clock.now() + 15 * MINUTE }, live),
    read: (window: number) => {
      const body = windowMessage({ job: 'accounts', backfill: ID, window });
      const record = { messageId: 'm', receiptHandle: 'h', body, eventSource: 'aws:sqs' };
      const context = { awsRequestId: 'r', getRemainingTimeInMillis: () => 300 * SECOND } as Context;
      return handler({ Records: [record] } as unknown as SQSEvent, context);
    },
    handedOver: () => sink.closed.flatMap(({ lines }) => lines),
    standing: () => siebel.newest().map(({ id, name }) => `${id} ${name}`),
  };
}

const nameOf = (line: string) => `${JSON.parse(line).Id} ${JSON.parse(line).Name}`;

describe('a backfill and the live job that begins where it ends', () => {
  it.each(Array.from({ length: 20 }, (_, seed) => [seed + 1]))(
    'hand over every version that stands, and none twice: draw %i (R66, R68)',
    async (seed) => {
      const { draw, clock, change, tick, read, handedOver, standing } = await stand(seed);
      for (let step = 0; step < 60; step += 1) {
        const what = draw(10);
        if (what < 2) await read(1 + draw(WINDOWS));
        else if (what < 5) await tick();
        else if (what < 8) change();
        else await clock.advance(draw(3 * MINUTE));
      }
      for (let window = 1; window <= WINDOWS; window += 1) await read(window);
      for (let round = 0; round < 3; round += 1) {
        await clock.advance(12 * MINUTE);
        await tick();
      }

      const names = handedOver().map(nameOf);
      expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
      expect(standing().filter((name) => !names.includes(name))).toEqual([]);
    },
  );
});
