import type { RequestListener, ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock as clock } from '../../lib/clock.ts';
import { circuit } from '../../lib/siebel/circuit.ts';
import { permits } from '../../lib/siebel/permits.ts';
import { type Domain, startDomain } from '../local-stack/siebel-fixture.ts';
import { cpuMsOf } from '../support/cpu-time.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { httpsServer } from '../support/https-server.ts';
import { ACCOUNT, hostile, siebelOver, soon } from './siebel-client-parts.ts';

const JSON_TYPE = { 'content-type': 'application/json;charset=UTF-8' };
const GOOD = JSON.stringify({ items: [{ Id: '1-1', Name: 'Acme' }], Link: [] });
const SMALL = { http: { maxBodyBytes: 65_536, connections: 1 } };

let domain: Domain;
beforeAll(async () => {
  domain = await startDomain();
});
afterAll(() => domain?.identity.close());

/** A client for a server that has answered once as it should: what follows takes no time to connect. */
async function connected(listener: RequestListener) {
  let isFirst = true;
  const { client } = await hostile((request, response) => {
    if (!isFirst) return listener(request, response);
    isFirst = false;
    response.writeHead(200, JSON_TYPE).end(GOOD);
  }, SMALL);
  await client.get(ACCOUNT, '1-1', {}, soon());
  return client;
}

