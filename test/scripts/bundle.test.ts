import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { derive, type SyncTarget } from '../../lib/operations/index.ts';
import { type BuildReport, buildFunctions, FUNCTION_NAMES, type FunctionName } from '../../scripts/bundle.ts';
import integration from '../../siebel.config.ts';

const ROOT = resolve(import.meta.dirname, '../..');

/** An installation that sends to queues and to buses as well carries the clients of both. */
const targets = [...integration.sync.values()].map(({ to }) => to.kind);
const sendsToBoth = targets.includes('sqs') && targets.includes('eventbridge');
const SYNC_DEFLATED = sendsToBoth ? 232_000 : 228_000;
/** Most bytes of each bundle, and deflated: what a cold start has to load (C5). */
const MOST: Record<FunctionName, { bytes: number; deflated: number }> = {
  queue: { bytes: 550_000, deflated: 178_000 },
  api: { bytes: 550_000, deflated: 178_000 },
  schedule: { bytes: 730_000, deflated: SYNC_DEFLATED },
  backfill: { bytes: 730_000, deflated: SYNC_DEFLATED },
  authorizer: { bytes: 330_000, deflated: 110_000 },
};

/** Whose code may be in a function: what is not listed has come in unnoticed. */
const EVERYWHERE = [
  /^@aws-lambda-powertools\/(commons|logger|metrics)$/,
  /^@middy\/(core|util)$/,
  /^undici$/,
  /^zod$/,
  /^lodash\./,
  /^@aws\/lambda-invoke-store$/,
];
const SDK = [
  /^@aws-sdk\/(core|middleware-[a-z0-9-]+|util-[a-z-]+|types|xml-builder)$/,
  /^@smithy\//,
  /^@aws-crypto\//,
  /^tslib$/,
];
/** What a sync job needs of the SDK for the place where it puts records. */
const SENDERS: Partial<Record<SyncTarget['kind'], RegExp>> = {
  sqs: /^@aws-sdk\/client-sqs$/,
  eventbridge: /^@aws-sdk\/client-eventbridge$/,
};
const SYNC = [
  ...EVERYWHERE,
  ...SDK,
  ...[...integration.sync.values()].flatMap(({ to }) => SENDERS[to.kind] ?? []),
  /^@aws-sdk\/(client-(secrets-manager|dynamodb|s3)|dynamodb-codec|checksums|signature-v4-multi-region)$/,
  /^fast-xml-parser$/,
  /^strnum$/,
];
const PACKAGES: Record<FunctionName, readonly RegExp[]> = {
  queue: [...EVERYWHERE, ...SDK, /^@aws-sdk\/(client-(secrets-manager|dynamodb|sqs)|dynamodb-codec)$/],
  api: [...EVERYWHERE, ...SDK, /^@aws-sdk\/client-secrets-manager$/],
  schedule: SYNC,
  // Hides messages on its own queue.
  backfill: [...SYNC, /^@aws-sdk\/client-sqs$/],
  authorizer: [...EVERYWHERE, /^jose$/],
};
const NEVER =
  /zod\/v4\/locales|undici\/lib\/(web|dispatcher\/client-h2|llhttp\/llhttp-wasm|milo)|credential-provider|token-providers|node_modules\/.*endpoint-discovery|tracer|local-stack\/|(^|\/)test\//;

let first: BuildReport;
let second: BuildReport;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bundle-'));
  first = await buildFunctions({ outDir: join(folder, 'first') });
  second = await buildFunctions({ outDir: join(folder, 'second') });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const built = (name: FunctionName) => {
  const found = first.functions.find((candidate) => candidate.name === name);
  if (!found) throw new Error(`${name} was not built`);
  return found;
};

describe('build', () => {
  it('makes every function, and the same bytes each time', () => {
    expect(first.functions.map(({ name }) => name)).toEqual(FUNCTION_NAMES);
    expect(second.functions.map(({ sha256 }) => sha256)).toEqual(first.functions.map(({ sha256 }) => sha256));
    for (const { zipFile, sha256 } of first.functions) {
      expect(createHash('sha256').update(readFileSync(zipFile)).digest('hex')).toBe(sha256);
    }
  });

  it('writes down what siebel.config.ts means for the deployment', () => {
    expect(JSON.parse(readFileSync(first.deploymentFile, 'utf8'))).toEqual(
      JSON.parse(JSON.stringify(derive(integration))),
    );
  });
});

