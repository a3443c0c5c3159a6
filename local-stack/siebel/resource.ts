import type { Answer } from '../faults/answer.ts';
import { GUEST } from './access.ts';
import { type DataAddress, findData } from './data-address.ts';
import { unknownWorkspace } from './data-failures.ts';
import { growTree, readHierarchy } from './hierarchy.ts';
import { moveRecords } from './moving.ts';
import type { Parameters } from './parameters.ts';
import { wantedFields } from './query-options.ts';
import { readPage, readRow } from './read.ts';
import { answerError, answerPage, answerRecord } from './responses.ts';
import type { SiebelSettings } from './settings.ts';
import { plain, SiebelError } from './siebel-error.ts';
import type { Store } from './store.ts';
import { answerWrite } from './write-resource.ts';

/** A call on a data resource, after its user was found. */
export interface DataCall {
  readonly method: string;
  /** Decoded path after `/data`. */
  readonly segments: readonly string[];
  readonly parameters: Parameters;
  readonly body: string;
  readonly user: string;
}

export interface DataParts {
  readonly store: Store;
  readonly settings: SiebelSettings;
  readonly nextId: () => string;
  /** Number of the request. */
  readonly request: number;
}

const WRITES: readonly string[] = ['PUT', 'POST', 'DELETE'];

/** The main workspace, and those that developers work in. */
const WORKSPACE = /^(MAIN|(dev|int)_\w+)$/i;

/** Carries out one call, and tells a failure as Siebel does. */
export function answerData(call: DataCall, parts: DataParts): Answer {
  try {
    const address = findData(call.segments);
    const workspace = call.parameters.get('workspace');
    if (workspace !== undefined && !WORKSPACE.test(workspace)) throw unknownWorkspace(workspace);
    if (call.method === 'GET') return answerRead(address, call, parts);
    if (call.method === 'OPTIONS') return { status: 200, headers: { Allow: 'GET, PUT, POST, DELETE, OPTIONS' } };
    if (!WRITES.includes(call.method)) throw plain(405, `The method ${call.method} is not allowed.`);
    // A guest may not write.
    if (call.user === GUEST) throw plain(403, 'Access is denied.');
    return parts.store.transaction(() => answerWrite(address, call, parts), {
      request: parts.request,
      user: call.user,
    });
  } catch (error) {
    if (error instanceof SiebelError) return answerError(error.status, error.message);
    throw error;
  }
}

function answerRead({ component, id, parent }: DataAddress, call: DataCall, parts: DataParts): Answer {
  const { user } = call;
  const { settings } = parts;
  const { parameters, children } = readHierarchy(component, call.parameters);
  const inGroup = parent?.link.through !== undefined;
  const fields = wantedFields(component, parameters.get('fields'), { inGroup });
  const context = { ...parts, user, nowMs: Date.now(), parameters, parent };
  const answer = { component, parameters, settings, fields, parent };
  if (id === undefined) {
    const page = user === GUEST ? { rows: [], lastPage: true } : readPage(component, parameters, context);
    const trees = page.rows.map((row) => growTree({ component, row }, children, context));
    const isWhole = page.lastPage && (parameters.get('StartRowNum') ?? '0') === '0';
    moveRecords({ component, rows: page.rows, isWhole }, context);
    return answerPage({ ...page, trees }, answer);
  }
  const row = user === GUEST ? undefined : readRow(component, id, context);
  return answerRecord(row && growTree({ component, row }, children, context), answer);
}
