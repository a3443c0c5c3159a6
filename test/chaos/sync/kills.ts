import type { TableRequest } from '../../../local-stack/faults/state-table.ts';
import type { LambdaFunction } from '../../../local-stack/lambda/host.ts';
import { between, drawFrom } from '../draw.ts';
import { JOB } from './ticks.ts';

/** Where a container may be when it is killed. */
export const MOMENTS = [
  'page asked for',
  'table asked',
  'table has written',
  'table has answered',
  'bucket asked',
  'bucket has stored',
  'bucket has answered',
  'any moment',
] as const;
export type Moment = (typeof MOMENTS)[number];

export interface KillOptions {
  readonly seed: number;
  /** Containers to be killed. */
  readonly kills: number;
  /** Shortest and longest pause from one kill to the next one that is prepared. */
  readonly pauseMs: readonly [least: number, most: number];
  /** How long a container is frozen so that others may take over. */
  readonly beyondLeaseMs: number;
}

/** Kills containers of the schedule function while they work, one after the other. */
export interface Kills {
  /** Says that some container is at this moment now. */
  pass(moment: Moment): void;
  /** Says what the state table has written. */
  notice(request: TableRequest, status: number): void;
  soFar(): { readonly kills: Readonly<Record<Moment, number>>; readonly killed: number; readonly freezes: number };
  /** Kills no more, and thaws what is frozen. */
  stop(): void;
}

/** Of so many kills one is a container that stands still beyond its lease, and then goes on. */
const KILLS_PER_FREEZE = 12;
/** Of so many kills one is aimed at a request; the others come at any moment. */
const KILLS_PER_AIMED = 5;
/** When a kill comes that waits for no request. */
const LATEST_MS = 3_000;
/** Passages of a moment that a kill lets go by at most: a run asks for pages more often than it stores. */
const MOST_PASSAGES = { page: 30, table: 12, bucket: 6, any: 0 } as const;

interface Prepared {
  readonly moment: Moment;
  readonly freezes: boolean;
  passages: number;
}

/** Which container is struck, when and how is drawn from the seed; when a request comes is not. */
export function startKills(schedule: LambdaFunction, { seed, kills, pauseMs, beyondLeaseMs }: KillOptions): Kills {
  const draw = drawFrom(seed);
  const killed = Object.fromEntries(MOMENTS.map((moment) => [moment, 0])) as Record<Moment, number>;
  const counts = { killed: 0, freezes: 0 };
  const timers = new Set<NodeJS.Timeout>();
  const frozen = new Set<() => void>();
  /** Windows under a lease. Without one there is nothing that a kill could disturb. */
  const leased = new Set<string>();
  let prepared: Prepared | undefined;
  let drawn = 0;

  const after = (ms: number, work: () => void) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      work();
    }, ms);
    timers.add(timer);
  };
  const prepare = () => {
    if (counts.killed >= kills) return;
    drawn += 1;
    const moment = momentOf(draw(`moment ${drawn}`));
    const passages = between(draw, `passages ${drawn}`, 0, MOST_PASSAGES[placeOf(moment)]);
    prepared = { moment, passages, freezes: drawn % KILLS_PER_FREEZE === 0 };
    if (moment === 'any moment') after(between(draw, `when ${drawn}`, 0, LATEST_MS), () => passAnyMoment(1));
  };
  /** Looks at random instants until one meets a container at work: none of its moments is more likely than another. */
  const passAnyMoment = (attempt: number) => {
    pass('any moment');
    if (prepared?.moment === 'any moment')
      after(between(draw, `again ${drawn} ${attempt}`, 10, 400), () => passAnyMoment(attempt + 1));
  };
  const freeze = (victim: ReturnType<LambdaFunction['sandboxes']>[number]) => {
    counts.freezes += 1;
    victim.freeze();
    const thaw = () => {
      frozen.delete(thaw);
      victim.thaw();
    };
    frozen.add(thaw);
    after(beyondLeaseMs, thaw);
  };

  /** The container that is struck may be another one than that which asked: a run that is overtaken, or a sweep. */
  function pass(moment: Moment): void {
    if (prepared?.moment !== moment) return;
    if (prepared.passages > 0) {
      prepared.passages -= 1;
      return;
    }
    const working = leased.size === 0 ? [] : schedule.sandboxes().filter(({ event }) => event !== undefined);
    const victim = working[Math.floor(draw(`victim ${drawn}`) * working.length)];
    if (!victim) return;
    const { freezes } = prepared;
    prepared = undefined;
    // Whoever goes on shows it by the next request.
    leased.clear();
    if (freezes) freeze(victim);
    else {
      victim.kill();
      counts.killed += 1;
      killed[moment] += 1;
    }
    after(between(draw, `pause ${drawn}`, ...pauseMs), prepare);
  }

  prepare();
  return {
    pass,
    notice({ key = '', body }, status) {
      if (status !== 200 || !key.startsWith(`sync#${JOB}#`) || !body.includes('leaseUntilMs')) return;
      const isGivenBack = body.includes('{"N":"0"}');
      if (isGivenBack) leased.delete(key);
      else leased.add(key);
    },
    soFar: () => ({ ...counts, kills: { ...killed } }),
    stop() {
      prepared = undefined;
      for (const timer of timers) clearTimeout(timer);
      for (const thaw of [...frozen]) thaw();
    },
  };
}

/** Where a run has just asked for something, or has got it, is a small part of its time, and the one that is hardest to get right. */
function momentOf(drawn: number): Moment {
  return MOMENTS[Math.floor(drawn * KILLS_PER_AIMED * (MOMENTS.length - 1))] ?? 'any moment';
}

function placeOf(moment: Moment): keyof typeof MOST_PASSAGES {
  return moment.split(' ')[0] as keyof typeof MOST_PASSAGES;
}
