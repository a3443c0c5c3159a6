import { UnusableResponseError } from '../errors.ts';
import { oneRecordOf, recordsOf, treesOf, unexpected } from './answers.ts';
import type { CallOptions, DescribeTarget } from './call.ts';
import { type CallParts, calledName } from './call-parts.ts';
import {
  type ComponentAddress,
  MAX_PAGE_SIZE,
  type PageQuery,
  type SiebelClient,
  type SiebelPage,
} from './component.ts';
import { reportedAsOne } from './one-report.ts';
import { hierarchyParameters, pageParameters, positionParameters, readParameters } from './parameters.ts';
import { dataPath, describePath } from './path.ts';
import type { SiebelSite } from './site.ts';

type Reads = Pick<SiebelClient, 'get' | 'queryPage' | 'count' | 'hierarchy' | 'describe'>;

const NO_RECORDS: SiebelPage = { records: [], lastPage: true };
/** Counting needs a query; one record of one field is the least that it can ask for. */
const COUNTING = { fields: ['Id'], pageSize: 1, startRow: 0, count: true } as const;

/** The calls that change nothing. */
export function reads({ send, baseUrl, site, content, target, inWorkspace }: CallParts): Reads {
  const onePage: Reads['queryPage'] = async (at, query, options) => {
    const path = inWorkspace(dataPath(baseUrl, at), pageParameters(at, query, site));
    return send({ kind: 'read', method: 'GET', path }, options, (response) => {
      const answer = content(response, calledName(at));
      if (answer === 'no-data') return query.count && query.startRow === 0 ? { ...NO_RECORDS, total: 0 } : NO_RECORDS;
      return recordsOf(answer.json, response.status, response.headers);
    });
  };
  // Half of a page that is more than we take may not be: large records must not stop whoever reads them all.
  const fittingPage = async (at: ComponentAddress, query: PageQuery, options: CallOptions): Promise<SiebelPage> => {
    const pageSize = Math.floor(Math.min(query.pageSize, site.maxPageSize ?? MAX_PAGE_SIZE) / 2);
    return onePage(at, query, options).catch((error: unknown) => {
      const isTooLarge = error instanceof UnusableResponseError && error.code === 'BODY_TOO_LARGE';
      if (!isTooLarge || pageSize < 1) throw error;
      return fittingPage(at, { ...query, pageSize }, options);
    });
  };
  const queryPage: Reads['queryPage'] = (at, query, options) =>
    reportedAsOne(options, (own) => fittingPage(at, query, own));

  return {
    queryPage,

    async get(at, id, read, options) {
      const path = inWorkspace(dataPath(baseUrl, at, id), readParameters(at, read));
      return send({ kind: 'read', method: 'GET', path }, options, (response) => {
        const answer = content(response, calledName(at));
        if (answer === 'no-data') return undefined;
        const record = oneRecordOf(answer.json, response.status);
        if (record['Id'] !== id) throw unexpected(response.status, 'another record than the one that was asked for');
        return record;
      });
    },

    async count(at, { where }, options) {
      const query: PageQuery = { ...COUNTING, where };
      const path = inWorkspace(dataPath(baseUrl, at), pageParameters(at, query, site));
      return send({ kind: 'read', method: 'GET', path }, options, (response) => {
        const answer = content(response, calledName(at));
        if (answer === 'no-data') return 0;
        const { total } = recordsOf(answer.json, response.status, response.headers);
        if (total === undefined) throw unexpected(response.status, 'no number of records, which was asked for');
        return total;
      });
    },

    async hierarchy(at, query, options) {
      const path = inWorkspace(dataPath(baseUrl, at), hierarchyParameters(at, query, site));
      return send({ kind: 'read', method: 'GET', path }, options, (response) => {
        const answer = content(response, calledName(at));
        return answer === 'no-data' ? [] : treesOf(answer.json, response.status);
      });
    },

    async describe(what, options) {
      const path = target(describePath(baseUrl, what), catalogueParameters(what, site));
      return send({ kind: 'read', method: 'GET', path }, options, (response) => {
        const answer = content(response, describedName(what));
        if (answer === 'no-data') throw unexpected(response.status, 'no description');
        return answer.json;
      });
    },
  };
}

function catalogueParameters(what: DescribeTarget, site: SiebelSite) {
  if (!('catalogue' in what)) return [];
  return positionParameters({ pageSize: what.pageSize ?? MAX_PAGE_SIZE, startRow: what.startRow ?? 0 }, site);
}

function describedName(what: DescribeTarget): string {
  if ('catalogue' in what) return what.catalogue;
  if ('service' in what) return [what.service, ...(what.method === undefined ? [] : [what.method])].join('.');
  return [what.businessObject, what.businessComponent, ...(what.below ?? [])].join('/');
}
