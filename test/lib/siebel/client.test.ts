import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../../lib/errors.ts';
import { siebelClient } from '../../../lib/siebel/client.ts';
import type { ComponentAddress, PageQuery } from '../../../lib/siebel/component.ts';
import { all, conditions } from '../../../lib/siebel/search-specification.ts';
import { text } from '../../../lib/siebel/values.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { ACCOUNT, answer, clientOver, countedTokens, noData, parameters, scriptedHttp, settledOn } from './parts.ts';

const row = (id: string) => ({ Id: id, Name: `Account ${id}` });
const page = (...ids: string[]) => answer(200, { items: ids.map(row) });
const AS_SEEN_BY_OURS: ComponentAddress = { ...ACCOUNT, viewMode: 'Organization' };
const CONTACTS: ComponentAddress = { ...ACCOUNT, below: [{ id: '1-2AB+7', component: 'Contact' }] };
const QUERY: PageQuery = { fields: ['Name'], pageSize: 100, startRow: 0 };
const { field } = conditions({ Name: text(100), Status: text(30) });

describe('get', () => {
  it('asks for one record in its view mode, and only for the fields that are wanted', async () => {
    const { client, http, options } = clientOver([answer(200, { ...row('1-2AB+7'), Link: [] })]);
    const record = await client.get(ACCOUNT, '1-2AB+7', { fields: ['Name', 'Id', 'SR #'] }, options);
    expect(record).toEqual(row('1-2AB+7'));
    expect(http.requests[0]).toMatchObject({ method: 'GET' });
    expect(http.requests[0]?.body).toBeUndefined();
    expect(http.requests[0]?.path).toBe(
      '/siebel/v1.0/data/Account/Account/1-2AB%2B7?ViewMode=All&uniformresponse=y&ChildLinks=None&fields=Id%2CName%2CSR%20%23',
    );
  });

  it('asks for attachments in the answer, links and filled fields alone by lower-case words', async () => {
    const { client, http, options } = clientOver([answer(200, row('1-1'))]);
    const read = { inlineAttachments: true, excludeEmptyFields: true, childLinks: ['Contact', 'Action'] };
    await client.get(ACCOUNT, '1-1', read, options);
    expect(http.requests.map(parameters)).toEqual([
      {
        ViewMode: 'All',
        uniformresponse: 'y',
        ChildLinks: 'Contact,Action',
        inlineattachment: 'true',
        excludeEmptyFieldsInResponse: 'true',
      },
    ]);
  });

  it('reads a grandchild by its own Id', async () => {
    const { client, http, options } = clientOver([answer(200, row('1-9'))]);
    const below = [
      { id: '1-1', component: 'Service Request' },
      { id: '1-5', component: 'Action' },
    ];
    await client.get({ ...ACCOUNT, below }, '1-9', {}, options);
    expect(http.requests[0]?.path).toMatch(
      /^\/siebel\/v1\.0\/data\/Account\/Account\/1-1\/Service%20Request\/1-5\/Action\/1-9\?/,
    );
  });

  it.each([noData, answer(204), answer(400, { ERROR: 'None.(SBL-EAI-04378)' })])(
    'gives undefined when there is none',
    async (empty) => {
      const { client, options } = clientOver([empty]);
      await expect(client.get(ACCOUNT, '1-1', {}, options)).resolves.toBeUndefined();
    },
  );

  it('refuses another record than the one that was asked for', async () => {
    const { client, options, clock } = clientOver([page('1-9'), page('1-9')]);
    await expect(settledOn(clock, client.get(ACCOUNT, '1-1', {}, options))).rejects.toMatchObject({
      code: 'UNEXPECTED_SHAPE',
    });
  });

  it('sends nothing for an Id that cannot be one', async () => {
    const { client, http, options } = clientOver([]);
    await expect(client.get(ACCOUNT, '../../service', {}, options)).rejects.toMatchObject({ code: 'BAD_KEY' });
    expect(http.requests).toEqual([]);
  });
});

