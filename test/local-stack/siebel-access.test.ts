import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { query } from './https-client.ts';
import { type Domain, type SiebelFixture, startDomain, startSiebelFixture } from './siebel-fixture.ts';

const ACCOUNTS = 'Account/Account';

let domain: Domain;

beforeAll(async () => {
  domain = await startDomain();
});

afterAll(() => domain.identity.close());

describe('Siebel stand-in, who may call what', () => {
  let fixture: SiebelFixture;

  beforeAll(async () => {
    fixture = await startSiebelFixture(domain);
  });

  afterAll(() => fixture.close());

  const get: SiebelFixture['get'] = (path, members) => fixture.get(path, members);

  describe('access', () => {
    const statusWith = async (headers: Record<string, string>) =>
      (await fixture.client.call(`${fixture.siebel.baseUrl}/data/Account/Account`, { headers })).status;

    it('introspects the token of every request with the application of Siebel', async () => {
      const before = fixture.identity.stats().introspections;
      await get(ACCOUNTS);
      await get(ACCOUNTS);
      const last = fixture.siebel.requests().at(-1);

      expect(fixture.identity.stats().introspections).toBe(before + 2);
      expect(last).toMatchObject({
        user: 'siebel-caller',
        status: 200,
        token: expect.stringMatching(/^[0-9a-f]{12}$/),
      });
    });

    it.each<[string, () => Promise<Record<string, string>> | Record<string, string>]>([
      ['no token', () => ({})],
      ['a token that is none', () => ({ Authorization: 'Bearer nonsense' })],
      ['Basic authentication', () => ({ Authorization: 'Basic YTpi' })],
      [
        'a token of the API client, who is no Siebel user',
        async () => ({ Authorization: `Bearer ${await fixture.identity.issueApiToken()}` }),
      ],
      [
        'a token of the API client that claims the scope',
        async () => ({ Authorization: `Bearer ${await fixture.identity.issueApiToken({ scopes: ['data'] })}` }),
      ],
    ])('answers 401 without a body to %s', async (_what, headers) => {
      const reply = await fixture.client.call(`${fixture.siebel.baseUrl}/data/Account/Account`, {
        headers: await headers(),
      });

      expect([reply.status, reply.body, reply.headers['www-authenticate']]).toEqual([401, '', undefined]);
    });

    it('answers 401 when the token is for another resource of Siebel', async () => {
      const { identity } = fixture;
      const scope = identity.scope.replace(/data$/, 'service');
      const reply = await fixture.client.call(identity.tokenUrl, {
        method: 'POST',
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({
          grant_type: 'client_credentials',
          scope,
          client_id: identity.callerClient.id,
          client_secret: identity.callerClient.secret,
        }).toString(),
      });

      expect(await statusWith({ Authorization: `Bearer ${reply.json().access_token}` })).toBe(401);
    });

    it('answers 401 to a token that was revoked, and 200 to a new one', async () => {
      const old = await fixture.token();
      await fixture.control('POST', '/-/tokens/revoke');
      const renewed = await fixture.token();
      const statuses = [];
      for (const token of [old, renewed]) {
        const headers = { Authorization: `Bearer ${token}` };
        const url = `${fixture.siebel.baseUrl}/data/Account/Account${query({ ViewMode: 'All' })}`;
        statuses.push((await fixture.client.call(url, { headers })).status);
      }
      await fixture.close();
      fixture = await startSiebelFixture(domain);

      expect(statuses).toEqual([401, 200]);
    });

    it.each([
      ['refuses the application of Siebel', { status: 401, body: { error: 'invalid_client' } }],
      ['fails', { status: 500 }],
      ['answers HTML', { html: true }],
      ['hangs up', { reset: 'before' }],
    ])('answers 401 when the identity domain %s', async (_what, fault) => {
      fixture.identity.faults.add({ target: 'introspection', fault });

      expect((await get(ACCOUNTS)).status).toBe(401);
      expect((await get(ACCOUNTS)).status).toBe(200);
    });
  });

  describe('address', () => {
    it.each([
      ['/data/Nothing/Nothing', 404, 'was not found'],
      ['/data/Account', 404, 'business component'],
      ['/data/Account/Nothing', 500, 'SBL-EAI-50257'],
      ['/data/Account/Account/1-X/Nothing', 500, 'SBL-EAI-50257'],
      ['/data/Opportunity/Opportunity', 500, 'SBL-EAI-50297'],
      ['/workspace/MAIN', 404, 'not imitated'],
    ])('answers %s with %i, and not with the no-data text', async (path, status, text) => {
      const reply = await fixture.send('GET', path);

      expect([reply.status, reply.json().ERROR]).toEqual([status, expect.stringContaining(text)]);
    });

    it.each([
      '/data/Account%2FAccount',
      '/data/Account/Account/..%2F..',
      '/data/Account/Account/%2e%2e',
      '/data/Account//Account',
      '/data/Account/Account/%E0%A4%A',
      '/data/Account/Account/1%00',
    ])('refuses the path %s with a page of Tomcat', async (path) => {
      const reply = await fixture.send('GET', path);

      expect([reply.status, reply.headers['content-type']]).toEqual([400, 'text/html;charset=utf-8']);
    });

    it('finds names with blanks', async () => {
      expect((await get('Service%20Request/Service%20Request')).status).toBe(200);
    });

    it('is unknown outside the context', async () => {
      const url = fixture.siebel.baseUrl.replace('/siebel/v1.0', '/siebel-rest/v1.0');
      const reply = await fixture.client.call(`${url}/data/Account/Account`);

      expect([reply.status, reply.headers['content-type']]).toEqual([404, 'text/html;charset=utf-8']);
    });

    it('answers the heartbeat and OPTIONS', async () => {
      expect((await fixture.send('GET', '/heartbeat')).status).toBe(200);
      expect((await fixture.send('OPTIONS', `/data/${ACCOUNTS}`)).status).toBe(200);
    });
  });
});
