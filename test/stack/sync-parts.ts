import { DynamoDBClient, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { DeleteObjectsCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { clientSettings } from '../../local-stack/aws/account.ts';
import { type FaultyBucket, startFaultyBucket } from '../chaos/sync/bucket.ts';
import { readOutput } from '../chaos/sync/output.ts';
import { type TestStack, testStack } from './stack.ts';

/** A stack for sync jobs, with a door to the bucket that can fail, and what a test does from outside. */
export interface SyncTestStack {
  readonly stack: TestStack;
  readonly bucket: FaultyBucket;
  /** Ticks a job and gives the report; throws nothing when the run fails: then `failed` is its code in the log. */
  run(job: string): Promise<Ran>;
  /** Records that the manifests of a job's live window name, in the order of their objects. */
  handedOver(job: string): Promise<Readonly<Record<string, unknown>>[]>;
  /** The stored item of a job, to be put back later. */
  stateOf(job: string): Promise<StateItem | undefined>;
  putState(item: StateItem): Promise<void>;
  /** Forgets how far a job has come, and what it handed over. */
  forget(job: string): Promise<void>;
  close(): Promise<void>;
}

export type StateItem = NonNullable<Awaited<ReturnType<TestStack['stateItem']>>>;

export interface Ran {
  readonly outcome: string;
  /** Code of the failure in the log, and what the log says of it. */
  readonly failed: unknown;
  readonly detail: unknown;
  readonly report: Readonly<Record<string, unknown>>;
}

const stateKey = (job: string) => `sync#${job}#live`;

export async function syncTestStack(options: Parameters<typeof testStack>[0] = {}): Promise<SyncTestStack> {
  const bucket = await startFaultyBucket();
  const stack = await testStack({
    ...options,
    settings: { TOKEN_TRUST_MS: '0', AWS_ENDPOINT_URL_S3: bucket.endpoint, ...options.settings },
  });
  const { ready } = stack;
  bucket.connect(ready.s3Endpoint);
  const s3 = new S3Client({ ...clientSettings(ready.s3Endpoint), forcePathStyle: true });
  const dynamodb = new DynamoDBClient(clientSettings(ready.dynamodbEndpoint));

  return {
    stack,
    bucket,
    async run(job) {
      const failures = stack.logged('SYNC_RUN_FAILED').length;
      const { payload } = await stack.functions.schedule.invoke({ job });
      const report = payload as Ran['report'];
      const failure = stack.logged('SYNC_RUN_FAILED')[failures];
      return { outcome: String(report['outcome']), failed: failure?.['code'], detail: failure?.['detail'], report };
    },
    async handedOver(job) {
      const { manifests, named } = await readOutput(ready, `${job}/${job}/live/`);
      const names = manifests.flatMap(({ objects }) => objects.map(({ name }) => name));
      return names.flatMap((name) => (named.get(name)?.lines ?? []).map((line) => JSON.parse(line)));
    },
    stateOf: (job) => stack.stateItem(stateKey(job)),
    async putState(item) {
      await dynamodb.send(new PutItemCommand({ TableName: ready.stateTable, Item: item }));
    },
    async forget(job) {
      // The item itself stays, and its fence with it: names of objects are not given twice.
      const Key = { pk: { S: stateKey(job) } };
      const UpdateExpression = 'REMOVE checkpoint, emitted, leaseUntilMs';
      if (await stack.stateItem(stateKey(job)))
        await dynamodb.send(new UpdateItemCommand({ TableName: ready.stateTable, Key, UpdateExpression }));
      const Bucket = ready.syncBucket;
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: `${job}/` }));
      const Objects = Contents.map(({ Key }) => ({ Key }));
      if (Objects.length > 0) await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    },
    async close() {
      s3.destroy();
      dynamodb.destroy();
      await stack.close();
      await bucket.close();
    },
  };
}
