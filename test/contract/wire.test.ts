import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { gateOf } from './gate.ts';
import { fixedToken, renewedToken, type Tokens } from './tokens.ts';
import { type exchange, NoAnswer, openWire } from './wire.ts';

type Exchange = typeof exchange;
const answer = (status: number, bytes = Buffer.from('{}'), received: Readonly<Record<string, string>> = {}) => ({
  status,
  received,
  bytes,
});
const wireOn = (exchanged: Exchange, { parallel = 2, tokens = fixedToken('t1') as Tokens } = {}) =>
  openWire({
    baseUrl: new URL('https://siebel.example.com:9001/siebel/v1.0'),
    tokens,
    timeoutMs: 1_000,
    parallel,
    exchange: exchanged,
  });

describe('the wire', () => {
  it('sends so many requests at a time, so that the time limit of the others has not begun', async () => {
    const open: (() => void)[] = [];
    const wire = wireOn(() => new Promise((resolve) => open.push(() => resolve(answer(200)))));
    const all = Promise.all(Array.from({ length: 5 }, () => wire.send({ path: '/x' })));
    const begun: number[] = [];
    for (const turn of [0, 1, 2, 3, 4]) {
      await new Promise((next) => setImmediate(next));
      begun.push(open.length);
      open[turn]?.();
    }
    await all;

    expect(begun).toEqual([2, 3, 4, 5, 5]);
    expect(wire.sent()).toBe(5);
  });

  it('lets the next one pass when one fails', async () => {
    const gate = gateOf(1);
    const failed = gate(() => Promise.reject(new Error('x'))).catch(() => 'failed');

    await expect(Promise.all([failed, gate(async () => 'passed')])).resolves.toEqual(['failed', 'passed']);
  });

  it('unpacks an answer, and never more than an answer may have', async () => {
    const bodies = [gzipSync('{"a":1}'), gzipSync(Buffer.alloc(17 * 1_048_576)), Buffer.from('no gzip')];
    const wire = wireOn(async () => answer(200, bodies.shift(), { 'content-encoding': 'gzip' }));

    await expect(wire.send({ path: '/x' })).resolves.toMatchObject({ json: { a: 1 } });
    await expect(wire.send({ path: '/x' })).rejects.toEqual(new NoAnswer('ANSWER_TOO_LARGE'));
    await expect(wire.send({ path: '/x' })).rejects.toEqual(new NoAnswer('Z_DATA_ERROR'));
  });
});

describe('access tokens', () => {
  const bearer = ({ headers }: Parameters<Exchange>[0]) => headers['Authorization'];
  const tokensOf = async (now: () => number, ...tokens: readonly (string | Error)[]) => {
    const rest = [...tokens];
    return renewedToken(
      async () => {
        const next = rest.shift() ?? new Error('none left');
        if (next instanceof Error) throw next;
        return next;
      },
      { now },
    );
  };

  it('are asked for again once when several requests are refused at the end of a life', async () => {
    let nowMs = 0;
    const tokens = await tokensOf(() => nowMs, 't1', 't2', 't3');
    const wire = wireOn(async (request) => answer(bearer(request) === 'Bearer t2' ? 200 : 401), { tokens });
    nowMs = 3_600_000;
    const answers = await Promise.all([wire.send({ path: '/a' }), wire.send({ path: '/b', method: 'PUT' })]);

    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(tokens.all()).toEqual(['t1', 't2']);
    expect(wire.sent()).toBe(4);
  });

  it('are not asked for again within a minute: the scope may lack what is called', async () => {
    let nowMs = 0;
    const tokens = await tokensOf(() => nowMs, 't1', 't2', 't3');
    const wire = wireOn(async () => answer(401), { tokens });
    const statuses = [];
    for (const atMs of [59_999, 60_000, 60_001, 119_999]) {
      nowMs = atMs;
      statuses.push((await wire.send({ path: '/service/x' })).status);
    }

    expect(statuses).toEqual([401, 401, 401, 401]);
    expect(tokens.all()).toEqual(['t1', 't2']);
  });

  it('stay as they are when no other can be had, and when a request shows none or a wrong one', async () => {
    let nowMs = 0;
    const tokens = await tokensOf(() => nowMs, 't1', new Error('away'));
    const wire = wireOn(async () => answer(401), { tokens });
    nowMs = 100_000;

    for (const token of ['none', 'wrong'] as const) await wire.send({ path: '/x', token });
    expect(wire.sent()).toBe(2);
    expect((await wire.send({ path: '/x' })).status).toBe(401);
    expect(tokens.all()).toEqual(['t1']);
    expect(await fixedToken('t').inPlaceOf('t')).toBeUndefined();
  });
});
