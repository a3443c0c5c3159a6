import type { Answer } from '../faults/answer.ts';
import type { Component, Field } from './components.ts';
import { isoToUs } from './dates.ts';
import type { Parameters } from './parameters.ts';
import type { Page, Parent } from './read.ts';
import type { SiebelSettings } from './settings.ts';
import type { Row } from './store.ts';

export interface AnswerContext {
  readonly component: Component;
  readonly parameters: Parameters;
  readonly settings: SiebelSettings;
  readonly fields: readonly Field[];
  readonly parent?: Parent;
}

const NO_DATA = 'There is no data for the requested resource';

/** The answer of a query: an array for many rows or when asked for, an object for one, the no-data text for none. */
export function answerPage(page: Page, context: AnswerContext): Answer {
  const { parameters, settings, parent } = context;
  const headers = page.total === undefined ? {} : { 'Total-Record-Count': String(page.total) };
  if (page.rows.length === 0) return answerEmpty(settings, headers);
  const records = page.rows.map((row) => recordOf(row, context));
  const last = parent ? { lastpage: String(page.lastPage) } : {};
  const [first] = records;
  const isSingle = records.length === 1 && !wantsUniform(parameters);
  if (isSingle && settings.oneRow === 'bare record') return json(200, { ...first, ...last }, headers);
  return json(200, { items: isSingle ? first : records, Link: [selfLink(context)], ...last }, headers);
}

/** The answer of a read by row id: the bare record. */
export function answerRecord(row: Row | undefined, context: AnswerContext): Answer {
  return row ? json(200, recordOf(row, context)) : answerEmpty(context.settings);
}

/** The answer of a write of one record: its row id and one link, both as objects. */
export function answerWritten(id: string, context: Omit<AnswerContext, 'fields'>): Answer {
  const item = writtenItem(id, context);
  return json(200, { items: wantsUniform(context.parameters) ? [item] : item });
}

/** The answer of a batch: a bare array. */
export function answerBatch(ids: readonly string[], context: Omit<AnswerContext, 'fields'>): Answer {
  return json(
    200,
    ids.map((id) => writtenItem(id, context)),
  );
}

export function answerEmpty({ emptyAnswer }: SiebelSettings, headers: Readonly<Record<string, string>> = {}): Answer {
  switch (emptyAnswer) {
    case '204':
      return { status: 204, headers };
    case 'empty items':
      return json(200, { items: [], Link: [] }, headers);
    case '404 with full stop':
      return json(404, { ERROR: `${NO_DATA}.` }, headers);
    case '404':
      return json(404, { ERROR: NO_DATA }, headers);
  }
}

export function answerError(status: number, text: string): Answer {
  return json(status, { ERROR: text });
}

/** A page of Tomcat, which stands before Siebel: HTML, with a dash that is not ASCII, and the connection ends. */
export function answerTomcat(status: number, reason: string): Answer {
  const title = `HTTP Status ${status} \u2013 ${reason}`;
  const body = `<!doctype html><html lang="en"><head><title>${title}</title></head><body><h1>${title}</h1></body></html>`;
  return { status, headers: { 'Content-Type': 'text/html;charset=utf-8', Connection: 'close' }, body };
}

export function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return {
    status,
    headers: { 'Content-Type': 'application/json;charset=utf-8', ...headers },
    body: JSON.stringify(body),
  };
}

/** Every value is a string; what is not set is empty, or left out when asked for. */
export function payloadOf(row: Row, fields: readonly Field[], { withoutEmpty = false } = {}): Record<string, string> {
  const record: Record<string, string> = {};
  for (const field of fields) {
    const value = row[field.name] ?? '';
    if (value === '' && withoutEmpty) continue;
    record[field.wireName] = field.type === 'utcDateTime' && value !== '' ? isoToUs(value) : value;
  }
  return record;
}

function recordOf(row: Row, context: AnswerContext): Record<string, unknown> {
  const withoutEmpty = context.parameters.isTrue('excludeEmptyFieldsInResponse');
  return { ...payloadOf(row, context.fields, { withoutEmpty }), Link: recordLinks(String(row['Id']), context) };
}

/** Addresses hold raw blanks, and the host is the one of the profile. They are not for following. */
function recordLinks(id: string, { component, parameters, settings, parent }: AnswerContext) {
  const canonical = `${settings.responseBaseUrl}/data/${component.businessObject}/${component.name}/${id}`;
  const own = { href: canonical, name: component.name };
  const links = [
    { rel: 'self', ...own },
    { rel: 'canonical', ...own },
  ];
  const wanted = parameters
    .get('ChildLinks')
    ?.split(',')
    .map((name) => name.trim());
  const children = Object.keys(component.children).filter((name) => !wanted || wanted.includes(name));
  const up = parent ? [{ rel: 'parent', href: parentUrl(parent, settings), name: parent.component.name }] : [];
  return [...links, ...up, ...children.map((name) => ({ rel: 'child', href: `${canonical}/${name}`, name }))];
}

function writtenItem(id: string, { component, settings }: Omit<AnswerContext, 'fields'>) {
  const href = `${settings.responseBaseUrl}/data/${component.businessObject}/${component.name}/${id}`;
  return { Id: id, Link: { rel: 'self', href, name: component.name } };
}

function selfLink({ component, settings, parent }: AnswerContext) {
  const base = parent ? parentUrl(parent, settings) : `${settings.responseBaseUrl}/data/${component.businessObject}`;
  return { rel: 'self', href: `${base}/${component.name}`, name: component.name };
}

function parentUrl({ component, id }: Parent, { responseBaseUrl }: SiebelSettings): string {
  return `${responseBaseUrl}/data/${component.businessObject}/${component.name}/${id}`;
}

function wantsUniform(parameters: Parameters): boolean {
  return ['y', 'Y', 'yes'].includes(parameters.get('uniformresponse') ?? '');
}
