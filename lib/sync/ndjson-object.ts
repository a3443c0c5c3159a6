import { createGzip } from 'node:zlib';
import { ServiceUnavailableError } from '../errors.ts';
import type { Bucket, Upload } from './bucket.ts';

/** A gzip object of lines that is written while they come. It is there once it is closed. */
export interface NdjsonObject {
  /** One call at a time; waits while a part is under way and the next one is full. */
  write(lines: readonly string[]): Promise<void>;
  /** @returns The name that it got. */
  close(): Promise<string>;
  /** Never throws. */
  abort(): Promise<void>;
}

/** Compressed bytes of a part. S3 takes no smaller ones than 5 MiB. */
const PART_BYTES = 8 * 1024 * 1024;

const CONTENT_TYPE = 'application/gzip';
/** A third of the time that the default of 6 takes, for an eighth more bytes. */
const LEVEL = 3;
/** Names that are tried for one object when answers get lost. */
const MAX_NAMES = 3;
/** Text that is compressed at a time. */
const TEXT_LENGTH = 256 * 1024;

/**
 * Compresses lines as they come: one request for an object below 8 MiB, else parts of that size, one of them under way
 * while the next one is made. So it never takes more memory than three parts, however large it becomes.
 *
 * @param options.nextName A name that this run has not used.
 * @param options.partBytes For tests. Default 8 MiB.
 */
export function ndjsonObject({
  bucket,
  nextName,
  partBytes = PART_BYTES,
}: {
  readonly bucket: Bucket;
  readonly nextName: () => string;
  readonly partBytes?: number | undefined;
}): NdjsonObject {
  const gzip = createGzip({ level: LEVEL, chunkSize: 64 * 1024 });
  let held: Buffer[] = [];
  let heldBytes = 0;
  let upload: (Upload & { readonly name: string }) | undefined;
  let underWay: Promise<void> = Promise.resolve();
  let failure: { readonly error: unknown } | undefined;
  gzip.on('data', (bytes: Buffer) => {
    held.push(bytes);
    heldBytes += bytes.length;
  });
  const ended = new Promise<void>((resolve) => gzip.once('end', resolve));

  const takeHeld = (): Buffer => {
    const body = Buffer.concat(held);
    held = [];
    heldBytes = 0;
    return body;
  };

  const compress = (text: string) =>
    new Promise<void>((resolve, reject) => {
      gzip.write(text, (error) => (error ? reject(error) : resolve()));
    });

  /** Waits for the part under way; throws what it has met. */
  const partSent = async () => {
    await underWay;
    if (failure) throw failure.error;
  };

  const sendPart = async () => {
    await partSent();
    if (!upload) {
      const name = nextName();
      upload = { ...(await bucket.upload({ name, contentType: CONTENT_TYPE })), name };
    }
    // Whoever waits for it is told; until then nobody may be waiting.
    underWay = upload.part(takeHeld()).catch((error: unknown) => {
      failure = { error };
    });
  };

  const putWhole = async (body: Buffer): Promise<string> => {
    let name = '';
    for (let names = 0; names < MAX_NAMES; names += 1) {
      name = nextName();
      if (await bucket.putNew({ name, body, contentType: CONTENT_TYPE })) return name;
    }
    throw new ServiceUnavailableError(
      'SINK_UNAVAILABLE',
      `the bucket has stored an object ${MAX_NAMES} times without saying so, the last time as ${name}`,
    );
  };

  return {
    async write(lines) {
      for (const text of textsOf(lines)) {
        await compress(text);
        if (heldBytes >= partBytes) await sendPart();
      }
      if (failure) throw failure.error;
    },

    async close() {
      gzip.end();
      await ended;
      if (!upload) return putWhole(takeHeld());
      if (heldBytes > 0) await sendPart();
      await partSent();
      await upload.complete();
      return upload.name;
    },

    async abort() {
      gzip.destroy();
      held = [];
      await upload?.abort();
      await underWay;
    },
  };
}

/** Lines with their ends, in texts of a size that is worth a turn of the compressor. */
function* textsOf(lines: readonly string[]): Generator<string> {
  let text = '';
  for (const line of lines) {
    text += `${line}\n`;
    if (text.length >= TEXT_LENGTH) {
      yield text;
      text = '';
    }
  }
  if (text !== '') yield text;
}
