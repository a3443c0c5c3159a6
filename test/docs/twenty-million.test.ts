import { describe, expect, it } from 'vitest';
import { businessComponent, readOnly, s3, utcDateTime } from '../../lib/operations/index.ts';
import { type Condition, searchSpecification } from '../../lib/siebel/search-specification.ts';
import { splitRange } from '../../lib/sync/backfill/split.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { readPage } from './samples.ts';

const [, section = ''] = (await readPage('docs/capacity.md')).split('## Twenty million records, on paper');
const page = section.replaceAll(/\s+/g, ' ');

const RECORDS = 20_000_000;
const FROM_MS = Date.parse('2016-01-01T00:00:00Z');
const TO_MS = Date.parse('2026-01-01T00:00:00Z');

/** Figures as the page states them. */
const PAGE_MS = 165;
const WINDOWS = 1_024;
const CALLS = 202_752;
const PRICE = {
  gbSecond: 0.0000166667,
  put: 0.005 / 1_000,
  write: 0.625e-6,
  read: 0.125e-6,
  invoke: 0.2e-6,
  sqs: 0.4e-6,
};

describe('docs/capacity.md, twenty million records', () => {
  it('has as many windows and count queries as the planning of a backfill makes', async () => {
    const { windows = [], counts } = await splitRange(
      {
        read: businessComponent('Account/Account', { viewMode: 'All', fields: { Updated: readOnly(utcDateTime()) } })
          .source,
        cursor: 'Updated',
        every: 'rate(5 minutes)',
        timezone: 'UTC',
        to: s3('accounts'),
        pageSize: 100,
        window: 1,
      },
      { fromMs: FROM_MS, toMs: TO_MS, windowRecords: 25_000 },
      { siebel: evenly() as never, clock: fakeClock() },
    );

    expect([windows.length, counts]).toEqual([WINDOWS, WINDOWS]);
    expect(page).toContain('| 1,024; 1,024 |');
    // An empty page at the end of each, and a look whether Siebel shows records at all.
    const calls = windows.reduce((sum, { records }) => sum + Math.ceil(records / 100) + 2, 0);
    expect(calls).toBe(CALLS);
    expect(page).toContain('1,024 × 198 = 202,752 calls');
  });

  it.each([2, 4, 8])('gives the hours of %i connections', (containers) => {
    const seconds = (CALLS * PAGE_MS) / 1_000 / containers;
    const row =
      new RegExp(`\\| ${containers}(?:, as above)? \\| ([\\d,]+) \\| ([\\d.]+) \\| ([\\d,]+) \\|`).exec(page) ?? [];
    const [, recordsASecond = '', hours = '', callsAMinute = ''] = row;

    expect(Number(hours)).toBeCloseTo(seconds / 3_600, 1);
    expect(numberOf(recordsASecond)).toBe(Math.round(RECORDS / seconds));
    expect(numberOf(callsAMinute)).toBe(Math.round((CALLS / seconds) * 60));
  });

  it('adds up to the cost that it states', () => {
    const lambda = CALLS * (PAGE_MS / 1_000) * 0.5 * PRICE.gbSecond;
    const s3Puts = WINDOWS * 4 * PRICE.put;
    const state = WINDOWS * (12 * PRICE.write + 45 * PRICE.read);
    const requests = WINDOWS * 5 * (PRICE.invoke + PRICE.sqs);

    expect([lambda, s3Puts, state, requests].map((usd) => usd.toFixed(2))).toEqual(usdOfRows());
    expect(page).toContain(`**${(lambda + s3Puts + state + requests).toFixed(2)}**`);
  });
});

/** Siebel with the records spread evenly over ten years. */
function evenly() {
  const before = (atMs: number) => Math.round(((atMs - FROM_MS) / (TO_MS - FROM_MS)) * RECORDS);
  return {
    async count(_: unknown, { where }: { readonly where: Condition }) {
      let [fromMs, toMs] = [FROM_MS, TO_MS];
      for (const [, operator = '', literal = ''] of searchSpecification(where).matchAll(
        /\[Updated\] (>=|<=) "([^"]+)"/g,
      )) {
        if (operator === '>=') fromMs = Math.max(fromMs, instantOf(literal));
        else toMs = Math.min(toMs, instantOf(literal) + 1_000);
      }
      return before(toMs) - before(fromMs);
    },
  };
}

function instantOf(wire: string): number {
  const [, month, day, year, time] = /^(\d\d)\/(\d\d)\/(\d{4}) ([\d:]{8})$/.exec(wire) ?? [];
  return Date.parse(`${year}-${month}-${day}T${time}Z`);
}

/** The last cells of the rows above the sum. */
function usdOfRows(): string[] {
  const [table = ''] = section.split('| **in all**');
  return [...table.matchAll(/\| (0\.\d\d) \|$/gm)].map(([, usd = '']) => usd);
}

function numberOf(text: string): number {
  return Number(text.replaceAll(',', ''));
}
