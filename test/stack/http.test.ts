import { describe, expect, it } from 'vitest';

import { type Clock, systemClock } from '../../lib/clock.ts';
import { request, serving } from '../support/http-client.ts';

describe('httpClient: time', () => {
  it('gives up when no answer comes, within its own limit, and says that the request was sent', async () => {
    const { get } = await serving(
      (request, response) => {
        if (request.url === '/opens-the-connection') response.end();
      },
      { totalTimeoutMs: 1_000 },
    );
    await get('/opens-the-connection');

    await expect(get('/')).rejects.toMatchObject({ code: 'TIMED_OUT', sent: true, retryable: true });
  });

  it('counts up to the last byte of a body that drips (F71)', async () => {
    const { get } = await serving(
      (_, response) => {
        const timer = setInterval(() => response.write('x'), 10);
        response.on('close', () => clearInterval(timer));
      },
      { totalTimeoutMs: 120 },
    );

    await expect(get('/')).rejects.toMatchObject({ code: 'TIMED_OUT', sent: true });
  });

  it("keeps the caller's deadline when that is earlier than its own limit", async () => {
    const { get } = await serving(() => {}, { totalTimeoutMs: 60_000 });

    await expect(get('/', { deadlineAtMs: Date.now() + 1_000 })).rejects.toMatchObject({ code: 'TIMED_OUT' });
  });

  it('sends nothing when no time is left', async () => {
    const { get, server } = await serving((_, response) => response.end());

    await expect(get('/', { deadlineAtMs: Date.now() - 1 })).rejects.toMatchObject({
      code: 'DEADLINE_TOO_CLOSE',
      sent: false,
    });
    expect(server.requests).toBe(0);
  });

  it('sends nothing when the deadline passes while a connection is made, as in a freeze (F105)', async () => {
    let skippedMs = 0;
    const clock: Clock = { ...systemClock, now: () => Date.now() + skippedMs };
    const { client, server } = await serving((_, response) => response.end(), { clock });

    const call = client.request({ ...request('/'), deadlineAtMs: Date.now() + 10_000 });
    skippedMs = 20_000;

    await expect(call).rejects.toMatchObject({ code: 'DEADLINE_TOO_CLOSE', sent: false });
    expect(server.requests).toBe(0);
  });

  it('waits for a free connection no longer than that, and then sends nothing', async () => {
    const { get, server } = await serving(() => {}, { connections: 1, totalTimeoutMs: 1_000 });

    const calls = await Promise.allSettled([
      get('/first'),
      get('/second', { method: 'PUT', deadlineAtMs: Date.now() + 500 }),
    ]);

    expect(calls).toMatchObject([
      { reason: { code: 'TIMED_OUT', sent: true } },
      { reason: { code: 'NO_FREE_CONNECTION', sent: false } },
    ]);
    expect(server.requests).toBe(1);
  });

  it('never sends a request whose caller has given up, even when a connection becomes free', async () => {
    const paths: (string | undefined)[] = [];
    const { get } = await serving(
      (message, response) => {
        paths.push(message.url);
        setTimeout(() => response.end(), 100);
      },
      { connections: 1 },
    );

    const first = get('/first');
    await expect(get('/given-up', { deadlineAtMs: Date.now() + 30 })).rejects.toMatchObject({ sent: false });
    const controller = new AbortController();
    const aborted = get('/aborted', { signal: controller.signal });
    controller.abort();
    await expect(aborted).rejects.toMatchObject({ code: 'ABORTED', sent: false });
    await first;
    await get('/next');

    expect(paths).toEqual(['/first', '/next']);
  });

  it('ends at once when it is aborted, before and after sending', async () => {
    const { get } = await serving(() => controller.abort());
    const controller = new AbortController();

    await expect(get('/', { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED', sent: false });
    await expect(get('/', { signal: controller.signal })).rejects.toMatchObject({ code: 'ABORTED', sent: true });
  });
});

describe('httpClient: connections', () => {
  it('keeps one connection for calls in turn', async () => {
    const { get, server } = await serving((_, response) => response.end('ok'), { connections: 4 });

    for (let call = 0; call < 200; call += 1) await get('/');

    expect(server.connections).toBe(1);
  });

  it('never has more requests in flight than connections', async () => {
    let inFlight = 0;
    let highest = 0;
    const { get, server } = await serving(
      (_, response) => {
        inFlight += 1;
        highest = Math.max(highest, inFlight);
        setTimeout(() => {
          inFlight -= 1;
          response.end();
        }, 5);
      },
      { connections: 3 },
    );

    await Promise.all(Array.from({ length: 20 }, () => get('/')));

    expect(highest).toBe(3);
    expect(server.connections).toBe(3);
  });

  it('goes on after the server has ended an idle connection', async () => {
    const { get, server } = await serving((_, response) => response.end('ok'));
    await get('/');

    server.endIdleConnections();
    const response = await get('/');

    expect(response.status).toBe(200);
    expect(server.connections).toBe(2);
  });

  it.each([
    ['wall clock', 'now'],
    ['monotonic clock', 'elapsed'],
  ] as const)(
    'does not trust a connection that was idle too long by the %s: a frozen container (R57)',
    async (_, which) => {
      let skippedMs = 0;
      const clock: Clock = { ...systemClock, [which]: () => systemClock[which]() + skippedMs };
      const { client, server } = await serving((_request, response) => response.end('ok'), { clock });
      const call = () => client.request({ ...request('/'), deadlineAtMs: clock.now() + 5_000 });

      await call();
      skippedMs = 14_000;
      await call();
      expect(server.connections).toBe(1);
      skippedMs += 16_000;
      await call();

      expect(server.connections).toBe(2);
    },
  );

  it('leaves a connection alone that waits for a slow answer', async () => {
    let skippedMs = 0;
    const clock: Clock = { ...systemClock, elapsed: () => systemClock.elapsed() + skippedMs };
    const { get } = await serving(
      (message, response) => {
        if (message.url === '/fast') response.end('fast');
        else setTimeout(() => response.end('slow'), 80);
      },
      { clock, totalTimeoutMs: 1_000_000 },
    );
    await Promise.all([get('/fast'), get('/fast')]);

    const slow = get('/slow');
    await get('/fast');
    skippedMs = 60_000;
    await get('/fast');

    expect((await slow).body.toString()).toBe('slow');
  });

  it('believes a server that says that it keeps connections for a shorter time', async () => {
    let skippedMs = 0;
    const clock: Clock = { ...systemClock, elapsed: () => systemClock.elapsed() + skippedMs };
    const { get, server } = await serving((_, response) => response.end('ok'), { clock }, { keepAliveTimeout: 8_000 });

    await get('/');
    skippedMs = 7_000;
    await get('/');

    expect(server.connections).toBe(2);
  });

  it.each([
    ['path', { path: '/a b' }],
    ['header', { headers: { a: 'b\r\nc: d' } }],
    ['framing', { headers: { 'transfer-encoding': 'chunked' } }],
  ])('keeps its one connection usable when a caller gives it an impossible %s', async (_, more) => {
    const { get, server } = await serving((_request, response) => response.end('ok'), { connections: 1 });

    for (let call = 0; call < 3; call += 1) {
      await expect(get('/', more)).rejects.toMatchObject({ name: 'Error' });
      expect((await get('/')).status).toBe(200);
    }

    expect([server.requests, server.connections]).toEqual([3, 1]);
  });

  it('fails requests in flight, waiting and new when it is closed', async () => {
    const { client } = await serving(() => {}, { connections: 1 });
    const calls = [client.request(request('/')), client.request(request('/'))];
    const failures = Promise.allSettled(calls);

    await client.close();

    expect(await failures).toMatchObject([
      { reason: { code: 'ABORTED' } },
      { reason: { code: 'ABORTED', sent: false } },
    ]);
    await expect(client.request(request('/'))).rejects.toMatchObject({ code: 'ABORTED', sent: false });
  });
});
