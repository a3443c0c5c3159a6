import { GetObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { ConfigurationError, errorNameOf } from '../../errors.ts';
import { s3Bucket, s3Client, sinkError } from '../bucket.ts';

/**
 * Where a sweep keeps its sets.
 *
 * @throws ServiceUnavailableError `SINK_UNAVAILABLE`, ConfigurationError when the bucket refuses us.
 */
export interface SetStore {
  /** Stores an object. Its name carries the fence of whoever writes it, so that nobody else writes under it. */
  put(name: string, body: Uint8Array): Promise<void>;
  /**
   * The bytes of an object, or some of them: from one on, fewer where the object ends.
   *
   * @throws ConfigurationError `SWEEP_SETS` when it is not there, or ends before.
   */
  read(name: string, range?: { readonly from: number; readonly bytes: number }): Promise<Buffer>;
  /** Names that begin with a prefix and sort behind another name. All that was stored before the call is among them. */
  list(prefix: string, after: string): Promise<readonly string[]>;
}

/** Errors that say that an object, or this part of it, is not there. */
const ABSENT: ReadonlySet<string> = new Set(['NoSuchKey', 'InvalidRange']);
const CONTENT_TYPE = 'application/octet-stream';

/**
 * Sets in the sync bucket.
 *
 * @param options.client For tests. Default: an own client with 3 attempts.
 */
export function setStore({
  bucket,
  client = s3Client(),
}: {
  readonly bucket: string;
  readonly client?: Pick<S3Client, 'send'>;
}): SetStore {
  const objects = s3Bucket({ bucket, client });

  /** S3 says that something is missing only to those who may list it, and that right may depend on the prefix asked for. */
  const isAbsent = async (name: string, error: unknown): Promise<boolean> => {
    if (ABSENT.has(errorNameOf(error))) return true;
    if (errorNameOf(error) !== 'AccessDenied') return false;
    const { Contents } = await client
      .send(new ListObjectsV2Command({ Bucket: bucket, Prefix: name, MaxKeys: 1 }))
      .catch(() => ({ Contents: [{ Key: name }] }));
    return Contents?.[0]?.Key !== name;
  };

  return {
    put: (name, body) => objects.put({ name, body, contentType: CONTENT_TYPE }),

    async read(name, range) {
      const Range = range && `bytes=${range.from}-${range.from + range.bytes - 1}`;
      try {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: name, Range }));
        return Buffer.from((await Body?.transformToByteArray()) ?? []);
      } catch (error) {
        throw (await isAbsent(name, error))
          ? unreadable(name, 'it is not there', error)
          : sinkError(bucket, error, name);
      }
    },

    async list(prefix, after) {
      const names: string[] = [];
      let ContinuationToken: string | undefined;
      do {
        const page = new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, StartAfter: after, ContinuationToken });
        const answer = await client.send(page).catch((error) => {
          throw sinkError(bucket, error, prefix);
        });
        names.push(...(answer.Contents ?? []).flatMap(({ Key }) => (Key === undefined ? [] : [Key])));
        ContinuationToken = answer.IsTruncated ? answer.NextContinuationToken : undefined;
      } while (ContinuationToken !== undefined);
      return names;
    },
  };
}

/** Never taken for "nothing is known": that would report everything as new, or everything as deleted. */
export function unreadable(name: string, what: string, cause?: unknown): ConfigurationError {
  const job = /^sets\/([^/]+)\//.exec(name)?.[1] ?? '?';
  return new ConfigurationError(
    `the set ${name} of the sweep of sync job "${job}" cannot be used: ${what}. Restore that object; or forget all sets with ` +
      `"siebel sync reset ${job} --sweep", and the next sweep begins anew without reporting deletions`,
    { code: 'SWEEP_SETS', cause },
  );
}

/** A number in a name, so that names sort as they were written. */
export function padded(value: number, digits: number): string {
  return String(value).padStart(digits, '0');
}
