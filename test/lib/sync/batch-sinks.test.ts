import { describe, expect, it } from 'vitest';
import type { SendRecords, SentRecord } from '../../../lib/sync/deliver.ts';
import { type EventLabel, eventSink } from '../../../lib/sync/event-sink.ts';
import { queueSink } from '../../../lib/sync/queue-sink.ts';
import type { SinkRecord, SinkRun } from '../../../lib/sync/sink.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { keptLog, keptMetrics } from './sync-parts.ts';

const END = { at: '2025-03-14T10:00:00Z', id: '1-9' };
const RANGE = { from: '2025-03-14T09:26:53Z', to: '2025-03-14T10:00:00Z', end: END };
const RUN: SinkRun = { job: 'contacts', window: 'live', fence: 7 };
const KIB = 1_024;

/** What both sinks are made of, and what becomes of the records. */
function parts({ refuses = (_id: string): boolean => false } = {}) {
  const sent: SentRecord[] = [];
  const kept: string[] = [];
  const log = keptLog();
  const metrics = keptMetrics();
  const send: SendRecords = async (records) =>
    records.flatMap((record, index) => {
      if (refuses(record.id)) return [{ index, code: 'MalformedDetail', forGood: true }];
      sent.push(record);
      return [];
    });
  const quarantine =
    ({ job, window }: SinkRun) =>
    async (lines: readonly string[]) => {
      kept.push(...lines);
      return `quarantine/${job}/${window}/1`;
    };
  return { send, sent, kept, log, metrics, quarantine, clock: fakeClock() };
}

function record(id: string, bytes = 20): SinkRecord {
  const line = JSON.stringify({ Id: id, Text: '' });
  return { id, line: JSON.stringify({ Id: id, Text: 'x'.repeat(Math.max(0, bytes - line.length)) }) };
}

