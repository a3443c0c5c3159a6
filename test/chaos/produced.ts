/** What a call does to Siebel when it takes effect, as its producer means it. */
export interface Effect {
  /** Repeatable ones may be sent again; an insert and a run may not. */
  readonly kind: 'repeatable' | 'insert' | 'run';
  /** Business component, or `<service>/<method>`. */
  readonly component: string;
  /** Row id, when the producer names the record. */
  readonly id?: string;
  /** A field that every request of this call sends, with a value that no other call has. */
  readonly stamp: { readonly field: string; readonly value: string };
  /** All values that the record must have in the end. */
  readonly values: Readonly<Record<string, string>>;
}

/** A message as its producer knows it: the only thing that the auditor believes about what ought to happen. */
export interface Produced {
  readonly number: number;
  readonly body: string;
  /** Operation and key: what may take effect once. Missing when the message has none that can be used. */
  readonly call: string | undefined;
  /** Calls of the same name with another input are in conflict. */
  readonly input: string;
  /** Missing when the message cannot have one. */
  readonly effect: Effect | undefined;
  /** Codes of which one has to be the reason for parking it; empty when it must not be parked by what it says itself. */
  readonly parkedAs: readonly string[];
  /** FIFO: what has to happen in order. */
  readonly group: string | undefined;
}

/** A message on the queue. */
export interface Sent extends Produced {
  readonly messageId: string;
}

/** What the state table holds of a message that was parked. */
export interface Parked {
  readonly messageId: string;
  readonly operation: string | undefined;
  readonly key: string | undefined;
  readonly code: string;
}

/** `account.upsert chaos/000001` */
export function callName(operation: string, key: string): string {
  return `${operation} ${key}`;
}

/** The call that a message is of; the message itself when it is of none. */
export function subjectOf({ call, number }: Pick<Produced, 'call' | 'number'>): string {
  return call ?? `message ${tokenOf(number)}`;
}

/** Six digits behind a letter, which stand in the values of a message and in every request that it makes. */
export function tokenOf(number: number): string {
  return `q${String(number).padStart(6, '0')}`;
}

/** Amount of a credit check, which has room for no token. Its cents do not end in 0: a number keeps its text. */
export function amountOf(number: number): string {
  return `${1_000 + number}.37`;
}

/** The number of the message whose token or amount stands in a text. */
export function numberIn(text: string): number | undefined {
  return numbersIn(text)[0];
}

/** All of them: of the calls of a batch, say. */
export function numbersIn(text: string): number[] {
  const tokens = [...text.matchAll(/\bq(\d{6})\b/g)].map(([, digits]) => Number(digits));
  const amounts = [...text.matchAll(/Amount\\?":\s*\\?"?(\d+)\.37\b/g)].map(([, digits]) => Number(digits) - 1_000);
  return [...tokens, ...amounts];
}