describe('an answer that cannot be used', () => {
  it.each<[string, unknown, string, string]>([
    ['a compression bomb', 'bomb', 'BODY_TOO_LARGE', 'OUTCOME_UNKNOWN'],
    ['a huge body', 'huge body', 'BODY_TOO_LARGE', 'OUTCOME_UNKNOWN'],
    ['a cut body', 'cut body', 'BODY_TRUNCATED', 'OUTCOME_UNKNOWN'],
    ['cut JSON', 'cut JSON', 'NOT_JSON', 'OUTCOME_UNKNOWN'],
    ['the wrong content type', 'wrong type', 'NOT_JSON', 'OUTCOME_UNKNOWN'],
    ['a sign-in page', 'sign-in page', 'NOT_JSON', 'OUTCOME_UNKNOWN'],
    ['broken UTF-8', 'broken UTF-8', 'BAD_ENCODING', 'OUTCOME_UNKNOWN'],
    ['an empty object', 'empty object', 'UNEXPECTED_SHAPE', 'OUTCOME_UNKNOWN'],
    ['a redirect', 'redirect', 'REDIRECTED', 'OUTCOME_UNKNOWN'],
    ['a gateway that refuses', 'gateway 403', 'SIEBEL_CONFIGURATION', 'SIEBEL_CONFIGURATION'],
    ['a gateway that gave up', 'gateway 504', 'SIEBEL_UNAVAILABLE', 'OUTCOME_UNKNOWN'],
    ['a gateway that asks for patience', 'gateway 429', 'SIEBEL_UNAVAILABLE', 'SIEBEL_UNAVAILABLE'],
    ['a page of Tomcat', 'Tomcat 500', 'SIEBEL_UNAVAILABLE', 'OUTCOME_UNKNOWN'],
    ['a failure inside 200', 'error on 200', 'SIEBEL_VALIDATION', 'SIEBEL_VALIDATION'],
    ['a lost database connection', 'database lost', 'SIEBEL_UNAVAILABLE', 'OUTCOME_UNKNOWN'],
  ])('is one error of ours: %s', async (_what, fault, read, insert) => {
    const { client, siebel } = await siebelOver(domain, { records: 20 });
    siebel.addFault({ times: 0, fault });
    const [first] = siebel.records('Account');
    await expect(client.get(ACCOUNT, first?.['Id'] ?? '', {}, soon())).rejects.toMatchObject({ code: read });
    const before = siebel.requests().length;
    await expect(client.insert(ACCOUNT, { Name: 'Once', Location: '' }, soon())).rejects.toMatchObject({
      code: insert,
    });
    expect(siebel.requests()).toHaveLength(before + 1);

    siebel.clearFaults();
    await expect(client.get(ACCOUNT, first?.['Id'] ?? '', {}, soon())).resolves.toMatchObject({ Id: first?.['Id'] });
  });

  it('is a bomb that never exists in memory', async () => {
    const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024, 0x20));
    const { client, server } = await hostile((_, response) => {
      response.writeHead(200, { ...JSON_TYPE, 'content-encoding': 'gzip' }).end(bomb);
    });
    const unpackingMs = cpuMsOf(() => gunzipSync(bomb));
    const before = process.threadCpuUsage();
    await expect(client.get(ACCOUNT, '1-1', {}, soon())).rejects.toMatchObject({ code: 'BODY_TOO_LARGE' });
    const { user, system } = process.threadCpuUsage(before);
    expect((user + system) / 1_000).toBeLessThan(unpackingMs / 2);
    expect(server.requests).toBe(1);
  });

  it('is endless, and taken no further than its limit', async () => {
    const ended = Promise.withResolvers<void>();
    const { client } = await hostile((_, response) => {
      response.writeHead(200, JSON_TYPE).on('close', ended.resolve);
      const chunk = Buffer.alloc(65_536, 0x20);
      const more = () => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', more);
      more();
    }, SMALL);
    await expect(client.get(ACCOUNT, '1-1', {}, soon())).rejects.toMatchObject({ code: 'BODY_TOO_LARGE' });
    await ended.promise;
  });

  it('is a success whose connection ends before the first byte of it', async () => {
    const { client } = await hostile((_, response) => {
      response.socket?.end('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n');
    });
    const service = { service: 'A', method: 'B', input: {}, repeatable: false };
    await expect(client.service(service, soon())).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    await expect(client.delete(ACCOUNT, '1-1', soon())).rejects.toMatchObject({ code: 'BODY_TRUNCATED' });
  });

  it('is no HTTP, and leaves nothing of itself in the error', async () => {
    const { client } = await hostile((_, response) => {
      response.socket?.end('CANARY/9 what is this\r\n\r\n');
    });
    const error = await client.get(ACCOUNT, '1-1', {}, soon()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'CONNECTION_LOST' });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('CANARY');
  });

  it.each([
    ['nested', `{"items":${'{"a":'.repeat(100_000)}`],
    ['full of objects', `{"items":[${'{},'.repeat(500_000)}{}]}`],
    ['full of members', `{${Array.from({ length: 600_000 }, (_, key) => `"${key}":0`).join()}}`],
  ])('is a bomb of JSON, %s, and no record at once', async (_what, bomb) => {
    const { client, server } = await hostile((_, response) => {
      response.writeHead(200, JSON_TYPE).end(bomb);
    });
    await expect(client.get(ACCOUNT, '1-1', {}, soon())).rejects.toMatchObject({ code: 'BODY_TOO_LARGE' });
    expect(server.requests).toBe(1);
  });

  it.each([
    ['more than comes', 100, 'TIMED_OUT'],
    ['less than comes', -20, 'NOT_JSON'],
    ['more than we take', 70_000, 'BODY_TOO_LARGE'],
  ])('says a length that is %s', async (_what, off, code) => {
    const client = await connected((_, response) => {
      response.strictContentLength = false;
      response.writeHead(200, { ...JSON_TYPE, 'content-length': String(GOOD.length + off) }).write(GOOD);
    });
    const options = code === 'TIMED_OUT' ? { deadlineAtMs: clock.now() + 700 } : soon();
    await expect(client.get(ACCOUNT, '1-1', {}, options)).rejects.toMatchObject({ code });
  });

  it('drips until its time is up, and no longer', async () => {
    const ended = Promise.withResolvers<void>();
    const client = await connected((_, response) => {
      response.writeHead(200, JSON_TYPE);
      const drip = setInterval(() => response.write(' '), 10);
      response.on('close', () => {
        clearInterval(drip);
        ended.resolve();
      });
    });
    await expect(client.get(ACCOUNT, '1-1', {}, { deadlineAtMs: clock.now() + 700 })).rejects.toMatchObject({
      code: 'TIMED_OUT',
    });
    await ended.promise;
  });

  it('is nested too deep, or has members that would bend objects', async () => {
    const bodies = [
      `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
      `{"items":${'{"a":'.repeat(40)}{}${'}'.repeat(40)}}`,
      '{"items":[{"Id":"1-1","__proto__":{"polluted":"yes"},"constructor":"c","Name":"Acme"}]}',
    ];
    let served = 0;
    const { client } = await hostile((_, response) => {
      response.writeHead(200, JSON_TYPE).end(bodies[served]);
    });
    for (; served < 2; served += 1) {
      await expect(client.get(ACCOUNT, '1-1', {}, soon())).rejects.toMatchObject({
        code: 'UNEXPECTED_SHAPE',
      });
    }
    const record = await client.get(ACCOUNT, '1-1', {}, soon());
    expect([record?.['Name'], record?.['constructor'], Object.hasOwn({}, 'polluted')]).toEqual(['Acme', 'c', false]);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('has a value of a megabyte, which is a value', async () => {
    const large = 'x'.repeat(1_048_576);
    const { client } = await hostile((_, response) => {
      response.writeHead(200, JSON_TYPE).end(JSON.stringify({ Id: '1-1', Name: large }));
    });
    await expect(client.get(ACCOUNT, '1-1', {}, soon())).resolves.toEqual({ Id: '1-1', Name: large });
  });
});

describe('an address in an answer', () => {
  it('is never followed: no redirect, no link, no next page', async () => {
    const other = await httpsServer((_, response) => response.end());
    const href = `${other.origin}siebel/v1.0/data/Account/Account?StartRowNum=100`;
    const Link = ['self', 'canonical', 'child', 'next'].map((rel) => ({ rel, href, name: 'Account' }));
    const pages = [
      JSON.stringify({ items: [{ Id: '1-1', Link }], Link }),
      JSON.stringify({ items: [], Link }),
      JSON.stringify({ Id: '1-1', Link }),
    ];
    const asked: string[] = [];
    const { client } = await hostile((request, response) => {
      asked.push(request.url ?? '');
      const page = pages.shift();
      if (page === undefined) response.writeHead(307, { location: href }).end();
      else response.writeHead(200, JSON_TYPE).end(page);
    });
    const seen: unknown[] = [];
    for await (const records of client.pages(ACCOUNT, { pageSize: 10, startRow: 0 }, soon())) seen.push(...records);
    expect(seen).toEqual([{ Id: '1-1' }]);
    await expect(client.get(ACCOUNT, '1-1', {}, soon())).resolves.toEqual({ Id: '1-1' });
    await expect(client.update(ACCOUNT, '1-1', { Name: 'x' }, soon())).rejects.toMatchObject({ code: 'REDIRECTED' });
    expect(asked).toHaveLength(4);
    expect([other.requests, other.connections]).toEqual([0, 0]);
    await other.close();
  });
});

describe('a Siebel that fails', () => {
  it('is left alone by the circuit, and found again by one probe', async () => {
    const hand = fakeClock();
    const { client, siebel } = await siebelOver(domain, { records: 20 }, { circuit: circuit({ clock: hand }) });
    const [first] = siebel.records('Account');
    const read = () =>
      client.get(ACCOUNT, first?.['Id'] ?? '', {}, soon()).then(
        () => 'done',
        (error: { code: string }) => error.code,
      );
    siebel.changeSettings({ maintenance: '503' });
    const outcomes: string[] = [];
    while (outcomes.at(-1) !== 'CIRCUIT_OPEN') outcomes.push(await read());
    const asked = siebel.requests().length;
    expect(asked).toBe(5);
    expect(await read()).toBe('CIRCUIT_OPEN');
    expect(siebel.requests()).toHaveLength(asked);

    siebel.changeSettings();
    await hand.advance(5_000);
    expect(await Promise.all([read(), read(), read()])).toEqual(['done', 'CIRCUIT_OPEN', 'CIRCUIT_OPEN']);
    expect(await Promise.all([read(), read(), read()])).toEqual(['done', 'done', 'done']);
  });

  it('is never asked for more at a time than was agreed, what was given up and still works there included', async () => {
    const hand = fakeClock();
    const atWork: ServerResponse[] = [];
    let arrived = Promise.withResolvers<void>();
    const { client, server } = await hostile(
      (_, response) => {
        atWork.push(response);
        if (atWork.length === 2) arrived.resolve();
      },
      { permits: permits({ total: 2, clock: hand, holdMs: 10_000 }) },
    );
    const finish = () => {
      arrived = Promise.withResolvers();
      for (const response of atWork.splice(0)) response.writeHead(200, JSON_TYPE).end(GOOD);
    };
    const abort = new AbortController();
    const insert = (signal?: AbortSignal) =>
      client.insert(ACCOUNT, { Name: 'x' }, { deadlineAtMs: clock.now() + 60_000, signal }).then(
        () => 'done',
        (error: { code: string }) => error.code,
      );
    const givenUp = [insert(abort.signal), insert(abort.signal)];
    await arrived.promise;
    const others = Array.from({ length: 4 }, () => insert());
    abort.abort();
    await expect(Promise.all(givenUp)).resolves.toEqual(['OUTCOME_UNKNOWN', 'OUTCOME_UNKNOWN']);
    await hand.advance(9_999);
    expect(server.requests).toBe(2);

    finish();
    await hand.advance(1);
    await arrived.promise;
    expect(server.requests).toBe(4);
    finish();
    await arrived.promise;
    expect(server.requests).toBe(6);
    finish();
    await expect(Promise.all(others)).resolves.toEqual(Array(4).fill('done'));
  });
});
