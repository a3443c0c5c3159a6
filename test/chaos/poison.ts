import type { Draw } from './draw.ts';
import { amountOf, callName, type Effect, type Produced, tokenOf } from './produced.ts';

type Poison = {
  /** Body, or the message that it is made of. */
  readonly body: string | Readonly<Record<string, unknown>>;
  /** Reasons that its producer would accept. */
  readonly codes: readonly string[];
  readonly effect?: Effect;
};

const ACCOUNT = { Name: 'Never seen', Location: 'Bremen' };

/** Messages that can never be done: by what they are, by what they ask for, and by what Siebel says to that. */
const POISONS: readonly ((token: string, key: string, number: number) => Poison)[] = [
  () => ({ body: ' ', codes: ['EMPTY_BODY'] }),
  (token) => ({ body: `{"operation":"account.upsert","key":"${token}`, codes: ['BAD_JSON'] }),
  (token) => ({ body: JSON.stringify([token]), codes: ['BAD_TYPE'] }),
  (token) => ({ body: { 'detail-type': 'x', source: 'y', detail: { token } }, codes: ['UNKNOWN_EVENT', 'ENVELOPE'] }),
  (_, key) => ({ body: { operation: 'account.explode', key, input: ACCOUNT }, codes: ['UNKNOWN_OPERATION'] }),
  (_, key) => ({ body: { operation: 'account.get', key, input: { Id: '1-1' } }, codes: ['OPERATION_NOT_ACCEPTED'] }),
  (token) => ({ body: { operation: 'account.upsert', input: { ...ACCOUNT, Name: token } }, codes: ['MISSING_FIELD'] }),
  (token) => ({ body: { operation: 'account.upsert', key: `a ${token}`, input: ACCOUNT }, codes: ['BAD_KEY'] }),
  (_, key) => ({ body: { operation: 'account.upsert', key, input: { ...ACCOUNT, Name: 1 } }, codes: ['BAD_TYPE'] }),
  (_, key) => ({
    body: { operation: 'account.upsert', key, input: { ...ACCOUNT, Nmae: 'x' } },
    codes: ['UNKNOWN_FIELD'],
  }),
  (_, key) => ({ body: { operation: 'account.upsert', key, input: ACCOUNT, schema: 2 }, codes: ['SCHEMA_VERSION'] }),
  (_, key) => ({
    body: { operation: 'account.upsert', key, input: ACCOUNT, notAfter: '2020-01-01T00:00:00Z' },
    codes: ['EXPIRED'],
  }),
  (_, key) => ({
    body: `{"operation":"account.upsert","key":"${key}","input":{"Name":"a","Name":"b","Location":"c"}}`,
    codes: ['DUPLICATE_KEY'],
  }),
  (_, key) => ({
    body: { operation: 'account.upsert', key, input: { ...ACCOUNT, Type: 'Nonsense' } },
    codes: ['SIEBEL_VALIDATION'],
  }),
  (_, key) => ({
    body: { operation: 'service-request.update', key, input: { Id: '1-NONE', Status: 'Closed' } },
    codes: ['NOT_FOUND'],
  }),
  (_, key) => ({
    body: { operation: 'service-request.create', key, input: { Abstract: 'x', 'Integration Id': `a"b'c` } },
    codes: ['VALUE_NOT_QUERYABLE', 'OPERATION_NOT_ACCEPTED'],
  }),
  (_, key, number) => {
    // The service runs, and says no inside a success: what is known of it is its reason, if the answer arrives.
    const Amount = `9${amountOf(number).padStart(9, '0')}`;
    return {
      body: { operation: 'credit.check', key, input: { Account: 'Harbour Supplies', Amount } },
      codes: ['SIEBEL_BUSINESS', 'OUTCOME_UNKNOWN', 'OPERATION_NOT_ACCEPTED'],
      effect: { kind: 'run', component: 'Credit Check/Check', stamp: { field: 'Amount', value: Amount }, values: {} },
    };
  },
];

/** A message that has to be parked. */
export function poison(number: number, draw: Draw, fifo: boolean): Produced {
  const token = tokenOf(number);
  const key = `chaos/${token}`;
  const make = POISONS[Math.floor(draw(`poison of ${number}`) * POISONS.length)] ?? POISONS[0];
  const { body, codes, effect } = make?.(token, key, number) ?? { body: ' ', codes: [] };
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const operation = typeof body === 'string' ? undefined : body['operation'];
  const isNamed = typeof operation === 'string' && typeof body === 'object' && body['key'] === key;
  return {
    number,
    body: text,
    call: isNamed ? callName(operation, key) : undefined,
    input: text,
    effect,
    parkedAs: codes,
    group: fifo ? token : undefined,
  };
}
