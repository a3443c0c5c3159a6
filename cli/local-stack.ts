import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { Problem } from './problem.ts';

const ADDRESSES = z.object({
  pid: z.int(),
  stateTable: z.string(),
  queueUrl: z.string(),
  deadLetterUrl: z.string(),
  backfillQueueUrl: z.string(),
  syncBucket: z.string(),
  scheduleFunction: z.string(),
  siebelUrl: z.string(),
  tokenUrl: z.string(),
  tokenScope: z.string(),
  clientSecretId: z.string(),
  caFile: z.string(),
  syncSafetyLagSeconds: z.number(),
  syncLookbackSeconds: z.number(),
  dynamodbEndpoint: z.string(),
  sqsEndpoint: z.string(),
  s3Endpoint: z.string(),
  lambdaEndpoint: z.string(),
  secretsManagerEndpoint: z.string(),
  region: z.string(),
  accessKeyId: z.string(),
  secretAccessKey: z.string(),
});

/** What a running local stack tells of itself, as far as it is needed here. */
export type LocalAddresses = z.infer<typeof ADDRESSES>;

/** The stack that was chosen, and how many are running. */
export interface LocalStackFound {
  readonly addresses: LocalAddresses;
  readonly running: number;
}

/**
 * Finds the local stack that `npm start` runs, by the file that it keeps in `.local` while it is up; of several the one
 * that was started last.
 *
 * @throws Problem `NO_LOCAL_STACK`.
 */
export function findLocalStack(root: string): LocalStackFound {
  const running = filesIn(join(root, '.local'))
    .flatMap((file) => addressesIn(file) ?? [])
    .filter(({ pid }) => isRunning(pid));
  const latest = running.at(-1);
  if (!latest)
    throw new Problem('NO_LOCAL_STACK', 'no local stack is running: start one with `npm start`, and wait for "Ready."');
  return { addresses: latest, running: running.length };
}

/** Oldest first. */
function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => /^stack-.*\.json$/.test(name))
      .map((name) => ({ file: join(folder, name), atMs: statSync(join(folder, name)).mtimeMs }))
      .sort((one, other) => one.atMs - other.atMs)
      .map(({ file }) => file);
  } catch {
    return [];
  }
}

function addressesIn(file: string): LocalAddresses | undefined {
  try {
    const result = ADDRESSES.safeParse(JSON.parse(readFileSync(file, 'utf8')));
    return result.success ? result.data : undefined;
  } catch {
    // It has ended meanwhile.
    return undefined;
  }
}

/** A stack that was killed leaves its file. */
function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
