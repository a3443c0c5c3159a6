import { once } from 'node:events';
import { request } from 'node:https';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PRESETS } from '../../local-stack/faults/presets.ts';
import { type Domain, type SiebelFixture, startDomain, startSiebelFixture, until } from './siebel-fixture.ts';

const ACCOUNTS = 'Account/Account';
const MIB = 1_048_576;

describe('Siebel stand-in, answers that lie and work that comes late', () => {
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
  const under = (fault: unknown) => {
    fixture.siebel.addFault({ fault });
    return fixture.get(ACCOUNTS, { PageSize: 2 });
  };

  describe('length and bytes', () => {
    it('a cut body with a length that fits is half of the answer', async () => {
      const whole = await fixture.get(ACCOUNTS, { PageSize: 2 });
      const half = await under({ truncate: 'framed' });

      expect([half.status, half.body]).toEqual([200, whole.body.slice(0, Math.floor(whole.bytes.length / 2))]);
      expect(Number(half.headers['content-length'])).toBe(half.bytes.length);
    });

    it('a padded body is the answer and blanks behind it', async () => {
      const whole = await fixture.get(ACCOUNTS, { PageSize: 2 });
      const padded = await under({ padMiB: 2 });

      expect(padded.bytes).toHaveLength(whole.bytes.length + 2 * MIB);
      expect(padded.json()).toEqual(whole.json());
    });

    it('a bomb is small on the wire, and comes to clients that take no compression', async () => {
      const bomb = await under({ padMiB: 16, compressed: true });

      expect(bomb.headers['content-encoding']).toBe('gzip');
      expect(bomb.bytes.length).toBeLessThan(MIB / 20);
      expect(gunzipSync(bomb.bytes).length).toBeGreaterThan(16 * MIB);
    });

    it('a length too long leaves the client waiting', async () => {
      fixture.siebel.addFault({ fault: { lengthOff: 100 } });
      const giveUp = new AbortController();
      const waiting = fixture.send('GET', '/heartbeat', undefined, { signal: giveUp.signal });
      await until(() => fixture.siebel.stats().byStatus['200'] === 1);
      giveUp.abort();

      await expect(waiting).rejects.toThrow();
    });

    it('a length too short leaves bytes on the connection that belong to nothing', async () => {
      await expect(under({ lengthOff: -20 })).rejects.toMatchObject({ code: expect.stringMatching(/^HPE_/) });
    });

    it('a dripping body comes byte by byte, without a length', async () => {
      const dripped = await under({ body: { items: [] }, dripMs: 1 });

      expect([dripped.json(), dripped.headers['content-length']]).toEqual([{ items: [] }, undefined]);
    });

    it('a dripping body ends when the client gives up', async () => {
      fixture.siebel.addFault({ fault: { body: 'never to its end', dripMs: 100 } });
      const [first] = await once(request(fixture.siebel.baseUrl, { ca: domain.caPem }).end(), 'response');
      first.destroy();
      await until(() => fixture.siebel.stats().inFlight === 0);

      expect(fixture.siebel.requests().at(-1)).toMatchObject({ status: 200, cut: 'truncated' });
    });

    it('bytes that are no text are sent as given', async () => {
      const reply = await under({ status: 500, bodyBase64: '//57', contentType: 'text/plain' });

      expect([reply.status, [...reply.bytes], reply.headers['content-type']]).toEqual([
        500,
        [0xff, 0xfe, 0x7b],
        'text/plain',
      ]);
    });

    it('a header takes the place of its own, whatever its case', async () => {
      const reply = await under({ headers: { 'content-type': 'text/html' } });

      expect([reply.headers['content-type'], reply.json().items.length]).toEqual(['text/html', 2]);
    });
  });

  describe('work', () => {
    it('is done so long after the connection was cut, and holds a place until then', async () => {
      fixture.siebel.addFault({ fault: { commitAfterMs: 400 } });
      await expect(put('Late')).rejects.toMatchObject({ code: 'ECONNRESET' });
      await fixture.get(ACCOUNTS);
      const before = isWritten('Late');
      const { inFlight, abandoned } = fixture.siebel.stats();
      await until(() => isWritten('Late'));

      expect([before, inFlight, abandoned]).toEqual([false, 1, 1]);
      await until(() => fixture.siebel.stats().inFlight === 0);
      expect(fixture.siebel.requests()[0]).toMatchObject({ cut: 'reset', status: null, fault: true });
    });

    it('is done under the settings of the fault, and the next one is not', async () => {
      fixture.siebel.addFault({
        fault: { settings: { emptyAnswer: '204', release: '16', contextPath: '/siebel/v1.0' } },
      });
      const nothing = () => fixture.get(ACCOUNTS, { searchspec: '[Name] = "none"' });

      expect([(await nothing()).status, (await nothing()).status]).toEqual([204, 404]);
    });

    it('is done with the parameters of the fault: the first page for ever', async () => {
      fixture.siebel.addFault({ times: 0, fault: 'endless paging' });
      const first = await fixture.get(ACCOUNTS, { PageSize: 5 });
      const beyond = await fixture.get(ACCOUNTS, { PageSize: 5, StartRowNum: 1_000 });

      expect(beyond.json()).toEqual(first.json());
    });
  });

  describe('faults with a name', () => {
    it.each(Object.entries(PRESETS))('"%s" is a fault that can be added', (name, fault) => {
      expect(fixture.siebel.addFault({ fault: name }).fault).toEqual(fault);
    });

    it.each([
      ['gateway 403', 403, 'text/plain', /203\.0\.113\.7/],
      ['gateway 502', 502, 'text/html;charset=utf-8', /^<!doctype html>/],
      ['sign-in page', 200, 'text/html;charset=utf-8', /^<!doctype html>/],
      ['restart', 500, 'application/json', /Could not open a session in \d attempts/],
      ['nested codes', 500, 'application/json', /SBL-BPR-00162\)\\n--\\n.*SBL-DAT-00521/],
      ['error on 200', 200, 'application/json', /"ERROR"/],
      ['empty object', 200, 'application/json', /^\{\}$/],
      ['empty body', 200, 'application/json', /^$/],
      ['broken UTF-8', 200, 'application/json', /\ufffd\ufffd/],
      ['wrong type', 200, 'text/html;charset=utf-8', /"items"/],
    ])('"%s" answers %i', async (name, status, type, body) => {
      const reply = await under(name);

      expect([reply.status, reply.headers['content-type'], reply.body]).toEqual([
        status,
        type,
        expect.stringMatching(body),
      ]);
    });

    it('do to the token endpoint what they do to Siebel', async () => {
      fixture.identity.faults.add({ target: 'token', fault: 'gateway 502' });

      await expect(fixture.token()).rejects.toThrow(SyntaxError);
    });

    it.each<[string, unknown, string]>([
      ['an unknown name', { fault: 'earthquake' }, 'there is no fault "earthquake"; there are gateway 403'],
      ['a name from Object.prototype', { fault: 'toString' }, 'there is no fault "toString"'],
      ['a setting that is none', { fault: { settings: { colour: 'red' } } }, 'Siebel has no setting "colour"'],
      ['a wrong setting', { fault: { settings: { gzip: 'yes' } } }, '"gzip" must be true or false'],
      ['settings for another server', { target: 'token', fault: { settings: {} } }, 'are for the target siebel'],
      ['parameters for another server', { target: 'token', fault: { parameters: {} } }, 'are for the target siebel'],
      ['more than can be held', { fault: { padMiB: 1_000 } }, '"padMiB" must be'],
      ['bytes that are none', { fault: { bodyBase64: '!' } }, '"bodyBase64" must be'],
      ['a cut of another kind', { fault: { truncate: 'half' } }, '"truncate" must be'],
    ])('and faults with %s are refused', async (_what, rule, sentence) => {
      const reply = await fixture.control('POST', '/-/faults', rule);

      expect([reply.status, reply.json().error]).toEqual([400, expect.stringContaining(sentence)]);
      expect(fixture.siebel.faults()).toEqual([]);
    });
  });
});
