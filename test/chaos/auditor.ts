import type { Commit } from '../../local-stack/siebel/commits.ts';
import type { Effect, Parked, Sent } from './produced.ts';
import { callName, subjectOf } from './produced.ts';

/** All that the auditor looks at: nothing of what the functions say of themselves but the reasons of what they parked. */
export interface Evidence {
  readonly sent: readonly Sent[];
  readonly commits: readonly Commit[];
  readonly parked: readonly Parked[];
  /** Calls of which something was lost on the way: of no other may the outcome be unknown. */
  readonly disturbed: ReadonlySet<string>;
  readonly queue: { readonly waiting: number; readonly hidden: number; readonly deadLetters: number };
  readonly requests: {
    /** Writes and look-ups that reached Siebel, and calls that made any. */
    readonly attempts: number;
    readonly calls: number;
    /** Most requests at work at one instant: all of them, and those whose caller had not left. */
    readonly highestInFlight: number;
    readonly highestAttended: number;
  };
  readonly limits: {
    /** Connections shared out in the plan, and the queue's share of them. */
    readonly planned: number;
    readonly queueShare: number;
    readonly attemptsPerCall: number;
  };
}

export type Rule =
  | 'LOST'
  | 'APPLIED_TWICE'
  | 'WRONG_VALUES'
  | 'APPLIED_AND_REFUSED'
  | 'WRONG_REASON'
  | 'OUT_OF_ORDER'
  | 'COMMIT_OF_NOBODY'
  | 'QUEUE_NOT_EMPTY'
  | 'DEAD_LETTERED'
  | 'OVER_CAP'
  | 'TOO_MANY_ATTEMPTS'
  | 'RECORD_HAS_GAPS';

export interface Violation {
  readonly rule: Rule;
  /** Operation and key, or the message's number; empty for what concerns the whole run. */
  readonly subject: string;
  readonly detail: string;
}

export interface Audit {
  readonly violations: readonly Violation[];
  readonly applied: number;
  readonly parkedByCode: Readonly<Record<string, number>>;
  readonly attemptsPerCall: number;
}

/**
 * Compares what was sent with what has happened: every message took effect once, or is parked with a reason that its
 * producer would accept, and nothing else has happened.
 */
export function audit(evidence: Evidence): Audit {
  const { sent, commits, parked } = evidence;
  const violations: Violation[] = [];
  const note = (rule: Rule, subject: string, detail: string) => violations.push({ rule, subject, detail });

  const { traces, strangers } = traced(sent, commits);
  for (const { number, component, kind } of strangers)
    note('COMMIT_OF_NOBODY', '', `commit ${number}: ${kind} of ${component}`);
  commits.forEach(({ number }, index) => {
    if (number !== index + 1) note('RECORD_HAS_GAPS', '', `commit ${number} stands at place ${index + 1}`);
  });

  const records = recordsAfter(commits);
  const calls = Map.groupBy(sent, subjectOf);
  const reasons = reasonsOf(sent, parked, note);
  let applied = 0;
  for (const [subject, messages] of calls) {
    const isDisturbed = evidence.disturbed.has(subject);
    const found = judge({ messages, traces, records, reasons, isDisturbed }, (rule, detail) =>
      note(rule, subject, detail),
    );
    if (found) applied += 1;
  }
  for (const [group, messages] of Map.groupBy(sent, (message) => message.group)) {
    if (group !== undefined) checkOrder(group, messages, { traces, commits }, note);
  }
  const attemptsPerCall = checkWhole(evidence, note);
  return { violations, applied, parkedByCode: tally(parked.map(({ code }) => code)), attemptsPerCall };
}

/** Commits by the stamp of the effect that they are of. */
type Traces = ReadonlyMap<string, Commit[]>;

type Note = (rule: Rule, subject: string, detail: string) => void;

