import type { SiebelClient } from '../../lib/siebel/component.ts';

type Method = Exclude<keyof SiebelClient, 'maxPageSize'>;
/** What each method answers; of `pages` and `hierarchyPages`, one page after the other. An error is thrown. */
export type ClientAnswers = { readonly [M in Method]?: unknown } & { readonly maxPageSize?: number };

const WRITTEN = { id: '1-9' };
const DEFAULTS: Readonly<Record<Method, unknown>> = {
  get: undefined,
  queryPage: { records: [], lastPage: true },
  pages: [],
  count: 0,
  hierarchy: [],
  hierarchyPages: [],
  upsert: WRITTEN,
  upsertChild: WRITTEN,
  update: WRITTEN,
  delete: undefined,
  insert: WRITTEN,
  insertChild: WRITTEN,
  associate: WRITTEN,
  upsertMany: [],
  insertMany: [],
  deleteMany: [],
  service: {},
  workflow: {},
  describe: {},
};

/**
 * A Siebel client that does as it is told and remembers its calls: method first, then what it was given.
 *
 * @param onCall Told of each call with its options, before it is answered.
 */
export function recordingClient(
  { maxPageSize = 100, ...answers }: ClientAnswers = {},
  onCall: (method: string, args: readonly unknown[]) => void = () => {},
) {
  const calls: unknown[][] = [];
  const answer = (method: Method, args: readonly unknown[]): unknown => {
    calls.push([method, ...args]);
    onCall(method, args);
    const usual = method === 'update' ? { id: args[1] } : DEFAULTS[method];
    const result = Object.hasOwn(answers, method) ? answers[method] : usual;
    if (result instanceof Error) throw result;
    return result;
  };
  async function* pagesOf(method: 'pages' | 'hierarchyPages', args: readonly unknown[]) {
    for (const page of Object.hasOwn(answers, method) ? (answers[method] as unknown[]) : []) {
      answer(method, args);
      yield page;
    }
  }
  const methods = (Object.keys(DEFAULTS) as Method[]).map((method) => [
    method,
    method === 'pages' || method === 'hierarchyPages'
      ? (...args: readonly unknown[]) => pagesOf(method, args)
      : async (...args: readonly unknown[]) => answer(method, args),
  ]);
  return { client: { ...Object.fromEntries(methods), maxPageSize } as SiebelClient, calls };
}
