import { type Component, findComponent, NOT_ENABLED } from './components.ts';
import type { Parent } from './read.ts';
import { notEnabled, plain, unknownComponent } from './siebel-error.ts';

/** What a path names, and the scope that a token needs for it. */
export type Address =
  | { readonly kind: 'data'; readonly segments: readonly string[]; readonly scope: 'data' }
  | { readonly kind: 'heartbeat'; readonly scope?: never }
  | { readonly kind: 'other'; readonly scope?: 'service' | 'workflow' }
  /** What Tomcat turns away before Siebel sees it. */
  | { readonly kind: 'refused'; readonly status: 400 | 404; readonly reason: string };

export interface DataAddress {
  readonly component: Component;
  readonly id?: string;
  readonly parent?: Parent;
}

/** Decodes the path segment by segment. A slash or backslash inside a segment, even encoded, is refused as Tomcat does. */
export function parsePath(path: string, contextPath: string): Address {
  if (!path.startsWith(`${contextPath}/`)) return { kind: 'refused', status: 404, reason: 'Not Found' };
  const raw = path
    .slice(contextPath.length + 1)
    .replace(/\/$/, '')
    .split('/');
  const segments: string[] = [];
  for (const segment of raw) {
    const text = decodedSegment(segment);
    if (text === undefined) return { kind: 'refused', status: 400, reason: 'Bad Request' };
    segments.push(text);
  }
  const [kind, ...rest] = segments;
  if (kind === 'heartbeat' && rest.length === 0) return { kind };
  if (kind === 'data') return { kind, segments: rest, scope: 'data' };
  return kind === 'service' || kind === 'workflow' ? { kind: 'other', scope: kind } : { kind: 'other' };
}

/** Finds the component of `<BusObj>/<BusComp>[/<RowId>[/<ChildBC>[/<ChildRowId>…]]]`. */
export function findData([businessObject, name, id, ...rest]: readonly string[]): DataAddress {
  if (businessObject === undefined || name === undefined)
    throw plain(404, 'The requested resource needs a business object and a business component.');
  if (NOT_ENABLED.includes(businessObject)) throw notEnabled(businessObject);
  if (!findComponent(businessObject)) throw plain(404, `Business object '${businessObject}' was not found.`);
  const component = findComponent(businessObject, name);
  if (!component) throw unknownComponent(name, businessObject);
  return below({ component, ...(id !== undefined && { id }) }, rest);
}

function below(address: DataAddress, [childName, id, ...rest]: readonly string[]): DataAddress {
  if (childName === undefined) return address;
  const child = Object.hasOwn(address.component.children, childName)
    ? address.component.children[childName]
    : undefined;
  const [businessObject = '', name = ''] = child?.of.split('/') ?? [];
  const component = child && findComponent(businessObject, name);
  if (!component) throw unknownComponent(childName, address.component.businessObject);
  const parent = { component: address.component, id: address.id ?? '', by: child.by };
  return below({ component, parent, ...(id !== undefined && { id }) }, rest);
}

function decodedSegment(segment: string): string | undefined {
  if (/%2f|%5c|\\|^\.{1,2}$|^(%2e){1,2}$/i.test(segment)) return undefined;
  try {
    const text = decodeURIComponent(segment);
    return text === '' || /[\x00-\x1f\x7f]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}
