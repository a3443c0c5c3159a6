import { apiServer } from '../../../lib/api/serve.ts';
import { type Integration, operationRunner } from '../../../lib/operations/index.ts';
import type { CallOptions } from '../../../lib/siebel/call.ts';
import type { PageQuery, SiebelClient, SiebelRecord } from '../../../lib/siebel/component.ts';
import { searchSpecification } from '../../../lib/siebel/search-specification.ts';
import { exampleIntegration } from '../../support/example-integration.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { recordingClient } from '../../support/recording-client.ts';
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

/** What of a call a test looks at. */
function askedOf(method: string, [at, asked, fields]: readonly unknown[]): unknown {
  if (method === 'service' || method === 'workflow') return at;
  if (method === 'update') return { id: asked, fields };
  if (method !== 'pages') return asked;
  const { where, pageSize } = asked as PageQuery;
  return { search: where && searchSpecification(where), pageSize };
}

/** The API over the example integration, with a Siebel that does as it is told. */
export function apiParts({
  fails,
  integration = exampleIntegration,
}: {
  fails?: unknown;
  integration?: Integration;
} = {}) {
  const calls: { method: string; asked: unknown }[] = [];
  const deadlines: number[] = [];
  const answers = { get: RECORD, pages: [[RECORD]], upsert: { id: '1-2AB' }, insert: { id: '1-2AB+7' } };
  const { client } = recordingClient(answers, (method, args) => {
    const options = args.at(-1) as CallOptions;
    calls.push({ method, asked: askedOf(method, args) });
    deadlines.push(options.deadlineAtMs);
    options.onCall?.({ attempts: 1, siebelMs: 12.4, tokenMs: 0 });
    if (fails !== undefined) throw fails;
  });
  const siebel: SiebelClient = {
    ...client,
    get: async (...args) => {
      const record = await client.get(...args);
      return args[1] === RECORD['Id'] ? record : undefined;
    },
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
