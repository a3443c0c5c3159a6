import { createHash } from 'node:crypto';
import { expect, vi } from 'vitest';
import type { Fault } from '../../local-stack/faults/fault.ts';
import { type FaultyTable, startFaultyTable } from '../../local-stack/faults/state-table.ts';
import type { Commit } from '../../local-stack/siebel/commits.ts';
import type { LocalStackOptions } from '../../local-stack/stack.ts';
import { accountMessage, PATIENCE, type ParkedItem, type TestStack, testStack } from './stack.ts';
import { type TcpGate, tcpGate } from './tcp-gate.ts';

export const REQUESTS = '/data/Service Request/Service Request';
/** What Siebel says to a query without rows. */
export const NO_DATA = { status: 404, body: { ERROR: 'There is no data for the requested resource' } };
/** Of the stack below: after so long "absent" is believed. */
export const SETTLE_MS = 2_000;

/** A stack whose ways to Siebel and to the state table a test can close. */
export interface WritesStack extends TestStack {
  readonly table: FaultyTable;
  readonly siebelGate: TcpGate;
  /** Nothing is left of what a test did before. */
  renew(): Promise<void>;
}

/**
 * Starts a stack with the short profile: settle delay 2 s, back-off 1 s, calls of at most 1 s, leases of some seconds.
 *
 * @param options As for the stack; `settings` are put over the profile's.
 */
export async function writesStack(
  options: Partial<Omit<LocalStackOptions, 'distFolder' | 'workFolder'>> = {},
): Promise<WritesStack> {
  const table = await startFaultyTable();
  const toSiebel = await tcpGate();
  const siebelUrl = `https://127.0.0.1:${toSiebel.port}/siebel/v1.0`;
  const stack = await testStack({
    records: 20,
    queueTimeoutSeconds: 7,
    visibilityTimeoutSeconds: 7,
    ...options,
    settings: {
      QUEUE_BACKOFF_SECONDS: '1',
      SIEBEL_TIMEOUT_MS: '1000',
      SIEBEL_SETTLE_SECONDS: String(SETTLE_MS / 1_000),
      CALL_LEASE_MARGIN_SECONDS: '1',
      AWS_ENDPOINT_URL_DYNAMODB: table.endpoint,
      SIEBEL_BASE_URL: siebelUrl,
      ...options.settings,
    },
  });
  table.connect(stack.ready.dynamodbEndpoint);
  toSiebel.passTo(Number(new URL(stack.ready.siebelUrl).port));
  return {
    ...stack,
    table,
    siebelGate: toSiebel,
    async renew() {
      table.chooseFaults();
      table.onDone(() => {});
      stack.mapping.disturb();
      stack.siebel.chooseFaults();
      stack.siebel.changeSettings();
      await stack.reset('queue');
    },
    async close() {
      await stack.close();
      await table.close();
      await toSiebel.close();
    },
  };
}

/** The key of the call for this id: keys have no blanks. */
export function keyOf(id: string): string {
  return `test/${id.replaceAll(/[^A-Za-z0-9]+/g, '-')}`;
}

/** The body of a message that creates a service request; its key is `keyOf(id)`. */
export function requestMessage(id: string, more: Readonly<Record<string, unknown>> = {}): string {
  const input = { 'Integration Id': id, Abstract: `Request ${id}`, ...more };
  return JSON.stringify({ operation: 'service-request.create', key: keyOf(id), input });
}

/** Makes the account that `checkMessage` is about. */
export async function accountFor(stack: TestStack, id: string): Promise<void> {
  const name = `Account ${id}`;
  await stack.send(accountMessage(name));
  await vi.waitFor(() => expect(stack.siebel.records('Account', { Name: name })).toHaveLength(1), PATIENCE);
}

/** The body of a message that asks for a credit check, which nobody may run twice; its key is `keyOf(id)`. */
export function checkMessage(id: string): string {
  const input = { Account: `Account ${id}`, Amount: '12.50' };
  return JSON.stringify({ operation: 'credit.check', key: keyOf(id), input });
}

