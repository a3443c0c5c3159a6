import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
/** A code as an argument, behind a pointer or alone: `refused('/operation', 'UNKNOWN_OPERATION', …)`. */
const HANDED_ON =
  /\b(?:note|refus(?:ed|e|al)|fail|coded|one|issue|problem|invalid\w*)\(\s*(?:(?:'[^']*'|\w+),\s+)?'([A-Z][A-Z0-9_]{3,})'/g;
/** `[503, 'UPSTREAM_UNAVAILABLE', …]` */
const WITH_STATUS = /\[\s*\d{3},\s*'([A-Z][A-Z0-9_]+)'/g;
const page = textOf('docs/errors.md');
const sources = ['lib', 'functions'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((file) => file.endsWith('.ts')),
);

describe('docs/errors.md', () => {
  it('explains every code of the errors in lib/errors.ts', () => {
    const codes = codesOfErrors();

    expect(codes.length).toBeGreaterThan(35);
    expect(codes.filter((code) => !explained().has(code))).toEqual([]);
  });

  it('explains every code that a parser or a class of lib declares, and every one given to an issue or an error', () => {
    const codes = sources.flatMap((file) => {
      const text = textOf(file);
      const declared = [...text.matchAll(/type \w*(?:Code|Refusal) =([^;]+);/g)].flatMap(([, union = '']) =>
        literalsIn(union),
      );
      const given = [
        ...text.matchAll(/\bcode(?:: string)? ?[:=] '([A-Z][A-Z0-9_]+)'/g),
        ...text.matchAll(HANDED_ON),
        ...text.matchAll(WITH_STATUS),
      ];
      return [...declared, ...given.map(([, code = '']) => code)];
    });

    expect([...new Set(codes)].filter((code) => !explained().has(code)).sort()).toEqual([]);
  });

  it('explains every line that a log may hold', () => {
    const lines = sources.flatMap((file) =>
      [...textOf(file).matchAll(/(?:\.(?:info|warn|error)|\blog\[[^\]]+\])\(\s*'([A-Z][A-Z0-9_]+)'/g)].map(
        ([, code = '']) => code,
      ),
    );

    expect(lines.length).toBeGreaterThan(0);
    expect([...new Set(lines)].filter((code) => !explained().has(code)).sort()).toEqual([]);
  });

  it('explains every metric that is counted, and no other', () => {
    const scopes = ['siebel.read', 'siebel.write'];
    const named = sources.flatMap((file) =>
      [...textOf(file).matchAll(/'([a-z]+\.[a-z]+)'/g)].map(([, name = '']) => name),
    );
    const explainedMetrics = [...page.matchAll(/^\| `([a-z]+\.[a-z]+)` \|/gm)].map(([, name = '']) => name);

    expect(explainedMetrics.toSorted()).toEqual(
      [...new Set(named)].filter((name) => !scopes.includes(name)).toSorted(),
    );
  });

  it('explains no code that is gone', () => {
    const written = sources.map(textOf).join('\n');

    expect([...explained()].filter((code) => !new RegExp(`['"\`]${code}['"\`]`).test(written)).sort()).toEqual([]);
  });

  it('explains no code twice', () => {
    const codes = codesOfRows();

    expect(codes.filter((code, index) => codes.indexOf(code) !== index)).toEqual([]);
  });
});

/** Unions of types named …Code, and of members named code. */
function codesOfErrors(): string[] {
  const unions = textOf('lib/errors.ts').matchAll(
    /(?:type \w*(?:Code|Refusal) =|readonly code:)((?:\s*\|?\s*'[A-Z0-9_]+')+)/g,
  );
  return [...unions].flatMap(([, union = '']) => literalsIn(union));
}

function explained(): ReadonlySet<string> {
  return new Set(codesOfRows());
}

/** Codes in the first cell of a row. */
function codesOfRows(): string[] {
  return [...page.matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([A-Z][A-Z0-9_]+)`/g)].map(([, code = '']) => code),
  );
}

function literalsIn(union: string): string[] {
  return [...union.matchAll(/'([A-Z][A-Z0-9_]+)'/g)].map(([, code = '']) => code);
}

function textOf(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}
