import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
/** Rules, faults, kinds of bad input, crash points, lines of security: `R29`, `F101`, `K03`, `W3`, `SEC 28`. */
const ID = /\b(?:R\d{2}|F\d{2,3}|K\d{2}|W\d{1,2}|SEC ?\d{1,2})\b/g;

describe('docs/reliability.md', () => {
  it('defines every id that code and tests cite', () => {
    const defined = definedIds();

    const undefinedIds = [...citations()].filter(([id]) => !defined.has(id));

    expect(Object.fromEntries(undefinedIds)).toEqual({});
  });

  it('defines no id twice', () => {
    const ids = idsOfRows();

    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  });

  it('is really cited, and by really many', () => {
    expect(citations().size).toBeGreaterThan(20);
  });
});

/** Ids in the first cell of a row: a mention elsewhere is no definition. */
function idsOfRows(): string[] {
  const rows = readFileSync(join(ROOT, 'docs/reliability.md'), 'utf8').matchAll(/^\| ([^|]+) \|/gm);
  return [...rows].flatMap(([, cell = '']) => (/^[A-Z0-9, ]+$/.test(cell) ? (cell.match(ID) ?? []) : []));
}

function definedIds(): ReadonlySet<string> {
  return new Set(idsOfRows());
}

/** Id → files that cite it. */
function citations(): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const file of sources()) {
    const text = readFileSync(join(ROOT, file), 'utf8');
    for (const id of new Set(text.match(ID))) found.set(id, [...(found.get(id) ?? []), file]);
  }
  return found;
}

function sources(): string[] {
  const folders = ['lib', 'functions', 'local-stack', 'infra', 'test'];
  const inFolders = folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  );
  // Made-up examples are no citations.
  const examples = ['test/docs/rule-ids.test.ts', 'test/docs/fault-tests.test.ts'];
  return [...inFolders, 'siebel.config.ts'].filter(
    (file) => /\.(ts|cjs|mjs|yml)$/.test(file) && !examples.includes(file),
  );
}
