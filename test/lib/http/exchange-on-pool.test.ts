import fc from 'fast-check';
import type { Dispatcher, Pool } from 'undici';
import { describe, expect, it } from 'vitest';
import { exchangeOn } from '../../../lib/http/exchange-on-pool.ts';
import { gatheredBody } from '../../../lib/http/gathered-body.ts';
import { fakeClock } from '../../support/fake-clock.ts';

const REQUEST = { method: 'GET', path: '/', deadlineAtMs: Number.MAX_SAFE_INTEGER } as const;
const CHUNKED = { 'transfer-encoding': 'chunked' };

/** One exchange whose answer is fed by hand, as undici feeds it. */
function fed(status: number, headers: Record<string, string>, chunks: readonly Buffer[], maxBodyBytes = 1_000_000) {
  const controller = { abort() {} } as unknown as Dispatcher.DispatchController;
  const pool = {
    dispatch(_: unknown, handler: Required<Dispatcher.DispatchHandler>) {
      handler.onRequestStart(controller, undefined);
      (handler as unknown as { onRequestSent(): void }).onRequestSent();
      try {
        handler.onResponseStart(controller, status, headers, '');
        for (const chunk of chunks) handler.onResponseData(controller, chunk);
        handler.onResponseEnd(controller, {});
      } catch (error) {
        handler.onResponseError(controller, error as Error);
      }
      return true;
    },
  } as unknown as Pool;
  const open = { noteRequest: () => () => {} } as unknown as Parameters<typeof exchangeOn>[0]['open'];
  const exchange = exchangeOn({ pool, open, origin: 'https://h', connections: 1, clock: fakeClock(), maxBodyBytes });
  return exchange(REQUEST, 10_000);
}

describe('a body', () => {
  it('is gathered from chunks of any size', async () => {
    const parts = fc.array(fc.string({ maxLength: 40 }), { minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(parts, fc.boolean(), async (texts, announced) => {
        const whole = texts.join('');
        fc.pre(whole !== '');
        const headers = announced ? { 'content-length': String(Buffer.byteLength(whole)) } : CHUNKED;
        const { body } = await fed(
          200,
          headers,
          texts.map((text) => Buffer.from(text)),
        );
        expect(body.toString()).toBe(whole);
      }),
    );
  });

  it('keeps no long list of small chunks: a thousand of them become one', () => {
    const body = gatheredBody();
    const chunks = Array.from({ length: 3_000 }, (_, number) => Buffer.from(String(number % 10)));
    for (const chunk of chunks) body.add(chunk);
    const whole = chunks.join('');
    expect(body.whole().toString()).toBe(whole);
    for (const chunk of chunks.slice(0, 2_000)) chunk.fill('!');
    expect(body.whole().toString()).toBe(whole);
  });

  it('is refused when it is over the limit, announced or not', async () => {
    const chunks = () => [Buffer.alloc(6), Buffer.alloc(5)];
    await expect(fed(200, CHUNKED, chunks(), 10)).rejects.toMatchObject({ code: 'BODY_TOO_LARGE' });
    await expect(fed(200, { 'content-length': '11' }, [], 10)).rejects.toMatchObject({ code: 'BODY_TOO_LARGE' });
    await expect(fed(200, CHUNKED, chunks(), 11)).resolves.toMatchObject({ body: { length: 11 } });
  });

  it('is cut when a success ends before it without a word that there is none', async () => {
    await expect(fed(200, { connection: 'close' }, [])).rejects.toMatchObject({ code: 'BODY_TRUNCATED', status: 200 });
    for (const headers of [CHUNKED, { 'content-length': '0' }]) {
      await expect(fed(200, headers, [])).resolves.toMatchObject({ body: { length: 0 } });
    }
    for (const status of [204, 304, 401, 503]) await expect(fed(status, {}, [])).resolves.toMatchObject({ status });
  });
});
