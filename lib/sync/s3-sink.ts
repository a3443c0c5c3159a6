import { type Bucket, s3Bucket } from './bucket.ts';
import { type NdjsonObject, ndjsonObject } from './ndjson-object.ts';
import type { SinkCursor, SinkRange, SinkRun, SyncSink } from './sink.ts';

/** Layout of the manifest; a higher number is a newer one. */
const MANIFEST_SCHEMA = 1;
const RECORDS_PER_CHUNK = 10_000;

interface ManifestEntry {
  readonly name: string;
  readonly records: number;
  readonly from: string;
  readonly to: string;
}

/**
 * Writes gzip NDJSON objects to a bucket.
 *
 * `<prefix>/<job>/<window>/<fence>-<sequence>.ndjson.gz` holds the records of a chunk, and `<fence>-manifest.json` beside it
 * names those that are valid, with counts, cursor range, and from where to where the run has come; it is written when a chunk
 * is closed, before the checkpoint moves, so that a run that dies has named all that the next one will not read again.
 * Objects are never overwritten (`If-None-Match`); only a run's own manifest is, by the same run. A run without records
 * leaves nothing. Records that differ from their declaration go to
 * `<prefix>/<job>/quarantine/<window>/<fence>-<sequence>.ndjson.gz`.
 *
 * Records of one object are in the order in which they were written: that of the cursor, when one page is read at a time.
 *
 * @param options.prefix Where in the bucket the objects go: `accounts`.
 * @param options.client For tests, or with settings of its own.
 * @param options.partBytes For tests: compressed bytes of a part. Default 8 MiB.
 */
export function s3Sink({
  prefix,
  partBytes,
  ...place
}: Parameters<typeof s3Bucket>[0] & { readonly prefix: string; readonly partBytes?: number }): SyncSink {
  const bucket = s3Bucket(place);
  return {
    recordsPerChunk: RECORDS_PER_CHUNK,

    open(run) {
      const folder = `${prefix}/${run.job}`;
      const objects: ManifestEntry[] = [];
      const quarantined: ManifestEntry[] = [];
      const manifest = manifestOf(run, objects, quarantined);
      const nameAsValid = async (into: ManifestEntry[], entry: ManifestEntry, { end }: SinkRange) => {
        into.push(entry);
        try {
          await bucket.put({
            name: `${folder}/${run.window}/${fenceOf(run)}-manifest.json`,
            body: manifest(end),
            contentType: 'application/json',
          });
        } catch (error) {
          // The manifests to come must not name what this run has given up.
          into.pop();
          throw error;
        }
      };
      const recordNames = numberedNames(`${folder}/${run.window}`, run);
      const quarantineNames = numberedNames(`${folder}/quarantine/${run.window}`, run);

      return {
        chunk() {
          let object: NdjsonObject | undefined;
          let records = 0;
          return {
            async write(more) {
              if (more.length === 0) return;
              object ??= ndjsonObject({ bucket, nextName: recordNames, partBytes });
              records += more.length;
              await object.write(more.map(({ line }) => line));
            },
            async close(range) {
              if (!object) return [];
              const name = await object.close();
              await nameAsValid(objects, { name, records, from: range.from, to: range.to }, range);
              return [name];
            },
            abort: async () => object?.abort(),
          };
        },

        async quarantine({ lines, ...range }) {
          const name = await storeLines(bucket, quarantineNames, lines);
          await nameAsValid(quarantined, { name, records: lines.length, from: range.from, to: range.to }, range);
          return name;
        },
      };
    },
  };
}

/** Stores lines apart, and gives the name that they got. */
export type Quarantine = (lines: readonly string[]) => Promise<string>;

/**
 * Where in the bucket lies what a target outside of it is not given, or does not take:
 * `quarantine/<job>/<window>/<fence>-<sequence>.ndjson.gz`.
 */
export function bucketQuarantine(options: Parameters<typeof s3Bucket>[0]): (run: SinkRun) => Quarantine {
  const bucket = s3Bucket(options);
  return (run) => {
    const names = numberedNames(`quarantine/${run.job}/${run.window}`, run);
    return (lines) => storeLines(bucket, names, lines);
  };
}

async function storeLines(bucket: Bucket, nextName: () => string, lines: readonly string[]): Promise<string> {
  const object = ndjsonObject({ bucket, nextName });
  try {
    await object.write(lines);
    return await object.close();
  } catch (error) {
    await object.abort();
    throw error;
  }
}

/** @returns A function that gives the manifest as it stands, for the newest record that was read by then. */
function manifestOf(
  { job, window, fence, start }: SinkRun,
  objects: readonly ManifestEntry[],
  quarantine: readonly ManifestEntry[],
): (end: SinkCursor) => string {
  let newest: SinkCursor | undefined;
  return (end) => {
    // A second pass of a run begins a lookback before the end of the first.
    if (!newest || newest.at <= end.at) newest = end;
    const records = objects.reduce((sum, entry) => sum + entry.records, 0);
    const range = objects.length > 0 && {
      from: objects.map(({ from }) => from).reduce((one, other) => (other < one ? other : one)),
      to: objects.map(({ to }) => to).reduce((one, other) => (other > one ? other : one)),
    };
    const manifest = {
      schema: MANIFEST_SCHEMA,
      job,
      window,
      fence,
      start,
      end: newest,
      records,
      ...range,
      objects,
      quarantine,
    };
    return `${JSON.stringify(manifest, undefined, 2)}\n`;
  };
}

function numberedNames(folder: string, run: SinkRun): () => string {
  let sequence = 0;
  return () => {
    sequence += 1;
    return `${folder}/${fenceOf(run)}-${padded(sequence, 5)}.ndjson.gz`;
  };
}

// Names sort as they were written. A fence has ten digits, like the clock's seconds that it began with.
function fenceOf({ fence }: SinkRun): string {
  return padded(fence, 10);
}

function padded(value: number, digits: number): string {
  return String(value).padStart(digits, '0');
}
