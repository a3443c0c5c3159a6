import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { listenOnLoopback, readBody } from '../loopback.ts';

type Image = Readonly<Record<string, unknown>>;

/** A change of one item, as DynamoDB streams tell it. */
export interface StreamRecord {
  readonly eventName: 'INSERT' | 'MODIFY' | 'REMOVE';
  readonly eventSource: 'aws:dynamodb';
  readonly dynamodb: {
    readonly Keys: Image;
    readonly NewImage?: Image;
    readonly OldImage?: Image;
    readonly SequenceNumber: string;
    readonly StreamViewType: 'NEW_AND_OLD_IMAGES';
  };
}

/** DynamoDB with a stream, which the stand-in behind it does not have. */
export interface TableStream {
  /** In the place of the stand-in's own. */
  readonly endpoint: string;
  close(): Promise<void>;
}

const LARGEST_BODY = 2 * 1_024 * 1_024;
const WRITES: ReadonlySet<string> = new Set(['PutItem', 'UpdateItem', 'DeleteItem']);
const TARGET = 'DynamoDB_20120810';

/**
 * Stands in front of DynamoDB, and tells of every item that a write of a single item has changed, with what it was before.
 *
 * Writes of one item go through one after the other, so that both images are true; nothing else may write to the table.
 *
 * @param options.onRecord Told before the writer is answered.
 */
export async function startTableStream({
  dynamodbEndpoint,
  onRecord,
  port = 0,
}: {
  readonly dynamodbEndpoint: string;
  readonly onRecord: (record: StreamRecord) => void;
  readonly port?: number;
}): Promise<TableStream> {
  const turns = new Map<string, Promise<void>>();
  let sequenceNumber = 0;

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(incoming, LARGEST_BODY);
    if (body === 'too-large') return void response.writeHead(413).end();
    const operation = String(incoming.headers['x-amz-target'] ?? '').split('.')[1] ?? '';
    const pass = () => send(dynamodbEndpoint, incoming.headers, operation, body);
    const { status, headers, text } = WRITES.has(operation) ? await write(incoming.headers, body, pass) : await pass();
    response.writeHead(status, headers).end(text);
  }

  async function write(headers: IncomingHttpHeaders, body: Buffer, pass: () => Promise<Answer>): Promise<Answer> {
    const { TableName, Item, Key = { pk: Item?.['pk'] } } = JSON.parse(body.toString()) as WriteRequest;
    const read = async () => {
      const asked = Buffer.from(JSON.stringify({ TableName, Key, ConsistentRead: true }));
      const { text } = await send(dynamodbEndpoint, headers, 'GetItem', asked);
      return (JSON.parse(text.toString()) as { Item?: Image }).Item;
    };
    return inTurn(JSON.stringify([TableName, Key]), async () => {
      const before = await read();
      const answered = await pass();
      if (answered.status === 200) tell(Key, before, await read());
      return answered;
    });
  }

  function tell(Keys: Image, OldImage: Image | undefined, NewImage: Image | undefined): void {
    // As on AWS, a write that changes nothing is not told.
    if (JSON.stringify(sorted(OldImage)) === JSON.stringify(sorted(NewImage))) return;
    sequenceNumber += 1;
    onRecord({
      eventName: !OldImage ? 'INSERT' : NewImage ? 'MODIFY' : 'REMOVE',
      eventSource: 'aws:dynamodb',
      dynamodb: {
        Keys,
        ...(NewImage && { NewImage }),
        ...(OldImage && { OldImage }),
        SequenceNumber: String(sequenceNumber),
        StreamViewType: 'NEW_AND_OLD_IMAGES',
      },
    });
  }

  async function inTurn<T>(item: string, work: () => Promise<T>): Promise<T> {
    const done = (turns.get(item) ?? Promise.resolve()).then(work);
    const ended = done.then(
      () => {},
      () => {},
    );
    turns.set(item, ended);
    try {
      return await done;
    } finally {
      if (turns.get(item) === ended) turns.delete(item);
    }
  }

  const server = createServer((incoming, response) => {
    answer(incoming, response).catch(() => response.destroy());
  });
  const { origin, close } = await listenOnLoopback(server, port);
  return { endpoint: origin, close };
}

interface WriteRequest {
  readonly TableName: string;
  readonly Item?: Image;
  readonly Key?: Image;
}
interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly text: Buffer;
}

/** The stand-in looks at no signature, so that the one of another request will do. */
async function send(endpoint: string, given: IncomingHttpHeaders, operation: string, body: Buffer): Promise<Answer> {
  const { host, connection, 'content-length': length, expect, ...headers } = given;
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { ...(headers as Record<string, string>), 'x-amz-target': `${TARGET}.${operation}` },
    body: new Uint8Array(body),
  });
  const { 'content-length': _, ...answered } = Object.fromEntries(response.headers);
  return { status: response.status, headers: answered, text: Buffer.from(await response.arrayBuffer()) };
}

function sorted(image: Image | undefined): [string, unknown][] {
  return Object.entries(image ?? {}).sort(([one], [other]) => (one < other ? -1 : 1));
}
