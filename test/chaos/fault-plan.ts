import { between, type Draw, drawFrom, shuffled } from './draw.ts';
import { numberIn, type Produced, subjectOf } from './produced.ts';

/** Where a fault strikes. `write` and `look-up` are requests of a call to Siebel, counted from 1. */
export type FaultKind =
  // Siebel, or what stands before it
  | 'unavailable'
  | 'unknown 500'
  | 'HTML page'
  | 'cut body'
  | 'slow'
  | 'reset before work'
  | 'lost answer'
  | 'lost answer, look-up fails'
  | 'late commit'
  | 'silent before work'
  | 'silent after commit'
  | 'refused'
  // The state table
  | 'start refused'
  | 'start answer lost'
  | 'end refused'
  | 'end answer lost'
  | 'parking refused'
  | 'table slow'
  // The queue
  | 'delete lost'
  | 'delivered twice'
  | 'held back'
  // The container
  | 'killed on arrival'
  | 'killed after commit'
  | 'killed after start'
  | 'killed after end'
  | 'frozen on arrival'
  | 'frozen beyond the lease';

type Applies = (message: Produced, fifo: boolean) => boolean;

const any: Applies = ({ parkedAs }) => parkedAs.length === 0;
const poison: Applies = ({ parkedAs, body }) => parkedAs.length > 0 && numberIn(body) !== undefined;
const inserts: Applies = ({ effect }) => effect?.kind === 'insert';
/** What may not be sent twice shows best whether it was. */
const onceOnly: Applies = (message) => any(message, false) && message.effect?.kind !== 'repeatable';
const noRun: Applies = (message) => any(message, false) && message.effect?.kind !== 'run';
const standard: Applies = (message, fifo) => any(message, fifo) && !fifo;
// In order, a repeatable write that commits after its caller gave up may land after its successor: nobody can prevent that.
const late: Applies = (message, fifo) => (fifo ? onceOnly : any)(message, fifo);

/** Each kind with its share of the faults, and what it can strike. Deaths are few: each one takes a whole batch along. */
const KINDS: readonly (readonly [FaultKind, share: number, Applies])[] = [
  ['unavailable', 8, any],
  ['unknown 500', 6, any],
  ['HTML page', 4, any],
  ['cut body', 4, any],
  ['slow', 6, any],
  ['reset before work', 6, any],
  ['lost answer', 12, any],
  ['lost answer, look-up fails', 4, inserts],
  ['late commit', 8, late],
  ['silent before work', 2, any],
  ['silent after commit', 3, any],
  ['refused', 4, noRun],
  ['start refused', 3, onceOnly],
  ['start answer lost', 4, any],
  ['end refused', 3, any],
  ['end answer lost', 4, any],
  ['parking refused', 1, poison],
  ['table slow', 3, any],
  ['delete lost', 4, any],
  ['delivered twice', 5, standard],
  ['held back', 4, standard],
  ['killed on arrival', 0.8, any],
  ['killed after commit', 0.8, onceOnly],
  ['killed after start', 0.6, onceOnly],
  ['killed after end', 0.4, any],
  ['frozen on arrival', 0.6, onceOnly],
  ['frozen beyond the lease', 0.4, inserts],
];

const RARE = 1;
const EARLY = 0.6;

/** Names of all kinds, in the order of the table. */
export const FAULT_KINDS: readonly FaultKind[] = KINDS.map(([kind]) => kind);

/** What befalls one call. */
export interface PlannedFault {
  readonly kind: FaultKind;
  /** How many requests in a row it strikes, where it strikes requests. */
  readonly times: number;
  /** For waits: 0 to 1, from the shortest to the longest. */
  readonly extent: number;
}

/** The faults of a run by the number of the message whose call they befall. */
export type FaultPlan = ReadonlyMap<number, PlannedFault>;

/**
 * Deals faults to a share of the calls. Every kind is dealt at least once when there are calls enough; the same seed and the
 * same messages give the same plan.
 */
export function planFaults(
  messages: readonly Produced[],
  { seed, rate, fifo }: { seed: number; rate: number; fifo: boolean },
): FaultPlan {
  const draw = drawFrom(seed);
  const first = new Map<string, Produced>();
  for (const message of messages) {
    const subject = subjectOf(message);
    if (!first.has(subject)) first.set(subject, message);
  }
  const free = shuffled([...first.values()], draw, ({ number }) => `fault ${number}`);
  const whole = KINDS.reduce((sum, [, share]) => sum + share, 0);
  const wanted = Math.round(messages.length * rate);
  const plan = new Map<number, PlannedFault>();
  // The rare ones choose first, and early: what a death or a freeze takes along is late by a lease.
  const isEarly = ({ number }: Produced) => number < messages.length * EARLY;
  for (const [kind, share, applies] of KINDS.toSorted((one, other) => one[1] - other[1])) {
    for (let left = Math.max(rate > 0 ? 1 : 0, Math.round((wanted * share) / whole)); left > 0; left -= 1) {
      const at = free.findIndex((message) => applies(message, fifo) && (share >= RARE || isEarly(message)));
      const [message] = at < 0 ? [] : free.splice(at, 1);
      if (message) plan.set(message.number, planned(kind, message.number, draw));
    }
  }
  return plan;
}

function planned(kind: FaultKind, number: number, draw: Draw): PlannedFault {
  return { kind, times: between(draw, `times ${number}`, 1, 4) === 4 ? 2 : 1, extent: draw(`extent ${number}`) };
}

/** What the producer has to expect of calls that Siebel is told to refuse. */
export function withRefusals(messages: readonly Produced[], plan: FaultPlan): Produced[] {
  const isRefused = (number: number) => plan.get(number)?.kind === 'refused';
  const refused = new Set(messages.filter(({ number }) => isRefused(number)).map(({ call }) => call));
  return messages.map((message) =>
    message.effect && refused.has(message.call) ? { ...message, parkedAs: ['SIEBEL_VALIDATION'] } : message,
  );
}
