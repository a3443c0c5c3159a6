import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PROBLEM_CODES } from '../../cli/problem.ts';

const page = readFileSync(join(resolve(import.meta.dirname, '../..'), 'docs/command-line.md'), 'utf8');

describe('docs/command-line.md', () => {
  it('explains each of its codes, and no other', () => {
    const explained = [...page.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, code]) => code);
    expect(explained.toSorted()).toEqual([...PROBLEM_CODES].toSorted());
  });
});
