import type { Answer } from '../faults/answer.ts';
import type { Component, Field } from './components.ts';
import type { Parent } from './data-address.ts';
import type { Tree } from './hierarchy.ts';
import { listLink, recordLinks, recordUrl } from './links.ts';
import type { Parameters } from './parameters.ts';
import { type PayloadOptions, payloadOf } from './payload.ts';
import type { SiebelSettings } from './settings.ts';
import type { Row } from './store.ts';

export { payloadOf } from './payload.ts';

export interface AnswerContext {
  readonly component: Component;
  readonly parameters: Parameters;
  readonly settings: SiebelSettings;
  readonly fields: readonly Field[];
  readonly parent?: Parent | undefined;
}

/** One page of records, each with the child records that the query asked for. */
export interface AnsweredPage {
  readonly trees: readonly Tree[];
  readonly lastPage: boolean;
  readonly total?: number | undefined;
}

const NO_DATA = 'There is no data for the requested resource';

/** The answer of a query: an array for many rows or when asked for, an object for one, the no-data text for none. */
export function answerPage(page: AnsweredPage, context: AnswerContext): Answer {
  const { parameters, settings, parent } = context;
  const headers = page.total === undefined ? {} : { 'Total-Record-Count': String(page.total) };
  if (page.trees.length === 0) return answerEmpty(settings, headers);
  const records = recordsOf(page.trees, context);
  const last = parent ? { lastpage: String(page.lastPage) } : {};
  const [first] = records;
  const isSingle = records.length === 1 && !wantsUniform(context);
  if (isSingle && settings.oneRow === 'bare record') return json(200, { ...first, ...last }, headers);
  const links = isHierarchy(parameters) ? {} : { Link: [listLink(context, parameters)] };
  return json(200, { items: isSingle ? first : records, ...links, ...last }, headers);
}

/** The answer of a read by row id: the bare record. */
export function answerRecord(tree: Tree | undefined, context: AnswerContext): Answer {
  return tree ? json(200, recordOf(tree, context)) : answerEmpty(context.settings);
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

/** Whether `items` is an array whatever it holds. Before 18.12 nobody could ask for it. */
export function wantsUniform({ parameters, settings }: Pick<AnswerContext, 'parameters' | 'settings'>): boolean {
  return settings.uniformResponse && ['y', 'Y', 'yes'].includes(parameters.get('uniformresponse') ?? '');
}

/** How a row looks in the answer of a call: empty values, attachments, the user's zone and language. */
export function payloadOptions(context: Omit<AnswerContext, 'fields'>): PayloadOptions {
  const { parameters, settings } = context;
  const isInline = settings.attachmentsInline && parameters.isTrue('inlineattachment');
  const urlOf = (row: Row, field: Field) => `${recordUrl(String(row['Id']), context)}/${field.wireName}`;
  return {
    withoutEmpty: parameters.isTrue('excludeEmptyFieldsInResponse'),
    attachmentUrl: isInline ? undefined : urlOf,
    timeZone: settings.timeZone,
    language: settings.languages,
  };
}

function isHierarchy(parameters: Parameters): boolean {
  return parameters.get('QueryHierarchy') !== undefined;
}

/** The records of one list. Where these may be unequal, every other one leaves out what is not set. */
function recordsOf(trees: readonly Tree[], context: AnswerContext): Record<string, unknown>[] {
  const isShort = (at: number) => context.settings.unequalMembers && at % 2 === 1;
  return trees.map((tree, at) => recordOf(tree, context, { withoutEmpty: isShort(at) }));
}

/** Answers to a hierarchy query hold no links; child records are absent, an object for one, an array for several. */
function recordOf(
  tree: Tree,
  context: AnswerContext,
  { withoutEmpty = false }: { withoutEmpty?: boolean } = {},
): Record<string, unknown> {
  const options = payloadOptions(context);
  const shown = withoutEmpty ? { ...options, withoutEmpty } : options;
  const values = payloadOf(tree.row, context.fields, shown);
  const children = childrenOf(tree, context);
  if (isHierarchy(context.parameters)) return { ...values, ...children };
  return { ...values, ...children, Link: recordLinks(String(tree.row['Id']), context) };
}

function childrenOf({ row, children }: Tree, context: AnswerContext): Record<string, unknown> {
  const parent = { component: context.component, id: String(row['Id']), parent: context.parent };
  const members = children.flatMap(({ name, component, link, fields, trees }) => {
    const records = recordsOf(trees, { ...context, component, fields, parent: { ...parent, link } });
    return records.length === 0 ? [] : [[name, records.length === 1 ? records[0] : records]];
  });
  return Object.fromEntries(members);
}
