import { gunzipSync } from 'node:zlib';
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { clientSettings } from '../../../local-stack/aws/account.ts';

/** An object of the sync bucket with its lines. */
export interface OutputObject {
  readonly name: string;
  readonly lines: readonly string[];
}

export interface Manifest {
  readonly name: string;
  readonly window: string;
  readonly fence: number;
  readonly records: number;
  readonly objects: readonly { readonly name: string; readonly records: number }[];
  readonly quarantine: readonly { readonly name: string; readonly records: number }[];
}

/** What lies in the bucket, read as any consumer would: by the manifests. */
export interface Output {
  readonly manifests: readonly Manifest[];
  /** Objects with records that manifests name and that are there, by name. */
  readonly named: ReadonlyMap<string, OutputObject>;
  /** Objects with records that no manifest names: of runs that died or were overtaken. */
  readonly unnamed: readonly string[];
}

const READ_AT_A_TIME = 8;

export async function readOutput(
  { s3Endpoint, syncBucket }: { readonly s3Endpoint: string; readonly syncBucket: string },
  prefix: string,
): Promise<Output> {
  const client = new S3Client({ ...clientSettings(s3Endpoint), forcePathStyle: true });
  try {
    const names = await namesIn(client, syncBucket, prefix);
    const manifests: Manifest[] = [];
    for (const name of names.filter((each) => each.endsWith('-manifest.json')))
      manifests.push({ ...JSON.parse((await contentOf(client, syncBucket, name)).toString()), name });

    const wanted = new Set(manifests.flatMap(({ objects }) => objects.map(({ name }) => name)));
    const holding = names.filter((name) => name.endsWith('.ndjson.gz') && !name.includes('/quarantine/'));
    const named = new Map<string, OutputObject>();
    const present = holding.filter((name) => wanted.has(name));
    for (let at = 0; at < present.length; at += READ_AT_A_TIME) {
      const read = present.slice(at, at + READ_AT_A_TIME).map(async (name): Promise<OutputObject> => {
        const text = gunzipSync(await contentOf(client, syncBucket, name)).toString();
        return { name, lines: text === '' ? [] : text.trimEnd().split('\n') };
      });
      for (const object of await Promise.all(read)) named.set(object.name, object);
    }
    return { manifests, named, unnamed: holding.filter((name) => !wanted.has(name)) };
  } finally {
    client.destroy();
  }
}

async function namesIn(client: S3Client, Bucket: string, Prefix: string): Promise<string[]> {
  const names: string[] = [];
  let token: string | undefined;
  do {
    const page = await client.send(new ListObjectsV2Command({ Bucket, Prefix, ContinuationToken: token }));
    names.push(...(page.Contents ?? []).map(({ Key = '' }) => Key));
    token = page.NextContinuationToken;
  } while (token !== undefined);
  return names;
}

async function contentOf(client: S3Client, Bucket: string, Key: string): Promise<Buffer> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}
