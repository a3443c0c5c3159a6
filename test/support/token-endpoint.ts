import { inspect } from 'node:util';
import { expect } from 'vitest';

import type { HttpRequest, HttpResponse } from '../../lib/http/exchange.ts';
import type { Log, LogFields } from '../../lib/logger.ts';
import { type TokenRequestOptions, tokenRequest } from '../../lib/oauth/token-request.ts';
import { Redacted } from '../../lib/redacted.ts';
import { fakeClock } from './fake-clock.ts';

export const SECRET = 's3cr3t-c4n4ry';
export const TOKEN = 'eyJ-t0ken-c4n4ry';

export type Line = readonly [code: string, fields: LogFields];

/** A token request over an HTTP client that answers as it is told, with all it sent and logged. */
export function setUp(
  options: Partial<TokenRequestOptions> = {},
  answer: (request: HttpRequest) => Promise<HttpResponse> = async () =>
    json(200, { access_token: TOKEN, token_type: 'Bearer', expires_in: 3_600 }),
) {
  const clock = fakeClock();
  const sent: HttpRequest[] = [];
  const lines: Line[] = [];
  const ask = tokenRequest({
    http: {
      request: (request) => {
        sent.push(request);
        return answer(request);
      },
      close: async () => {},
    },
    url: new URL('https://idcs-1.identity.example.com/oauth2/v1/token'),
    scope: 'data',
    clientAuthentication: 'basic',
    credentials: async () => ({ clientId: 'caller', clientSecret: new Redacted(SECRET), versionId: 'v-1' }),
    clock,
    log: collectingLog(lines),
    ...options,
  });
  return { ask, clock, sent, lines };
}

function collectingLog(lines: Line[], own: LogFields = {}): Log {
  const collect = (code: string, fields: LogFields = {}) => lines.push([code, { ...own, ...fields }]);
  return {
    info: collect,
    warn: collect,
    error: collect,
    with: (fields) => collectingLog(lines, { ...own, ...fields }),
  };
}

/** An answer in JSON; text is sent as it is. */
export function json(status: number, body: unknown): HttpResponse {
  const text = typeof body === 'string' ? body : (JSON.stringify(body, bigintAsText) ?? '');
  return { status, headers: { 'content-type': 'application/json' }, body: Buffer.from(text), durationMs: 1 };
}

function bigintAsText(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}

/** Decodes as a server does it, by other means than the code under test. */
export function clientSeenByServer(request: HttpRequest | undefined): (string | undefined)[] {
  const decode = (text: string | undefined) => text && decodeURIComponent(text.replaceAll('+', ' '));
  const basic = request?.headers?.['authorization']?.replace('Basic ', '');
  if (basic) return Buffer.from(basic, 'base64').toString('latin1').split(':').map(decode);
  const field = (name: string) => decode(new RegExp(`(?:^|&)${name}=([^&]*)`).exec(request?.body ?? '')?.[1]);
  return [field('client_id'), field('client_secret')];
}

/** Looks through an outcome and its log lines in every form in which they could be printed. */
export function expectNoSecrets(outcome: unknown, lines: readonly Line[]): void {
  const everything = inspect([outcome, lines], { depth: 20, showHidden: true }) + JSON.stringify([outcome, lines]);
  expect(everything).not.toContain(SECRET);
  expect(everything).not.toContain(TOKEN);
}
