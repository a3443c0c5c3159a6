import { describe, expect, it } from 'vitest';
import { ConfigurationError, NoResponseError } from '../../../lib/errors.ts';
import {
  attachment,
  businessComponent,
  optional,
  readOnly,
  searchedAs,
  text,
  utcDateTime,
} from '../../../lib/operations/index.ts';
import type { PageQuery } from '../../../lib/siebel/component.ts';
import { conditions, searchSpecification } from '../../../lib/siebel/search-specification.ts';
import type { Span } from '../../../lib/sync/checkpoint.ts';
import { type EndDoubt, readSpans, type SpansToRead } from '../../../lib/sync/read-spans.ts';
import { type Place, placeReader } from '../../../lib/sync/rows.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { changes, JOB, MINUTE, NOW_MS, SECOND, syncParts } from './sync-parts.ts';

type What = SpansToRead<Place>;
const WHOLE: Span = { upToMs: NOW_MS - MINUTE };

function reading(options: Parameters<typeof syncParts>[0] = {}) {
  const parts = syncParts(options);
  const taken: string[] = [];
  const opens: (readonly Span[])[] = [];
  let atOnce = 0;
  let mostAtOnce = 0;
  const read = (own: Partial<What> = {}) =>
    readSpans(parts, {
      job: JOB,
      fields: JOB.read.read,
      spans: [WHOLE],
      boundMs: WHOLE.upToMs,
      lanes: 1,
      rows: (span) => placeReader('accounts', JOB, span),
      mayRead: () => true,
      callDeadlineAtMs: () => parts.clock.now() + MINUTE,
      onCall: () => undefined,
      async onPage({ rows, open }) {
        taken.push(...rows.map(({ id }) => id));
        opens.push(open);
        return true;
      },
      ...own,
    });
  const { queryPage } = parts.siebel;
  parts.siebel.queryPage = async (...args) => {
    atOnce += 1;
    mostAtOnce = Math.max(mostAtOnce, atOnce);
    // As long as any exchange: the others get their turn.
    await new Promise((resolve) => setImmediate(resolve));
    return queryPage(...args).finally(() => {
      atOnce -= 1;
    });
  };
  return { ...parts, taken, opens, read, most: () => mostAtOnce };
}

const idsOfAll = (count: number) => changes(count).map(({ id }) => id);

it('asks for records without their attachments, by the job condition too, and for the cursor by the name that searches know', async () => {
  const { source: read } = businessComponent('Account/Account Attachment', {
    viewMode: 'All',
    excludeEmptyFields: true,
    fields: {
      Name: text(100),
      Content: optional(attachment(1_000)),
      Changed: readOnly(searchedAs('Updated', utcDateTime())),
    },
  });
  const asked: PageQuery[] = [];
  const siebel = {
    queryPage: async (_at: unknown, query: PageQuery) => {
      asked.push(query);
      return { records: [], lastPage: true };
    },
  };
  const where = conditions(read.fields).field('Name').startsWith('A');
  const job = { ...JOB, read, cursor: 'Changed', where, pageSize: 50 };
  const clock = fakeClock();

  await readSpans(
    { siebel, clock },
    {
      job,
      fields: read.read,
      spans: [{ fromMs: Date.UTC(2025, 0, 2), afterId: '1-1', upToMs: Date.UTC(2025, 2, 14) }],
      boundMs: Date.UTC(2025, 2, 14),
      lanes: 1,
      rows: (span) => placeReader('files', job, span),
      mayRead: () => true,
      callDeadlineAtMs: () => 1,
      onCall: () => undefined,
      onPage: async () => true,
    },
  );

  const [query] = asked;
  expect(query).toMatchObject({
    excludeEmptyFields: true,
    fields: ['Name', 'Changed'],
    pageSize: 50,
    startRow: 0,
    sort: [
      { field: 'Updated', direction: 'asc' },
      { field: 'Id', direction: 'asc' },
    ],
  });
  expect(query?.where && searchSpecification(query.where)).toBe(
    '(([Updated] > "01/02/2025 00:00:00") OR (([Updated] = "01/02/2025 00:00:00") AND ([Id] > "1-1"))) AND ([Updated] <= "03/14/2025 00:00:00") AND ([Name] LIKE "A*")',
  );
});

