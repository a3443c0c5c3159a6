import type { Clock } from '../lib/clock.ts';
import { type OperatorQueue, operatorQueue } from '../lib/messaging/operator-queue.ts';
import type { Integration } from '../lib/operations/index.ts';
import { type ParkedList, parkedList } from '../lib/state/parked-list.ts';
import { stateTable } from '../lib/state/table.ts';
import integration from '../siebel.config.ts';
import type { CliSettings } from './settings.ts';

// The only place where the parts of the command line are put together.

/** What the commands work with. Each part asks for its own setting, when it is used. */
export interface Runtime {
  readonly integration: Integration;
  parked(): ParkedList;
  queue(): OperatorQueue;
  deadLetters(): OperatorQueue;
}

/** The real parts. */
export function openRuntime({ values, dynamodb, sqs }: CliSettings, clock: Clock): Runtime {
  return {
    integration,
    parked: () => parkedList(stateTable({ tableName: values.STATE_TABLE ?? '', clock, connection: { ...dynamodb } })),
    queue: () => operatorQueue({ queueUrl: values.QUEUE_URL ?? '', connection: sqs }),
    deadLetters: () => operatorQueue({ queueUrl: values.DEAD_LETTER_QUEUE_URL ?? '', connection: sqs }),
  };
}
