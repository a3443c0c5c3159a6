import { COMPONENTS, type Component, NOT_ENABLED } from '../components.ts';
import { findData } from '../data-address.ts';
import type { SiebelSettings } from '../settings.ts';
import { plain } from '../siebel-error.ts';
import {
  catalogueOf,
  type Description,
  FAILURES,
  type Operation,
  type Property,
  type QueryParameter,
  type Schema,
  SUCCESS,
} from './description.ts';
import { recordSchema } from './fields.ts';

/** What stands in a path in the place of a row id. */
const KEY = '{key}';

/** Objects, then the components of one of them. */
export function dataCatalogue([businessObject]: readonly string[]): { path: string; name: string }[] {
  const roots = COMPONENTS.filter(({ hasVisibility }) => hasVisibility);
  const objects = [...new Set(roots.map((component) => component.businessObject))].sort();
  if (businessObject === undefined) return objects.map((name) => ({ path: `data/${name}`, name }));
  if (!objects.includes(businessObject) || NOT_ENABLED.includes(businessObject))
    throw plain(404, `Business object '${businessObject}' was not found.`);
  return roots
    .filter((component) => component.businessObject === businessObject)
    .map(({ name }) => ({ path: `data/${businessObject}/${name}`, name }));
}

/** A component, or a child component below a key, and the addresses of its own children. */
export function describeData(segments: readonly string[], settings: SiebelSettings): Description {
  const { component, parent } = findData(segments);
  // A row id at the end describes the same as the collection that it is in.
  const collection = segments.slice(0, segments.length - (segments.length % 2));
  const path = ['data', ...collection.map((segment, index) => (index % 2 === 0 && index > 0 ? KEY : segment))].join(
    '/',
  );
  const schema = recordSchema(component, { ...settings, inGroup: parent?.link.through !== undefined });
  const name = `${path.replaceAll('/', '_')}_`;
  const title = `SblDt${component.businessObject}${component.name}`.replaceAll(' ', '');
  const children = catalogueOf(title, childAddresses(path, component)).paths;
  return {
    title,
    paths: [...resourcePaths(path, { component, name }), ...children],
    schemas: schemasOf(name, schema),
  };
}

function childAddresses(path: string, { children }: Component): { path: string; name: string }[] {
  return Object.keys(children).map((name) => ({ path: `${path}/${KEY}/${name}`, name }));
}

function resourcePaths(
  path: string,
  { component, name }: { component: Component; name: string },
): Description['paths'] {
  const written = { '200': { description: SUCCESS, schema: `${name}put_post_response` }, ...NOT_MODIFIED, ...FAILURES };
  const write = (verb: 'put' | 'post'): Operation => ({ verb, parameters: [], request: name, responses: written });
  const get = (schema: string, parameters: readonly QueryParameter[]): Operation => ({
    verb: 'get',
    parameters,
    responses: { '200': { description: SUCCESS, schema }, ...FAILURES },
  });
  const remove: Operation = {
    verb: 'delete',
    parameters: [],
    responses: { '200': { description: SUCCESS, schema: `${name}del_response` }, ...NOT_MODIFIED, ...FAILURES },
  };
  const one = `${path}/{${component.name}_key}/`;
  const about = (described: string) => ({ path: described, description: `Operations available on ${described}` });
  return [
    {
      ...about(`${path}/`),
      operations: [get(`${name}get_all_response`, QUERY_PARAMETERS), write('put'), write('post')],
    },
    { ...about(one), operations: [get(`${name}get_one_response`, READ_PARAMETERS), write('put'), remove] },
  ];
}

function schemasOf(name: string, record: Schema): Description['schemas'] {
  const one: Schema = { properties: { Id: { type: 'object' }, ...record.properties, Link: LINKS } };
  return {
    [name]: record,
    [`${name}put_post_response`]: { properties: { items: { type: 'object', properties: { Id: TEXT, Link: LINK } } } },
    [`${name}get_one_response`]: one,
    [`${name}get_all_response`]: { properties: { items: { type: 'array', items: { type: 'object' } }, Link: LINKS } },
    [`${name}del_response`]: { properties: {} },
  };
}

const TEXT: Property = { type: 'string' };
const LINK: Property = { type: 'object', properties: { rel: TEXT, href: TEXT, name: TEXT } };
const LINKS: Property = { type: 'array', items: LINK };
/** Listed for writes without a reason. */
const NOT_MODIFIED: Operation['responses'] = { '304': { description: 'Not Modified' } };

const READ_PARAMETERS: readonly QueryParameter[] = [
  { name: 'fields', schema: TEXT },
  { name: 'ViewMode', schema: TEXT },
  { name: 'ChildLinks', schema: TEXT },
  { name: 'excludeEmptyFieldsInResponse', schema: { type: 'string', default: 'false' } },
];

const QUERY_PARAMETERS: readonly QueryParameter[] = [
  { name: 'uniformresponse', required: true, schema: { type: 'string', enum: ['Y'], default: 'Y' } },
  { name: 'PageSize', schema: { type: 'integer', minimum: 1, maximum: 100, default: 10 } },
  { name: 'StartRowNum', schema: { type: 'integer', minimum: 0, default: 0 } },
  { name: 'pagination', schema: { type: 'string', enum: ['Y', 'N'], default: 'Y' } },
  { name: 'searchspec', schema: TEXT },
  { name: 'sortspec', schema: TEXT },
  ...READ_PARAMETERS,
];
