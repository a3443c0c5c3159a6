import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { ConfigurationError, errorNameOf, type IntegrationError, ServiceUnavailableError } from '../errors.ts';

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

/**
 * A bucket as sinks write to it.
 *
 * @throws ServiceUnavailableError `SINK_UNAVAILABLE`, also for a name that is taken; ConfigurationError when it refuses us.
 */
export interface Bucket {
  /**
   * Stores an object under a name that nothing has.
   *
   * @returns False when an earlier attempt of this very request may have taken the name, without its answer having come:
   *   then another name is needed.
   */
  putNew(object: BucketObject): Promise<boolean>;
  /** Stores an object, also over the one that has its name. */
  put(object: BucketObject): Promise<void>;
  /** Begins an object that comes in parts, under a name that nothing has. */
  upload(object: Omit<BucketObject, 'body'>): Promise<Upload>;
}

export interface BucketObject {
  readonly name: string;
  readonly body: Uint8Array | string;
  readonly contentType: string;
}

/** An object that comes in parts: it is not there before it is complete. */
export interface Upload {
  /** Sends the next part, at least 5 MiB unless it is the last; one at a time. */
  part(body: Uint8Array): Promise<void>;
  complete(): Promise<void>;
  /** Ends the part under way, and gives up all. Never throws: what stays behind is removed by the bucket's life cycle. */
  abort(): Promise<void>;
}

/**
 * A bucket over S3's API. The SDK repeats requests that fail, three attempts of at most 10 s in all.
 *
 * @param options.client For tests, or with settings of its own.
 */
export function s3Bucket({
  bucket,
  client = s3Client(),
}: {
  readonly bucket: string;
  readonly client?: Pick<S3Client, 'send'>;
}): Bucket {
  const place = (name: string) => ({ Bucket: bucket, Key: name });
  const failed = (error: unknown, name: string) => sinkError(bucket, error, name);

  return {
    async putNew({ name, body, contentType }) {
      try {
        const object = { ...place(name), Body: body, ContentType: contentType };
        await client.send(new PutObjectCommand({ ...object, IfNoneMatch: '*' }));
        return true;
      } catch (error) {
        // The client asks again when no answer comes: then it is its own first attempt that has taken the name.
        if (isTaken(error) && attemptsOf(error) > 1) return false;
        throw failed(error, name);
      }
    },

    async put({ name, body, contentType }) {
      try {
        await client.send(new PutObjectCommand({ ...place(name), Body: body, ContentType: contentType }));
      } catch (error) {
        throw failed(error, name);
      }
    },

    async upload({ name, contentType }) {
      const ChecksumAlgorithm = 'CRC32';
      const parts: CompletedPart[] = [];
      const over = new AbortController();
      const create = new CreateMultipartUploadCommand({ ...place(name), ContentType: contentType, ChecksumAlgorithm });
      const { UploadId } = await client.send(create).catch((error) => {
        throw failed(error, name);
      });
      const upload = { ...place(name), UploadId };
      const giveUp = () => client.send(new AbortMultipartUploadCommand(upload));

      /** Whether an attempt that got no answer has completed the upload: one that is complete cannot be given up any more. */
      const isComplete = () =>
        giveUp().then(
          () => false,
          (error) => errorNameOf(error) === 'NoSuchUpload' && attemptsOf(error) === 1,
        );

      /**
       * Whether an object has the name. This may store an empty one under it: nothing names it, and this run has failed then.
       * A role that writes may not read, so there is no other way to ask.
       */
      const isThere = () =>
        client
          .send(new PutObjectCommand({ ...place(name), Body: '', ContentType: contentType, IfNoneMatch: '*' }))
          .then(
            () => false,
            (error) => errorNameOf(error) === 'PreconditionFailed',
          );

      return {
        async part(body) {
          const PartNumber = parts.length + 1;
          const command = new UploadPartCommand({ ...upload, PartNumber, Body: body, ChecksumAlgorithm });
          try {
            const { ETag, ChecksumCRC32 } = await client.send(command, { abortSignal: over.signal });
            parts.push({ PartNumber, ETag, ChecksumCRC32 });
          } catch (error) {
            throw failed(error, name);
          }
        },

        async complete() {
          const command = new CompleteMultipartUploadCommand({
            ...upload,
            MultipartUpload: { Parts: parts },
            IfNoneMatch: '*',
          });
          try {
            await client.send(command);
          } catch (error) {
            const isRepeat = attemptsOf(error) > 1;
            if (isRepeat && errorNameOf(error) === 'NoSuchUpload' && (await isThere())) return;
            if (isRepeat && isTaken(error) && (await isComplete())) return;
            throw failed(error, name);
          }
        },

        async abort() {
          over.abort();
          await giveUp().catch(() => undefined);
        },
      };
    },
  };
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

/** What a sink throws for a request that the bucket has not answered well. */
export function sinkError(bucket: string, error: unknown, objectName: string): IntegrationError {
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

/** A client whose every request ends in time: 3 attempts of at most 10 s. */
export function s3Client(): S3Client {
  return new S3Client({
    maxAttempts: 3,
    // Without the last setting the time limit of a request only writes a warning; the one of the socket ends an answer that
    // stops in its middle.
    requestHandler: {
      connectionTimeout: 1_000,
      requestTimeout: 10_000,
      socketTimeout: 5_000,
      throwOnRequestTimeout: true,
    },
  });
}
