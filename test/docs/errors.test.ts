import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  LEDGER,
  NO_RESPONSE,
  SIEBEL_RESPONSE,
  SURROUNDINGS,
  TLS,
  UNUSABLE_RESPONSE,
} from '../../lib/error-reference.ts';
import {
  CallInProgressError,
  CallRejectedError,
  ConfigurationError,
  NoResponseError,
  ServiceUnavailableError,
  TlsError,
  UnknownOutcomeError,
  UnusableResponseError,
} from '../../lib/errors.ts';
import { KINDS } from '../../lib/siebel/codes.ts';
import { withTables } from '../../scripts/error-reference.ts';

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
    // What the page is made of proves nothing of what there is.
    .filter((file) => file.endsWith('.ts') && !file.endsWith('-reference.ts')),
);

describe('docs/errors.md', () => {
  it('explains every code of the errors of lib', () => {
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

describe('the tables of docs/errors.md', () => {
  it('are those in the code; else run `npm run fix`', () => {
    expect(page).toBe(withTables(page));
  });

  it('come back when somebody has changed one by hand, and nothing else changes', () => {
    const changed = page.replace('| `DNS_FAILED` |', '| `DNS_FAILED` or so |').replace(/^\| `SBL-EAI-04383`.*\n/m, '');

    expect(changed).not.toBe(page);
    expect(withTables(changed)).toBe(page);
    expect(withTables(page.replace('Metrics', 'Meters'))).toBe(page.replace('Metrics', 'Meters'));
  });

  it('have a place each', () => {
    expect(() => withTables(page.replace('<!-- table: tls -->', ''))).toThrow('tls');
    expect(() => withTables(page.replace('<!-- table: tls -->', '<!-- table: tsl -->'))).toThrow('tsl');
    expect(() => withTables(`${page}\n<!-- table: tls -->\n<!-- end -->\n`)).toThrow('tls');
  });

  it('name the class that the errors have', () => {
    const of = (error: { code: string; failureClass: string }) => [error.code, error.failureClass];
    const codesOf = <Code extends string>(references: Readonly<Record<Code, unknown>>) =>
      Object.keys(references) as Code[];
    const ends = ['BATCH_FAILED', 'UNFINISHED', 'BUG'];
    const surroundings = codesOf(SURROUNDINGS).filter((code) => !ends.includes(code));
    const errors = [
      ...codesOf(NO_RESPONSE).map((code) => new NoResponseError(code, '', { sent: false })),
      ...codesOf(TLS).map((code) => new TlsError(code, '')),
      ...codesOf(UNUSABLE_RESPONSE).map((code) => new UnusableResponseError(code, '', { status: 200 })),
      ...surroundings.map((code) =>
        code.endsWith('_UNAVAILABLE')
          ? new ServiceUnavailableError(code as 'STATE_UNAVAILABLE', '')
          : new ConfigurationError('', { code: code as 'CONFIGURATION' }),
      ),
      new UnknownOutcomeError(''),
      new CallInProgressError(''),
      new CallRejectedError('CONFLICT', ''),
      new CallRejectedError('CONFLICT_HIDDEN', ''),
      new CallRejectedError('REPEATED_CRASH', ''),
      ...Object.values(KINDS),
    ];
    const references = {
      ...NO_RESPONSE,
      ...TLS,
      ...UNUSABLE_RESPONSE,
      ...SURROUNDINGS,
      ...LEDGER,
      ...SIEBEL_RESPONSE,
    };

    expect(errors.map(of)).toEqual(errors.map(({ code }) => [code, references[code].class]));
  });

  it('show every code of Siebel with what becomes of it', () => {
    const rows = [...page.matchAll(/^\| `(SBL-[A-Z]{3}-\d{5})` \| (.*) \| (.*) \| (.*) \| ([DOA]) \|$/gm)];

    expect(rows.length).toBeGreaterThan(40);
    const ours = new Map(rows.map(([, code, , our]) => [code, our]));
    expect(ours.get('SBL-EAI-04383')).toBe('`SIEBEL_CONFLICT`');
    expect(ours.get('SBL-EAI-04378')).toBe('none: no records');
    expect(ours.get('SBL-EAI-04389')).toBe("the inner code's, else `SIEBEL_VALIDATION`");
    expect(ours.get('SBL-BPR-00162')).toBe("the inner code's");
  });
});

/** Unions of types named …Code, and of members named code. */
function codesOfErrors(): string[] {
  const unions = (textOf('lib/error-codes.ts') + textOf('lib/errors.ts')).matchAll(
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
