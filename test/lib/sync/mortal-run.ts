import type { SyncJob } from '../../../lib/operations/index.ts';
import { runSync, type SyncParts } from '../../../lib/sync/run.ts';
import { stoppingWith } from '../../support/fake-clock.ts';
import { JOB, SECOND, type syncParts } from './sync-parts.ts';

type Parts = ReturnType<typeof syncParts>;

/** A place where the process may die: before what was asked for has happened, or after it and before its answer. */
export interface Crash {
  readonly atCall: number;
  readonly moment: 'before' | 'after';
}

/**
 * Runs as a process that dies at one of its awaits: from then on nothing of it happens any more, not even a `finally`.
 *
 * @returns Whether it died, and how often it had asked for something by then.
 */
export async function runOrDie(
  parts: Parts,
  crash: Crash | undefined,
  { job = JOB, secondsForIt = 900 }: { job?: SyncJob; secondsForIt?: number } = {},
): Promise<{ died: boolean; calls: number }> {
  let calls = 0;
  let die: (value: { died: true; calls: number }) => void = () => undefined;
  const death = new Promise<{ died: true; calls: number }>((resolve) => {
    die = resolve;
  });
  const mortal =
    <A extends unknown[], R>(ask: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      calls += 1;
      const dying = calls === crash?.atCall;
      if (!dying || crash.moment === 'after') {
        const answer = await ask(...args);
        if (!dying) return answer;
      }
      die({ died: true, calls });
      return new Promise(() => undefined);
    };

  const mortalParts: SyncParts = {
    ...parts,
    clock: stoppingWith(parts.clock, death),
    siebel: { queryPage: mortal(parts.siebel.queryPage) },
    control: {
      ...parts.control,
      read: mortal(parts.control.read),
      addRun: mortal(parts.control.addRun),
    },
    state: {
      ...parts.state,
      acquire: mortal(parts.state.acquire),
      renew: mortal(parts.state.renew),
      save: mortal(parts.state.save),
      release: mortal(parts.state.release),
    },
    sink: {
      recordsPerChunk: parts.sink.recordsPerChunk,
      open: (run) => {
        const output = parts.sink.open(run);
        const chunk = () => {
          const { write, close, abort } = output.chunk();
          return { write: mortal(write), close: mortal(close), abort };
        };
        return { chunk, quarantine: mortal(output.quarantine) };
      },
    },
  };
  const limits = { deadlineAtMs: parts.clock.now() + secondsForIt * SECOND };
  const work = runSync('accounts', job, limits, mortalParts).then(() => ({ died: false, calls }));
  return Promise.race([work, death]);
}
