import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import type { Deployment } from './deployment.ts';
import { type LambdaFunction, lambdaFunction } from './lambda/host.ts';

export type FunctionName = 'queue' | 'schedule' | 'backfill' | 'api' | 'authorizer';

/** Time-outs that tests choose, in seconds. */
export interface TimeOuts {
  readonly queue: number;
  readonly backfill: number;
}

/** Deploys every function from its zip, with the concurrency that the build derived. */
export function deployFunctions({
  distFolder,
  logFolder,
  deployment,
  timeOuts,
  settings,
  onLog = () => {},
  onClose,
}: {
  readonly distFolder: string;
  /** Gets a log file per function. */
  readonly logFolder: string;
  readonly deployment: Deployment;
  readonly timeOuts: TimeOuts;
  /** Environment by function. */
  readonly settings: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly onLog?: ((name: FunctionName, line: string) => void) | undefined;
  readonly onClose: (end: () => Promise<void>) => void;
}): Readonly<Record<FunctionName, LambdaFunction>> {
  const deploy = (name: FunctionName, timeoutSeconds: number, maxConcurrency: number): LambdaFunction => {
    const log = createWriteStream(join(logFolder, `${name}.log`));
    const deployed = lambdaFunction({
      name,
      zipFile: join(distFolder, `${name}.zip`),
      environment: settings[name] ?? {},
      timeoutSeconds,
      maxConcurrency,
      onLog(line) {
        log.write(`${line}\n`);
        onLog(name, line);
      },
    });
    onClose(() => new Promise((resolve) => log.end(() => resolve())));
    onClose(() => deployed.close());
    return deployed;
  };
  const { queue, sync, backfill, api } = deployment;
  return {
    queue: deploy('queue', timeOuts.queue, queue.maximumConcurrency),
    schedule: deploy('schedule', 900, sync.reservedConcurrency),
    backfill: deploy('backfill', timeOuts.backfill, backfill.maximumConcurrency),
    api: deploy('api', 29, api.reservedConcurrency),
    authorizer: deploy('authorizer', 10, 10),
  };
}
