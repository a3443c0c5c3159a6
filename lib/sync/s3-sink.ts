import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { PutObjectCommand, type PutObjectCommandInput, S3Client } from '@aws-sdk/client-s3';
import { ConfigurationError, errorNameOf, type IntegrationError, ServiceUnavailableError } from '../errors.ts';
import type { SinkCursor, SinkLines, SinkRun, SyncSink } from './sink.ts';

const compress = promisify(gzip);

/** Layout of the manifest; a higher number is a newer one. */
const MANIFEST_SCHEMA = 1;

/** Errors that waiting does not mend. */
const REFUSALS: ReadonlySet<string> = new Set([
  'AccessDenied',
  'AllAccessDisabled',
  'AuthorizationHeaderMalformed',
  'InvalidAccessKeyId',
  'InvalidBucketName',
  'NoSuchBucket',
  'NotFound',
  'PermanentRedirect',
  'SignatureDoesNotMatch',
  'KMS.DisabledException',
  'KMS.NotFoundException',
]);

interface ManifestEntry {
  readonly name: string;
  readonly records: number;
  readonly from: string;
  readonly to: string;
}

/**
 * Writes gzip NDJSON objects to a bucket.
 *
 * `<prefix>/<job>/<window>/<fence>-<sequence>.ndjson.gz` holds records, and `<fence>-manifest.json` beside it names those
 * that are valid, with counts, cursor range, and from where to where the run has come; it is written after each of them,
 * before the checkpoint moves, so that a run that dies has named all that the next one will not read again. Objects are
 * never overwritten (`If-None-Match`); only a run's own manifest is, by the same run. A run without records leaves nothing. Records that
 * differ from their declaration go to `<prefix>/<job>/quarantine/<window>/<fence>-<sequence>.ndjson.gz`.
 *
 * @param options.client For tests. Default: an own client with 3 attempts.
 */
export function s3Sink({
  bucket,
  client = s3Client(),
}: {
  readonly bucket: string;
  readonly client?: Pick<S3Client, 'send'>;
}): SyncSink {
  const put = async (object: Omit<PutObjectCommandInput, 'Bucket'>) => {
    await client.send(new PutObjectCommand({ Bucket: bucket, ...object }));
  };

  return {
    open(run) {
      const folder = `${run.prefix}/${run.job}`;
      const fence = padded(run.fence, 10);
      const objects: ManifestEntry[] = [];
      const quarantined: ManifestEntry[] = [];
      const taken = new Map<string, number>();

      /** Stores lines under the next free number of a place, over nothing that is there. */
      const storeLines = async (place: string, lines: readonly string[]): Promise<string> => {
        const sequence = (taken.get(place) ?? 0) + 1;
        taken.set(place, sequence);
        const name = `${folder}/${place}/${fence}-${padded(sequence, 5)}.ndjson.gz`;
        const Body = await compress(`${lines.join('\n')}\n`);
        try {
          await put({ Key: name, Body, ContentType: 'application/gzip', IfNoneMatch: '*' });
          return name;
        } catch (error) {
          // The client asks again when no answer comes: then it is its own first attempt that has taken the name.
          if (isTaken(error) && attemptsOf(error) > 1) return storeLines(place, lines);
          throw sinkError(bucket, error, name);
        }
      };

      const store = async (place: string, into: ManifestEntry[], { lines, from, to, end }: SinkLines) => {
        const name = await storeLines(place, lines);
        into.push({ name, records: lines.length, from, to });
        const key = `${folder}/${run.window}/${fence}-manifest.json`;
        try {
          const Body = manifestOf(run, end, objects, quarantined);
          await put({ Key: key, Body, ContentType: 'application/json' });
        } catch (error) {
          throw sinkError(bucket, error, key);
        }
        return name;
      };
      return {
        records: (lines) => store(run.window, objects, lines),
        quarantine: (lines) => store(`quarantine/${run.window}`, quarantined, lines),
      };
    },
  };
}

function manifestOf(
  { job, window, fence, start }: SinkRun,
  end: SinkCursor,
  objects: readonly ManifestEntry[],
  quarantine: readonly ManifestEntry[],
): string {
  const records = objects.reduce((sum, entry) => sum + entry.records, 0);
  const range = objects.length > 0 && { from: objects[0]?.from, to: objects.at(-1)?.to };
  const manifest = {
    schema: MANIFEST_SCHEMA,
    job,
    window,
    fence,
    start,
    end,
    records,
    ...range,
    objects,
    quarantine,
  };
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}

/** S3's answers when a name is taken, or is being taken at this moment. */
function isTaken(error: unknown): boolean {
  return ['PreconditionFailed', 'ConditionalRequestConflict'].includes(errorNameOf(error));
}

/** How often the SDK has sent the request that failed. */
function attemptsOf(error: unknown): number {
  const { $metadata } = error as { $metadata?: { attempts?: number } };
  return $metadata?.attempts ?? 1;
}

// Names sort as they were written. A fence has ten digits, like the clock's seconds that it began with.
function padded(value: number, digits: number): string {
  return String(value).padStart(digits, '0');
}

function sinkError(bucket: string, error: unknown, objectName: string): IntegrationError {
  const name = errorNameOf(error);
  if (isTaken(error)) {
    return new ServiceUnavailableError(
      'SINK_UNAVAILABLE',
      `bucket "${bucket}" holds ${objectName} already, and nothing is written over it; the next run has a number of its own`,
      { cause: error },
    );
  }
  return REFUSALS.has(name)
    ? new ConfigurationError(
        `bucket "${bucket}" refuses this function (${name}): check its name, its region and the role's permissions`,
        { cause: error },
      )
    : new ServiceUnavailableError('SINK_UNAVAILABLE', `bucket "${bucket}" did not take an object (${name})`, {
        cause: error,
      });
}

function s3Client(): S3Client {
  return new S3Client({
    maxAttempts: 3,
    // Without the last setting the time limit of a request only writes a warning.
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
  });
}
