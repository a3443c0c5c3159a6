import { describe, expect, it } from 'vitest';
import type { HttpRequest } from '../../../lib/http/exchange.ts';
import type { PageQuery } from '../../../lib/siebel/component.ts';
import { searchSpecification } from '../../../lib/siebel/search-specification.ts';
import { ACCOUNT, answer, clientOver, noData, settledOn } from './parts.ts';

const row = (id: string) => ({ Id: id, Name: `Account ${id}` });
const page = (...ids: string[]) => answer(200, { items: ids.map(row) });
const QUERY: PageQuery = { viewMode: 'Organization', fields: ['Name'], pageSize: 100, startRow: 0 };

function parameters({ path }: HttpRequest): Record<string, string> {
  return Object.fromEntries(new URL(path, 'https://h').searchParams);
}

async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe('get', () => {
  it('asks for one record with its view mode, and only for the fields that are wanted', async () => {
    const { client, http, options } = clientOver([answer(200, { ...row('1-2AB+7'), Link: [] })]);
    const record = await client.get(ACCOUNT, '1-2AB+7', { viewMode: 'All', fields: ['Name', 'Id', 'SR #'] }, options);
    expect(record).toEqual(row('1-2AB+7'));
    expect(http.requests[0]).toMatchObject({ method: 'GET' });
    expect(http.requests[0]?.body).toBeUndefined();
    expect(http.requests[0]?.path).toBe(
      '/siebel/v1.0/data/Account/Account/1-2AB%2B7?ViewMode=All&uniformresponse=y&ChildLinks=None&fields=Id%2CName%2CSR%20%23',
    );
  });

  it.each([noData, answer(204), answer(400, { ERROR: 'None.(SBL-EAI-04378)' })])(
    'gives undefined when there is none',
    async (empty) => {
      const { client, options } = clientOver([empty]);
      await expect(client.get(ACCOUNT, '1-1', { viewMode: 'All' }, options)).resolves.toBeUndefined();
    },
  );

  it('refuses another record than the one that was asked for', async () => {
    const { client, options, clock } = clientOver([page('1-9'), page('1-9')]);
    await expect(settledOn(clock, client.get(ACCOUNT, '1-1', { viewMode: 'All' }, options))).rejects.toMatchObject({
      code: 'UNEXPECTED_SHAPE',
    });
  });

  it('sends nothing for an Id that cannot be one', async () => {
    const { client, http, options } = clientOver([]);
    await expect(client.get(ACCOUNT, '../../service', { viewMode: 'All' }, options)).rejects.toMatchObject({
      code: 'BAD_KEY',
    });
    expect(http.requests).toEqual([]);
  });
});

describe('queryPage', () => {
  it('sends every parameter that decides what comes back', async () => {
    const { client, http, options } = clientOver([page('1-1')]);
    await client.queryPage(
      ACCOUNT,
      {
        ...QUERY,
        searchSpecification: searchSpecification(new Set(['Name']), { field: 'Name', operator: '=', value: 'A & B+C' }),
        sort: [
          { field: 'Updated', direction: 'asc' },
          { field: 'Id', direction: 'desc' },
        ],
        startRow: 300,
        forwardOnly: true,
      },
      options,
    );
    const [request] = http.requests;
    expect(request && parameters(request)).toEqual({
      ViewMode: 'Organization',
      uniformresponse: 'y',
      ChildLinks: 'None',
      fields: 'Id,Name',
      PageSize: '100',
      StartRowNum: '300',
      searchspec: '[Name] = "A & B+C"',
      sortspec: 'Updated:asc,Id:desc',
      ExecutionMode: 'ForwardOnly',
    });
    expect(request?.path).toContain('A%20%26%20B%2BC');
  });

  it('gives an empty last page when there is no data', async () => {
    const { client, options } = clientOver([noData, answer(204), answer(200, { items: [] })]);
    for (let call = 0; call < 3; call += 1) {
      await expect(client.queryPage(ACCOUNT, QUERY, options)).resolves.toEqual({ records: [], lastPage: true });
    }
  });

  it.each([
    { ...QUERY, pageSize: 0 },
    { ...QUERY, pageSize: 101 },
    { ...QUERY, pageSize: 1.5 },
    { ...QUERY, startRow: -1 },
    { ...QUERY, fields: ['Name,Password'] },
    { ...QUERY, sort: [{ field: 'Name:desc,Id', direction: 'asc' as const }] },
  ])('refuses a query that Siebel would understand differently: %j', async (query) => {
    const { client, http, options } = clientOver([page('1-1')]);
    await expect(client.queryPage(ACCOUNT, query, options)).rejects.toThrow(RangeError);
    expect(http.requests).toEqual([]);
  });
});

