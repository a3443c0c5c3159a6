import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest;
const [atRunTime = '', forDevelopment = ''] = readFileSync(join(ROOT, 'docs/dependencies.md'), 'utf8')
  .split(/^## /m)
  .slice(1);

describe('docs/dependencies.md', () => {
  it('gives a sentence to every runtime dependency, and to nothing that is none', () => {
    const reasons = rowsOf(atRunTime).map(([names = '', , reason = '']) => [names, reason.trim().length > 30]);

    expect(reasons).toEqual(
      Object.keys(manifest.dependencies)
        .sort()
        .map((name) => [`\`${name}\``, true]),
    );
  });

  it('names every development dependency, and none that is gone', () => {
    const named = rowsOf(forDevelopment).flatMap(([names = '']) =>
      names.includes('(optional)') ? [] : [...names.matchAll(/`([^`]+)`/g)].map(([, name]) => name),
    );

    expect(named.toSorted()).toEqual(Object.keys(manifest.devDependencies).sort());
  });
});

describe('package.json', () => {
  it('has at most ten runtime dependencies beside the one that few bundles hold, all in exact versions', () => {
    const versions = Object.values(manifest.dependencies);
    // In the functions of an installation alone that puts records on an event bus.
    const always = Object.keys(manifest.dependencies).filter((name) => name !== '@aws-sdk/client-eventbridge');

    expect(always.length).toBeLessThanOrEqual(10);
    expect(versions.filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });
});

/** Cells of the table's rows, without its head. */
function rowsOf(section: string): string[][] {
  return section
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}
