import { connect } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { OverCap } from '../../local-stack/siebel/connection-cap.ts';
import { type Domain, type SiebelFixture, startDomain, startSiebelFixture, until } from './siebel-fixture.ts';

const ACCOUNTS = 'Account/Account';

describe('Siebel stand-in, control address and connections', () => {
  let domain: Domain;
  let fixture: SiebelFixture;

  beforeAll(async () => {
    domain = await startDomain();
  });
  beforeEach(async () => {
    fixture = await startSiebelFixture(domain, { records: 20 });
  });
  afterEach(async () => {
    domain.identity.faults.clear();
    await fixture.close();
  });
  afterAll(() => domain.identity.close());

  describe('control address', () => {
    it('shows requests without their tokens', async () => {
      await fixture.get(ACCOUNTS, { PageSize: 1 });
      const reply = await fixture.control('GET', '/-/requests');
      const [entry] = reply.json().requests;

      expect(entry).toEqual({
        number: 1,
        at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        method: 'GET',
        path: '/siebel/v1.0/data/Account/Account',
        query: 'ViewMode=All&PageSize=1',
        user: 'siebel-caller',
        token: expect.stringMatching(/^[0-9a-f]{12}$/),
        status: 200,
        inFlight: 1,
        fault: false,
        cut: null,
      });
      expect(reply.body).not.toMatch(/eyJ/);
    });

    it('shows records, all or those with a value', async () => {
      const all = (await fixture.control('GET', '/-/records?component=Account')).json();
      const one = (await fixture.control('GET', '/-/records?component=Account&Name=Harbour%20Supplies')).json();

      expect([all.component, all.count, all.records.length]).toEqual(['Account', 20, 20]);
      expect(one.records.map((record: { Name: string }) => record.Name)).toEqual(['Harbour Supplies']);
    });

    it('inserts, changes and deletes records as another user, without a request', async () => {
      const inserted = await fixture.control('POST', '/-/records?component=Account&user=JHANSEN', {
        Name: 'By hand',
        Location: 'Kiel',
      });
      const [id] = inserted.json().ids;
      const at = '&updated=2027-03-14T09:26:53Z';
      const changed = await fixture.control('PATCH', `/-/records?component=Account&Id=${id}${at}`, {
        Location: 'Bonn',
      });
      const record = fixture.siebel.records('Account', { Id: id })[0];
      const deleted = await fixture.control('DELETE', `/-/records?component=Account&Location=Bonn&Name=By%20hand`);

      expect([inserted.status, changed.status, deleted.status]).toEqual([201, 200, 200]);
      expect(record).toMatchObject({
        Name: 'By hand',
        Location: 'Bonn',
        Updated: '03/14/2027 09:26:53',
        'Created By Name': 'JHANSEN',
        'Updated By Name': 'SADMIN',
      });
      expect(deleted.json()).toEqual({ component: 'Account', count: 1, ids: [id] });
      expect(fixture.siebel.records('Account', { Id: id })).toEqual([]);
      expect(fixture.siebel.requests()).toEqual([]);
    });

    it('changes and deletes all that is selected, at once', async () => {
      const before = fixture.siebel.records('Account');
      for (const Name of ['One', 'Two']) {
        await fixture.control('POST', '/-/records?component=Account', { Name, Location: 'Twin' });
      }
      const changed = await fixture.control('PATCH', '/-/records?component=Account&Location=Twin', {
        Location: 'Moved',
      });
      const moved = fixture.siebel.records('Account', { Location: 'Moved' }).map(({ Id }) => Id);
      await fixture.control('DELETE', '/-/records?component=Account&Location=Moved');

      expect(changed.json()).toEqual({ component: 'Account', count: 2, ids: moved });
      expect(fixture.siebel.records('Account')).toEqual(before);
    });

    it.each([
      ['POST', 'component=Acount', { Name: 'X' }, '"component" must be Account, Contact'],
      ['POST', 'component=Account&Id=1-X', { Name: 'X' }, 'POST inserts one record: its values stand in the body'],
      ['POST', 'component=Account', { Nmae: 'X' }, '"Nmae" is no field of Account; it has Id'],
      ['POST', 'component=Account', { Name: 5 }, '"Name" must be a text or null'],
      ['POST', 'component=Account', {}, 'The body has no value.'],
      ['POST', 'component=Account', ['X'], 'The body must be an object of values'],
      ['POST', 'component=Account', { Location: 'X' }, 'Name'],
      ['POST', 'component=Account', { Name: 'X', Updated: '01/01/2026 00:00:00' }, '"Updated" is Siebel\'s own'],
      ['POST', 'component=Account&updated=soon', { Name: 'X' }, '"updated" must be an instant like'],
      ['PATCH', 'component=Account', { Location: 'X' }, 'say which records, for instance &Id='],
      ['PATCH', 'component=Account&Colour=red', { Location: 'X' }, '"Colour" is no field of Account'],
      ['DELETE', 'component=Account', undefined, 'say which records, for instance &Id='],
    ])('refuses %s /-/records?%s with %j', async (method, query, body, words) => {
      const before = fixture.siebel.records('Account');
      const reply = await fixture.control(method, `/-/records?${query}`, body);

      expect(reply.status).toBe(400);
      expect(reply.json().error).toContain(words);
      expect(fixture.siebel.records('Account')).toEqual(before);
    });

    it('shows counts of the stand-in and of the identity domain', async () => {
      const before = domain.identity.stats();
      await fixture.get(ACCOUNTS);
      await fixture.get('Nothing/Nothing');
      const stats = (await fixture.control('GET', '/-/stats')).json();

      expect(stats).toMatchObject({
        requests: 2,
        introspections: 2,
        inFlight: 0,
        highestInFlight: 1,
        refusedOverCap: 0,
        connections: 1,
        byStatus: { 200: 1, 404: 1 },
        identity: { tokenRequests: before.tokenRequests, introspections: before.introspections + 2 },
      });
    });

    it('shows settings, changes them, and puts them back as they were at the start', async () => {
      const settings = async (method: string, body?: unknown) => fixture.control(method, '/-/settings', body);
      const shown = (await settings('GET')).json();
      const changed = (await settings('PATCH', { release: '18.7', oneRow: 'bare record' })).json();
      const restored = (await settings('DELETE')).json();

      expect(shown.releases).toEqual([
        '16',
        '17',
        '18.7',
        '18.12',
        '20.6',
        '21.3',
        '21.6',
        '22.3',
        '22.11',
        '24.1',
        '26.3',
      ]);
      expect(shown.settings).toMatchObject({ pageSizeLimit: 100, moving: null, users: ['siebel-caller'] });
      expect(Object.keys(shown.settings)).not.toContain('tls');
      expect(changed.settings).toEqual({
        ...shown.settings,
        oneRow: 'bare record',
        describe: 'swagger 2.0',
        uniformResponse: false,
        batches: false,
        requestFormat: 'none',
        workflows: false,
        childPageSize: false,
      });
      expect(restored.settings).toEqual(shown.settings);
    });

    it.each([
      [{ colour: 'red' }, 'Siebel has no setting "colour"'],
      [{ gzip: true, oneRow: 'none' }, '"oneRow" must be items object | bare record'],
      [{ gzip: true, viewModes: ['Everyone'] }, '"viewModes" must be a JSON array of Personal, Sales Rep'],
      [{ gzip: true, viewModes: 'All' }, '"viewModes" must be a JSON array of Personal, Sales Rep'],
      [[], 'settings must be a JSON object'],
    ])('changes nothing when settings are wrong: %o', async (changes, sentence) => {
      const reply = await fixture.control('PATCH', '/-/settings', changes);

      expect([reply.status, reply.json().error]).toEqual([400, expect.stringContaining(sentence)]);
      expect(fixture.siebel.settings().gzip).toBe(false);
    });

    it('revokes tokens, so that the next call is a 401', async () => {
      const revoked = await fixture.control('POST', '/-/tokens/revoke');

      expect(revoked.json().revoked).toBeGreaterThan(0);
      expect((await fixture.get(ACCOUNTS)).status).toBe(401);
    });

    it('says what there is when asked for something else', async () => {
      expect((await fixture.control('GET', '/-/nothing')).json().known).toContain('GET /-/stats');
      expect((await fixture.control('GET', '/-/records?component=Nothing')).status).toBe(400);
      expect((await fixture.control('GET', '/-/records?component=Account&Nme=x')).status).toBe(400);
      const broken = await fixture.client.call(`${fixture.siebel.controlUrl}/-/faults`, { method: 'POST', body: '{' });
      expect(broken.status).toBe(400);
    });
  });

  describe('connections', () => {
    const withCap = async <Result>(
      overCap: OverCap,
      use: (capped: SiebelFixture) => Promise<Result>,
    ): Promise<Result> => {
      const capped = await startSiebelFixture(domain, { records: 10, maxConnections: 2, overCap });
      try {
        return await use(capped);
      } finally {
        await capped.close();
      }
    };
    /** Fills both places with calls that are never answered, and gives a way to end them. */
    const fill = async (capped: SiebelFixture): Promise<() => void> => {
      const giveUp = new AbortController();
      capped.siebel.addFault({ times: 2, fault: { hang: true } });
      for (let place = 0; place < 2; place += 1) {
        capped.send('GET', '/data/Account/Account', undefined, { signal: giveUp.signal }).catch(() => {});
      }
      await until(() => capped.siebel.faults()[0]?.fired === 2);
      return () => giveUp.abort();
    };

    it('let a request above the cap wait until another one ends', async () => {
      await withCap('queue', async (capped) => {
        const endOthers = await fill(capped);
        const waiting = capped.get(ACCOUNTS);
        await until(() => capped.siebel.stats().waitedOverCap === 1);
        endOthers();

        expect((await waiting).status).toBe(200);
        expect(capped.siebel.stats()).toMatchObject({ highestInFlight: 3, refusedOverCap: 0 });
      });
    });

    it.each([
      ['500', 500],
      ['503', 503],
      ['reset', 'ECONNRESET'],
    ] as const)('refuse it with %s when set so, and serve again when there is room', async (overCap, expected) => {
      await withCap(overCap, async (capped) => {
        const endOthers = await fill(capped);
        const refused = await capped.get(ACCOUNTS).catch((error: NodeJS.ErrnoException) => error.code);
        endOthers();
        await until(() => capped.siebel.stats().inFlight === 0);

        expect(typeof refused === 'object' ? refused.status : refused).toBe(expected);
        expect(capped.siebel.stats()).toMatchObject({ waitedOverCap: 0, refusedOverCap: 1 });
        expect((await capped.get(ACCOUNTS)).status).toBe(200);
      });
    });

    it('are kept alive, those to the identity domain too: many calls one after the other take one', async () => {
      await fixture.get(ACCOUNTS);
      const before = domain.identity.stats().connections;
      for (let round = 0; round < 20; round += 1) await fixture.get(ACCOUNTS, { PageSize: 1 });

      expect(fixture.siebel.stats()).toMatchObject({ requests: 21, connections: 1 });
      expect(domain.identity.stats().connections).toBe(before);
    });

    it('are refused below TLS 1.2, and to who does not know the authority', async () => {
      const port = Number(new URL(fixture.siebel.baseUrl).port);
      const outcome = (options: object) =>
        new Promise((resolve) => {
          const socket = connect({ host: '127.0.0.1', port, ...options }, () => {
            socket.destroy();
            resolve('connected');
          });
          socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
        });

      expect(await outcome({ ca: domain.caPem })).toBe('connected');
      expect(await outcome({})).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
      expect(await outcome({ ca: domain.caPem, minVersion: 'TLSv1', maxVersion: 'TLSv1.1' })).not.toBe('connected');
    });

    it('and whatever still waits end when the stand-in closes', async () => {
      const closing = await startSiebelFixture(domain, { records: 10, maxConnections: 1 });
      closing.siebel.addFault({ fault: { delayMs: 60_000 } });
      const pending = [closing.get(ACCOUNTS), closing.get(ACCOUNTS)].map((call) => call.catch(() => 'cut'));
      await until(() => closing.siebel.stats().inFlight === 2);
      await closing.close();

      expect(await Promise.all(pending)).toEqual(['cut', 'cut']);
    });
  });
});
