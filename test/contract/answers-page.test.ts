import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as vocabulary from '../../lib/operations/index.ts';
import { RELEASES } from '../../local-stack/siebel/releases.ts';
import { DEFAULT_SETTINGS } from '../../local-stack/siebel/settings.ts';
import { blocks } from '../docs/samples.ts';
import { profileWith } from './profile.ts';
import { QUESTIONS } from './table.ts';

const ROOT = join(import.meta.dirname, '../..');
const page = readFileSync(join(ROOT, 'docs/siebel-answers.md'), 'utf8');
const HEAD = ['point', 'documented', 'seen', 'here', 'yours', 'stand-in', 'questions'];

/** Rows of the page's tables about peculiarities, by column. */
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .map((line) => line.slice(2, -2).split(' | '))
  .filter((cells) => cells.length === HEAD.length && cells[0] !== 'point' && !/^-+$/.test(cells[0] ?? ''))
  .map((cells) => Object.fromEntries(HEAD.map((title, column) => [title, cells[column] ?? ''])));
const codesIn = (column: string) =>
  rows.flatMap((row) => [...(row[column] ?? '').matchAll(/`([^`]+)`/g)].map(([, code]) => code ?? ''));

describe('docs/siebel-answers.md', () => {
  it('has every table in the same form', () => {
    const lines = page.split('\n').filter((line) => line.startsWith('| ') && line.split(' | ').length > 3);

    expect(rows.length).toBeGreaterThan(60);
    expect(lines.filter((line) => line.split(' | ').length !== HEAD.length)).toEqual([]);
  });

  it('names every question of the contract, and no other', () => {
    expect(unique(codesIn('questions'))).toEqual(unique(QUESTIONS.map(({ id }) => id)));
  });

  it('names settings that exist: members of site, words of siebel.config.ts, options of a component', () => {
    const site = membersOf('lib/siebel/site.ts', 'SiebelSite');
    const known = (code: string) => {
      const [, member] = /^site\.(\w+)$/.exec(code) ?? [];
      if (member !== undefined) return site.includes(member);
      return code === 'viewMode' || Object.hasOwn(vocabulary, code.replace(/\(.*/, ''));
    };

    expect(codesIn('yours').filter((code) => !known(code))).toEqual([]);
    expect(site.filter((member) => !codesIn('yours').includes(`site.${member}`))).toEqual([]);
  });

  it('names every setting of the stand-in, and no other', () => {
    expect(unique(codesIn('stand-in'))).toEqual(unique(Object.keys(DEFAULT_SETTINGS)));
  });

  it('shows a profile that the command takes', () => {
    const [sample = ''] = blocks(page, 'json');

    expect(profileWith(JSON.parse(sample))).toMatchObject({ component: 'Service Request/Service Request' });
  });

  it('lists the releases that the stand-in knows', () => {
    const listed = [...page.matchAll(/^\| (?:IP20)?(\d\d(?:\.\d+)?)(?:\.x)? \|/gm)].map(([, release]) => release);

    expect(listed).toEqual(Object.keys(RELEASES).map((release) => release.replace('26.3', '26')));
  });
});

describe('answers of the questions', () => {
  const answers = QUESTIONS.flatMap(({ answers: all }) => all);

  it('name settings of siebel.config.ts and of the stand-in that exist', () => {
    const site = membersOf('lib/siebel/site.ts', 'SiebelSite');
    const texts = answers.flatMap(({ site: text }) => (text === undefined ? [] : [text]));
    const isKnown = (text: string) => {
      const [, member, word] = /^(?:site\.(\w+): |(?:no )?(\w+)\(…\))/.exec(text) ?? [];
      return member === undefined ? Object.hasOwn(vocabulary, word ?? '') : site.includes(member);
    };

    expect(texts.filter((text) => !isKnown(text))).toEqual([]);
    expect(texts).toContain("site.parameterNames: { PageSize: '…' }");
    const settings = answers.flatMap(({ standIn = {} }) => Object.keys(standIn));
    expect(settings.filter((name) => !Object.hasOwn(DEFAULT_SETTINGS, name))).toEqual([]);
  });

  it('differ from each other within a question', () => {
    const twice = QUESTIONS.filter(({ answers: all }) => new Set(all.map(({ is }) => is)).size < all.length);

    expect(twice.map(({ id }) => id)).toEqual([]);
  });
});

/** Members of an interface, read from its source. */
function membersOf(file: string, name: string): string[] {
  const source = readFileSync(join(ROOT, file), 'utf8');
  const [, body = ''] = new RegExp(`interface ${name} \\{([\\s\\S]*?)\\n\\}`).exec(source) ?? [];
  return [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, member]) => member ?? '');
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort();
}