describe('pages', () => {
  it('goes on after a short page and ends with an empty one (R50)', async () => {
    const { client, http, options } = clientOver([page('1', '2'), page('3'), noData]);
    const pages = await collected(client.pages(ACCOUNT, { ...QUERY, pageSize: 2 }, options));
    expect(pages.flat().map(({ Id }) => Id)).toEqual(['1', '2', '3']);
    expect(http.requests.map((request) => parameters(request)['StartRowNum'])).toEqual(['0', '2', '3']);
  });

  it('ends when Siebel says that a page is the last one', async () => {
    const { client, http, options } = clientOver([answer(200, { items: [row('1')], lastpage: 'true' })]);
    await expect(collected(client.pages(ACCOUNT, QUERY, options))).resolves.toHaveLength(1);
    expect(http.requests).toHaveLength(1);
  });

  it('fails instead of reading the same page for ever (F80)', async () => {
    const { client, options } = clientOver([page('1', '2'), page('1', '2')]);
    await expect(collected(client.pages(ACCOUNT, QUERY, options))).rejects.toMatchObject({ code: 'UNEXPECTED_SHAPE' });
  });

  it('never takes a broken page for the last one (R43)', async () => {
    const { client, options, clock } = clientOver([page('1'), answer(200, '{"items":['), answer(200, '{}')]);
    await expect(settledOn(clock, collected(client.pages(ACCOUNT, QUERY, options)))).rejects.toMatchObject({
      code: 'UNEXPECTED_SHAPE',
    });
  });
});

describe('upsert', () => {
  it('puts the record on the collection, the view mode beside it', async () => {
    const { client, http, options } = clientOver([answer(200, { items: { ...row('1-7'), Link: {} } })]);
    await expect(client.upsert(ACCOUNT, { Name: 'Acme', Location: '' }, options)).resolves.toEqual({ id: '1-7' });
    expect(http.requests[0]).toMatchObject({
      method: 'PUT',
      path: '/siebel/v1.0/data/Account/Account?ViewMode=All',
      body: '{"Name":"Acme","Location":""}',
    });
  });

  it.each([
    ['items as an array', { items: [row('1-7')] }],
    ['a bare array', [row('1-7')]],
    ['a bare record', row('1-7')],
  ])('reads the Id from %s', async (_what, body) => {
    const { client, options } = clientOver([answer(201, body)]);
    await expect(client.upsert(ACCOUNT, { Name: 'Acme' }, options)).resolves.toEqual({ id: '1-7' });
  });

  it('fails without the Id that is due', async () => {
    const { client, options, clock } = clientOver([answer(200, { items: { Name: 'Acme' } }), answer(200, {})]);
    await expect(settledOn(clock, client.upsert(ACCOUNT, { Name: 'Acme' }, options))).rejects.toMatchObject({
      code: 'UNEXPECTED_SHAPE',
      failureClass: 'environment',
    });
  });

  it('sends again when another upsert created the record at the same instant (F86)', async () => {
    const { client, http, options, clock } = clientOver([
      answer(409, { ERROR: 'Exists.(SBL-EAI-04383)' }),
      page('1-7'),
    ]);
    await expect(settledOn(clock, client.upsert(ACCOUNT, { Name: 'Acme' }, options))).resolves.toEqual({ id: '1-7' });
    expect(http.requests).toHaveLength(2);
  });

  it('refuses the message when the conflict stays', async () => {
    const exists = answer(500, { ERROR: 'Exists.(SBL-EAI-04381)' });
    const { client, options, clock } = clientOver([exists, exists]);
    await expect(settledOn(clock, client.upsert(ACCOUNT, { Name: 'Acme' }, options))).rejects.toMatchObject({
      code: 'SIEBEL_CONFLICT',
      failureClass: 'message',
    });
  });

  it('leaves a first conflict to a later delivery when no time is left for a second attempt', async () => {
    const { client, clock } = clientOver([answer(409)]);
    await expect(client.upsert(ACCOUNT, { Name: 'Acme' }, { deadlineAtMs: clock.now() + 100 })).rejects.toMatchObject({
      code: 'SIEBEL_CONFLICT',
      failureClass: 'environment',
    });
  });
});

