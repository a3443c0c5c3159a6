import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import integration from '../../siebel.config.ts';
import { type TestStack, testStack } from './stack.ts';

const ROUTES = ['POST /service-requests', 'GET /service-requests/{Id}', 'POST /credit-checks'];
/** The example's, which an installation may have replaced. */
const hasThem = ROUTES.every((key) => integration.routes.some(({ routeKey }) => routeKey === key));

describe.skipIf(!hasThem)('routes that create and run', () => {
  let stack: TestStack;

  beforeAll(async () => {
    stack = await testStack();
  });
  beforeEach(() => stack.siebel.clearFaults());
  afterAll(() => stack?.close());

  const call = async (path: string, body?: object, token = stack.ready.apiToken) => {
    const response = await fetch(`${stack.ready.apiUrl}${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    const json = (await response.json()) as Record<string, unknown>;
    return { status: response.status, location: response.headers.get('location'), url: response.url, json };
  };

  it('create a record with its children, and say where it is read', async () => {
    const body = { Abstract: 'The crane is stuck', 'Integration Id': 'api-1', Action: [{ Type: 'Call' }] };
    const created = await call('/service-requests', body);

    expect(created).toMatchObject({ status: 201, json: { Id: expect.stringMatching(/^1-/) } });
    const { pathname } = new URL(created.location ?? '', created.url);
    const read = await call(pathname.slice(new URL(stack.ready.apiUrl).pathname.replace(/\/$/, '').length));
    expect(read).toMatchObject({
      status: 200,
      json: { Id: created.json['Id'], Abstract: 'The crane is stuck', Action: [{ Type: 'Call' }] },
    });
  });

  it('run a business service', async () => {
    const [account] = stack.siebel.records('Account');
    expect(await call('/credit-checks', { Account: account?.['Name'], Amount: '2500.00' })).toMatchObject({
      status: 200,
      json: { Rating: 'A', Approved: true },
    });
    expect(await call('/credit-checks', { Account: 'Nobody At All', Amount: '2500.00' })).toMatchObject({
      status: expect.toSatisfy((status: number) => [404, 422].includes(status)),
    });
    const aboveLimit = { Account: account?.['Name'], Amount: '2500000.00' };
    expect(await call('/credit-checks', aboveLimit)).toMatchObject({ status: 422, json: { code: 'SIEBEL_BUSINESS' } });
  });

  it('tell an unknown outcome when the answer is lost, and never send again', async () => {
    stack.siebel.addFault({
      method: 'POST',
      path: '/data/Service Request',
      times: 5,
      fault: { reset: 'after-commit' },
    });
    const body = { Abstract: 'Lost on the way', 'Integration Id': 'api-2' };

    const lost = await call('/service-requests', body);

    expect(lost).toMatchObject({ status: 504, json: { code: 'OUTCOME_UNKNOWN' } });
    expect(stack.siebel.records('Service Request', { Abstract: 'Lost on the way' })).toHaveLength(1);
  });

  it('need the scope to write', async () => {
    const reader = await stack.identity.issueApiToken({ scopes: ['siebel.read'] });
    const refused = await call('/service-requests', { Abstract: 'x', 'Integration Id': 'api-3' }, reader);
    expect(refused.status).toBe(403);
    expect(stack.siebel.records('Service Request', { Abstract: 'x' })).toEqual([]);
  });
});
