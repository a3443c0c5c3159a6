import type { Clock } from '../../lib/clock.ts';

/** One delivery of a message. */
export interface Received {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly sentAtMs: number;
  readonly receiveCount: number;
  readonly firstReceivedAtMs: number;
}

export interface QueueCounts {
  /** Receives of all messages together. */
  readonly receives: number;
  /** Highest receive count of any message. */
  readonly highestReceiveCount: number;
  /** Messages not yet deleted. */
  readonly left: number;
  readonly deadLettered: number;
  /** Messages whose retention has ended. */
  readonly expired: number;
}

/** A standard queue of SQS: visibility by the second, receive counts, a redrive policy, a retention. */
export interface QueueInMemory {
  send(body: string, attributes?: Readonly<Record<string, string>>): string;
  /** So many messages that are visible now. One that was received too often goes to the dead-letter queue instead. */
  receive(most: number): Received[];
  delete(receiptHandle: string): void;
  /** @throws When this delivery is over: its message was deleted, is visible again, or was delivered anew. */
  changeVisibility(receiptHandle: string, seconds: number): void;
  /** When the next message is visible; infinity when none is left. */
  nextVisibleAtMs(): number;
  counts(): QueueCounts;
}

interface Stored {
  readonly messageId: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly sentAtMs: number;
  receiveCount: number;
  firstReceivedAtMs: number;
  /** Whole second from which on it may be received. */
  visibleAtSecond: number;
}

/** The defaults are those of the template. */
export function queueInMemory({
  clock,
  visibilitySeconds = 360,
  maxReceiveCount = 1_000,
  retentionDays = 7,
}: {
  clock: Pick<Clock, 'now'>;
  visibilitySeconds?: number;
  maxReceiveCount?: number;
  retentionDays?: number;
}): QueueInMemory {
  const messages = new Map<string, Stored>();
  /** Messages by the second in which they become visible; one that has moved on since is passed over. */
  const bySecond = new Map<number, Stored[]>();
  let firstSecond = Math.floor(clock.now() / 1_000);
  let number = 0;
  const counts = { receives: 0, highestReceiveCount: 0, deadLettered: 0, expired: 0 };

  const show = (message: Stored, second: number) => {
    message.visibleAtSecond = second;
    const there = bySecond.get(second);
    if (there) there.push(message);
    else bySecond.set(second, [message]);
    firstSecond = Math.min(firstSecond, second);
  };
  /** Takes a message that is visible by this second out of the line. Within a second the order is the queue's own. */
  const take = (untilSecond: number): Stored | undefined => {
    for (; firstSecond <= untilSecond; firstSecond += 1) {
      const there = bySecond.get(firstSecond) ?? [];
      for (let message = there.pop(); message; message = there.pop()) {
        if (messages.has(message.messageId) && message.visibleAtSecond === firstSecond) return message;
      }
      bySecond.delete(firstSecond);
    }
    return undefined;
  };
  const deliveredAs = (receiptHandle: string): Stored | undefined => {
    const [messageId = '', receive] = receiptHandle.split('/');
    const message = messages.get(messageId);
    return message?.receiveCount === Number(receive) ? message : undefined;
  };
  const isKept = (message: Stored, second: number): boolean => {
    if (second - Math.floor(message.sentAtMs / 1_000) > retentionDays * 86_400) counts.expired += 1;
    else if (message.receiveCount >= maxReceiveCount) counts.deadLettered += 1;
    else return true;
    messages.delete(message.messageId);
    return false;
  };

  return {
    send(body, attributes = {}) {
      number += 1;
      const messageId = `m${number}`;
      const sentAtMs = clock.now();
      const message = { messageId, body, attributes, sentAtMs, receiveCount: 0, firstReceivedAtMs: 0 };
      const stored: Stored = { ...message, visibleAtSecond: 0 };
      messages.set(messageId, stored);
      show(stored, Math.ceil(sentAtMs / 1_000));
      return messageId;
    },
    receive(most) {
      const nowMs = clock.now();
      const second = Math.floor(nowMs / 1_000);
      const received: Received[] = [];
      while (received.length < most) {
        const message = take(second);
        if (!message) break;
        if (!isKept(message, second)) continue;
        message.receiveCount += 1;
        if (message.receiveCount === 1) message.firstReceivedAtMs = nowMs;
        counts.receives += 1;
        counts.highestReceiveCount = Math.max(counts.highestReceiveCount, message.receiveCount);
        show(message, second + visibilitySeconds);
        received.push({ ...message, receiptHandle: `${message.messageId}/${message.receiveCount}` });
      }
      return received;
    },
    delete(receiptHandle) {
      const message = deliveredAs(receiptHandle);
      if (message) messages.delete(message.messageId);
    },
    changeVisibility(receiptHandle, seconds) {
      const nowMs = clock.now();
      const message = deliveredAs(receiptHandle);
      if (!message || message.visibleAtSecond * 1_000 <= nowMs) throw new Error('this delivery is over');
      show(message, Math.ceil(nowMs / 1_000 + seconds));
    },
    nextVisibleAtMs() {
      if (messages.size === 0) return Number.POSITIVE_INFINITY;
      const message = take(Number.MAX_SAFE_INTEGER - 1);
      if (message) bySecond.get(firstSecond)?.push(message);
      return message ? message.visibleAtSecond * 1_000 : Number.POSITIVE_INFINITY;
    },
    counts: () => ({ ...counts, left: messages.size }),
  };
}
