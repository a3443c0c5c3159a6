import { describe, expect, it } from 'vitest';
import { NoResponseError, UnknownOutcomeError } from '../../../lib/errors.ts';
import {
  businessComponent,
  businessService,
  defineIntegration,
  flag,
  integer,
  optional,
  text,
  unique,
} from '../../../lib/operations/index.ts';
import { apiParts } from './api-parts.ts';
import { httpEvent } from './http-event.ts';

const account = businessComponent('Account/Account', {
  viewMode: 'All',
  userKey: unique('Name'),
  fields: { Name: text(50), Competitor: optional(flag()), Staff: optional(integer()) },
});
const integration = defineIntegration({
  operations: {
    'account.get': account.get(),
    'account.search': account.query({
      filters: { Name: 'oneOf', Staff: 'oneOf', Competitor: 'is', staffFrom: { field: 'Staff', operator: 'atLeast' } },
    }),
    'account.create': account.insert({ naturalKey: ['Name'] }),
    'account.upsert-many': account.upsertMany(),
    'credit.check': businessService('Credit Check', 'Check', { input: { Account: text(50) }, repeatable: false }),
    'credit.text': businessService('Credit Check', 'Text', { output: { Text: text(65_536) }, repeatable: false }),
  },
  api: {
    'GET /accounts/{Id}': 'account.get',
    'GET /accounts': 'account.search',
    'POST /accounts': 'account.create',
    'POST /companies': 'account.create',
    'POST /accounts/search': 'account.search',
    'POST /accounts/many': 'account.upsert-many',
    'POST /credit-checks': 'credit.check',
    'POST /credit-texts': 'credit.text',
  },
});

