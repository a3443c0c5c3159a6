import { DescribeEventBusCommand, EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type { SendRecords } from '../sync/deliver.ts';
import type { EventLabel } from '../sync/event-sink.ts';
import { entryRefusal, toldAsSink } from './sink-failure.ts';

/**
 * Puts records of a sync job on an event bus, up to ten at a time.
 *
 * EventBridge takes events for a bus that does not exist, and drops them; so the bus is asked for before the first
 * ones of each run.
 *
 * @param options.client For tests. Default: an own client with 3 attempts of at most 5 s.
 * @throws ConfigurationError when bus or permission is wrong; ServiceUnavailableError `SINK_UNAVAILABLE`.
 * @see EventBridge user guide, "Sending events with PutEvents": events for a bus that does not exist match no rule.
 */
export function putEvents({
  bus,
  client = eventBridgeClient(),
}: {
  readonly bus: string;
  readonly client?: Pick<EventBridgeClient, 'send'>;
}): (label: EventLabel) => SendRecords {
  const what = `event bus "${bus}"`;

  return ({ source, detailType }) => {
    let there: Promise<unknown> | undefined;
    const isThere = () => {
      there ??= client.send(new DescribeEventBusCommand({ Name: bus }));
      return there.catch((error: unknown) => {
        there = undefined;
        throw error;
      });
    };

    return toldAsSink(what, async (records) => {
      await isThere();
      const Entries = records.map(({ line }) => ({
        EventBusName: bus,
        Source: source,
        DetailType: detailType,
        Detail: line,
      }));
      const answer = await client.send(new PutEventsCommand({ Entries }));
      const entries = answer.Entries ?? [];
      // Each answer stands in the place of its event.
      return records.flatMap((_record, index) => {
        const { EventId, ErrorCode = 'unknown' } = entries[index] ?? {};
        return EventId ? [] : [entryRefusal(what, { index, code: ErrorCode })];
      });
    });
  };
}

function eventBridgeClient(): EventBridgeClient {
  return new EventBridgeClient({
    maxAttempts: 3,
    // Without the last setting the time limit of a request only writes a warning; the one of the socket ends an answer that
    // stops in its middle.
    requestHandler: {
      connectionTimeout: 1_000,
      requestTimeout: 4_000,
      socketTimeout: 4_000,
      throwOnRequestTimeout: true,
    },
  });
}
