import { describe, expect, it } from 'vitest';
import { NoResponseError, UnusableResponseError } from '../../../lib/errors.ts';
import type { ComponentAddress } from '../../../lib/siebel/component.ts';
import { ACCOUNT, answer, clientOver, noData, settledOn } from './parts.ts';

const row = (id: string) => ({ Id: id, Name: `Account ${id}` });
const page = (...ids: string[]) => answer(200, { items: ids.map(row) });
const CONTACTS: ComponentAddress = { ...ACCOUNT, below: [{ id: '1-2AB+7', component: 'Contact' }] };
const CONTACTS_PATH = '/siebel/v1.0/data/Account/Account/1-2AB%2B7/Contact';
/** Answers to a PUT on a child collection, as releases differ. */
const NEWER = answer(200, { items: { Id: '1-2AB+7', Contact: { Id: '1-9', Link: {} }, Link: {} } });
const IP2016 = answer(201, { items: { Id: '1-2AB+7', Link: {} } });

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

  it.each([
    ['no time is left', 3_000, 10],
    ['the budget is spent', 20_000, 0],
  ])('refuses the message at once when there is no second attempt: %s (R18)', async (_what, withinMs, retries) => {
    const budget = { tryTake: () => retries > 0, succeeded() {} };
    const { client, clock, http } = clientOver([answer(409)], { retryBudget: budget });
    const options = { deadlineAtMs: clock.now() + withinMs };
    const refused = { code: 'SIEBEL_CONFLICT', failureClass: 'message' };
    await expect(client.upsert(ACCOUNT, { Name: 'Acme' }, options)).rejects.toMatchObject(refused);
    expect(http.requests).toHaveLength(1);
  });

  it('is not for a record below another one, whose Id not every release tells', async () => {
    const { client, http, options } = clientOver([]);
    await expect(client.upsert(CONTACTS, { 'Person UId': 'x' }, options)).rejects.toThrow(RangeError);
    expect(http.requests).toEqual([]);
  });
});

describe('upsertChild', () => {
  it.each([
    ['names the child', NEWER, '1-9'],
    ['names the parent alone, as IP2016 does', IP2016, undefined],
    ['is empty', answer(204), undefined],
  ])('puts the record on the child collection; the answer %s', async (_what, response, id) => {
    const { client, http, options } = clientOver([response]);
    await expect(client.upsertChild(CONTACTS, { 'Person UId': 'x' }, options)).resolves.toEqual({ id });
    expect(http.requests[0]).toMatchObject({
      method: 'PUT',
      path: `${CONTACTS_PATH}?ViewMode=All`,
      body: '{"Person UId":"x"}',
    });
  });

  it('reports a parent that is not there', async () => {
    const { client, options } = clientOver([noData]);
    await expect(client.upsertChild(CONTACTS, { 'Person UId': 'x' }, options)).rejects.toMatchObject({
      code: 'NOT_FOUND',
      failureClass: 'message',
    });
  });

  it('is sent again after a lost answer, as it may be repeated', async () => {
    const { client, http, options, clock } = clientOver([answer(502), NEWER]);
    await settledOn(clock, client.upsertChild(CONTACTS, { 'Person UId': 'x' }, options));
    expect(http.requests).toHaveLength(2);
  });

  it('needs to be told below which record', async () => {
    const { client, options } = clientOver([]);
    await expect(client.upsertChild(ACCOUNT, { 'Person UId': 'x' }, options)).rejects.toThrow(RangeError);
  });
});

