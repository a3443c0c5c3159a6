import { gzipSync } from 'node:zlib';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Echo, Seen } from '../support/recording-proxy.ts';
import { canarySearch, SPELLINGS } from './canaries.ts';
import { accountMessage } from './stack.ts';
import { type WatchedStack, watchedStack } from './watched-stack.ts';

// Characters that every encoding spells in its own way.
const SECRET = 'c4n4ry/"Sp3ll&ng"+%\\=9f|~K4n4r13nv0g3l?';
const CLIENT_ID = 'siebel-caller';
const PAIR = `${CLIENT_ID}:${encodeURIComponent(SECRET).replaceAll('~', '%7E')}`;
const BASIC = Buffer.from(PAIR).toString('base64');

/** Each tells in its own way what it was sent. */
const TOKEN_ECHOES: Readonly<Record<string, Echo>> = {
  '401 with a description': (seen) => json(401, { error: 'invalid_client', error_description: told(seen) }),
  '401 with the secret as its error': () => json(401, { error: SECRET, error_uri: `https://127.0.0.1/?${SECRET}` }),
  '400 as text': (seen) => ({ status: 400, headers: { 'content-type': 'text/plain' }, body: told(seen) }),
  '200 with a page': (seen) => page(200, seen),
  '200 with the secret as its token': () => json(200, { access_token: `${SECRET} `, token_type: SECRET }),
  '200 with the secret as its scope': () => json(200, { access_token: 'x', token_type: 'Bearer', scope: SECRET }),
  '307 to an address with the secret': () => ({ status: 307, headers: { location: `https://127.0.0.1:1/${BASIC}` } }),
};

/** The one that tells most. */
const TELLING: [string, Echo] = [
  '401 with everything',
  (seen) => json(401, { error: 'invalid_client', more: told(seen) }),
];

const SIEBEL_ECHOES: Readonly<Record<string, Echo>> = {
  '500 with a code': (seen) => json(500, { ERROR: `${told(seen)}(SBL-DAT-00225)` }),
  '500 with a page': (seen) => page(500, seen),
  '503 with an odd Retry-After': (seen) => ({ ...page(503, seen), headers: { 'retry-after': seen.authorization } }),
  '200 with a page': (seen) => page(200, seen),
  '200 with an error': (seen) => json(200, { ERROR: told(seen), 'Error Code': told(seen) }),
  '200 cut short': (seen) => ({ ...json(200, {}), body: `{"items":{"Id":"${seen.authorization}` }),
  '404 with a text': (seen) => json(404, { ERROR: told(seen) }),
  '307 to an address with the token': (seen) => ({
    status: 307,
    headers: { location: `https://127.0.0.1:1/${encodeURIComponent(seen.authorization)}` },
  }),
  '401 with a challenge': (seen) => ({
    ...json(401, { ERROR: told(seen) }),
    headers: { 'www-authenticate': `Bearer error="${seen.authorization}"` },
  }),
};

let watched: WatchedStack;
/** Path of an account that exists. */
let account: string;
/** How often each echo was heard. */
const heard: Record<string, number> = {};
const apiTokens: Record<string, string> = {};

beforeAll(async () => {
  watched = await watchedStack({ clientId: CLIENT_ID, clientSecret: SECRET }, `Basic ${BASIC}`);
  account = `/accounts/${encodeURIComponent(watched.stack.siebel.records('Account')[0]?.['Id'] ?? '')}`;
  await workWell();
  await meetTokenEchoes();
  await meetSiebelEchoes();
  await meetBadSecret();
  await refuseCallers();
});

afterAll(() => watched?.close());

