import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { DynamoDBClient, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { expect, it, onTestFinished } from 'vitest';
import { clientSettings } from '../../local-stack/aws/account.ts';
import { startDynamoDb } from '../../local-stack/aws/dynamodb.ts';
import { provision } from '../../local-stack/aws/provision.ts';
import { startSecretsManager } from '../../local-stack/aws/secrets-manager.ts';
import { startSqsAndS3 } from '../../local-stack/aws/sqs-s3.ts';

async function secretsManager() {
  const standIn = await startSecretsManager();
  const client = new SecretsManagerClient({ ...clientSettings(standIn.endpoint), maxAttempts: 1 });
  onTestFinished(async () => {
    client.destroy();
    await standIn.close();
  });
  await client.send(new CreateSecretCommand({ Name: 'siebel/client', SecretString: 'first' }));
  const read = async (input: { VersionStage?: string; VersionId?: string } = {}) =>
    (await client.send(new GetSecretValueCommand({ SecretId: 'siebel/client', ...input }))).SecretString;
  return { standIn, client, read };
}

it('keeps a secret under its name and its ARN', async () => {
  const { client, read } = await secretsManager();
  const { ARN } = await client.send(new DescribeSecretCommand({ SecretId: 'siebel/client' }));

  expect(ARN).toMatch(/^arn:aws:secretsmanager:eu-west-1:000000000000:secret:siebel\/client-[0-9a-f]{6}$/);
  expect(await read()).toBe('first');
  expect(await client.send(new GetSecretValueCommand({ SecretId: ARN }))).toMatchObject({
    Name: 'siebel/client',
    SecretString: 'first',
    VersionStages: ['AWSCURRENT'],
    CreatedDate: expect.any(Date),
  });
});

it('moves the label of the previous version with the current one', async () => {
  const { client, read } = await secretsManager();
  await client.send(new PutSecretValueCommand({ SecretId: 'siebel/client', SecretString: 'second' }));

  expect(await read()).toBe('second');
  expect(await read({ VersionStage: 'AWSPREVIOUS' })).toBe('first');
  await expect(read({ VersionStage: 'AWSPENDING' })).rejects.toThrow(/staging label: AWSPENDING/);
});

it('makes a pending version current, as the last step of a rotation does', async () => {
  const { client, read } = await secretsManager();
  const pendingId = '11111111-2222-4333-8444-555555555555';
  const put = { SecretId: 'siebel/client', ClientRequestToken: pendingId, VersionStages: ['AWSPENDING'] };
  await client.send(new PutSecretValueCommand({ ...put, SecretString: 'second' }));
  await client.send(new PutSecretValueCommand({ ...put, SecretString: 'second' }));
  const { VersionIdsToStages } = await client.send(new DescribeSecretCommand({ SecretId: 'siebel/client' }));
  const currentId = Object.entries(VersionIdsToStages ?? {}).find(([, stages]) => stages.includes('AWSCURRENT'))?.[0];
  const move = { SecretId: 'siebel/client', VersionStage: 'AWSCURRENT', MoveToVersionId: pendingId };

  expect(await read()).toBe('first');
  await expect(client.send(new UpdateSecretVersionStageCommand(move))).rejects.toThrow(/RemoveFromVersionId/);
  await client.send(new UpdateSecretVersionStageCommand({ ...move, RemoveFromVersionId: String(currentId) }));

  expect(await read()).toBe('second');
  expect(await read({ VersionId: String(currentId), VersionStage: 'AWSPREVIOUS' })).toBe('first');
  await expect(client.send(new PutSecretValueCommand({ ...put, SecretString: 'third' }))).rejects.toMatchObject({
    name: 'ResourceExistsException',
  });
});

it('answers mistakes with the exceptions of Secrets Manager', async () => {
  const { client, read } = await secretsManager();

  await expect(client.send(new GetSecretValueCommand({ SecretId: 'other' }))).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  });
  await expect(read({ VersionId: '99999999-9999-4999-8999-999999999999' })).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  });
  await expect(
    client.send(new CreateSecretCommand({ Name: 'siebel/client', SecretString: 'x' })),
  ).rejects.toMatchObject({ name: 'ResourceExistsException' });
});

it.each([
  ['throttle', 'ThrottlingException'],
  ['deny', 'AccessDeniedException'],
  ['undecryptable', 'DecryptionFailure'],
  ['unavailable', 'InternalServiceError'],
] as const)('fails reads on demand: %s', async (fault, name) => {
  const { standIn, read } = await secretsManager();
  standIn.failReads(fault, { times: 2 });

  await expect(read()).rejects.toMatchObject({ name });
  await expect(read()).rejects.toMatchObject({ name });
  expect(await read()).toBe('first');
  expect(standIn.stats()).toEqual({ reads: 3, faults: 2 });
});

it('stays silent on demand, until it recovers', async () => {
  const { standIn, client, read } = await secretsManager();
  standIn.failReads('silent');
  const impatient = new GetSecretValueCommand({ SecretId: 'siebel/client' });

  await expect(client.send(impatient, { abortSignal: AbortSignal.timeout(50) })).rejects.toMatchObject({
    name: 'AbortError',
  });
  standIn.recover();
  expect(await read()).toBe('first');
});

