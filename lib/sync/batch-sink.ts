import type { Clock } from '../clock.ts';
import { ConfigurationError } from '../errors.ts';
import type { Log, Metrics } from '../logger.ts';
import { bytesOf, deliver, type Refused, type RequestLimits, type SendRecords, type SentRecord } from './deliver.ts';
import type { Quarantine } from './s3-sink.ts';
import type { SinkRecord, SinkRun, SyncSink } from './sink.ts';

/** What every sink is made of that sends records one by one to a service. */
export interface BatchSinkParts {
  /** Where records lie that the service is not given, or does not take. */
  readonly quarantine: (run: SinkRun) => Quarantine;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'count'>;
}

const RECORDS_PER_CHUNK = 500;
/** Refused for good: so many of a chunk, and this share of it, may be the records' own fault. */
const MAX_REFUSED = 10;
const MAX_REFUSED_SHARE = 0.1;
const TOO_LARGE = 'TOO_LARGE_FOR_SINK';

/**
 * A sink over a service that takes records in small requests and may refuse some of them.
 *
 * Records are held until the chunk is closed, and sent then: a chunk that is given up has sent nothing. One whose close fails
 * may have sent some of its records; they come again.
 *
 * A record that is larger than a request may be, or that the service refuses for good, goes to quarantine in the bucket and
 * is logged (`SYNC_RECORDS_REFUSED`); the others go on. When it refuses more than 10 of a chunk and more than a tenth of it,
 * it is no longer for the records: the chunk fails, for a person to look (ConfigurationError).
 */
export function batchSink(
  { quarantine, clock, log, metrics }: BatchSinkParts,
  {
    sender,
    limits,
    lineOf = ({ line }) => line,
  }: {
    readonly sender: (run: SinkRun) => SendRecords;
    readonly limits: (run: SinkRun) => RequestLimits;
    /** The line as it is sent. Default: as it is. */
    readonly lineOf?: (record: SinkRecord) => string;
  },
): SyncSink {
  return {
    recordsPerChunk: RECORDS_PER_CHUNK,

    open(run) {
      const store = quarantine(run);
      const send = sender(run);
      const limitsOfRun = limits(run);
      let places = 0;

      const setAside = async (refused: readonly Refused[]) => {
        if (refused.length === 0) return;
        const object = await store(refused.map(quarantineLine));
        metrics.count('sync.quarantined', refused.length);
        log.warn('SYNC_RECORDS_REFUSED', {
          job: run.job,
          window: run.window,
          records: refused.length,
          codes: [...new Set(refused.map(({ code }) => code))],
          recordIds: refused.map(({ record }) => record.id),
          object,
        });
      };

      return {
        chunk() {
          let held: SentRecord[] = [];
          const letGo = () => {
            held = [];
          };
          return {
            async write(records) {
              for (const record of records) {
                places += 1;
                held.push({ id: record.id, line: lineOf(record), place: places });
              }
            },
            async close() {
              const isTooLarge = (record: SinkRecord) => bytesOf(record, limitsOfRun) > limitsOfRun.bytes;
              const tooLarge = held.filter(isTooLarge).map((record) => ({ record, code: TOO_LARGE }));
              const fitting = held.filter((record) => !isTooLarge(record));
              const refused = await deliver(fitting, { send, limits: limitsOfRun, clock });
              askAPerson(refused, held.length);
              await setAside([...tooLarge, ...refused]);
              letGo();
              return [];
            },
            async abort() {
              letGo();
            },
          };
        },
        quarantine: ({ lines }) => store(lines),
      };
    },
  };
}

function askAPerson(refused: readonly Refused[], all: number): void {
  if (refused.length <= Math.max(MAX_REFUSED, all * MAX_REFUSED_SHARE)) return;
  const codes = [...new Set(refused.map(({ code }) => code))].join(', ');
  throw new ConfigurationError(
    `the sink refuses ${refused.length} of ${all} records (${codes}): more than can be the records' own fault`,
  );
}

/** As records that differ from their declaration are kept. */
function quarantineLine({ record: { id, line }, code }: Refused): string {
  const message = code === TOO_LARGE ? 'is larger than the sink takes' : 'is refused by the sink';
  const issues = [{ pointer: '', code, message }];
  return `{"Id":${JSON.stringify(id)},"issues":${JSON.stringify(issues)},"record":${line}}`;
}
