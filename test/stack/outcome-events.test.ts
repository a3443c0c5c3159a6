import { DeleteItemCommand, DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { derive } from '../../lib/operations/index.ts';
import { clientSettings } from '../../local-stack/aws/account.ts';
import { exampleIntegration } from '../support/example-integration.ts';
import { accountMessage, type TestStack, testStack } from './stack.ts';

const { outcomeEvents } = derive({ ...exampleIntegration, outcomeEvents: { bus: 'orders' } });
let stack: TestStack;
let dynamodb: DynamoDBClient;

beforeAll(async () => {
  stack = await testStack({ outcomeEvents });
  dynamodb = new DynamoDBClient(clientSettings(stack.ready.dynamodbEndpoint));
});
afterAll(async () => {
  dynamodb?.destroy();
  await stack?.close();
});

/** Details of the events since, without those of other keys. */
const announced = (key: string) =>
  stack.outcomeEvents().flatMap(({ detail }) => ((detail as { key: string }).key === key ? [detail] : []));
const canary = 'Canary-7f3a';

describe('an outcome event', () => {
  it('tells once of a call that was done: key, operation, state, record, and nothing else', async () => {
    for (let time = 0; time < 2; time += 1) {
      await stack.send(accountMessage('Announced One', { 'Main Phone Number': canary }));
      await stack.drained();
    }

    expect(announced('test/Announced-One')).toEqual([
      {
        key: 'test/Announced-One',
        operation: 'account.upsert',
        state: 'DONE',
        code: '',
        recordId: expect.stringMatching(/^[0-9A-Z+-]+$/),
      },
    ]);
    expect(stack.outcomeEvents().at(-1)).toMatchObject({ bus: 'orders', detailType: 'Siebel Call Settled' });
  });

  it('tells of a call that was parked, with its code and never its input', async () => {
    await stack.send(accountMessage('Announced Two', { 'Main Phone Number': canary.repeat(10) }));
    await stack.drained();

    expect(announced('test/Announced-Two')).toEqual([
      { key: 'test/Announced-Two', operation: 'account.upsert', state: 'REJECTED', code: 'TOO_LONG', recordId: '' },
    ]);
    expect(JSON.stringify(stack.outcomeEvents())).not.toContain(canary);
  });

  it('is not made of a message without a name, of a call under way, or of an item that changes without its state', async () => {
    const before = stack.outcomeEvents().length;
    await stack.send('no JSON');
    await stack.drained();
    const Key = { pk: { S: 'call#account.upsert#test/Announced-Two' } };
    await dynamodb.send(
      new UpdateItemCommand({
        TableName: stack.ready.stateTable,
        Key,
        UpdateExpression: 'SET note = :note',
        ExpressionAttributeValues: { ':note': { S: 'seen' } },
      }),
    );
    await dynamodb.send(new DeleteItemCommand({ TableName: stack.ready.stateTable, Key }));

    expect(stack.outcomeEvents()).toHaveLength(before);
  });

  it('is made when a person says that a parked call is done', async () => {
    await stack.send(accountMessage('Announced Three', { Location: undefined }));
    await stack.drained();
    await dynamodb.send(
      new UpdateItemCommand({
        TableName: stack.ready.stateTable,
        Key: { pk: { S: 'call#account.upsert#test/Announced-Three' } },
        UpdateExpression: 'SET #state = :done, recordId = :id REMOVE code',
        ExpressionAttributeNames: { '#state': 'state' },
        ExpressionAttributeValues: { ':done': { S: 'DONE' }, ':id': { S: '1-2A' } },
      }),
    );

    expect(announced('test/Announced-Three')).toMatchObject([
      { state: 'REJECTED', code: 'MISSING_FIELD', recordId: '' },
      { state: 'DONE', code: '', recordId: '1-2A' },
    ]);
  });
});
