import type { Operation } from './operation.ts';

/** GET runs reads; POST runs anything; the others run writes that may be repeated. */
export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** One route of the HTTP API. */
export interface Route {
  readonly method: HttpMethod;
  /** `/accounts/{Id}` */
  readonly path: string;
  /** As API Gateway writes it: `GET /accounts/{Id}`. */
  readonly routeKey: string;
  readonly operation: string;
  /** Scope that the caller's token needs: `siebel.read` or `siebel.write`. */
  readonly scope: string;
}

/** The route that a key of `api` and the name of its operation mean, whether or not it can be. */
export function routeOf(routeKey: string, operation: string, operations: ReadonlyMap<string, Operation>): Route {
  const [method = '', path = ''] = routeKey.split(' ');
  const scope = operations.get(operation)?.kind === 'read' ? 'siebel.read' : 'siebel.write';
  return { method: method as HttpMethod, path, routeKey, operation, scope };
}
