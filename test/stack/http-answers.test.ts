import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';

import { UnusableResponseError } from '../../lib/errors.ts';
import { clientFor, MAX_BODY_BYTES, request, serving, tcpServer } from '../support/http-client.ts';

describe('httpClient: what comes back', () => {
  it('returns status, headers in lower case, and body', async () => {
    const { get } = await serving((request, response) => {
      response.writeHead(
        201,
        [
          ['X-Mixed-Case', 'yes'],
          ['x-twice', 'a'],
          ['x-twice', 'b'],
        ].flat(),
      );
      response.end(`${request.method} ${request.url} ${request.headers['x-own']}`);
    });

    const response = await get('/siebel/v1.0?a=%20b', { method: 'PUT', headers: { 'x-own': 'mine' }, body: '{}' });

    expect(response).toMatchObject({ status: 201, headers: { 'x-mixed-case': 'yes', 'x-twice': 'a, b' } });
    expect(response.body.toString()).toBe('PUT /siebel/v1.0?a=%20b mine');
    expect(response.durationMs).toBeGreaterThan(0);
  });

  it('sends a body with its length in bytes', async () => {
    const { get } = await serving(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      response.end(`${request.headers['content-length']} ${Buffer.concat(chunks)}`);
    });

    expect((await get('/', { method: 'POST', body: 'Zürich' })).body.toString()).toBe('7 Zürich');
  });

  it('returns a redirect like any other answer and does not follow it', async () => {
    const { get, server } = await serving((_, response) => {
      response.writeHead(307, { location: '/elsewhere' }).end();
    });

    expect(await get('/')).toMatchObject({ status: 307, headers: { location: '/elsewhere' } });
    expect(server.requests).toBe(1);
  });

  it('returns answers that say no, and answers without a body', async () => {
    const { get } = await serving((request, response) => {
      response.writeHead(request.url === '/none' ? 204 : 503).end();
    });

    expect(await get('/')).toMatchObject({ status: 503, body: Buffer.alloc(0) });
    expect(await get('/none')).toMatchObject({ status: 204, body: Buffer.alloc(0) });
  });
});

describe('httpClient: compressed bodies', () => {
  it('asks for gzip and undoes it', async () => {
    const { get } = await serving((request, response) => {
      response
        .writeHead(200, { 'content-encoding': 'gzip' })
        .end(gzipSync(`asked ${request.headers['accept-encoding']}`));
    });

    expect((await get('/')).body.toString()).toBe('asked gzip');
  });

  it.each([
    ['an encoding that was not asked for', 'br', 'x'],
    ['two encodings', 'gzip, gzip', gzipSync(gzipSync('x'))],
    ['bytes that are no gzip', 'gzip', 'plain text'],
  ])('refuses %s', async (_, encoding, body) => {
    const { get } = await serving((_request, response) => {
      response.writeHead(200, { 'content-encoding': encoding }).end(body);
    });

    await expect(get('/')).rejects.toMatchObject({ name: 'UnusableResponseError', code: 'BAD_ENCODING', status: 200 });
  });

  it('refuses a gzip that is cut off', async () => {
    const { get } = await serving((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('x'.repeat(5_000)).subarray(0, -12));
    });

    await expect(get('/')).rejects.toMatchObject({ code: 'BODY_TRUNCATED', status: 200 });
  });

  it('refuses a bomb without unpacking it (R41)', async () => {
    const bomb = gzipSync(Buffer.alloc(60_000_000));
    expect(bomb.length).toBeLessThan(MAX_BODY_BYTES);
    const { get } = await serving((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
    });

    const before = process.memoryUsage().arrayBuffers;
    await expect(get('/')).rejects.toMatchObject({ code: 'BODY_TOO_LARGE', status: 200 });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000);
  });
});

describe('httpClient: size limit', () => {
  it('takes a body of exactly the limit', async () => {
    const { get } = await serving((_, response) => response.end('x'.repeat(MAX_BODY_BYTES)));

    expect((await get('/')).body.length).toBe(MAX_BODY_BYTES);
  });

  it('refuses a body by its announced length, before it is read', async () => {
    const { get } = await serving((_, response) => {
      response.writeHead(200, { 'content-length': MAX_BODY_BYTES + 1 }).flushHeaders();
    });

    await expect(get('/')).rejects.toMatchObject({ code: 'BODY_TOO_LARGE', status: 200 });
  });

  it('stops an endless body at the limit', async () => {
    let sentBytes = 0;
    const { get } = await serving((_, response) => {
      const chunk = Buffer.alloc(16_384);
      const more = () => {
        while (!response.destroyed && response.write(chunk)) sentBytes += chunk.length;
      };
      response.on('drain', more);
      more();
    });

    await expect(get('/')).rejects.toMatchObject({ code: 'BODY_TOO_LARGE' });
    expect(sentBytes).toBeLessThan(20_000_000);
  });

  it('goes on with the next request afterwards', async () => {
    const { get } = await serving((request, response) => {
      response.end(request.url === '/large' ? 'x'.repeat(MAX_BODY_BYTES + 1) : 'small');
    });

    await expect(get('/large')).rejects.toBeInstanceOf(UnusableResponseError);
    expect((await get('/small')).body.toString()).toBe('small');
  });
});

describe('httpClient: broken answers', () => {
  it('says that the request was sent when the connection is reset before an answer (F74)', async () => {
    const { get } = await serving((request) => request.socket.destroy());

    await expect(get('/')).rejects.toMatchObject({ name: 'NoResponseError', code: 'CONNECTION_LOST', sent: true });
  });

  it('refuses a body that ends before its announced length (F69)', async () => {
    const { get } = await serving((_, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('{"items":[', () => response.destroy());
    });

    await expect(get('/')).rejects.toMatchObject({ code: 'BODY_TRUNCATED', status: 200 });
  });

  it('refuses a chunked body without its last chunk', async () => {
    const { get } = await serving((_, response) => {
      response.write('{"items":[', () => response.destroy());
    });

    await expect(get('/')).rejects.toMatchObject({ code: 'BODY_TRUNCATED', status: 200 });
  });

  it('takes what is no HTTP for a lost connection', async () => {
    await using server = await tcpServer((socket) => socket.on('data', () => socket.end('220 mail ready\r\n')));
    const client = clientFor({ origin: server.origin });

    await expect(client.request(request('/'))).rejects.toMatchObject({ code: 'CONNECTION_LOST', sent: true });
    await client.close();
  });
});
