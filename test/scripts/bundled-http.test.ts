import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createSecureServer, type Http2SecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createAuthority } from '../../local-stack/tls.ts';
import { bundle } from '../../scripts/bundle.ts';

/** Runs in a process of its own, as a function would: nothing of the test is loaded beside the bundle. */
const PROGRAM = `
  const { httpClient } = await import(process.env.CLIENT_FILE);
  const clock = {
    now: () => Date.now(),
    elapsed: () => performance.now(),
    random: () => Math.random(),
    sleep: (delayMs) => new Promise((wake) => setTimeout(wake, delayMs)),
  };
  const client = httpClient({
    origin: new URL(process.env.ORIGIN), connections: 2, clock, ca: process.env.CA,
    totalTimeoutMs: 5_000, maxBodyBytes: 100_000,
  });
  const send = (method, body) =>
    client.request({ method, path: '/echo?a=1', headers: { 'content-type': 'text/plain' }, body, deadlineAtMs: Date.now() + 5_000 });
  const answers = [await send('PUT', 'first'), await send('GET')];
  await client.close();
  const loaded = process.moduleLoadList.filter((entry) => /internal\\/deps\\/undici|http2/.test(entry));
  console.log(JSON.stringify({ answers: answers.map(({ status, body }) => [status, String(body)]), loaded }));`;

let folder: string;
let clientFile: string;
let server: Http2SecureServer;
let caPem: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bundled-http-'));
  const { outputFiles } = await bundle([{ in: 'lib/http/client.ts', out: 'client' }], folder);
  clientFile = join(folder, 'client.mjs');
  writeFileSync(clientFile, outputFiles.find(({ path }) => path === clientFile)?.contents ?? '');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeEach(async () => {
  const authority = await createAuthority();
  caPem = authority.caPem;
  server = createSecureServer({ ...(await authority.issue('127.0.0.1')), allowHTTP1: true });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
});
afterEach(() => new Promise((closed) => server.close(closed)));

describe('the HTTP client as it is bundled', () => {
  it('speaks HTTP/1.1 to a server that offers HTTP/2 as well, over one connection', async () => {
    const offered: string[] = [];
    let connections = 0;
    server.on('secureConnection', () => connections++);
    server.on('request', (request, response) => {
      offered.push(request.httpVersion);
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      request.on('end', () => response.end(`${request.method} ${request.url} ${body}`));
    });

    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', PROGRAM], {
      env: {
        PATH: process.env['PATH'],
        CLIENT_FILE: pathToFileURL(clientFile).href,
        ORIGIN: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
        CA: caPem,
      },
    });

    expect(JSON.parse(stdout)).toEqual({
      answers: [
        [200, 'PUT /echo?a=1 first'],
        [200, 'GET /echo?a=1 '],
      ],
      loaded: [],
    });
    expect(offered).toEqual(['1.1', '1.1']);
    expect(connections).toBe(1);
  });
});
