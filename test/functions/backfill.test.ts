import type { Context, SQSEvent } from 'aws-lambda';
import { beforeEach, describe, expect, it } from 'vitest';
import { backfillHandler } from '../../functions/backfill.ts';
import { ConfigurationError, NoResponseError, ServiceUnavailableError } from '../../lib/errors.ts';
import { windowMessage } from '../../lib/sync/backfill/message.ts';
import { windowName } from '../../lib/sync/backfill/plan.ts';
import { backfillParts, planEnding } from '../lib/sync/backfill/backfill-parts.ts';
import { changes, MINUTE, NOW_MS, SECOND } from '../lib/sync/sync-parts.ts';

const ID = '20231114-aaaaa';
const END = NOW_MS - 60 * MINUTE + SECOND;
/** 1,000 records in the thousand seconds before. */
const PLAN = planEnding([END - 600 * SECOND, END - 300 * SECOND, END]);

let parts: ReturnType<typeof backfillParts>;

beforeEach(async () => {
  parts = backfillParts();
  parts.siebel.put(...changes(1_000));
  await parts.plans.store('accounts', PLAN, undefined);
});

function contextOf(remainingMs: number): Context {
  return { awsRequestId: 'request-1', getRemainingTimeInMillis: () => remainingMs } as Context;
}

function eventOf(...bodies: readonly unknown[]): SQSEvent {
  return {
    Records: bodies.map((body, index) => ({
      messageId: `message-${index + 1}`,
      receiptHandle: `handle-${index + 1}`,
      body,
      attributes: { ApproximateReceiveCount: '1', SentTimestamp: String(NOW_MS) },
      messageAttributes: {},
      eventSource: 'aws:sqs',
    })),
  } as unknown as SQSEvent;
}

const messageFor = (window: number) => windowMessage({ job: 'accounts', backfill: ID, window });

function deliver(bodies: readonly unknown[], remainingMs = 300 * SECOND) {
  return backfillHandler(parts)(eventOf(...bodies), contextOf(remainingMs));
}

const ACKNOWLEDGED = { batchItemFailures: [] };
const RETURNED = { batchItemFailures: [{ itemIdentifier: 'message-1' }] };
const idsIn = (window: number) =>
  parts.sink.closed.filter((chunk) => chunk.window === windowName(ID, window)).flatMap(({ ids }) => ids);
const logged = (event: string) => parts.log.lines.filter((line) => line.event === event);

