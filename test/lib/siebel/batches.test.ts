import { describe, expect, it } from 'vitest';
import { NoResponseError } from '../../../lib/errors.ts';
import type { ComponentAddress } from '../../../lib/siebel/component.ts';
import { ACCOUNT, answer, clientOver, noData, type Scripted, settledOn } from './parts.ts';

const CONTACTS: ComponentAddress = { ...ACCOUNT, below: [{ id: '1-5', component: 'Contact' }] };
const NAMES = ['A', 'B', 'C'];
const RECORDS = NAMES.map((Name) => ({ Name, Location: '' }));
const written = (...rows: (readonly [id: string, name?: string])[]) =>
  answer(
    200,
    rows.map(([Id, Name]) => ({ Id, ...(Name === undefined ? {} : { Name }), Link: {} })),
  );
const one = (id: string) => answer(200, { items: { Id: id, Link: {} } });
const BAD_ROW = answer(409, { ERROR: 'Exists.(SBL-EAI-04383)' });
const lost = new NoResponseError('CONNECTION_LOST', 'lost', { sent: true });

function upsertMany(answers: readonly Scripted[], at: ComponentAddress = ACCOUNT) {
  const parts = clientOver(answers);
  return { ...parts, rows: settledOn(parts.clock, parts.client.upsertMany(at, RECORDS, parts.options)) };
}

