import type { Component } from './components.ts';
import type { Parent } from './data-address.ts';
import type { Parameters } from './parameters.ts';
import { namesIn } from './query-options.ts';
import type { SiebelSettings } from './settings.ts';

export interface Link {
  readonly rel: string;
  readonly href: string;
  readonly name: string;
}

export interface LinkContext {
  readonly component: Component;
  readonly settings: SiebelSettings;
  readonly parent?: Parent | undefined;
}

/** Addresses hold raw blanks, and the host is the one of the profile. They are not for following. */
export function recordLinks(id: string, context: LinkContext & { parameters: Parameters }): Link[] {
  const { component, settings, parent, parameters } = context;
  const { name } = component;
  const self = recordUrl(id, context);
  const list = parameters.get('ChildLinks');
  const wanted = list === undefined ? undefined : namesIn(list);
  const children = Object.keys(component.children).filter((child) => !wanted || wanted.includes(child));
  const above = parent && { href: parentUrl(parent, settings), name: parent.component.name };
  return [
    { rel: 'self', href: self, name },
    { rel: 'canonical', href: component.hasVisibility ? rootUrl(id, context) : self, name },
    ...(above ? [{ rel: 'parent', ...above }] : []),
    ...children.map((child) => ({ rel: 'child', href: `${self}/${child}`, name: child })),
  ];
}

/** The one link of a written record. */
export function writtenLink(id: string, context: LinkContext): Link {
  return { rel: 'self', href: recordUrl(id, context), name: context.component.name };
}

/** The link of a list: the query again, in another order, behind a `?&`. */
export function listLink({ component, settings, parent }: LinkContext, parameters: Parameters): Link {
  const base = parent ? parentUrl(parent, settings) : `${settings.responseBaseUrl}/data/${component.businessObject}`;
  const query = REPEATED.flatMap((name) => {
    const value = parameters.get(name);
    return value === undefined ? [] : [`&${name}=${name === 'uniformresponse' ? value.replace(/^yes$/, 'y') : value}`];
  });
  const href = `${base}/${component.name}${query.length > 0 ? `?${query.join('')}` : ''}`;
  return { rel: 'self', href, name: component.name };
}

const REPEATED = ['uniformresponse', 'ViewMode', 'searchspec', 'sortspec', 'fields', 'PageSize', 'StartRowNum'];

export function recordUrl(id: string, { component, settings, parent }: LinkContext): string {
  return parent ? `${parentUrl(parent, settings)}/${component.name}/${id}` : rootUrl(id, { component, settings });
}

function rootUrl(id: string, { component, settings }: LinkContext): string {
  return `${settings.responseBaseUrl}/data/${component.businessObject}/${component.name}/${id}`;
}

function parentUrl({ id, ...context }: Parent, settings: SiebelSettings): string {
  return recordUrl(id, { ...context, settings });
}
