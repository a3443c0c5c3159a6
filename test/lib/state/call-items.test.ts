import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { callItems } from '../../../lib/state/call-items.ts';
import type { Item } from '../../../lib/state/requests.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { itemOf } from '../ledger/ledger-parts.ts';

const NAME = { operation: 'account.write', key: 'k' };

describe('a write of a call whose answer leaves open whether it was made (R72)', () => {
  it.each(['ConditionalCheckFailedException', 'TimeoutError', 'InternalServerError'])(
    'was ours when the item that is read back has our nonce, after %s',
    async (name) => {
      const table = answering({ put: { writes: true, fails: name } });
      const written = await callItems(table.state).put(itemOf({ state: 'DONE' }), undefined);

      expect(written.stored).toMatchObject({ state: 'DONE', nonce: table.item()?.['nonce']?.S });
      expect(table.reads).toEqual([true]);
    },
  );

  it('was another’s when it has another nonce', async () => {
    const found = { schema: { N: '1' }, state: { S: 'STARTED' }, nonce: { S: 'theirs' }, attempt: { N: '2' } };
    const table = answering({ put: { writes: false, fails: 'ConditionalCheckFailedException' }, found });

    expect(await callItems(table.state).put(itemOf(), undefined)).toEqual({
      found: { ...itemOf({ nonce: 'theirs', attempt: 2, payloadHash: undefined }), ...nothingElse },
    });
    expect(table.reads).toEqual([true]);
  });

  it('fails as it failed when it is not there', async () => {
    for (const found of [undefined, { nonce: { S: 'theirs' } }]) {
      const table = answering({ put: { writes: false, fails: 'TimeoutError' }, found });
      await expect(callItems(table.state).put(itemOf(), undefined)).rejects.toMatchObject({
        code: 'STATE_UNAVAILABLE',
        message: 'state table "siebel-state" did not answer (TimeoutError)',
      });
    }
  });

  it('fails when it cannot be read back', async () => {
    const table = answering({ put: { writes: true, fails: 'TimeoutError' }, get: 'ThrottlingException' });

    await expect(callItems(table.state).put(itemOf(), undefined)).rejects.toMatchObject({ code: 'STATE_UNAVAILABLE' });
  });

  it('draws a nonce of its own for each write', async () => {
    const table = answering({ put: { writes: true } });
    const store = callItems(table.state);
    const first = await store.put(itemOf(), undefined);
    const second = await store.put(itemOf(), first.stored);

    expect(second.stored?.nonce).toMatch(/^[0-9a-f-]{36}$/);
    expect(second.stored?.nonce).not.toBe(first.stored?.nonce);
    expect(table.reads).toEqual([]);
  });
});

describe('an item of a call', () => {
  it('reads as 0 and false where an attribute is absent', async () => {
    const table = answering({ found: { state: { S: 'NEW' } } });

    expect(await callItems(table.state).read(NAME)).toEqual({
      ...itemOf({ state: 'NEW', attempt: 0, nonce: undefined, payloadHash: undefined }),
      ...nothingElse,
    });
    expect(table.reads).toEqual([true]);
  });

  it('of a newer version of this service is neither judged nor overwritten (F147, F149)', async () => {
    const found = { schema: { N: '2' }, state: { S: 'DONE' } };
    const table = answering({ put: { writes: false, fails: 'ConditionalCheckFailedException' }, found });
    const store = callItems(table.state);

    for (const use of [store.read(NAME), store.put(itemOf(), undefined)]) {
      await expect(use).rejects.toMatchObject({ code: 'STATE_UNAVAILABLE', failureClass: 'environment' });
    }
    expect(table.item()).toBe(found);
  });

  it('counts as absent from the second on that follows its expiry, a newer version’s too (F128)', async () => {
    const found = { schema: { N: '2' }, state: { S: 'DONE' }, expiresAt: { N: '1700000000' } };
    const table = answering({ found });
    const store = callItems(table.state);
    await expect(store.read(NAME)).rejects.toThrow('newer version');

    await table.state.clock.advance(1_000);
    expect(await store.read(NAME)).toBeUndefined();
  });
});

const nothingElse = {
  recordId: undefined,
  redriveAtMs: 0,
  correctedFrom: undefined,
  code: undefined,
  rejectedAtMs: 0,
  messageId: undefined,
  audit: undefined,
};

/** A table of one item whose client does as it is told. */
function answering({
  put = { writes: true },
  get,
  found,
}: {
  put?: { writes: boolean; fails?: string };
  get?: string;
  found?: Item | undefined;
}) {
  let item = found;
  const reads: unknown[] = [];
  const failing = (name: string) => Promise.reject(Object.assign(new Error('said so'), { name }));
  const client = {
    send: (command: unknown) => {
      if (command instanceof GetItemCommand) {
        reads.push(command.input.ConsistentRead);
        return get === undefined ? Promise.resolve({ Item: item }) : failing(get);
      }
      if (!(command instanceof PutItemCommand)) throw new TypeError('another command');
      if (put.writes) item = command.input.Item;
      return put.fails === undefined ? Promise.resolve({}) : failing(put.fails);
    },
  };
  return { state: { tableName: 'siebel-state', client: client as never, clock: fakeClock() }, reads, item: () => item };
}
