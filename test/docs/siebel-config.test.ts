import { execFileSync } from 'node:child_process';
import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { derive, type Integration } from '../../lib/operations/index.ts';
import { s3Sink } from '../../lib/sync/s3-sink.ts';
import { startSiebel } from '../../local-stack/siebel/siebel.ts';
import { type Domain, startDomain } from '../local-stack/siebel-fixture.ts';
import { type DocumentedSystem, documentedSystem, type StartSiebel } from './documented-system.ts';
import {
  blocks,
  curlSamples,
  fromSampleFolder,
  importIntegration,
  ROOT,
  readPage,
  sampleFolder,
  withImports,
} from './samples.ts';

const page = await readPage('docs/siebel-config.md');
const [whole = '', component = '', entries = '', standIn = '', ...more] = blocks(page, 'ts');
const [asked = '', refusal = '', commands = '', ...others] = blocks(page, '');
const samples = sampleFolder('siebel-config');

let domain: Domain;
let integration: Integration;
let system: DocumentedSystem;
const files: string[] = [];

beforeAll(async () => {
  domain = await startDomain();
  files.push(await samples.write('whole.ts', fromSampleFolder(whole)));
  integration = await importIntegration(files[0] ?? '');
  system = await documentedSystem(integration, domain, startSiebel);
});
afterAll(async () => {
  await system?.close();
  await domain?.identity.close();
  await samples.remove();
});

it('has no sample that is not run here', () => {
  expect([more, others]).toEqual([[], []]);
  expect(page.match(/^```/gm)).toHaveLength(2 * 7);
});

describe('the whole file', () => {
  it('uses every word of the vocabulary', async () => {
    const index = await readFile(join(ROOT, 'lib/operations/index.ts'), 'utf8');
    const exported = [...index.matchAll(/^export \{ ([^}]+) \}/gm)].flatMap(([, names = '']) => names.split(', '));
    // For those who run and deploy the integration.
    const words = exported.filter((name) => !['derive', 'operationRunner'].includes(name));

    expect(words.length).toBeGreaterThan(8);
    expect(words.filter((word) => !new RegExp(`\\b${word}\\(`).test(whole))).toEqual([]);
  });

  it('means what the page says it does', () => {
    const { capacity, queue, schedules } = derive(integration);

    expect([capacity.planned, capacity.allowance]).toEqual([18, 18]);
    expect([queue.maximumConcurrency, queue.inFlight]).toEqual([2, 4]);
    expect(schedules.map(({ timezone }) => timezone)).toEqual(['UTC', 'Europe/Vienna']);
  });

  it('answers as shown, one operation after another', async () => {
    const lines = asked.trimEnd().split('\n');
    expect(lines).toHaveLength(integration.operations.size);
    for (const line of lines) {
      const [, name = '', input = '', answer = ''] = /^(\S+) +(\{.*\}) → (\{.*\})$/.exec(line) ?? [];
      expect(JSON.stringify(await system.run(name, JSON.parse(input))), line).toBe(answer);
    }
  });

  it('writes the objects that are named', async () => {
    const names: string[] = [];
    const send = async ({ input }: { input: { Key: string } }) => void names.push(input.Key);
    const { to } = integration.sync.get('accounts') ?? { to: { prefix: '' } };

    const output = s3Sink({ bucket: 'b', client: { send } as never }).open({
      prefix: to.prefix,
      job: 'accounts',
      window: 'live',
      fence: 1_764_081_530,
    });
    await output.records({ lines: ['{}'], from: '', to: '' } as never);

    expect(names).toHaveLength(2);
    for (const name of names) expect(page).toContain(`\`${name}\``);
  });
});

describe('capacity', () => {
  it('of two nodes holds as written, and one more for the API is refused in the words that are shown', async () => {
    const [two = ''] = page.match(/\{ siebelConnections: 40[^}]+\}/) ?? [];
    const twoNodes = whole.replace(/capacity: \{.*\}/, `capacity: ${two}`);
    const tooMuch = whole.replace('api: 5', 'api: 6');
    const file = await samples.write('two-nodes.ts', fromSampleFolder(twoNodes));

    expect(derive(await importIntegration(file)).capacity).toMatchObject({ planned: 35, allowance: 36 });
    const refused = importIntegration(await samples.write('too-much.ts', fromSampleFolder(tooMuch)));
    await expect(refused).rejects.toThrow(refusal.trimEnd());
  });
});

describe('a component of your own', () => {
  let own: DocumentedSystem;

  beforeAll(async () => {
    const code = withImports(`${component}\nexport default defineIntegration({\n${entries}});\n`);
    const file = await samples.write('own.ts', fromSampleFolder(code));
    files.push(file, await taughtStandIn());
    const { startSiebel: startTaught } = (await import(join(samples.folder, 'local-stack/siebel/siebel.ts'))) as {
      startSiebel: StartSiebel;
    };
    own = await documentedSystem(await importIntegration(file), domain, startTaught);
  });
  afterAll(() => own?.close());

  it('works with the stand-in once it has been taught, as the commands show', async () => {
    const curls = curlSamples(commands);
    expect(curls).toHaveLength(commands.trimEnd().split('\n').length / 2);
    for (const sample of curls) {
      const answer = await own.curl(sample);
      for (const part of sample.answer) expect(answer).toContain(part);
    }
  });

  it('is not known to the stand-in before', async () => {
    const untaught = await documentedSystem(await importIntegration(files[1] ?? ''), domain, startSiebel);
    try {
      await expect(untaught.run('activity.get', { Id: '1-1' })).rejects.toMatchObject({
        code: 'SIEBEL_CONFIGURATION',
      });
    } finally {
      await untaught.close();
    }
  });
});

it('has samples that compile', async () => {
  const config = await samples.write(
    'tsconfig.json',
    JSON.stringify({ extends: '../../tsconfig.json', compilerOptions: { types: ['node'] }, files }),
  );
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');

  expect(execFileSync(process.execPath, [compiler, '--noEmit', '-p', config], { encoding: 'utf8' })).toBe('');
});

/** A copy of the stand-in with the sample in the place of its line; gives the file with the components. */
async function taughtStandIn(): Promise<string> {
  const copy = join(samples.folder, 'local-stack');
  await cp(join(ROOT, 'local-stack'), copy, { recursive: true });
  const before = await readFile(join(copy, 'siebel/components.ts'), 'utf8');
  const after = before.replace(/^export const COMPONENTS.*\n/m, () => standIn);
  expect(after).not.toBe(before);
  return samples.write('local-stack/siebel/components.ts', after);
}
