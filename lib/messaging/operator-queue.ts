import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  type MessageAttributeValue,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { fifoId } from './fifo-id.ts';
import { nameOf, request } from './requests.ts';
import { type Connection, sqsClient } from './sqs-client.ts';

export type { Connection } from './sqs-client.ts';

/** A message attribute: text, or bytes. */
export type Attribute = Pick<MessageAttributeValue, 'DataType' | 'StringValue' | 'BinaryValue'>;

/** A message to put on a queue. */
export interface OutgoingMessage {
  readonly body: string;
  readonly attributes: Readonly<Record<string, Attribute>>;
  /** Of a FIFO queue: messages of one group come in order. Any text; elsewhere ignored. */
  readonly group: string;
  /** Of a FIFO queue: a message with the same text is taken once within five minutes. Any text; elsewhere ignored. */
  readonly once: string;
}

/** A message as it lies in a queue. */
export interface ReceivedMessage {
  readonly messageId: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly groupId: string | undefined;
  readonly sentAtMs: number | undefined;
  /** Times it has been received, this one included. */
  readonly receiveCount: number;
}

/** A queue as an operator uses it. */
export interface OperatorQueue {
  /** Last part of its address. */
  readonly name: string;
  /** @returns The id that the queue gave it. */
  send(message: OutgoingMessage): Promise<string>;
  /** Messages in it, hidden ones included; SQS counts approximately. */
  count(): Promise<number>;
  /**
   * Shows each message once. What is looked at is hidden from others meanwhile; what is kept goes back at the end, however
   * that comes, and a process that is killed leaves them to come back by themselves.
   *
   * @param options.hiddenSeconds So long at least a message stays hidden; longer when the first come again before the last
   *   was seen.
   * @param options.signal Ends the looking after the message under way.
   * @param visit Deletes a message by its verdict, and ends the looking by `done`.
   */
  browse(options: { readonly hiddenSeconds: number; readonly signal?: AbortSignal }, visit: Visit): Promise<Browsed>;
}

/** What to do with a message that was looked at. */
export interface Decision {
  readonly verdict: 'keep' | 'delete';
  /** Nothing more has to be looked at. */
  readonly done?: boolean;
}

/** Looks at one message. */
export type Visit = (message: ReceivedMessage) => Promise<Decision>;

/** How a look at a whole queue ended. */
export interface Browsed {
  /**
   * About so many messages lie there that were not shown: another process hides them, or they wait behind the first ten of
   * their group of a FIFO queue. 0 when it was ended before its end.
   */
  readonly unseen: number;
}

/** SQS takes so many attributes with a message. */
export const MAX_ATTRIBUTES = 10;
const BATCH = 10;
/** A process that is killed leaves a message hidden for so long at most. */
const MOST_HIDDEN_SECONDS = 3_600;

/**
 * A queue for the operator's command line.
 *
 * What uses it throws ConfigurationError `QUEUE_DENIED`, ServiceUnavailableError `QUEUE_UNAVAILABLE`, and for a message
 * that SQS does not take InvalidInputError.
 *
 * @param options.client For tests. Default: an own client with 3 attempts of at most 5 s.
 */
