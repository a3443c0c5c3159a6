import { between, type Draw, drawFrom, shuffled } from './draw.ts';
import { poison } from './poison.ts';
import { amountOf, callName, type Effect, type Produced, tokenOf } from './produced.ts';

/** What stands in Siebel before the first message. */
export interface Surroundings {
  /** Operations that the queue accepts. */
  readonly accepts: readonly string[];
  /** Names of accounts that exist, for credit checks. */
  readonly accounts: readonly string[];
  /** Row ids of service requests that exist, each for one update. */
  readonly requests: readonly string[];
  /** Envelopes of producers' own events that the queue takes. */
  readonly envelopes: readonly string[];
  /** Whether messages carry a group, and some groups several calls for one record. */
  readonly fifo: boolean;
}

type Made = Pick<Produced, 'effect'> & { readonly operation: string; readonly input: Readonly<Record<string, string>> };
/** What a message is made from. */
interface Stuff {
  readonly number: number;
  readonly accounts: readonly string[];
  readonly draw: Draw;
  /** Gives the row id of a record that no message has changed yet. */
  readonly nextRequest: () => string | undefined;
}
type Maker = (stuff: Stuff) => Made | undefined;

/** Of a hundred calls so many are of each kind, as far as the queue accepts them. */
const MIX: readonly (readonly [share: number, operation: string, make: Maker])[] = [
  [28, 'account.upsert', account],
  [24, 'contact.upsert', contact],
  [26, 'service-request.create', request],
  [12, 'service-request.update', update],
  [10, 'credit.check', creditCheck],
];

/** Of a hundred messages: what can never be done, the same again, and another input under a key that is taken. */
const POISON = 0.05;
const AGAIN = 0.04;
const OTHER = 0.02;
/** A producer's own events, where the queue maps them. */
const EVENTS = 0.05;
/** FIFO: calls that follow each other for one record. */
const IN_ORDER = 0.15;
const LONGEST_ORDER = 5;

/**
 * Makes up the messages of a run, in the order in which they are sent.
 *
 * The same seed and the same surroundings make the same messages. Each has values of its own, by which its effect can be
 * told from every other.
 */
export function produce(count: number, seed: number, around: Surroundings): Produced[] {
  const draw = drawFrom(seed);
  const kinds = MIX.filter(([, operation]) => around.accepts.includes(operation));
  const takesOrders = around.envelopes.includes('eventbridge') && around.accepts.includes('service-request.create');
  const made: Produced[] = [];
  const ids = around.requests.values();
  const nextRequest = () => ids.next().value;

  while (made.length < count) {
    const number = made.length;
    const what = draw(`kind of ${number}`);
    const earlier = made[between(draw, `earlier than ${number}`, Math.max(0, number - 40), number - 1)];
    if (what < POISON) made.push(poison(number, draw, around.fifo));
    else if (what < POISON + AGAIN && canRepeat(earlier)) made.push({ ...earlier, number });
    else if (what < POISON + AGAIN + OTHER && canRepeat(earlier) && isOurs(earlier))
      made.push(otherInput(earlier, number));
    else if (takesOrders && what < POISON + AGAIN + OTHER + EVENTS) made.push(orderPlaced(number, around));
    else if (around.fifo && what > 1 - IN_ORDER / LONGEST_ORDER)
      made.push(...inOrder(number, draw).slice(0, count - number));
    else made.push(single({ number, accounts: around.accounts, draw, nextRequest }, kinds, around.fifo));
  }
  return made;
}

function single(stuff: Stuff, kinds: typeof MIX, fifo: boolean): Produced {
  const { number, draw } = stuff;
  let left = draw(`operation of ${number}`) * kinds.reduce((sum, [share]) => sum + share, 0);
  const chosen = kinds.find(([share]) => {
    left -= share;
    return left < 0;
  });
  const made = chosen?.[2](stuff) ?? account(stuff);
  return message(number, made, { key: `chaos/${tokenOf(number)}`, group: fifo ? tokenOf(number) : undefined });
}

function message(
  number: number,
  { operation, input, effect }: Made,
  { key, group }: { key: string; group: string | undefined },
): Produced {
  const body = JSON.stringify({ operation, key, input });
  const call = callName(operation, key);
  return { number, body, call, input: JSON.stringify(input), effect, parkedAs: [], group };
}

function account({ number }: Stuff): Made {
  const input = { Name: `Chaos ${tokenOf(number)}`, Location: 'Bremen', 'Main Phone Number': phoneOf(number) };
  const stamp = { field: 'Name', value: input.Name };
  return {
    operation: 'account.upsert',
    input,
    effect: { kind: 'repeatable', component: 'Account', stamp, values: input },
  };
}

function contact({ number }: Stuff): Made {
  return contactOf(tokenOf(number), number);
}

