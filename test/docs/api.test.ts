import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSiebel } from '../../local-stack/siebel/siebel.ts';
import { REQUEST_ID } from '../lib/api/http-event.ts';
import { type Domain, startDomain } from '../local-stack/siebel-fixture.ts';
import { exampleIntegration } from '../support/example-integration.ts';
import { type DocumentedSystem, documentedSystem } from './documented-system.ts';
import { blocks, curlSamples, readPage } from './samples.ts';

const page = await readPage('docs/api.md');
const [commands = '', beyond = '', ...others] = blocks(page, '');
const [problem = '', ...otherProblems] = blocks(page, 'json');

let domain: Domain;
let system: DocumentedSystem;

beforeAll(async () => {
  domain = await startDomain();
  system = await documentedSystem(exampleIntegration, domain, startSiebel);
});
afterAll(async () => {
  await system?.close();
  await domain?.identity.close();
});

describe('the page about the HTTP API', () => {
  it('shows answers that the API gives', async () => {
    const samples = curlSamples(commands);
    expect([samples.length * 2, others, otherProblems]).toEqual([commands.trimEnd().split('\n').length, [], []]);

    let answer = '';
    for (const sample of samples) {
      answer = await system.curl(sample);
      for (const part of sample.answer) expect(answer).toContain(part);
    }
    expect(JSON.parse(answer)).toEqual({ ...JSON.parse(problem), instance: REQUEST_ID });
  });

  it('shows answers of routes that create and run', async () => {
    const [create, check, ...more] = curlSamples(beyond);
    if (!create || !check) throw new Error('the page shows two commands');
    expect([more, beyond.trimEnd().split('\n')].map(({ length }) => length)).toEqual([0, 4]);

    const created = await system.answerTo(create);
    const checked = await system.answerTo(check);

    expect(created).toMatchObject({
      statusCode: 201,
      headers: { location: expect.stringMatching(/^service-requests\//) },
    });
    expect(checked.statusCode).toBe(200);
    for (const part of create.answer) expect(created.body).toContain(part);
    for (const part of check.answer) expect(checked.body).toContain(part);
  });

  it('lists the routes of the example', () => {
    const listed = [...page.matchAll(/^\| `([A-Z]+ \/[^`]*)` \| `([^`]+)`/gm)].map(([, route, name]) => [route, name]);

    expect(listed).toEqual(exampleIntegration.routes.map(({ routeKey, operation }) => [routeKey, operation]));
  });
});
