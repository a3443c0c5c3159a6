import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { capacityPage, describePlan } from '../../scripts/capacity-plan.ts';
import installed from '../../siebel.config.ts';
import { exampleIntegration as integration } from '../support/example-integration.ts';

const withLimit = { ...integration, capacity: { ...integration.capacity, callsPerMinute: 900 } };
const ROOT = join(import.meta.dirname, '../..');

it('docs/capacity.md is that of siebel.config.ts (npm run fix)', async () => {
  const page = await readFile(join(ROOT, 'docs/capacity.md'), 'utf8');

  expect(page).toBe(capacityPage(installed, page));
});

it('keeps what people have written at the end of the page', () => {
  const page = capacityPage(integration);
  expect(page.endsWith('\n<!-- by hand from here -->\n')).toBe(true);

  const written = `${page}\n## Twenty million records\n`;
  expect(capacityPage(integration, written)).toBe(written);
  expect(capacityPage(withLimit, written)).toBe(`${capacityPage(withLimit)}\n## Twenty million records\n`);
});

it('npm run fix writes docs/capacity.md', async () => {
  const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));

  expect(scripts.fix).toContain('node scripts/launch.mjs scripts/capacity-plan.ts');
});

describe('the page', () => {
  it('shows the allowance, the shares and how each is held', () => {
    const page = capacityPage(integration);

    expect(page).toContain('⌊0.9 × 20⌋ = 18 of them may be planned');
    expect(page).toContain('8 + 5 + 2 + 2 + 1 = 18');
    expect(page).toContain('| queue | 8 | 2 × 4 |');
    expect(page).toContain('| api | 5 | 5 × 1 |');
    expect(page).toContain('| backfill | 2 | 2 × 1 | `MaximumConcurrency` of the event source mapping |');
  });

  it('counts the pages that a sync job reads at a time (R49)', () => {
    const [[job, accounts] = []] = integration.sync;
    const wide = new Map([[String(job), { ...accounts, window: 2 }]]) as typeof integration.sync;

    expect(capacityPage({ ...integration, sync: wide })).toContain('| sync | 2 | 1 × 2 |');
  });

  it('shows what the queue carries by the law of Little, and how long a backlog drains', () => {
    const page = capacityPage(integration);

    expect(page).toContain('| calls alone | 8 | 150 ms | 53 | 192,000 |');
    expect(page).toContain('| writes | 8 | 165 ms | 48 | 174,545 |');
    expect(page).toContain('| 10,000 | 206 s | 413 s |');
    expect(page).toContain('| 1,000,000 | 5.7 h | 11.5 h |');
  });

  it('says that calls a minute have no limit, and how many they may be', () => {
    expect(capacityPage(integration)).toContain('18 / 150 ms = 7,200 calls a minute');
    expect(capacityPage(integration)).toContain('is not set');
  });

  it('splits calls a minute, and counts with the lower of both limits', () => {
    const page = capacityPage(withLimit);

    expect(page).toContain('| queue | 8 / 18 | 400 | 2 | 200 |');
    expect(page).toContain('| api | 5 / 18 | 250 | 5 | 50 |');
    // 400 a minute.
    expect(page).toContain('| writes | 8 | 165 ms | 6 | 24,000 |');
    expect(page).toContain('| 10,000 | 25 min | 50 min |');
  });
});

it('the plan fits a terminal', () => {
  expect(describePlan(withLimit).split('\n')).toEqual([
    'capacity   18 of 18 connections that may be planned (Siebel has 20); 900 calls a minute',
    '           queue       8  2 × 4, 200 calls a minute each',
    '           api         5  5 × 1, 50 calls a minute each',
    '           sync        2  2 × 1, 50 calls a minute each',
    '           backfill    2  2 × 1, 50 calls a minute each',
    '           tools       1  1 × 1, 50 calls a minute each',
  ]);
  expect(describePlan(integration)).not.toContain('minute');
});
