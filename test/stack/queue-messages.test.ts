import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { accountMessage, contactMessage, type TestStack, testStack } from './stack.ts';

let stack: TestStack;

beforeAll(async () => {
  stack = await testStack();
});

afterAll(() => stack?.close());

/** Sends bad messages between two good ones, and waits until all are dealt with. */
async function settle(name: string, ...bad: readonly string[]) {
  const since = stack.callsSoFar();
  const known = new Set((await stack.parked()).map(({ pk }) => pk));
  await stack.send(accountMessage(`Before ${name}`), ...bad, accountMessage(`After ${name}`));
  await stack.drained();
  return {
    parked: (await stack.parked()).filter(({ pk }) => !known.has(pk)),
    calls: stack.calls('/data/', since),
    neighbours: [`Before ${name}`, `After ${name}`].map((Name) => stack.siebel.records('Account', { Name }).length),
  };
}

function message(members: Readonly<Record<string, unknown>>): string {
  const input = { Name: 'Never', Location: 'Bremen' };
  return JSON.stringify({ operation: 'account.upsert', key: 'test/never', input, ...members });
}

const LONG_BODY = message({ key: 'test/long', input: { Name: 'Never', Location: 'x'.repeat(262_144) } });

describe('a message that can never succeed is parked with its code at the first receive, without a call, and its neighbours are done', () => {
  it.each([
    ['no JSON (K01)', '{"operation":"account.upsert",', 'BAD_JSON', ''],
    ['blanks (K01)', '   ', 'EMPTY_BODY', ''],
    ['a list (K02)', '[]', 'BAD_TYPE', ''],
    ['a key twice (K03)', '{"operation":"account.upsert","operation":"account.get"}', 'DUPLICATE_KEY', '/operation'],
    ['deep nesting (K05)', '['.repeat(100), 'TOO_DEEP', undefined],
    ['a body over the limit (K05)', LONG_BODY, 'TOO_LONG', ''],
    ['a control character (K06)', message({ input: { Name: 'a\u0000b', Location: 'B' } }), 'BAD_CHARACTER', undefined],
    ['an unknown operation (K07)', message({ operation: 'account.explode' }), 'UNKNOWN_OPERATION', '/operation'],
    [
      'an operation in other spelling (K07)',
      message({ operation: 'Account.Upsert' }),
      'UNKNOWN_OPERATION',
      '/operation',
    ],
    ['a name of the prototype chain (K04)', message({ operation: 'constructor' }), 'UNKNOWN_OPERATION', '/operation'],
    [
      'an operation that the queue does not take',
      message({ operation: 'account.get' }),
      'OPERATION_NOT_ACCEPTED',
      '/operation',
    ],
    ['a missing field (K07)', message({ input: { Name: 'Never' } }), 'MISSING_FIELD', '/input/Location'],
    [
      'an extra field (K07)',
      message({ input: { Name: 'N', Location: 'B', Colour: 'red' } }),
      'UNKNOWN_FIELD',
      '/input/Colour',
    ],
    ['a field of another type (K02)', message({ input: { Name: 4711, Location: 'B' } }), 'BAD_TYPE', '/input/Name'],
    [
      'a value that is too long (K05)',
      message({ input: { Name: 'n'.repeat(101), Location: 'B' } }),
      'TOO_LONG',
      '/input/Name',
    ],
    ['an extra member (K07)', message({ priority: 1 }), 'UNKNOWN_FIELD', '/priority'],
    ['a key that is a path (K08)', message({ key: '../../etc/passwd' }), 'BAD_KEY', '/key'],
    ['a newer contract (K09)', message({ schema: 2 }), 'SCHEMA_VERSION', '/schema'],
    ['a time that has passed', message({ key: 'test/late', notAfter: '2020-01-01T00:00:00Z' }), 'EXPIRED', '/notAfter'],
    [
      'an envelope (K09)',
      JSON.stringify({ Type: 'Notification', MessageId: '1', TopicArn: 'arn:aws:sns:x', Message: '{}' }),
      'ENVELOPE',
      '',
    ],
  ])('%s', async (name, body, code, pointer) => {
    const { parked, calls, neighbours } = await settle(name, body);
    expect(parked).toMatchObject([{ code, receiveCount: 1, siebelCodes: [] }]);
    if (pointer !== undefined) expect(parked[0]?.issues[0]).toMatchObject({ code, pointer });
    expect(neighbours).toEqual([1, 1]);
    expect(calls.map(({ method, status }) => [method, status])).toEqual([
      ['PUT', 200],
      ['PUT', 200],
    ]);
  });
});

describe('the answer for a batch', () => {
  // Carried by the test itself, so that all of it lies in one batch.
  beforeAll(() => stack.mapping.stop());
  beforeEach(() => stack.reset('queue'));

  it('names exactly the messages that met a fault of the surroundings (R01, F115, F116)', async () => {
    stack.siebel.addFault({ method: 'PUT', path: '/Contact/', times: 0, fault: { status: 503 } });
    const parkedBefore = (await stack.parked()).length;
    const [away, alsoAway] = [contactMessage('away'), contactMessage('also away')];
    const good = [accountMessage('Good 1'), accountMessage('Good 2'), accountMessage('Good 3')];
    await stack.send(
      good[0] ?? '',
      away,
      '{',
      good[1] ?? '',
      message({ operation: 'nothing' }),
      alsoAway,
      good[2] ?? '',
    );

    const { payload, messages, failed } = await stack.handOver();
    expect(messages).toHaveLength(7);
    expect(failed.map(({ Body }) => Body)).toEqual([away, alsoAway]);
    expect(payload).toEqual({ batchItemFailures: failed.map(({ MessageId }) => ({ itemIdentifier: MessageId })) });
    expect(stack.siebel.faults()[0]?.fired).toBeGreaterThanOrEqual(2);
    expect(['Good 1', 'Good 2', 'Good 3'].map((Name) => stack.siebel.records('Account', { Name }).length)).toEqual([
      1, 1, 1,
    ]);
    expect(
      (await stack.parked())
        .slice(parkedBefore)
        .map(({ code }) => code)
        .sort(),
    ).toEqual(['BAD_JSON', 'UNKNOWN_OPERATION']);
    expect(await stack.queued()).toEqual({ waiting: 0, hidden: 2 });
  });

  it('names none when all of them were parked (R03)', async () => {
    await stack.send('{', '[]', message({ operation: 'nothing' }));
    const { payload, functionError } = await stack.handOver();
    expect({ payload, functionError }).toEqual({ payload: { batchItemFailures: [] }, functionError: undefined });
    expect(await stack.queued()).toEqual({ waiting: 0, hidden: 0 });
  });

  it('is an error when none of them could be settled (R03)', async () => {
    stack.siebel.addFault({ times: 0, fault: { status: 503 } });
    await stack.send(accountMessage('Unlucky 1'), accountMessage('Unlucky 2'));
    const { functionError, failed } = await stack.handOver();
    expect(functionError).toBe('Unhandled');
    expect(failed).toHaveLength(2);
    expect(await stack.queued()).toEqual({ waiting: 0, hidden: 2 });
  });
});
