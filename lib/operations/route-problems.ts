import type { Operation } from './operation.ts';
import type { Route } from './routes.ts';

const ROUTE = /^(GET|POST|PUT|PATCH|DELETE) ((?:\/(?:[a-z0-9-]{1,64}|\{[A-Za-z][A-Za-z0-9]{0,62}\})){1,10})$/;

/** Everything that is wrong with the routes of an integration. */
export function routeProblems(routes: readonly Route[], operations: ReadonlyMap<string, Operation>): string[] {
  return [...routes.flatMap((route) => routeProblem(route, operations) ?? []), ...ambiguities(routes)];
}

function routeProblem(route: Route, operations: ReadonlyMap<string, Operation>): string | undefined {
  const { routeKey, operation: name } = route;
  if (!ROUTE.test(routeKey)) return `the route ${JSON.stringify(routeKey)} is not of the form 'GET /accounts/{Id}'`;
  const operation = operations.get(name);
  if (!operation) return `the route ${routeKey} names ${name}, which is not an operation`;
  const problem = methodProblem(route, operation) ?? parameterProblem(route, operation);
  return problem && `the route ${routeKey} names ${name}${problem}`;
}

function methodProblem({ method }: Route, { kind, inputMembers }: Operation): string | undefined {
  const isRead = kind === 'read';
  if (method !== 'POST' && (method === 'GET') !== isRead) {
    return ': GET runs reads, and PUT, PATCH and DELETE run writes';
  }
  if (method !== 'POST' && !isRead && kind !== 'repeatable') {
    return `, which may not be repeated, as ${method} promises: use POST`;
  }
  const nested = [...inputMembers].find(([, { type }]) => type === 'json')?.[0];
  return nested !== undefined && (method === 'GET' || method === 'DELETE')
    ? `, which takes ${nested}: only a body can carry it, so use POST`
    : undefined;
}

function parameterProblem({ path }: Route, { inputMembers }: Operation): string | undefined {
  const parameters = path.match(/(?<=\{)[^}]+/g) ?? [];
  const isText = (parameter: string) => {
    const { type, list = false } = inputMembers.get(parameter) ?? {};
    return type === 'string' && !list;
  };
  const unknown = parameters.find((parameter) => !isText(parameter));
  if (unknown) return `, which does not take {${unknown}} as text`;
  return new Set(parameters).size < parameters.length ? ' and gives one parameter twice' : undefined;
}

function ambiguities(routes: readonly Route[]): string[] {
  const shapes = new Map<string, string>();
  return routes.flatMap(({ routeKey }) => {
    const shape = routeKey.replace(/\{[^}]+\}/g, '{}');
    const other = shapes.get(shape);
    shapes.set(shape, routeKey);
    return other ? [`the routes ${other} and ${routeKey} are the same to API Gateway`] : [];
  });
}