describe('several lanes', () => {
  it.each([1, 2, 4, 8])('of which there are %i read every record once, and no more pages at a time', async (lanes) => {
    const own = reading();
    own.siebel.put(...changes(3_000));

    const { end } = await own.read({ lanes });

    expect(end).toBe('complete');
    expect([...own.taken].sort()).toEqual(idsOfAll(3_000));
    expect(own.most()).toBe(lanes);
    expect(own.opens.at(-1)).toEqual([]);
  });

  it('cost few pages more than one, though each range ends with an empty one', async () => {
    const pages: number[] = [];
    for (const lanes of [1, 4]) {
      const own = reading();
      own.siebel.put(...changes(3_000));
      pages.push((await own.read({ lanes })).pages);
    }

    expect(pages[0]).toBe(31);
    expect(pages[1]).toBeLessThan(50);
  });

  it('are not used for a range that one page reads', async () => {
    const own = reading();
    own.siebel.put(...changes(30, { lastBeforeNowMs: 2 * MINUTE }));

    expect(await own.read({ lanes: 4, spans: [{ fromMs: NOW_MS - 10 * MINUTE, upToMs: NOW_MS - MINUTE }] })).toEqual({
      end: 'complete',
      pages: 2,
    });
  });

  it('read thousands of records of one second once, beside a long range without any', async () => {
    const own = reading();
    own.siebel.put(...changes(2_000, { stepMs: 0, lastBeforeNowMs: 600 * MINUTE }));

    await own.read({ lanes: 4 });

    expect([...own.taken].sort()).toEqual(idsOfAll(2_000));
  });

  it('leave to another what it has taken over, also of a page that was on its way', async () => {
    const own = reading();
    // A dense beginning promises more than the sparse rest holds. The other lane finds its half empty and takes another one,
    // while a page is on its way that reaches far into it.
    const dense = changes(100, { lastBeforeNowMs: 600 * MINUTE });
    const sparse = changes(120, { stepMs: 100 * SECOND, lastBeforeNowMs: 399 * MINUTE });
    own.siebel.put(...dense, ...sparse.map((version) => ({ ...version, id: `2-${version.id}` })));

    await own.read({ lanes: 2, spans: [{ upToMs: NOW_MS - 100 * MINUTE }] });

    expect(own.taken).toHaveLength(220);
    expect(new Set(own.taken).size).toBe(220);
  });

  it('leave at every moment what has not been taken, so that a crash there loses nothing and repeats nothing', async () => {
    const own = reading({ pageLimit: 20 });
    own.siebel.put(...changes(600));
    const pages: { ids: string[]; open: readonly Span[] }[] = [];
    await own.read({
      lanes: 4,
      onPage: async ({ rows, open }) => {
        pages.push({ ids: rows.map(({ id }) => id), open });
        return true;
      },
    });

    let before: string[] = [];
    for (const { ids, open } of pages) {
      before = [...before, ...ids];
      const rest = reading();
      rest.siebel.put(...changes(600));
      await rest.read({ spans: open });
      expect([...before, ...rest.taken].sort()).toEqual(idsOfAll(600));
    }
    expect(pages.some(({ open }) => open.length >= 4)).toBe(true);
  });

  it('stop all of them when one finds its records out of order', async () => {
    const own = reading();
    own.siebel.put(...changes(3_000));
    const { queryPage } = own.siebel;
    let pages = 0;
    own.siebel.queryPage = async (...args) => {
      const page = await queryPage(...args);
      pages += 1;
      return pages === 7 ? { ...page, records: [...page.records].reverse() } : page;
    };

    await expect(own.read({ lanes: 4 })).rejects.toMatchObject({ code: 'SORT_MISMATCH' });
    expect(pages).toBeLessThanOrEqual(10);
    expect(own.taken.length).toBeLessThanOrEqual(600);
  });

  it('hand over what the others have read when one of them fails', async () => {
    const own = reading();
    own.siebel.put(...changes(3_000));
    const { queryPage } = own.siebel;
    let pages = 0;
    const answered = new Set<string | undefined>();
    own.siebel.queryPage = async (...args) => {
      pages += 1;
      if (pages === 7) throw new NoResponseError('TIMED_OUT', 'silence', { sent: true });
      const page = await queryPage(...args);
      // A record beyond the end of its lane is another's.
      for (const { Id } of page.records) answered.add(Id);
      return page;
    };

    await expect(own.read({ lanes: 4 })).rejects.toMatchObject({ code: 'TIMED_OUT' });
    expect(new Set(own.taken)).toEqual(answered);
  });

  it('end a failure only when the page before it has been taken', async () => {
    const own = reading();
    own.siebel.put(...changes(500));
    const { queryPage } = own.siebel;
    own.siebel.queryPage = async (...args) => {
      if (own.siebel.searches.length === 1) throw new NoResponseError('TIMED_OUT', 'silence', { sent: true });
      return queryPage(...args);
    };
    let took = 0;

    const read = own.read({
      onPage: async ({ rows }) => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        took += rows.length;
        return true;
      },
    });

    await expect(read).rejects.toMatchObject({ code: 'TIMED_OUT' });
    expect(took).toBe(100);
  });

  it('tell the failure that waiting does not mend, when there are two', async () => {
    const own = reading();
    own.siebel.put(...changes(3_000));
    const { queryPage } = own.siebel;
    let pages = 0;
    own.siebel.queryPage = async (...args) => {
      pages += 1;
      const number = pages;
      const page = await queryPage(...args);
      if (number === 6) throw new NoResponseError('TIMED_OUT', 'silence', { sent: true });
      if (number !== 7) return page;
      await new Promise((resolve) => setTimeout(resolve, 20));
      throw new ConfigurationError('no such field');
    };

    await expect(own.read({ lanes: 4 })).rejects.toMatchObject({ code: 'CONFIGURATION' });
  });
});