describe('update', () => {
  it('puts the fields on the record', async () => {
    const { client, http, options } = clientOver([page('1-7'), answer(204)]);
    await expect(client.update(ACCOUNT, '1-7', { Name: 'New' }, options)).resolves.toEqual({ id: '1-7' });
    await expect(client.update(ACCOUNT, '1-7', { Name: 'New' }, options)).resolves.toEqual({ id: '1-7' });
    expect(http.requests[0]).toMatchObject({
      method: 'PUT',
      path: '/siebel/v1.0/data/Account/Account/1-7?ViewMode=All',
      body: '{"Name":"New"}',
    });
  });

  it('reports a record that is not there', async () => {
    const { client, options } = clientOver([noData]);
    await expect(client.update(ACCOUNT, '1-7', { Name: 'New' }, options)).rejects.toMatchObject({
      code: 'NOT_FOUND',
      failureClass: 'message',
    });
  });

  it('reports a site that created another record', async () => {
    const { client, http, options } = clientOver([page('1-8')]);
    await expect(client.update(ACCOUNT, '1-7', { Name: 'New' }, options)).rejects.toMatchObject({
      code: 'SIEBEL_CONFLICT',
      failureClass: 'message',
    });
    expect(http.requests).toHaveLength(1);
  });
});

describe('delete', () => {
  it.each([
    ['an empty 200', answer(200)],
    ['204', answer(204)],
    ['a record that is gone already', noData],
    ['SBL-EAI-04378', answer(400, { ERROR: 'No rows.(SBL-EAI-04378)' })],
    ['a body without a failure', answer(200, {})],
  ])('takes %s for done', async (_what, response) => {
    const { client, http, options } = clientOver([response]);
    await expect(client.delete(ACCOUNT, '1-7', options)).resolves.toBeUndefined();
    expect(http.requests[0]).toMatchObject({
      method: 'DELETE',
      path: '/siebel/v1.0/data/Account/Account/1-7?ViewMode=All',
    });
    expect(http.requests[0]?.body).toBeUndefined();
  });

  it.each([
    [answer(403, { ERROR: 'No.(SBL-EAI-04421)' }), 'FORBIDDEN'],
    [answer(200, { ERROR: 'No.(SBL-EAI-04421)' }), 'FORBIDDEN'],
    [answer(404, '<html>'), 'SIEBEL_CONFIGURATION'],
  ])('fails when Siebel says no', async (response, code) => {
    const { client, options } = clientOver([response]);
    await expect(client.delete(ACCOUNT, '1-7', options)).rejects.toMatchObject({ code });
  });

  it('does not take a sign-in page for done', async () => {
    const html = answer(200, '<html>', { 'content-type': 'text/html' });
    const { client, options, clock } = clientOver([html, html]);
    await expect(settledOn(clock, client.delete(ACCOUNT, '1-7', options))).rejects.toMatchObject({ code: 'NOT_JSON' });
  });
});

describe('every call', () => {
  it('names the component in a failure of the set-up', async () => {
    const unknown = answer(500, { ERROR: "Field 'Canary' does not exist.(SBL-DAT-00416)" });
    const { client, options } = clientOver(new Array(5).fill(unknown));
    const calls = [
      client.get(ACCOUNT, '1-1', { viewMode: 'All' }, options),
      client.queryPage(ACCOUNT, QUERY, options),
      client.upsert(ACCOUNT, { Name: 'x' }, options),
      client.update(ACCOUNT, '1-1', { Name: 'x' }, options),
      client.delete(ACCOUNT, '1-1', options),
    ];
    for (const call of await Promise.allSettled(calls)) {
      expect(call).toMatchObject({ reason: { message: expect.stringContaining('a field of Account/Account:') } });
    }
  });
});
