import { describe, expect, it } from 'vitest';
import type { Rejection } from '../../../lib/ledger/call-item.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { wholeState } from '../../support/state-table.ts';
import { itemOf } from '../ledger/ledger-parts.ts';

const CALL = { operation: 'account.upsert', key: 'k', payloadHash: undefined };
const REJECTION: Rejection = {
  code: 'EXPIRED',
  detail: 'has passed',
  issues: [],
  siebelCodes: [],
  rejectedAtMs: 0,
  mayBePartial: false,
  message: { messageId: 'message-1', body: 'canary-7f3a', attributes: {}, receiveCount: 1, firstSeenAtMs: 0 },
};

describe('a state table whose client fails', () => {
  it.each([
    'AccessDeniedException',
    'ResourceNotFoundException',
    'UnrecognizedClientException',
    'InvalidSignatureException',
    'ValidationException',
    'KMSAccessDeniedException',
  ])('is STATE_DENIED after %s, though DynamoDB answers that with 400 like throttling', async (name) => {
    for (const use of usesOf(failing(name))) {
      await expect(use()).rejects.toMatchObject({ code: 'STATE_DENIED', failureClass: 'configuration' });
    }
  });

  it.each([
    'ThrottlingException',
    'ProvisionedThroughputExceededException',
    'RequestLimitExceeded',
    'InternalServerError',
    'ServiceUnavailable',
    'TimeoutError',
    'ExpiredTokenException',
    'SomethingNew',
  ])('is STATE_UNAVAILABLE after %s', async (name) => {
    for (const use of usesOf(failing(name))) {
      await expect(use()).rejects.toMatchObject({ code: 'STATE_UNAVAILABLE', failureClass: 'environment' });
    }
  });

  it('names the table and the failure, and nothing of the call', async () => {
    const error: unknown = await failing('ThrottlingException')
      .park(CALL, REJECTION)
      .catch((thrown) => thrown);
    expect(String(error)).toBe(
      'ServiceUnavailableError: state table "siebel-state" did not answer (ThrottlingException)',
    );
  });

  it('counts anything else that is thrown as unavailable', async () => {
    const table = wholeState({
      tableName: 'siebel-state',
      client: { send: () => Promise.reject('odd') } as never,
      clock: fakeClock(),
    });
    await expect(table.park(CALL, REJECTION)).rejects.toMatchObject({ code: 'STATE_UNAVAILABLE' });
  });
});

function failing(name: string) {
  const client = { send: () => Promise.reject(Object.assign(new Error('said so'), { name })) };
  return wholeState({ tableName: 'siebel-state', client: client as never, clock: fakeClock() });
}

function usesOf(table: ReturnType<typeof wholeState>): (() => Promise<unknown>)[] {
  const checkpoint = { cursor: undefined };
  const lease = { fence: 1, nonce: 'one' };
  return [
    () => table.park(CALL, REJECTION),
    () => table.read(CALL),
    () => table.put(itemOf(), undefined),
    () => table.put(itemOf(), itemOf(), REJECTION),
    () => table.acquire('accounts', 'live', 1_000),
    () => table.renew('accounts', 'live', lease, 1_000),
    () => table.save('accounts', 'live', lease, checkpoint, 1_000),
    () => table.release('accounts', 'live', lease),
    () => table.look('accounts', 'live'),
    () => table.begin('accounts', { fromMs: 0, boundMs: 1 }),
    () => table.reset('accounts', 'live'),
  ];
}
