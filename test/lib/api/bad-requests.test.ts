import { describe, expect, it } from 'vitest';
import { apiParts } from './api-parts.ts';
import { httpEvent, putAccount, searchAccounts } from './http-event.ts';

/** Refused with a stable code, before anything is asked of Siebel. */
async function refused(event: unknown) {
  const { ask, calls } = apiParts();
  const { statusCode, headers, json } = await ask(event);
  expect(calls).toEqual([]);
  expect(headers['content-type']).toBe('application/problem+json');
  expect(json.status).toBe(statusCode);
  expect(json.type).toBe(`urn:siebel-integration:problem:${json.code}`);
  return { status: statusCode, code: json.code, issues: json.issues, headers };
}

const NESTED = `${'{"a":'.repeat(40)}1${'}'.repeat(40)}`;

describe('a path (K11)', () => {
  it.each([
    '..%2F..%2Fadmin',
    '../../admin',
    '..',
    '.',
    '%2e%2e',
    '1-2AB%2F..%2F1-3',
    '1-2AB/1-3',
    '1-2AB%252F1-3',
    '1-2AB%5C1-3',
    '1-2AB\\1-3',
    '1-2AB%00',
    '1-2AB\u0000',
    '1-2AB\r\n',
    '1%',
    '%ff',
    'x'.repeat(257),
  ])('with %j for an Id is refused with BAD_PATH', async (Id) => {
    expect(await refused(httpEvent({ path: `/accounts/${Id}`, pathParameters: { Id } }))).toMatchObject({
      status: 400,
      code: 'BAD_PATH',
    });
  });

  it.each(['1 2', '-1', 'http:x', 'x'.repeat(31), "1'", '1"', '1-2AB;x', 'ü', '１-２ＡＢ', '%20', '*'])(
    'with %j for an Id is refused with BAD_KEY',
    async (Id) => {
      expect(await refused(httpEvent({ path: `/accounts/${Id}`, pathParameters: { Id } }))).toMatchObject({
        status: 400,
        code: 'BAD_KEY',
        issues: [{ parameter: 'Id', code: 'BAD_KEY' }],
      });
    },
  );

  it('that no route fits is 404', async () => {
    const event = httpEvent({ path: '/admin', routeKey: '$default', pathParameters: {} });

    expect(await refused(event)).toMatchObject({ status: 404, code: 'NO_ROUTE' });
  });

  it.each(['__proto__', 'constructor', 'toString', 'GET /accounts/{id}'])(
    'under the route key %j is 404',
    async (routeKey) => {
      expect(await refused(httpEvent({ path: '/x', routeKey, pathParameters: {} }))).toMatchObject({
        code: 'NO_ROUTE',
      });
    },
  );

  it('with another method is 405 and says which it takes, whatever other headers claim', async () => {
    const event = httpEvent({
      method: 'POST',
      path: '/accounts',
      routeKey: '$default',
      pathParameters: {},
      headers: { 'x-http-method-override': 'PUT' },
    });

    const { status, code, headers } = await refused(event);

    expect({ status, code, allow: headers['allow'] }).toEqual({
      status: 405,
      code: 'METHOD_NOT_ALLOWED',
      allow: 'GET, PUT',
    });
  });
});