it('builds another file in the place of siebel.config.ts, with the senders that its jobs need and no others', async () => {
  const config = join(folder, 'other.config.ts');
  const vocabulary = JSON.stringify(join(ROOT, 'lib/operations/index.ts'));
  writeFileSync(
    config,
    `import { businessComponent, defineIntegration, sqs, text, utcDateTime } from ${vocabulary};
    const read = businessComponent('Order/Order', { viewMode: 'All', fields: { Number: text(10), Changed: utcDateTime() } });
    const orders = { read, cursor: 'Changed', every: 'rate(1 day)', to: sqs('orders') };
    export default defineIntegration({ operations: { 'order.get': read.get() }, sync: { orders } } as never);`,
  );

  const { functions, deployment } = await buildFunctions({ outDir: join(folder, 'other'), config });

  const clients = functions
    .find(({ name }) => name === 'schedule')
    ?.inputs.flatMap(({ path, bytes }) => (bytes > 0 ? (/client-(?:eventbridge|sqs)(?=\/)/.exec(path) ?? []) : []));
  expect(new Set(clients)).toEqual(new Set(['client-sqs']));
  expect(deployment.sync.queues).toEqual(['orders']);
});

describe.each(FUNCTION_NAMES)('%s', (name) => {
  it('stays within its bytes (C5)', () => {
    const { bundleBytes, deflatedBytes, inputs } = built(name);
    const largest = inputs.slice(0, 5).map(({ path, bytes }) => `${path} ${bytes}`);

    expect(bundleBytes, `largest inputs: ${largest.join(', ')}`).toBeLessThanOrEqual(MOST[name].bytes);
    expect(deflatedBytes, `largest inputs: ${largest.join(', ')}`).toBeLessThanOrEqual(MOST[name].deflated);
  });

  it('holds the packages that it should, and no others', () => {
    const paths = built(name)
      .inputs.filter(({ bytes }) => bytes > 0)
      .map(({ path }) => path);
    const packages = new Set(paths.flatMap((path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []));

    expect([...packages].filter((found) => !PACKAGES[name].some((allowed) => allowed.test(found)))).toEqual([]);
    expect(paths.filter((path) => NEVER.test(path))).toEqual([]);
  });

  it('is zipped alone, as Lambda wants to find it', () => {
    const { zipFile, bundleFile } = built(name);
    const files = unzipSync(readFileSync(zipFile));

    expect(Object.keys(files).filter((file) => !/^certs\/[^/]+\.pem$/.test(file))).toEqual(['index.mjs']);
    expect(Buffer.from(files['index.mjs'] ?? []).equals(readFileSync(bundleFile))).toBe(true);
  });

  it('takes nothing from the machine that built it, and imports no module of Node', () => {
    const code = readFileSync(built(name).bundleFile, 'utf8');

    // Matches, not the code: a failure that prints half a megabyte helps nobody.
    const imports = /\b(?:import|from)\s*["'](?:node:)?(?:http|https|fs|util|crypto|zlib|net|tls|stream)["']/g;
    expect(code.match(imports) ?? []).toEqual([]);
    expect(code.includes(ROOT)).toBe(false);
    expect(code.includes('sourceMappingURL')).toBe(false);
  });

  it('starts with a handler and without the undici inside Node', () => {
    const program = `
      const { handler } = await import(${JSON.stringify(pathToFileURL(built(name).bundleFile).href)});
      const loaded = process.moduleLoadList.filter((entry) => entry.includes('internal/deps/undici'));
      process.stdout.write(JSON.stringify({ handler: typeof handler, loaded }));
      process.exit();`;
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], ...settings },
    });

    expect(JSON.parse(output.trim().split('\n').at(-1) ?? '')).toEqual({ handler: 'function', loaded: [] });
  });
});

/** Enough to start, with the token fetch of the start switched off and addresses that lead nowhere. */
const settings = {
  STAGE: 'test',
  AWS_REGION: 'eu-west-1',
  AWS_LAMBDA_FUNCTION_NAME: 'test',
  WARM_UP_TIMEOUT_MS: '0',
  SIEBEL_BASE_URL: 'https://siebel.example.com/siebel/v1.0',
  TOKEN_URL: 'https://identity.example.com/oauth2/v1/token',
  TOKEN_SCOPE: 'https://siebel.example.com/siebel/v1.0/data',
  CLIENT_SECRET_ID: 'test',
  STATE_TABLE: 'test',
  QUEUE_URL: 'https://sqs.eu-west-1.amazonaws.com/123456789012/test',
  SYNC_BUCKET: 'test',
  BACKFILL_QUEUE_URL: 'https://sqs.eu-west-1.amazonaws.com/123456789012/test-backfill',
  API_TOKEN_ISSUER: 'https://identity.oraclecloud.com/',
  API_TOKEN_AUDIENCE: 'test',
  API_TOKEN_KEYS_URL: 'https://identity.example.com/admin/v1/SigningCert/jwk',
};
