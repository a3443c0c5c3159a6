import type { Answer } from '../faults/answer.ts';
import type { Component } from './components.ts';
import type { DataAddress, Parent } from './data-address.ts';
import { inBatch } from './data-failures.ts';
import { ALL } from './positions.ts';
import { isThere } from './read.ts';
import { type Payload, payloadIn } from './request-record.ts';
import type { DataCall, DataParts } from './resource.ts';
import { noSuchRow, plain } from './siebel-error.ts';
import {
  deleteRecord,
  insertChild,
  insertTree,
  rowIdIn,
  updateTree,
  upsertChild,
  upsertTree,
  type WriteContext,
  type Written,
} from './write.ts';
import { answerBatch, answerChild, answerChildren, answerWritten } from './write-answers.ts';

const LARGEST_BATCH = 100;

interface Target {
  readonly component: Component;
  readonly id: string | undefined;
  readonly parent: Parent | undefined;
  readonly method: string;
}

/** Carries out one call that writes. Runs inside a transaction: what throws has written nothing. */
export function answerWrite({ component, id, parent }: DataAddress, call: DataCall, parts: DataParts): Answer {
  const { method, parameters, user } = call;
  const { settings, store } = parts;
  const context: WriteContext = { ...parts, user, nowMs: Date.now() };
  const payload = call.body.trim() === '' ? undefined : parseBody(call.body);
  const target = { component, id, parent, method };
  if (parent && !isThere(parent, { store, visible: ALL }))
    throw noSuchRow(parent.component.name, method === 'DELETE' ? 404 : 500);

  const answer = method === 'DELETE' ? remove(target, payload, context) : writeOver(target, payload);
  return settings.writeStatus === 304 ? { status: 304 } : answer;

  function writeOver(over: Target, body: unknown): Answer {
    if (body === undefined) throw plain(500, `${method} needs a body.`);
    if (method === 'POST' && id !== undefined) throw plain(405, 'POST is for collections.');
    const answerContext = { component, parameters, settings };
    const several = severalIn(over, body);
    if (several) {
      const written = batch(several, context, (record) => write({ ...over, id: undefined }, record, context));
      return parent ? answerChildren(written, { ...answerContext, parent }) : answerBatch(written, answerContext);
    }
    const written = write(over, payloadIn(onlyIn(over, body)), context);
    return parent ? answerChild(written, { ...answerContext, parent }) : answerWritten(written, answerContext);
  }
}

function write({ component, id, parent, method }: Target, payload: Payload, context: WriteContext): Written {
  if (parent) {
    const one = method === 'POST' ? insertChild : upsertChild;
    return one({ component, parent, payload: id === undefined ? payload : { ...payload, Id: id } }, context);
  }
  if (method === 'POST') return insertTree(component, payload, context);
  return id === undefined ? upsertTree(component, payload, context) : updateTree(component, { id, payload }, context);
}

/** With rows in the body the row id of the address does not count. */
function remove({ component, id, parent }: Target, payload: unknown, context: WriteContext): Answer {
  const { by } = parent?.link ?? {};
  const removeOne = (record: Payload) => {
    const values = parent && by !== undefined ? { [by]: parent.id } : {};
    const found = rowIdIn(component, record, context, values);
    if (!deleteRecord({ component, parent, id: found }, context)) throw noSuchRow(component.name, 400);
  };
  if (Array.isArray(payload)) {
    batch(payload, context, removeOne);
    return { status: 200 };
  }
  if (payload !== undefined) {
    removeOne(payloadIn(payload));
    return { status: 200 };
  }
  if (id === undefined) throw plain(405, 'DELETE needs a row id.');
  if (!deleteRecord({ component, parent, id }, context)) throw noSuchRow(component.name, 404);
  return { status: 200 };
}

/** One to a hundred records, of which one that is refused refuses all. */
function batch<Result>(records: readonly unknown[], context: WriteContext, one: (record: Payload) => Result): Result[] {
  if (!context.settings.batches) throw plain(500, 'A record is a JSON object.');
  if (records.length === 0 || records.length > LARGEST_BATCH)
    throw plain(400, `A batch holds 1 to ${LARGEST_BATCH} records.`);
  try {
    return records.map((record) => one(payloadIn(record)));
  } catch (error) {
    throw inBatch(error);
  }
}

/** The records of an array; several children also come as an object whose member is the array. */
function severalIn({ component, parent }: Target, body: unknown): readonly unknown[] | undefined {
  if (Array.isArray(body)) return body;
  const member = parent && memberOf(body, component.name);
  return Array.isArray(member) ? member : undefined;
}

/** One child may come inside a member of its name too. */
function onlyIn({ component, parent }: Target, body: unknown): unknown {
  const member = parent && memberOf(body, component.name);
  return typeof member === 'object' && member !== null ? member : body;
}

function memberOf(body: unknown, name: string): unknown {
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, name)) return undefined;
  return (body as Payload)[name];
}

function parseBody(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw plain(500, 'The request body is no JSON.');
  }
}
