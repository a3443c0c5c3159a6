import { apiServer } from '../../../lib/api/serve.ts';
import { operationRunner } from '../../../lib/operations/index.ts';
import type { CallOptions } from '../../../lib/siebel/call.ts';
import type { PageQuery, SiebelClient, SiebelRecord } from '../../../lib/siebel/component.ts';
import { exampleIntegration as integration } from '../../support/example-integration.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { keptLog, keptMetrics } from '../sync/sync-parts.ts';

export const RECORD: SiebelRecord = {
  Id: '1-2AB',
  Name: 'Harbour Supplies',
  Location: 'Bremen',
  'Account Status': 'Active',
  'Main Phone Number': '',
  Type: '',
  Updated: '03/14/2025 09:26:53',
};

/** The API over the example integration, with a Siebel that does as it is told. */
export function apiParts({ fails }: { fails?: unknown } = {}) {
  const calls: { method: string; asked: unknown }[] = [];
  const deadlines: number[] = [];
  const asked = <T>(method: string, what: unknown, options: CallOptions, answer: T): T => {
    calls.push({ method, asked: what });
    deadlines.push(options.deadlineAtMs);
    options.onCall?.({ attempts: 1, siebelMs: 12.4, tokenMs: 0 });
    if (fails !== undefined) throw fails;
    return answer;
  };
  const siebel: SiebelClient = {
    get: async (_component, id, _query, options) => asked('get', id, options, id === RECORD['Id'] ? RECORD : undefined),
    queryPage: () => {
      throw new Error('the API reads pages until it has enough');
    },
    async *pages(_component, query: PageQuery, options) {
      yield asked('pages', { search: query.searchSpecification, pageSize: query.pageSize }, options, [RECORD]);
    },
    upsert: async (_component, record, options) => asked('upsert', record, options, { id: '1-2AB' }),
    update: async (_component, id, fields, options) => asked('update', { id, fields }, options, { id }),
    delete: async (_component, id, options) => asked('delete', id, options, undefined),
  };
  const log = keptLog();
  const metrics = keptMetrics();
  const clock = fakeClock();
  const parts = { integration, operations: operationRunner(integration, () => siebel), clock, log, metrics };
  const serve = apiServer(parts);
  const ask = async (event: unknown) => {
    const response = await serve(event, clock.now() + 25_000);
    return { ...response, json: JSON.parse(response.body) };
  };
  return { parts, ask, calls, deadlines, log, metrics, clock };
}
