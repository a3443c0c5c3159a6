import { spawnSync } from 'node:child_process';
import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { derive, type EventMapping, type Integration } from '../../lib/operations/index.ts';
import type { Operator } from '../../lib/siebel/search-specification.ts';
import type { SiebelSite } from '../../lib/siebel/site.ts';
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
  WORDS,
  withImports,
} from './samples.ts';

const page = await readPage('docs/siebel-config.md');
const [whole = '', mapped = '', component = '', entries = '', standIn = '', ...more] = blocks(page, 'ts');
const [producersEvent = '', mappedInput = '', outcomeEvent = '', ...moreEvents] = blocks(page, 'json');
const [asked = '', refusal = '', commands = '', ...others] = blocks(page, '');
const samplePage = await readPage('docs/siebel-config-sample.md');
const [everything = '', ...moreOfAll] = blocks(samplePage, 'ts');
const [askedOfAll = '', ...othersOfAll] = blocks(samplePage, '');
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
  expect([more, moreEvents, others, moreOfAll, othersOfAll]).toEqual([[], [], [], [], []]);
  expect(page.match(/^```/gm)).toHaveLength(2 * 11);
  expect(samplePage.match(/^```/gm)).toHaveLength(2 * 2);
});

describe('the first sample', () => {
  it('means what the page says it does', () => {
    const { capacity, queue, schedules } = derive(integration);

    expect([capacity.planned, capacity.allowance]).toEqual([18, 18]);
    expect([queue.maximumConcurrency, queue.inFlight]).toEqual([2, 4]);
    expect(schedules.map(({ timezone }) => timezone)).toEqual(['UTC', 'Europe/Vienna']);
  });

  it('answers as shown, one operation after another', async () => {
    expect(asked.trimEnd().split('\n')).toHaveLength(integration.operations.size);
    await expectAnswers(system, asked);
  });

  it('writes the objects that are named', async () => {
    const names: string[] = [];
    const send = async ({ input }: { input: { Key: string } }) => void names.push(input.Key);
    const { to } = integration.sync.get('accounts') ?? {};

    const prefix = to?.kind === 's3' ? to.prefix : '';
    const output = s3Sink({ bucket: 'b', prefix, client: { send } as never }).open({
      job: 'accounts',
      window: 'live',
      fence: 1_764_081_530,
    });
    const chunk = output.chunk();
    await chunk.write([{ id: '1-1', line: '{}' }]);
    await chunk.close({ from: '', to: '', end: { at: '', id: '' } });

    expect(names).toHaveLength(2);
    for (const name of names) expect(page).toContain(`\`${name}\``);
  });
});

describe('the sample with all of it', () => {
  let all: DocumentedSystem;
  let integrated: Integration;

  beforeAll(async () => {
    const file = await samples.write('everything.ts', fromSampleFolder(everything));
    files.push(file);
    integrated = await importIntegration(file);
    all = await documentedSystem(integrated, domain, startSiebel);
  });
  afterAll(() => all?.close());

  it('uses every word of the vocabulary', () => {
    expect(WORDS.length).toBeGreaterThan(25);
    expect(WORDS.filter((word) => !new RegExp(`\\b${word}\\(`).test(everything))).toEqual([]);
  });

  it('answers as shown, one operation after another', async () => {
    expect(askedOfAll.trimEnd().split('\n')).toHaveLength(integrated.operations.size);
    await expectAnswers(all, askedOfAll);
  });
});

describe('the page', () => {
  it('names every member of `site` and every operator of filters', () => {
    const members: Record<keyof SiebelSite, true> = {
      parameterNames: true,
      workspace: true,
      headers: true,
      quoteEscape: true,
      integrationUser: true,
      maxPageSize: true,
      maxSearchLength: true,
      maxUrlLength: true,
    };
    const operators: Record<Operator, true> = {
      is: true,
      isNot: true,
      oneOf: true,
      lessThan: true,
      atMost: true,
      greaterThan: true,
      atLeast: true,
      startsWith: true,
      startsWithIgnoringCase: true,
      isIgnoringCase: true,
      isNull: true,
    };
    for (const name of [...Object.keys(members), ...Object.keys(operators)])
      expect(page).toMatch(new RegExp(`\`${name}[\`:]`));
  });
});

