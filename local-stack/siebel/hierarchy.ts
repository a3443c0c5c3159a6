import { flagged, hangingOn } from './children.ts';
import { type Child, type Component, type Field, findChild } from './components.ts';
import { unknownChild } from './data-failures.ts';
import type { Parameters } from './parameters.ts';
import { isForwardOnly, orderOf, readSlice, wantedFields } from './query-options.ts';
import { holdCeiling, type ReadContext, searchOf } from './read.ts';
import { allOf } from './search/condition.ts';
import { plain } from './siebel-error.ts';
import type { Row } from './store.ts';

/** A record with the child records that a query asked for. */
export interface Tree {
  readonly row: Row;
  readonly children: readonly Branch[];
}

/** The rows of one child component below one record. */
export interface Branch {
  readonly name: string;
  readonly component: Component;
  readonly link: Child;
  readonly fields: readonly Field[];
  readonly trees: readonly Tree[];
}

/** What to read of one child component, and below it. */
interface ChildQuery {
  readonly name: string;
  readonly component: Component;
  readonly link: Child;
  readonly fields: readonly Field[];
  readonly searchspec: string | undefined;
  readonly orderBy: string;
  /** Its own PageSize, when the JSON has one. */
  readonly limit: number | undefined;
  readonly offset: number;
  readonly children: readonly ChildQuery[];
}

/** What the hierarchy parameters of a call ask for. */
export interface HierarchyQuery {
  /** Parameters of the call, with those of the record at the top that stand inside QueryHierarchy. */
  readonly parameters: Parameters;
  readonly children: readonly ChildQuery[];
}

type Spec = Readonly<Record<string, unknown>>;

const OWN_MEMBERS = ['fields', 'searchspec', 'sortspec', 'PageSize', 'StartRowNum'] as const;

/**
 * Reads `QueryHierarchy` and `getChildren`. The value is a JSON object of child components by name, each with its
 * own fields, search, sort and children; the component of the address itself may be the one member around them.
 */
export function readHierarchy(component: Component, parameters: Parameters): HierarchyQuery {
  const source = parameters.get('QueryHierarchy');
  const spec = source === undefined ? {} : parseSpec(source);
  const own = spec[component.name];
  const isAround = own !== undefined && !findChild(component, component.name);
  const root = isAround ? objectIn(own, component.name) : spec;
  const named = childQueries(component, root);
  const wantsAll = parameters.get('getChildren') === 'all';
  const others = Object.keys(component.children).filter((name) => !named.some((query) => query.name === name));
  return {
    parameters: withOwn(parameters, root),
    children: wantsAll ? [...named, ...others.map((name) => childQuery(component, name, {}))] : named,
  };
}

function withOwn(parameters: Parameters, spec: Spec): Parameters {
  const own = new Map(
    OWN_MEMBERS.map((name) => [
      name.toLowerCase(),
      name === 'PageSize' || name === 'StartRowNum' ? undefined : textIn(spec, name),
    ]),
  );
  return { ...parameters, get: (name) => own.get(name.toLowerCase()) ?? parameters.get(name) };
}

/** Hangs the child records on their records. */
export function growTree(
  { component, row }: { component: Component; row: Row },
  queries: readonly ChildQuery[],
  context: ReadContext & { parameters: Parameters },
): Tree {
  const isForward = isForwardOnly(context.parameters);
  // From 24.1 on the PageSize of the call holds on every level.
  const usual = readSlice(context.parameters, context.settings, { isChild: true }).pageSize;
  const children = queries.map((query): Branch => {
    const { name, fields } = query;
    const parent = { component, id: String(row['Id']), link: query.link };
    const where = allOf([
      searchOf(query.component, query.searchspec, context),
      hangingOn(query.component, query.link, parent.id),
    ]);
    const { orderBy, limit = usual, offset } = query;
    const rows = context.store.query(query.component, { ...(where && { where }), orderBy, limit, offset });
    if (!isForward) holdCeiling(query.component, { where, reached: offset + rows.length }, context);
    const trees = flagged(rows, parent, context.store).map((child) =>
      growTree({ component: query.component, row: child }, query.children, context),
    );
    return { name, component: query.component, link: query.link, fields, trees };
  });
  return { row, children };
}

function childQueries(component: Component, spec: Spec): ChildQuery[] {
  const names = Object.keys(spec).filter((name) => !(OWN_MEMBERS as readonly string[]).includes(name));
  return names.map((name) => childQuery(component, name, objectIn(spec[name], name)));
}

function childQuery(parent: Component, name: string, spec: Spec): ChildQuery {
  const child = findChild(parent, name);
  if (!child) throw unknownChild(name, parent.name);
  const { component, link } = child;
  return {
    name,
    component,
    link,
    fields: wantedFields(component, textIn(spec, 'fields'), { inGroup: link.through !== undefined }),
    searchspec: textIn(spec, 'searchspec'),
    orderBy: orderOf(component, textIn(spec, 'sortspec')),
    limit: numberIn(spec, 'PageSize'),
    offset: numberIn(spec, 'StartRowNum') ?? 0,
    children: childQueries(component, spec),
  };
}

function parseSpec(source: string): Spec {
  try {
    return objectIn(JSON.parse(source), 'QueryHierarchy');
  } catch {
    throw plain(500, 'Invalid value for QueryHierarchy: a JSON object is expected');
  }
}

function objectIn(value: unknown, name: string): Spec {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw plain(500, `Invalid value for ${name} in QueryHierarchy: an object is expected`);
  return value as Spec;
}

function textIn(spec: Spec, name: (typeof OWN_MEMBERS)[number]): string | undefined {
  const value = spec[name];
  if (value === undefined || typeof value === 'string') return value;
  throw plain(500, `Invalid value for ${name} in QueryHierarchy: text is expected`);
}

function numberIn(spec: Spec, name: (typeof OWN_MEMBERS)[number]): number | undefined {
  const value = spec[name];
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(String(value))) return Number(value);
  throw plain(500, `Invalid value for ${name} in QueryHierarchy: ${String(value)}`);
}
