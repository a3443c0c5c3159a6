import { SiebelResponseError, UnusableResponseError } from '../errors.ts';
import type { HttpResponse } from '../http/exchange.ts';
import { childWrittenOf, oneRecordOf, unexpected } from './answers.ts';
import type { SiebelRequest } from './authorized-exchange.ts';
import { type CallParts, calledName } from './call-parts.ts';
import type {
  ChildStep,
  ComponentAddress,
  SiebelClient,
  SiebelRecord,
  SiebelTree,
  Written,
  WrittenChild,
} from './component.ts';
import { reportedAsOne } from './one-report.ts';
import { dataPath, isSegment } from './path.ts';

type Writes = Pick<
  SiebelClient,
  'upsert' | 'upsertChild' | 'update' | 'delete' | 'insert' | 'insertChild' | 'associate'
>;

/** The calls that write one record. */
export function writes(calls: CallParts, get: SiebelClient['get']): Writes {
  return { ...upserts(calls), ...updates(calls, get), ...inserts(calls) };
}

/** The request of a write; the body is JSON, absent for none. */
export function writeRequest(
  { baseUrl, inWorkspace }: CallParts,
  [kind, method]: readonly [kind: SiebelRequest['kind'], method: SiebelRequest['method']],
  at: ComponentAddress,
  { id, body }: { readonly id?: string; readonly body?: unknown },
): SiebelRequest {
  const path = inWorkspace(dataPath(baseUrl, at, id), [['ViewMode', at.viewMode]]);
  return { kind, method, path, body: body === undefined ? undefined : JSON.stringify(body) };
}

const UPSERT = ['repeatable', 'PUT'] as const;

function upserts(calls: CallParts): Pick<Writes, 'upsert' | 'upsertChild'> {
  return {
    async upsert(at, record, options) {
      if (at.below?.length) throw new RangeError('a record below another one is upserted by upsertChild');
      const request = { ...writeRequest(calls, UPSERT, at, { body: record }), settlesConflict: true };
      return calls.send(request, options, (response) => written(calls, at, response));
    },

    async upsertChild(at, record, options) {
      stepsOf(at);
      const request = { ...writeRequest(calls, UPSERT, at, { body: record }), settlesConflict: true };
      return calls.send(request, options, (response) => childWritten(calls, at, response));
    },
  };
}

function updates(calls: CallParts, get: SiebelClient['get']): Pick<Writes, 'update' | 'delete'> {
  return {
    async update(at, id, fields, options) {
      const request = writeRequest(calls, UPSERT, at, { id, body: fields });
      return reportedAsOne(options, (own) =>
        unlessUnsaid(
          () => calls.send(request, own, (response) => updated(calls, at, id, response)),
          async () => {
            const record = await get(at, id, { fields: Object.keys(fields) }, own);
            const isSo = Object.entries(fields).every(([name, value]) => record?.[name] === value);
            return record && isSo ? { id } : undefined;
          },
        ),
      );
    },

    async delete(at, id, options) {
      const request = writeRequest(calls, ['repeatable', 'DELETE'], at, { id });
      await reportedAsOne(options, (own) =>
        unlessUnsaid(
          () =>
            calls.send(request, own, (response) => {
              // An empty 200 is the documented answer, and a record that is gone is what was wanted.
              if (response.status !== 200 || response.body.length > 0) calls.content(response, calledName(at));
              return true;
            }),
          async () => ((await get(at, id, { fields: [] }, own)) ? undefined : true),
        ),
      );
    },
  };
}

function inserts(calls: CallParts): Pick<Writes, 'insert' | 'insertChild' | 'associate'> {
  const insertBelow: Writes['insertChild'] = async (at, record, options) => {
    stepsOf(at);
    if (record['Id']) throw new RangeError('a record that is inserted has no Id yet');
    const request = writeRequest(calls, ['unrepeatable', 'PUT'], at, { body: record });
    return calls.send(request, options, (response) => {
      // Nobody could find the record again.
      if (response.status === 204) throw unexpected(204, 'no record that was inserted');
      return childWritten(calls, at, response);
    });
  };
  return {
    async insert(at, record, options) {
      if (at.below?.length) throw new RangeError('a record below another one is inserted by insertChild');
      const body = isTree(record) ? nested(record) : record;
      const request = writeRequest(calls, ['unrepeatable', 'POST'], at, { body });
      return calls.send(request, options, (response) => written(calls, at, response));
    },
    insertChild: insertBelow,
    associate: insertBelow,
  };
}