describe('capacity', () => {
  it('of two nodes holds as written, and one more for the API is refused in the words that are shown', async () => {
    const [two = ''] = page.match(/\{ siebelConnections: 40[^}]+\}/) ?? [];
    const twoNodes = whole.replace(/capacity: \{.*\}/, `capacity: ${two}`);
    const tooMuch = whole.replace('api: 5', 'api: 6');
    const file = await samples.write('two-nodes.ts', fromSampleFolder(twoNodes));

    expect(derive(await importIntegration(file)).capacity).toMatchObject({ planned: 35, allowance: 36 });
    const refused = await importIntegration(await samples.write('too-much.ts', fromSampleFolder(tooMuch)));
    expect(() => derive(refused)).toThrow(refusal.trimEnd());
  });
});

describe('the event of an outcome', () => {
  it('has the members that the pipe gives it', () => {
    const announcing = { ...integration, outcomeEvents: { bus: 'default' } };
    const { inputTemplate = '', detailType } = derive(announcing).outcomeEvents ?? {};

    const members = [...inputTemplate.matchAll(/"(\w+)": /g)].map(([, name]) => name);
    expect(Object.keys(JSON.parse(outcomeEvent))).toEqual(members);
    expect(page).toContain(`\`${detailType}\``);
  });
});

describe('the mapping of an event', () => {
  let mapping: EventMapping;
  let mappedIntegration: Integration;

  beforeAll(async () => {
    files.push(await samples.write('mapped.ts', fromSampleFolder(withImports(mapped, ['scheduledTime']))));
    mappedIntegration = await importIntegration(files.at(-1) ?? '');
    const [first] = mappedIntegration.queue.mappings;
    if (!first) throw new Error('the sample maps an event');
    mapping = first;
  });

  it('gives the call that the page shows', () => {
    const { detail } = JSON.parse(producersEvent) as { detail: object };
    const read = mapping.read(detail);
    if (!('event' in read)) throw new Error(JSON.stringify(read.issues));

    expect([mapping.envelope, mapping.operation, mapping.key(read.event)]).toEqual([
      'eventbridge',
      'service-request.create',
      'orders/4711',
    ]);
    expect(mapping.input(read.event)).toEqual(JSON.parse(mappedInput));
    expect(mappedIntegration.operations.get(mapping.operation)?.input.safeParse(JSON.parse(mappedInput))).toMatchObject(
      { success: true },
    );
  });
});

describe('a component of your own', () => {
  let own: DocumentedSystem;
  let ownFile = '';

  beforeAll(async () => {
    const code = withImports(`${component}\nexport default defineIntegration({\n${entries}});\n`);
    ownFile = await samples.write('own.ts', fromSampleFolder(code));
    files.push(ownFile, await taughtStandIn());
    const { startSiebel: startTaught } = (await import(join(samples.folder, 'local-stack/siebel/siebel.ts'))) as {
      startSiebel: StartSiebel;
    };
    own = await documentedSystem(await importIntegration(ownFile), domain, startTaught);
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
    const untaught = await documentedSystem(await importIntegration(ownFile), domain, startSiebel);
    try {
      await expect(untaught.run('asset.get', { Id: '1-1' })).rejects.toMatchObject({
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

  const { stdout, status } = spawnSync(process.execPath, [compiler, '--noEmit', '-p', config], { encoding: 'utf8' });
  expect({ stdout, status }).toEqual({ stdout: '', status: 0 });
  // A compiler is started, which shares the machine with the other tests.
}, 60_000);

/** Runs `name input → answer`, line by line; ` … ` in an answer stands for what is left out. */
async function expectAnswers({ run }: DocumentedSystem, lines: string): Promise<void> {
  for (const line of lines.trimEnd().split('\n')) {
    const [, name = '', input = '', answer = ''] = /^(\S+) +(\{.*\}) → (\{.*\})$/.exec(line) ?? [];
    const given = JSON.stringify(await run(name, JSON.parse(input)));
    const parts = answer.split(/ ?… ?/);
    if (parts.length === 1) expect(given, line).toBe(answer);
    for (const part of parts) expect(given, line).toContain(part);
  }
}

/** A copy of the stand-in with the component of the sample; gives the file with it. */
async function taughtStandIn(): Promise<string> {
  const copy = join(samples.folder, 'local-stack');
  await cp(join(ROOT, 'local-stack'), copy, { recursive: true });
  const before = await readFile(join(copy, 'siebel/components.ts'), 'utf8');
  const after = `import { asset } from './components/asset.ts';\n${before}`.replace(
    /^(export const COMPONENTS[^;]*?),?\n?\];/m,
    '$1, asset];',
  );
  expect(after).toContain(', asset];');
  await samples.write('local-stack/siebel/components.ts', after);
  return samples.write('local-stack/siebel/components/asset.ts', standIn);
}
