import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { clientSettings } from '../../local-stack/aws/account.ts';
import { type DynamoDbStandIn, startDynamoDb } from '../../local-stack/aws/dynamodb.ts';
import { provision } from '../../local-stack/aws/provision.ts';
import { type SqsAndS3StandIn, startSqsAndS3 } from '../../local-stack/aws/sqs-s3.ts';
import { type FaultyTable, startFaultyTable, type TableRequest } from '../../local-stack/faults/state-table.ts';

const TableName = 'state';
let dynamodb: DynamoDbStandIn;
let sqsAndS3: SqsAndS3StandIn;
let table: FaultyTable;
let client: DynamoDBClient;

beforeAll(async () => {
  [dynamodb, sqsAndS3, table] = await Promise.all([startDynamoDb(), startSqsAndS3(), startFaultyTable()]);
  const endpoints = {
    sqsEndpoint: sqsAndS3.endpoint,
    s3Endpoint: sqsAndS3.endpoint,
    dynamodbEndpoint: dynamodb.endpoint,
  };
  const queues = { queueName: 'calls', deadLetterName: 'calls-dead', visibilityTimeoutSeconds: 60 };
  await provision(endpoints, { ...queues, stateTable: TableName, bucket: 'sync' });
  table.connect(dynamodb.endpoint);
  client = new DynamoDBClient({ ...clientSettings(table.endpoint), maxAttempts: 1 });
});

beforeEach(() => table.chooseFaults());

afterAll(async () => {
  client?.destroy();
  await Promise.all([dynamodb, sqsAndS3, table].map((server) => server?.close()));
});

const put = (pk: string) => client.send(new PutItemCommand({ TableName, Item: { pk: { S: pk } } }));
const isThere = async (pk: string) =>
  (await client.send(new GetItemCommand({ TableName, Key: { pk: { S: pk } } }))).Item !== undefined;
const errorName = (work: Promise<unknown>) =>
  work.then(
    () => 'none',
    (error: Error) => error.name,
  );

/** Strikes writes to one item. */
const strike = (key: string, fault: ReturnType<Parameters<typeof table.chooseFaults>[0] & object>) =>
  table.chooseFaults((request) => (request.key === key && request.operation === 'PutItem' ? fault : undefined));

it('passes on what no fault strikes', async () => {
  await put('plain');

  expect(await isThere('plain')).toBe(true);
});

it.each([
  ['refuse', 'InternalServerError', false],
  ['throttle', 'ThrottlingException', false],
  ['lose answer', 'TimeoutError', true],
] as const)('makes a write fail that is told to %s: %s, written: %s', async (fault, name, written) => {
  const before = table.stats().struck;
  strike(fault, fault);

  expect(await errorName(put(fault))).toBe(name);
  expect(table.stats().struck).toBe(before + 1);
  expect(await isThere(fault)).toBe(written);
  expect(await errorName(put('a neighbour'))).toBe('none');
});

it('makes a request slow', async () => {
  strike('slow', { delayMs: 200 });
  const startedAt = performance.now();
  await put('slow');

  expect(performance.now() - startedAt).toBeGreaterThan(190);
});

it('tells of a request when it has been carried out, and when its answer has left', async () => {
  const order: unknown[] = [];
  table.onDone(({ operation, key }: TableRequest, status) => order.push(['done', operation, key, status]));
  table.onAnswered(({ key }, status) => order.push(['answered', key, status]));
  await put('told');
  order.push('read');
  strike('lost', 'lose answer');
  await put('lost').catch(() => {});
  for (const listen of [table.onDone, table.onAnswered]) listen(() => {});

  expect(order).toEqual([
    ['done', 'PutItem', 'told', 200],
    ['answered', 'told', 200],
    'read',
    ['done', 'PutItem', 'lost', 200],
  ]);
});