describe('secrets and tokens (G15, R36)', () => {
  it('were really sent, so that there is something to look for', () => {
    expect(watched.identity.seen.map(({ authorization }) => authorization)).toContain(`Basic ${BASIC}`);
    // One for each function, and those that came after a 401.
    expect(Object.keys(sentTokens()).length).toBeGreaterThanOrEqual(3);
    const users = watched.stack.siebel.requests().map(({ user }) => user);
    expect(users).toContain(CLIENT_ID);
  });

  it('came back in every echo, to each function that calls', () => {
    const few = Object.entries(heard).filter(([, times]) => times < 1);
    expect(Object.keys(heard)).toHaveLength(
      Object.keys(TOKEN_ECHOES).length + 2 + Object.keys(SIEBEL_ECHOES).length * 4,
    );
    expect(few).toEqual([]);
  });

  it('stand in no log line', () => expectNone(watched.stack.lines.map(({ line }) => line)));
  it('stand in no answer to a caller, nor in what the functions gave to Lambda', () => expectNone(watched.answers));
  it('stand in no item of the state table', async () => expectNone(await watched.stateItems()));
  it('stand in nothing that was synced', async () => expectNone(await watched.objects()));
  it('stand in no message', async () => expectNone(await watched.messages()));
  it('stand in no log file', async () => expectNone(await watched.logFiles()));
  it('stand in no address that was called', () =>
    expectNone([...watched.siebel.seen, ...watched.identity.seen].map(({ url }) => url)));
});

describe('the search for secrets', () => {
  it.each(Object.entries(SPELLINGS))('finds one that is %s, and a piece of one', (_, spell) => {
    const found = canarySearch({ secret: SECRET });
    for (const text of [SECRET, SECRET.slice(5, 30)].flatMap(spell)) {
      expect(found(`{"detail":"… ${text} …"}`)).not.toEqual([]);
    }
    expect(found('{"detail":"nothing of the kind"}')).toEqual([]);
  });

  it('finds one that is planted, wherever it looks', async () => {
    const { dynamodb, s3, sqs } = watched.clients;
    const { syncBucket: Bucket, stateTable: TableName, queueUrl: QueueUrl, apiToken } = watched.stack.ready;
    // Its key stands in the log line of a refused message; a correlation id is given back to the caller.
    await watched.stack.send(JSON.stringify({ operation: 'account.explode', key: SECRET, input: {} }));
    await watched.handOver();
    await watched.call(account, { headers: { 'x-correlation-id': apiToken.slice(100, 160) } });
    await dynamodb.send(new PutItemCommand({ TableName, Item: { pk: { S: 'x' }, note: { S: `… ${BASIC}` } } }));
    await s3.send(new PutObjectCommand({ Bucket, Key: 'x.gz', Body: gzipSync(`{"a":${JSON.stringify(SECRET)}}`) }));
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: encodeURIComponent(SECRET) }));

    const find = canarySearch(everySecret());
    const places = { lines: watched.stack.lines.map(({ line }) => line), answers: watched.answers };
    for (const [place, texts] of Object.entries({
      ...places,
      items: await watched.stateItems(),
      objects: await watched.objects(),
      messages: await watched.messages(),
      logFiles: await watched.logFiles(),
    })) {
      expect(texts.flatMap(find), place).not.toEqual([]);
    }
  });
});

async function workWell(): Promise<void> {
  await watched.stack.send(
    accountMessage('Works'),
    '{"operation":"account.upsert",',
    JSON.stringify({ operation: 'account.explode', key: 'bad/1', input: {} }),
    JSON.stringify({ operation: 'account.upsert', key: 'bad/2', input: { Name: 'Nowhere' } }),
    JSON.stringify({ operation: 'account.upsert', key: 'bad/3', input: { Name: 'a\u0000b', Location: 'B' } }),
    accountMessage('Extra', { Colour: 'red' }),
  );
  expect((await watched.handOver()).failed).toEqual([]);
  expect(await watched.tick()).toBe(200);
  expect(await watched.call(account)).toBe(200);
  expect(await watched.call('/accounts?limit=3')).toBe(200);
  expect(await watched.call('/accounts', put('Works too'))).toBe(200);
}

async function meetTokenEchoes(): Promise<void> {
  const { handOver, tick } = watched;
  const ways = { queue: handOver, schedule: tick, api: () => watched.call(account) };
  const listen = async (way: keyof typeof ways, name: string, echo: Echo) => {
    await watched.stack.restart(way);
    await watched.stack.send(accountMessage(`Token ${name}`));
    watched.identity.answerWith(echo);
    await ways[way]();
    heard[`token, ${name}, ${way}`] = watched.identity.echoed();
    watched.identity.answerWith();
    await watched.stack.restart(way);
  };
  for (const [name, echo] of Object.entries(TOKEN_ECHOES)) await listen('queue', name, echo);
  // The others ask for their tokens in the same way.
  for (const way of ['schedule', 'api'] as const) await listen(way, ...TELLING);
}

