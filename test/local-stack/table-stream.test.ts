import { DeleteItemCommand, DynamoDBClient, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { clientSettings } from '../../local-stack/aws/account.ts';
import { type DynamoDbStandIn, startDynamoDb } from '../../local-stack/aws/dynamodb.ts';
import { provision } from '../../local-stack/aws/provision.ts';
import { type SqsAndS3StandIn, startSqsAndS3 } from '../../local-stack/aws/sqs-s3.ts';
import { type StreamRecord, startTableStream, type TableStream } from '../../local-stack/aws/table-stream.ts';

const TableName = 'state';
let others: SqsAndS3StandIn;
let standIn: DynamoDbStandIn;
let stream: TableStream;
let client: DynamoDBClient;
const records: StreamRecord[] = [];

beforeAll(async () => {
  [others, standIn] = await Promise.all([startSqsAndS3(), startDynamoDb()]);
  stream = await startTableStream({ dynamodbEndpoint: standIn.endpoint, onRecord: (record) => records.push(record) });
  await provision(
    { sqsEndpoint: others.endpoint, s3Endpoint: others.endpoint, dynamodbEndpoint: stream.endpoint },
    { stateTable: TableName, bucket: 'bucket', queueName: 'q', deadLetterName: 'd', visibilityTimeoutSeconds: 1 },
  );
  client = new DynamoDBClient(clientSettings(stream.endpoint));
});
afterAll(async () => {
  client?.destroy();
  await stream?.close();
  await Promise.all([standIn?.close(), others?.close()]);
});
beforeEach(() => {
  records.length = 0;
});

const Key = (pk: string) => ({ pk: { S: pk } });
const put = (pk: string, state: string) =>
  client.send(new PutItemCommand({ TableName, Item: { ...Key(pk), state: { S: state } } }));
const told = () =>
  records.map(({ eventName, dynamodb: { OldImage, NewImage } }) => [
    eventName,
    (OldImage?.['state'] as { S: string } | undefined)?.S,
    (NewImage?.['state'] as { S: string } | undefined)?.S,
  ]);

describe('a stream of a table', () => {
  it('tells of each change with the item as it was and as it is', async () => {
    await put('a', 'one');
    await put('a', 'two');
    await client.send(
      new UpdateItemCommand({
        TableName,
        Key: Key('a'),
        UpdateExpression: 'SET #s = :s',
        ExpressionAttributeNames: { '#s': 'state' },
        ExpressionAttributeValues: { ':s': { S: 'three' } },
      }),
    );
    await client.send(new DeleteItemCommand({ TableName, Key: Key('a') }));

    expect(told()).toEqual([
      ['INSERT', undefined, 'one'],
      ['MODIFY', 'one', 'two'],
      ['MODIFY', 'two', 'three'],
      ['REMOVE', 'three', undefined],
    ]);
    expect(records.map(({ dynamodb }) => dynamodb.Keys)).toEqual(Array.from({ length: 4 }, () => Key('a')));
  });

  it('tells nothing of a write that changed nothing, or whose condition did not hold', async () => {
    await put('b', 'one');
    await put('b', 'one');
    const refused = client.send(
      new PutItemCommand({ TableName, Item: Key('b'), ConditionExpression: 'attribute_not_exists(pk)' }),
    );

    await expect(refused).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
    expect(told()).toEqual([['INSERT', undefined, 'one']]);
  });

  it('tells of writes of one item that come together as if they had come one after the other', async () => {
    const states = Array.from({ length: 20 }, (_, index) => `s${index}`);
    await Promise.all(states.map((state) => put('c', state)));

    const news = told().map(([, , state]) => state);
    expect([...news].sort()).toEqual([...states].sort());
    expect(told().map(([, before]) => before)).toEqual([undefined, ...news.slice(0, -1)]);
  });
});
