import dynalite from 'dynalite';
import { listenOnLoopback } from '../loopback.ts';

/** DynamoDB, by dynalite: in memory, without time to live, transactions and streams. */
export interface DynamoDbStandIn {
  readonly endpoint: string;
  close(): Promise<void>;
}

export async function startDynamoDb({ port = 0 }: { port?: number } = {}): Promise<DynamoDbStandIn> {
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  const { origin, close } = await listenOnLoopback(server, port);
  return { endpoint: origin, close };
}