async function meetSiebelEchoes(): Promise<void> {
  const { handOver, tick } = watched;
  for (const [name, echo] of Object.entries(SIEBEL_ECHOES)) {
    const listen = async (way: string, go: () => Promise<unknown>) => {
      watched.siebel.answerWith(echo);
      await go();
      heard[`Siebel, ${name}, ${way}`] = watched.siebel.echoed();
    };
    await watched.stack.send(accountMessage(`Siebel ${name}`));
    await listen('queue', handOver);
    await listen('schedule', tick);
    await listen('api read', () => watched.call(account));
    await listen('api write', () => watched.call('/accounts', put(`Siebel ${name}`)));
    watched.siebel.answerWith();
    // A success for each, or the functions would leave alone a Siebel that only fails.
    await watched.stack.send(accountMessage(`After ${name}`));
    await Promise.all([handOver(), tick(), watched.call(account)]);
  }
}

async function meetBadSecret(): Promise<void> {
  for (const secret of [{ clientId: CLIENT_ID, clientSecret: `${SECRET}\n` }, { clientSecret: SECRET }, SECRET]) {
    await watched.putSecret(secret);
    await watched.stack.restart('queue');
    await watched.stack.send(accountMessage('With a bad secret'));
    const { messages, failed, reveal } = await watched.handOver();
    expect(messages).not.toEqual([]);
    expect(failed).toEqual(messages);
    // Left on the queue, to be looked at.
    await reveal();
  }
  await watched.putSecret({ clientId: CLIENT_ID, clientSecret: SECRET });
  await watched.stack.restart('queue');
}

async function refuseCallers(): Promise<void> {
  const { apiToken } = watched.stack.ready;
  Object.assign(apiTokens, {
    good: apiToken,
    forged: `${apiToken.slice(0, -20)}AAAAAAAAAAAAAAAAAAAA`,
    expired: await watched.stack.identity.issueApiToken({ lifeSeconds: -600 }),
    foreign: await watched.stack.identity.issueApiToken({ audience: 'https://elsewhere.example/' }),
    powerless: await watched.stack.identity.issueApiToken({ scopes: [] }),
  });
  for (const [name, token] of Object.entries(apiTokens)) {
    const status = await watched.call(account, { headers: { authorization: `Bearer ${token}` } });
    expect(status, name).toBe(name === 'good' ? 200 : 403);
  }
  expect(await watched.call(`/accounts?access_token=${apiToken}`)).toBe(400);
  expect(await watched.call(`/accounts/${apiToken}`)).toBe(400);
  expect(await watched.call(account, { headers: { 'x-correlation-id': apiToken } })).toBe(200);
  expect(await watched.call('/accounts', { method: 'PUT', body: apiToken })).toBe(400);
}

function put(name: string) {
  return { method: 'PUT', body: JSON.stringify({ Name: name, Location: 'Bremen' }) };
}

function json(status: number, body: unknown) {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

function page(status: number, seen: Seen) {
  return {
    status,
    headers: { 'content-type': 'text/html' },
    body: `<html><head><title>${told(seen)}</title></head></html>`,
  };
}

/** Everything secret that the request held, and the secret as the server decodes it. */
function told({ authorization, body }: Seen): string {
  return `You sent ${authorization} and ${body}; the client secret ${SECRET} (${JSON.stringify(SECRET)}) is wrong`;
}

function sentTokens(): Record<string, string> {
  const tokens = [...new Set(watched.siebel.seen.map(({ authorization }) => authorization.replace(/^Bearer /, '')))];
  return Object.fromEntries(tokens.map((token, index) => [`access token ${index + 1}`, token]));
}

function everySecret(): Record<string, string> {
  return { 'client secret': SECRET, 'Basic header': BASIC, ...sentTokens(), ...apiTokens };
}

function expectNone(texts: readonly string[]): void {
  expect(texts).not.toEqual([]);
  const find = canarySearch(everySecret());
  const leaks = texts.flatMap((text) => find(text).map((name) => `${name}: ${text.slice(0, 300)}`));
  expect(leaks).toEqual([]);
}