/** The commits of each stamp, and those of records in our components that no message has asked for. */
function traced(sent: readonly Sent[], commits: readonly Commit[]) {
  const effects = sent.flatMap(({ effect }) => (effect ? [effect] : []));
  const traces = new Map(effects.map((effect): [string, Commit[]] => [stampOf(effect), []]));
  const fields = Map.groupBy(effects, ({ component }) => component);
  const strangers: Commit[] = [];
  for (const commit of commits) {
    const { component, values, kind } = commit;
    const names = new Set((fields.get(component) ?? []).map(({ stamp }) => stamp.field));
    if (names.size === 0 || kind === 'link' || kind === 'unlink') continue;
    const owners = [...names].flatMap((field) => {
      const trace = traces.get(stampText(component, field, values[field] ?? ''));
      return trace ? [trace] : [];
    });
    if (owners.length === 1) owners[0]?.push(commit);
    else strangers.push(commit);
  }
  return { traces, strangers };
}

/** The record as it is after each commit. What is made of it later, another message has to answer for. */
function recordsAfter(commits: readonly Commit[]): ReadonlyMap<Commit, Commit['values']> {
  const records = new Map<string, Commit['values']>();
  const after = new Map<Commit, Commit['values']>();
  for (const commit of commits) {
    const { kind, component, id, values } = commit;
    if (id === null || kind === 'link' || kind === 'unlink') continue;
    const name = `${component} ${id}`;
    const record = kind === 'delete' ? {} : { ...records.get(name), ...values };
    records.set(name, record);
    after.set(commit, record);
  }
  return after;
}

/** Why each message was parked. What was parked and never sent, or sent as another call, is told. */
function reasonsOf(sent: readonly Sent[], parked: readonly Parked[], note: Note): ReadonlyMap<string, string> {
  const byId = new Map(sent.map((message) => [message.messageId, message]));
  const reasons = new Map<string, string>();
  for (const { messageId, operation, key, code } of parked) {
    const message = byId.get(messageId);
    const name = operation !== undefined && key !== undefined ? callName(operation, key) : undefined;
    if (!message) note('WRONG_REASON', messageId, `a message that was never sent is parked as ${code}`);
    else if (message.call !== undefined && name !== undefined && name !== message.call)
      note('WRONG_REASON', message.call, `is parked under the name ${name}`);
    reasons.set(messageId, code);
  }
  return reasons;
}

/** Judges one call: all the messages of its name. Tells whether it has taken effect. */
function judge(
  {
    messages,
    traces,
    records,
    reasons,
    isDisturbed,
  }: {
    messages: readonly Sent[];
    traces: Traces;
    records: ReadonlyMap<Commit, Commit['values']>;
    reasons: ReadonlyMap<string, string>;
    isDisturbed: boolean;
  },
  note: (rule: Rule, detail: string) => void,
): boolean {
  const inputs = [...Map.groupBy(messages, ({ input }) => input).values()];
  const outcomes = inputs.map((same) => {
    const [{ effect, parkedAs } = { effect: undefined, parkedAs: [] }] = same;
    const commits = effect ? (traces.get(stampOf(effect)) ?? []) : [];
    const codes = same.flatMap(({ messageId }) => reasons.get(messageId) ?? []);
    return { effect, parkedAs, commits, codes };
  });
  for (const { effect, parkedAs, commits, codes } of outcomes) {
    if (effect && commits.length > 0) checkEffect(effect, { commits, records }, note);
    const accepted = [
      ...parkedAs,
      ...(effect?.kind === 'run' && isDisturbed ? ['OUTCOME_UNKNOWN'] : []),
      ...(inputs.length > 1 ? ['CONFLICT'] : []),
    ];
    for (const code of codes) if (!accepted.includes(code)) note('WRONG_REASON', `is parked as ${code}`);
    if (parkedAs.length > 0 && effect?.kind !== 'run' && commits.length > 0)
      note('APPLIED_AND_REFUSED', `ought to be refused (${parkedAs.join(', ')}), and took effect`);
    else if (effect && effect.kind !== 'run' && commits.length > 0 && codes.length > 0)
      note('APPLIED_AND_REFUSED', `took effect, and is parked as ${codes.join(', ')}`);
    const settled = parkedAs.length > 0 ? codes.length > 0 : commits.length > 0 || codes.length > 0;
    if (!settled) note('LOST', parkedAs.length > 0 ? 'is not parked' : 'neither took effect nor is parked');
  }
  const applied = outcomes.filter(({ commits }) => commits.length > 0);
  if (applied.length > 1) note('APPLIED_TWICE', `${applied.length} inputs of one key took effect`);
  // One of several inputs goes first and ends as it would alone; the others are in conflict with it.
  if (inputs.length > 1 && outcomes.every(({ commits, codes }) => commits.length === 0 && codes.includes('CONFLICT')))
    note('LOST', 'every input of the key was refused as a conflict');
  return applied.length > 0;
}