function post(path: string, body: unknown, headers: Record<string, string> = {}): unknown {
  return httpEvent({
    method: 'POST',
    path,
    routeKey: `POST ${path}`,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

describe('POST', () => {
  it('creates a record, and says where it is read', async () => {
    const { ask, calls } = apiParts({ integration });

    const { statusCode, headers, json } = await ask(post('/accounts', { Name: 'Acme', Competitor: true }));

    expect({ statusCode, json }).toEqual({ statusCode: 201, json: { Id: '1-2AB+7' } });
    // Relative to /accounts, under whatever domain and stage.
    expect(headers['location']).toBe('accounts/1-2AB%2B7');
    expect(calls).toEqual([{ method: 'insert', asked: { Name: 'Acme', Competitor: 'Y' } }]);
  });

  it('answers 200 when no route reads what was created', async () => {
    const { statusCode, headers, json } = await apiParts({ integration }).ask(post('/companies', { Name: 'Acme' }));
    expect([statusCode, headers['location'], json]).toEqual([200, undefined, { Id: '1-2AB+7' }]);
  });

  it('runs services, batches and searches with their input in the body', async () => {
    const { ask, calls } = apiParts({ integration });

    const service = await ask(post('/credit-checks', { Account: 'Acme' }));
    const search = await ask(post('/accounts/search', { Name: ['Acme', 'Other'], limit: 3 }));
    const batch = await ask(post('/accounts/many', { items: [{ Name: 'Acme' }] }));

    expect([service, search, batch].map(({ statusCode }) => statusCode)).toEqual([200, 200, 200]);
    expect(calls).toMatchObject([
      { method: 'service', asked: { input: { Account: 'Acme' }, repeatable: false } },
      { method: 'pages', asked: { search: '(([Name] = "Acme") OR ([Name] = "Other"))', pageSize: 3 } },
      { method: 'upsertMany', asked: [{ Name: 'Acme' }] },
    ]);
  });

  it.each([
    ['Idempotency-Key', 'order-4711'],
    ['idempotency-key', ''],
  ])(
    'of what may not be repeated refuses the header %s: %j, which would promise what is not kept',
    async (name, key) => {
      const { ask, calls } = apiParts({ integration });
      for (const event of [
        post('/accounts', { Name: 'A' }, { [name]: key }),
        post('/credit-checks', { Account: 'A' }, { [name]: key }),
      ]) {
        expect((await ask(event)).json).toMatchObject({ status: 400, code: 'IDEMPOTENCY_KEY_NOT_SUPPORTED' });
      }
      const batch = await ask(post('/accounts/many', { items: [{ Name: 'A' }] }, { [name]: 'order-4711' }));
      expect([batch.statusCode, calls.length]).toEqual([200, 1]);
    },
  );

  it('tells an unknown outcome as such, and never to wait and repeat', async () => {
    const cause = new NoResponseError('TIMED_OUT', 'x', { sent: true });
    const { ask, log } = apiParts({ integration, fails: new UnknownOutcomeError('x', { cause }) });

    const { statusCode, headers, json } = await ask(post('/accounts', { Name: 'A' }));

    expect({ statusCode, code: json.code }).toEqual({ statusCode: 504, code: 'OUTCOME_UNKNOWN' });
    expect([headers['retry-after'], json.retryAfterSeconds]).toEqual([undefined, undefined]);
    expect(log.lines).toMatchObject([{ status: 504, code: 'OUTCOME_UNKNOWN' }]);
  });

  it('tells an answer that is too large as an unknown outcome when the call has been made', async () => {
    const { parts, ask } = apiParts({ integration });
    (parts.operations as { run: unknown }).run = async () => ({ Text: 'x'.repeat(6_000_000) });
    expect((await ask(post('/credit-texts', {}))).json).toMatchObject({ status: 504, code: 'OUTCOME_UNKNOWN' });
  });

  it('takes no parameters in its query', async () => {
    const event = httpEvent({
      method: 'POST',
      path: '/accounts/search',
      routeKey: 'POST /accounts/search',
      query: 'limit=3',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    expect((await apiParts({ integration }).ask(event)).json).toMatchObject({
      status: 400,
      code: 'UNKNOWN_PARAMETER',
      issues: [{ parameter: 'limit' }],
    });
  });

  it('names what is wrong inside a list by its place', async () => {
    const { json } = await apiParts({ integration }).ask(
      post('/accounts/many', { items: [{ Name: 'A' }, { Nam: 'B' }] }),
    );
    expect(json.issues).toMatchObject([
      { pointer: '/items/1/Name', code: 'MISSING_FIELD' },
      { pointer: '/items/1/Nam', code: 'UNKNOWN_FIELD' },
    ]);
  });
});

describe('a parameter that takes a list', () => {
  const search = (query: string) => httpEvent({ path: '/accounts', routeKey: 'GET /accounts', query });

  it('is given once for each value, of the type of its field', async () => {
    const { ask, calls } = apiParts({ integration });
    await ask(search('Name=Acme&Staff=1&Name=Other&Staff=-2&Competitor=true&staffFrom=10'));
    expect(calls[0]?.asked).toMatchObject({
      search:
        '(([Name] = "Acme") OR ([Name] = "Other")) AND (([Staff] = 1) OR ([Staff] = -2)) AND ([Competitor] = "Y") AND ([Staff] >= 10)',
    });
  });

  it.each([
    ['Name=Acme&Name=', 'VALUE_NOT_QUERYABLE', 'Name'],
    ['Staff=1&Staff=x', 'BAD_NUMBER', 'Staff'],
    ['Competitor=true&Competitor=true', 'DUPLICATE_PARAMETER', 'Competitor'],
    ['staffFrom=1.5', 'BAD_NUMBER', 'staffFrom'],
    [`Name=${new Array(51).fill('a').join('&Name=')}`, 'TOO_MANY_FIELDS', undefined],
  ])('is refused as %s with %s', async (query, code, parameter) => {
    const { json } = await apiParts({ integration }).ask(search(query));
    expect(json).toMatchObject({ status: 400, code, ...(parameter !== undefined && { issues: [{ parameter }] }) });
  });
});
