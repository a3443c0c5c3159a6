import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import type { S3Client } from '@aws-sdk/client-s3';

/** Longer than a part takes to compress. */
const PART_MS = 10;

interface Input {
  readonly Key?: string;
  readonly Body?: Uint8Array | string;
  readonly IfNoneMatch?: string;
  readonly UploadId?: string;
  readonly PartNumber?: number;
  readonly MultipartUpload?: { readonly Parts: readonly { readonly PartNumber: number; readonly ETag: string }[] };
}

interface Sent {
  readonly constructor: { readonly name: string };
  readonly input: Input;
}

/** A bucket with conditional writes and uploads in parts, behind the SDK's `send`. */
export interface BucketInMemory {
  readonly client: Pick<S3Client, 'send'>;
  readonly objects: ReadonlyMap<string, Buffer>;
  /** Requests in order: `PutObject <key>`. */
  readonly requests: readonly string[];
  /** Uploads that are neither complete nor given up. */
  openUploads(): number;
  /** The most parts that were under way at one instant. */
  mostParts(): number;
  /** Keys with what was asked of them: `*` when nothing may have the name. */
  readonly conditions: readonly (string | undefined)[];
  text(key: string): string;
  json(key: string): Record<string, unknown> & { readonly objects: { readonly name: string }[] };
  /** Somebody else's object of this name. */
  putByAnother(key: string): void;
  /** Requests of this command, or those of one key alone, fail from now on, or not any more. */
  failWith(command: string, error?: Error, key?: string): void;
  /** The next request of this command takes effect, but its answer is lost, and the client sends it again. */
  loseAnswer(command: string): void;
}

/** @param options.checksNameFirst Whether completing an upload that is complete is refused for the name that it took. */
export function bucketInMemory({ checksNameFirst = false } = {}): BucketInMemory {
  const objects = new Map<string, Buffer>();
  const uploads = new Map<string, Map<number, Buffer>>();
  const requests: string[] = [];
  const conditions: (string | undefined)[] = [];
  const failures = new Map<string, Error>();
  const lost = new Set<string>();
  let parts = 0;
  let mostParts = 0;

  const refuse = (name: string, attempts: number) => {
    throw Object.assign(new Error(name), { name, $metadata: { attempts } });
  };
  const store = ({ Key = '', IfNoneMatch }: Input, body: Buffer, attempts: number) => {
    if (IfNoneMatch === '*' && objects.has(Key)) refuse('PreconditionFailed', attempts);
    objects.set(Key, body);
    conditions.push(IfNoneMatch);
  };
  const uploadOf = (input: Input, attempts: number) => {
    const upload = uploads.get(input.UploadId ?? '');
    return upload ?? refuse('NoSuchUpload', attempts);
  };
  const perform = async (command: string, input: Input, attempts: number) => {
    switch (command) {
      case 'PutObject':
        return store(input, Buffer.from(input.Body ?? ''), attempts);
      case 'CreateMultipartUpload':
        uploads.set(`upload of ${input.Key}`, new Map());
        return { UploadId: `upload of ${input.Key}` };
      case 'UploadPart':
        parts += 1;
        mostParts = Math.max(mostParts, parts);
        await sleep(PART_MS);
        parts -= 1;
        uploadOf(input, attempts)?.set(input.PartNumber ?? 0, Buffer.from(input.Body ?? ''));
        return { ETag: `"${input.PartNumber}"`, ChecksumCRC32: `crc of ${input.PartNumber}` };
      case 'CompleteMultipartUpload': {
        if (checksNameFirst && objects.has(input.Key ?? '')) refuse('PreconditionFailed', attempts);
        const upload = uploadOf(input, attempts);
        const named = (input.MultipartUpload?.Parts ?? []).map(({ PartNumber }) => upload?.get(PartNumber));
        store(input, Buffer.concat(named.map((part) => part ?? Buffer.alloc(0))), attempts);
        return void uploads.delete(input.UploadId ?? '');
      }
      case 'AbortMultipartUpload':
        uploadOf(input, attempts);
        return void uploads.delete(input.UploadId ?? '');
      default:
        throw new Error(`this bucket does not know ${command}`);
    }
  };
  const send = async (sent: Sent) => {
    const { input } = sent;
    const command = sent.constructor.name.replace(/Command$/, '');
    requests.push(`${command} ${input.Key}`);
    const failure = failures.get(command) ?? failures.get(`${command} ${input.Key}`);
    if (failure) throw failure;
    if (!lost.delete(command)) return (await perform(command, input, 1)) ?? {};
    await perform(command, input, 1).catch(() => undefined);
    return (await perform(command, input, 2)) ?? {};
  };

  return {
    client: { send: send as never },
    objects,
    requests,
    conditions,
    openUploads: () => uploads.size,
    mostParts: () => mostParts,
    text: (key) => gunzipSync(objects.get(key) ?? Buffer.alloc(0)).toString(),
    json: (key) => JSON.parse(String(objects.get(key))),
    putByAnother: (key) => void objects.set(key, Buffer.from('of another')),
    failWith(command, error, key) {
      const what = key === undefined ? command : `${command} ${key}`;
      if (error) failures.set(what, error);
      else failures.delete(what);
    },
    loseAnswer: (command) => void lost.add(command),
  };
}

/** An error of the SDK. */
export function awsError(name: string): Error {
  return Object.assign(new Error('arn:aws:iam::123456789012:role/x is not authorized'), { name });
}