function contactOf(uid: string, number: number): Made {
  const email = `${tokenOf(number)}@example.com`;
  const input = { 'Person UId': uid, 'First Name': 'Ada', 'Last Name': 'Brandt', 'Email Address': email };
  const stamp = { field: 'Email Address', value: email };
  return {
    operation: 'contact.upsert',
    input,
    effect: { kind: 'repeatable', component: 'Contact', stamp, values: input },
  };
}

function request({ number }: Stuff): Made {
  const input = { Abstract: `Made in a storm`, Status: 'Open', 'Integration Id': tokenOf(number) };
  const stamp = { field: 'Integration Id', value: tokenOf(number) };
  const effect: Effect = { kind: 'insert', component: 'Service Request', stamp, values: input };
  return { operation: 'service-request.create', input, effect };
}

function update({ number, nextRequest }: Stuff): Made | undefined {
  const id = nextRequest();
  if (id === undefined) return undefined;
  const values = { Abstract: `Changed in a storm ${tokenOf(number)}`, Status: 'Pending' };
  const stamp = { field: 'Abstract', value: values.Abstract };
  const effect: Effect = { kind: 'repeatable', component: 'Service Request', id, stamp, values };
  return { operation: 'service-request.update', input: { Id: id, ...values }, effect };
}

function creditCheck({ number, accounts, draw }: Stuff): Made | undefined {
  const Account = accounts[between(draw, `account of ${number}`, 0, accounts.length - 1)];
  if (Account === undefined) return undefined;
  const input = { Account, Amount: amountOf(number) };
  const stamp = { field: 'Amount', value: input.Amount };
  return {
    operation: 'credit.check',
    input,
    effect: { kind: 'run', component: 'Credit Check/Check', stamp, values: {} },
  };
}

/** An event of a shop, as EventBridge wraps it: siebel.config.ts makes a service request of it. */
function orderPlaced(number: number, { fifo }: Surroundings): Produced {
  const order = tokenOf(number);
  const event = { order, customer: `Customer ${number}` };
  const values = { 'Integration Id': order, Abstract: `Order ${order} of ${event.customer}` };
  const body = {
    ...{ version: '0', id: `chaos-${order}`, 'detail-type': 'OrderPlaced', source: 'example.shop' },
    ...{ account: '000000000000', time: '2026-01-01T00:00:00Z', region: 'eu-west-1', resources: [] },
    detail: event,
  };
  const stamp = { field: 'Integration Id', value: order };
  return {
    number,
    body: JSON.stringify(body),
    call: callName('service-request.create', `orders/${order}`),
    input: JSON.stringify(event),
    effect: { kind: 'insert', component: 'Service Request', stamp, values },
    parkedAs: [],
    group: fifo ? order : undefined,
  };
}

/** Calls of one record that have to take effect one after the other. */
function inOrder(first: number, draw: Draw): Produced[] {
  // No token: what stands in a request has to name one call.
  const uid = `order ${first}`;
  return Array.from({ length: between(draw, `length of ${first}`, 2, LONGEST_ORDER) }, (_, index) => {
    const number = first + index;
    return message(number, contactOf(uid, number), { key: `chaos/${tokenOf(number)}`, group: uid.replace(' ', '-') });
  });
}

function canRepeat(earlier: Produced | undefined): earlier is Produced & { readonly effect: Effect } {
  return earlier?.effect !== undefined && earlier.parkedAs.length === 0;
}

/** Written in our own contract, in the place of an event of its producer's. */
function isOurs({ body }: Produced): boolean {
  return body.startsWith('{"operation"');
}

/** The key of an earlier message with values of its own. */
function otherInput(earlier: Produced & { readonly effect: Effect }, number: number): Produced {
  const { operation, key, input } = JSON.parse(earlier.body) as {
    operation: string;
    key: string;
    input: Made['input'];
  };
  const { stamp, values, kind } = earlier.effect;
  const value = kind === 'run' ? amountOf(number) : stamp.value.replace(/q\d{6}/, tokenOf(number));
  const changed = { [stamp.field]: value };
  const effect = {
    ...earlier.effect,
    stamp: { ...stamp, value },
    values: kind === 'run' ? values : { ...values, ...changed },
  };
  return message(number, { operation, input: { ...input, ...changed }, effect }, { key, group: earlier.group });
}

function phoneOf(number: number): string {
  return `+4942110${String(number).padStart(6, '0')}`;
}

/** In the order in which a standard queue may as well deliver them: within a window, by the seed. */
export function nearbyShuffled(messages: readonly Produced[], seed: number): Produced[] {
  const draw = drawFrom(seed);
  const windows = Map.groupBy(messages, ({ number }) => Math.floor(number / 50));
  return [...windows.values()].flatMap((window) => shuffled(window, draw, ({ number }) => String(number)));
}
