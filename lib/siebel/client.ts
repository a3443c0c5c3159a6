import type { Clock } from '../clock.ts';
import { SiebelResponseError } from '../errors.ts';
import type { HttpClient, HttpResponse } from '../http/exchange.ts';
import type { Log } from '../logger.ts';
import type { AccessTokenSource } from '../oauth/access-token.ts';
import { contentOf, oneRecordOf, recordsOf, unexpected } from './answers.ts';
import { attempts } from './attempts.ts';
import type { CallOptions } from './call.ts';
import {
  type ComponentAddress,
  MAX_PAGE_SIZE,
  type PageQuery,
  type SiebelClient,
  type SiebelPage,
  type SiebelRecord,
  type ViewMode,
} from './component.ts';
import { dataPath, queryString } from './path.ts';
import { type RetryBudget, retryBudget } from './retry-budget.ts';
import { isFieldName } from './search-specification.ts';

export type { ComponentAddress, PageQuery, SiebelClient, SiebelPage, SiebelRecord, ViewMode } from './component.ts';

const DEFAULT_VIEW_MODE: ViewMode = 'All';

/**
 * The records of business components over Siebel REST.
 *
 * @param parts.http A client for the origin of `baseUrl`, with as many connections as calls may be in flight.
 * @param parts.tokens Where each attempt gets its access token from.
 * @param parts.baseUrl Address with the context path: `https://host:9001/siebel/v1.0`.
 * @param parts.retryBudget Shared by all clients of a container; default one of its own.
 * @see Siebel REST API Guide, "About Siebel CRM REST API URI Formats" and "About URI Parameters"
 */
export function siebelClient(parts: {
  readonly http: HttpClient;
  readonly tokens: AccessTokenSource;
  readonly baseUrl: URL;
  readonly clock: Clock;
  /** Longest time of one exchange over `http`. */
  readonly timeoutMs?: number | undefined;
  readonly retryBudget?: RetryBudget | undefined;
  readonly log?: Log | undefined;
}): SiebelClient {
  const { baseUrl, clock } = parts;
  const call = attempts({ ...parts, budget: parts.retryBudget ?? retryBudget() });
  const content = (response: HttpResponse, component: ComponentAddress) => contentOf(response, clock, component);

  const queryPage: SiebelClient['queryPage'] = async (component, query, options) => {
    const path = `${dataPath(baseUrl, component)}?${queryString(pageParameters(query))}`;
    return call({ method: 'GET', path }, options, (response) => {
      const answer = content(response, component);
      return answer === 'no-data' ? { records: [], lastPage: true } : recordsOf(answer.json, response.status);
    });
  };

  return {
    queryPage,
    pages: (component, query, options) => pagesOf(queryPage, component, query, options),

    async get(component, id, { viewMode, fields }, options) {
      const path = `${dataPath(baseUrl, component, id)}?${queryString(readParameters(viewMode, fields))}`;
      return call({ method: 'GET', path }, options, (response) => {
        const answer = content(response, component);
        if (answer === 'no-data') return undefined;
        const record = oneRecordOf(answer.json, response.status);
        if (record['Id'] !== id) throw unexpected(response.status, 'another record than the one that was asked for');
        return record;
      });
    },

    async upsert(component, record, options) {
      const path = `${dataPath(baseUrl, component)}?${writeParameters(component)}`;
      return call({ method: 'PUT', path, body: JSON.stringify(record) }, options, (response, attempt) =>
        settlingConflict(attempt, () => {
          const answer = content(response, component);
          if (answer === 'no-data') throw noSuchRecord(response.status, 'answered an upsert with no record');
          return { id: idOf(oneRecordOf(answer.json, response.status)) };
        }),
      );
    },

    async update(component, id, fields, options) {
      const path = `${dataPath(baseUrl, component, id)}?${writeParameters(component)}`;
      return call({ method: 'PUT', path, body: JSON.stringify(fields) }, options, (response) => {
        if (response.status === 204) return { id };
        const answer = content(response, component);
        if (answer === 'no-data') throw noSuchRecord(response.status, 'has no record with this Id to update');
        const updated = idOf(oneRecordOf(answer.json, response.status));
        if (updated !== id) throw anotherRecord(response.status);
        return { id };
      });
    },

    async delete(component, id, options) {
      const path = `${dataPath(baseUrl, component, id)}?${writeParameters(component)}`;
      // An empty 200 is the documented answer, and a record that is gone is what was wanted.
      return call({ method: 'DELETE', path }, options, (response) => {
        if (response.status !== 200 || response.body.length > 0) content(response, component);
      });
    },
  };
}

