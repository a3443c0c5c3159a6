import type { Mark } from './question.ts';
import type { Finding, Outcome, Verdict } from './run.ts';

const MARKS: Readonly<Record<Mark, string>> = {
  D: 'documented',
  O: 'observed elsewhere',
  A: 'assumed',
  U: 'unknown; assumed',
};

/** One line of the report: text only, no value of any record. */
export interface Row {
  readonly id: string;
  readonly asks: string;
  /** What is documented or, by its mark, assumed. */
  readonly documented: string;
  readonly mark: Mark;
  readonly since?: string;
  readonly seen: string;
  readonly verdict: Verdict;
  /** Settings that fit what was seen, when they are not the defaults. */
  readonly siebelConfig?: string;
  readonly standIn?: Readonly<Record<string, unknown>>;
}

export function rowOf({ question, verdict, seen, answer }: Finding): Row {
  const { id, asks, mark, since, answers } = question;
  const differs = verdict === 'differs';
  return {
    id,
    asks,
    documented: answers[0].is,
    mark,
    ...(since !== undefined && { since }),
    seen,
    verdict,
    ...(differs && answer?.site !== undefined && { siebelConfig: answer.site }),
    ...(differs && answer?.standIn !== undefined && { standIn: answer.standIn }),
  };
}

/** The table for people, and below it what to set. */
export function reportText({ findings, left, calls, ended }: Outcome): string {
  const rows = findings.map(rowOf);
  const count = (verdict: Verdict) => rows.filter((row) => row.verdict === verdict).length;
  return [
    table(rows),
    '',
    ...settingLines(rows),
    ...(calls.length > 0 ? [`Called, by your profile; what they have written stays: ${calls.join(', ')}`, ''] : []),
    ...leftLines(left),
    ...(ended === undefined ? [] : [`NOT FINISHED: ${ended}`]),
    `${rows.length} questions: ${count('holds')} hold, ${count('differs')} differ, ${count('cannot tell')} cannot be told, ${count('skipped')} skipped`,
  ].join('\n');
}

export function reportJson({ findings, left, calls, ended }: Outcome): string {
  const report = {
    questions: findings.map(rowOf),
    called: calls,
    leftBehind: left,
    ...(ended !== undefined && { ended }),
  };
  return JSON.stringify(report, null, 2);
}

/** What people have to delete, if anything. */
export function leftLines(left: readonly string[]): string[] {
  return left.length > 0 ? [`LEFT BEHIND, please delete by hand: ${left.join(', ')}`, ''] : [];
}

/** One line of progress. */
export function progressLine({ question, verdict, seen }: Finding, done: number, all: number): string {
  const count = `${String(done).padStart(String(all).length)}/${all}`;
  return `${count}  ${question.id.padEnd(28)} ${verdict}${verdict === 'holds' ? '' : `: ${seen}`}`;
}

function table(rows: readonly Row[]): string {
  const head = ['question', 'documented or assumed', 'seen', 'verdict'];
  const cells = rows.map((row) => [
    row.id,
    `${row.documented} [${MARKS[row.mark]}${row.since === undefined ? '' : `, from ${row.since}`}]`,
    row.verdict === 'holds' ? 'the same' : row.seen,
    row.verdict,
  ]);
  const widths = head.map((title, column) => Math.max(title.length, ...cells.map((line) => line[column]?.length ?? 0)));
  const line = (texts: readonly string[]) =>
    texts
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...cells.map(line)].join('\n');
}

/** Each setting once, with the questions that ask for it. */
function settingLines(rows: readonly Row[]): string[] {
  const asking = new Map<string, string[]>();
  for (const { id, siebelConfig, standIn } of rows) {
    const settings = [
      ...(siebelConfig === undefined ? [] : [`  siebel.config.ts  ${siebelConfig}`]),
      ...(standIn === undefined ? [] : [`  stand-in          ${JSON.stringify(standIn)}`]),
    ];
    for (const setting of settings) asking.set(setting, [...(asking.get(setting) ?? []), id]);
  }
  const lines = [...asking].map(([setting, ids]) => `${setting}   (${ids.join(', ')})`);
  return lines.length === 0 ? [] : ['Settings that fit what was seen:', ...lines, ''];
}
