import { FAULT_KINDS, type FaultKind, type FaultPlan, type PlannedFault } from './fault-plan.ts';
import { numberIn, numbersIn, type Produced, subjectOf } from './produced.ts';

/** What one call has done so far. */
export interface CallCounts {
  /** Requests to Siebel that write, and look-ups. */
  writes: number;
  lookUps: number;
  /** Writes of its item in the state table: those that start it, and all others. */
  starts: number;
  ends: number;
  /** Deletions of its messages that got lost. */
  deletes: number;
}

/** Calls by what stands in their requests, with the faults that are planned for them and what they have done so far. */
export interface CallBook {
  /** The call in whose request or message this text stands. */
  callIn(text: string): string | undefined;
  /** All of them: of a batch, say. */
  callsIn(text: string): string[];
  faultOf(call: string): PlannedFault | undefined;
  countsOf(call: string): CallCounts;
  /** Notes that something of these calls was lost or cut, so that their outcome may be unknown. */
  disturb(...calls: readonly string[]): void;
  disturbed(): ReadonlySet<string>;
  /** Notes that a fault has struck, and gives what was given. */
  struck<Result>(kind: FaultKind, result: Result): Result;
  fired(): Record<FaultKind, number>;
  all(): Iterable<CallCounts>;
}

export function callBook(plan: FaultPlan, messages: readonly Produced[]): CallBook {
  const callByNumber = new Map(messages.map((message) => [message.number, subjectOf(message)]));
  const faultByCall = new Map([...plan].map(([number, fault]) => [callByNumber.get(number), fault]));
  const counts = new Map<string, CallCounts>();
  const disturbed = new Set<string>();
  const fired = Object.fromEntries(FAULT_KINDS.map((kind) => [kind, 0])) as Record<FaultKind, number>;
  return {
    callIn(text) {
      const number = numberIn(text);
      return number === undefined ? undefined : callByNumber.get(number);
    },
    callsIn: (text) => numbersIn(text).flatMap((number) => callByNumber.get(number) ?? []),
    faultOf: (call) => faultByCall.get(call),
    disturb(...calls) {
      for (const call of calls) disturbed.add(call);
    },
    disturbed: () => disturbed,
    countsOf(call) {
      const known = counts.get(call) ?? { writes: 0, lookUps: 0, starts: 0, ends: 0, deletes: 0 };
      counts.set(call, known);
      return known;
    },
    struck(kind, result) {
      fired[kind] += 1;
      return result;
    },
    fired: () => ({ ...fired }),
    all: () => counts.values(),
  };
}