export function operatorQueue({
  queueUrl,
  connection = {},
  client = sqsClient({ connection }),
}: {
  queueUrl: string;
  connection?: Connection;
  client?: Pick<SQSClient, 'send'>;
}): OperatorQueue {
  const isFifo = queueUrl.endsWith('.fifo');

  return {
    name: nameOf(queueUrl),

    async send({ body, attributes, group, once }) {
      const command = new SendMessageCommand({
        QueueUrl: queueUrl,
        MessageBody: body,
        ...(Object.keys(attributes).length === 0 ? {} : { MessageAttributes: { ...attributes } }),
        ...(isFifo ? { MessageGroupId: fifoId(group), MessageDeduplicationId: fifoId(once) } : {}),
      });
      return (await request(queueUrl, () => client.send(command))).MessageId ?? '';
    },

    count,

    async browse({ hiddenSeconds, signal }, visit) {
      const atFirst = await count();
      /** How often each message came. */
      const seen = new Map<string, number>();
      /** Receipt handles of what goes back, by message. */
      const kept = new Map<string, string>();
      /** Messages that came again, since the last new one. */
      let again = 0;
      let hiddenForSeconds = hiddenSeconds;
      try {
        for (;;) {
          if (signal?.aborted) return { unseen: 0 };
          const received = await receive(hiddenForSeconds);
          const fresh = received.filter(({ MessageId = '' }) => !seen.has(MessageId));
          for (const { MessageId = '', ReceiptHandle = '' } of received) {
            kept.set(MessageId, ReceiptHandle);
            const times = (seen.get(MessageId) ?? 0) + 1;
            seen.set(MessageId, times);
            // The oldest come first: those that come again would for ever stand before those that were not seen yet.
            hiddenForSeconds = Math.max(
              hiddenForSeconds,
              Math.min(hiddenSeconds * 2 ** (times - 1), MOST_HIDDEN_SECONDS),
            );
          }
          again = fresh.length > 0 ? 0 : again + received.length;
          if (received.length === 0 || again > 2 * kept.size) {
            // Both are approximate, the first while others send, the second while we delete.
            const unseen = Math.min(atFirst - seen.size, (await count()) - kept.size);
            return { unseen: Math.max(0, unseen) };
          }
          for (const message of fresh) {
            const { MessageId = '', ReceiptHandle = '' } = message;
            const decision = await visit(readMessage(message));
            if (decision.verdict === 'delete') {
              await remove(ReceiptHandle);
              kept.delete(MessageId);
            }
            if (decision.done || signal?.aborted) return { unseen: 0 };
          }
        }
      } finally {
        // One that cannot be given back comes back by itself.
        for (const handle of kept.values()) await giveBack(handle).catch(() => undefined);
      }
    },
  };

  async function count(): Promise<number> {
    const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
    const command = new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: [...names] });
    const { Attributes = {} } = await request(queueUrl, () => client.send(command));
    return names.reduce((sum, name) => sum + Number(Attributes[name] ?? 0), 0);
  }

  async function receive(hiddenSeconds: number): Promise<Message[]> {
    const command = new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MaxNumberOfMessages: BATCH,
      VisibilityTimeout: hiddenSeconds,
      // Without waiting SQS asks some of its servers only, and an empty answer would not mean an empty queue.
      WaitTimeSeconds: 1,
      MessageSystemAttributeNames: ['SentTimestamp', 'ApproximateReceiveCount', 'MessageGroupId'],
      MessageAttributeNames: ['All'],
    });
    return (await request(queueUrl, () => client.send(command))).Messages ?? [];
  }

  async function remove(ReceiptHandle: string): Promise<void> {
    await request(queueUrl, () => client.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle })));
  }

  async function giveBack(ReceiptHandle: string): Promise<void> {
    const command = new ChangeMessageVisibilityCommand({ QueueUrl: queueUrl, ReceiptHandle, VisibilityTimeout: 0 });
    await request(queueUrl, () => client.send(command));
  }
}

function readMessage(message: Message): ReceivedMessage {
  const system = message.Attributes ?? {};
  return {
    messageId: message.MessageId ?? '',
    body: message.Body ?? '',
    attributes: Object.fromEntries(
      Object.entries(message.MessageAttributes ?? {}).map(([name, { DataType, StringValue, BinaryValue }]) => [
        name,
        BinaryValue ? { DataType, BinaryValue } : { DataType, StringValue },
      ]),
    ),
    groupId: system.MessageGroupId,
    sentAtMs: system.SentTimestamp === undefined ? undefined : Number(system.SentTimestamp),
    receiveCount: Number(system.ApproximateReceiveCount ?? 1),
  };
}
