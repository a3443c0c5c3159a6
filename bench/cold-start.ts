import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buildFunctions } from '../scripts/bundle.ts';
import type { Bench, BenchOptions, Result } from './result.ts';
import { type ColdStart, coldStart, type Variant } from './support/cold-start.ts';
import { median, quantile, round2, shuffled } from './support/statistics.ts';

/** Nothing but an answer: what Node and the runtime client need by themselves. */
const EMPTY_HANDLER = 'export const handler = async () => ({ statusCode: 200 });\n';

/** Most that a function's start may take, as a multiple of an empty one's (C3). */
const MOST = { queue: 2.9, api: 2.9 } as const;

/** Settings that let a function start and lead nowhere; the token fetch of the start is switched off. */
const ENVIRONMENT = {
  STAGE: 'bench',
  WARM_UP_TIMEOUT_MS: '0',
  SIEBEL_BASE_URL: 'https://siebel.example.com/siebel/v1.0',
  TOKEN_URL: 'https://identity.example.com/oauth2/v1/token',
  TOKEN_SCOPE: 'https://siebel.example.com/siebel/v1.0/data',
  CLIENT_SECRET_ID: 'bench',
  STATE_TABLE: 'bench',
  QUEUE_URL: 'https://sqs.eu-west-1.amazonaws.com/123456789012/bench',
  SYNC_BUCKET: 'bench',
};

/** Events that every function answers without calling anybody. */
const EVENTS = {
  queue: { Records: [] },
  api: {
    version: '2.0',
    routeKey: 'GET /none',
    rawPath: '/none',
    rawQueryString: '',
    headers: {},
    requestContext: { requestId: 'bench', stage: '$default', http: { method: 'GET' } },
  },
};

export const coldStarts: Bench = {
  name: 'cold',
  measures: 'how long a function takes to load, against an empty one (C3)',
  async run(options) {
    const { functions } = await buildFunctions();
    const folder = mkdtempSync(join(tmpdir(), 'cold-start-'));
    try {
      const variants: Variant[] = [
        { name: 'empty', taskRoot: emptyFunction(folder), env: {}, event: {} },
        ...functions.flatMap(({ name, bundleFile }) =>
          name in EVENTS
            ? [{ name, taskRoot: dirname(bundleFile), env: ENVIRONMENT, event: EVENTS[name as keyof typeof EVENTS] }]
            : [],
        ),
      ];
      const runs = await interleaved(variants, options);
      return report(runs);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

function emptyFunction(folder: string): string {
  const taskRoot = join(folder, 'empty');
  mkdirSync(taskRoot);
  writeFileSync(join(taskRoot, 'index.mjs'), EMPTY_HANDLER);
  return taskRoot;
}

/** Every variant once per round, in an order shuffled anew, because machines drift; one uncounted run of each comes first. */
async function interleaved(
  variants: readonly Variant[],
  { rounds, cpu }: BenchOptions,
): Promise<Map<string, ColdStart[]>> {
  const runs = new Map(variants.map(({ name }) => [name, [] as ColdStart[]]));
  for (let round = -1; round < rounds; round++) {
    for (const variant of shuffled(variants)) {
      const run = await coldStart(variant, { cpu });
      if (round >= 0) runs.get(variant.name)?.push(run);
    }
  }
  return runs;
}

function report(runs: ReadonlyMap<string, readonly ColdStart[]>): Result[] {
  const empty = runs.get('empty') ?? [];
  console.table(
    Object.fromEntries(
      [...runs].map(([name, own]) => [
        name,
        Object.fromEntries(
          (['initMs', 'firstMs', 'totalMs', 'cpuMs', 'residentMb'] as const).map((column) => [
            column,
            round2(median(own.map((run) => run[column]))),
          ]),
        ),
      ]),
    ),
  );
  return Object.entries(MOST).flatMap(([name, target]) => {
    const own = runs.get(name);
    if (!own) return [];
    // Round by round, so that what the machine does meanwhile hits both sides.
    const ratios = own.map(({ initMs }, round) => initMs / (empty[round]?.initMs ?? Number.NaN));
    const value = round2(median(ratios));
    return [
      {
        id: 'C3',
        what: `${name}: start until the first event is asked for`,
        base: '× empty',
        value,
        quartiles: [round2(quantile(ratios, 0.25)), round2(quantile(ratios, 0.75))] as const,
        target,
        met: value <= target,
      },
    ];
  });
}
