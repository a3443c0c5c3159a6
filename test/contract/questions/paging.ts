import { idsIn, inWords, isEmpty, isItem, itemsIn, refusal, shapeOf } from '../answers.ts';
import { CannotTell, expects, type Question } from '../question.ts';
import { needed, type Site } from '../site.ts';
import type { WireAnswer } from '../wire.ts';

/** Pages, their end, their limits, and counts. */
export const PAGING: readonly Question[] = [
  {
    id: 'paging.default-size',
    asks: 'How many rows has a page when no PageSize is sent?',
    mark: 'D',
    needs: 'read',
    answers: expects('10'),
    async ask(site) {
      const { length } = idsIn(await site.query());
      if (length < 10) throw new CannotTell('the component shows fewer than 10 records');
      return String(length);
    },
  },
  {
    id: 'paging.hundred',
    asks: 'May a page hold 100 rows?',
    mark: 'D',
    needs: 'read',
    answers: [
      { is: '100 rows' },
      {
        is: 'fewer come: there is a smaller limit',
        site: 'site.maxPageSize: as many as come',
        standIn: { pageSizeLimit: 50, overPageSize: 'cap' },
      },
      {
        is: 'refused: at most 50 are given',
        site: 'site.maxPageSize: 50',
        standIn: { pageSizeLimit: 50, overPageSize: 'error' },
      },
      {
        is: 'refused: at most 10 are given',
        site: 'site.maxPageSize: 10',
        standIn: { pageSizeLimit: 10, overPageSize: 'error' },
      },
    ],
    async ask(site) {
      const page = await site.query({ PageSize: 100 });
      if (isRefused(page)) {
        for (const PageSize of [50, 10]) {
          if (!isRefused(await site.query({ PageSize }))) return `refused: at most ${PageSize} are given`;
        }
        throw new CannotTell(`a page of 10 is refused too: ${inWords(page)}`);
      }
      const { length } = idsIn(page);
      if (length === 100) return '100 rows';
      if (length > 100 || (await sizeIsIgnored(site, length))) return 'PageSize is ignored';
      await moreThan(site, length);
      return 'fewer come: there is a smaller limit';
    },
  },
  {
    id: 'paging.over-the-limit',
    asks: 'What becomes of a PageSize above 100?',
    mark: 'U',
    needs: 'read',
    answers: [{ is: 'refused' }, { is: 'cut down to the limit', standIn: { overPageSize: 'cap' } }],
    async ask(site) {
      const page = await site.query({ PageSize: 101 });
      if (isRefused(page)) {
        const small = await site.query({ PageSize: 10 });
        if (isRefused(small)) throw new CannotTell(`a page of 10 is refused too: ${inWords(small)}`);
        return 'refused';
      }
      const { length } = idsIn(page);
      if (length > 100) return 'obeyed';
      if (await sizeIsIgnored(site, length)) return 'PageSize is ignored';
      await moreThan(site, length);
      return 'cut down to the limit';
    },
  },
  {
    id: 'paging.size-obeyed',
    asks: 'Is PageSize obeyed?',
    mark: 'D',
    needs: 'read',
    answers: expects('3 rows of 3'),
    async ask(site) {
      if (site.sample.records.length < 4) throw new CannotTell('too few records');
      return `${idsIn(await site.query({ PageSize: 3 })).length} rows of 3`;
    },
  },
  {
    id: 'paging.offset',
    asks: 'Does StartRowNum count from zero?',
    mark: 'D',
    needs: 'read',
    answers: expects('from zero'),
    async ask(site) {
      const page = async (start: number) =>
        idsIn(await site.query({ PageSize: 2, StartRowNum: start, sortspec: 'Id:asc' }));
      const [first, second] = await Promise.all([page(0), page(1)]);
      if (first.length < 2) throw new CannotTell('too few records');
      return first[1] === second[0] && first[0] !== second[0] ? 'from zero' : 'in another way';
    },
  },
  {
    id: 'paging.past-the-end',
    asks: 'Is a page behind the last row an empty answer?',
    mark: 'O',
    needs: 'read',
    answers: expects('empty'),
    async ask(site) {
      const answer = await site.search(`[Id] = "${site.plain().id}"`, { StartRowNum: 1 });
      return isEmpty(answer) ? 'empty' : inWords(answer);
    },
  },
  {
    id: 'paging.row-ceiling',
    asks: 'Does a plain query fail that selects more than 9,900 rows?',
    mark: 'D',
    needs: 'read',
    answers: [
      { is: 'it fails on every page, with ForwardOnly on none', standIn: { rowCeiling: 'selected' } },
      { is: 'it fails on the pages beyond, with ForwardOnly on none', standIn: { rowCeiling: 'reached' } },
    ],
    async ask(site) {
      const { rowCeiling } = site.profile;
      const page = (start: number, ExecutionMode?: string) =>
        site.query({ StartRowNum: start, PageSize: 1, ExecutionMode });
      const beyond = await page(rowCeiling, 'ForwardOnly');
      if (isEmpty(beyond)) throw new CannotTell(`the component shows no more than ${rowCeiling} records`);
      const [first, last] = [await page(0), await page(rowCeiling)];
      if (idsIn(beyond).length > 0 && isRefused(last))
        return `it fails on ${isRefused(first) ? 'every page' : 'the pages beyond'}, with ForwardOnly on none`;
      return `first page: ${inWords(first)}; beyond: ${inWords(last)}; ForwardOnly: ${inWords(beyond)}`;
    },
  },
  {
    id: 'paging.forward-only',
    asks: 'Does ForwardOnly give the same rows?',
    mark: 'D',
    needs: 'read',
    answers: expects('the same rows'),
    async ask(site) {
      const ids = site.sample.records.slice(0, 5).map(({ Id: id }) => `[Id] = "${id}"`);
      const rows = async (ExecutionMode: string | undefined) =>
        idsIn(await site.search(ids.join(' OR '), { ExecutionMode, sortspec: 'Id:asc' })).join();
      const [plain, forward] = [await rows(undefined), await rows('ForwardOnly')];
      return plain === forward && plain !== '' ? 'the same rows' : 'other rows';
    },
  },
  {
    id: 'paging.lastpage-of-roots',
    asks: 'Has a page of a root component a member "lastpage"?',
    mark: 'O',
    needs: 'read',
    answers: expects('no'),
    async ask(site) {
      const { json } = await site.query({ PageSize: 1 });
      return isItem(json) && 'lastpage' in json ? 'yes' : isItem(json) && 'items' in json ? 'no' : 'no page came';
    },
  },
  {
    id: 'paging.lastpage-of-children',
    asks: 'Has a page of a child component a member "lastpage", as text?',
    mark: 'O',
    needs: 'read',
    answers: expects('"true" as text'),
    async ask(site) {
      const json = (await childPage(site, {})).json;
      if (!isItem(json)) return 'no page came';
      return `${JSON.stringify(json['lastpage'])} as ${shapeOf(json['lastpage'])}`;
    },
  },
  {
    id: 'paging.size-of-children',
    asks: 'Does PageSize count on child components, with "lastpage" false before the end?',
    mark: 'D',
    needs: 'read',
    since: '24.1',
    answers: [{ is: '1 row, lastpage false' }, { is: 'all rows, lastpage true', standIn: { childPageSize: false } }],
    async ask(site) {
      const answer = await childPage(site, { PageSize: 1 });
      const { length } = itemsIn(answer);
      const last = isItem(answer.json) ? String(answer.json['lastpage']) : 'unknown';
      return `${length === 1 ? '1 row' : 'all rows'}, lastpage ${last}`;
    },
  },
  {
    id: 'paging.bad-size',
    asks: 'Is a PageSize that is no number refused?',
    mark: 'A',
    needs: 'read',
    answers: expects('refused'),
    async ask(site) {
      const found = refusal(await site.query({ PageSize: 'ten' }));
      return found.startsWith('refused') ? 'refused' : found;
    },
  },
  {
    id: 'count.header',
    asks: 'Does recordcountneeded=true add Total-Record-Count with the number of visible rows?',
    mark: 'D',
    needs: 'read',
    answers: expects('the number of rows that match'),
    async ask(site) {
      const ids = site.sample.records.slice(0, 3).map(({ Id: id }) => `[Id] = "${id}"`);
      const answer = await site.search(ids.join(' OR '), { recordcountneeded: 'true', PageSize: 1 });
      const counted = answer.headers['total-record-count'];
      if (counted === undefined) return 'no such header';
      return counted === String(ids.length) ? 'the number of rows that match' : 'another number';
    },
  },
  {
    id: 'count.not-asked-for',
    asks: 'Is Total-Record-Count left out when nobody asks for it?',
    mark: 'D',
    needs: 'read',
    answers: expects('left out'),
    async ask(site) {
      const { headers, status } = await site.search(`[Id] = "${site.plain().id}"`);
      if (status !== 200) return `HTTP ${status}`;
      return headers['total-record-count'] === undefined ? 'left out' : 'sent';
    },
  },
];

/** Whether Siebel refuses the query, which is more than having no rows for it. */
function isRefused(answer: WireAnswer): boolean {
  return answer.status >= 400 && !isEmpty(answer);
}

/** Whether another size makes no difference to a page of so many rows. */
async function sizeIsIgnored(site: Site, length: number): Promise<boolean> {
  return length > 3 && idsIn(await site.query({ PageSize: 3 })).length === length;
}

/** Ends the question unless there are more rows than these. */
async function moreThan(site: Site, rows: number): Promise<void> {
  const { length } = idsIn(await site.query({ PageSize: 1, StartRowNum: rows }));
  if (length === 0) throw new CannotTell(`the component shows no more than ${rows} records`);
}

function childPage(site: Site, parameters: Readonly<Record<string, string | number>>) {
  const parent = needed(site.sample.withChildren.several, 'no record with several child records was found');
  return site.query(parameters, site.address(parent, site.profile.child.name));
}