it('provisions queues, bucket and table that SDK clients can use', async () => {
  const [aws, dynamodb] = await Promise.all([startSqsAndS3(), startDynamoDb()]);
  onTestFinished(async () => void (await Promise.all([aws.close(), dynamodb.close()])));

  const { queueUrl, queueArn, deadLetterUrl } = await provision(
    { sqsEndpoint: aws.endpoint, s3Endpoint: aws.endpoint, dynamodbEndpoint: dynamodb.endpoint },
    {
      queueName: 'calls',
      deadLetterName: 'calls-dead',
      visibilityTimeoutSeconds: 30,
      maxReceiveCount: 1,
      stateTable: 'state',
      bucket: 'sync-output',
    },
  );

  expect(queueUrl).toBe(`${aws.endpoint}/000000000000/calls`);
  expect(queueArn).toBe('arn:aws:sqs:eu-west-1:000000000000:calls');

  // A client without any special setting, given nothing but the queue's address.
  const sqs = new SQSClient(clientSettings(aws.endpoint));
  await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: 'lost twice' }));
  const receive = (QueueUrl: string, VisibilityTimeout?: number) =>
    sqs.send(
      new ReceiveMessageCommand({ QueueUrl, ...(VisibilityTimeout === undefined ? {} : { VisibilityTimeout }) }),
    );
  expect((await receive(queueUrl, 0)).Messages).toHaveLength(1);
  expect((await receive(queueUrl)).Messages).toBeUndefined();
  expect((await receive(deadLetterUrl)).Messages).toMatchObject([{ Body: 'lost twice' }]);

  const s3 = new S3Client(clientSettings(aws.endpoint));
  await s3.send(new PutObjectCommand({ Bucket: 'sync-output', Key: 'a/b.ndjson.gz', Body: Buffer.from([1, 2, 3]) }));
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'sync-output', Key: 'a/b.ndjson.gz' }));
  expect([...((await Body?.transformToByteArray()) ?? [])]).toEqual([1, 2, 3]);

  const db = new DynamoDBClient(clientSettings(dynamodb.endpoint));
  const put = (pk: string, more = {}) =>
    db.send(
      new PutItemCommand({
        TableName: 'state',
        Item: { pk: { S: pk }, ...more },
        ConditionExpression: 'attribute_not_exists(pk)',
      }),
    );
  await put('sync#accounts');
  await put('parked#1', { parkedBucket: { S: 'parked' }, rejectedAtMs: { N: '5' } });
  await expect(put('sync#accounts')).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
  const parked = await db.send(
    new QueryCommand({
      TableName: 'state',
      IndexName: 'parked',
      KeyConditionExpression: 'parkedBucket = :p',
      ExpressionAttributeValues: { ':p': { S: 'parked' } },
    }),
  );
  expect(parked.Items?.map(({ pk }) => pk?.S)).toEqual(['parked#1']);
  for (const client of [sqs, s3, db]) client.destroy();
});

it('writes over nothing under S3’s If-None-Match, whole or in parts, and over anything without', async () => {
  const aws = await startSqsAndS3();
  const s3 = new S3Client({ ...clientSettings(aws.endpoint), maxAttempts: 1 });
  onTestFinished(async () => {
    s3.destroy();
    await aws.close();
  });
  const Bucket = 'sync-output';
  await s3.send(new CreateBucketCommand({ Bucket }));
  const put = (Key: string, Body: string, IfNoneMatch?: string) =>
    s3.send(new PutObjectCommand({ Bucket, Key, Body, IfNoneMatch }));
  const parts = async (Key: string) => {
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key }));
    const part = { Bucket, Key, UploadId, PartNumber: 1 };
    const { ETag } = await s3.send(new UploadPartCommand({ ...part, Body: 'in parts' }));
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
    return () =>
      s3.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload, IfNoneMatch: '*' }));
  };
  const text = async (Key: string) => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
    return Body?.transformToString();
  };
  const taken = { name: 'PreconditionFailed', $metadata: { httpStatusCode: 412 } };

  const complete = await parts('a b/ż.gz');
  await put('a b/ż.gz', 'whole', '*');
  await expect(put('a b/ż.gz', 'other', '*')).rejects.toMatchObject(taken);
  await expect(complete()).rejects.toMatchObject(taken);
  expect(await text('a b/ż.gz')).toBe('whole');
  await put('a b/ż.gz', 'over it');
  expect(await text('a b/ż.gz')).toBe('over it');

  await (await parts('b.gz'))();
  await expect(put('b.gz', 'other', '*')).rejects.toMatchObject(taken);
  expect(await text('b.gz')).toBe('in parts');

  // Of several at the same time one comes first.
  const all = await Promise.allSettled(Array.from({ length: 8 }, (_, n) => put('c.gz', String(n), '*')));
  expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

it('listens on this machine only', async ({ skip }) => {
  const outside = Object.values(networkInterfaces())
    .flat()
    .find((address) => address?.family === 'IPv4' && !address.internal)?.address;
  skip(outside === undefined, 'this machine has no other address');
  const standIns = await Promise.all([startSecretsManager(), startDynamoDb(), startSqsAndS3()]);
  onTestFinished(async () => void (await Promise.all(standIns.map((standIn) => standIn.close()))));

  for (const { endpoint } of standIns) {
    expect(new URL(endpoint).hostname).toBe('127.0.0.1');
    await expect(reach(String(outside), Number(new URL(endpoint).port))).resolves.not.toBe('connected');
  }
});

function reach(host: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 1_000 }, () => resolve('connected'));
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(String(error.code)));
    socket.on('timeout', () => resolve('timeout'));
    socket.on('connect', () => socket.destroy());
  });
}
