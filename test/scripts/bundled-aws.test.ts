import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bundle } from '../../scripts/bundle.ts';

/** Runs in a process of its own, as a function would: nothing of the test is loaded beside the bundles. */
const PROGRAM = `
  const load = (name) => import(process.env.FOLDER + '/' + name + '.mjs');
  const [{ stateTable }, { callItems }, { readClientCredentials }] =
    await Promise.all(['table', 'call-items', 'client-credentials'].map(load));
  const clock = { now: () => Date.now(), elapsed: () => performance.now(), random: () => 0, sleep: async () => {} };
  const item = {
    operation: 'account.upsert', key: 'k', state: 'STARTED', payloadHash: 'h', attempt: 1, leaseUntilMs: 0, sentUntilMs: 0,
    firstStartedAtMs: 0, unknown: false, existsSaid: false, deaths: 0, bugs: 0,
  };
  const store = callItems(stateTable({ tableName: 'state', clock }));
  const told = (work) => work().then((value) => value, ({ code }) => code);
  console.log(JSON.stringify([
    await told(() => store.put(item)),
    await told(() => store.put(item)),
    await told(readClientCredentials({ secretId: 'credentials' })),
  ]));`;

const FILES = ['lib/state/table.ts', 'lib/state/call-items.ts', 'lib/secrets/client-credentials.ts'];

let folder: string;
let server: Server;
/** What the services answer, by the requests' target: one after the other, the last one for ever. */
let answers: Record<string, { status: number; body: object }[]>;
let asked: string[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bundled-aws-'));
  const entries = FILES.map((file) => ({ in: file, out: basename(file, '.ts') }));
  const { outputFiles } = await bundle(entries, folder);
  for (const { path, contents } of outputFiles) writeFileSync(path, contents);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => {
    const target = String(request.headers['x-amz-target']).split('.').at(-1) ?? '';
    asked.push(target);
    const left = answers[target] ?? [];
    const { status = 500, body = {} } = (left.length > 1 ? left.shift() : left[0]) ?? {};
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(body));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
});
afterEach(() => new Promise((closed) => server.close(closed)));

describe('the AWS clients as they are bundled', () => {
  it('tell errors apart by their names, and repeat what may be repeated', async () => {
    const dynamodb = (name: string) => ({
      status: 400,
      body: { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message: 'no' },
    });
    answers = {
      PutItem: [
        dynamodb('ProvisionedThroughputExceededException'),
        dynamodb('ConditionalCheckFailedException'),
        dynamodb('ResourceNotFoundException'),
      ],
      GetItem: [{ status: 200, body: {} }],
      GetSecretValue: [{ status: 400, body: { __type: 'ResourceNotFoundException', Message: 'no' } }],
    };
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', PROGRAM], {
      env: {
        PATH: process.env['PATH'],
        FOLDER: pathToFileURL(folder).href,
        AWS_REGION: 'eu-central-1',
        AWS_ACCESS_KEY_ID: 'id',
        AWS_SECRET_ACCESS_KEY: 'secret',
        AWS_ENDPOINT_URL: endpoint,
      },
    });

    expect(JSON.parse(stdout)).toEqual([{}, 'STATE_DENIED', 'SECRET_DENIED']);
    // The first was throttled and is sent again; of the second the condition failed, so that the item is read.
    expect(asked.slice(0, 4)).toEqual(['PutItem', 'PutItem', 'GetItem', 'PutItem']);
    expect(asked.filter((target) => target === 'GetSecretValue')).toHaveLength(1);
  });
});