function checkEffect(
  effect: Effect,
  { commits, records }: { commits: readonly Commit[]; records: ReadonlyMap<Commit, Commit['values']> },
  note: (rule: Rule, detail: string) => void,
): void {
  const numbers = (some: readonly Commit[]) => some.map(({ number, request }) => `${number} (request ${request})`);
  const once = effect.kind === 'repeatable' ? commits.filter(({ kind }) => kind === 'insert') : commits;
  if (once.length > 1) note('APPLIED_TWICE', `${effect.kind} in the commits ${numbers(once).join(', ')}`);
  if (effect.kind === 'run') return;

  const ids = new Set(commits.map(({ id }) => id));
  if (ids.size > 1) note('APPLIED_TWICE', `${ids.size} records in the commits ${numbers(commits).join(', ')}`);
  if (effect.id !== undefined && !ids.has(effect.id)) note('WRONG_VALUES', `record ${effect.id} was meant`);
  for (const commit of commits) {
    const record = records.get(commit) ?? {};
    for (const [field, value] of Object.entries(effect.values).filter(([name, due]) => record[name] !== due))
      note('WRONG_VALUES', `${field} is ${JSON.stringify(record[field] ?? null)}, not ${JSON.stringify(value)}`);
  }
}

/** The commits of a group stand in the order of its messages; a repeated one may stand again before the next. */
function checkOrder(
  group: string,
  messages: readonly Sent[],
  { traces, commits }: { traces: Traces; commits: readonly Commit[] },
  note: Note,
): void {
  const places = new Map<Commit, number>();
  messages.forEach(({ effect }, place) => {
    for (const commit of (effect && traces.get(stampOf(effect))) ?? []) places.set(commit, place);
  });
  let last = -1;
  for (const commit of commits) {
    const place = places.get(commit) ?? last;
    if (place < last) note('OUT_OF_ORDER', group, `message ${place + 1} of it took effect after message ${last + 1}`);
    last = Math.max(last, place);
  }
}

function checkWhole({ queue, requests, limits }: Evidence, note: Note): number {
  const { waiting, hidden, deadLetters } = queue;
  if (waiting + hidden > 0) note('QUEUE_NOT_EMPTY', '', `${waiting} messages wait, ${hidden} are hidden`);
  if (deadLetters > 0) note('DEAD_LETTERED', '', `${deadLetters} messages`);
  if (requests.highestInFlight > limits.planned)
    note('OVER_CAP', '', `${requests.highestInFlight} requests at work at Siebel, ${limits.planned} planned`);
  if (requests.highestAttended > limits.queueShare)
    note(
      'OVER_CAP',
      '',
      `${requests.highestAttended} requests waited for by the queue, its share is ${limits.queueShare}`,
    );
  const attemptsPerCall = requests.calls === 0 ? 0 : requests.attempts / requests.calls;
  if (attemptsPerCall > limits.attemptsPerCall)
    note(
      'TOO_MANY_ATTEMPTS',
      '',
      `${attemptsPerCall.toFixed(2)} per call, ${limits.attemptsPerCall.toFixed(2)} allowed`,
    );
  return attemptsPerCall;
}

function stampOf({ component, stamp: { field, value } }: Effect): string {
  return stampText(component, field, value);
}

function stampText(component: string, field: string, value: string): string {
  return JSON.stringify([component, field, value]);
}

/** How often each word stands in a list, in alphabetical order. */
export function tally(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words.toSorted()) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}
