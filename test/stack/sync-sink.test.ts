import { gunzipSync } from 'node:zlib';
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runSync } from '../../lib/sync/run.ts';
import { s3Sink } from '../../lib/sync/s3-sink.ts';
import { clientSettings } from '../../local-stack/aws/account.ts';
import { type SqsAndS3StandIn, startSqsAndS3 } from '../../local-stack/aws/sqs-s3.ts';
import { changes, idsOf, JOB, MINUTE, syncParts } from '../lib/sync/sync-parts.ts';

const BUCKET = 'siebel-sync';
let standIn: SqsAndS3StandIn;
let client: S3Client;

beforeAll(async () => {
  standIn = await startSqsAndS3();
  client = new S3Client({ ...clientSettings(standIn.endpoint), forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
});

afterAll(async () => {
  client.destroy();
  await standIn.close();
});

async function objects(): Promise<Map<string, Buffer>> {
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: BUCKET }));
  const read = Contents.map(async ({ Key = '' }): Promise<[string, Buffer]> => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
    return [Key, Buffer.from((await Body?.transformToByteArray()) ?? [])];
  });
  return new Map(await Promise.all(read));
}

describe('a sync into a bucket', () => {
  it('leaves objects that manifests name, and a quiet run leaves nothing', async () => {
    const parts = { ...syncParts(), sink: s3Sink({ bucket: BUCKET, prefix: 'crm', client }) };
    const run = () => runSync('accounts', JOB, { deadlineAtMs: parts.clock.now() + 15 * MINUTE }, parts);
    parts.siebel.put(...changes(1_250, { lastBeforeNowMs: 2 * MINUTE }));

    const { objects: names } = await run();
    await run();

    const stored = await objects();
    expect([...stored.keys()].sort()).toEqual([...names, 'crm/accounts/live/0000000001-manifest.json'].sort());
    const manifest = JSON.parse(String(stored.get('crm/accounts/live/0000000001-manifest.json')));
    expect(manifest).toMatchObject({
      records: 1_250,
      end: { at: '2023-11-14T22:11:20Z', id: '1-001249' },
      objects: names.map((name) => ({ name })),
    });
    const lines = names.flatMap((name) =>
      gunzipSync(stored.get(name) ?? Buffer.alloc(0))
        .toString()
        .trim()
        .split('\n'),
    );
    expect(idsOf(lines)).toEqual(changes(1_250).map(({ id }) => id));
  });

  it('says so when the bucket is not there', async () => {
    const parts = { ...syncParts(), sink: s3Sink({ bucket: 'no-such-bucket', prefix: 'crm', client }) };
    parts.siebel.put(...changes(1));

    await expect(
      runSync('accounts', JOB, { deadlineAtMs: parts.clock.now() + 15 * MINUTE }, parts),
    ).rejects.toMatchObject({ code: 'CONFIGURATION', message: expect.stringContaining('no-such-bucket') });
    expect(parts.state.saved).toEqual([]);
  });
});
