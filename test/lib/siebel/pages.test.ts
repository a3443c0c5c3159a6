import { describe, expect, it } from 'vitest';
import { UnusableResponseError } from '../../../lib/errors.ts';
import type { HttpClient } from '../../../lib/http/exchange.ts';
import type { CallReport } from '../../../lib/siebel/call.ts';
import { siebelClient } from '../../../lib/siebel/client.ts';
import type { PagesQuery } from '../../../lib/siebel/component.ts';
import { conditions } from '../../../lib/siebel/search-specification.ts';
import { text } from '../../../lib/siebel/values.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { ACCOUNT, answer, clientOver, collected, countedTokens, noData, parameters, settledOn } from './parts.ts';

const row = (id: string) => ({ Id: id, Name: `Account ${id}` });
const page = (...ids: string[]) => answer(200, { items: ids.map(row) });
const QUERY: PagesQuery = { fields: ['Name'], pageSize: 100, startRow: 0 };

describe('pages by offset', () => {
  it('go on after a short page and end with an empty one (R50)', async () => {
    const { client, http, options } = clientOver([page('1', '2'), page('3'), noData]);
    const pages = await collected(client.pages(ACCOUNT, { ...QUERY, pageSize: 2 }, options));
    expect(pages.flat().map(({ Id }) => Id)).toEqual(['1', '2', '3']);
    expect(http.requests.map((request) => parameters(request)['StartRowNum'])).toEqual(['0', '2', '3']);
  });

  it('end when Siebel says that a page is the last one', async () => {
    const { client, http, options } = clientOver([answer(200, { items: [row('1')], lastpage: 'true' })]);
    await expect(collected(client.pages(ACCOUNT, QUERY, options))).resolves.toHaveLength(1);
    expect(http.requests).toHaveLength(1);
  });

  it('fail instead of reading the same page for ever (F80)', async () => {
    const { client, options } = clientOver([page('1', '2'), page('1', '2')]);
    await expect(collected(client.pages(ACCOUNT, QUERY, options))).rejects.toMatchObject({ code: 'UNEXPECTED_SHAPE' });
  });

  it('come to records of which a whole page is more than we take', async () => {
    const large = new UnusableResponseError('BODY_TOO_LARGE', 'large', { status: 200 });
    const { client, http, options } = clientOver([large, large, page('1', '2'), page('3'), noData, large], {
      site: { maxPageSize: 8 },
    });
    const reports: number[] = [];
    const told = { ...options, onCall: ({ attempts }: CallReport) => void reports.push(attempts) };
    await expect(collected(client.pages(ACCOUNT, QUERY, told))).resolves.toHaveLength(2);
    expect(http.requests.map((request) => parameters(request)['PageSize'])).toEqual(['8', '4', '2', '8', '8']);
    expect(reports).toEqual([3, 1, 1]);
    await expect(client.queryPage(ACCOUNT, { ...QUERY, pageSize: 1 }, options)).rejects.toBe(large);
  });

  it('never take a broken page for the last one (R43)', async () => {
    const { client, options, clock } = clientOver([page('1'), answer(200, '{"items":['), answer(200, '{}')]);
    await expect(settledOn(clock, collected(client.pages(ACCOUNT, QUERY, options)))).rejects.toMatchObject({
      code: 'UNEXPECTED_SHAPE',
    });
  });

  it('never take {} for the last one', async () => {
    const { client, options, clock } = clientOver([page('1'), answer(200, '{}'), answer(200, '{}')]);
    await expect(settledOn(clock, collected(client.pages(ACCOUNT, QUERY, options)))).rejects.toMatchObject({
      code: 'UNEXPECTED_SHAPE',
    });
  });

  it('fail at the limit of pages, which is no end either', async () => {
    const { client, options } = clientOver([page('1'), page('2'), page('3'), page('4')]);
    const seen: string[] = [];
    const reading = async () => {
      for await (const records of client.pages(ACCOUNT, { ...QUERY, maxPages: 3 }, options))
        seen.push(...records.map(({ Id = '' }) => Id));
    };
    await expect(reading()).rejects.toMatchObject({ code: 'UNEXPECTED_SHAPE' });
    expect(seen).toEqual(['1', '2', '3']);
  });

  it('end at the limit of pages when there are no more', async () => {
    const { client, options } = clientOver([page('1'), page('2'), noData]);
    await expect(collected(client.pages(ACCOUNT, { ...QUERY, maxPages: 2 }, options))).resolves.toHaveLength(2);
  });

  it('read nothing ahead of the caller', async () => {
    const { client, http, options } = clientOver([page('1'), page('2'), noData]);
    const pages = client.pages(ACCOUNT, QUERY, options)[Symbol.asyncIterator]();
    expect(http.requests).toHaveLength(0);
    await pages.next();
    expect(http.requests).toHaveLength(1);
    await pages.return?.();
    expect(http.requests).toHaveLength(1);
  });
});

