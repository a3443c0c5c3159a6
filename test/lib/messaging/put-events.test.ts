import { describe, expect, it } from 'vitest';
import { putEvents } from '../../../lib/messaging/put-events.ts';

const LABEL = { source: 'com.example.siebel', detailType: 'contacts' };
const RECORDS = [
  { id: '1-1', line: '{"Id":"1-1"}', place: 1 },
  { id: '1-2', line: '{"Id":"1-2"}', place: 2 },
];
const TAKEN = { EventId: '11710aed' };

function bus({
  entries = [TAKEN, TAKEN] as object[],
  failures = {} as Readonly<Record<string, Error>>,
  name = 'crm',
} = {}) {
  const requests: [string, object][] = [];
  const send = async (command: { constructor: { name: string }; input: object }) => {
    const what = command.constructor.name;
    requests.push([what, command.input]);
    if (failures[what]) throw failures[what];
    return what === 'PutEventsCommand' ? { Entries: entries } : {};
  };
  const open = putEvents({ bus: name, client: { send: send as never } });
  return { requests, put: open(LABEL), putOfNextRun: open(LABEL) };
}

function awsError(name: string): Error {
  return Object.assign(new Error('arn:aws:iam::123456789012:role/x'), { name });
}

describe('putEvents', () => {
  it('asks for the bus once, then puts each line as the detail of an event', async () => {
    const { requests, put } = bus();

    expect(await Promise.all([put(RECORDS), put(RECORDS)])).toEqual([[], []]);

    const Entries = RECORDS.map(({ line }) => ({
      EventBusName: 'crm',
      Source: 'com.example.siebel',
      DetailType: 'contacts',
      Detail: line,
    }));
    expect(requests).toEqual([
      ['DescribeEventBusCommand', { Name: 'crm' }],
      ['PutEventsCommand', { Entries }],
      ['PutEventsCommand', { Entries }],
    ]);
  });

  it('puts nothing on a bus that does not exist, which would take it and drop it', async () => {
    const { requests, put } = bus({ failures: { DescribeEventBusCommand: awsError('ResourceNotFoundException') } });

    await expect(put(RECORDS)).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: expect.stringContaining('event bus "crm"'),
    });
    await expect(put(RECORDS)).rejects.toMatchObject({ code: 'CONFIGURATION' });
    expect(requests.map(([what]) => what)).toEqual(['DescribeEventBusCommand', 'DescribeEventBusCommand']);
  });

  it('asks for it again in the next run: a bus that is deleted takes events, and drops them', async () => {
    const failures: Record<string, Error> = {};
    const { put, putOfNextRun } = bus({ failures });
    await put(RECORDS);

    failures.DescribeEventBusCommand = awsError('ResourceNotFoundException');

    await expect(putOfNextRun(RECORDS)).rejects.toMatchObject({ code: 'CONFIGURATION' });
  });

  it.each(['MalformedDetail', 'RedactionFailure', 'InvalidArgument'])(
    'tells refusals that pass from those that do not, by their places: %s',
    async (ErrorCode) => {
      const entries = [{ ErrorCode: 'ThrottlingException' }, { ErrorCode }];

      expect(await bus({ entries }).put(RECORDS)).toEqual([
        { index: 0, code: 'ThrottlingException', forGood: false },
        { index: 1, code: ErrorCode, forGood: true },
      ]);
    },
  );

  it('takes a request apart that is refused for what it holds, so that one event does not hold up the others', async () => {
    const sizes: number[] = [];
    const send = async ({ input }: { input: { Entries?: { Detail: string }[] } }) => {
      if (!input.Entries) return {};
      sizes.push(input.Entries.length);
      if (input.Entries.some(({ Detail }) => Detail.includes('1-2'))) throw awsError('ValidationException');
      return { Entries: input.Entries.map(() => TAKEN) };
    };
    const put = putEvents({ bus: 'crm', client: { send: send as never } })(LABEL);

    expect(await put([...RECORDS, { id: '1-3', line: '{"Id":"1-3"}', place: 3 }])).toEqual([
      { index: 1, code: 'ValidationException', forGood: true },
    ]);
    expect(sizes).toEqual([3, 1, 1, 1]);
  });

  it('counts an event without an answer as refused', async () => {
    expect(await bus({ entries: [TAKEN] }).put(RECORDS)).toEqual([{ index: 1, code: 'unknown', forGood: false }]);
  });

  it.each(['AccessDeniedException', 'NotAuthorizedForSourceException', 'InvalidAccountIdException'])(
    'stops for a refusal of entries that a person must mend: %s',
    async (ErrorCode) => {
      await expect(bus({ entries: [TAKEN, { ErrorCode }] }).put(RECORDS)).rejects.toMatchObject({
        code: 'CONFIGURATION',
        message: expect.stringContaining(ErrorCode),
      });
    },
  );

  it.each([
    ['AccessDeniedException', 'CONFIGURATION'],
    ['ThrottlingException', 'SINK_UNAVAILABLE'],
    ['InternalException', 'SINK_UNAVAILABLE'],
    ['TimeoutError', 'SINK_UNAVAILABLE'],
  ])('tells a person or waiting apart: %s is %s', async (name, code) => {
    const error = await bus({ failures: { PutEventsCommand: awsError(name) } })
      .put(RECORDS)
      .catch((thrown) => thrown);

    expect(error).toMatchObject({ code });
    expect(error.message).not.toContain('arn:');
  });
});
