import { describe, expect, it } from 'vitest';
import { SiebelResponseError } from '../../../lib/errors.ts';
import type { CallEnd, CallMessage, KeyedCall, Ledger } from '../../../lib/ledger/ledger.ts';
import {
  businessComponent,
  businessService,
  child,
  defineIntegration,
  operationRunner,
  optional,
  text,
  unique,
} from '../../../lib/operations/index.ts';
import type { CallOptions, CallReport } from '../../../lib/siebel/call.ts';
import type { SiebelSite } from '../../../lib/siebel/site.ts';
import { type ClientAnswers, recordingClient } from '../../support/recording-client.ts';
import { searchOf } from './run-operation.ts';

const account = businessComponent('Account/Account', {
  viewMode: 'All',
  userKey: unique('Name'),
  marker: 'Mark',
  fields: { Name: text(100), Note: optional(text(50)) },
  children: { Contact: child({ fields: { 'Last Name': text(50) } }) },
});
const definition = {
  operations: {
    'account.get': account.get(),
    'account.upsert': account.upsert(),
    'account.upsert-many': account.upsertMany(),
    'account.update': account.update(),
    'account.insert': account.insert({ naturalKey: ['Name'] }),
    'account.insert-unique': account.insert({ naturalKey: unique('Name') }),
    'account.insert-shared': account.insert({ naturalKey: ['Name'], sharedKey: true, children: ['Contact'] }),
    'account.insert-many': account.insertMany({ naturalKey: ['Name'] }),
    'credit.check': businessService('Credit', 'Check', { output: { Id: text(9) }, repeatable: false }),
    'credit.note': businessService('Credit', 'Note', { repeatable: true }),
  },
};
const MESSAGE: CallMessage = { messageId: 'm-1', body: '{}', attributes: {}, receiveCount: 1, firstSeenAtMs: 5 };
/** printf 'account.insert\nK' | sha256sum, taken by bc for a number modulo 10 ^ 30. */
const MARK = '943718148586579549796693577443';
const DONE: CallEnd = { outcome: 'done', repeated: false, reconciled: false };

/** A runner over a ledger that notes its calls and does with them what the test says. */
function keyed(
  use: (call: KeyedCall) => Promise<unknown> = async () => {},
  { answers = {}, site, settleMs = 720_000 }: { answers?: ClientAnswers; site?: SiebelSite; settleMs?: number } = {},
) {
  const taken: KeyedCall[] = [];
  const ledger: Ledger = {
    async run(call) {
      taken.push(call);
      await use(call);
      return DONE;
    },
    refuse: () => Promise.reject(new Error('not asked here')),
  };
  const { client, calls } = recordingClient(answers, (_method, args) => {
    (args.at(-1) as CallOptions).onCall?.({ attempts: 1, siebelMs: 10, tokenMs: 1 });
  });
  let made = 0;
  const integration = defineIntegration({ ...definition, ...(site && { site }) });
  const runner = operationRunner(
    integration,
    () => {
      made += 1;
      return client;
    },
    ledger,
    { settleMs },
  );
  const reports: CallReport[] = [];
  return {
    taken,
    calls,
    reports,
    made: () => made,
    run: (name: string, input: unknown, more: object = {}) =>
      runner.runKeyed(
        { name, key: 'K', input, message: MESSAGE, ...more },
        { deadlineAtMs: 1_000, onCall: (report) => reports.push(report) },
      ),
  };
}

const writeOf = async (name: string, input: unknown, settleMs = 720_000) => {
  const { run, taken } = keyed(async () => {}, { settleMs });
  await run(name, input);
  return taken[0]?.write;
};

