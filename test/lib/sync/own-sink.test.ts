import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../../lib/errors.ts';
import { ownSink, type SyncSink } from '../../../lib/operations/index.ts';
import { madeByOwner } from '../../../lib/sync/own-sink.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { fileSink } from '../../support/file-sink.ts';

const END = { at: '2025-03-14T10:00:00Z', id: '1-9' };
const RANGE = { from: '2025-03-14T09:26:53Z', to: '2025-03-14T10:00:00Z', end: END };
const RUN = { job: 'contacts', window: 'live', fence: 7 };

const made = (sink: SyncSink) =>
  madeByOwner(
    ownSink('warehouse', () => sink),
    fakeClock(),
  );

function failing(failure: Error): SyncSink {
  const fail = () => {
    throw failure;
  };
  return {
    recordsPerChunk: 50,
    open: () => ({ chunk: () => ({ write: fail, close: fail, abort: fail }), quarantine: fail }),
  };
}

describe('madeByOwner', () => {
  it('tells whatever a sink throws as a failure of the sink, and never lets it throw when it gives up', async () => {
    const sink = await made(failing(new TypeError('fetch failed: 10.0.0.1')));
    const output = sink.open(RUN);
    const chunk = output.chunk();
    const expected = {
      code: 'SINK_UNAVAILABLE',
      message: expect.stringContaining('sink "warehouse" failed (TypeError, at '),
    };

    await expect(chunk.write([])).rejects.toMatchObject(expected);
    await expect(chunk.close(RANGE)).rejects.toMatchObject(expected);
    await expect(output.quarantine({ lines: [], ...RANGE })).rejects.toMatchObject(expected);
    await expect(chunk.abort()).resolves.toBeUndefined();
    expect(sink.recordsPerChunk).toBe(50);
  });

  it('tells what opening and a new chunk throw as a failure of the sink', async () => {
    const fail = () => {
      throw new TypeError('fetch failed: 10.0.0.1');
    };
    const expected = expect.objectContaining({
      code: 'SINK_UNAVAILABLE',
      message: expect.stringContaining('sink "warehouse" failed (TypeError, at '),
    });
    const closed = await made({ recordsPerChunk: 50, open: fail });
    const open = () => ({ chunk: fail, quarantine: async () => '' });
    const empty = await made({ recordsPerChunk: 50, open });

    expect(() => closed.open(RUN)).toThrow(expected);
    expect(() => empty.open(RUN).chunk()).toThrow(expected);
  });

  it.each([undefined, 0, -1, 1.5, Number.NaN, '50'])(
    'asks a person to mend a sink that says it takes %s records a chunk',
    async (recordsPerChunk) => {
      const sink = { ...failing(new Error('no')), recordsPerChunk } as SyncSink;

      await expect(made(sink)).rejects.toMatchObject({
        code: 'CONFIGURATION',
        message: expect.stringContaining('recordsPerChunk'),
      });
    },
  );

  it('names the code of a failure and where it was thrown, and nothing of its words', async () => {
    const failure = Object.assign(new Error('/secret/folder'), { code: 'ENOENT' });
    const sink = await made(failing(failure));

    const error = await sink
      .open(RUN)
      .chunk()
      .close(RANGE)
      .catch((thrown) => thrown);

    expect(error.message).toMatch(/^sink "warehouse" failed \(Error, ENOENT, at .*own-sink\.test\.ts:\d+/);
    expect(error.message).not.toContain('secret');
  });

  it('gives up on a sink that does not answer within a minute', async () => {
    const never = () => new Promise<never>(() => undefined);
    const clock = fakeClock();
    const chunk = () => ({ write: never, close: never, abort: never });
    const open = () => ({ chunk, quarantine: never });
    const sink = await madeByOwner(
      ownSink('warehouse', () => ({ recordsPerChunk: 50, open })),
      clock,
    );
    const output = sink.open(RUN);
    const one = output.chunk();
    const all = [one.write([]), one.close(RANGE), output.quarantine({ lines: [], ...RANGE })];
    const failures = Promise.all(all.map((work) => work.catch(({ code, message }) => [code, message])));
    const given = one.abort();

    await clock.advance(59_999);
    expect(clock.sleeping).toBe(4);
    await clock.advance(1);

    const expected = ['SINK_UNAVAILABLE', 'sink "warehouse" has not answered within 60 s'];
    expect(await failures).toEqual([expected, expected, expected]);
    await expect(given).resolves.toBeUndefined();
  });

  it('leaves no timer behind of a sink that answers', async () => {
    const clock = fakeClock();
    const sink = await madeByOwner(
      ownSink('warehouse', () => fileSink({ folder: '/nowhere' })),
      clock,
    );

    await sink.open(RUN).chunk().write([]);

    expect(clock.sleeping).toBe(0);
  });

  it('leaves errors of the family as they are', async () => {
    const refusal = new ConfigurationError('the warehouse refuses this function');
    const sink = await made(failing(refusal));

    await expect(sink.open(RUN).chunk().close(RANGE)).rejects.toBe(refusal);
  });

  it('tells a sink that cannot be made as a failure of the sink', async () => {
    await expect(
      madeByOwner(
        ownSink('warehouse', () => Promise.reject(new Error('no'))),
        fakeClock(),
      ),
    ).rejects.toMatchObject({
      code: 'SINK_UNAVAILABLE',
    });
  });
});
