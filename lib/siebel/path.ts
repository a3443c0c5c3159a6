import { ConfigurationError, invalidInput } from '../errors.ts';
import type { DescribeTarget, ServiceCall } from './call.ts';
import type { ComponentAddress } from './component.ts';
import type { Parameter, SiebelSite } from './site.ts';

/** Row ids hold letters, digits, hyphens and plus: `1-2AB+7` (R52). */
const RECORD_ID = /^[A-Za-z0-9][A-Za-z0-9+._-]{0,29}$/;
/** Names in Siebel's repository: `Order Entry (Sales)`. No slash, backslash or control can be part of one, no dot its start. */
const SEGMENT = /^[\p{L}\p{Nd}](?:[\p{L}\p{M}\p{Nd} _.,:#&()'+%-]{0,98}[\p{L}\p{M}\p{Nd}_.#)'%])?$/u;
/** What a server that decodes once too often would take for another character: `%2f`. */
const ENCODED = /%[0-9A-Fa-f]{2}/;
/** In the last place of a path it asks for metadata, in the place of a record. */
const RESERVED = /^describe$/i;
/** Stands for any record where metadata of child components is asked for. */
const ANY_RECORD = '{key}';

const contexts = /* @__PURE__ */ new WeakMap<URL, string>();

/** Whether the text can be the Id of a record. */
export function isRecordId(text: string): boolean {
  return RECORD_ID.test(text) && !RESERVED.test(text);
}

/** Whether the text can name an object, component, service, method or process: checked where those are declared. */
export function isSegment(text: string): boolean {
  return SEGMENT.test(text) && !ENCODED.test(text) && !RESERVED.test(text);
}

/**
 * Path of a business component, of its child or grandchild component, or of one record of these; each segment is encoded
 * once: `/siebel/v1.0/data/Account/Account/1-2AB%2B7/Contact`.
 *
 * Parents of attachments are found under the object `AttachmentDocIO`: `/data/AttachmentDocIO/Account/1-2AB%2B7`.
 *
 * @param base Address of Siebel REST; only its path is used, whatever its context, with or without a slash at its end.
 * @param id Record of the component that is meant: of the last one in `below`, if there is any.
 * @throws InvalidInputError `BAD_KEY` for an Id that could not be one, before any URL exists.
 * @throws ConfigurationError for the name of an object or component that could not be one.
 * @see Siebel REST API Guide, "About Siebel CRM REST API URI Formats"
 */
export function dataPath(
  base: URL,
  { businessObject, businessComponent, below = [] }: Omit<ComponentAddress, 'viewMode'>,
  id?: string,
): string {
  return pathOf(base, [
    'data',
    named('business object', businessObject),
    named('business component', businessComponent),
    ...below.flatMap((step) => [recordId(step.id), named('child component', step.component)]),
    ...(id === undefined ? [] : [recordId(id)]),
  ]);
}

/** Path of a method of a business service: `/siebel/v1.0/service/Credit%20Check/Check`. Throws as `dataPath` does. */
export function servicePath(base: URL, { service, method }: Pick<ServiceCall, 'service' | 'method'>): string {
  return pathOf(base, ['service', named('business service', service), named('method', method)]);
}

/** Path of a workflow process: `/siebel/v1.0/workflow/Close%20Request`. Throws as `dataPath` does. */
export function workflowPath(base: URL, process: string): string {
  return pathOf(base, ['workflow', named('workflow process', process)]);
}

/**
 * Path of the metadata of a component, a child component, a service, or of all there are: `…/data/Account/Account/describe`,
 * `…/data/Account/Account/%7Bkey%7D/Contact/describe`. Throws as `dataPath` does.
 */
export function describePath(base: URL, target: DescribeTarget): string {
  return pathOf(base, [...describedSegments(target), 'describe']);
}

/** A query string of these parameters, in their order; blanks become `%20` and every plus `%2B`. */
export function queryString(parameters: readonly Parameter[]): string {
  return parameters.map(([name, value]) => `${encoded(name)}=${encoded(value)}`).join('&');
}

/**
 * Path and query of one request: what stands in its first line.
 *
 * @param parameters By Oracle's names, or any that a service of the site takes.
 * @param site.parameterNames Names that the site's administrators have given to Oracle's parameters.
 * @param site.maxUrlLength Characters of path and query together. Default 8 000.
 * @throws InvalidInputError `TOO_LONG` over that length, before anything is sent: servers answer it in ways of their own.
 */
export function requestTarget(
  path: string,
  parameters: readonly Parameter[],
  { parameterNames, maxUrlLength = 8_000 }: Pick<SiebelSite, 'parameterNames' | 'maxUrlLength'> = {},
): string {
  const query = queryString(parameterNames ? renamed(parameters, parameterNames) : parameters);
  const target = query === '' ? path : `${path}?${query}`;
  if (target.length > maxUrlLength) {
    const message = `the address of the request has ${target.length} characters, and ${maxUrlLength} are allowed`;
    throw invalidInput('', 'TOO_LONG', `${message}: ask for fewer fields, or search for fewer or shorter values`);
  }
  return target;
}

function renamed(parameters: readonly Parameter[], names: Readonly<Record<string, string | undefined>>): Parameter[] {
  return parameters.map(([name, value]) => [(Object.hasOwn(names, name) && names[name]) || name, value]);
}

function describedSegments(target: DescribeTarget): string[] {
  if ('catalogue' in target) return [named('catalogue', target.catalogue)];
  if ('service' in target) {
    const { service, method } = target;
    const methods = method === undefined ? [] : [named('method', method)];
    return ['service', named('business service', service), ...methods];
  }
  const { businessObject, businessComponent, below = [] } = target;
  return [
    'data',
    named('business object', businessObject),
    named('business component', businessComponent),
    ...below.flatMap((child) => [ANY_RECORD, named('child component', child)]),
  ];
}

function pathOf(base: URL, segments: readonly string[]): string {
  return `${contextOf(base)}/${segments.map(encodeURIComponent).join('/')}`;
}

/** `/siebel/v1.0`, without empty segments; remembered, as an address is taken apart anew whenever its path is asked for. */
function contextOf(base: URL): string {
  const known = contexts.get(base);
  if (known !== undefined) return known;
  const context = base.pathname
    .split('/')
    .filter((segment) => segment !== '')
    .map((segment) => `/${segment}`)
    .join('');
  contexts.set(base, context);
  return context;
}

function named(what: string, name: string): string {
  if (isSegment(name)) return name;
  throw new ConfigurationError(`the name of a ${what} contains characters that no name has`);
}

function recordId(id: string): string {
  if (isRecordId(id)) return id;
  throw invalidInput('', 'BAD_KEY', 'the Id is not of the form of a Siebel row id');
}

function encoded(text: string): string {
  if (!text.isWellFormed()) throw invalidInput('', 'BAD_CHARACTER', 'a parameter contains half of a character pair');
  return encodeURIComponent(text);
}
