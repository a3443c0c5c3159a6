import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SinkRange, SinkRecord, SinkRun, SyncSink } from '../../lib/sync/sink.ts';

/** A sink with the place that it writes to, empty at first. */
export interface SinkUnderTest {
  readonly sink: SyncSink;
  /** Every line that a consumer takes for valid at this moment, as often as it meets it. */
  taken(): Promise<readonly string[]>;
  /** Every line that lies in quarantine. */
  quarantined(): Promise<readonly string[]>;
  /** Makes every request of the sink fail from now on; left out where there is no such way. */
  breakDown?(): Promise<void> | void;
  mend?(): Promise<void> | void;
  /** Removes the place. */
  close(): Promise<void> | void;
}

const RANGE: SinkRange = {
  from: '2025-03-14T09:26:53Z',
  to: '2025-03-14T10:00:00Z',
  end: { at: '2025-03-14T10:00:00Z', id: '1-9' },
};
/** Characters that formats, protocols and encodings trip over; none above U+FFFF, which the stand-in for SQS refuses. */
const AWKWARD = 'Żółw "&<>\' \\ \u2028 \u0007 \u007f 龜 \n end';

/**
 * What the engine relies on in every sink, as tests: one for each promise of `SyncSink`.
 *
 * @param name What the tests are called after.
 * @param place Makes a sink with a place of its own for each test.
 */
export function sinkContract(name: string, place: () => Promise<SinkUnderTest> | SinkUnderTest): void {
  describe(`${name}, as a sink`, () => {
    let at: SinkUnderTest;

    beforeEach(async () => {
      at = await place();
    });
    afterEach(() => at.close());

    const chunkOf = (run: Partial<SinkRun> = {}) => at.sink.open(runOf(run)).chunk();
    const handOver = async (records: readonly SinkRecord[], run: Partial<SinkRun> = {}) => {
      const chunk = chunkOf(run);
      await chunk.write(records);
      return chunk.close(RANGE);
    };

    it('says how many records make a chunk', () => {
      expect(Number.isSafeInteger(at.sink.recordsPerChunk) && at.sink.recordsPerChunk > 0).toBe(true);
    });

    it('leaves nothing of a run that reads nothing', async () => {
      const chunk = chunkOf();
      await chunk.write([]);

      expect(await chunk.close(RANGE)).toEqual([]);
      expect(await at.taken()).toEqual([]);
    });

    it('makes records valid when their chunk is closed, and not before', async () => {
      const chunk = chunkOf();
      await chunk.write(recordsOf('1', '2'));
      await chunk.write(recordsOf('3'));
      const before = await at.taken();

      await chunk.close(RANGE);

      expect(before).toEqual([]);
      expect([...(await at.taken())].sort()).toEqual(linesOf(recordsOf('1', '2', '3')));
    });

    it('hands every line over as it is', async () => {
      const records = [
        { id: '1', line: JSON.stringify({ Id: '1', Name: AWKWARD }) },
        { id: '2', line: JSON.stringify({ Id: '2', Description: 'x'.repeat(100_000) }) },
        { id: '3', line: JSON.stringify({ Id: '3', deleted: true }) },
      ];

      await handOver(records);

      expect([...(await at.taken())].sort()).toEqual(linesOf(records));
    });

    it('takes a whole chunk, page by page', async () => {
      const count = at.sink.recordsPerChunk;
      const records = recordsOf(...Array.from({ length: count }, (_, index) => `1-${index}`));
      const chunk = chunkOf();
      for (let from = 0; from < count; from += 100) await chunk.write(records.slice(from, from + 100));

      await chunk.close(RANGE);

      expect([...(await at.taken())].sort()).toEqual(linesOf(records));
    });

    it('takes chunk after chunk of a run', async () => {
      const output = at.sink.open(runOf());
      for (const id of ['1', '2', '3']) {
        const chunk = output.chunk();
        await chunk.write(recordsOf(id));
        await chunk.close(RANGE);
      }

      expect([...(await at.taken())].sort()).toEqual(linesOf(recordsOf('1', '2', '3')));
    });

    it('leaves nothing of a chunk that is given up, and takes the next one', async () => {
      const output = at.sink.open(runOf());
      const given = output.chunk();
      await given.write(recordsOf('1'));

      await expect(given.abort()).resolves.toBeUndefined();
      await expect(given.abort()).resolves.toBeUndefined();
      await expect(output.chunk().abort()).resolves.toBeUndefined();

      expect(await at.taken()).toEqual([]);
      const next = output.chunk();
      await next.write(recordsOf('1'));
      await next.close(RANGE);
      expect(await at.taken()).toEqual(linesOf(recordsOf('1')));
    });

    it('keeps quarantined records apart', async () => {
      const line = '{"Id":"9","issues":[{"pointer":"/Name","code":"TOO_LONG","message":"is too long"}],"record":{}}';

      const stored = await at.sink.open(runOf()).quarantine({ lines: [line], ...RANGE });

      expect(stored).not.toBe('');
      expect(await at.quarantined()).toEqual([line]);
      expect(await at.taken()).toEqual([]);
    });

    it('takes records again that it has had: a run that died hands them over once more', async () => {
      await handOver(recordsOf('1', '2'), { fence: 1 });
      await handOver(recordsOf('1', '2', '3'), { fence: 2 });

      expect(new Set(await at.taken())).toEqual(new Set(linesOf(recordsOf('1', '2', '3'))));
    });

    it('loses nothing when a stopped holder closes late', async () => {
      const stopped = chunkOf({ fence: 1 });
      await stopped.write(recordsOf('1'));
      await handOver(recordsOf('1', '2'), { fence: 2 });

      await stopped.close(RANGE).catch(() => stopped.abort());

      expect(await at.taken()).toEqual(expect.arrayContaining(linesOf(recordsOf('1', '2'))));
    });

    it('tells windows and jobs with the same number apart', async () => {
      await handOver(recordsOf('1'), { window: 'live' });
      await handOver(recordsOf('2'), { window: 'sweep' });
      await handOver(recordsOf('3'), { window: 'backfill-20250314-0001' });
      await handOver(recordsOf('4'), { job: 'other' });

      expect([...(await at.taken())].sort()).toEqual(linesOf(recordsOf('1', '2', '3', '4')));
    });

    it('fails when its place fails, and a later run hands all over', async ({ skip }) => {
      if (!at.breakDown || !at.mend) return skip();
      const chunk = chunkOf({ fence: 1 });
      await at.breakDown();

      const failure = await (async () => {
        await chunk.write(recordsOf('1', '2'));
        return chunk.close(RANGE);
      })().catch((error: unknown) => error);
      await expect(chunk.abort()).resolves.toBeUndefined();
      await at.mend();
      await handOver(recordsOf('1', '2'), { fence: 2 });

      expect(failure).toBeInstanceOf(Error);
      expect(new Set(await at.taken())).toEqual(new Set(linesOf(recordsOf('1', '2'))));
    });
  });
}

function runOf(given: Partial<SinkRun> = {}): SinkRun {
  return { job: 'accounts', window: 'live', fence: 1_700_000_012, ...given };
}

function recordsOf(...ids: string[]): SinkRecord[] {
  return ids.map((id) => ({ id, line: JSON.stringify({ Id: id, Name: `Account ${id}` }) }));
}

function linesOf(records: readonly SinkRecord[]): string[] {
  return records.map(({ line }) => line).sort();
}