describe('pages by Id', () => {
  const { field } = conditions({ Name: text(100) });
  const BY_ID: PagesQuery = { ...QUERY, paging: 'byId' };

  it('ask for what is behind the last Id, never with an offset', async () => {
    const { client, http, options } = clientOver([page('1-A', '1-B'), page('1-C'), noData]);
    const where = field('Name').startsWith('Ac');
    const pages = await collected(client.pages(ACCOUNT, { ...BY_ID, where, pageSize: 2 }, options));
    expect(pages.flat().map(({ Id }) => Id)).toEqual(['1-A', '1-B', '1-C']);
    const asked = http.requests.map(parameters);
    expect(asked.map(({ StartRowNum }) => StartRowNum)).toEqual(['0', '0', '0']);
    expect(asked.map(({ sortspec }) => sortspec)).toEqual(['Id:asc', 'Id:asc', 'Id:asc']);
    expect(asked.map(({ searchspec }) => searchspec)).toEqual([
      '[Name] LIKE "Ac*"',
      '([Name] LIKE "Ac*") AND ([Id] > "1-B")',
      '([Name] LIKE "Ac*") AND ([Id] > "1-C")',
    ]);
  });

  it('need no condition of their own', async () => {
    const { client, http, options } = clientOver([page('1-A'), noData]);
    await collected(client.pages(ACCOUNT, BY_ID, options));
    expect(http.requests.map((request) => parameters(request)['searchspec'])).toEqual([undefined, '[Id] > "1-A"']);
  });

  it.each([[page('1-A', '1-B')], [page('1-B', '1-C')]])('fail when what is behind comes again', async (again) => {
    const { client, options } = clientOver([page('1-A', '1-B'), again]);
    await expect(collected(client.pages(ACCOUNT, BY_ID, options))).rejects.toMatchObject({ code: 'UNEXPECTED_SHAPE' });
  });

  it('fail at the limit of pages', async () => {
    const { client, options } = clientOver([page('1'), page('2')]);
    await expect(collected(client.pages(ACCOUNT, { ...BY_ID, maxPages: 1 }, options))).rejects.toMatchObject({
      code: 'UNEXPECTED_SHAPE',
    });
  });

  it.each<Partial<PagesQuery>>([{ startRow: 10 }, { sort: [{ field: 'Name', direction: 'asc' }] }])(
    'take neither an order nor an offset: %j',
    (own) => {
      const { client, options } = clientOver([]);
      expect(() => client.pages(ACCOUNT, { ...BY_ID, ...own }, options)).toThrow(RangeError);
    },
  );
});

describe('pages of a hierarchy', () => {
  const TREES = { fields: ['Name'], children: { Contact: { fields: ['Last Name'] } }, pageSize: 100, startRow: 0 };
  const tree = (id: string) => ({ values: row(id), children: {} });

  it('go on by what came, and end with an empty one', async () => {
    const { client, http, options } = clientOver([page('1', '2'), page('3'), noData]);
    const pages = await collected(client.hierarchyPages(ACCOUNT, { ...TREES, startRow: 5 }, options));
    expect(pages).toEqual([[tree('1'), tree('2')], [tree('3')]]);
    expect(http.requests.map((request) => parameters(request)['StartRowNum'])).toEqual(['5', '7', '8']);
  });

  it('fail when the same page comes again, or pages have no end', async () => {
    const again = clientOver([page('1', '2'), page('1', '2')]);
    const same = collected(again.client.hierarchyPages(ACCOUNT, TREES, again.options));
    await expect(same).rejects.toMatchObject({ code: 'UNEXPECTED_SHAPE' });

    const endless = clientOver([page('1'), page('2'), page('3')]);
    const many = collected(endless.client.hierarchyPages(ACCOUNT, { ...TREES, maxPages: 2 }, endless.options));
    await expect(many).rejects.toMatchObject({ code: 'UNEXPECTED_SHAPE' });
  });
});

describe('pages that never end', () => {
  it('are given up at the deadline, one page held at a time', async () => {
    const clock = fakeClock();
    let served = 0;
    const http: HttpClient = {
      async request() {
        served += 1;
        await clock.advance(100);
        return page(`1-${served}`);
      },
      async close() {},
    };
    const client = siebelClient({ http, tokens: countedTokens().source, baseUrl: new URL('https://h/s'), clock });
    const pages = client.pages(ACCOUNT, QUERY, { deadlineAtMs: clock.now() + 5_000 });
    await expect(collected(pages)).rejects.toMatchObject({ code: 'DEADLINE_TOO_CLOSE' });
    expect(served).toBe(50);
  });
});
