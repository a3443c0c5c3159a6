import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const TESTS = resolve(import.meta.dirname, '..');

/** Faults of the first tier in docs/reliability.md that can strike a write which came over the queue, by what is at fault. */
const FAULTS: Readonly<Record<string, readonly string[]>> = {
  queue: ['F112', 'F113', 'F114', 'F115', 'F116', 'F117', 'F118'],
  'life-cycle of a container': ['F37', 'F95', 'F100', 'F101', 'F102', 'F103', 'F105', 'F106', 'F109'],
  'state table': ['F125', 'F126'],
  'writes to Siebel': [
    ...['F51', 'F56', 'F57', 'F58', 'F60', 'F61', 'F62', 'F64', 'F66', 'F68', 'F69', 'F70', 'F71', 'F72', 'F73', 'F74'],
    ...['F76', 'F77', 'F86', 'F89', 'F91', 'F92'],
  ],
};

/** Faults without a test of their own, and why. */
const WITHOUT: Readonly<Record<string, string>> = {};

describe.each(Object.entries(FAULTS))('%s: a test names the fault', (_, faults) => {
  it.each(faults.filter((fault) => WITHOUT[fault] === undefined))('%s', (fault) => {
    expect(testsOf(fault)).not.toEqual([]);
  });
});

it('a fault that is left out has a reason, and really no test', () => {
  const known = Object.values(FAULTS).flat();
  for (const [fault, reason] of Object.entries(WITHOUT)) {
    expect(known).toContain(fault);
    expect(reason).toMatch(/ .* /);
    expect(testsOf(fault)).toEqual([]);
  }
});

it('a fault that a comment or a skipped test names is not tested', () => {
  const text = [
    "// it('comes again (F201)', work);",
    "/* it('comes again (F202)', work); */",
    "it.skip('comes again (F203)', work);",
    "it.todo('comes again (F204)');",
    "it('comes again, and again (F205, R07)', work);",
    "it.each([['a reset (F206)', fault]])('%s', work);",
    'it(`' + '$' + '{count} messages come again (F207)`, work);',
  ].join('\n');
  expect([...namedIn(text)].sort()).toEqual(['F205', 'F206', 'F207', 'R07']);
});

/** Files with a test whose title, or whose row of a table, names the fault. */
function testsOf(fault: string): string[] {
  return [...named()].filter(([, ids]) => ids.has(fault)).map(([file]) => file);
}

let known: ReadonlyMap<string, ReadonlySet<string>> | undefined;

function named(): ReadonlyMap<string, ReadonlySet<string>> {
  known ??= new Map(
    readdirSync(TESTS, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.test.ts') && !file.endsWith('fault-tests.test.ts'))
      .map((file) => [file, namedIn(readFileSync(join(TESTS, file), 'utf8'))]),
  );
  return known;
}

/** Ids in round brackets, within a text that is no comment and not the title of a test that does not run. */
function namedIn(source: string): ReadonlySet<string> {
  const code = source
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/^\s*\/\/.*$/gm, '')
    .replaceAll(/\b(?:it|test|describe)\.(?:skip|todo)\b[\s\S]*?\);/g, '');
  const texts = code.matchAll(/(['"`])(?:\\.|(?!\1)[^\\])*\1/g);
  return new Set(
    [...texts].flatMap(([text]) =>
      [...text.matchAll(/\(([A-Z]+\d+(?:(?:, | )[A-Z]+\d+)*)\)/g)].flatMap(([, ids = '']) => ids.split(/, | /)),
    ),
  );
}
