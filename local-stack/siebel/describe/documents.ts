import type { SiebelSettings } from '../settings.ts';
import type { Description, Operation, Property, QueryParameter, Schema } from './description.ts';

/** One description, written in a format. */
type Write = (description: Description, settings: SiebelSettings) => unknown;

const FORMATS = ['application/xml', 'application/json'];
const FIND_OUT_MORE = { description: 'Find Out More', url: '' };
const ABOUT = { description: 'OpenAPI', url: 'https://openapis.org' };
/** Documents say this whatever the server really takes. */
const PLACEHOLDER = {
  authorizationUrl: 'http://openAPI.io/',
  scopes: { 'write:': 'modify', 'read:': 'read only' },
};

/** Swagger 2.0: numbers as numbers, schemas under `definitions`. */
export const swagger: Write = ({ title, paths, schemas }, { responseBaseUrl, contextPath }) => ({
  swagger: '2.0',
  info: { description: title, version: '1.0', title, contact: { email: 'sample@sample.com' } },
  schemes: ['http', 'https'],
  securityDefinitions: {
    'Basic Auth': { type: 'basic' },
    'OAuth 2.0': { type: 'oauth2', flow: 'implicit', ...PLACEHOLDER },
  },
  externalDocs: ABOUT,
  host: new URL(responseBaseUrl).host,
  basePath: contextPath,
  definitions: mapped(schemas, (schema) => ({ type: 'object', ...written(schema, swaggerProperty) })),
  tags: tagsOf(paths),
  paths: pathsOf(paths, (path, operation) => ({
    tags: [path],
    summary: '',
    description: '',
    operationId: operationId(path, operation),
    produces: FORMATS,
    parameters: [
      ...operation.parameters.map(({ name, required = false, schema }) => ({ name, in: 'query', required, ...schema })),
      ...(operation.request === undefined
        ? []
        : [{ name: 'body', in: 'body', required: true, schema: { $ref: `#/definitions/${operation.request}` } }]),
    ],
    responses: mapped(operation.responses, ({ description, schema }) => ({
      description,
      ...(schema !== undefined && { schema: { $ref: `#/definitions/${schema}` } }),
    })),
    security: [{ 'Basic Auth': [] }, { 'OAuth 2.0': ['write:', 'read:'] }],
  })),
});

/** OpenAPI 3.0.1: lengths as text, schemas under `components`. */
export const openApi: Write = ({ title, paths, schemas }, { responseBaseUrl }) => ({
  openapi: '3.0.1',
  info: { title, description: 'Siebel REST API', version: '1.0', contact: { email: 'sample@sample.com' } },
  externalDocs: ABOUT,
  servers: [{ url: responseBaseUrl }],
  tags: tagsOf(paths),
  paths: pathsOf(paths, (path, operation) => ({
    tags: [path],
    operationId: operationId(path, operation),
    parameters: operation.parameters.map(parameterOf),
    ...(operation.request !== undefined && { requestBody: { content: contentOf(operation.request), required: true } }),
    responses: mapped(operation.responses, ({ description, schema }) => ({
      description,
      ...(schema !== undefined && { content: contentOf(schema) }),
    })),
    security: [{ basicAuth: [] }, { 'oAuth2.0': ['write:', 'read:'] }],
  })),
  components: {
    schemas: mapped(schemas, (schema) => ({ type: 'object', ...written(schema, (property) => property) })),
    securitySchemes: {
      basicAuth: { type: 'http', scheme: 'basic' },
      'oAuth2.0': { type: 'oauth2', flows: { implicit: PLACEHOLDER } },
    },
  },
});

function parameterOf({ name, required, schema }: QueryParameter) {
  return { name, in: 'query', ...(required && { required }), schema };
}

function contentOf(schema: string) {
  const content = { schema: { $ref: `#/components/schemas/${schema}` } };
  return { 'application/json': content, 'application/xml': content };
}

function swaggerProperty({ 'x-maxLength': maxLength, ...property }: Property): Property {
  return { ...(maxLength !== undefined && { maxLength: Number(maxLength) }), ...property };
}

function written({ required, properties }: Schema, property: (property: Property) => Property) {
  return { ...(required && { required }), properties: mapped(properties, property) };
}

function tagsOf(paths: Description['paths']) {
  return paths.map(({ path, description }) => ({ name: path, description, externalDocs: FIND_OUT_MORE }));
}

function pathsOf(paths: Description['paths'], write: (path: string, operation: Operation) => unknown) {
  return Object.fromEntries(
    paths.map(({ path, operations }) => [
      `/${path}`,
      Object.fromEntries(operations.map((operation) => [operation.verb, write(path, operation)])),
    ]),
  );
}

function operationId(path: string, { verb }: Operation): string {
  return `${path.replaceAll('/', '_')}_${verb}`;
}

function mapped<Value, Result>(
  members: Readonly<Record<string, Value>>,
  change: (value: Value) => Result,
): Record<string, Result> {
  return Object.fromEntries(Object.entries(members).map(([name, value]) => [name, change(value)]));
}