describe('a query (K12, K13)', () => {
  it.each([
    ['foo=1', 'UNKNOWN_PARAMETER', 'foo'],
    ['name=x', 'UNKNOWN_PARAMETER', 'name'],
    ['Name%20=x', 'UNKNOWN_PARAMETER', 'Name '],
    ['__proto__=x', 'UNKNOWN_PARAMETER', '__proto__'],
    ['constructor=x', 'UNKNOWN_PARAMETER', 'constructor'],
    ['ViewMode=All', 'UNKNOWN_PARAMETER', 'ViewMode'],
    ['searchspec=x', 'UNKNOWN_PARAMETER', 'searchspec'],
    ['fields=Name', 'UNKNOWN_PARAMETER', 'fields'],
    ['=x', 'UNKNOWN_PARAMETER', ''],
    ['&', 'UNKNOWN_PARAMETER', ''],
    ['Name=a&Name=a', 'DUPLICATE_PARAMETER', 'Name'],
    ['Name=a&%4eame=b', 'DUPLICATE_PARAMETER', 'Name'],
    ['limit=0', 'BAD_PAGE_SIZE', 'limit'],
    ['limit=101', 'BAD_PAGE_SIZE', 'limit'],
    ['limit=-1', 'BAD_PAGE_SIZE', 'limit'],
    ['limit=1e1', 'BAD_PAGE_SIZE', 'limit'],
    ['limit=10.0', 'BAD_PAGE_SIZE', 'limit'],
    ['limit=0x10', 'BAD_PAGE_SIZE', 'limit'],
    ['limit=%2010', 'BAD_PAGE_SIZE', 'limit'],
    ['limit=', 'BAD_PAGE_SIZE', 'limit'],
    ['limit=99999999999999999999', 'BAD_PAGE_SIZE', 'limit'],
    [`Name=${'x'.repeat(201)}`, 'TOO_LONG', 'Name'],
    [`Name=${'x'.repeat(101)}`, 'TOO_LONG', 'Name'],
    ['Name=a%00b', 'BAD_CHARACTER', 'Name'],
    ['Name=a%0d%0ab', 'VALUE_NOT_QUERYABLE', 'Name'],
    ['Name=', 'VALUE_NOT_QUERYABLE', 'Name'],
    ['Name=a*', 'VALUE_NOT_QUERYABLE', 'Name'],
    ['Name=*', 'VALUE_NOT_QUERYABLE', 'Name'],
    [`Name=${encodeURIComponent(`x" OR [Name]<>'`)}`, 'VALUE_NOT_QUERYABLE', 'Name'],
  ])('%s is refused with %s', async (query, code, parameter) => {
    const answer = await refused(searchAccounts(query));

    expect(answer).toMatchObject({ status: 400, code });
    expect(answer.issues[0]).toMatchObject({ parameter, code });
  });

  it.each(['Name=%', 'Name=%zz', 'Name=%ff', '%ff=x', 'Name=%c0%ae'])(
    '%s is refused with BAD_PARAMETER',
    async (query) => {
      expect(await refused(searchAccounts(query))).toMatchObject({ status: 400, code: 'BAD_PARAMETER' });
    },
  );

  it('with very many parameters is refused without reading them', async () => {
    const query = Array.from({ length: 10_000 }, (_, index) => `p${index}=1`).join('&');

    expect(await refused(searchAccounts(query))).toMatchObject({ code: 'TOO_MANY_FIELDS', issues: [{ pointer: '' }] });
  });

  it('that names what the path gives, or stands at a write, is refused', async () => {
    expect(await refused(httpEvent({ query: 'Id=1-3' }))).toMatchObject({ code: 'UNKNOWN_PARAMETER' });
    expect(await refused(putAccount('{"Name":"a","Location":"b"}', { query: 'ViewMode=All' }))).toMatchObject({
      code: 'UNKNOWN_PARAMETER',
    });
  });

  it('has everything that is wrong with it named at once', async () => {
    const { issues } = await refused(searchAccounts('foo=1&limit=x&Name=a&Name=b'));

    expect(issues.map(({ code }: { code: string }) => code)).toEqual([
      'UNKNOWN_PARAMETER',
      'BAD_PAGE_SIZE',
      'DUPLICATE_PARAMETER',
    ]);
  });

  it('with a value that tries to leave its literal stays one literal', async () => {
    const { ask, calls } = apiParts();

    await ask(searchAccounts(`Name=${encodeURIComponent(`x" OR [Name]<>"`)}`));

    expect(calls[0]?.asked).toMatchObject({ search: `([Name] = 'x" OR [Name]<>"')` });
  });
});

describe('a body (K01-K08, K15)', () => {
  it.each([
    ['', 'EMPTY_BODY', ''],
    ['  \n', 'EMPTY_BODY', ''],
    ['{', 'BAD_JSON', ''],
    ['{"Name":"a"}{}', 'BAD_JSON', ''],
    ['\ufeff{"Name":"a","Location":"b"}', 'BAD_JSON', ''],
    ["{'Name':'a'}", 'BAD_JSON', ''],
    ['[]', 'BAD_TYPE', ''],
    ['null', 'BAD_TYPE', ''],
    ['"text"', 'BAD_TYPE', ''],
    ['{"Name":"a","Name":"b","Location":""}', 'DUPLICATE_KEY', '/Name'],
    ['{"Name":1,"Location":""}', 'BAD_TYPE', '/Name'],
    ['{"Name":null,"Location":""}', 'BAD_TYPE', '/Name'],
    ['{"Location":""}', 'MISSING_FIELD', '/Name'],
    ['{"Name":"a","Location":"","Foo":1}', 'UNKNOWN_FIELD', '/Foo'],
    ['{"name":"a","Name":"a","Location":""}', 'UNKNOWN_FIELD', '/name'],
    ['{"Name":"a","Location":"","__proto__":{"x":1}}', 'UNKNOWN_FIELD', '/__proto__'],
    ['{"Name":"a","Location":"","Updated":"2025-03-14T09:26:53Z"}', 'UNKNOWN_FIELD', '/Updated'],
    ['{"Name":"a","Location":"","Id":"1-2"}', 'UNKNOWN_FIELD', '/Id'],
    [`{"Name":"${'x'.repeat(101)}","Location":""}`, 'TOO_LONG', '/Name'],
    ['{"Name":"a\\u0000","Location":""}', 'BAD_CHARACTER', '/Name'],
    ['{"Name":"\\ud800","Location":""}', 'BAD_CHARACTER', '/Name'],
    ['{"Name":1e999,"Location":""}', 'BAD_NUMBER', '/Name'],
  ])('%j is refused with %s', async (body, code, pointer) => {
    expect(await refused(putAccount(body))).toMatchObject({ status: 400, code, issues: [{ pointer, code }] });
  });

  it('that is too deep is refused, and nothing of it is kept', async () => {
    expect(await refused(putAccount(NESTED))).toMatchObject({ status: 400, code: 'TOO_DEEP' });
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  it('that is not UTF-8 is refused', async () => {
    const body = Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]).toString('base64');

    expect(await refused(putAccount(body, { isBase64Encoded: true }))).toMatchObject({ code: 'BAD_JSON' });
  });

  it.each(['{"Name":"a"}', 'e30=e30=', 'e30', 'a', 'e3 0='])(
    'that is not the base64 it is said to be (%s) is refused',
    async (body) => {
      const answer = await refused(putAccount(body, { isBase64Encoded: true }));

      // Base64 without padding is still base64, of an empty object.
      expect(answer.code).toBe(body === 'e30' ? 'MISSING_FIELD' : 'BAD_JSON');
    },
  );

  it('over 1 MiB is 413, and of 1 MiB is read', async () => {
    const withSize = (bytes: number) => `{"Name":"a","Location":"","Foo":1${' '.repeat(bytes - 34)}}`;

    expect(await refused(putAccount(withSize(1_048_577)))).toMatchObject({ status: 413, code: 'TOO_LARGE' });
    expect(await refused(putAccount(withSize(1_048_576)))).toMatchObject({ status: 400, code: 'UNKNOWN_FIELD' });
  });

  it.each([
    'text/plain',
    'application/xml',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/json; charset=iso-8859-1',
    'application/json; charset=utf-16',
    'application/json, text/plain',
    'application/problem+json',
    '',
  ])('of type %j is 415', async (type) => {
    const event = putAccount('{"Name":"a","Location":"b"}', { headers: { 'content-type': type } });

    expect(await refused(event)).toMatchObject({ status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' });
  });

  it('that is compressed is 415', async () => {
    const event = putAccount('H4sI', { headers: { 'content-encoding': 'gzip' }, isBase64Encoded: true });

    expect(await refused(event)).toMatchObject({ status: 415 });
  });

  it('at a read is refused', async () => {
    expect(await refused(httpEvent({ body: '{}' }))).toMatchObject({ status: 400, code: 'UNEXPECTED_BODY' });
  });

  it.each(['', 'a b', 'ü', 'x'.repeat(129), 'a\u0001'])('with the idempotency key %j is refused (K14)', async (key) => {
    const event = putAccount('{"Name":"a","Location":"b"}', { headers: { 'Idempotency-Key': key } });

    expect(await refused(event)).toMatchObject({ status: 400, code: 'BAD_IDEMPOTENCY_KEY' });
  });
});