describe('backfillHandler', () => {
  it('reads the window of a message and acknowledges it when it is whole', async () => {
    expect(await deliver([messageFor(2)])).toEqual(ACKNOWLEDGED);

    expect(idsIn(2)).toEqual(
      changes(1_000)
        .slice(400, 700)
        .map(({ id }) => id),
    );
    expect(await parts.plans.done('accounts', ID)).toEqual(new Set([2]));
    expect(parts.plans.expired).toEqual([`accounts backfill-${ID}-0002`]);
    expect(logged('BACKFILL_WINDOW_ENDED')).toMatchObject([
      {
        job: 'accounts',
        backfill: ID,
        outcome: 'complete',
        records: 300,
        messageId: 'message-1',
        requestId: 'request-1',
      },
    ]);
    expect(parts.metrics.counts.get('backfill.windows')).toBe(1);
  });

  it('reads each record once over all windows', async () => {
    for (const window of [3, 1, 2]) expect(await deliver([messageFor(window)])).toEqual(ACKNOWLEDGED);

    const ids = parts.sink.closed.flatMap(({ ids }) => ids);
    expect(ids).toHaveLength(1_000);
    expect(new Set(ids).size).toBe(1_000);
  });

  it('reads one page at a time, whatever window the job has: the plan gives a container one connection (R49)', async () => {
    const { queryPage } = parts.siebel;
    let inFlight = 0;
    let most = 0;
    parts.siebel.queryPage = async (...args) => {
      inFlight += 1;
      most = Math.max(most, inFlight);
      await new Promise((resolve) => setImmediate(resolve));
      inFlight -= 1;
      return queryPage(...args);
    };

    await deliver([messageFor(1)]);

    expect(most).toBe(1);
  });

  it('keeps a delivery hidden for as long as it can be at work, so that one that is killed comes back soon', async () => {
    await deliver([messageFor(1)]);

    expect(parts.hidden).toEqual([{ handle: 'handle-1', seconds: 330 }]);
  });

  it('gives a window back that runs out of time, for five seconds, and goes on at its checkpoint', async () => {
    const { queryPage } = parts.siebel;
    parts.siebel.queryPage = async (...args) => {
      await parts.clock.advance(2 * SECOND);
      return queryPage(...args);
    };

    const first = await deliver([messageFor(1)], 16 * SECOND);
    expect(first).toEqual(RETURNED);
    expect(parts.hidden.at(-1)).toEqual({ handle: 'handle-1', seconds: 5 });
    expect(logged('BACKFILL_WINDOW_ENDED')).toMatchObject([{ outcome: 'stopped' }]);
    const before = idsIn(1).length;
    expect(before).toBeGreaterThan(0);

    expect(await deliver([messageFor(1)])).toEqual(ACKNOWLEDGED);
    expect(idsIn(1)).toEqual(
      changes(1_000)
        .slice(0, 400)
        .map(({ id }) => id),
    );
  });

  it('does not hurry with a window of which Siebel shows nothing any more (R44)', async () => {
    const { queryPage } = parts.siebel;
    let pages = 0;
    parts.siebel.queryPage = async (...args) => {
      pages += 1;
      return pages > 2 ? { records: [], lastPage: true } : queryPage(...args);
    };

    expect(await deliver([messageFor(1)])).toEqual(RETURNED);

    expect(logged('BACKFILL_WINDOW_ENDED')).toMatchObject([{ outcome: 'stopped', code: 'SYNC_NOTHING_SEEN' }]);
    expect(parts.hidden.at(-1)?.seconds).toBeGreaterThan(5);
    expect(await parts.plans.done('accounts', ID)).toEqual(new Set());
  });

  it('is done with a window of a component without any record, where none were counted', async () => {
    const plan = await parts.plans.read('accounts');
    if (!plan) throw new Error('no plan');
    await parts.plans.store(
      'accounts',
      { ...plan, windows: plan.windows.map((each) => ({ ...each, records: 0 })) },
      plan,
    );
    parts.siebel.queryPage = async () => ({ records: [], lastPage: true });

    expect(await deliver([messageFor(1)])).toEqual(ACKNOWLEDGED);
    expect(await parts.plans.done('accounts', ID)).toEqual(new Set([1]));
  });

  it('begins no window without time for it, and gives it back soon', async () => {
    expect(await deliver([messageFor(1)], 9 * SECOND)).toEqual(RETURNED);

    expect(parts.siebel.searches).toEqual([]);
    expect(parts.hidden).toEqual([{ handle: 'handle-1', seconds: 3 }]);
    expect(parts.metrics.counts.get('deadline.skip')).toBe(1);
  });

  it('works on two messages of one batch in turn, and answers for each', async () => {
    expect(await deliver([messageFor(1), '{', messageFor(2)])).toEqual(ACKNOWLEDGED);
    expect(await parts.plans.done('accounts', ID)).toEqual(new Set([1, 2]));
  });
});