describe('update', () => {
  it('puts the fields on the record', async () => {
    const { client, http, options } = clientOver([page('1-7')]);
    await expect(client.update(ACCOUNT, '1-7', { Name: 'New' }, options)).resolves.toEqual({ id: '1-7' });
    expect(http.requests[0]).toMatchObject({
      method: 'PUT',
      path: '/siebel/v1.0/data/Account/Account/1-7?ViewMode=All',
      body: '{"Name":"New"}',
    });
  });

  it.each([
    ['names the child', NEWER],
    ['names the parent alone, as IP2016 does', IP2016],
  ])('puts the fields on a child; the answer %s', async (_what, response) => {
    const { client, http, options } = clientOver([response]);
    await expect(client.update(CONTACTS, '1-9', { 'First Name': 'Ann' }, options)).resolves.toEqual({ id: '1-9' });
    expect(http.requests[0]?.path).toBe(`${CONTACTS_PATH}/1-9?ViewMode=All`);
  });

  it('reports a record that is not there', async () => {
    const { client, options } = clientOver([noData]);
    await expect(client.update(ACCOUNT, '1-7', { Name: 'New' }, options)).rejects.toMatchObject({
      code: 'NOT_FOUND',
      failureClass: 'message',
    });
  });

  it.each([
    ['record', ACCOUNT, page('1-8'), '1-7'],
    ['child', CONTACTS, NEWER, '1-7'],
  ])('reports a site that changed or created another %s', async (_what, at, response, id) => {
    const { client, http, options } = clientOver([response]);
    await expect(client.update(at, id, { Name: 'New' }, options)).rejects.toMatchObject({
      code: 'SIEBEL_CONFLICT',
      failureClass: 'message',
    });
    expect(http.requests).toHaveLength(1);
  });

  it.each([304, 204])(
    'believes HTTP %i when the record has the values that were sent, and only then',
    async (status) => {
      const same = answer(200, { ...row('1-7'), Name: 'New' });
      const silent = answer(status);
      const { client, http, options } = clientOver([silent, same, silent, page('1-7'), silent, noData]);
      const attempts: number[] = [];
      const told = { ...options, onCall: (report: { attempts: number }) => void attempts.push(report.attempts) };
      await expect(client.update(ACCOUNT, '1-7', { Name: 'New' }, told)).resolves.toEqual({ id: '1-7' });
      expect(attempts).toEqual([2]);
      expect(http.requests[1]?.path).toMatch(/^\/siebel\/v1\.0\/data\/Account\/Account\/1-7\?.*fields=Id%2CName$/);
      await expect(client.update(ACCOUNT, '1-7', { Name: 'New' }, options)).rejects.toMatchObject({ status });
      await expect(client.update(ACCOUNT, '1-7', {}, options)).rejects.toMatchObject({ status });
    },
  );
});