function written({ content }: CallParts, at: ComponentAddress, response: HttpResponse): Written {
  const answer = content(response, calledName(at));
  if (answer === 'no-data') throw withoutRecord(response.status);
  return { id: oneRecordOf(answer.json, response.status).Id };
}

function childWritten({ content }: CallParts, at: ComponentAddress, response: HttpResponse): WrittenChild {
  const below = stepsOf(at);
  const answer = content(response, calledName(at));
  if (answer !== 'no-data') return childWrittenOf(answer.json, response.status, below);
  if (response.status === 204) return { id: undefined };
  throw noSuchRecord(response.status, 'has no record to write below');
}

function updated({ content }: CallParts, at: ComponentAddress, id: string, response: HttpResponse): Written {
  const answer = content(response, calledName(at));
  if (answer === 'no-data') {
    const { status } = response;
    throw status === 204 ? unexpected(status, 'nothing') : noSuchRecord(status, 'has no record with this Id to update');
  }
  const met = updatedId(at, answer.json, response.status);
  if (met !== undefined && met !== id) throw anotherRecord(response.status);
  return { id };
}

/** The steps down to the child component that is meant. */
function stepsOf({ below = [] }: ComponentAddress): readonly ChildStep[] {
  if (below.length === 0) throw new RangeError('the address does not say below which record the child is meant');
  return below;
}

function updatedId({ below = [] }: ComponentAddress, json: unknown, status: number): string | undefined {
  return below.length > 0 ? childWrittenOf(json, status, below).id : oneRecordOf(json, status).Id;
}

function isTree(record: SiebelTree | SiebelRecord): record is SiebelTree {
  return typeof record['values'] === 'object';
}

/** A record with its children as members named like their components. */
function nested({ values, children }: SiebelTree): object {
  const below = Object.entries(children).map(([component, records]): [string, object[]] => {
    if (!isSegment(component)) throw new RangeError('a child component has a name that none can have');
    if (Object.hasOwn(values, component)) throw new RangeError('a child component has the name of a field beside it');
    return [component, records.map(nested)];
  });
  return { ...values, ...Object.fromEntries(below.filter(([, records]) => records.length > 0)) };
}

/** Siebel's own description lists 304 for writes and does not say what it means; 204 would be a success of others. */
const SAYS_NOTHING: readonly number[] = [204, 304];

/** An empty success without a length is one that was cut, or one of a proxy that ends its connections so. */
function saysNothing({ status, code }: UnusableResponseError): boolean {
  return SAYS_NOTHING.includes(status) || (status === 200 && code === 'BODY_TRUNCATED');
}

/**
 * A write, and where its answer says nothing, what the record itself says.
 *
 * @param proof What the write should have given, when the record shows that it is done.
 */
async function unlessUnsaid<T>(write: () => Promise<T>, proof: () => Promise<T | undefined>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!(error instanceof UnusableResponseError && saysNothing(error))) throw error;
    // What keeps us from looking says nothing of the write.
    const proven = await proof().catch(() => undefined);
    if (proven === undefined) throw error;
    return proven;
  }
}

/** A success without the Id that is due shows no record; Siebel's words for no data do. */
function withoutRecord(status: number): Error {
  return status < 300 ? unexpected(status, 'no record') : noSuchRecord(status, 'answered a write with no record');
}

function noSuchRecord(status: number, what: string): SiebelResponseError {
  return new SiebelResponseError('NOT_FOUND', `Siebel ${what} (HTTP ${status})`, { failureClass: 'message', status });
}

function anotherRecord(status: number): SiebelResponseError {
  return new SiebelResponseError(
    'SIEBEL_CONFLICT',
    'Siebel changed or created another record than the one that was named',
    { failureClass: 'message', status },
  );
}
