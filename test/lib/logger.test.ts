import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { functionLog, functionMetrics, type LogFields } from '../../lib/logger.ts';

const LINE_BYTES = 16_384;
/** DEL, the second row of controls, the line ends of Unicode, and every mark that can turn text around. */
const MARKS = [
  '\u007f',
  '\u0080',
  '\u0085',
  '\u009b',
  '\u009f',
  '\u061c',
  '\u200e',
  '\u200f',
  '\u2028',
  '\u2029',
  '\u202a',
  '\u202e',
  '\u2066',
  '\u2069',
];
const codeOf = (mark: string) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`;

afterEach(() => vi.restoreAllMocks());

describe('a log line (R60)', () => {
  it('is one JSON object with the code, the fields, and those that the log was made with', () => {
    const [line] = written(() =>
      functionLog('queue').with({ requestId: 'r' }).warn('CALL_SETTLED', { receiveCount: 2, code: undefined }),
    );
    expect(JSON.parse(line ?? '')).toMatchObject({
      level: 'WARN',
      message: 'CALL_SETTLED',
      service: 'queue',
      requestId: 'r',
      receiveCount: 2,
    });
    expect(line).not.toContain('code');
  });

  it.each(MARKS.map((mark) => [codeOf(mark), mark]))('shows %s as its code, alone and in a list', (code, mark) => {
    const line = lineOf({ key: `a${mark}b`, siebelCodes: ['x', `a${mark}b`] });
    expect(line).not.toContain(mark);
    expect(JSON.parse(line)).toMatchObject({ key: `a${code}b`, siebelCodes: ['x', `a${code}b`] });
  });

  it('leaves other text as it is', () => {
    const text = 'Zoë Ĝ 株式会社 😀 "quoted" \\ ~ \u00a0 \u2030 \u2065';
    expect(JSON.parse(lineOf({ key: text, siebelCodes: [text] }))).toMatchObject({ key: text, siebelCodes: [text] });
  });

  it('holds at most 20 entries of a list, and 2,048 characters of them together', () => {
    const many = JSON.parse(lineOf({ siebelCodes: Array.from({ length: 500 }, (_, index) => `SBL-${index}`) }));
    expect(many.siebelCodes).toHaveLength(20);

    const long = JSON.parse(lineOf({ siebelCodes: ['a'.repeat(1_500), 'b'.repeat(1_500), 'c'] }));
    expect(long.siebelCodes).toEqual(['a'.repeat(1_500), 'b'.repeat(548)]);
  });

  it('is at most 16 KiB long, whatever its fields hold, and says which one it left out', () => {
    const hostile = '\u0001'.repeat(5_000);
    const line = lineOf({ key: hostile, detail: hostile, siebelCodes: [hostile, hostile], messageId: 'm' });
    expect(Buffer.byteLength(line)).toBeLessThanOrEqual(LINE_BYTES);
    expect(JSON.parse(line)).toMatchObject({ detail: '[too large]', siebelCodes: '[too large]', messageId: 'm' });

    const full = lineOf({ key: '\u0001'.repeat(2_048), detail: 'x'.repeat(2_048), stack: 'y'.repeat(2_048) });
    expect(Buffer.byteLength(full)).toBeLessThanOrEqual(LINE_BYTES);

    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 4_000 }),
      fc.constantFrom(...MARKS, '株', '\0').map((character) => character.repeat(3_000)),
    );
    const fields = fc.dictionary(fc.stringMatching(/^[a-z]{5,20}$/), fc.oneof(text, fc.array(text)), { maxKeys: 20 });
    fc.assert(
      fc.property(fields, (any) => {
        expect(Buffer.byteLength(lineOf(any))).toBeLessThanOrEqual(LINE_BYTES);
      }),
      { numRuns: 30 },
    );
  });
});

describe('metrics', () => {
  it('carry the function and the stage, so that two stages of one account are told apart', () => {
    const [line] = written(() => {
      const metrics = functionMetrics('queue', 'prod');
      metrics.count('msg.parked');
      metrics.seconds('msg.age', 7);
      metrics.seconds('msg.age', 90);
      metrics.publish();
    });
    const emitted = JSON.parse(line ?? '');
    expect(emitted).toMatchObject({ service: 'queue', stage: 'prod', 'msg.parked': 1, 'msg.age': [7, 90] });
    expect(emitted._aws.CloudWatchMetrics).toEqual([
      {
        Namespace: 'SiebelIntegration',
        Dimensions: [['service', 'stage']],
        Metrics: [
          { Name: 'msg.parked', Unit: 'Count' },
          { Name: 'msg.age', Unit: 'Seconds' },
        ],
      },
    ]);
  });

  it('count by a dimension as well, without taking anything from the counter that alarms look at', () => {
    const lines = written(() => {
      const metrics = functionMetrics('queue', 'prod');
      metrics.count('msg.parked', 1, { code: 'BAD_JSON' });
      metrics.count('msg.parked', 2, { code: 'EXPIRED' });
      metrics.count('msg.parked', 1, { code: 'BAD_JSON' });
      metrics.count('msg.deferred', 1, { class: 'environment' });
      metrics.publish();
      metrics.count('msg.parked', 1, { code: 'BAD_JSON' });
      metrics.publish();
    }).map((line) => JSON.parse(line));
    const told = lines.map(({ _aws, Timestamp, ...own }) => [_aws.CloudWatchMetrics[0].Dimensions, own]);
    const whole = { service: 'queue', stage: 'prod' };
    expect(told).toEqual([
      [[['service', 'stage']], { ...whole, 'msg.parked': [1, 2, 1], 'msg.deferred': 1 }],
      [[['service', 'stage', 'code']], { ...whole, code: 'BAD_JSON', 'msg.parked': 2 }],
      [[['service', 'stage', 'code']], { ...whole, code: 'EXPIRED', 'msg.parked': 2 }],
      [[['service', 'stage', 'class']], { ...whole, class: 'environment', 'msg.deferred': 1 }],
      [[['service', 'stage']], { ...whole, 'msg.parked': 1 }],
      [[['service', 'stage', 'code']], { ...whole, code: 'BAD_JSON', 'msg.parked': 1 }],
    ]);
    expect(lines.map(({ _aws }) => _aws.CloudWatchMetrics[0].Namespace)).toEqual(Array(6).fill('SiebelIntegration'));
  });

  it('tell a time by a dimension as well: the last one of each word, and all of them together', () => {
    const lines = written(() => {
      const metrics = functionMetrics('schedule', 'prod');
      metrics.milliseconds('sync.lag', 90_000, { job: 'accounts' });
      metrics.milliseconds('sync.lag', 60_000, { job: 'accounts' });
      metrics.milliseconds('sync.lag', 5_000, { job: 'contacts' });
      metrics.count('sync.failed', 1, { job: 'orders' });
      metrics.publish();
    }).map((line) => JSON.parse(line));
    const told = lines.map(({ _aws, Timestamp, ...own }) => [_aws.CloudWatchMetrics[0], own]);
    const whole = { service: 'schedule', stage: 'prod' };
    const ofOne = (Name: string, Unit: string) => ({
      Namespace: 'SiebelIntegration',
      Dimensions: [['service', 'stage', 'job']],
      Metrics: [{ Name, Unit }],
    });
    expect(told).toEqual([
      [
        expect.objectContaining({ Dimensions: [['service', 'stage']] }),
        { ...whole, 'sync.lag': [90_000, 60_000, 5_000], 'sync.failed': 1 },
      ],
      [ofOne('sync.lag', 'Milliseconds'), { ...whole, job: 'accounts', 'sync.lag': 60_000 }],
      [ofOne('sync.lag', 'Milliseconds'), { ...whole, job: 'contacts', 'sync.lag': 5_000 }],
      [ofOne('sync.failed', 'Count'), { ...whole, job: 'orders', 'sync.failed': 1 }],
    ]);
  });

  it('keep the stage from one invocation to the next, and write nothing when there is nothing', () => {
    const lines = written(() => {
      const metrics = functionMetrics('api', 'dev');
      metrics.publish();
      metrics.count('api.ok');
      metrics.publish();
      metrics.count('api.ok');
      metrics.publish();
    });
    expect(lines.map((line) => JSON.parse(line).stage)).toEqual(['dev', 'dev']);
  });
});

function lineOf(fields: LogFields): string {
  const [line = '', ...others] = written(() => functionLog('queue').error('CALL_SETTLED', fields));
  expect(others).toEqual([]);
  return line;
}

/** What `work` writes to standard output and standard error, line by line. */
function written(work: () => void): string[] {
  let text = '';
  const keep = (chunk: unknown) => {
    text += String(chunk);
    return true;
  };
  const spies = [process.stdout, process.stderr].map((stream) => vi.spyOn(stream, 'write').mockImplementation(keep));
  try {
    work();
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return text.split('\n').filter((line) => line !== '');
}
