import { setTimeout as sleep } from 'node:timers/promises';
import { type LambdaFunction, ThrottledError } from '../../../local-stack/lambda/host.ts';
import { drawFrom } from '../draw.ts';

/** What a tick came to: the outcome that the function told, or how it ended without one. */
export type Ending = string | 'failed' | 'turned away';

export interface Ticks {
  /** How many ended how. */
  readonly endings: Readonly<Record<string, number>>;
  /** Ticks no more, and waits for those under way. */
  stop(): Promise<void>;
}

export const JOB = 'accounts';

/** Ticks the job once and waits for the end. */
export async function tickOnce(schedule: LambdaFunction, input: object): Promise<Record<string, unknown>> {
  try {
    const { payload, functionError } = await schedule.invoke(input);
    return functionError ? { outcome: 'failed', ...(payload as object) } : (payload as Record<string, unknown>);
  } catch (error) {
    if (error instanceof ThrottledError) return { outcome: 'turned away' };
    throw error;
  }
}

/**
 * Ticks as a scheduler does that does not look whether the run before has ended; some ticks come twice. Every so often a
 * sweep is begun as well.
 */
export function startTicks(
  schedule: LambdaFunction,
  { seed, everyMs, sweepEveryMs }: { readonly seed: number; readonly everyMs: number; readonly sweepEveryMs: number },
): Ticks {
  const draw = drawFrom(seed);
  const endings: Record<string, number> = {};
  const underWay = new Set<Promise<void>>();
  let count = 0;
  let sweeps = 0;
  const beganAtMs = Date.now();

  const tick = (input: { readonly job: string; readonly sweep?: true }) => {
    const running = tickOnce(schedule, input).then(({ outcome }) => {
      const ending = `${input.sweep ? 'sweep ' : ''}${outcome}`;
      endings[ending] = (endings[ending] ?? 0) + 1;
    });
    underWay.add(running);
    void running.finally(() => underWay.delete(running));
  };
  const timer = setInterval(() => {
    count += 1;
    tick({ job: JOB });
    if (draw(`twice ${count}`) < 0.15) tick({ job: JOB });
    if (Date.now() - beganAtMs >= (sweeps + 1) * sweepEveryMs) {
      sweeps += 1;
      tick({ job: JOB, sweep: true });
    }
  }, everyMs);

  return {
    endings,
    async stop() {
      clearInterval(timer);
      while (underWay.size > 0) await Promise.race([Promise.allSettled(underWay), sleep(1_000)]);
    },
  };
}