describe('an empty page in the middle of a range (R44, R50)', () => {
  /** Siebel shows nothing for a while, as when a responsibility was taken away, or a server starts. */
  const blindFor = (own: ReturnType<typeof reading>, isBlind: (call: number) => boolean) => {
    const { queryPage } = own.siebel;
    let calls = 0;
    own.siebel.queryPage = async (...args) => {
      calls += 1;
      const blind = isBlind(calls);
      const page = await queryPage(...args);
      return blind ? { records: [], lastPage: true } : page;
    };
  };

  /** What was neither read nor is left to be. */
  const unreadOf = ({ taken, opens }: ReturnType<typeof reading>) => {
    const left = opens.at(-1) ?? [];
    const isLeft = (atMs: number) => left.some(({ fromMs = 0, upToMs }) => atMs >= fromMs && atMs <= upToMs);
    const read = new Set(taken);
    return changes(3_000).flatMap(({ id, updatedAtMs }) => (read.has(id) || isLeft(updatedAtMs) ? [] : [id]));
  };

  it.each([2, 4, 8])('ends none of %i lanes while a later record was seen, or may be', async (lanes) => {
    for (let at = 2; at < 20; at += 1) {
      const own = reading();
      own.siebel.put(...changes(3_000));
      blindFor(own, (call) => call === at);
      const { end } = await own.read({ lanes });

      // What was not read is left, or behind everything that was, so that the next pass begins before it.
      const newest = own.taken.toSorted().at(-1) ?? '';
      const lost = unreadOf(own).filter((id) => end !== 'complete' || id < newest);
      expect([at, lost]).toEqual([at, []]);
    }
  });

  it('stops the reading while Siebel shows no record at all, and what it seemed to end is left', async () => {
    const own = reading();
    own.siebel.put(...changes(3_000));
    blindFor(own, (call) => call > 9);

    expect(await own.read({ lanes: 4 })).toMatchObject({ end: 'nothing-seen' });

    expect(own.opens.at(-1)?.length).toBeGreaterThan(1);
    // What lies behind everything that was read is the next pass's, which begins before it.
    const newest = own.taken.toSorted().at(-1) ?? '';
    expect(unreadOf(own).filter((id) => id < newest)).toEqual([]);
  });

  it('is not what ends a range: a record beyond it does, and costs no further look', async () => {
    const own = reading();
    own.siebel.put(...changes(3_000, { lastBeforeNowMs: MINUTE }));
    const { queryPage } = own.siebel;
    let looks = 0;
    own.siebel.queryPage = async (at, query, options) => {
      if (!query.where) looks += 1;
      return queryPage(at, query, options);
    };

    expect((await own.read({ lanes: 4 })).pages).toBeLessThan(50);
    expect(own.taken).toHaveLength(3_000);
    expect(looks).toBe(0);
  });

  it('is believed when the records have moved on meanwhile, and Siebel says it twice', async () => {
    const own = reading();
    own.siebel.put(...changes(3_000));
    const { queryPage } = own.siebel;
    let calls = 0;
    own.siebel.queryPage = async (...args) => {
      calls += 1;
      if (calls === 12) for (const change of changes(3_000)) own.siebel.put({ ...change, updatedAtMs: NOW_MS });
      return queryPage(...args);
    };

    expect(await own.read({ lanes: 4 })).toMatchObject({ end: 'complete' });
  });

  it('at the bound is looked into when it is in doubt, and asked for again when that is not enough', async () => {
    const own = reading();
    own.siebel.put(...changes(50));
    const doubts: (number | undefined)[] = [];
    const doubting = (doubt: EndDoubt) => (newestMs: number | undefined) => {
      doubts.push(newestMs);
      return doubt;
    };

    expect(await own.read({ doubtsEnd: doubting('look') })).toEqual({ end: 'complete', pages: 2 });
    expect(await own.read({ doubtsEnd: doubting('ask again') })).toEqual({ end: 'complete', pages: 3 });
    for (const { id } of changes(50)) own.siebel.remove(id);
    expect(await own.read({ doubtsEnd: doubting('look') })).toEqual({ end: 'nothing-seen', pages: 1 });
    const newestMs = changes(50).at(-1)?.updatedAtMs;
    expect(doubts).toEqual([newestMs, newestMs, undefined]);
  });

  it('at the bound that is another one when asked for again does not end the range', async () => {
    const own = reading();
    own.siebel.put(...changes(250));
    blindFor(own, (call) => call === 2);

    expect(await own.read({ doubtsEnd: () => 'ask again' })).toMatchObject({ end: 'complete' });

    expect(own.taken).toHaveLength(250);
  });

  it.each([1, 4, 8])(
    'at the beginning of a half is given back: a burst with nothing behind it costs %i lanes little',
    async (lanes) => {
      const own = reading();
      own.siebel.put(...changes(300, { stepMs: 10, lastBeforeNowMs: 600 * MINUTE }));
      const { queryPage } = own.siebel;
      let looks = 0;
      own.siebel.queryPage = async (at, query, options) => {
        if (!query.where) looks += 1;
        return queryPage(at, query, options);
      };

      const { end, pages } = await own.read({ lanes });

      expect(end).toBe('complete');
      expect(own.taken).toHaveLength(300);
      expect(looks).toBeLessThanOrEqual(2);
      expect(pages).toBeLessThanOrEqual(8 * lanes);
    },
  );
});

