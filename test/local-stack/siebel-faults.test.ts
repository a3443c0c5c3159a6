import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { FaultRule } from '../../local-stack/faults/rules.ts';
import { type Domain, type SiebelFixture, startDomain, startSiebelFixture, until } from './siebel-fixture.ts';

const ACCOUNTS = 'Account/Account';

describe('Siebel stand-in, faults', () => {
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

  const put = (name: string) => fixture.send('PUT', '/data/Account/Account', { Name: name, Location: 'Hull' });
  const isWritten = (name: string) => fixture.siebel.records('Account', { Name: name }).length === 1;
  const post = (rule: unknown) => fixture.control('POST', '/-/faults', rule);

  describe('rules', () => {
    it('strike once, or as often as they say, or for ever, and count', async () => {
      const statuses = async (rule: unknown) => {
        fixture.siebel.clearFaults();
        fixture.siebel.addFault(rule);
        const seen = [];
        for (let round = 0; round < 3; round += 1) seen.push((await fixture.get(ACCOUNTS)).status);
        return [...seen, fixture.siebel.faults()[0]?.fired];
      };

      expect(await statuses({ fault: { status: 503 } })).toEqual([503, 200, 200, 1]);
      expect(await statuses({ times: 2, fault: { status: 503 } })).toEqual([503, 503, 200, 2]);
      expect(await statuses({ times: 0, fault: { status: 503 } })).toEqual([503, 503, 503, 3]);
      expect(await statuses({ skip: 1, fault: { status: 503 } })).toEqual([200, 503, 200, 1]);
    });

    it('strike only what their method and path name, decoded or as sent', async () => {
      fixture.siebel.addFault({
        method: 'put',
        path: 'Service Request/Service Request',
        times: 0,
        fault: { status: 503 },
      });

      expect((await fixture.get('Service%20Request/Service%20Request')).status).toBe(200);
      expect((await put('A')).status).toBe(200);
      expect((await fixture.send('PUT', '/data/Service%20Request/Service%20Request', {})).status).toBe(503);
    });

    it('strike before any token is looked at', async () => {
      fixture.siebel.addFault({ fault: { status: 502, html: true } });
      const reply = await fixture.client.call(`${fixture.siebel.baseUrl}/data/Account/Account`);

      expect([reply.status, reply.headers['content-type']]).toEqual([502, 'text/html;charset=utf-8']);
    });

    it.each<[string, unknown, string]>([
      ['no object', 'x', 'a rule must be a JSON object'],
      ['no fault', { path: '/x' }, 'needs "fault"'],
      ['an empty fault', { fault: {} }, 'is empty'],
      ['an unknown member', { fault: { status: 500 }, often: 2 }, 'no member "often"'],
      ['an unknown member of the fault', { fault: { statuss: 500 } }, 'no member "statuss"'],
      ['a member of Object.prototype', { fault: { toString: true } }, 'no member "toString"'],
      ['a status that is none', { fault: { status: 99 } }, '"status" must be'],
      ['an endless delay', { fault: { delayMs: 1e12 } }, '"delayMs" must be'],
      ['a broken count', { times: -1, fault: { status: 500 } }, '"times" must be'],
      ['an unknown target', { target: 'sqs', fault: { status: 500 } }, '"target" must be'],
      ['an unknown reset', { fault: { reset: 'later' } }, '"reset" must be'],
    ])('with %s are refused with 400 and a sentence', async (_what, rule, sentence) => {
      const reply = await post(rule);

      expect([reply.status, reply.json().error]).toEqual([400, expect.stringContaining(sentence)]);
      expect((await fixture.control('GET', '/-/faults')).json()).toEqual({ faults: [] });
    });

    it('come several at a time, all or none, for Siebel and the identity domain', async () => {
      const good = [{ fault: { status: 500 } }, { target: 'token', fault: { status: 429 } }];
      const refused = await post([...good, { fault: {} }]);
      const added = await post(good);
      const listed: FaultRule[] = (await fixture.control('GET', '/-/faults')).json().faults;
      const removed = await fixture.control('DELETE', '/-/faults');

      expect([refused.status, added.status]).toEqual([400, 201]);
      expect(listed.map(({ target }) => target)).toEqual(['siebel', 'token']);
      expect(removed.json()).toEqual({ removed: 2 });
      expect((await fixture.control('GET', '/-/faults')).json()).toEqual({ faults: [] });
    });
  });

  describe('faults', () => {
    it('answer with status, headers and body as given, and do no work', async () => {
      const body = { ERROR: 'The connection to the database was lost.(SBL-EAI-05001)' };
      fixture.siebel.addFault({ fault: { status: 503, body, headers: { 'Retry-After': '2' } } });
      const reply = await put('A');

      expect([reply.status, reply.json(), reply.headers['retry-after']]).toEqual([503, body, '2']);
      expect(isWritten('A')).toBe(false);
    });

    it('send text of any type with 200', async () => {
      fixture.siebel.addFault({ fault: { body: '{"items":', contentType: 'application/json' } });
      const reply = await fixture.get(ACCOUNTS);

      expect([reply.status, reply.body, reply.headers['content-type']]).toEqual([200, '{"items":', 'application/json']);
    });

    it('cut the connection before the work, or after it', async () => {
      fixture.siebel.addFault({ fault: { reset: true } });
      await expect(put('A')).rejects.toMatchObject({ code: 'ECONNRESET' });
      fixture.siebel.addFault({ fault: { reset: 'after-commit' } });
      await expect(put('B')).rejects.toMatchObject({ code: 'ECONNRESET' });

      expect([isWritten('A'), isWritten('B')]).toEqual([false, true]);
      expect(fixture.siebel.requests().map(({ status, cut, fault }) => [status, cut, fault])).toEqual([
        [null, 'reset', true],
        [null, 'reset', true],
      ]);
    });

    it('send half of the body that the work gave', async () => {
      fixture.siebel.addFault({ fault: { truncate: true } });
      await expect(put('A')).rejects.toMatchObject({ code: 'ECONNRESET' });

      expect(isWritten('A')).toBe(true);
    });

    it('hold the answer after the work until the client gives up, and let it go then', async () => {
      fixture.siebel.addFault({ fault: { holdAfterCommit: true } });
      const giveUp = new AbortController();
      const held = fixture.send(
        'PUT',
        '/data/Account/Account',
        { Name: 'A', Location: 'Hull' },
        { signal: giveUp.signal },
      );
      await until(() => isWritten('A'));
      giveUp.abort();

      await expect(held).rejects.toThrow();
      await until(() => fixture.siebel.stats().inFlight === 0);
      expect(fixture.siebel.requests().at(-1)).toMatchObject({ status: null, cut: 'no answer', user: 'siebel-caller' });
    });

    it('hold it for a while and send it then', async () => {
      fixture.siebel.addFault({ fault: { holdAfterCommit: 20 } });

      expect((await put('A')).status).toBe(200);
    });

    it('never answer, without any work', async () => {
      fixture.siebel.addFault({ fault: { hang: true } });
      const giveUp = new AbortController();
      const hung = fixture.send(
        'PUT',
        '/data/Account/Account',
        { Name: 'A', Location: 'Hull' },
        { signal: giveUp.signal },
      );
      await until(() => fixture.siebel.stats().inFlight === 1);
      giveUp.abort();

      await expect(hung).rejects.toThrow();
      expect(isWritten('A')).toBe(false);
    });

    it('work on after the client has left', async () => {
      fixture.siebel.addFault({ fault: { delayMs: 30 } });
      const giveUp = new AbortController();
      const slow = fixture.send(
        'PUT',
        '/data/Account/Account',
        { Name: 'A', Location: 'Hull' },
        { signal: giveUp.signal },
      );
      await until(() => fixture.siebel.stats().inFlight === 1);
      giveUp.abort();

      await expect(slow).rejects.toThrow();
      await until(() => isWritten('A'));
    });
  });
});
