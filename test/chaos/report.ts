import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ChaosOptions } from './options.ts';
import type { RunResult } from './run.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Violations that are printed in full. */
const SHOWN = 25;

/** What `--out` writes. */
export function jsonReport(options: ChaosOptions, runs: readonly RunResult[]): string {
  const { messages, seed, faultRate, fifo } = options;
  const ok = runs.every(({ violations }) => violations.length === 0);
  return `${JSON.stringify({ ok, seed, messages, faultRate, fifo, commit: commitOf(), node: process.version, runs }, null, 2)}\n`;
}

/** The table for people: one column a run. */
export function table(runs: readonly RunResult[]): string {
  const rows: [string, (run: RunResult) => string][] = [
    ['', ({ uniqueKeys }) => `unique key ${uniqueKeys ? 'on' : 'off'}`],
    ['messages', ({ messages }) => number(messages)],
    ['calls that reached Siebel', ({ calls }) => number(calls)],
    ['faults that struck', ({ fired }) => number(Object.values(fired).reduce((sum, count) => sum + count, 0))],
    ['containers started', ({ coldStarts }) => number(coldStarts)],
    ['lost', (run) => count(run, 'LOST')],
    ['applied twice', (run) => count(run, 'APPLIED_TWICE')],
    ['applied', ({ applied }) => number(applied)],
    ['parked', ({ parked }) => number(parked)],
    ['parked for a wrong reason', (run) => count(run, 'WRONG_REASON')],
    ['most at work at Siebel, of the plan', (run) => `${run.highestInFlight} of ${run.planned}`],
    ['attempts per call', ({ attemptsPerCall }) => attemptsPerCall.toFixed(3)],
    ['seconds', ({ seconds }) => number(seconds)],
    ['violations', ({ violations }) => number(violations.length)],
  ];
  const cells = rows.map(([title, value]) => [title, ...runs.map(value)]);
  const widths = cells[0]?.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0))) ?? [];
  const lines = cells.map(
    (row) => `| ${row.map((cell, column) => pad(cell, widths[column] ?? 0, column)).join(' | ')} |`,
  );
  const rule = `| ${widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [lines[0], rule, ...lines.slice(1)].join('\n');
}

/** What was struck, what was parked, and what went wrong in one run. */
export function details({ fired, parkedByCode, violations, uniqueKeys }: RunResult): string {
  const list = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .map(([name, times]) => `${name} ${times}`)
      .join(', ');
  const shown = violations.slice(0, SHOWN).map(({ rule, subject, detail }) => `  ${rule} ${subject}: ${detail}`);
  const more = violations.length > SHOWN ? [`  and ${violations.length - SHOWN} more`] : [];
  return [
    `unique key ${uniqueKeys ? 'on' : 'off'}`,
    `  struck: ${list(fired)}`,
    `  parked: ${list(parkedByCode)}`,
    ...shown,
    ...more,
  ].join('\n');
}

function count({ violations }: RunResult, rule: string): string {
  return number(violations.filter((violation) => violation.rule === rule).length);
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}

function pad(text: string, width: number, column: number): string {
  return column === 0 ? text.padEnd(width) : text.padStart(width);
}

/** The commit that was run, with a plus when files differ from it; `unknown` without a repository. */
export function commitOf(): string {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    return `${git('rev-parse', 'HEAD').trim()}${git('status', '--porcelain').trim() === '' ? '' : '+'}`;
  } catch {
    return 'unknown';
  }
}
