import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runSiebel } from '../../cli/program.ts';
import { ROOT, readPage } from './samples.ts';

const page = await readPage('docs/runbook.md');
const alarmRows = [...page.matchAll(/^\| (.+Alarm`) \| \[(.+)\]\((#.+)\) \|$/gm)].map(
  ([, alarms = '', title, anchor]) => ({
    alarms: namesIn(alarms),
    title,
    anchor,
  }),
);

describe('docs/runbook.md', () => {
  it('says of every alarm where to go on', () => {
    const alarms = readdirSync(join(ROOT, 'infra'), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(yml|cjs)$/.test(file))
      .map((file) => readFileSync(join(ROOT, 'infra', file), 'utf8'))
      .flatMap((text) => [...text.matchAll(/^\s+(\w+Alarm):/gm)].map(([, name = '']) => name));

    expect(alarms.length).toBeGreaterThan(15);
    // One for each job of siebel.config.ts, named after it in infra/sync.cjs.
    const derived = ['<Job>LagAlarm'];
    expect(alarmRows.flatMap(({ alarms: named }) => named).toSorted()).toEqual([...alarms, ...derived].toSorted());
  });

  it('has each section that it points to', () => {
    const headings = new Set([...page.matchAll(/^## (.+)$/gm)].map(([, title]) => title));
    const targets = [...page.matchAll(/\[([^\]]+)\]\((#[^)]+)\)/g)].map(([, , anchor = '']) => anchor);

    expect(alarmRows.filter(({ title = '' }) => !headings.has(title))).toEqual([]);
    const anchors = new Set([...headings].map((title = '') => `#${anchorOf(title)}`));
    expect(targets.filter((target) => !anchors.has(target))).toEqual([]);
  });

  it('names no code that docs/errors.md does not explain', async () => {
    const errors = await readPage('docs/errors.md');
    const codes = [...page.matchAll(/^\| (`[A-Z].*?) \|/gm)]
      .flatMap(([, cell = '']) => namesIn(cell))
      .filter((name) => /^[A-Z][A-Z_]+$/.test(name));

    expect(codes.length).toBeGreaterThan(30);
    expect(codes.filter((code) => !new RegExp(`^\\| .*\`${code}\``, 'm').test(errors))).toEqual([]);
  });

  it.each([
    ['messages', 15],
    ['sync', 15],
  ])('uses commands of %s that the command line has, with options that they have', async (group, least) => {
    const used = [...page.matchAll(/(?:^|[`|] ?)(messages|sync) ([a-z]+)([^`|\n]*)/gm)].filter(
      ([, word]) => word === group,
    );
    const help = new Map<string, string>();
    const helpOf = async (verb: string) => {
      if (!help.has(verb)) help.set(verb, await siebel(group, verb, '--help'));
      return help.get(verb) ?? '';
    };

    expect(used.length).toBeGreaterThan(least);
    for (const [line, , verb = '', rest = ''] of used) {
      const shown = await helpOf(verb);
      expect(shown, line).toContain(`siebel ${group} ${verb} `);
      for (const [option] of rest.matchAll(/--[a-z-]+/g)) expect(shown, line).toContain(option);
    }
  });
});

function namesIn(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
}

/** As GitHub makes it of a heading. */
function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\w -]/g, '')
    .replaceAll(' ', '-');
}

/** What a command of the command line shows. */
async function siebel(...words: readonly string[]): Promise<string> {
  const lines: string[] = [];
  const terminal = { write: (line: string) => void lines.push(line), note: (line: string) => void lines.push(line) };
  await runSiebel(words, { terminal } as never);
  return lines.join('\n');
}