describe('queryPage', () => {
  it('sends every parameter that decides what comes back', async () => {
    const { client, http, options } = clientOver([page('1-1')]);
    await client.queryPage(
      AS_SEEN_BY_OURS,
      {
        ...QUERY,
        where: field('Name').is('A & B+C'),
        sort: [
          { field: 'Updated', direction: 'asc' },
          { field: 'Id', direction: 'desc' },
        ],
        startRow: 300,
        count: true,
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
      recordcountneeded: 'true',
    });
    expect(request?.path).toContain('A%20%26%20B%2BC');
  });

  it('asks for pages that the site allows, and for smaller ones as they are', async () => {
    const site = { maxPageSize: 50 };
    const { client, http, options } = clientOver([page('1-1'), page('1-1'), page('1-1'), answer(200, {})], { site });
    await client.queryPage(ACCOUNT, QUERY, options);
    await client.queryPage(ACCOUNT, { ...QUERY, pageSize: 20 }, options);
    await client.hierarchy(ACCOUNT, { fields: [], pageSize: 100, startRow: 0 }, options);
    await client.describe({ catalogue: 'data' }, options);
    expect(http.requests.map((request) => parameters(request)['PageSize'])).toEqual(['50', '20', '50', '50']);
    expect([client.maxPageSize, clientOver([]).client.maxPageSize]).toEqual([50, 100]);
    await expect(client.queryPage(ACCOUNT, { ...QUERY, pageSize: 101 }, options)).rejects.toThrow(RangeError);
  });

  it.each([0, 101, 1.5, Number.NaN, '50' as never])('is not to be had for a site with pages of %j', (maxPageSize) => {
    expect(() => clientOver([], { site: { maxPageSize } })).toThrow(ConfigurationError);
  });

  it('asks for ForwardOnly unless told otherwise: without it a query over some 9,900 records fails', async () => {
    const { client, http, options } = clientOver([page('1-1'), page('1-1')]);
    await client.queryPage(ACCOUNT, QUERY, options);
    await client.queryPage(ACCOUNT, { ...QUERY, executionMode: 'BiDirectional' }, options);
    expect(http.requests.map((request) => parameters(request)['ExecutionMode'])).toEqual([
      'ForwardOnly',
      'BiDirectional',
    ]);
  });

  it('reads the children of one record', async () => {
    const { client, http, options } = clientOver([page('1-1')]);
    await client.queryPage(CONTACTS, QUERY, options);
    expect(http.requests[0]?.path).toMatch(/^\/siebel\/v1\.0\/data\/Account\/Account\/1-2AB%2B7\/Contact\?/);
  });

  it('gives an empty last page when there is no data', async () => {
    const { client, options } = clientOver([noData, answer(204), answer(200, { items: [] })]);
    for (let call = 0; call < 3; call += 1) {
      await expect(client.queryPage(ACCOUNT, QUERY, options)).resolves.toMatchObject({ records: [], lastPage: true });
    }
  });

  it('tells the number of all records when it was asked for', async () => {
    const counted = answer(200, { items: [row('1')] }, { 'total-record-count': '4711' });
    const { client, options } = clientOver([counted, noData, noData]);
    const query = { ...QUERY, count: true };
    await expect(client.queryPage(ACCOUNT, query, options)).resolves.toMatchObject({ total: 4_711 });
    await expect(client.queryPage(ACCOUNT, query, options)).resolves.toMatchObject({ total: 0 });
    const behind = await client.queryPage(ACCOUNT, { ...query, startRow: 100 }, options);
    expect(behind.total).toBeUndefined();
  });

  it.each<PageQuery>([
    { ...QUERY, pageSize: 0 },
    { ...QUERY, pageSize: 101 },
    { ...QUERY, pageSize: 1.5 },
    { ...QUERY, startRow: -1 },
    { ...QUERY, fields: ['Name,Password'] },
    { ...QUERY, sort: [{ field: 'Name:desc,Id', direction: 'asc' }] },
    { ...QUERY, childLinks: ['Contact,Action'] },
  ])('refuses a query that Siebel would understand differently: %j', async (query) => {
    const { client, http, options } = clientOver([page('1-1')]);
    await expect(client.queryPage(ACCOUNT, query, options)).rejects.toThrow(RangeError);
    expect(http.requests).toEqual([]);
  });
});

