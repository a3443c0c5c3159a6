import type { Clock } from '../lib/clock.ts';
import { type OperatorQueue, operatorQueue } from '../lib/messaging/operator-queue.ts';
import { type SendMessages, sendMessages } from '../lib/messaging/send-messages.ts';
import type { Integration } from '../lib/operations/index.ts';
import type { SiebelClient } from '../lib/siebel/client.ts';
import { backfillPlans } from '../lib/state/backfill-plan.ts';
import { type ParkedList, parkedList } from '../lib/state/parked-list.ts';
import { syncControl } from '../lib/state/sync-control.ts';
import { syncState } from '../lib/state/sync-state.ts';
import { type StateTable, stateTable } from '../lib/state/table.ts';
import type { BackfillPlans } from '../lib/sync/backfill/plan.ts';
import type { SyncControl, SyncState } from '../lib/sync/checkpoint.ts';
import { type SweepContent, sweepCodec } from '../lib/sync/sweep/content.ts';
import type { OutputBucket } from '../lib/sync/verify/output-bucket.ts';
import { loadIntegration } from './integration.ts';
import type { CliSettings, Needed } from './settings.ts';
import type { ScheduleFunction } from './sync/schedule-function.ts';

// The only place where the parts of the command line are put together.

/** What the commands work with. Each part asks for its own setting, when it is used. */
export interface Runtime {
  readonly integration: Integration;
  parked(): ParkedList;
  queue(): OperatorQueue;
  deadLetters(): OperatorQueue;
  /** Over one connection of the plan's share for the command line. */
  siebel(): SiebelClient;
  syncState(): SyncState;
  /** What sweeps have stored. */
  sweepState(): SyncState<SweepContent>;
  syncControl(): SyncControl;
  backfillPlans(): BackfillPlans;
  /** Puts messages on the queue of backfill windows. */
  backfillQueue(): SendMessages;
  /** Where the output of sync jobs lies. */
  output(): OutputBucket;
  scheduleFunction(): ScheduleFunction;
  /** What the sync functions take for a job that says nothing of its own. */
  /** Longest time of one call to Siebel with its second attempt. */
  siebelCallMs(): number;
  syncTimes(): { readonly safetyLagMs: number; readonly lookbackMs: number };
}

/**
 * The real parts.
 *
 * The clients of Siebel, S3 and Lambda take as long to load as all others together, so that only a command loads them that has
 * said that it needs their settings.
 */
export async function openRuntime(settings: CliSettings, clock: Clock): Promise<Runtime> {
  const { values, tuning, dynamodb, sqs, s3, lambda } = settings;
  const [integration, siebel, output, schedule] = await Promise.all([
    loadIntegration(),
    values.SIEBEL_BASE_URL === undefined ? undefined : import('./siebel.ts'),
    values.SYNC_BUCKET === undefined ? undefined : import('../lib/sync/verify/output-bucket.ts'),
    values.SCHEDULE_FUNCTION === undefined ? undefined : import('./sync/schedule-function.ts'),
  ]);
  let opened: StateTable | undefined;
  const table = () => {
    opened ??= stateTable({ tableName: values.STATE_TABLE ?? '', clock, connection: { ...dynamodb } });
    return opened;
  };
  return {
    integration,
    parked: () => parkedList(table()),
    queue: () => operatorQueue({ queueUrl: values.QUEUE_URL ?? '', connection: sqs }),
    deadLetters: () => operatorQueue({ queueUrl: values.DEAD_LETTER_QUEUE_URL ?? '', connection: sqs }),
    siebel: () => siebel?.openSiebel(settings, integration, clock) ?? notNeeded('SIEBEL_BASE_URL'),
    syncState: () => syncState(table()),
    sweepState: () => syncState(table(), sweepCodec),
    syncControl: () => syncControl(table()),
    backfillPlans: () => backfillPlans(table()),
    backfillQueue: () => sendMessages({ queueUrl: values.BACKFILL_QUEUE_URL ?? '', clock, connection: sqs }),
    output: () =>
      output?.outputBucket({ bucket: values.SYNC_BUCKET ?? '', connection: s3 }) ?? notNeeded('SYNC_BUCKET'),
    scheduleFunction: () =>
      schedule?.scheduleFunction({ name: values.SCHEDULE_FUNCTION ?? '', connection: lambda }) ??
      notNeeded('SCHEDULE_FUNCTION'),
    // As the functions reckon it.
    siebelCallMs: () => tuning.SIEBEL_TIMEOUT_MS * 2 + 5_000,
    syncTimes: () => ({
      safetyLagMs: tuning.SYNC_SAFETY_LAG_SECONDS * 1_000,
      lookbackMs: tuning.SYNC_LOOKBACK_SECONDS * 1_000,
    }),
  };
}

function notNeeded(name: Needed): never {
  throw new Error(`this command has not said that it needs ${name}`);
}
