import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Stand, startStand } from './cli-parts.ts';

const INPUT = { Name: 'Harbour Supplies', Location: 'Bremen' };
const line = (key: string, input: object = INPUT, more: object = {}) =>
  JSON.stringify({ operation: 'account.upsert', key, input, ...more });

let stand: Stand;
beforeEach(async () => {
  stand = await startStand();
});
afterEach(() => stand.close());

const sentKeys = async () => (await stand.take()).map(({ body }) => JSON.parse(body).key);
const sendOne = (stdin: string, ...argv: string[]) =>
  stand.json(['messages', 'send', '--operation', 'account.upsert', '--key', 'by-hand/1', '--input', '-', ...argv], {
    stdin,
  });

describe('siebel messages send', () => {
  it('sends one call that is valid', async () => {
    await stand.file('input.json', JSON.stringify(INPUT));
    const argv = ['messages', 'send', '--operation', 'account.upsert', '--key', 'by-hand/1', '--input', 'input.json'];

    const ended = await stand.run([...argv, '--not-after', '2999-01-01T00:00:00Z']);

    expect(ended).toEqual({ code: 0, out: '1 message sent to calls.', err: '' });
    expect((await stand.take()).map(({ body }) => JSON.parse(body))).toEqual([
      { operation: 'account.upsert', key: 'by-hand/1', input: INPUT, notAfter: '2999-01-01T00:00:00Z' },
    ]);
  });

  it('sends the lines of a file in their order, blank ones aside', async () => {
    const file = await stand.file('m.ndjson', `${line('a')}\r\n\n  \n${line('b')}\n${line('a')}\n`);

    const ended = await stand.json(['messages', 'send', '--file', file]);

    const sent = ['a', 'b', 'a'].map((key) => ({ operation: 'account.upsert', key }));
    expect(ended).toEqual({ code: 0, dryRun: false, sent, wouldSend: [], notSent: 0, interrupted: false, error: null });
    expect(await sentKeys()).toEqual(['a', 'b', 'a']);
  });

  it('takes a single message over several lines', async () => {
    const stdin = JSON.stringify(JSON.parse(line('a')), null, 2);

    const ended = await stand.json(['messages', 'send', '--file', '-'], { stdin });

    expect(ended).toMatchObject({ code: 0, sent: [{ key: 'a' }] });
    expect(await sentKeys()).toEqual(['a']);
  });

  it('sends nothing when one is wrong, and names every mistake with its line', async () => {
    const stdin = [
      line('a'),
      '{"operation":',
      line('b', { Name: 'x' }),
      line('c', INPUT, { operation: 'account.explode' }),
      line('d', { Id: '1-1' }, { operation: 'account.get' }),
      line('e', { ...INPUT, Nmae: 'x', Name: 7 }),
      line('bad key'),
      line('f', INPUT, { notAfter: '2020-01-01T00:00:00Z' }),
      line('a', { ...INPUT, Location: 'Hamburg' }),
      '{"detail-type":"OrderPlaced","source":"shop","detail":{"order":"1","customer":"x"}}',
      line('g', { 'Integration Id': '*', Abstract: 'x' }, { operation: 'service-request.create' }),
    ].join('\n');

    const { code, error } = await stand.json(['messages', 'send', '--file', '-'], { stdin });

    expect(code).toBe(2);
    expect(error.message).toBe('10 of 11 messages are wrong, and nothing was sent');
    expect(error.issues.map(({ line: at, pointer, code: issue }: Issue) => [at, pointer, issue])).toEqual([
      [2, '/operation', 'BAD_JSON'],
      [3, '/input/Location', 'MISSING_FIELD'],
      [4, '/operation', 'UNKNOWN_OPERATION'],
      [5, '/operation', 'OPERATION_NOT_ACCEPTED'],
      [6, '/input/Name', 'BAD_TYPE'],
      [6, '/input/Nmae', 'UNKNOWN_FIELD'],
      [7, '/key', 'BAD_KEY'],
      [8, '/notAfter', 'EXPIRED'],
      [9, '/key', 'CONFLICT'],
      [10, '', 'ENVELOPE'],
      [11, '/input/Integration Id', 'VALUE_NOT_QUERYABLE'],
    ]);
    expect(await stand.take()).toEqual([]);
  });

  it('shows people the same', async () => {
    const { code, out, err } = await stand.run(['messages', 'send', '--file', '-'], { stdin: `${line('a')}\n{}` });
    expect([code, out]).toEqual([2, '']);
    expect(err.split('\n')).toEqual([
      'line 2  /operation  MISSING_FIELD  is missing',
      'line 2  /key  MISSING_FIELD  is missing',
      'line 2  /input  MISSING_FIELD  is missing',
      'INVALID_INPUT: 1 of 2 messages is wrong, and nothing was sent',
    ]);
  });

  it('shows the first hundred mistakes of a file that has more', async () => {
    const stdin = Array.from({ length: 150 }, () => '{').join('\n');
    const { error } = await stand.json(['messages', 'send', '--file', '-'], { stdin });
    expect(error.issues).toHaveLength(100);
    expect(error.message).toContain('150 of 150 messages are wrong');
  });

  it.each([
    ['', 'EMPTY_BODY'],
    ['nonsense', 'BAD_JSON'],
    ['\ufeff{}', 'BAD_JSON'],
    ['{"Name":"a","Name":"b"}', 'DUPLICATE_KEY'],
    ['{"__proto__":{"Name":"a"}}', 'UNKNOWN_FIELD'],
    ['"text"', 'BAD_TYPE'],
  ])('refuses the input %j with %s', async (stdin, issue) => {
    const { code, error } = await sendOne(stdin);
    expect(code).toBe(2);
    expect(error.issues.map(({ code: each }: Issue) => each)).toContain(issue);
    expect(await stand.take()).toEqual([]);
  });

  it('checks everything and sends nothing in a dry run', async () => {
    const { code, wouldSend, sent } = await sendOne(JSON.stringify(INPUT), '--dry-run');
    expect([code, sent, wouldSend]).toEqual([0, [], [{ operation: 'account.upsert', key: 'by-hand/1' }]]);
    expect((await sendOne('{}', '--dry-run')).code).toBe(2);
    expect(await stand.take()).toEqual([]);
  });

  it('stops when it is interrupted, and says from which line on nothing was sent', async () => {
    const stdin = ['a', 'b', 'c', 'd'].map((key) => line(key)).join('\n');
    const interruption = new AbortController();

    const { code, out } = await stand.run(['messages', 'send', '--file', '-', '--rate', '50'], {
      stdin,
      signal: interruption.signal,
      onProgress: (told) => told === '2 of 4 sent …' && interruption.abort(),
    });

    expect(code).toBe(1);
    expect(out).toMatch(/^2 messages sent to calls\.\nInterrupted\. Not sent: 2 messages, from line 3 on\./);
    expect(await sentKeys()).toEqual(['a', 'b']);
  });

  it('tells of a queue that is not there', async () => {
    const ended = await sendOne(JSON.stringify(INPUT), '--queue-url', `${stand.queueUrl}-gone`);
    expect(ended).toMatchObject({ code: 1, sent: [], notSent: 1, error: { code: 'QUEUE_DENIED' } });
  });

  it('takes the key for the group of a FIFO queue, unless one is given', async () => {
    await stand.close();
    stand = await startStand({ fifo: true });

    await sendOne(JSON.stringify(INPUT));
    await sendOne(JSON.stringify(INPUT), '--group', 'customers/7');

    expect((await stand.take()).map(({ group }) => group)).toEqual(['by-hand/1', 'customers/7']);
  });

  it('is used wrongly by half a call, or by a call and a file', async () => {
    for (const argv of [[], ['--operation', 'x', '--key', 'k'], ['--file', '-', '--key', 'k']]) {
      expect((await stand.json(['messages', 'send', ...argv])).error.code).toBe('USAGE');
    }
    expect((await stand.json(['messages', 'send', '--file', '-'], { stdin: '\n' })).error.code).toBe('INVALID_INPUT');
  });
});

interface Issue {
  readonly line: number;
  readonly pointer: string;
  readonly code: string;
}
