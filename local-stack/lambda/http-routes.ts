/** A route that fits a request. */
export interface RouteMatch {
  /** `GET /accounts/{Id}` */
  readonly routeKey: string;
  /** Values as they stand in the path. */
  readonly pathParameters: Readonly<Record<string, string>>;
}

interface Route {
  readonly routeKey: string;
  readonly method: string;
  readonly segments: readonly string[];
}

/**
 * Finds the route for a request among route keys such as `GET /accounts/{Id}`, `ANY /files/{path+}`, `$default`.
 *
 * The most specific one wins: a fixed segment before a parameter, a parameter before the rest of the path, a method
 * before ANY, and everything before `$default`.
 *
 * @throws When a route key is malformed.
 * @see API Gateway developer guide, "Create routes for HTTP APIs"
 */
export function routeTable(routeKeys: readonly string[]): (method: string, path: string) => RouteMatch | undefined {
  const hasDefault = routeKeys.includes('$default');
  const routes = routeKeys
    .filter((key) => key !== '$default')
    .map(parseRoute)
    .sort((one, other) => rank(one).localeCompare(rank(other)));

  return (method, path) => {
    const segments = path.split('/').slice(1);
    for (const route of routes) {
      const pathParameters = parametersOf(route, method, segments);
      if (pathParameters) return { routeKey: route.routeKey, pathParameters };
    }
    return hasDefault ? { routeKey: '$default', pathParameters: {} } : undefined;
  };
}

function parseRoute(routeKey: string): Route {
  const [, method = '', path] = /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|ANY) (\/.*)$/.exec(routeKey) ?? [];
  if (path === undefined) throw new Error(`"${routeKey}" is no route key: write "GET /accounts/{Id}"`);
  return { routeKey, method, segments: path.split('/').slice(1) };
}

/** Sorts the more specific route first. */
function rank({ method, segments }: Route): string {
  const kinds = segments.map((segment) => (isRest(segment) ? '2' : isParameter(segment) ? '1' : '0'));
  return `${kinds.join('')}3${method === 'ANY' ? '1' : '0'}`;
}

function parametersOf(route: Route, method: string, segments: readonly string[]): Record<string, string> | undefined {
  if (route.method !== 'ANY' && route.method !== method) return undefined;
  const endsInRest = isRest(route.segments.at(-1) ?? '');
  if (endsInRest ? segments.length < route.segments.length : segments.length !== route.segments.length)
    return undefined;

  const values: Record<string, string> = {};
  for (const [index, expected] of route.segments.entries()) {
    const actual = isRest(expected) ? segments.slice(index).join('/') : (segments[index] ?? '');
    if (!isParameter(expected)) {
      if (actual !== expected) return undefined;
    } else {
      if (actual === '') return undefined;
      values[expected.replace(/^\{|\+?\}$/g, '')] = actual;
    }
  }
  return values;
}

function isParameter(segment: string): boolean {
  return /^\{\w+\+?\}$/.test(segment);
}

function isRest(segment: string): boolean {
  return /^\{\w+\+\}$/.test(segment);
}