async function* pagesOf(
  queryPage: SiebelClient['queryPage'],
  component: ComponentAddress,
  query: PageQuery,
  options: CallOptions,
): AsyncGenerator<SiebelPage['records']> {
  let startRow = query.startRow;
  let firstId: string | undefined;
  for (;;) {
    const { records, lastPage } = await queryPage(component, { ...query, startRow }, options);
    if (records.length === 0) return;
    if (records[0]?.['Id'] === firstId) throw unexpected(200, 'the same page again: StartRowNum seems to be ignored');
    yield records;
    if (lastPage) return;
    firstId = records[0]?.['Id'];
    // By what came, not by what was asked for: an administrator may have set a smaller page limit.
    startRow += records.length;
  }
}

function pageParameters(query: PageQuery): [string, string][] {
  const { viewMode, fields, searchSpecification, sort = [], pageSize, startRow, forwardOnly } = query;
  if (!Number.isInteger(pageSize) || pageSize < 1 || pageSize > MAX_PAGE_SIZE)
    throw new RangeError(`pageSize is not 1 to ${MAX_PAGE_SIZE}`);
  if (!Number.isSafeInteger(startRow) || startRow < 0) throw new RangeError('startRow is not a whole number from 0');
  return [
    ...readParameters(viewMode, fields),
    ['PageSize', String(pageSize)],
    ['StartRowNum', String(startRow)],
    ...optionally('searchspec', searchSpecification),
    ...optionally('sortspec', sort.map(({ field, direction }) => `${named(field)}:${direction}`).join(',')),
    ...optionally('ExecutionMode', forwardOnly ? 'ForwardOnly' : undefined),
  ];
}

function readParameters(viewMode: ViewMode, fields: readonly string[] | undefined): [string, string][] {
  return [
    ['ViewMode', viewMode],
    ['uniformresponse', 'y'],
    ['ChildLinks', 'None'],
    ...optionally('fields', fields && [...new Set(['Id', ...fields])].map(named).join(',')),
  ];
}

function writeParameters(component: ComponentAddress): string {
  return queryString([['ViewMode', component.viewMode ?? DEFAULT_VIEW_MODE]]);
}

function optionally(name: string, value: string | undefined): [string, string][] {
  return value ? [[name, value]] : [];
}

function named(field: string): string {
  if (!isFieldName(field)) throw new RangeError('a field has a name that no field can have');
  return field;
}

/**
 * Two upserts that create the same record at one instant: Siebel refuses the second, which then finds the record when it
 * is sent again. A conflict that stays is another key's.
 */
function settlingConflict<T>(attempt: number, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (attempt > 1 || !(error instanceof SiebelResponseError) || error.code !== 'SIEBEL_CONFLICT') throw error;
    throw new SiebelResponseError(error.code, error.message, {
      failureClass: 'environment',
      status: error.status,
      siebelCodes: error.siebelCodes,
      cause: error,
    });
  }
}

function idOf(record: SiebelRecord): string {
  return record['Id'] ?? '';
}

function noSuchRecord(status: number, what: string): SiebelResponseError {
  return new SiebelResponseError('NOT_FOUND', `Siebel ${what} (HTTP ${status})`, { failureClass: 'message', status });
}

function anotherRecord(status: number): SiebelResponseError {
  return new SiebelResponseError(
    'SIEBEL_CONFLICT',
    'Siebel changed or created another record than the one that was named',
    {
      failureClass: 'message',
      status,
    },
  );
}
