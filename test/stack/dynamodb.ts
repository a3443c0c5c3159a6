import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import {
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Item } from '../../lib/state/requests.ts';

// It has no types, and this is all that is used of it.
type StartDynalite = (options: { createTableMs: number; updateTableMs: number; deleteTableMs: number }) => Server;
const dynalite: StartDynalite = createRequire(import.meta.url)('dynalite');

/** A state table of its own, empty. */
export interface EmptyTable {
  readonly tableName: string;
  itemAt(pk: string): Promise<Item | undefined>;
  putItem(item: Item): Promise<void>;
}

/** DynamoDB on a port of its own, until it is closed. */
export async function startDynamoDb() {
  const server = dynalite({ createTableMs: 0, updateTableMs: 0, deleteTableMs: 0 });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = dynamoDbClientFor((server.address() as AddressInfo).port);
  let tables = 0;

  return {
    client,
    async close(): Promise<void> {
      client.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
    async emptyTable(): Promise<EmptyTable> {
      tables += 1;
      const tableName = `siebel-state-${tables}`;
      await createTable(client, tableName);
      return {
        tableName,
        async itemAt(pk) {
          const command = new GetItemCommand({ TableName: tableName, Key: { pk: { S: pk } }, ConsistentRead: true });
          return (await client.send(command)).Item;
        },
        async putItem(item) {
          await client.send(new PutItemCommand({ TableName: tableName, Item: item }));
        },
      };
    },
  };
}

export function dynamoDbClientFor(port: number): DynamoDBClient {
  return new DynamoDBClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
}

async function createTable(client: DynamoDBClient, tableName: string): Promise<void> {
  await client.send(
    new CreateTableCommand({
      TableName: tableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'parkedBucket', AttributeType: 'S' },
        { AttributeName: 'rejectedAtMs', AttributeType: 'N' },
      ],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'parked',
          KeySchema: [
            { AttributeName: 'parkedBucket', KeyType: 'HASH' },
            { AttributeName: 'rejectedAtMs', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'ALL' },
        },
      ],
    }),
  );
  // Even a table that takes no time to be made is not there at once.
  for (let status: string | undefined; status !== 'ACTIVE'; ) {
    status = (await client.send(new DescribeTableCommand({ TableName: tableName }))).Table?.TableStatus;
  }
}
