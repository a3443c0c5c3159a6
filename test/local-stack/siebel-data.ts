import { findComponent } from '../../local-stack/siebel/components.ts';
import { readParameters } from '../../local-stack/siebel/parameters.ts';
import { payloadOf } from '../../local-stack/siebel/payload.ts';
import { answerData } from '../../local-stack/siebel/resource.ts';
import { rowIds } from '../../local-stack/siebel/row-ids.ts';
import { seed } from '../../local-stack/siebel/seed.ts';
import { DEFAULT_SETTINGS, type SiebelSettings } from '../../local-stack/siebel/settings.ts';
import { openStore } from '../../local-stack/siebel/store.ts';

type Members = Readonly<Record<string, string | number>>;

// biome-ignore lint/suspicious/noExplicitAny: answers are JSON of any shape, which the tests look into
type Json = any;

export interface DataReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly json: Json;
  /** Siebel codes in the body, in their order. */
  readonly codes: readonly string[];
}

/** Siebel's data resources without a server around them: made-up records, and calls that are answered at once. */
export function dataResources(options: Partial<SiebelSettings> & { records?: number; user?: string } = {}) {
  const { records = 30, user = 'siebel-caller', ...settings } = options;
  const store = openStore();
  const nextId = rowIds();
  seed(store, { records, seed: 1, nowMs: Date.UTC(2026, 0, 1), nextId });
  const parts = { store, settings: { ...DEFAULT_SETTINGS, ...settings }, nextId, request: 1 };

  function send(method: string, path: string, body?: unknown, members: Members = {}): DataReply {
    const query = Object.entries(members).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
    const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
    const call = { method, segments: path.split('/'), parameters: readParameters(query.join('&')), body: text, user };
    const { status, headers = {}, body: answer = '' } = answerData(call, parts);
    const found = String(answer).match(/SBL-[A-Z]{3}-\d{5}/g) ?? [];
    const json = String(answer) === '' ? undefined : JSON.parse(String(answer));
    return { status, headers, body: String(answer), json, codes: found };
  }

  return {
    store,
    send,
    /** GET, seeing all rows unless the members say otherwise. */
    get: (path: string, members: Members = {}) => send('GET', path, undefined, { ViewMode: 'All', ...members }),
    /** All records of a component as the payload shows them, in the order they were made. */
    records(name: string): Readonly<Record<string, string>>[] {
      const component = findComponent(name);
      if (!component) throw new Error(`there is no component ${name}`);
      const rows = store.query(component, { orderBy: 'rowid', limit: -1, offset: 0 });
      return rows.map((row) => payloadOf(row, component.fields));
    },
  };
}

export type DataResources = ReturnType<typeof dataResources>;