describe('upsertMany', () => {
  it('sends one request and gives the Id of each row', async () => {
    const { rows, http } = upsertMany([written(['1-1', 'A'], ['1-2', 'B'], ['1-3', 'C'])]);
    await expect(rows).resolves.toEqual([{ id: '1-1' }, { id: '1-2' }, { id: '1-3' }]);
    expect(http.requests).toMatchObject([
      { method: 'PUT', path: '/siebel/v1.0/data/Account/Account?ViewMode=All', body: JSON.stringify(RECORDS) },
    ]);
  });

  it('takes an answer without values by its order', async () => {
    const { rows } = upsertMany([written(['1-1'], ['1-2'], ['1-3'])]);
    await expect(rows).resolves.toEqual([{ id: '1-1' }, { id: '1-2' }, { id: '1-3' }]);
  });

  it('sends rows singly that the answer does not match, in whatever way (R15)', async () => {
    const { rows, http } = upsertMany([written(['1-1', 'A'], ['1-3', 'C'], ['1-2', 'B']), one('1-2'), one('1-3')]);
    await expect(rows).resolves.toEqual([{ id: '1-1' }, { id: '1-2' }, { id: '1-3' }]);
    expect(http.requests.slice(1).map(({ body }) => body)).toEqual(
      RECORDS.slice(1).map((record) => JSON.stringify(record)),
    );
  });

  it('sends rows singly for which one record was answered', async () => {
    const { rows, http } = upsertMany([written(['1-1', 'A'], ['1-2'], ['1-2']), one('1-2'), one('1-3')]);
    await expect(rows).resolves.toEqual([{ id: '1-1' }, { id: '1-2' }, { id: '1-3' }]);
    expect(http.requests).toHaveLength(3);
  });

  it.each<[string, Scripted]>([
    ['has too few rows', written(['1-1', 'A'], ['1-2', 'B'])],
    ['has too many rows', written(['1-1'], ['1-2'], ['1-3'], ['1-4'])],
    ['has a row without an Id', answer(200, [{ Id: '1-1' }, { Name: 'B' }, { Id: '1-3' }])],
    ['is empty', answer(204)],
    ['is no list', answer(200, {})],
  ])('sends every row singly when the answer %s', async (_what, first) => {
    const { rows, http } = upsertMany([first, one('1-1'), one('1-2'), one('1-3')]);
    await expect(rows).resolves.toEqual([{ id: '1-1' }, { id: '1-2' }, { id: '1-3' }]);
    expect(http.requests).toHaveLength(4);
  });

  it('finds the bad row singly when Siebel refuses the batch for it', async () => {
    const { rows } = upsertMany([
      answer(400, { ERROR: 'Required.(SBL-DAT-00498)' }),
      one('1-1'),
      answer(500, { ERROR: 'Required.(SBL-DAT-00498)' }),
      one('1-3'),
    ]);
    await expect(rows).resolves.toEqual([
      { id: '1-1' },
      { error: expect.objectContaining({ code: 'SIEBEL_VALIDATION' }) },
      { id: '1-3' },
    ]);
  });

  it('goes singly at a release that knows no batches, whatever it says to an array', async () => {
    const singles = [one('1-1'), one('1-2'), one('1-3')];
    await expect(upsertMany([answer(405), ...singles]).rows).resolves.toHaveLength(3);
    const odd = answer(500, { ERROR: 'Cannot read the request.' });
    await expect(upsertMany([odd, odd, ...singles]).rows).resolves.toHaveLength(3);
  });

  it.each([
    answer(502),
    answer(503, { ERROR: 'Lost.(SBL-EAI-05001)' }),
    answer(500, { ERROR: 'Lost.(SBL-EAI-05001)' }),
    answer(500, { ERROR: 'Could not open a session in 4 attempts.' }),
    answer(500, '<html><title>Apache Tomcat</title>', { 'content-type': 'text/html' }),
  ])('is given up as a whole when it is not Siebel that fails', async (failure) => {
    const { rows, http } = upsertMany([failure, failure, one('1-1')]);
    await expect(rows).rejects.toMatchObject({ code: 'SIEBEL_UNAVAILABLE' });
    expect(http.requests).toHaveLength(2);
  });

  it('ends at the first row when the fault is our own settings', async () => {
    const unknown = answer(500, { ERROR: 'Field Canary does not exist.(SBL-EAI-50258)' });
    const { rows, http } = upsertMany([unknown, unknown]);
    await expect(rows).rejects.toMatchObject({ code: 'SIEBEL_CONFIGURATION' });
    expect(http.requests).toHaveLength(2);
  });

  it('is repeated as a whole after a lost answer, and given up as a whole', async () => {
    const again = upsertMany([lost, written(['1-1'], ['1-2'], ['1-3'])]);
    await expect(again.rows).resolves.toHaveLength(3);
    const twice = upsertMany([lost, lost]);
    await expect(twice.rows).rejects.toBe(lost);
  });

  it('keeps what was done when a row that goes singly meets an outage', async () => {
    const { rows } = upsertMany([BAD_ROW, one('1-1'), lost, lost, one('1-3')]);
    await expect(rows).resolves.toEqual([{ id: '1-1' }, { error: lost }, { id: '1-3' }]);
  });

  it('puts several children into a member named like their component', async () => {
    const { rows, http } = upsertMany([written(['1-7'], ['1-8'], ['1-9'])], CONTACTS);
    await expect(rows).resolves.toEqual([{ id: '1-7' }, { id: '1-8' }, { id: '1-9' }]);
    expect(http.requests).toMatchObject([
      {
        method: 'PUT',
        path: '/siebel/v1.0/data/Account/Account/1-5/Contact?ViewMode=All',
        body: JSON.stringify({ Contact: RECORDS }),
      },
    ]);
  });

  it('tells its cost once, with that of the rows that went singly', async () => {
    const { client, options } = clientOver([BAD_ROW, one('1-1'), one('1-2'), one('1-3')]);
    const attempts: number[] = [];
    await client.upsertMany(ACCOUNT, RECORDS, { ...options, onCall: (report) => attempts.push(report.attempts) });
    expect(attempts).toEqual([4]);
  });

  it('finds the children inside their parent', async () => {
    const rows = [{ Id: '1-7' }, { Id: '1-8' }, { Id: '1-9' }];
    const { rows: results } = upsertMany([answer(200, { items: { Id: '1-5', Contact: rows } })], CONTACTS);
    await expect(results).resolves.toEqual([{ id: '1-7' }, { id: '1-8' }, { id: '1-9' }]);
  });

  it.each([0, 101])('refuses a batch of %i', async (size) => {
    const { client, http, options } = clientOver([]);
    await expect(client.upsertMany(ACCOUNT, Array(size).fill({ Name: 'A' }), options)).rejects.toThrow(RangeError);
    expect(http.requests).toEqual([]);
  });
});