describe('a message that comes again', () => {
  it('finds a window that is whole, and asks Siebel nothing', async () => {
    await deliver([messageFor(1)]);
    const searches = parts.siebel.searches.length;

    expect(await deliver([messageFor(1)])).toEqual(ACKNOWLEDGED);

    expect(parts.siebel.searches).toHaveLength(searches);
    expect(idsIn(1)).toHaveLength(400);
  });

  it('notes a window as done that was whole, had that failed before', async () => {
    const { noteDone } = parts.plans;
    parts.plans.noteDone = async () => {
      throw new ServiceUnavailableError('STATE_UNAVAILABLE', 'state table "state" did not answer');
    };
    expect(await deliver([messageFor(1)])).toEqual(RETURNED);
    parts.plans.noteDone = noteDone;

    expect(await deliver([messageFor(1)])).toEqual(ACKNOWLEDGED);
    expect(await parts.plans.done('accounts', ID)).toEqual(new Set([1]));
    expect(idsIn(1)).toHaveLength(400);
  });

  it('goes back while another delivery reads the window (F117)', async () => {
    await parts.state.acquire('accounts', windowName(ID, 1), 60 * SECOND);

    expect(await deliver([messageFor(1)])).toEqual(RETURNED);

    expect(parts.siebel.searches).toEqual([]);
    expect(parts.hidden.at(-1)).toEqual({ handle: 'handle-1', seconds: 30 });
    expect(logged('BACKFILL_WINDOW_ENDED')).toMatchObject([{ outcome: 'already-running' }]);
  });

  it('waits for the lease of a container that was killed, and goes on at the checkpoint (F135)', async () => {
    const lease = await parts.state.acquire('accounts', windowName(ID, 1), 60 * SECOND);
    const open = [{ fromMs: END - 800 * SECOND, afterId: '1-000199', upToMs: END - 601 * SECOND }];
    const pass = { boundMs: END - 601 * SECOND, open, records: 200 };
    const cursor = { value: '11/14/2023 20:59:20', id: '1-000199' };
    if (lease) await parts.state.save('accounts', windowName(ID, 1), lease, { cursor, pass }, 60 * SECOND);

    expect(await deliver([messageFor(1)])).toEqual(RETURNED);
    await parts.clock.advance(66 * SECOND);
    expect(await deliver([messageFor(1)])).toEqual(ACKNOWLEDGED);

    expect(idsIn(1)).toEqual(
      changes(1_000)
        .slice(200, 400)
        .map(({ id }) => id),
    );
  });
});

describe('a window that fails', () => {
  it.each([
    ['Siebel does not answer', new NoResponseError('TIMED_OUT', 'no answer', { sent: true }), 30],
    ['the secret may not be read', new ConfigurationError('denied', { code: 'SECRET_DENIED' }), 300],
    ['there is a defect', new TypeError('x is not a function'), 300],
  ])('goes back when %s, hidden for a while, and is never acknowledged (R17)', async (_what, failure, seconds) => {
    parts.siebel.queryPage = async () => {
      throw failure;
    };

    expect(await deliver([messageFor(1)])).toEqual(RETURNED);

    expect(parts.hidden.at(-1)).toEqual({ handle: 'handle-1', seconds });
    expect(logged('BACKFILL_WINDOW_FAILED')).toMatchObject([{ job: 'accounts', backfill: ID, window: 1 }]);
    expect(parts.metrics.counts.get('backfill.failed')).toBe(1);
    expect(await parts.plans.done('accounts', ID)).toEqual(new Set());
  });

  it('counts what a person must mend', async () => {
    parts.siebel.queryPage = async () => {
      throw new ConfigurationError('denied', { code: 'SECRET_DENIED' });
    };

    await deliver([messageFor(1)]);

    expect(parts.metrics.counts.get('failure.configuration')).toBe(1);
  });

  it('goes back unread when the job is another one than was planned (R77)', async () => {
    const shape = { component: 'Account/Account', cursor: 'Created' };
    await parts.plans.store('accounts', { ...PLAN, shape }, { id: ID, state: 'running' });

    expect(await deliver([messageFor(1)])).toEqual(RETURNED);

    expect(logged('BACKFILL_WINDOW_FAILED')).toMatchObject([{ job: 'accounts', window: 1, code: 'SYNC_JOB_CHANGED' }]);
    expect(parts.siebel.searches).toEqual([]);
  });

  it('goes back when the plan cannot be read, which says nothing of the window (R17)', async () => {
    parts.plans.read = async () => {
      throw new ServiceUnavailableError('STATE_UNAVAILABLE', 'state table "state" did not answer');
    };

    expect(await deliver([messageFor(1)])).toEqual(RETURNED);
  });

  it('goes back all the same when its delivery cannot be hidden', async () => {
    parts.siebel.queryPage = async () => {
      throw new NoResponseError('TIMED_OUT', 'no answer', { sent: true });
    };
    parts.hide = async () => {
      throw new Error('the queue is away');
    };

    expect(await deliver([messageFor(1)])).toEqual(RETURNED);
    expect(logged('VISIBILITY_NOT_CHANGED')).toHaveLength(2);
  });
});

