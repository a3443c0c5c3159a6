import type { Clock } from '../clock.ts';
import type { HttpResponse } from '../http/exchange.ts';
import { contentOf } from './answers.ts';
import type { Attempts } from './attempts.ts';
import type { FailureMembers } from './call.ts';
import type { ComponentAddress } from './component.ts';
import { requestTarget } from './path.ts';
import type { Parameter, SiebelSite } from './site.ts';

/** What every kind of call is made with. */
export interface CallParts {
  readonly send: Attempts;
  readonly baseUrl: URL;
  readonly site: SiebelSite;
  /** The JSON of an answer; throws as `contentOf` does. */
  content(response: HttpResponse, called: string, failure?: FailureMembers): { readonly json: unknown } | 'no-data';
  /** Path and query of a request: renamed parameters, within the site's length. */
  target(path: string, parameters: readonly Parameter[]): string;
  /** As `target`, in the workspace of the site: for data and workflows. */
  inWorkspace(path: string, parameters: readonly Parameter[]): string;
}

/** Binds what every kind of call is made with to one site. */
export function callParts({
  send,
  baseUrl,
  site,
  clock,
}: {
  send: Attempts;
  baseUrl: URL;
  site: SiebelSite;
  clock: Pick<Clock, 'now'>;
}): CallParts {
  const target = (path: string, parameters: readonly Parameter[]) => requestTarget(path, parameters, site);
  return {
    send,
    baseUrl,
    site,
    content: (response, called, failure) => contentOf(response, clock, called, failure),
    target,
    inWorkspace: (path, parameters) =>
      target(path, site.workspace === undefined ? parameters : [...parameters, ['workspace', site.workspace]]),
  };
}

/** The component as an error names it: `Account/Account`, `Account/Account/Contact`. */
export function calledName({ businessObject, businessComponent, below = [] }: ComponentAddress): string {
  return [businessObject, businessComponent, ...below.map(({ component }) => component)].join('/');
}
