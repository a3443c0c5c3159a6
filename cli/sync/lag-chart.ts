import { plot } from 'simple-ascii-chart';
import { instant } from '../printable.ts';

/** A run with the lag that it left behind. */
export interface LagPoint {
  readonly atMs: number;
  readonly lagMs: number;
}

const HEIGHT = 8;
const MOST_COLUMNS = 60;
const MINUTE_MS = 60_000;

/**
 * The lag after each of the last runs, in minutes, as lines of plain text; nothing of fewer than two runs.
 *
 * @param columns Width of the terminal.
 */
export function lagChart(points: readonly LagPoint[], columns = 80): readonly string[] {
  const [first] = points;
  const last = points.at(-1);
  if (!first || !last || first.atMs === last.atMs) return [];
  const width = Math.min(MOST_COLUMNS, Math.max(20, columns - 16));
  const minutes = (atMs: number) => (atMs - last.atMs) / MINUTE_MS;
  const most = Math.max(...points.map(({ lagMs }) => lagMs / MINUTE_MS));
  const digits = most < 1 ? 2 : most < 10 ? 1 : 0;
  const chart = plot(
    points.map(({ atMs, lagMs }): [number, number] => [minutes(atMs), lagMs / MINUTE_MS]),
    {
      width,
      height: HEIGHT,
      yRange: [0, most > 0 ? most : 1],
      hideXAxisTicks: true,
      formatter: (value, { axis }) => (axis === 'y' ? value.toFixed(digits) : Math.round(value)),
    },
  );
  const lines = chart.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trimEnd()]));
  const axis = lines.at(-1) ?? '';
  const indent = ' '.repeat(axis.indexOf('└'));
  const [from, to] = [instant(first.atMs), instant(last.atMs)];
  return [
    `lag in minutes after each of the last ${points.length} runs`,
    ...lines,
    `${indent}${from}${to.padStart(axis.length - indent.length - from.length)}`,
  ];
}
