import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../../local-stack/faults/answer.ts';
import { asProblem } from '../../local-stack/siebel/formats/problem.ts';
import { type SiebelCaller, siebelCaller } from './siebel-caller.ts';
import { type Domain, type SiebelFixture, startDomain, startSiebelFixture } from './siebel-fixture.ts';

const ON = { problemFormat: true, statusMap: {} };
const JSON_TYPE = { 'Content-Type': 'application/json;charset=utf-8' };

const failed = (status: number, text: string): Answer => ({
  status,
  headers: JSON_TYPE,
  body: JSON.stringify({ ERROR: text }),
});
const problemOf = (answer: Answer, settings: Parameters<typeof asProblem>[1] = ON) =>
  JSON.parse(String(asProblem(answer, settings).body));

describe('Siebel errors as problems', () => {
  it('hold type, title, status as a number, the text without its code, and the code', () => {
    const problem = asProblem(failed(500, 'Database connection failed.(SBL-EAI-05001)'), ON);

    expect(problem.headers?.['Content-Type']).toBe('application/problem+json;charset=utf-8');
    expect(JSON.parse(String(problem.body))).toEqual({
      type: 'about:blank',
      title: 'Internal Server Error',
      status: 500,
      detail: 'Database connection failed.',
      errorCode: 'SBL-EAI-05001',
    });
  });

  it('have the first code of the last block', () => {
    const text = 'Outer.(SBL-BPR-00162)\n--\nInner.(SBL-DAT-00521)(SBL-EAI-04376)';

    expect(problemOf(failed(500, text))).toMatchObject({ detail: 'Outer.\n--\nInner.', errorCode: 'SBL-DAT-00521' });
    expect(problemOf(failed(500, 'Outer.(SBL-BPR-00162)\n--\nNo code here.')).errorCode).toBe('SBL-BPR-00162');
  });

  it('are told from 400 on, and successes are left as they are', () => {
    expect(problemOf(failed(400, 'Wrong.(SBL-EAI-04397)'))).toMatchObject({ status: 400, errorCode: 'SBL-EAI-04397' });
    expect(asProblem(failed(399, 'Fine.'), ON)).toEqual(failed(399, 'Fine.'));
  });

  it('have no code when the text has none', () => {
    const problem = problemOf(failed(404, 'There is no data for the requested resource'));

    expect(problem).toMatchObject({
      status: 404,
      title: 'Not Found',
      detail: 'There is no data for the requested resource',
    });
    expect(problem).not.toHaveProperty('errorCode');
  });

  it('take their status from the map of codes, whose other codes change nothing', () => {
    const statusMap = { 'SBL-EAI-05001': 503, 'SBL-DAT-00416': 400 };
    const mapped = asProblem(failed(500, 'Lost.(SBL-EAI-05001)'), { problemFormat: true, statusMap });

    expect(mapped.status).toBe(503);
    expect(JSON.parse(String(mapped.body))).toMatchObject({ status: 503, title: 'Service Unavailable' });
    expect(asProblem(failed(500, 'Other.(SBL-DAT-00359)'), { problemFormat: true, statusMap }).status).toBe(500);
    expect(asProblem(failed(500, 'Lost.(SBL-EAI-05001)'), { problemFormat: false, statusMap })).toEqual(
      failed(503, 'Lost.(SBL-EAI-05001)'),
    );
  });

  it.each<[string, Answer]>([
    ['a success', { status: 200, headers: JSON_TYPE, body: '{"ERROR":"inside a success"}' }],
    ['a page of HTML', { status: 503, headers: { 'Content-Type': 'text/html' }, body: '<html></html>' }],
    ['an answer without a body', { status: 401 }],
    ['a body without ERROR', { status: 500, headers: JSON_TYPE, body: '{"message":"x"}' }],
    ['a JSON answer without a body', { status: 500, headers: JSON_TYPE }],
    ['a bare array', { status: 500, headers: JSON_TYPE, body: '[]' }],
  ])('leave %s as it is', (_, answer) => {
    expect(asProblem(answer, ON)).toEqual(answer);
  });

  it('are off unless switched on', () => {
    const answer = failed(500, 'Text.(SBL-DAT-00416)');

    expect(asProblem(answer, { problemFormat: false, statusMap: {} })).toEqual(answer);
  });
});

describe('Siebel stand-in, problems on the wire', () => {
  let domain: Domain;
  let fixture: SiebelFixture;
  let caller: SiebelCaller;

  beforeAll(async () => {
    domain = await startDomain();
    fixture = await startSiebelFixture(domain, {
      records: 20,
      problemFormat: true,
      statusMap: { 'SBL-DAT-00416': 400, 'SBL-DAT-00825': 401 },
    });
    caller = await siebelCaller(fixture);
  });

  afterAll(async () => {
    await fixture.close();
    await domain.identity.close();
  });

  it('come from data, services and processes', async () => {
    const replies = [
      await caller.get('/data/Account/Account?searchspec=[Nothing]="x"'),
      await caller.get('/data/Account/Account?ViewMode=All&searchspec=[Name]="Nobody At All"'),
      await caller.post('/service/Territory Assignment/Assign', { body: {} }),
      await caller.post('/workflow/Approve Discount', {}),
    ];

    expect(replies.map((reply) => [reply.status, reply.json().status, reply.json().errorCode])).toEqual([
      [400, 400, 'SBL-DAT-00416'],
      [404, 404, undefined],
      [500, 500, 'SBL-EXL-00151'],
      [401, 401, 'SBL-DAT-00825'],
    ]);
    expect(replies.map(({ headers }) => headers['content-type'])).toEqual(
      replies.map(() => 'application/problem+json;charset=utf-8'),
    );
  });

  it('do not touch a business failure inside a success', async () => {
    const reply = await caller.post('/service/Credit Check/Check', { body: {} });

    expect([reply.status, reply.json()['Error Code']]).toEqual([200, 'SBL-DAT-00498']);
  });

  it('are XML where XML was asked for', async () => {
    const reply = await caller.call('GET', '/data/Account/Account?searchspec=[Nothing]="x"', undefined, {
      contentType: 'application/xml',
    });

    expect(reply.body).toContain('<errorCode>SBL-DAT-00416</errorCode>');
  });
});
