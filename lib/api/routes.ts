import { isObject } from '../json.ts';
import type { Route } from '../operations/index.ts';
import { refusal } from './refusal.ts';
import type { ApiRequest } from './request.ts';

/** A route, and the values that the path of a request has for it. */
export interface RouteMatch {
  readonly route: Route;
  readonly values: ReadonlyMap<string, string>;
}

const MAX_SEGMENT_LENGTH = 256;
const MAX_PATH_LENGTH = 2_048;
/** Nothing that a row id or the name of a route could hold, in the path or once more encoded in it. */
const HOSTILE = /[\\\x00-\x1f\x7f]|%(?:2f|5c|2e|00|25)|(?:^|\/)\.{1,2}(?:\/|$)/i;

/**
 * @param routes Routes of `siebel.config.ts`.
 * @returns What finds the route of a request; it refuses with `BAD_PATH` (400), `NO_ROUTE` (404) or `METHOD_NOT_ALLOWED` (405).
 */
export function router(routes: readonly Route[]): (request: ApiRequest) => RouteMatch {
  const byKey = new Map(routes.map((route) => [route.routeKey, route]));

  return ({ routeKey, method, path, pathParameters }) => {
    checkPath([path, ...Object.values(pathParameters)]);
    const route = byKey.get(routeKey);
    const values = route && valuesOf(route, pathParameters);
    if (route?.method === method && values) return { route, values };

    // What no route fits the gateway answers by itself, unless it has a route for everything else.
    throw methodsAt(routes, path).length > 0
      ? refusal('METHOD_NOT_ALLOWED', 'this address does not take this method')
      : refusal('NO_ROUTE', 'there is nothing at this address');
  };
}

/** Methods that an address takes, for the `Allow` header of a 405. */
export function methodsAt(routes: readonly Route[], path: string): readonly string[] {
  return [...new Set(routes.filter((route) => fits(route, path)).map(({ method }) => method))].sort();
}

/**
 * Where the record that this route has created is read: relative to the route's own address, whatever stage or domain is in
 * front of it. `undefined` when no route reads it.
 */
export function locationOf(routes: readonly Route[], { method, path }: Route, result: unknown): string | undefined {
  const id = isObject(result) ? result['Id'] : undefined;
  const name = /\/([^/{}]+)$/.exec(path)?.[1];
  const isRead = routes.some(({ routeKey }) => routeKey === `GET ${path}/{Id}`);
  return method === 'POST' && typeof id === 'string' && name !== undefined && isRead
    ? `${name}/${encodeURIComponent(id)}`
    : undefined;
}

function checkPath(texts: readonly string[]): void {
  if (texts.some((text) => HOSTILE.test(text))) {
    throw refusal('BAD_PATH', 'the path holds what no address of this API holds');
  }
  if (texts.some((text) => text.length > MAX_PATH_LENGTH || text.split('/').some(isOverlong))) {
    throw refusal('BAD_PATH', `a segment of the path is longer than ${MAX_SEGMENT_LENGTH} characters`);
  }
}

/** The gateway is said to leave percent escapes in and to take them out: no row id holds a percent sign, so both are read. */
function valuesOf(route: Route, given: ApiRequest['pathParameters']): ReadonlyMap<string, string> | undefined {
  const names = namesOf(route);
  if (!names.every((name) => Object.hasOwn(given, name))) return undefined;
  const values = names.map((name): [string, string] => [name, decoded(given[name] ?? '')]);
  checkPath(values.map(([, value]) => value));
  if (values.some(([, value]) => value.includes('/'))) {
    throw refusal('BAD_PATH', 'the path holds what no address of this API holds');
  }
  return new Map(values);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw refusal('BAD_PATH', 'the path is not percent-encoded UTF-8');
  }
}

/** `['Id']` */
function namesOf({ path }: Route): readonly string[] {
  return path.match(/(?<=\{)[^}]+/g) ?? [];
}

function fits(route: Route, path: string): boolean {
  const wanted = route.path.split('/');
  const given = path.split('/');
  return (
    wanted.length === given.length &&
    wanted.every((segment, index) => (segment.startsWith('{') ? given[index] !== '' : segment === given[index]))
  );
}

function isOverlong(text: string): boolean {
  return text.length > MAX_SEGMENT_LENGTH;
}
