import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { derive, type Integration } from '../../lib/operations/index.ts';
import { type QueueMessage, readMessage } from '../../lib/queue/message.ts';
import { blocks, fromSampleFolder, importIntegration, ROOT, readPage, sampleFolder, withImports } from './samples.ts';

const pages = [
  ...(await readdir(ROOT)).filter((name) => name.endsWith('.md')),
  ...(await readdir(join(ROOT, 'docs'), { recursive: true }))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];
const readme = await readPage('README.md');

describe('the documentation', () => {
  it.each(pages)('%s links to pages that exist', async (page) => {
    const text = await readFile(join(ROOT, page), 'utf8');
    const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target ?? '');
    const broken = targets
      .filter((target) => !/^(https?:|#|mailto:)/.test(target))
      .filter((target) => !existsSync(join(ROOT, dirname(page), target.replace(/#.*/, ''))));
    expect(broken).toEqual([]);
  });

  it.each(pages)('%s names npm scripts that exist', async (page) => {
    const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { scripts: object };
    const text = await readFile(join(ROOT, page), 'utf8');
    const named = [...text.matchAll(/\bnpm run (?:--silent )?([a-z:]+)/g)].map(([, name]) => name ?? '');
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});

describe('README example', () => {
  const samples = sampleFolder('readme');
  let example: Integration;

  beforeAll(async () => {
    const [code = ''] = blocks(readme, 'ts');
    example = await importIntegration(await samples.write('siebel.config.ts', fromSampleFolder(withImports(code))));
  });
  afterAll(() => samples.remove());

  it('declares an integration', () => {
    expect(derive(example).api.routes.map(({ routeKey }) => routeKey)).toEqual(['GET /accounts/{Id}', 'PUT /accounts']);
    expect([...example.queue.accepts]).toEqual(['account.upsert', 'service-request.create']);
  });

  it('shows a message that the queue takes, for an operation that it accepts', () => {
    const [body = ''] = blocks(readme, 'json');
    const { result } = readMessage(body);
    expect(result).toMatchObject({ operation: 'service-request.create', key: 'orders/4711/3' });
    const { operation, input } = result as QueueMessage;
    expect(example.queue.accepts).toContain(operation);
    expect(example.operations.get(operation)?.input.safeParse(input)).toMatchObject({ success: true });
  });
});