describe('a write whose answer says nothing, when its record cannot be looked at', () => {
  const spent = { tryTake: () => false, succeeded() {} };

  it.each([
    ['Siebel refuses to show it', answer(403, { ERROR: 'No.(SBL-EAI-04421)' })],
    ['Siebel does not know the address', answer(404, '<html>')],
    ['Siebel is not reached', new NoResponseError('CONNECT_FAILED', 'refused', { sent: false })],
    ['no time is left', new NoResponseError('DEADLINE_TOO_CLOSE', 'late', { sent: false })],
  ])('ends with that answer, which never reads as "not sent" or "refused": %s', async (_what, second) => {
    const parts = clientOver([answer(204), second, answer(304), second], { retryBudget: spent });
    const { client, http, options, clock } = parts;
    const silent = { name: 'UnusableResponseError', failureClass: 'environment' };
    const update = client.update(ACCOUNT, '1-7', { Name: 'New' }, options);
    await expect(settledOn(clock, update)).rejects.toMatchObject({ ...silent, status: 204 });
    await expect(settledOn(clock, client.delete(ACCOUNT, '1-7', options))).rejects.toMatchObject({
      ...silent,
      status: 304,
    });
    expect(http.requests.map(({ method }) => method)).toEqual(['PUT', 'GET', 'DELETE', 'GET']);
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

  it('looks at the record after an empty success that may have been cut', async () => {
    const cut = new UnusableResponseError('BODY_TRUNCATED', 'cut', { status: 200 });
    const gone = clientOver([cut, cut, noData]);
    await expect(settledOn(gone.clock, gone.client.delete(ACCOUNT, '1-7', gone.options))).resolves.toBeUndefined();
    const there = clientOver([cut, cut, answer(200, row('1-7'))]);
    await expect(settledOn(there.clock, there.client.delete(ACCOUNT, '1-7', there.options))).rejects.toBe(cut);
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

  it('believes "not modified" when the record is gone, and only then', async () => {
    const { client, options } = clientOver([answer(304), noData, answer(304), page('1-7')]);
    await expect(client.delete(ACCOUNT, '1-7', options)).resolves.toBeUndefined();
    await expect(client.delete(ACCOUNT, '1-7', options)).rejects.toMatchObject({ status: 304 });
  });
});

describe('insert', () => {
  it('posts one record', async () => {
    const { client, http, options } = clientOver([answer(200, { items: { ...row('1-7'), Link: {} } })]);
    await expect(client.insert(ACCOUNT, { Name: 'Acme', values: 'x' }, options)).resolves.toEqual({ id: '1-7' });
    expect(http.requests).toMatchObject([
      {
        method: 'POST',
        path: '/siebel/v1.0/data/Account/Account?ViewMode=All',
        body: '{"Name":"Acme","values":"x"}',
      },
    ]);
  });

  it('posts a record with its children and theirs', async () => {
    const { client, http, options } = clientOver([
      answer(200, { items: { Id: '1-7', 'Service Request': { Id: '1-8' } } }),
    ]);
    const action = { values: { Type: 'Call' }, children: {} };
    const tree = {
      values: { Name: 'Acme' },
      children: {
        'Service Request': [{ values: { Abstract: 'Pump' }, children: { Action: [action, action] } }],
        Contact: [],
      },
    };
    await expect(client.insert(ACCOUNT, tree, options)).resolves.toEqual({ id: '1-7' });
    expect(JSON.parse(http.requests[0]?.body ?? '')).toEqual({
      Name: 'Acme',
      'Service Request': [{ Abstract: 'Pump', Action: [{ Type: 'Call' }, { Type: 'Call' }] }],
    });
  });

  it.each([
    ['with the name of a field', 'Name'],
    ['with a name that none can have', 'a/b'],
  ])('refuses children %s', async (_what, component) => {
    const { client, http, options } = clientOver([]);
    const tree = { values: { Name: 'Acme' }, children: { [component]: [{ values: {}, children: {} }] } };
    await expect(client.insert(ACCOUNT, tree, options)).rejects.toThrow(RangeError);
    expect(http.requests).toEqual([]);
  });

  it('is not for a record below another one', async () => {
    const { client, options } = clientOver([]);
    await expect(client.insert(CONTACTS, { 'Person UId': 'x' }, options)).rejects.toThrow(RangeError);
  });

  it('reports a duplicate as Siebel does, at once', async () => {
    const { client, http, options } = clientOver([answer(409, { ERROR: 'Exists.(SBL-EAI-04383)' })]);
    await expect(client.insert(ACCOUNT, { Name: 'Acme' }, options)).rejects.toMatchObject({
      code: 'SIEBEL_CONFLICT',
      failureClass: 'message',
    });
    expect(http.requests).toHaveLength(1);
  });

  it('reports a 404 with the words for no data as not found', async () => {
    const { client, options } = clientOver([noData]);
    await expect(client.insert(ACCOUNT, { Name: 'Acme' }, options)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe.each(['insertChild', 'associate'] as const)('%s', (method) => {
  it.each([
    ['names the child', NEWER, '1-9'],
    ['names the parent alone, as IP2016 does', IP2016, undefined],
  ])('puts the record on the child collection; the answer %s', async (_what, response, id) => {
    const { client, http, options } = clientOver([response]);
    await expect(client[method](CONTACTS, { 'Person UId': 'x' }, options)).resolves.toEqual({ id });
    expect(http.requests).toMatchObject([{ method: 'PUT', path: `${CONTACTS_PATH}?ViewMode=All` }]);
  });

  it('has no Id of its own', async () => {
    const { client, http, options } = clientOver([]);
    await expect(client[method](CONTACTS, { Id: '1-9' }, options)).rejects.toThrow(RangeError);
    await expect(client[method](ACCOUNT, { Name: 'x' }, options)).rejects.toThrow(RangeError);
    expect(http.requests).toEqual([]);
  });

  it('is never sent again when its answer is lost', async () => {
    const { client, http, options, clock } = clientOver([answer(502), NEWER]);
    await expect(settledOn(clock, client[method](CONTACTS, { 'Person UId': 'x' }, options))).rejects.toMatchObject({
      code: 'OUTCOME_UNKNOWN',
    });
    expect(http.requests).toHaveLength(1);
  });
});
