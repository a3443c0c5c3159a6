import type { Argument } from '../services/definition.ts';
import { findIntegrationObject } from '../services/integration-objects.ts';
import { findService, SERVICES } from '../services/services.ts';
import type { SiebelSettings } from '../settings.ts';
import { plain, unknownObject } from '../siebel-error.ts';
import { STANDARD_PROPERTIES } from '../workflows/definition.ts';
import { PROCESSES } from '../workflows/processes.ts';
import { type Description, FAILURES, type Property, type QueryParameter, type Schema, SUCCESS } from './description.ts';
import { recordSchema } from './fields.ts';

/** Services, then the methods of one of them. */
export function serviceCatalogue([name]: readonly string[]): { path: string; name: string }[] {
  if (name === undefined) return SERVICES.map((service) => ({ path: `service/${service.name}`, name: service.name }));
  const service = findService(name);
  if (!service) throw unknownObject('Business Service', name);
  return Object.keys(service.methods).map((method) => ({ path: `service/${name}/${method}`, name: method }));
}

export function workflowCatalogue(): { path: string; name: string }[] {
  return PROCESSES.map(({ name }) => ({ path: `workflow/${name}`, name }));
}

/** Input and output arguments of one method. */
export function describeMethod([name = '', methodName = '']: readonly string[], settings: SiebelSettings): Description {
  const methods = findService(name)?.methods;
  if (!methods) throw unknownObject('Business Service', name);
  const method = Object.hasOwn(methods, methodName) ? methods[methodName] : undefined;
  if (!method) throw plain(500, `Business service '${name}' does not have a method '${methodName}'.`);
  const title = `SblSvc${name}${methodName}`.replaceAll(' ', '');
  return callable(`service/${name}/${methodName}/`, { title, args: method.arguments }, settings);
}

/** Properties of one process: those that go in, out, or both ways. */
export function describeProcess([name = '']: readonly string[], settings: SiebelSettings): Description {
  const process = PROCESSES.find((known) => known.name === name);
  if (!process) throw unknownObject('Workflow Process Definition', name);
  const standard = STANDARD_PROPERTIES.map(
    (property): Argument => ({ name: property, kind: 'text', direction: 'both' }),
  );
  const title = `SblWf${name}`.replaceAll(' ', '');
  return callable(`workflow/${name}/`, { title, args: [...process.properties, ...standard] }, settings);
}

function callable(
  path: string,
  { title, args }: { title: string; args: readonly Argument[] },
  settings: SiebelSettings,
): Description {
  const name = path.replaceAll('/', '_');
  const isService = path.startsWith('service/');
  const operation = {
    verb: 'post',
    parameters: [...(isService ? formatParameters(settings) : []), EXCLUDE_EMPTY],
    request: name,
    responses: { '200': { description: SUCCESS, schema: `${name}response` }, ...FAILURES },
  } as const;
  return {
    title,
    paths: [{ path, description: `Operations available on ${path}`, operations: [operation] }],
    schemas: {
      [name]: argumentSchema(args, 'output', settings),
      [`${name}response`]: argumentSchema(args, 'input', settings),
    },
  };
}

/** As documents have it: the form with wrappers is the one described. */
function formatParameters({ requestFormat }: SiebelSettings): QueryParameter[] {
  if (requestFormat === 'none') return [];
  return [{ name: requestFormat, required: true, schema: { type: 'string', enum: ['Y'], default: 'Y' } }];
}

const EXCLUDE_EMPTY: QueryParameter = {
  name: 'excludeEmptyFieldsInResponse',
  schema: { type: 'string', default: 'false' },
};

function argumentSchema(args: readonly Argument[], without: Argument['direction'], settings: SiebelSettings): Schema {
  const used = args.filter(({ direction }) => direction !== without);
  const required = used.filter((argument) => argument.required && without === 'output').map(({ name }) => name);
  return {
    ...(required.length > 0 && { required }),
    properties: Object.fromEntries(used.map((argument) => [argument.name, propertyOf(argument, settings)])),
  };
}

function propertyOf({ name, kind, integrationObject }: Argument, settings: SiebelSettings): Property {
  if (kind === 'message') return { title: name, type: 'object', ...messageProperties(integrationObject, settings) };
  if (kind === 'set') return { title: name, type: 'object', 'x-siebel-datatype': 'Hierarchy' };
  return { title: name, type: 'string', 'x-siebel-datatype': kind === 'number' ? 'Number' : 'String' };
}

function messageProperties(name: string | undefined, settings: SiebelSettings) {
  if (name === undefined) return {};
  const { root } = findIntegrationObject(name);
  const record = { type: 'object', ...recordSchema(root, { ...settings, inGroup: false }) };
  const list = { type: 'object', properties: { [root.name]: { minItems: 1, type: 'array', items: record } } };
  return {
    properties: {
      MessageId: { type: 'string', example: '' },
      MessageType: { type: 'string', example: 'Integration Object' },
      IntObjectName: { type: 'string', example: name },
      IntObjectFormat: { type: 'string', example: 'Siebel Hierarchical' },
      [`ListOf${name}`]: list,
    },
  };
}
