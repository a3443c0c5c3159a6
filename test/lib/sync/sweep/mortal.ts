import type { SyncState } from '../../../../lib/sync/checkpoint.ts';
import type { SyncSink } from '../../../../lib/sync/sink.ts';
import { runSweep, type SweepParts } from '../../../../lib/sync/sweep/sweep.ts';
import { stoppingWith } from '../../../support/fake-clock.ts';
import { MINUTE, type World } from './sweep-parts.ts';

/** A place where the process may die: before what was asked for has happened, or after it and before its answer. */
export interface Crash {
  readonly atCall: number;
  readonly moment: 'before' | 'after';
}

/** How a process ended, and how often it had asked for something by then. */
export interface Ended {
  readonly outcome: string;
  readonly calls: number;
}

/** Runs a sweep as a process that may die at one of its awaits. */
export async function sweepOrDie(at: World, begin: boolean, crash: Crash | undefined, seconds = 900): Promise<Ended> {
  const { death, mortal, mortalState, mortalSink, calls } = mortality(crash);
  const { siebel, state, live, control, sets, sink } = at.parts;
  const parts: SweepParts = {
    ...at.parts,
    clock: stoppingWith(at.clock, death),
    siebel: { queryPage: mortal(siebel.queryPage) },
    state: mortalState(state),
    live: {
      look: mortal(live.look),
      acquire: mortal(live.acquire),
      renew: mortal(live.renew),
      save: mortal(live.save),
      release: mortal(live.release),
    },
    control: { read: mortal(control.read) },
    sets: { put: mortal(sets.put), read: mortal(sets.read), list: mortal(sets.list) },
    sink: mortalSink(sink),
  };
  const limits = { deadlineAtMs: at.clock.now() + (seconds / 60) * MINUTE };
  const { outcome } = await Promise.race([runSweep('accounts', at.job, { begin }, limits, parts), death]);
  return { outcome, calls: calls() };
}

/** Runs the live job as such a process. */
export async function liveOrDie(at: World, crash: Crash | undefined): Promise<Ended> {
  const { death, mortal, mortalState, mortalSink, calls } = mortality(crash);
  const run = at.live(({ siebel, state, sink, seen, ...parts }) => ({
    ...parts,
    clock: stoppingWith(at.clock, death),
    siebel: { queryPage: mortal(siebel.queryPage) },
    state: mortalState(state),
    sink: mortalSink(sink),
    seen: seen && { record: mortal(seen.record) },
  }));
  const { outcome } = await Promise.race([run, death]);
  return { outcome, calls: calls() };
}

/** What a process asks for; when it has died, nothing of it happens any more, not even a `finally`. */
function mortality(crash: Crash | undefined) {
  let calls = 0;
  let die: (value: { outcome: 'died' }) => void = () => undefined;
  const death = new Promise<{ outcome: 'died' }>((resolve) => {
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
      die({ outcome: 'died' });
      return new Promise(() => undefined);
    };
  const mortalState = <T>(state: SyncState<T>): SyncState<T> => ({
    ...state,
    acquire: mortal(state.acquire),
    renew: mortal(state.renew),
    save: mortal(state.save),
    release: mortal(state.release),
    look: mortal(state.look),
  });
  const mortalSink = (sink: SyncSink): SyncSink => ({
    ...sink,
    open: (run) => {
      const output = sink.open(run);
      return {
        chunk() {
          const chunk = output.chunk();
          return { write: mortal(chunk.write), close: mortal(chunk.close), abort: chunk.abort };
        },
        quarantine: mortal(output.quarantine),
      };
    },
  });
  return { death, mortal, mortalState, mortalSink, calls: () => calls };
}
