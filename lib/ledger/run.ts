import type { Clock } from '../clock.ts';
import { failureClassOf, NoResponseError } from '../errors.ts';
import type { BeforeWrite } from '../siebel/call.ts';
import type { CallItem, CallStore } from './call-item.ts';
import { finisher, LEAST_CALL_MS, type Sent } from './finish.ts';
import { isOpen, newCall, rejected, sentBefore } from './item-states.ts';
import type { CallEnd, Insert, KeyedCall, Ledger } from './ledger.ts';
import { type AttemptTimes, defect, type Ending, firstStep, isExpired, MOST_FAILURES, type Step } from './protocol.ts';
import { refuse, rejectionOf } from './refuse.ts';
import { turns, type Visit } from './turns.ts';

/** The lease outlives the call's deadline by so much, and by the margin that is set. */
const LEASE_BEYOND_DEADLINE_MS = 2_000;
/** The call cannot start beside the others of this process. */
interface Wait {
  readonly do: 'wait';
  readonly alone: boolean;
}

/** What step 1 has come to, and the item that it has found. */
type Begun = (Step | Wait) & { readonly found?: CallItem | undefined };

/** How `send` has ended, and what was decided before its first write; no step when it came to none. */
interface Sending<S> extends Sent {
  readonly step?: S;
}

/**
 * The ledger of one process over a store that all share. What is decided stands in `protocol.ts`, and what follows a start in
 * `finish.ts`.
 *
 * @param options.leaseMarginMs By how much the lease outlasts the invocation: 15,000 covers a container that stops late.
 */
export function ledger({
  store,
  clock,
  leaseMarginMs,
}: {
  readonly store: CallStore;
  readonly clock: Clock;
  readonly leaseMarginMs: number;
}): Ledger {
  const visitOf = turns(clock);
  const finish = finisher({ store, clock });

  return {
    async run(call) {
      // A first delivery is new far more often than not: its start is written without a read before it.
      const isFirst = call.message.receiveCount === 1 && !isExpired(call, clock.now());
      const found = isFirst ? undefined : finish.seen(await store.read(call.name));
      const step = firstStep(found, call, timesOf(call));
      // What ends without Siebel ends while Siebel is away, too.
      if (step.do === 'answer' || step.do === 'reject') return conclude(call, step);

      const visit = visitOf();
      try {
        return await attempt(call, visit, found);
      } finally {
        visit.leave();
      }
    },
    refuse: (refusal) => refuse(refusal, store, clock.now()),
  };

  async function attempt(call: KeyedCall, visit: Visit, found: CallItem | undefined): Promise<CallEnd> {
    const sending = await send(call, () => begin(call, visit, found));
    const { step } = sending;
    switch (step?.do) {
      case undefined:
        return endUnstarted(call, sending);
      case 'wait':
        await visit.wait(step.alone, call.deadlineAtMs - LEAST_CALL_MS);
        return attempt(call, visit, found);
      case 'answer':
      case 'reject':
        return conclude(call, step);
      case 'look-up':
        return lookUpAndSend(call, step.write, step.item);
      case 'send':
        return finish.sent(call, step.item, sending, sentBefore(step.found));
    }
  }

  async function conclude(call: KeyedCall, step: Ending): Promise<CallEnd> {
    if (step.do === 'answer') return step.end;
    const { item, error } = step;
    await finish.replace(item, rejected(item, { unknown: true }), rejectionOf(call, error, clock.now()));
    return { outcome: 'parked', code: error.code, error, repeated: false };
  }

  /** `send`, behind a step that is taken before its first write and lets it pass by saying so. */
  async function send<S extends { readonly do: string }>(
    call: KeyedCall,
    takeStep: () => Promise<S>,
  ): Promise<Sending<S>> {
    let taken: Promise<S> | undefined;
    let writes = 0;
    const beforeWrite: BeforeWrite = async (again) => {
      if (again !== 'after proof') writes += 1;
      expectTime(call);
      taken ??= takeStep();
      const step = await taken;
      if (step.do !== 'send') throw new Error(`the ledger does not let this call pass: ${step.do}`);
      expectTime(call);
    };
    const ending = await call.send(beforeWrite).then(
      (answer) => ({ answer }),
      (error: unknown) => ({ error }),
    );
    if (!taken) return { ...ending, writes };
    // What could not be stored has let nothing pass, whatever `send` makes of it.
    return taken.then(
      (step) => ({ ...ending, step, writes }),
      (error: unknown) => ({ error, writes }),
    );
  }

  /** No write leaves that would be given up before its answer (R38). */
  function expectTime({ deadlineAtMs }: KeyedCall): void {
    if (clock.now() + LEAST_CALL_MS <= deadlineAtMs) return;
    throw new NoResponseError('DEADLINE_TOO_CLOSE', 'no time is left to send this call', { sent: false });
  }

  /** Step 1: STARTED is durable when this returns `send` or `look-up`; when it throws nothing may be sent (R06). */
  async function begin(call: KeyedCall, visit: Visit, read: CallItem | undefined): Promise<Begun> {
    let found = read;
    for (;;) {
      const step = firstStep(found, call, timesOf(call));
      if (step.do === 'answer' || step.do === 'reject') return step;

      const alone = step.item.deaths > 0;
      if (!visit.enter(alone)) return { do: 'wait', alone };
      const written = await store.put(step.item, found);
      if (written.stored) return { ...step, item: written.stored, found };
      found = finish.seen(written.found);
    }
  }

  /** Claimed, or an insert that looks first: what is found decides, and whether it is sent. */
  async function lookUpAndSend(call: KeyedCall, write: Insert, claimed: CallItem): Promise<CallEnd> {
    const looked = await finish.lookUp(call, write, claimed);
    if (looked.outcome !== 'open') return looked;
    if (!looked.mayBeSent) return finish.leave(call, claimed, looked.error);

    const item = { ...claimed, sentUntilMs: call.deadlineAtMs };
    const sending = await send(call, async () => ({ do: 'send', item: await finish.replace(claimed, item) }));
    if (!sending.step) return finish.leave(call, claimed, sending.error ?? finish.unknownUntil(call, write, claimed));
    return finish.sent(call, sending.step.item, sending, claimed.sentUntilMs);
  }

  /** Nothing was started. A bug is counted all the same, where the item is free to be written. */
  async function endUnstarted(call: KeyedCall, { answer, error }: Sent): Promise<CallEnd> {
    if (answer) return { outcome: 'done', recordId: answer.recordId, repeated: false, reconciled: false };
    if (failureClassOf(error) !== 'bug') throw error;

    let found: CallItem | undefined;
    for (;;) {
      const item = found ?? newCall(call.name, call.payloadHash);
      if (item.payloadHash !== call.payloadHash || !isOpen(item, clock.now())) throw error;
      const counted = { ...item, bugs: item.bugs + 1 };
      const unknown = item.state === 'STARTED';
      if (counted.bugs >= MOST_FAILURES || (unknown && call.write.kind === 'unrepeatable')) {
        return finish.reject(call, counted, defect(error), { unknown });
      }
      const written = await store.put(counted, found);
      if (written.stored) throw error;
      found = written.found;
    }
  }

  function timesOf({ deadlineAtMs }: KeyedCall): AttemptTimes {
    return { nowMs: clock.now(), leaseUntilMs: deadlineAtMs + LEASE_BEYOND_DEADLINE_MS + leaseMarginMs };
  }
}
