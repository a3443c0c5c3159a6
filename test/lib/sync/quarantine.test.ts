import { describe, expect, it } from 'vitest';
import { businessComponent, flag, readOnly, text, utcDateTime } from '../../../lib/operations/index.ts';
import type { SiebelRecord } from '../../../lib/siebel/component.ts';
import { runSync } from '../../../lib/sync/run.ts';
import { JOB as BASE, changes, idsOf, MINUTE, NOW_MS, SECOND, syncParts } from './sync-parts.ts';

const JOB = {
  ...BASE,
  read: businessComponent('Account/Account', {
    viewMode: 'All',
    fields: { Name: text(100), Active: flag(), Updated: readOnly(utcDateTime()) },
  }).source,
};
const run = (parts: ReturnType<typeof syncParts>) =>
  runSync('accounts', JOB, { deadlineAtMs: NOW_MS + 15 * MINUTE }, parts);

/** Every record is a flag away from its declaration when its Id is listed. */
function partsWithBad(...bad: string[]) {
  const transform = (record: SiebelRecord) => ({ ...record, Active: bad.includes(record['Id'] ?? '') ? 'maybe' : 'Y' });
  return syncParts({ transform });
}

describe('a record with a value of another type than declared', () => {
  it('goes to quarantine with what is wrong with it, and its 99 neighbours go on', async () => {
    const parts = partsWithBad('1-000042');
    parts.siebel.put(...changes(100));

    const report = await run(parts);

    expect(report).toMatchObject({ outcome: 'complete', records: 99, quarantined: 1 });
    expect(idsOf(parts.sink.lines)).not.toContain('1-000042');
    expect(parts.sink.quarantine.map((line) => JSON.parse(line))).toEqual([
      {
        Id: '1-000042',
        issues: [{ pointer: '/Active', code: 'BAD_TYPE', message: 'Active is not a flag (Y or N)' }],
        record: { Id: '1-000042', Name: 'Account 42', Active: 'maybe', Updated: '11/14/2023 21:12:23' },
      },
    ]);
    expect(parts.state.checkpoint.cursor?.id).toBe('1-000099');
    expect(parts.metrics.counts.get('sync.quarantined')).toBe(1);
  });

  it('is not quarantined again by each lookback', async () => {
    const parts = partsWithBad('1-000001');
    parts.siebel.put(...changes(3, { lastBeforeNowMs: 2 * MINUTE }));

    const reports = [await run(parts), await run(parts)];

    expect(reports.map(({ quarantined }) => quarantined)).toEqual([1, 0]);
    expect(parts.sink.quarantine).toHaveLength(1);
  });

  it('does not stop the job when it comes alone', async () => {
    const parts = partsWithBad('1-000000');
    parts.siebel.put(...changes(1));

    expect(await run(parts)).toMatchObject({ outcome: 'complete', records: 0, quarantined: 1 });
  });

  it('stops the job when more than one in a hundred of a page are like it, before anything of that page is stored', async () => {
    const parts = partsWithBad('1-000110', '1-000111');
    parts.siebel.put(...changes(200, { stepMs: SECOND }));

    await expect(run(parts)).rejects.toMatchObject({
      failureClass: 'configuration',
      message: expect.stringMatching(/2 of 100 records.*Active is not a flag/),
    });
    expect(parts.sink.quarantine).toEqual([]);
    expect(parts.state.saved).toEqual([]);
  });

  it('keeps its wrong value out of the error and the log', async () => {
    const parts = partsWithBad('1-000000', '1-000001');
    parts.siebel.put(...changes(2));

    const error = await run(parts).catch((thrown: Error) => thrown);

    expect(String(error)).not.toContain('maybe');
    expect(JSON.stringify(parts.log.lines)).not.toContain('maybe');
  });
});
