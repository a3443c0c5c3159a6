import type { Message } from '@aws-sdk/client-sqs';
import type { FaultyTable } from '../../local-stack/faults/state-table.ts';
import type { Disturbance } from '../../local-stack/lambda/event-source-mapping.ts';
import type { LocalStack } from '../../local-stack/stack.ts';
import { atSiebel } from './at-siebel.ts';
import { atTable } from './at-table.ts';
import { type CallBook, callBook } from './call-book.ts';
import { containersOf } from './containers.ts';
import type { FaultKind, FaultPlan } from './fault-plan.ts';
import type { Produced } from './produced.ts';

/** What the requests of a run came to, and which faults have struck. */
export interface Injected {
  /** Strikes by kind, with those that never struck. */
  readonly fired: Readonly<Record<FaultKind, number>>;
  /** Writes and look-ups that arrived at Siebel, and the calls they were of. */
  readonly attempts: number;
  readonly calls: number;
  /** Most requests at work at Siebel whose caller had not left. */
  readonly highestAttended: number;
}

export interface Injector {
  soFar(): Injected;
  /**
   * Calls of which something was lost on the way: by a fault, with a container, or because Siebel could not answer, or does
   * not remember that it did. To be asked when nothing is at work any more.
   */
  disturbed(): ReadonlySet<string>;
  /** Strikes no more, and thaws what is frozen. */
  stop(): void;
}

/**
 * Lets the plan strike: at Siebel, at the state table, between queue and function, and at the containers themselves. What is
 * struck is decided by the call and by how many requests it has made, not by time.
 *
 * @param options.beyondLeaseMs How long a container is frozen so that others may take over its calls.
 */
export function inject(
  { siebel, mapping, functions }: LocalStack,
  table: FaultyTable,
  options: { plan: FaultPlan; messages: readonly Produced[]; beyondLeaseMs: number; fifo: boolean },
): Injector {
  const book = callBook(options.plan, options.messages);
  const containers = containersOf(functions.queue, book);
  const requests = atSiebel(book, containers);
  const writes = atTable(book, containers, options);
  let highestAttended = 0;

  siebel.chooseFaults((request) => {
    const { inFlight, abandoned } = siebel.stats();
    highestAttended = Math.max(highestAttended, inFlight - abandoned);
    return requests.onRequest(request);
  });
  const forget = siebel.onCommit(requests.onCommit);
  table.chooseFaults(writes.onRequest);
  table.onDone(writes.onDone);
  table.onAnswered(writes.onAnswered);
  mapping.disturb(onTheWay(book, options.fifo));

  return {
    soFar() {
      const made = [...book.all()].map(({ writes: written, lookUps }) => written + lookUps);
      return {
        fired: book.fired(),
        attempts: made.reduce((sum, count) => sum + count, 0),
        calls: made.filter((count) => count > 0).length,
        highestAttended,
      };
    },
    disturbed() {
      const answered = siebel.requests().filter(({ status, cut }) => status !== null && cut === null);
      const numbers = new Set(answered.map(({ number }) => number));
      const cut = [...requests.calls].filter(([number]) => !numbers.has(number)).map(([, call]) => call);
      return new Set([...book.disturbed(), ...cut]);
    },
    stop() {
      siebel.chooseFaults();
      forget();
      table.chooseFaults();
      table.onDone(() => {});
      table.onAnswered(() => {});
      mapping.disturb();
      containers.thawAll();
    },
  };
}

/** What befalls messages between queue and function, each once. */
function onTheWay(book: CallBook, fifo: boolean): Disturbance {
  const befalls = (kind: FaultKind, body = '') => {
    const call = book.callIn(body);
    return call !== undefined && book.faultOf(call)?.kind === kind ? call : undefined;
  };
  const isFirst = ({ Attributes }: Message) => Attributes?.ApproximateReceiveCount === '1';
  return {
    holdsBack: (message) =>
      isFirst(message) && befalls('held back', message.Body) !== undefined && book.struck('held back', true),
    deliversTwice(message) {
      if (!isFirst(message)) return false;
      // Somebody has to look while what was given up is still on its way.
      if (!fifo && befalls('late commit', message.Body) !== undefined) return true;
      return befalls('delivered twice', message.Body) !== undefined && book.struck('delivered twice', true);
    },
    losesDelete({ Body }) {
      const call = befalls('delete lost', Body);
      if (call === undefined || book.countsOf(call).deletes > 0) return false;
      book.countsOf(call).deletes += 1;
      return book.struck('delete lost', true);
    },
  };
}
