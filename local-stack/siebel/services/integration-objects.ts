import { flagged, hangingOn } from '../children.ts';
import { type Child, COMPONENTS, type Component, findChild, findComponent } from '../components.ts';
import { payloadOf } from '../payload.ts';
import { fieldsOf } from '../query-options.ts';
import { readPage } from '../read.ts';
import { noSuchRow, plain, SiebelError, unknownPayloadField } from '../siebel-error.ts';
import type { Row } from '../store.ts';
import { insertTree, upsertTree, type Written } from '../write.ts';
import { type RunContext, textOf, type Values } from './definition.ts';
import { Message } from './message.ts';

/** A schema of messages: its root component and which child components come with it. */
export interface IntegrationObject {
  readonly name: string;
  readonly root: Component;
  readonly children: readonly string[];
}

const MOST_CHILDREN = 1_000;

/** The base integration object of every business object, and one of its own that services use. */
export const INTEGRATION_OBJECTS: readonly IntegrationObject[] = [
  ...COMPONENTS.filter(({ hasVisibility }) => hasVisibility).map((root) => ({
    name: `Base ${root.businessObject}`,
    root,
    children: Object.keys(root.children),
  })),
  ...[findComponent('Account', 'Account')]
    .filter((root) => root !== undefined)
    .map((root) => ({ name: 'Account Interface', root, children: ['Contact', 'Service Request'] })),
];

export function findIntegrationObject(name: string): IntegrationObject {
  const found = INTEGRATION_OBJECTS.find((known) => known.name === name);
  if (!found)
    throw new SiebelError(500, `The definition of integration object '${name}' was not found.(SBL-EAI-50238)`);
  return found;
}

/** The records that look like those of the message: the same values in the fields that are set, `*` for any text. */
export function queryByExample(message: Message, context: RunContext): Message {
  const object = findIntegrationObject(message.integrationObject);
  const [example = {}] = message.records;
  const parts = Object.entries(example)
    .filter(([, value]) => textOf(value) !== '')
    .map(([name, value]) => comparison(object.root, { name, value: textOf(value) }));
  return query(object, parts.join(' AND '), context);
}

export function queryById(name: string, id: string, context: RunContext): Message {
  return query(findIntegrationObject(name), `[Id] = ${quoted(id)}`, context);
}

/** Inserts every record of a message with its children; the answer holds their row ids. */
export function insertMessage(message: Message, context: RunContext): Message {
  return written(message, (component, record) => insertTree(component, record, context));
}

/** The same, but records whose user key is known are changed. */
export function upsertMessage(message: Message, context: RunContext): Message {
  return written(message, (component, record) => upsertTree(component, record, context));
}

export function deleteById(name: string, id: string, { store }: RunContext): void {
  const { root } = findIntegrationObject(name);
  if (!store.delete(root, id)) throw noSuchRow(root.name);
}

/** The row id of the first record of a message. */
export function firstId({ records }: Message): string {
  return textOf(records[0]?.['Id']);
}

function written(message: Message, write: (component: Component, record: Values) => Written): Message {
  const { root } = findIntegrationObject(message.integrationObject);
  if (message.records.length === 0) throw plain(500, `The message holds no '${root.name}'.`);
  if (message.root !== root.name) throw plain(500, `The message holds '${message.root}' where '${root.name}' belongs.`);
  const records = message.records.map((record) => idsOf(write(root, record)));
  return new Message(message.integrationObject, root.name, records);
}

function idsOf({ id, children }: Written): Values {
  const below = children.map(({ name, written }) => [name, written.map(idsOf)] as const);
  return { Id: id, ...Object.fromEntries(below) };
}

function query(object: IntegrationObject, searchspec: string, context: RunContext): Message {
  const { parameters } = context;
  const narrowed = {
    ...parameters,
    get: (name: string) => (name.toLowerCase() === 'searchspec' ? searchspec : parameters.get(name)),
  };
  const { rows } = readPage(object.root, narrowed, context);
  return new Message(
    object.name,
    object.root.name,
    rows.map((row) => recordOf(row, object, context)),
  );
}

function recordOf(row: Row, { root, children }: IntegrationObject, context: RunContext): Values {
  const locale = localeOf(context);
  const below = children.map((name) => {
    const child = findChild(root, name);
    return [name, child ? childrenOf(String(row['Id']), { root, child }, context) : []] as const;
  });
  return { ...payloadOf(row, root.fields, locale), ...Object.fromEntries(below) };
}

function childrenOf(
  id: string,
  { root, child }: { root: Component; child: { link: Child; component: Component } },
  context: RunContext,
): Values[] {
  const { store } = context;
  const { component, link } = child;
  const where = hangingOn(component, link, id);
  const rows = store.query(component, { where, orderBy: 'rowid', limit: MOST_CHILDREN, offset: 0 });
  const fields = fieldsOf(component, { inGroup: link.through !== undefined });
  return flagged(rows, { component: root, id, link }, store).map((row) => payloadOf(row, fields, localeOf(context)));
}

function localeOf({ settings }: RunContext) {
  return { timeZone: settings.timeZone, language: settings.languages };
}

function comparison(component: Component, { name, value }: { name: string; value: string }): string {
  const field = component.fields.find(({ wireName }) => wireName === name);
  if (!field) throw unknownPayloadField(name, component.name);
  return `[${field.name}] ${value.includes('*') ? 'LIKE' : '='} ${quoted(value)}`;
}

function quoted(value: string): string {
  if (!value.includes('"')) return `"${value}"`;
  if (!value.includes("'")) return `'${value}'`;
  throw plain(500, 'A value holds quotes of both kinds.');
}
