import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Domain, type SiebelFixture, startDomain, startSiebelFixture, until } from './siebel-fixture.ts';

const NO_DATA = { ERROR: 'There is no data for the requested resource' };
const ACCOUNTS = 'Account/Account';
const HARBOUR = { searchspec: '[Name] = "Harbour Supplies"' };

let domain: Domain;

beforeAll(async () => {
  domain = await startDomain();
});

afterAll(() => domain.identity.close());

describe('Siebel stand-in, settings', () => {
  async function withSettings<Result>(
    settings: Parameters<typeof startSiebelFixture>[1],
    use: (fixture: SiebelFixture) => Promise<Result>,
  ) {
    const fixture = await startSiebelFixture(domain, { records: 40, ...settings });
    try {
      return await use(fixture);
    } finally {
      await fixture.close();
    }
  }

  it.each([
    ['404 with full stop', 404, `{"ERROR":"${NO_DATA.ERROR}."}`],
    ['204', 204, ''],
    ['empty items', 200, '{"items":[],"Link":[]}'],
  ] as const)('answers an empty query by %s', async (emptyAnswer, status, body) => {
    const reply = await withSettings({ emptyAnswer }, ({ get }) => get(ACCOUNTS, { searchspec: '[Name] = "none"' }));

    expect([reply.status, reply.body]).toEqual([status, body]);
  });

  it.each([
    ['body', '{"ERROR":"Authentication failed."}', undefined],
    ['challenge', '', 'Bearer realm="Siebel"'],
  ] as const)('answers 401 with a %s', async (unauthorized, body, challenge) => {
    const reply = await withSettings({ unauthorized }, ({ client, siebel }) =>
      client.call(`${siebel.baseUrl}/heartbeat`),
    );

    expect([reply.status, reply.body, reply.headers['www-authenticate']]).toEqual([401, body, challenge]);
  });

  it('runs a call without a token as a guest, who sees nothing and writes nothing, where that is allowed', async () => {
    const statuses = await withSettings({ anonymous: true }, async ({ client, siebel }) => {
      const url = `${siebel.baseUrl}/data/Account/Account`;
      const read = await client.call(`${url}?ViewMode=All`);
      const write = await client.call(url, { method: 'PUT', body: '{"Name":"x","Location":"y"}' });
      const wrong = await client.call(url, { headers: { Authorization: 'Bearer nonsense' } });
      return [read.status, write.status, wrong.status];
    });

    expect(statuses).toEqual([404, 403, 401]);
  });

  it('refuses a subject that is no Siebel user', async () => {
    const reply = await withSettings({ users: ['SADMIN', 'SIEBEL-CALLER'] }, ({ get }) => get(ACCOUNTS));

    expect(reply.status).toBe(401);
  });

  it('finds the user in another member of the introspection answer', async () => {
    const reply = await withSettings({ subjectField: 'client_guid' }, ({ get }) => get(ACCOUNTS));

    expect(reply.status).toBe(401);
  });

  it.each([
    ['503', 503],
    ['404', 404],
  ] as const)('answers everything with the page of a stopped application: %s', async (maintenance, status) => {
    const replies = await withSettings({ maintenance }, async ({ client, siebel, get }) => [
      await client.call(`${siebel.baseUrl}/heartbeat`),
      await get(ACCOUNTS),
      await client.call(siebel.baseUrl.replace('/siebel/v1.0', '/')),
    ]);

    for (const { headers, ...reply } of replies) {
      expect([reply.status, headers['content-type'], headers.connection]).toEqual([
        status,
        'text/html;charset=utf-8',
        'close',
      ]);
      expect(reply.body).toContain(`<title>HTTP Status ${status} \u2013 `);
    }
  });

  it.each([
    ['application/json', 200, 'application/json;charset=utf-8'],
    ['application/json;charset=utf-8', 200, 'application/json;charset=utf-8'],
    ['multipart/form-data; boundary=x', 200, 'application/json;charset=utf-8'],
    ['text/xml', 200, 'application/xml;charset=utf-8'],
    ['text/plain', 415, 'text/html;charset=utf-8'],
    ['application/x-www-form-urlencoded', 415, 'text/html;charset=utf-8'],
  ])('answers a read sent as %s with %i', async (type, status, answered) => {
    const reply = await withSettings({}, ({ send }) =>
      send('GET', `/data/${ACCOUNTS}?ViewMode=All`, undefined, { headers: { 'Content-Type': type } }),
    );

    expect([reply.status, reply.headers['content-type']]).toEqual([status, answered]);
  });

  it('tells errors in XML where XML was spoken, in the problem format where that is on', async () => {
    const headers = { 'Content-Type': 'application/xml' };
    const replies = await withSettings({ problemFormat: true }, async ({ send }) => [
      await send('GET', `/data/${ACCOUNTS}?fields=Nothing`, undefined, { headers }),
      await send('PUT', `/data/${ACCOUNTS}`, '<request', { headers }),
      await send('GET', `/data/${ACCOUNTS}?fields=Nothing`),
    ]);

    expect(replies.map((reply) => [reply.status, reply.headers['content-type']])).toEqual([
      [500, 'application/xml;charset=utf-8'],
      [500, 'application/xml;charset=utf-8'],
      [500, 'application/problem+json;charset=utf-8'],
    ]);
    expect(replies[0]?.body).toContain('<errorCode>SBL-EAI-50258</errorCode>');
  });

  it('leaves the pages of the servlet container in HTML where XML was spoken', async () => {
    const reply = await withSettings({}, ({ send }) =>
      send('PUT', `/data/${ACCOUNTS}`, `<request/>${' '.repeat(5_242_880)}`, {
        headers: { 'Content-Type': 'application/xml' },
      }),
    );

    expect([reply.status, reply.headers['content-type']]).toEqual([413, 'text/html;charset=utf-8']);
  });

  it('sets a cookie that changes nothing when it comes back', async () => {
    const statuses = await withSettings({ cookie: true }, async ({ send, siebel }) => {
      const path = `/data/${ACCOUNTS}?ViewMode=All`;
      const first = await send('GET', path);
      const [cookie = ''] = String(first.headers['set-cookie']).split(';');
      const second = await send('GET', path, undefined, { headers: { Cookie: cookie } });
      return [first.status, second.status, second.body === first.body, siebel.stats().logins];
    });

    expect(statuses).toEqual([200, 200, true, 1]);
  });

  it('asks for the scope of each kind of resource', async () => {
    const statuses = await withSettings({}, async ({ send }) => [
      (await send('POST', '/service/Workflow%20Utilities/Echo', { body: {} })).status,
      (await send('POST', '/workflow/Account%20Enquiry', {})).status,
      (await send('GET', '/service/describe')).status,
      (await send('GET', '/data/describe')).status,
    ]);

    expect(statuses).toEqual([401, 401, 401, 200]);
  });

  it.each([
    [{ problemFormat: true }, {}, 'application/problem+json;charset=utf-8', '"title"', false],
    [{}, { 'Content-Type': 'application/xml' }, 'application/xml;charset=utf-8', '<ERROR>', false],
    [{ gzip: true }, { 'Accept-Encoding': 'gzip' }, 'application/json;charset=utf-8', '', true],
  ])('dresses a refusal above the cap as any other answer, under %o', async (settings, headers, type, text, zipped) => {
    const busy = {
      maxConnections: 1,
      overCap: '500',
      loginMs: 3_600_000,
      sessionTimeoutSeconds: 0,
      ...settings,
    } as const;
    const reply = await withSettings(busy, async ({ send, siebel }) => {
      const giveUp = new AbortController();
      const first = send('GET', '/heartbeat', undefined, { signal: giveUp.signal }).catch(() => undefined);
      await until(() => siebel.stats().logins > 0);
      const second = await send('GET', '/heartbeat', undefined, { headers });
      giveUp.abort();
      await first;
      return second;
    });

    expect([reply.status, reply.headers['content-type']]).toEqual([500, type]);
    expect(reply.headers['content-encoding'] === 'gzip').toBe(zipped);
    expect(reply.bytes.includes(text)).toBe(true);
  });

  it('uses an introspection answer again for as long as it was told', async () => {
    const introspections = await withSettings({ cacheIntrospectionSeconds: 60 }, async ({ get, siebel }) => {
      await get(ACCOUNTS);
      await get(ACCOUNTS);
      return siebel.stats().introspections;
    });

    expect(introspections).toBe(1);
  });

  it('keeps no introspection answer from the time when none was to be used again', async () => {
    const introspections = await withSettings({}, async ({ get, siebel }) => {
      await get(ACCOUNTS);
      siebel.changeSettings({ cacheIntrospectionSeconds: 60 });
      await get(ACCOUNTS);
      await get(ACCOUNTS);
      return siebel.stats().introspections;
    });

    expect(introspections).toBe(2);
  });

  it('shows one row bare, caps a page size, and compresses, each by its setting', async () => {
    const settings = { oneRow: 'bare record', overPageSize: 'cap', pageSizeLimit: 20, gzip: true } as const;
    await withSettings(settings, async ({ get, send }) => {
      expect((await get(ACCOUNTS, { searchspec: '[Name] = "Harbour Supplies"' })).json().Name).toBe('Harbour Supplies');
      expect((await get(ACCOUNTS, { PageSize: 500 })).json().items).toHaveLength(20);
      const path = `/data/${ACCOUNTS}?ViewMode=All`;
      const zipped = await send('GET', path, undefined, { headers: { 'Accept-Encoding': 'gzip' } });
      expect(zipped.headers['content-encoding']).toBe('gzip');
      expect(gunzipSync(zipped.bytes).toString('utf8')).toBe((await send('GET', path)).body);
    });
  });

  it('fails beyond the row limit unless the query runs forward only', async () => {
    await withSettings({ rowLimit: 30 }, async ({ get }) => {
      const beyond = { PageSize: 10, StartRowNum: 0 };
      const refused = await get(ACCOUNTS, beyond);

      expect((await get(ACCOUNTS, HARBOUR)).status).toBe(200);
      expect([refused.status, refused.body]).toEqual([500, expect.stringContaining('SBL-DAT-00500')]);
      expect((await get(ACCOUNTS, { ...beyond, ExecutionMode: 'ForwardOnly' })).json().items).toHaveLength(10);
    });
  });
});

