import { describe, expect, it } from 'vitest';
import { invalidInput } from '../../../../lib/errors.ts';
import { conditions } from '../../../../lib/siebel/search-specification.ts';
import { batchOf, recordsById } from '../../../../lib/sync/sweep/by-id.ts';
import { siebelRows } from './siebel-rows.ts';
import { ACCOUNT, JOB } from './sweep-parts.ts';

const OPTIONS = { deadlineAtMs: () => 1, onCall: () => undefined };
const ids = (count: number, length = 8) =>
  Array.from({ length: count }, (_, index) => `1-${String(index).padStart(length - 2, '0')}`);

function withRows(count: number, options: Parameters<typeof siebelRows>[0] = {}) {
  const siebel = siebelRows(options);
  for (const id of ids(count)) siebel.rows.set(id, { id, name: 'A', updatedMs: 0 });
  return siebel;
}

describe('records by Id', () => {
  it('are asked for in searches of at most 2,000 characters, as many at a time as fit', async () => {
    const where = conditions(ACCOUNT.source.fields).field('Status').is('Active');
    for (const [job, length, count] of [
      [JOB, 8, 86],
      [JOB, 15, 66],
      [JOB, 5, 99],
      [{ ...JOB, where }, 8, 85],
      [{ ...JOB, pageSize: 50 }, 8, 50],
    ] as const) {
      const batch = batchOf(ids(200, length), job);
      const siebel = withRows(0);
      await recordsById(siebel, job, batch, OPTIONS);

      expect(batch).toHaveLength(count);
      expect(siebel.searches[0]?.length).toBeLessThanOrEqual(2_000);
    }
  });

  it('that do not come are looked for until a page is empty: a short one may be an administrator’s limit', async () => {
    const siebel = withRows(60, { pageLimit: 25 });

    const found = await recordsById(siebel, JOB, ids(70), OPTIONS);

    expect([...found.keys()].sort()).toEqual(ids(60));
    expect(siebel.searches).toHaveLength(4);
  });

  it('must be those that were asked for', async () => {
    const siebel = { queryPage: async () => ({ records: [{ Id: '1-OTHER' }], lastPage: false }) };

    await expect(recordsById(siebel, JOB, ids(2), OPTIONS)).rejects.toMatchObject({ code: 'UNEXPECTED_SHAPE' });
  });

  it('are asked for in halves where a site takes shorter searches', async () => {
    const rows = withRows(60);
    const siebel: typeof rows = {
      ...rows,
      queryPage: async (...args) => {
        const before = rows.searches.length;
        const page = await rows.queryPage(...args);
        if ((rows.searches[before]?.length ?? 0) > 500) throw invalidInput('', 'TOO_LONG', 'too long');
        return page;
      },
    };

    expect((await recordsById(siebel, JOB, ids(70), OPTIONS)).size).toBe(60);
  });
});
