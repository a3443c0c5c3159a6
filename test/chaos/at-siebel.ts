import type { Fault } from '../../local-stack/faults/fault.ts';
import type { Commit } from '../../local-stack/siebel/commits.ts';
import type { ArrivedRequest } from '../../local-stack/siebel/siebel.ts';
import type { CallBook } from './call-book.ts';
import type { Containers } from './containers.ts';
import type { FaultKind, PlannedFault } from './fault-plan.ts';

const REFUSAL = { ERROR: "The value is not in the pick list of 'Type'.(SBL-DAT-00225)" };

/** Faults that a request meets by itself. */
const ANSWERS: Partial<Record<FaultKind, (extent: number) => Fault>> = {
  unavailable: () => ({ status: 503, html: true }),
  'unknown 500': () => ({ status: 500, body: { ERROR: 'An unexpected error occurred.' } }),
  'HTML page': () => ({ html: true }),
  'cut body': () => ({ truncate: true }),
  slow: (extent) => ({ delayMs: 100 + Math.round(extent * 800) }),
  'reset before work': () => ({ reset: 'before' }),
  'lost answer': () => ({ reset: 'after-commit' }),
  'late commit': (extent) => ({ commitAfterMs: 300 + Math.round(extent * 1_200) }),
  'silent before work': () => ({ hang: true }),
  'silent after commit': () => ({ holdAfterCommit: true }),
};

/** What befalls requests when they arrive at Siebel, and when they have committed. */
export interface AtSiebel {
  onRequest(request: ArrivedRequest): Fault | undefined;
  onCommit(commit: Commit): void;
  /** Requests by their number, with the call that each was of. */
  readonly calls: ReadonlyMap<number, string>;
}

export function atSiebel(book: CallBook, containers: Containers): AtSiebel {
  /** Requests with whose commit their caller dies. */
  const deadly = new Map<number, string>();
  const calls = new Map<number, string>();

  return {
    calls,
    onRequest({ number, method, path, query, body = '' }) {
      const call = book.callIn(`${decoded(path)} ${decoded(query)} ${body}`);
      if (call === undefined) return undefined;
      calls.set(number, call);
      const made = book.countsOf(call);
      const isWrite = method !== 'GET';
      if (isWrite) made.writes += 1;
      else made.lookUps += 1;
      const fault = book.faultOf(call);
      if (!fault) return undefined;
      if (!isWrite) return lookUpFault(fault, made.lookUps);
      // Siebel does not change its mind.
      if (fault.kind === 'refused') return book.struck(fault.kind, { status: 500, body: REFUSAL });
      if (made.writes > fault.times) return undefined;
      book.disturb(call);
      const answer = ANSWERS[fault.kind];
      if (answer) return book.struck(fault.kind, answer(fault.extent));
      return made.writes === 1 ? firstWriteFault(fault, call, number) : undefined;
    },
    onCommit({ request }) {
      const call = deadly.get(request ?? 0);
      if (call === undefined || !deadly.delete(request ?? 0)) return;
      containers.kill('killed after commit', call);
    },
  };

  function lookUpFault({ kind, times }: PlannedFault, lookUp: number): Fault | undefined {
    if (kind !== 'lost answer, look-up fails' || lookUp > times) return undefined;
    return book.struck(kind, { status: 503 });
  }

  function firstWriteFault({ kind, extent }: PlannedFault, call: string, request: number): Fault | undefined {
    switch (kind) {
      case 'lost answer, look-up fails':
      // If it is sent although its start could not be stored, nobody knows of it now.
      case 'start refused':
        return { reset: 'after-commit' };
      case 'killed on arrival':
        // Siebel goes on with what it has, and may commit when nobody is left to hear of it.
        containers.kill(kind, call);
        return { delayMs: Math.round(extent * 500) };
      case 'killed after commit':
        deadly.set(request, call);
        return { holdAfterCommit: true };
      case 'frozen on arrival':
        containers.freeze(kind, call, 500 + Math.round(extent * 2_000));
        return undefined;
      default:
        return undefined;
    }
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