describe('runKeyed', () => {
  it('hands the ledger a call by its name, with the hash of the input and the message that brought it', async () => {
    const { run, taken } = keyed();
    await expect(run('account.upsert', { Note: 'n', Name: 'A' }, { notAfterMs: 99 })).resolves.toEqual(DONE);
    expect(taken).toMatchObject([
      {
        name: { operation: 'account.upsert', key: 'K' },
        // printf '{"Name":"A","Note":"n"}' | sha256sum
        payloadHash: '492bc5be97f0f9222efd350d91511922be2551d388dbd0fa85787e015ac5d892',
        message: MESSAGE,
        deadlineAtMs: 1_000,
        notAfterMs: 99,
      },
    ]);
    await run('account.upsert', { Name: 'A' }, { payloadHash: 'of the event' });
    expect(taken[1]?.payloadHash).toBe('of the event');
  });

  it('says what a started call means by the kind of its operation', async () => {
    expect(await writeOf('account.upsert', { Name: 'A' })).toEqual({ kind: 'repeatable' });
    expect(await writeOf('account.update', { Id: '1-1', Name: 'A' })).toEqual({ kind: 'repeatable' });
    expect(await writeOf('credit.note', {})).toEqual({ kind: 'repeatable' });
    expect(await writeOf('credit.check', {})).toEqual({ kind: 'unrepeatable' });
    expect(await writeOf('account.insert', { Name: 'A' })).toMatchObject({ kind: 'insert', looksFirst: false });
    expect(await writeOf('account.insert-shared', { Name: 'A' })).toMatchObject({ kind: 'insert', looksFirst: true });
  });

  it('lets an insert settle as long as Siebel may work, and says where Siebel refuses a second record (R08)', async () => {
    expect(await writeOf('account.insert', { Name: 'A' })).toMatchObject({ settleMs: 720_000, unique: false });
    expect(await writeOf('account.insert', { Name: 'A' }, 5_000)).toMatchObject({ settleMs: 5_000 });
    expect(await writeOf('account.insert-unique', { Name: 'A' })).toMatchObject({ settleMs: 720_000, unique: true });
  });

  it('says of services and hierarchies that a refusal may have left a part', async () => {
    const { run, taken } = keyed();
    await run('credit.check', {});
    await run('credit.note', {});
    await run('account.insert-shared', { Name: 'A', Contact: [{ 'Last Name': 'B' }] });
    await run('account.insert-shared', { Name: 'A' });
    await run('account.insert', { Name: 'A' });
    await run('account.upsert', { Name: 'A' });
    expect(taken.map(({ mayBePartial }) => Boolean(mayBePartial))).toEqual([true, true, true, false, false, false]);
  });

  it('sends with the ledger asked before each write, the mark of the call and its deadline', async () => {
    const beforeWrite = async () => {};
    const sent: unknown[] = [];
    const { run, calls } = keyed(async ({ send }) => sent.push(await send(beforeWrite)));
    await run('account.insert', { Name: 'A' });
    expect(sent).toEqual([{ recordId: '1-9' }]);
    expect(calls).toEqual([
      [
        'insert',
        expect.anything(),
        { Name: 'A', Mark: MARK },
        expect.objectContaining({ beforeWrite, deadlineAtMs: 1_000 }),
      ],
    ]);
  });

  it('lets the ledger say that an update is done already before it says that the record is not there (R13)', async () => {
    const input = { Id: '1-1', Name: 'A' };
    const ended = new Error('done before');
    const seen: unknown[] = [];
    const sending = (beforeWrite: () => Promise<void>) =>
      keyed(
        async ({ send }) => {
          seen.push(await send(beforeWrite).catch((error: unknown) => error));
        },
        { answers: { get: undefined } },
      );
    const again = sending(() => Promise.reject(ended));
    await again.run('account.update', input);
    const first = sending(async () => {});
    await first.run('account.update', input);
    expect(seen).toEqual([ended, expect.objectContaining({ code: 'NOT_FOUND' })]);
    expect([...again.calls, ...first.calls].map(([method]) => method)).toEqual(['get', 'get']);
  });

  it('takes the Id of the record from the answer, where it has one', async () => {
    const sent: unknown[] = [];
    const use = async ({ send }: KeyedCall) => sent.push(await send(async () => {}));
    await keyed(use, { answers: { service: {} } }).run('credit.note', {});
    await keyed(use).run('account.upsert', { Name: 'A' });
    expect(sent).toEqual([{}, { recordId: '1-9' }]);
  });

  it('looks up by the mark and the natural key of the input, among the records that the hint allows', async () => {
    const found: unknown[] = [];
    const page = [{ Id: '1-5', Name: 'A', Mark: MARK }];
    const { run, calls } = keyed(
      async ({ write }) => {
        if (write.kind === 'insert') found.push(await write.lookUp({ firstStartedAtMs: 0 }));
      },
      { answers: { pages: [page] } },
    );
    await run('account.insert', { Name: 'A' });
    expect(found).toEqual([{ found: 'ours', id: '1-5' }]);
    expect(searchOf(calls[0]?.[2])).toBe(`([Mark] = "${MARK}") OR (([Name] = "A"))`);
    expect(calls[0]?.at(-1)).not.toHaveProperty('beforeWrite');
  });

  it('tells the cost of sends and look-ups once, also when it fails', async () => {
    const failure = new SiebelResponseError('SIEBEL_CONFLICT', 'exists', { failureClass: 'message', status: 409 });
    const { run, reports } = keyed(
      async ({ send, write }) => {
        await send(async () => {});
        if (write.kind === 'insert') await write.lookUp({ firstStartedAtMs: 0 });
        throw failure;
      },
      { answers: { pages: [[{ Id: '1-5', Name: 'A', Mark: '' }]] } },
    );
    await expect(run('account.insert', { Name: 'A' })).rejects.toBe(failure);
    expect(reports).toEqual([{ attempts: 2, siebelMs: 20, tokenMs: 2 }]);
  });

  it.each([
    ['an operation that is not known', 'account.drop', {}, 'UNKNOWN_OPERATION'],
    ['an input that is wrong', 'account.upsert', { Nmae: 'A' }, 'MISSING_FIELD'],
    ['a natural key that cannot be searched for (R73)', 'account.insert', { Name: 'A*' }, 'VALUE_NOT_QUERYABLE'],
  ])('begins nothing for %s', async (_what, name, input, code) => {
    const { run, taken, made } = keyed();
    await expect(run(name, input)).rejects.toMatchObject({ code, name: 'InvalidInputError' });
    expect([taken.length, made()]).toEqual([0, 0]);
  });

  it('takes the escape of the site into account when it judges a natural key', async () => {
    const name = `6" O'Neill`;
    await expect(keyed().run('account.insert', { Name: name })).rejects.toMatchObject({
      issues: [{ pointer: '/input/Name', code: 'VALUE_NOT_QUERYABLE' }],
    });
    const escaping = keyed(async () => {}, { site: { quoteEscape: 'doubling' } });
    await expect(escaping.run('account.insert', { Name: name })).resolves.toEqual(DONE);
    // Whatever is only written needs no search.
    await expect(keyed().run('account.upsert', { Name: name })).resolves.toEqual(DONE);
  });

  it.each([
    ['account.get', { Id: '1-1' }],
    ['account.upsert-many', { items: [{ Name: 'A' }] }],
    ['account.insert-many', { items: [{ Name: 'A' }] }],
  ])('runs no %s, whose answer somebody has to look at', async (name, input) => {
    const { run, taken } = keyed();
    await expect(run(name, input)).rejects.toThrow(/is not run under a key/);
    expect(taken).toEqual([]);
  });

  it('is not there without a ledger', async () => {
    const runner = operationRunner(defineIntegration(definition), () => recordingClient().client);
    const run = { name: 'account.upsert', key: 'K', input: { Name: 'A' }, message: MESSAGE };
    await expect(runner.runKeyed(run, { deadlineAtMs: 1 })).rejects.toThrow(/not run under a key/);
    await expect(runner.run('account.upsert', { Name: 'A' }, { deadlineAtMs: 1 })).resolves.toEqual({ Id: '1-9' });
  });
});
