import type { Answer } from '../faults/answer.ts';
import { GUEST } from './access.ts';
import { type DataAddress, findData } from './address.ts';
import type { Parameters } from './parameters.ts';
import { readPage, readRow, wantedFields } from './read.ts';
import { answerBatch, answerError, answerPage, answerRecord, answerWritten } from './responses.ts';
import type { SiebelSettings } from './settings.ts';
import { noSuchRow, plain, SiebelError } from './siebel-error.ts';
import type { Store } from './store.ts';
import { insertRecord, type Payload, rowIdIn, updateRecord, upsertRecord, type WriteContext } from './write.ts';

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
}

const LARGEST_BATCH = 100;

/** Carries out one call, and tells a failure as Siebel does. */
export function answerData(call: DataCall, parts: DataParts): Answer {
  try {
    const address = findData(call.segments);
    if (call.method === 'GET') return read(address, call, parts);
    if (call.method === 'OPTIONS') return { status: 200, headers: { Allow: 'GET, PUT, POST, DELETE, OPTIONS' } };
    // A guest may not write, and writing children is not imitated.
    if (call.user === GUEST) throw plain(403, 'Access is denied.');
    if (address.parent) throw plain(405, `${call.method} on child components is not imitated here.`);
    return parts.store.transaction(() => write(address, call, parts));
  } catch (error) {
    if (error instanceof SiebelError) return answerError(error.status, error.message);
    throw error;
  }
}

function read({ component, id, parent }: DataAddress, call: DataCall, parts: DataParts): Answer {
  const { parameters, user } = call;
  const below = parent ? { parent } : {};
  const context = { ...parts, user, nowMs: Date.now(), parameters, ...below };
  const answer = {
    component,
    parameters,
    settings: parts.settings,
    fields: wantedFields(component, parameters),
    ...below,
  };
  if (id === undefined) {
    const page = readPage(component, parameters, context);
    return answerPage(user === GUEST ? { rows: [], lastPage: true } : page, answer);
  }
  return answerRecord(user === GUEST ? undefined : readRow(component, id, context), answer);
}

function write(address: DataAddress, call: DataCall, parts: DataParts): Answer {
  const { component, id } = address;
  const { method, parameters } = call;
  const context: WriteContext = { ...parts, user: call.user, nowMs: Date.now() };
  const answer = { component, parameters, settings: parts.settings };
  const payload = call.body.trim() === '' ? undefined : parseBody(call.body);

  if (method === 'DELETE') return remove(address, payload, context);
  if (payload === undefined) throw plain(500, `${method} needs a body.`);
  if (method === 'POST' && id !== undefined) throw plain(405, 'POST is for collections.');
  if (method !== 'POST' && method !== 'PUT') throw plain(405, `The method ${method} is not allowed.`);

  const one = method === 'POST' ? insertRecord : upsertRecord;
  if (Array.isArray(payload))
    return answerBatch(
      checkedBatch(payload).map((record) => one(component, record, context)),
      answer,
    );
  const record = checkedRecord(payload);
  const written =
    id === undefined ? one(component, record, context) : updateRecord(component, { id, payload: record }, context);
  return answerWritten(written, answer);
}

/** With rows in the body the row id of the address does not count. */
function remove({ component, id }: DataAddress, payload: unknown, context: WriteContext): Answer {
  if (payload !== undefined) {
    const records = Array.isArray(payload) ? checkedBatch(payload) : [checkedRecord(payload)];
    for (const record of records) {
      if (!context.store.delete(component, rowIdIn(component, record, context))) throw noSuchRow(component.name, 400);
    }
    return { status: 200 };
  }
  if (id === undefined) throw plain(405, 'DELETE needs a row id.');
  if (!context.store.delete(component, id)) throw noSuchRow(component.name, 404);
  return { status: 200 };
}

function parseBody(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw plain(500, 'The request body is no JSON.');
  }
}

function checkedBatch(records: readonly unknown[]): Payload[] {
  if (records.length === 0 || records.length > LARGEST_BATCH)
    throw plain(400, `A batch holds 1 to ${LARGEST_BATCH} records.`);
  return records.map(checkedRecord);
}

function checkedRecord(record: unknown): Payload {
  if (typeof record !== 'object' || record === null || Array.isArray(record))
    throw plain(500, 'A record is a JSON object.');
  return record as Payload;
}