describe('Siebel stand-in, made-up data', () => {
  it('is the same for the same seed and another for another', async () => {
    const names = async (seed: number) => {
      const { siebel, close } = await startSiebelFixture(domain, { records: 30, seed });
      const records = [
        ...siebel.records('Account'),
        ...siebel.records('Contact'),
        ...siebel.records('Service Request'),
      ];
      await close();
      return JSON.stringify(records.map(({ Created, Updated, ...rest }) => rest));
    };

    expect(await names(1)).toBe(await names(1));
    expect(await names(1)).not.toBe(await names(2));
  });

  it('holds 5,000 accounts and a fifth as many contacts and requests, changed over time but not in the last hour', async () => {
    const { siebel, close } = await startSiebelFixture(domain, { records: 5_000 });
    const accounts = siebel.records('Account');
    const counts = [accounts.length, siebel.records('Contact').length, siebel.records('Service Request').length];
    await close();
    const updated = accounts.map((record) => `${record['Updated']}Z`);
    const perSecond = Map.groupBy(updated, (text) => text);
    const keys = new Set(accounts.map((record) => `${record['Name']} / ${record['Location']}`));

    expect(counts).toEqual([5_000, 1_000, 1_000]);
    expect(keys.size).toBe(5_000);
    expect(new Set(accounts.map((record) => record['Id'])).size).toBe(5_000);
    expect(Math.max(...updated.map((text) => Date.parse(text)))).toBeLessThan(Date.now() - 3_600_000);
    expect(Math.max(...[...perSecond.values()].map((group) => group.length))).toBeGreaterThan(100);
    expect(perSecond.size).toBeGreaterThan(1_000);
    expect(accounts.some((record) => record['Id']?.includes('+'))).toBe(true);
  });

  it('starts with nothing when it is told so', async () => {
    const { siebel, get, close } = await startSiebelFixture(domain, { records: 0 });
    const reply = await get(ACCOUNTS);
    await close();

    expect([reply.status, siebel.baseUrl]).toEqual([
      404,
      expect.stringMatching(/^https:\/\/127\.0\.0\.1:\d+\/siebel\/v1\.0$/),
    ]);
  });
});
