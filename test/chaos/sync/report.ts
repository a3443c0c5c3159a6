import type { Rule } from './auditor.ts';
import type { SyncChaosOptions } from './options.ts';
import type { SyncResult } from './run.ts';

/** Violations that are printed in full. */
const SHOWN = 25;
const SHOWN_OBJECTS = 12;

/** The table for people. */
export function syncTable(result: SyncResult, { records, window }: SyncChaosOptions): string {
  const { changes, struck } = result;
  const faults = struck.siebel + struck.table + struck.bucket;
  const rows: readonly (readonly [string, string])[] = [
    ['records at the beginning', number(records)],
    [
      'changes, of them late, late beyond the safety lag',
      `${number(changes.changes)}, ${number(changes.late)}, ${number(changes.veryLate)}`,
    ],
    ['changes of many records in one second', number(changes.bulks)],
    ['pages at a time', window === undefined ? 'as configured' : number(window)],
    ['containers killed, frozen, started', `${struck.killed}, ${struck.freezes}, ${result.coldStarts}`],
    [
      'faults at Siebel, state table, bucket',
      `${struck.siebel}, ${struck.table}, ${struck.bucket} (${number(faults)})`,
    ],
    ['calls that reached Siebel', number(result.calls)],
    ['records that stand', number(result.standing)],
    ['missed, found by a sweep alone', `${count(result, 'MISSED')}, ${count(result, 'MISSED_BY_LIVE_JOB')}`],
    ['stale, invented', `${count(result, 'STALE_LAST')}, ${count(result, 'INVENTED')}`],
    ['deleted after they were handed over', number(result.deleted)],
    ['deletions missed', count(result, 'DELETE_MISSED')],
    ['living reported deleted', count(result, 'LIVING_REPORTED_DELETED')],
    ['lines, tombstones', `${number(result.lines)}, ${number(result.tombstones)}`],
    [
      'repeats, of them outside the lookback',
      `${share(result.repeats, result)}, ${share(result.repeatsOutside, result)}`,
    ],
    ['sweeps to their end', number(result.sweeps)],
    ['objects that no manifest names', number(result.unnamedObjects)],
    ['seconds', number(result.seconds)],
    ['violations', number(result.violations.length)],
  ];
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const [left = 0, right = 0] = widths;
  const lines = rows.map(([title, value]) => `| ${title.padEnd(left)} | ${value.padStart(right)} |`);
  return [lines[0], `| ${'-'.repeat(left)} | ${'-'.repeat(right - 1)}: |`, ...lines.slice(1)].join('\n');
}

/** Where containers were killed, how ticks ended, and what went wrong. */
export function syncDetails({ struck, endings, violations, repeatsByObject }: SyncResult): string {
  const list = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .map(([name, times]) => `${name} ${times}`)
      .join(', ');
  const shown = violations.slice(0, SHOWN).map(({ rule, subject, detail }) => `  ${rule} ${subject}: ${detail}`);
  const more = violations.length > SHOWN ? [`  and ${violations.length - SHOWN} more`] : [];
  const most = Object.entries(repeatsByObject).toSorted(([, one], [, other]) => other - one);
  const repeats = `repeats in ${most.length} objects, most: ${list(Object.fromEntries(most.slice(0, SHOWN_OBJECTS)))}`;
  return [`killed at: ${list(struck.kills)}`, `ticks: ${list(endings)}`, repeats, ...shown, ...more].join('\n');
}

export function syncJson(options: SyncChaosOptions, commit: string, result: SyncResult): string {
  const ok = result.violations.length === 0;
  return `${JSON.stringify({ ok, ...options, commit, node: process.version, ...result }, null, 2)}\n`;
}

function count({ violations }: SyncResult, rule: Rule): string {
  return number(violations.filter((violation) => violation.rule === rule).length);
}

function share(part: number, { lines }: SyncResult): string {
  return `${number(part)} (${((part / Math.max(1, lines)) * 100).toFixed(2)} %)`;
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}