describe('count', () => {
  it('asks for one record and the number of all', async () => {
    const { client, http, options } = clientOver([
      answer(200, { items: [row('1')] }, { 'total-record-count': '12345' }),
      noData,
    ]);
    await expect(client.count(ACCOUNT, { where: field('Status').is('Active') }, options)).resolves.toBe(12_345);
    expect(http.requests.map(parameters)).toEqual([
      {
        ViewMode: 'All',
        uniformresponse: 'y',
        ChildLinks: 'None',
        fields: 'Id',
        PageSize: '1',
        StartRowNum: '0',
        searchspec: '[Status] = "Active"',
        ExecutionMode: 'ForwardOnly',
        recordcountneeded: 'true',
      },
    ]);
    await expect(client.count(ACCOUNT, {}, options)).resolves.toBe(0);
  });

  it.each([{}, { 'total-record-count': 'many' }])('does not guess a number that is not said: %j', async (headers) => {
    const uncounted = answer(200, { items: [row('1')] }, headers as Record<string, string>);
    const { client, options, clock } = clientOver([uncounted, uncounted]);
    await expect(settledOn(clock, client.count(ACCOUNT, {}, options))).rejects.toMatchObject({
      code: 'UNEXPECTED_SHAPE',
    });
  });
});

describe('hierarchy', () => {
  const REQUESTS: ComponentAddress = {
    ...ACCOUNT,
    businessObject: 'Service Request',
    businessComponent: 'Service Request',
  };

  it('asks for a record and its children in one call', async () => {
    const body = { items: { Id: '1-1', 'SR Number': '1-77', Action: { Id: '1-2', Type: 'Call & visit' } } };
    const { client, http, options } = clientOver([answer(200, body)]);
    const trees = await client.hierarchy(
      REQUESTS,
      {
        fields: ['SR Number', 'Status'],
        where: all(field('Status').is('Open'), field('Name').startsWith('A')),
        children: { Action: { fields: ['Type'], sort: [{ field: 'Type', direction: 'desc' }] } },
        pageSize: 20,
        startRow: 40,
      },
      options,
    );
    expect(trees).toEqual([
      {
        values: { Id: '1-1', 'SR Number': '1-77' },
        children: { Action: [{ values: { Id: '1-2', Type: 'Call & visit' }, children: {} }] },
      },
    ]);
    const { QueryHierarchy = '', ...others } = parameters(http.requests[0] ?? { path: '' });
    expect(others).toEqual({
      ViewMode: 'All',
      uniformresponse: 'y',
      ChildLinks: 'None',
      PageSize: '20',
      StartRowNum: '40',
      ExecutionMode: 'ForwardOnly',
    });
    expect(JSON.parse(QueryHierarchy)).toEqual({
      'Service Request': {
        fields: 'Id,SR Number,Status',
        searchspec: expect.stringMatching(/^\(\[Status\] = "Open"\) AND \(\[Name\] LIKE "A\*"\)$/),
        Action: { fields: 'Id,Type', sortspec: 'Type:desc' },
      },
    });
    expect(http.requests[0]?.path).not.toMatch(/[{}" ]/);
  });

  it('gives no trees when there is no data', async () => {
    const { client, options } = clientOver([noData]);
    await expect(client.hierarchy(REQUESTS, { fields: [], pageSize: 1, startRow: 0 }, options)).resolves.toEqual([]);
  });

  it.each(['fields', 'searchspec', 'sortspec', 'a/b', ''])('refuses a child that is named %j', async (name) => {
    const { client, http, options } = clientOver([]);
    const children = { [name]: { fields: ['Type'] } };
    await expect(
      client.hierarchy(REQUESTS, { fields: [], children, pageSize: 1, startRow: 0 }, options),
    ).rejects.toThrow(RangeError);
    expect(http.requests).toEqual([]);
  });
});

describe('describe', () => {
  const DOCUMENT = { openapi: '3.0.1', paths: {} };

  it('gives the document as it came', async () => {
    const { client, http, options } = clientOver(Array(3).fill(answer(200, DOCUMENT)));
    const account = { businessObject: 'Account', businessComponent: 'Account', below: ['Contact'] };
    await expect(client.describe(account, options)).resolves.toEqual(DOCUMENT);
    await client.describe({ service: 'Credit Check', method: 'Check' }, options);
    await client.describe({ catalogue: 'data', startRow: 200 }, options);
    expect(http.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /siebel/v1.0/data/Account/Account/%7Bkey%7D/Contact/describe',
      'GET /siebel/v1.0/service/Credit%20Check/Check/describe',
      'GET /siebel/v1.0/data/describe?PageSize=100&StartRowNum=200',
    ]);
  });

  it('fails when there is none', async () => {
    const { client, options, clock } = clientOver([answer(204), answer(204)]);
    await expect(settledOn(clock, client.describe({ service: 'X' }, options))).rejects.toMatchObject({
      code: 'UNEXPECTED_SHAPE',
    });
  });
});

describe('a site', () => {
  const { client: _client, ...base } = clientOver([]);

  it('may have renamed parameters, a workspace and headers of its own', async () => {
    const site = {
      parameterNames: { PageSize: 'limit', StartRowNum: 'offset' },
      workspace: 'dev_anna_1',
      headers: { 'x-end-user': 'ANNA' },
    };
    const { client, http, options } = clientOver([page('1-1'), answer(200, row('1-1'))], { site });
    await client.queryPage(ACCOUNT, QUERY, options);
    await client.insert(ACCOUNT, { Name: 'Acme' }, options);
    expect(http.requests.map(parameters)).toEqual([
      {
        ViewMode: 'All',
        uniformresponse: 'y',
        ChildLinks: 'None',
        fields: 'Id,Name',
        limit: '100',
        offset: '0',
        ExecutionMode: 'ForwardOnly',
        workspace: 'dev_anna_1',
      },
      { ViewMode: 'All', workspace: 'dev_anna_1' },
    ]);
    expect(http.requests[1]?.headers).toEqual({
      'x-end-user': 'ANNA',
      accept: 'application/json',
      'content-type': 'application/json',
      authorization: 'Bearer first',
    });
  });

  it.each(['Authorization', 'content-type', 'HOST', 'Cookie', 'Content-Length', 'a b', 'x-ü'])(
    'may not set the header %s',
    (name) => {
      expect(() =>
        siebelClient({
          http: base.http,
          tokens: countedTokens().source,
          baseUrl: new URL('https://h/s'),
          clock: fakeClock(),
          site: { headers: { [name]: 'x' } },
        }),
      ).toThrow(/site\.headers/);
    },
  );

  it('may not set a header to something that would end it, and the error does not repeat it', () => {
    const parts = { http: scriptedHttp([]), tokens: countedTokens().source, baseUrl: new URL('https://h/s') };
    const site = { headers: { 'x-user': 'SECRET\r\nx: y' } };
    expect(() => siebelClient({ ...parts, clock: fakeClock(), site })).toThrow(/^(?!.*SECRET).*x-user/);
  });

  it('sends no search and no address that is longer than it takes', async () => {
    const site = { maxSearchLength: 100, maxUrlLength: 600 };
    const { client, http, options } = clientOver([page('1')], { site });
    const where = field('Name').oneOf(Array.from({ length: 5 }, (_, count) => `Account ${count}`));
    await expect(client.queryPage(ACCOUNT, { ...QUERY, where }, options)).rejects.toMatchObject({ code: 'TOO_LONG' });
    const fields = Array.from({ length: 50 }, (_, count) => `Field ${count}`);
    await expect(client.queryPage(ACCOUNT, { ...QUERY, fields }, options)).rejects.toMatchObject({ code: 'TOO_LONG' });
    expect(http.requests).toEqual([]);
  });

  it('takes doubled quotes only where it says so', async () => {
    const where = field('Name').is(`6" x 4'`);
    const refusing = clientOver([]);
    await expect(refusing.client.queryPage(ACCOUNT, { ...QUERY, where }, refusing.options)).rejects.toMatchObject({
      code: 'VALUE_NOT_QUERYABLE',
    });
    const doubling = clientOver([page('1')], { site: { quoteEscape: 'doubling' } });
    await doubling.client.queryPage(ACCOUNT, { ...QUERY, where }, doubling.options);
    expect(doubling.http.requests).toHaveLength(1);
  });
});

describe('every call', () => {
  it('names the component in a failure of the set-up', async () => {
    const unknown = answer(500, { ERROR: "Field 'Canary' does not exist.(SBL-DAT-00416)" });
    const { client, options } = clientOver(new Array(10).fill(unknown));
    const calls = [
      client.get(ACCOUNT, '1-1', {}, options),
      client.queryPage(ACCOUNT, QUERY, options),
      client.count(ACCOUNT, {}, options),
      client.hierarchy(ACCOUNT, { fields: ['X'], pageSize: 1, startRow: 0 }, options),
      client.upsert(ACCOUNT, { Name: 'x' }, options),
      client.update(ACCOUNT, '1-1', { Name: 'x' }, options),
      client.delete(ACCOUNT, '1-1', options),
      client.insert(ACCOUNT, { Name: 'x' }, options),
    ];
    for (const call of await Promise.allSettled(calls)) {
      expect(call).toMatchObject({ reason: { message: expect.stringContaining('a field of Account/Account:') } });
    }
  });
});
