import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { GetObjectCommand, ListObjectsV2Command, S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { ConfigurationError, errorNameOf, IntegrationError, ServiceUnavailableError } from '../../errors.ts';

/** What the runs of a job have left in the bucket, to be read. */
export interface OutputBucket {
  /** Names of all objects below a folder. */
  list(folder: string): AsyncIterable<string>;
  /** A whole object as text. */
  read(name: string): Promise<string>;
  /** A gzip object, line by line, and when it was written. */
  lines(name: string): Promise<{ readonly writtenAtMs: number; readonly lines: AsyncIterable<string> }>;
}

/** Errors that waiting does not mend. */
const REFUSALS =
  /^(AccessDenied|AllAccessDisabled|AuthorizationHeaderMalformed|InvalidAccessKeyId|InvalidBucketName|InvalidObjectState|KMS\..*|NoSuchBucket|NoSuchKey|NotFound|PermanentRedirect|SignatureDoesNotMatch)$/;

/**
 * The sync bucket for whoever compares it.
 *
 * What uses it throws ConfigurationError when the bucket refuses us, or an object is gone that a manifest names;
 * ServiceUnavailableError `SINK_UNAVAILABLE` when it does not answer, or an object ends too early.
 *
 * @param options.client For tests. Default: an own client with 3 attempts.
 */
export function outputBucket({
  bucket,
  connection = {},
  client = s3Client(connection),
}: {
  readonly bucket: string;
  readonly connection?: Pick<S3ClientConfig, 'endpoint' | 'region' | 'credentials'>;
  readonly client?: Pick<S3Client, 'send'>;
}): OutputBucket {
  const asked = async <T>(ask: () => Promise<T>): Promise<T> => {
    try {
      return await ask();
    } catch (error) {
      throw bucketError(bucket, error);
    }
  };
  const get = async (name: string) => {
    const { Body, LastModified } = await asked(() => client.send(new GetObjectCommand({ Bucket: bucket, Key: name })));
    if (!(Body instanceof Readable)) throw bucketError(bucket, new Error('an answer without a body'));
    return { body: Body as Readable, writtenAtMs: LastModified?.getTime() ?? 0 };
  };

  return {
    async *list(folder) {
      let token: string | undefined;
      do {
        const command = new ListObjectsV2Command({
          Bucket: bucket,
          Prefix: folder,
          ...(token === undefined ? {} : { ContinuationToken: token }),
        });
        const { Contents = [], NextContinuationToken } = await asked(() => client.send(command));
        for (const { Key = '' } of Contents) yield Key;
        token = NextContinuationToken;
      } while (token !== undefined);
    },

    async read(name) {
      const { body } = await get(name);
      return asked(async () => Buffer.concat(await body.toArray()).toString());
    },

    async lines(name) {
      const { body, writtenAtMs } = await get(name);
      return { writtenAtMs, lines: linesOf(body, bucket) };
    },
  };
}

async function* linesOf(body: Readable, bucket: string): AsyncGenerator<string> {
  // An interface of readline ends quietly when its input fails: half an object would pass for a whole one.
  let failure: unknown;
  const text = body
    .on('error', (error) => text.destroy(error))
    .pipe(createGunzip())
    .on('error', (error) => {
      failure = error;
    });
  try {
    for await (const line of createInterface({ input: text, crlfDelay: Number.POSITIVE_INFINITY })) {
      if (line !== '') yield line;
    }
  } catch (error) {
    failure ??= error;
  } finally {
    body.destroy();
  }
  if (failure !== undefined) throw bucketError(bucket, failure);
}

function bucketError(bucket: string, error: unknown): IntegrationError {
  if (error instanceof IntegrationError) return error;
  const name = errorNameOf(error);
  return REFUSALS.test(name)
    ? new ConfigurationError(
        `bucket "${bucket}" refuses to be read (${name}): check its name, its region, your permissions, and whether its life cycle has removed objects`,
        { cause: error },
      )
    : new ServiceUnavailableError('SINK_UNAVAILABLE', `bucket "${bucket}" did not give an object (${name})`, {
        cause: error,
      });
}

function s3Client(connection: Pick<S3ClientConfig, 'endpoint' | 'region' | 'credentials'>): S3Client {
  return new S3Client({
    ...connection,
    ...(connection.endpoint === undefined ? {} : { forcePathStyle: true }),
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 2_000, requestTimeout: 30_000, throwOnRequestTimeout: true },
  });
}