describe('a backfill that is cancelled', () => {
  it('ends a window after its chunk, and its message is acknowledged', async () => {
    parts = { ...backfillParts({ recordsPerChunk: 100 }), siebel: parts.siebel, plans: parts.plans };
    const { queryPage } = parts.siebel;
    let pages = 0;
    parts.siebel.queryPage = async (...args) => {
      pages += 1;
      if (pages === 2) await parts.plans.cancel('accounts', ID);
      return queryPage(...args);
    };

    expect(await deliver([messageFor(1)])).toEqual(ACKNOWLEDGED);

    expect(logged('BACKFILL_WINDOW_ENDED')).toMatchObject([{ outcome: 'cancelled' }]);
    expect(idsIn(1).length).toBeGreaterThan(0);
    expect(idsIn(1).length).toBeLessThan(400);
    expect(await parts.plans.done('accounts', ID)).toEqual(new Set());

    // What was handed over is not handed over again.
    await parts.plans.resume('accounts', ID, { atMs: NOW_MS, records: 0 });
    expect(await deliver([messageFor(1)])).toEqual(ACKNOWLEDGED);
    expect(idsIn(1)).toEqual(
      changes(1_000)
        .slice(0, 400)
        .map(({ id }) => id),
    );
  });

  it('acknowledges the messages that still lie in the queue', async () => {
    await parts.plans.cancel('accounts', ID);

    expect(await deliver([messageFor(1)])).toEqual(ACKNOWLEDGED);

    expect(parts.siebel.searches).toEqual([]);
    expect(logged('BACKFILL_MESSAGE_OBSOLETE')).toMatchObject([{ reason: 'CANCELLED' }]);
    expect(parts.plans.expired).toEqual([`accounts backfill-${ID}-0001`]);
  });

  it('ends windows of a plan that another has taken the place of', async () => {
    const { queryPage } = parts.siebel;
    parts = { ...backfillParts({ recordsPerChunk: 100 }), siebel: parts.siebel, plans: parts.plans };
    parts.siebel.queryPage = async (...args) => {
      const other = { ...PLAN, id: '20231114-bbbbb' };
      await parts.plans.store('accounts', other, { id: ID, state: 'running' });
      return queryPage(...args);
    };

    expect(await deliver([messageFor(1)])).toEqual(ACKNOWLEDGED);
    expect(logged('BACKFILL_WINDOW_ENDED')).toMatchObject([{ outcome: 'cancelled' }]);
    expect(await deliver([messageFor(2)])).toEqual(ACKNOWLEDGED);
    expect(logged('BACKFILL_MESSAGE_OBSOLETE')).toMatchObject([{ reason: 'NO_SUCH_PLAN' }]);
    expect(parts.plans.expired).toEqual([`accounts backfill-${ID}-0001`, `accounts backfill-${ID}-0002`]);
  });
});

describe('a message that can never be followed', () => {
  it.each([
    ['of another job', windowMessage({ job: 'orders', backfill: ID, window: 1 }), 'UNKNOWN_JOB'],
    ['of a plan that there is not', windowMessage({ job: 'accounts', backfill: 'x', window: 1 }), 'NO_SUCH_PLAN'],
    ['of a window that there is not', messageFor(4), 'NO_SUCH_WINDOW'],
  ])('is acknowledged with a line when it is %s', async (_what, body, reason) => {
    expect(await deliver([body])).toEqual(ACKNOWLEDGED);

    expect(logged('BACKFILL_MESSAGE_OBSOLETE')).toMatchObject([{ reason }]);
    expect(parts.siebel.searches).toEqual([]);
  });

  it.each([['{'], [''], [undefined], [7], ['{"job":"accounts","backfill":"1"}']])(
    'is refused when it is %s: the plan knows what is left, and not the queue',
    async (body) => {
      expect(await deliver([body])).toEqual(ACKNOWLEDGED);

      expect(logged('BACKFILL_MESSAGE_REFUSED')).toMatchObject([{ class: 'message', messageId: 'message-1' }]);
      expect(parts.metrics.counts.get('backfill.refused')).toBe(1);
    },
  );

  it.each([[{}], [{ Records: [{ eventSource: 'aws:sqs', receiptHandle: 'h', body: messageFor(1) }] }], [undefined]])(
    'throws for an event that names no message, as nothing of it may be acknowledged (R02)',
    async (event) => {
      const invoked = backfillHandler(parts)(event as SQSEvent, contextOf(300 * SECOND));

      await expect(invoked).rejects.toMatchObject({ code: 'INVALID_EVENT' });
    },
  );
});
