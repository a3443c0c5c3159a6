import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type FaultyTable, startFaultyTable } from '../../local-stack/faults/state-table.ts';
import { type LocalStack, startLocalStack } from '../../local-stack/stack.ts';

const DIST = fileURLToPath(new URL('../../dist', import.meta.url));

/** The short profile: waits of seconds where a deployment has minutes, with the same relations between them. */
export const SHORT_PROFILE = {
  // Of which the last five are too few to begin a call in.
  queueTimeoutSeconds: 7,
  visibilityTimeoutSeconds: 8,
  settings: {
    QUEUE_BACKOFF_SECONDS: '1',
    SIEBEL_TIMEOUT_MS: '1500',
    SIEBEL_SETTLE_SECONDS: '2',
    SIEBEL_ABANDONED_HOLD_SECONDS: '2',
    CALL_LEASE_MARGIN_SECONDS: '1',
  },
} as const;

/** Time-out, what the lease adds to it (2 s and its margin), and what others wait beyond it (5 s). */
export const LEASE_OVER_MS = (SHORT_PROFILE.queueTimeoutSeconds + 2 + 1 + 5) * 1_000;

/** A running stack whose state table can fail, and what the plan allows the queue at Siebel. */
export interface ChaosStack {
  readonly stack: LocalStack;
  readonly table: FaultyTable;
  readonly planned: number;
  readonly queueShare: number;
  /** Envelopes of the events that siebel.config.ts maps. */
  readonly envelopes: readonly string[];
  close(): Promise<void>;
}

/**
 * Starts a stack under the short profile. Its schedules are taken out: what comes in by the queue is all that calls Siebel.
 *
 * @param options.workFolder Gets the logs, and the record of commits as `commits.jsonl`.
 */
export async function startChaosStack(options: {
  readonly workFolder: string;
  readonly seed: number;
  readonly records: number;
  readonly fifo: boolean;
  readonly uniqueKeys: boolean;
  readonly onLog?: (line: string) => void;
}): Promise<ChaosStack> {
  const { workFolder, seed, records, fifo, uniqueKeys, onLog } = options;
  const { distFolder, ...queue } = await withoutSchedules(workFolder);
  const table = await startFaultyTable();
  try {
    const stack = await startLocalStack({
      ...SHORT_PROFILE,
      settings: { ...SHORT_PROFILE.settings, AWS_ENDPOINT_URL_DYNAMODB: table.endpoint },
      distFolder,
      workFolder,
      seed,
      records,
      fifo,
      // A token is asked for again now and then, so that the token endpoint has something to fail at.
      tokenLifeSeconds: 60,
      siebel: { uniqueKeys: uniqueKeys ? 'every' : false, commitsFile: join(workFolder, 'commits.jsonl') },
      onLog: (name, line) => name === 'queue' && onLog?.(line),
    });
    table.connect(stack.ready.dynamodbEndpoint);
    const close = async () => {
      await stack.close();
      await table.close();
    };
    return { stack, table, planned: stack.deployment.capacity.planned, ...queue, close };
  } catch (error) {
    await table.close();
    throw error;
  }
}

/** The zips as they were built, and what was derived from the config without what runs by the clock. */
async function withoutSchedules(
  workFolder: string,
): Promise<Pick<ChaosStack, 'queueShare' | 'envelopes'> & { distFolder: string }> {
  const distFolder = join(workFolder, 'dist');
  await mkdir(distFolder, { recursive: true });
  for (const file of (await readdir(DIST)).filter((name) => name.endsWith('.zip')))
    await copyFile(join(DIST, file), join(distFolder, file));
  const derived = JSON.parse(await readFile(join(DIST, 'integration.json'), 'utf8'));
  await writeFile(join(distFolder, 'integration.json'), JSON.stringify({ ...derived, schedules: [], timed: [] }));
  const { inFlight, maximumConcurrency, envelopes } = derived.queue as {
    readonly inFlight: number;
    readonly maximumConcurrency: number;
    readonly envelopes: readonly string[];
  };
  return { distFolder, queueShare: inFlight * maximumConcurrency, envelopes };
}
