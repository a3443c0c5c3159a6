import type { Clock } from '../../../lib/clock.ts';
import type { CallItem, CallStore } from '../../../lib/ledger/call-item.ts';
import type { CallEnd, KeyedCall } from '../../../lib/ledger/ledger.ts';
import { ledger } from '../../../lib/ledger/run.ts';
import { callTo, LEASE_MARGIN_MS, type ModelSiebel } from './ledger-parts.ts';

/** How a delivery ended: as the ledger says, with what it threw, or with the death of its process at a point. */
export type Delivered = { readonly end: CallEnd } | { readonly error: unknown } | { readonly diedAt: string };

/**
 * One delivery to a process of its own, which may die on its way.
 *
 * A death drops the worker where it awaits one of its ports: the promise never settles again, so that nothing of it runs on,
 * no `finally` either. What Siebel has been sent goes on without it.
 *
 * @param options.diesAt Number of the point at which it dies, from 0.
 * @param options.met Told every point that is passed, in order.
 */
export async function deliver(
  parts: { readonly store: CallStore; readonly siebel: ModelSiebel; readonly clock: Clock },
  members: Parameters<typeof callTo>[2],
  { diesAt, met }: { readonly diesAt?: number | undefined; readonly met: (point: string) => void },
): Promise<Delivered> {
  const { siebel, clock } = parts;
  let passed = 0;
  let die: (died: Delivered) => void = () => undefined;
  const death = new Promise<Delivered>((resolve) => {
    die = resolve;
  });
  const point = (name: string): Promise<void> => {
    met(name);
    passed += 1;
    if (passed - 1 !== diesAt) return Promise.resolve();
    die({ diedAt: name });
    return new Promise(() => undefined);
  };

  const calls = ledger({ store: watched(parts.store, point), clock, leaseMarginMs: LEASE_MARGIN_MS });
  const work = async (): Promise<Delivered> => {
    await point('received');
    const end = await calls.run(watchedCall(callTo(siebel, clock, members), siebel, point));
    await point('to be acknowledged');
    return { end };
  };
  return Promise.race([work().catch((error: unknown) => ({ error })), death]);
}

type Point = (name: string) => Promise<void>;

function watched(store: CallStore, point: Point): CallStore {
  return {
    ...store,
    async read(name) {
      await point('read asked');
      const found = await store.read(name);
      await point('read answered');
      return found;
    },
    async put(item, before, rejection) {
      const what = nameOf(item, before);
      await point(`${what} asked`);
      const written = await store.put(item, before, rejection);
      await point(`${what} ${written.stored ? 'stored' : 'not stored'}`);
      return written;
    },
  };
}

function nameOf(item: CallItem, before: CallItem | undefined): string {
  if (item.state !== 'STARTED') return item.state;
  if (before?.state !== 'STARTED') return 'start';
  if (item.attempt > before.attempt) return 'claim';
  return item.unknown ? 'unknown' : 'send again';
}

function watchedCall(call: KeyedCall, siebel: ModelSiebel, point: Point): KeyedCall {
  const { write } = call;
  const { key } = call.name;
  return {
    ...call,
    write:
      write.kind !== 'insert'
        ? write
        : {
            ...write,
            async lookUp(hint) {
              await point('look-up asked');
              const result = await write.lookUp(hint);
              await point('look-up answered');
              return result;
            },
          },
    async send(beforeWrite) {
      await point('token and permit in hand');
      await beforeWrite();
      await point('let go');
      const request = { kind: write.kind, naturalKey: `natural ${key}`, marker: `marker ${key}` };
      const answer = await siebel.write(request, point).then(
        (value) => ({ value }),
        (error: unknown) => ({ error }),
      );
      await point('value' in answer ? 'answer read' : 'failure read');
      if ('value' in answer) return answer.value;
      throw answer.error;
    },
  };
}
