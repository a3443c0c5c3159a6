import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type FaultyTable, startFaultyTable } from '../../../local-stack/faults/state-table.ts';
import { type LocalStack, startLocalStack } from '../../../local-stack/stack.ts';
import { type FaultyBucket, startFaultyBucket } from './bucket.ts';

const DIST = fileURLToPath(new URL('../../../dist', import.meta.url));

/** Waits of seconds where a deployment has minutes, with the same order of size between them. */
export interface Profile {
  readonly safetyLagMs: number;
  readonly lookbackMs: number;
  readonly leaseMs: number;
}

/** How long after its end a lease still counts, for clocks that differ. */
export const CLOCK_MARGIN_MS = 5_000;

/** A running stack whose state table and bucket can fail. */
export interface SyncStack {
  readonly stack: LocalStack;
  readonly table: FaultyTable;
  readonly bucket: FaultyBucket;
  close(): Promise<void>;
}

/**
 * Starts a stack. Its schedules are taken out: nothing ticks but the run itself.
 *
 * @param options.distFolder Functions that were built. Default: `dist` of the repository.
 */
export async function startSyncStack({
  workFolder,
  seed,
  records,
  profile,
  distFolder = DIST,
  onLog = () => {},
}: {
  readonly workFolder: string;
  readonly seed: number;
  readonly records: number;
  readonly profile: Profile;
  readonly distFolder?: string;
  readonly onLog?: (line: string) => void;
}): Promise<SyncStack> {
  const table = await startFaultyTable();
  const bucket = await startFaultyBucket();
  const doors = [table, bucket];
  try {
    const stack = await startLocalStack({
      settings: {
        SYNC_SAFETY_LAG_SECONDS: String(profile.safetyLagMs / 1_000),
        SYNC_LOOKBACK_SECONDS: String(profile.lookbackMs / 1_000),
        SYNC_LEASE_SECONDS: String(profile.leaseMs / 1_000),
        SIEBEL_TIMEOUT_MS: '3000',
        SIEBEL_ABANDONED_HOLD_SECONDS: '0',
        AWS_ENDPOINT_URL_DYNAMODB: table.endpoint,
        AWS_ENDPOINT_URL_S3: bucket.endpoint,
      },
      distFolder: await withoutSchedules(distFolder, workFolder),
      workFolder,
      seed,
      records,
      onLog: (name, line) => name === 'schedule' && onLog(line),
    });
    table.connect(stack.ready.dynamodbEndpoint);
    bucket.connect(stack.ready.s3Endpoint);
    const close = async () => {
      await stack.close();
      for (const door of doors) await door.close();
    };
    return { stack, table, bucket, close };
  } catch (error) {
    for (const door of doors) await door.close();
    throw error;
  }
}

/** The zips as they were built, and what was derived from the config without what runs by the clock. */
async function withoutSchedules(from: string, workFolder: string): Promise<string> {
  const to = join(workFolder, 'dist');
  await mkdir(to, { recursive: true });
  for (const name of (await readdir(from)).filter((each) => each.endsWith('.zip')))
    await copyFile(join(from, name), join(to, name));
  const derived = JSON.parse(await readFile(join(from, 'integration.json'), 'utf8'));
  await writeFile(join(to, 'integration.json'), JSON.stringify({ ...derived, schedules: [], timed: [] }));
  return to;
}
