import { describe, expect, it, vi } from 'vitest';

import { NoResponseError, TlsError } from '../../lib/errors.ts';
import { clientFor, request, selfSigned, serving, tcpServer, tlsFailure } from '../support/http-client.ts';

describe('httpClient: nobody there', () => {
  it('says that nothing was sent when a name cannot be resolved (F89)', async () => {
    const client = clientFor({ origin: new URL('https://no-such-host.invalid') });

    await expect(client.request(request('/'))).rejects.toMatchObject({ code: 'DNS_FAILED', sent: false });
    await client.close();
  });

  it('says that nothing was sent when a connection is refused (F91)', async () => {
    const server = await tcpServer(() => {});
    await server[Symbol.asyncDispose]();
    const client = clientFor({ origin: server.origin });

    const failure = await client.request(request('/')).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(NoResponseError);
    expect(failure).toMatchObject({ code: 'CONNECT_FAILED', sent: false, failureClass: 'environment' });
    await client.close();
  });

  it('gives a TLS handshake that does not answer its own, shorter limit (F92)', async () => {
    await using server = await tcpServer(() => {});
    const client = clientFor({
      origin: new URL(server.origin.href.replace('http:', 'https:')),
      connectTimeoutMs: 60,
      totalTimeoutMs: 10_000,
    });

    await expect(client.request(request('/'))).rejects.toMatchObject({ code: 'CONNECT_TIMEOUT', sent: false });
    await client.close();
  });
});

describe('httpClient: TLS', () => {
  it('refuses an authority that it was not told about (F93)', async () => {
    const { failure, server } = await tlsFailure({}, { ca: undefined });

    expect(failure).toBeInstanceOf(TlsError);
    expect(failure).toMatchObject({ code: 'TLS_UNKNOWN_AUTHORITY', failureClass: 'configuration' });
    expect(server.requests).toBe(0);
  });

  it('refuses it even when Node is told to accept everything', async () => {
    vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');

    const { failure } = await tlsFailure({}, { ca: undefined });

    expect(failure).toMatchObject({ code: 'TLS_UNKNOWN_AUTHORITY' });
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });

  it('refuses an expired certificate', async () => {
    const year = 31_536_000_000;
    const { failure } = await tlsFailure({
      own: { notBeforeDate: new Date(Date.now() - 2 * year), notAfterDate: new Date(Date.now() - year) },
    });

    expect(failure).toMatchObject({ code: 'TLS_CERTIFICATE_EXPIRED' });
  });

  it('refuses a certificate for another host', async () => {
    const { failure } = await tlsFailure({ own: { host: 'siebel.example.com' } });

    expect(failure).toMatchObject({ code: 'TLS_HOST_MISMATCH' });
  });

  it('refuses TLS 1.1 and does not go down to it (F94)', async () => {
    const { failure } = await tlsFailure({
      server: { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' },
    });

    expect(failure).toMatchObject({ code: 'TLS_PROTOCOL' });
  });

  it('refuses a port that does not speak TLS', async () => {
    await using server = await tcpServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const client = clientFor({ origin: new URL(server.origin.href.replace('http:', 'https:')) });

    await expect(client.request(request('/'))).rejects.toMatchObject({ code: 'TLS_PROTOCOL' });
    await client.close();
  });

  it('accepts an old and a new authority during a change (F97)', async () => {
    const other = await selfSigned({});
    const { ca } = await serving(() => {});
    const { get } = await serving((_, response) => response.end('ok'), { ca: [other.cert, ca] });
    const inOneText = await serving((_, response) => response.end('ok'), { ca: `${other.cert}\n${ca}` });

    expect((await get('/')).status).toBe(200);
    expect((await inOneText.get('/')).status).toBe(200);
  });
});
