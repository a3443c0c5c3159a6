import type { SweepContent } from '../../lib/sync/sweep/content.ts';
import { sweepStatus } from '../../lib/sync/sweep/status.ts';
import { counted, instant } from '../printable.ts';
import { thousands } from './words.ts';

/** What the phases of a sweep do. */
const PHASES = {
  reading: 'reads Id and time of all records',
  waiting: 'has read all, and waits until the live job has come as far',
  gathering: 'gathers what was handed over meanwhile',
  comparing: 'compares',
  guarded: 'is held back',
  emitting: 'looks up what differs, and hands it over',
} as const;

/**
 * Where the sweep of a job stands.
 *
 * @param confirmedSweep Number of the one that a person lets pass.
 */
export function sweepWords(content: SweepContent, confirmedSweep?: number): string {
  const { number, phase, startedAtMs, last } = sweepStatus(content);
  const before = last
    ? `sweep ${last.number}, whole since ${instant(last.endedAtMs)}, knows ${counted(last.records, 'record')}${toldWords(last.told)}`
    : 'none is whole yet: the first only learns what there is';
  if (phase === 'idle' || startedAtMs === undefined) return before;
  const guard = guardOf(content);
  const now = guard
    ? heldWords(guard, confirmedSweep)
    : `${PHASES[phase]}, ${thousands(content.underway?.records ?? 0)} read`;
  return `sweep ${number} of ${instant(startedAtMs)} ${now}; before it, ${before}`;
}

/** A sweep that the guard holds back until a person has confirmed it. */
export interface HeldBack {
  readonly sweep: number;
  /** When it began. */
  readonly atMs: number;
  readonly known: number;
  /** Of those, not found by it, and found by the one before. */
  readonly missing: number;
  /** Not found by two sweeps: to be looked up, and handed over as deleted when Siebel does not have them. */
  readonly gone: number;
  /** It was comparing well, and then Siebel showed no record at all. */
  readonly nothingShows: boolean;
  /** A person had let it pass before nothing showed any more: that word meant something else, and none is taken again. */
  readonly wasConfirmed: boolean;
}

/** `undefined` when nothing is held back. */
export function guardOf(content: SweepContent): HeldBack | undefined {
  const { number, startedAtMs = 0, guard } = sweepStatus(content);
  const { underway } = content;
  return guard && underway?.phase === 'guarded'
    ? {
        ...{ sweep: number, atMs: startedAtMs, nothingShows: false, ...guard },
        gone: underway.counts.gone,
        wasConfirmed: underway.held?.wasConfirmed ?? false,
      }
    : undefined;
}

/** A sweep that the guard has met waits for a person, or for the next run once that person has spoken. */
function heldWords(guard: HeldBack, confirmedSweep: number | undefined): string {
  return isConfirmed(guard, confirmedSweep)
    ? `is confirmed, and goes on with the next run that has read everything: ${missingWords(guard)}`
    : guardWords(guard);
}

export function isConfirmed({ sweep, wasConfirmed }: HeldBack, confirmedSweep: number | undefined): boolean {
  return sweep === confirmedSweep && !wasConfirmed;
}

/** What a sweep has handed over. */
interface HandedOver {
  readonly found: number;
  readonly tombstones: number;
}

/** `; it handed over 6 records and 700 deletions` */
function toldWords(told: HandedOver | undefined): string {
  return told === undefined ? '' : `; it handed over ${handedOver(told)}`;
}

/** `6 records and 700 deletions` */
export function handedOver({ found, tombstones }: HandedOver): string {
  return `${counted(found, 'record')} and ${counted(tombstones, 'deletion')}`;
}

export function guardWords(guard: HeldBack): string {
  return `is held back: ${missingWords(guard)}`;
}

function missingWords({ known, missing, nothingShows }: HeldBack): string {
  if (nothingShows) return 'Siebel shows none of its records any more, and it goes on by itself when it does';
  const share = known === 0 ? 0 : Math.round((missing / known) * 100);
  return `it did not find ${thousands(missing)} of ${counted(known, 'known record')} (${share} %)`;
}