describe('taking pages', () => {
  it('goes on while the next page is read, one page at a time, and holds the lane up after that one', async () => {
    const own = reading();
    own.siebel.put(...changes(500));
    let letGo: () => void = () => undefined;
    let taking = 0;
    const read = own.read({
      onPage: () => {
        taking += 1;
        return new Promise((resolve) => {
          letGo = () => resolve(true);
        });
      },
    });

    await expect.poll(() => own.siebel.searches.length).toBe(2);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([taking, own.siebel.searches.length]).toEqual([1, 2]);

    letGo();
    await expect.poll(() => own.siebel.searches.length).toBe(3);
    expect(taking).toBe(2);
    while (taking < 6) {
      letGo();
      await new Promise((resolve) => setImmediate(resolve));
    }
    letGo();
    expect(await read).toEqual({ end: 'complete', pages: 6 });
  });

  it('ends the reading when it says so, or fails', async () => {
    const own = reading();
    own.siebel.put(...changes(500));

    expect(await own.read({ onPage: async () => false })).toMatchObject({ end: 'stopped' });
    await expect(
      own.read({
        lanes: 2,
        onPage: async () => {
          throw new Error('full');
        },
      }),
    ).rejects.toThrow('full');
    expect(own.siebel.searches.length).toBeLessThanOrEqual(6);
  });
});

it('asks for no page when there is no time for one as slow as the slowest', async () => {
  const own = reading();
  own.siebel.put(...changes(500));
  const asked: number[] = [];
  const { queryPage } = own.siebel;
  own.siebel.queryPage = async (...args) => {
    await own.clock.advance(3 * SECOND);
    return queryPage(...args);
  };

  const result = await own.read({
    mayRead: (slowestMs) => {
      asked.push(slowestMs);
      return asked.length < 3;
    },
  });

  expect(result).toEqual({ end: 'stopped', pages: 2 });
  expect(asked).toEqual([1_000, 3_000, 3_000]);
  expect(own.taken).toHaveLength(200);
});

it('reads nothing of a range without any second', async () => {
  const own = reading();

  expect(await own.read({ spans: [{ fromMs: NOW_MS, upToMs: NOW_MS - SECOND }] })).toEqual({
    end: 'complete',
    pages: 0,
  });
});