describe('insertMany', () => {
  function insertMany(answers: readonly Scripted[], at: ComponentAddress = ACCOUNT) {
    const parts = clientOver(answers);
    return { ...parts, rows: settledOn(parts.clock, parts.client.insertMany(at, RECORDS, parts.options)) };
  }

  it('posts all rows at once and gives their Ids', async () => {
    const { rows, http } = insertMany([written(['1-1', 'A'], ['1-2', 'B'], ['1-3'])]);
    await expect(rows).resolves.toEqual([{ id: '1-1' }, { id: '1-2' }, { id: '1-3' }]);
    expect(http.requests).toMatchObject([{ method: 'POST', body: JSON.stringify(RECORDS) }]);
  });

  it('puts children, as Siebel posts none', async () => {
    const { rows, http } = insertMany([written(['1-7'], ['1-8'], ['1-9'])], CONTACTS);
    await expect(rows).resolves.toHaveLength(3);
    expect(http.requests).toMatchObject([{ method: 'PUT', body: JSON.stringify({ Contact: RECORDS }) }]);
  });

  it('finds the children that it has inserted inside their parent', async () => {
    const children = [{ Id: '1-7' }, { Id: '1-8' }, { Id: '1-9' }];
    const { rows } = insertMany([answer(200, { items: { Id: '1-5', Contact: children } })], CONTACTS);
    await expect(rows).resolves.toEqual([{ id: '1-7' }, { id: '1-8' }, { id: '1-9' }]);
  });

  it('takes values that Siebel has reformatted for what they are', async () => {
    const { rows } = insertMany([written(['1-1', 'A '], ['1-2', 'b'], ['1-3', 'C'])]);
    await expect(rows).resolves.toEqual([{ id: '1-1' }, { id: '1-2' }, { id: '1-3' }]);
  });

  it('throws the refusal of the batch, of which nothing is done', async () => {
    const { rows, http } = insertMany([BAD_ROW]);
    await expect(rows).rejects.toMatchObject({ code: 'SIEBEL_CONFLICT', failureClass: 'message' });
    expect(http.requests).toHaveLength(1);
  });

  it.each<[string, Scripted]>([
    ['a lost answer', lost],
    ['too few rows', written(['1-1'], ['1-2'])],
    ['a row twice', written(['1-1'], ['1-2'], ['1-2'])],
    ['rows in another order', written(['1-3', 'C'], ['1-2', 'B'], ['1-1', 'A'])],
    ['a part', { ...written(['1-1'], ['1-2'], ['1-3']), status: 206 }],
    ['an empty answer', answer(204)],
    ['HTTP 502', answer(502)],
  ])('never sends again after %s', async (_what, first) => {
    const { rows, http } = insertMany([first, written(['1-1'], ['1-2'], ['1-3'])]);
    await expect(rows).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN', failureClass: 'unknown-outcome' });
    expect(http.requests).toHaveLength(1);
  });

  it('takes no records that have an Id, and no more than a hundred', async () => {
    const { client, http, options } = clientOver([]);
    await expect(client.insertMany(ACCOUNT, [{ Id: '1-1' }], options)).rejects.toThrow(RangeError);
    await expect(client.insertMany(ACCOUNT, Array(101).fill({ Name: 'A' }), options)).rejects.toThrow(RangeError);
    expect(http.requests).toEqual([]);
  });
});

describe('deleteMany', () => {
  const IDS = ['1-1', '1-2+3', '1-4'];
  function deleteMany(answers: readonly Scripted[]) {
    const parts = clientOver(answers);
    return { ...parts, rows: settledOn(parts.clock, parts.client.deleteMany(ACCOUNT, IDS, parts.options)) };
  }

  it.each([answer(200), answer(204), answer(200, [])])('deletes all rows in one request', async (response) => {
    const { rows, http } = deleteMany([response]);
    await expect(rows).resolves.toEqual(IDS.map((id) => ({ id })));
    expect(http.requests).toMatchObject([
      {
        method: 'DELETE',
        path: '/siebel/v1.0/data/Account/Account?ViewMode=All',
        body: '[{"Id":"1-1"},{"Id":"1-2+3"},{"Id":"1-4"}]',
      },
    ]);
  });

  it.each([answer(400, { ERROR: 'No rows.(SBL-EAI-04378)' }), noData, answer(409, { ERROR: 'No.(SBL-EAI-04421)' })])(
    'goes singly when Siebel refuses, as it does when one is gone',
    async (refusal) => {
      const { rows, http } = deleteMany([refusal, answer(200), noData, answer(403, { ERROR: 'No.(SBL-EAI-04421)' })]);
      await expect(rows).resolves.toEqual([
        { id: '1-1' },
        { id: '1-2+3' },
        { error: expect.objectContaining({ code: 'FORBIDDEN' }) },
      ]);
      expect(http.requests).toHaveLength(4);
    },
  );

  it('sends nothing for an Id that cannot be one', async () => {
    const { client, http, options } = clientOver([]);
    await expect(client.deleteMany(ACCOUNT, ['1-1', '../x'], options)).rejects.toMatchObject({ code: 'BAD_KEY' });
    expect(http.requests).toEqual([]);
  });
});