describe('queueSink', () => {
  it('sends what was written when the chunk is closed, and not before', async () => {
    const given = parts();
    const chunk = queueSink({ ...given, send: () => given.send })
      .open(RUN)
      .chunk();

    await chunk.write([record('1')]);
    await chunk.write([record('2')]);
    const before = [...given.sent];
    const names = await chunk.close(RANGE);

    expect(before).toEqual([]);
    expect(names).toEqual([]);
    expect(given.sent.map(({ id }) => id)).toEqual(['1', '2']);
  });

  it('sends nothing of a chunk that is given up', async () => {
    const given = parts();
    const chunk = queueSink({ ...given, send: () => given.send })
      .open(RUN)
      .chunk();

    await chunk.write([record('1')]);
    await chunk.abort();
    await chunk.close(RANGE);

    expect(given.sent).toEqual([]);
  });

  it('keeps a record above 256 KiB apart, says so, and sends the others', async () => {
    const given = parts();
    const chunk = queueSink({ ...given, send: () => given.send })
      .open(RUN)
      .chunk();

    // The attribute that names the read counts as well: its name, type and value.
    const fits = 256 * KIB - 'windowStringlive'.length;
    await chunk.write([record('1', fits), record('2', fits + 1), record('3')]);
    await chunk.close(RANGE);

    expect(given.sent.map(({ id }) => id)).toEqual(['1', '3']);
    expect(given.kept.map((line) => JSON.parse(line))).toEqual([
      {
        Id: '2',
        issues: [{ pointer: '', code: 'TOO_LARGE_FOR_SINK', message: 'is larger than the sink takes' }],
        record: JSON.parse(record('2', fits + 1).line),
      },
    ]);
    expect(given.metrics.counts.get('sync.quarantined')).toBe(1);
    expect(given.log.lines).toEqual([
      {
        event: 'SYNC_RECORDS_REFUSED',
        job: 'contacts',
        window: 'live',
        records: 1,
        codes: ['TOO_LARGE_FOR_SINK'],
        recordIds: ['2'],
        object: 'quarantine/contacts/live/1',
      },
    ]);
  });

  it('fails when what it may not send cannot be kept either, so that the chunk comes again', async () => {
    const given = parts();
    const quarantine = () => () => Promise.reject(new Error('no bucket'));
    const chunk = queueSink({ ...given, quarantine, send: () => given.send })
      .open(RUN)
      .chunk();

    await chunk.write([record('1', 300 * KIB)]);

    await expect(chunk.close(RANGE)).rejects.toThrow('no bucket');
    expect(given.log.lines).toEqual([]);
  });

  it('keeps records that differ from their declaration in the bucket', async () => {
    const given = parts();
    const output = queueSink({ ...given, send: () => given.send }).open(RUN);

    expect(await output.quarantine({ lines: ['{"Id":"9","issues":[]}'], ...RANGE })).toBe('quarantine/contacts/live/1');
    expect(given.kept).toEqual(['{"Id":"9","issues":[]}']);
  });

  it('escapes the two characters that JSON may hold and SQS may not, and counts them so', async () => {
    const given = parts();
    const chunk = queueSink({ ...given, send: () => given.send })
      .open(RUN)
      .chunk();
    const fits = record('2', 256 * KIB - 'windowStringlive'.length).line;

    await chunk.write([
      { id: '1', line: JSON.stringify({ Id: '1', Name: 'a\ufffeb\uffff🐢' }) },
      { id: '2', line: fits.replace('xxx', '\ufffe') },
    ]);
    await chunk.close(RANGE);

    expect(given.sent).toEqual([{ id: '1', line: '{"Id":"1","Name":"a\\ufffeb\\uffff🐢"}', place: 1 }]);
    expect(given.kept).toHaveLength(1);
  });

  it('numbers the records of a run, chunk after chunk, so that each message has a name of its own', async () => {
    const given = parts();
    const runs: SinkRun[] = [];
    const send = (run: SinkRun) => {
      runs.push(run);
      return given.send;
    };
    const output = queueSink({ ...given, send }).open(RUN);
    const [one, other] = [output.chunk(), output.chunk()];

    await one.write([record('1'), record('2')]);
    await one.close(RANGE);
    await other.write([record('1')]);
    await other.close(RANGE);

    expect(given.sent.map(({ id, place }) => [id, place])).toEqual([
      ['1', 1],
      ['2', 2],
      ['1', 3],
    ]);
    expect(runs).toEqual([RUN]);
  });

  it.each([
    ['1 of 1', 1, 1, 'kept'],
    ['10 of 10', 10, 10, 'kept'],
    ['11 of 12', 12, 11, 'CONFIGURATION'],
    ['20 of 200', 200, 20, 'kept'],
    ['21 of 200', 200, 21, 'CONFIGURATION'],
  ])(
    'asks a person when a service refuses many for good, and keeps them apart when it refuses few: %s',
    async (_what, all, few, outcome) => {
      const given = parts({ refuses: (id) => Number(id) < few });
      const chunk = queueSink({ ...given, send: () => given.send })
        .open(RUN)
        .chunk();
      await chunk.write(Array.from({ length: all }, (_, index) => record(String(index))));

      const closed = await chunk.close(RANGE).then(
        () => 'kept',
        ({ code, message }) => {
          expect(message).toContain(`${few} of ${all} records (MalformedDetail)`);
          return code;
        },
      );

      expect(closed).toBe(outcome);
      expect(given.kept).toHaveLength(outcome === 'kept' ? few : 0);
    },
  );

  it('takes 500 records a chunk', () => {
    expect(queueSink({ ...parts(), send: () => parts().send }).recordsPerChunk).toBe(500);
  });
});

describe('eventSink', () => {
  it('labels events with the source and, unless told otherwise, the job', async () => {
    const given = parts();
    const labels: EventLabel[] = [];
    const put = (label: EventLabel) => {
      labels.push(label);
      return given.send;
    };

    eventSink({ ...given, put, source: 'com.example.siebel' }).open(RUN);
    eventSink({ ...given, put, source: 'com.example.siebel', detailType: 'Contact changed' }).open(RUN);

    expect(labels).toEqual([
      { source: 'com.example.siebel', detailType: 'contacts' },
      { source: 'com.example.siebel', detailType: 'Contact changed' },
    ]);
  });

  it('counts the label to the size of an event', async () => {
    const given = parts();
    const source = 'com.example';
    // A request must be smaller than 256 KiB.
    const fits = 256 * KIB - 1 - source.length - RUN.job.length;
    const chunk = eventSink({ ...given, put: () => given.send, source })
      .open(RUN)
      .chunk();

    await chunk.write([record('1', fits), record('2', fits + 1)]);
    await chunk.close(RANGE);

    expect(given.sent.map(({ id }) => id)).toEqual(['1']);
    expect(given.kept).toHaveLength(1);
  });

  it('keeps what the bus refuses for good apart', async () => {
    const given = parts({ refuses: (id) => id === '2' });
    const chunk = eventSink({ ...given, put: () => given.send, source: 'com.example' })
      .open(RUN)
      .chunk();

    await chunk.write([record('1'), record('2'), record('3')]);
    await chunk.close(RANGE);

    expect(given.sent.map(({ id }) => id)).toEqual(['1', '3']);
    expect(JSON.parse(given.kept[0] ?? '{}')).toMatchObject({ Id: '2', issues: [{ code: 'MalformedDetail' }] });
  });
});
