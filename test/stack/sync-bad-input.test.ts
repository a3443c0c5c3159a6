import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type SyncTestStack, syncTestStack } from './sync-parts.ts';

// The most rows that a query without ForwardOnly may have are 9,900; a sync must not care.
const MOST = 9_901;
const ACCOUNTS = '/data/Account/Account';

let sync: SyncTestStack;

beforeAll(async () => {
  sync = await syncTestStack({ records: MOST });
});
beforeEach(async () => {
  sync.stack.siebel.clearFaults();
  sync.bucket.chooseFaults();
  await sync.forget('accounts');
});
afterAll(() => sync?.close());

/** Strikes requests for pages, from the one behind so many on, for good. */
function strikePages(fault: object, { skip = 0 } = {}): void {
  sync.stack.siebel.addFault({ method: 'GET', path: ACCOUNTS, fault, skip, times: 0 });
}

/** What the bucket holds is all that the checkpoint may stand behind. */
async function expectNothingPassed(): Promise<void> {
  const { checkpoint } = (await sync.stateOf('accounts')) ?? {};
  const { cursor } = checkpoint?.S ? JSON.parse(checkpoint.S) : { cursor: undefined };
  const handedOver = await sync.handedOver('accounts');
  expect(cursor?.id).toBe(handedOver.at(-1)?.['Id']);
}

describe('how many records there are', () => {
  const leave = (count: number) => {
    const writer = sync.stack.siebel.writer('Account');
    const ids = sync.stack.siebel.records('Account').map(({ Id }) => String(Id));
    writer.together(() => {
      for (const id of ids.slice(count)) writer.delete(id);
    });
  };

  it.each([MOST, MOST - 1, 100, 0])('%i records are all handed over, each once (R50)', async (count) => {
    leave(count);
    expect(await sync.run('accounts')).toMatchObject({ outcome: 'complete', report: { records: count } });
    const ids = (await sync.handedOver('accounts')).map(({ Id }) => Id);
    expect(ids).toHaveLength(count);
    expect(new Set(ids).size).toBe(count);
  });

  it('a page limit of 50 that an administrator has set ends no read early (R50)', async () => {
    const writer = sync.stack.siebel.writer('Account');
    for (let at = 0; at < 130; at += 1)
      writer.insert({ Name: `Limited ${at}`, Location: 'Bremen' }, Date.now() - 60_000);
    sync.stack.siebel.changeSettings({ pageSizeLimit: 50, overPageSize: 'cap' });
    const { outcome, report } = await sync.run('accounts');
    sync.stack.siebel.changeSettings();

    expect([outcome, report['records']]).toEqual(['complete', 130]);
    expect(await sync.handedOver('accounts')).toHaveLength(130);
  });
});

describe('what Siebel answers', () => {
  const page = (...items: object[]) => ({ status: 200, body: { items } });
  const RENAMED = { ERROR: "Business Component 'Account' does not exist in Business Object 'Account'.(SBL-DAT-00222)" };

  it.each([
    ['a component that was renamed (R44)', 'SIEBEL_CONFIGURATION', { status: 404, body: RENAMED }],
    ['records without Id', 'UNEXPECTED_SHAPE', page({ Name: 'One', Updated: '03/14/2025 09:26:53' }, { Name: 'Two' })],
    ['records without the cursor field', 'CONFIGURATION', page({ Id: '1-2AB', Name: 'One' })],
    ['a cursor that is no date', 'CONFIGURATION', page({ Id: '1-2AB', Name: 'One', Updated: 'yesterday' })],
  ])('%s: the run fails with %s, and the checkpoint stays where the sink is', async (_, code, fault) => {
    strikePages(fault);
    expect((await sync.run('accounts')).failed).toBe(code);
    await expectNothingPassed();
  });

  it.each([
    ['a page cut in its middle', 'BODY_TRUNCATED', { truncate: true }],
    ['a page cut in its middle that claims to be whole (R43)', 'NOT_JSON', { truncate: 'framed' }],
  ])('%s, again and again: the run fails with %s, and nothing of it is taken for the end', async (_, code, fault) => {
    strikePages(fault, { skip: 1 });
    expect((await sync.run('accounts')).failed).toBe(code);
    await expectNothingPassed();
    sync.stack.siebel.clearFaults();
    await expect.poll(async () => (await sync.run('accounts')).outcome, { timeout: 10_000 }).toBe('complete');
    expect(await sync.handedOver('accounts')).toHaveLength(130);
  });

  it('the same page for ever: it is noticed, and the run ends (R50)', async () => {
    strikePages({ parameters: { searchspec: '[Id] IS NOT NULL' } });
    expect((await sync.run('accounts')).failed).toBe('SORT_MISMATCH');
    await expectNothingPassed();
  });
});

describe('what the bucket answers', () => {
  it.each([
    ['AccessDenied', 'CONFIGURATION'],
    ['InternalError', 'SINK_UNAVAILABLE'],
  ] as const)('%s: the run fails with %s, and the checkpoint does not move (R68)', async (code, failed) => {
    sync.bucket.chooseFaults(() => (code === 'AccessDenied' ? 'deny' : 'refuse'));
    expect(await sync.run('accounts')).toMatchObject({ failed });
    await expectNothingPassed();
    sync.bucket.chooseFaults();
    expect(await sync.run('accounts')).toMatchObject({ outcome: 'complete' });
  });
});