/** What the marker field of a call's record holds: by the protocol, and not by the code under test. */
export function markerOf(operation: string, key: string): string {
  const hash = BigInt(`0x${createHash('sha256').update(`${operation}\n${key}`).digest('hex')}`);
  return String(hash % 10n ** 30n).padStart(30, '0');
}

/** Service requests that took effect under this id. */
export function insertsOf(stack: TestStack, id: string): readonly Commit[] {
  return stack.siebel
    .commits()
    .filter(
      ({ kind, component, values }) =>
        kind === 'insert' && component === 'Service Request' && values['Integration Id'] === id,
    );
}

export function rowsOf(stack: TestStack, id: string): number {
  return stack.siebel.records('Service Request', { 'Integration Id': id }).length;
}

/** Runs of the credit check for this id that came to their end. */
export function runsOf(stack: TestStack, id: string): readonly Commit[] {
  return stack.siebel.commits().filter(({ kind, values }) => kind === 'run' && values['Account'] === `Account ${id}`);
}

export async function parkedAs(stack: TestStack, id: string): Promise<ParkedItem[]> {
  return (await stack.parked()).filter(({ key }) => key === keyOf(id));
}

/** Name of a call's item in the table. */
export function itemOf(operation: string, id: string): string {
  return `call#${operation}#${keyOf(id)}`;
}

/** State of a call in the table. */
export async function stateOf(stack: TestStack, operation: string, id: string): Promise<string | undefined> {
  return (await stack.stateItem(itemOf(operation, id)))?.['state']?.S;
}

/** How the deliveries of a call ended, by the function's own account. */
export function endingsOf(stack: TestStack, id: string): Record<string, unknown>[] {
  return stack.logged('CALL_SETTLED').filter(({ key }) => key === keyOf(id));
}

export async function endedAs(stack: TestStack, id: string, outcome: string): Promise<void> {
  await vi.waitFor(() => expect(endingsOf(stack, id).map((line) => line['outcome'])).toContain(outcome), PATIENCE);
}

export function siebelError(code: string): { ERROR: string } {
  return { ERROR: `A value of this record is not right.(${code})` };
}

/** What befalls the requests for one record, one after the other; those that come later meet nothing. */
export interface Fate {
  readonly writes?: readonly (Fault | undefined)[];
  readonly lookUps?: readonly (Fault | undefined)[];
}

/** Strikes requests by the record that they are for, so that tests need not wait for each other. */
export interface Fates {
  set(id: string, fate: Fate): void;
  /** Requests for this record, oldest first; look-ups are `GET`. */
  arrived(id: string): readonly { readonly method: string; readonly atMs: number }[];
  /** How many of them were struck. */
  struck(id: string): number;
}

/** Takes the choice of faults of this stack over. */
export function fatesOf({ siebel }: Pick<TestStack, 'siebel'>): Fates {
  const fates = new Map<string, { writes: (Fault | undefined)[]; lookUps: (Fault | undefined)[] }>();
  const arrived = new Map<string, { method: string; atMs: number }[]>();
  const struck = new Map<string, number>();
  siebel.chooseFaults(({ method, query, body }) => {
    const id = method === 'GET' ? lookedUp(query) : written(String(body));
    if (id === undefined) return undefined;
    arrived.set(id, [...(arrived.get(id) ?? []), { method, atMs: Date.now() }]);
    const { writes = [], lookUps = [] } = fates.get(id) ?? {};
    const fault = (method === 'GET' ? lookUps : writes).shift();
    if (fault) struck.set(id, (struck.get(id) ?? 0) + 1);
    return fault;
  });
  return {
    set: (id, { writes = [], lookUps = [] }) => void fates.set(id, { writes: [...writes], lookUps: [...lookUps] }),
    arrived: (id) => arrived.get(id) ?? [],
    struck: (id) => struck.get(id) ?? 0,
  };
}

function written(body: string): string | undefined {
  return /"(?:Integration Id|Person UId)":"([^"]+)"/.exec(body)?.[1] ?? /"Account":"Account ([^"]+)"/.exec(body)?.[1];
}

function lookedUp(query: string): string | undefined {
  const specification = new URLSearchParams(query).get('searchspec') ?? '';
  return /\[Integration Id\] ?= ?["']([^"']+)["']/.exec(specification)?.[1];
}
